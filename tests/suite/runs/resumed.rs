//! What a run goes on with is what it had begun.

use std::time::Duration;

use tempfile::TempDir;

use crate::support::lab::Lab;
use crate::support::proxy::{ANY_WRITE, Proxy};
use crate::support::wait_for;
use crate::support::zkx::{Output, Zkx};

use super::work;

const SOON: Duration = Duration::from_secs(30);

/// A run that is killed behind its `nth` write, the answer to which it does not hear.
struct Killed<'a> {
    lab: &'a Lab,
    script: &'a str,
    proxy: Proxy,
    journals: TempDir,
}

impl<'a> Killed<'a> {
    fn behind(lab: &'a Lab, nth: usize, script: &'a str) -> Self {
        let killed = Self { lab, script, proxy: Proxy::to(&lab.addr()), journals: TempDir::new().unwrap() };
        killed.proxy.stall_after(ANY_WRITE, nth);
        let running = killed.zkx().spawn();
        wait_for("the write", SOON, || (killed.proxy.stalls() > 0).then_some(()));
        running.signal("KILL");
        let _ = running.finish(SOON);
        killed
    }

    fn zkx(&self) -> Zkx {
        work::run(self.lab.at(self.proxy.addr()), self.script, self.journals.path())
    }

    fn resume(&self) -> Output {
        self.zkx().arg("--resume").run()
    }
}

on_one_server! {
    fn a_block_that_is_being_rescued_is_not_done_again(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - do:\n      - create: {path: /made, data: before}\n      - get: /made\n        \
                      register: found\n      - create: {path: /lacking/one}\n    rescue:\n      \
                      - create: {path: /first, data: \"${ error.code } ${ found.text }\"}\n      \
                      - create: {path: /second, data: \"${ error.path } ${ found.text }\"}\n  - create: {path: /end}\n";
        let killed = Killed::behind(lab, 3, script);
        let mut truth = lab.truth();
        assert_eq!(truth.text("/first").unwrap(), "NoNode before");
        // What had failed would not fail now.
        truth.create("/lacking", b"").unwrap();
        let output = killed.resume().success();
        assert!(output.out().contains("= 1.1 create: done by an earlier run\n"), "{output}");
        assert!(!output.out().contains("1.3"), "{output}");
        assert_eq!(truth.text("/second").unwrap(), "/lacking/one before");
        assert_eq!(truth.subtree("/lacking").unwrap(), ["/lacking"]);
        assert!(truth.exists("/end").unwrap().is_some());
    }

    fn a_block_that_is_tried_again_is_begun_again(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - retry: {attempts: 2, delay: 1ms, on: [any]}\n    do:\n      \
                      - create: {path: /lacking/one}\n    rescue:\n      - create: {path: /made-, sequential: true}\n      \
                      - create: {path: /none/here}\n";
        let killed = Killed::behind(lab, 2, script);
        let output = killed.resume().code(1);
        let said = output.out();
        let order: Vec<_> = said.lines().skip(1).filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(order[..4], ["1.rescue.1", "1.rescue.2", "1", "1.1"], "{output}");
    }

    fn what_is_drawn_by_chance_is_drawn_but_once(lab: &Lab) {
        let script = "zkx: 1\nvars: {id: {type: string, default: \"${ uuid() }\"}}\nsteps:\n  - create: {path: /w}\n  \
                      - for_each: {range: [1, 3]}\n    name: \"${ uuid() }\"\n    \
                      create: {path: \"/w/${ uuid() }-${ uuid() }\", data: \"${ id } ${ run.id } ${ run.started }\"}\n";
        let killed = Killed::behind(lab, 2, script);
        let _ = killed.resume().success();
        let mut truth = lab.truth();
        let names = truth.children("/w").unwrap().0;
        assert_eq!(names.len(), 3, "{names:?}");
        let mut drawn: Vec<String> = names.iter().flat_map(|name| [name[..36].to_owned(), name[37..].to_owned()]).collect();
        let data: Vec<_> = names.iter().map(|name| truth.text(&format!("/w/{name}")).unwrap()).collect();
        assert!(data.iter().all(|text| *text == data[0]), "{data:?}");
        drawn.push(data[0][..36].to_owned());
        drawn.sort();
        drawn.dedup();
        assert_eq!(drawn.len(), 7);
    }

    fn a_later_attempt_draws_what_it_had_drawn(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - retry: {attempts: 3, delay: 1ms, on: [any]}\n    failed_when: \"true\"\n    \
                      create: {path: \"/drawn-${ uuid() }\"}\n";
        let killed = Killed::behind(lab, 2, script);
        let _ = killed.resume().code(1);
        let names = lab.truth().children("/").unwrap().0;
        assert_eq!(names.iter().filter(|name| name.starts_with("drawn-")).count(), 4, "{names:?}");
    }

    fn the_hint_can_be_typed_as_it_stands(lab: &Lab) {
        let script = "zkx: 1\nvars: {where: {type: string}, word: {type: string, secret: true}}\nsteps:\n  \
                      - create: {path: \"/${ where }\", data: \"${ word }\"}\n  - create: {path: /go/on}\n";
        let journals = TempDir::new().unwrap();
        let server = lab.at(&lab.addr());
        let run = || {
            let zkx = Zkx::new().file("it's.yaml", script).args(["--server", &server, "--auth", "digest:a:b"]);
            let zkx = zkx.args(["run", "it's.yaml", "--var", "where=made here", "--var", "word=hush hush"]);
            zkx.arg("--journal").arg(journals.path()).run().code(1)
        };
        let output = run();
        let hint = output.stderr.lines().last().unwrap();
        let journals = journals.path().display();
        let line = |how: &str| {
            format!(
                "`zkx --server {server} --auth … run --{how}=RUN --journal {journals} \
                 --var 'where=made here' --var word=… 'it'\\''s.yaml'`"
            )
        };
        let name = hint.split("--resume=").nth(1).unwrap().split(' ').next().unwrap();
        let wanted = format!("hint: {} goes on, {} undoes it", line("resume"), line("rollback"));
        assert_eq!(hint.replace(name, "RUN"), wanted, "{output}");
        // It is in the way of itself: nothing was written.
        let output = run();
        assert!(output.stderr.ends_with("s.yaml'` goes on\n"), "{output}");
    }

    fn the_path_of_a_lock_is_made_but_once(lab: &Lab) {
        let script = "zkx: 1\nlock: /locks/run\nsteps:\n  - create: {path: /a}\n";
        // In front of them goes the lock itself, which has no place yet.
        let killed = Killed::behind(lab, 2, script);
        assert!(lab.truth().exists("/locks").unwrap().is_some());
        let output = killed.resume().success();
        assert!(output.out().contains("note: made /locks/run for the lock; it stays\n"), "{output}");
        let _ = killed.zkx().arg("--rollback").run().success();
        assert_eq!(lab.truth().subtree("/").unwrap(), ["/"]);
    }

    fn what_is_made_and_set_at_once_is_found_again(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - txn: {do: [{create: {path: /a, data: one}}, {set: {path: /a, data: two}}]}\n";
        let killed = Killed::behind(lab, 1, script);
        let _ = killed.resume().success();
        let (data, stat) = lab.truth().get("/a").unwrap();
        assert_eq!((data.as_deref(), stat.version), (Some(&b"two"[..]), 1));
    }
}
