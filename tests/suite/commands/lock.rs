//! `lock`.

use std::time::Duration;

use super::{SOON, run, zkx};
use crate::support::lab::Lab;
use crate::support::wait_for;

/// Who competes for a lock now.
fn queue(lab: &Lab, path: &str) -> Vec<String> {
    lab.truth().children(path).map(|(names, _)| names).unwrap_or_default()
}

on_every_server! {
    fn a_program_runs_under_the_lock(lab: &Lab) {
        let output = run(lab, "lock /locks/job -- echo done").success();
        let made = "note: made /locks and /locks/job for the lock; they stay\n";
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("done\n", made));
        assert_eq!(lab.truth().subtree("/").unwrap(), ["/", "/locks", "/locks/job"]);
        let output = lab.zkx().args(["lock", "/locks/job", "sh", "-c", "exit 3"]).run().code(3);
        assert_eq!(output.stderr, "");
        assert!(queue(lab, "/locks/job").is_empty());
    }

    fn the_holder_is_shown(lab: &Lab) {
        let holding = zkx(lab, "lock --data ann@host /l").spawn();
        holding.wait_stderr_containing("note: holding /l; Ctrl-C gives it back\n", SOON);
        let names = queue(lab, "/l");
        assert!(names.len() == 1 && names[0].starts_with("_c_") && names[0].ends_with("-lock-0000000000"), "{names:?}");
        let output = run(lab, "lock /l echo never").code(8);
        assert!(output.stderr.starts_with("error: cannot lock /l: ann@host has it (session 0x"), "{output}");
        assert!(output.stderr.ends_with("hint: --timeout TIME waits for it\n"), "{output}");
        assert_eq!(output.out(), "");
        assert_eq!(queue(lab, "/l").len(), 1);
        let _ = run(lab, "lock --timeout 300ms /l echo never").code(8);
        let _ = holding.stop().success();
        assert!(queue(lab, "/l").is_empty());
    }

    fn who_waits_gets_it_next(lab: &Lab) {
        let first = zkx(lab, "lock /l").spawn();
        first.wait_stderr_containing("holding", SOON);
        let second = zkx(lab, "lock --wait /l echo second").spawn();
        wait_for("a second", SOON, || (queue(lab, "/l").len() == 2).then_some(()));
        assert_eq!(second.stdout(), "");
        let _ = first.stop().success();
        assert_eq!(second.finish(SOON).success().out(), "second\n");
        assert!(queue(lab, "/l").is_empty());
    }
}

on_one_server! {
    fn a_lost_lock_ends_the_program(lab: &Lab) {
        let running = lab.zkx().args(["lock", "/l", "sleep", "30"]).spawn();
        let names = wait_for("a holder", SOON, || Some(queue(lab, "/l")).filter(|names| !names.is_empty()));
        std::thread::sleep(Duration::from_millis(200));
        lab.truth().delete(&format!("/l/{}", names[0])).unwrap();
        let output = running.finish(SOON).code(5);
        let said = "note: made /l for the lock; it stays\nerror: the lock on /l was lost: somebody has deleted it\n";
        assert!(output.stderr.starts_with(said), "{output}");
    }

    fn an_interrupt_gives_it_back(lab: &Lab) {
        let running = lab.zkx().args(["lock", "/l", "sleep", "30"]).spawn();
        wait_for("a holder", SOON, || (!queue(lab, "/l").is_empty()).then_some(()));
        std::thread::sleep(Duration::from_millis(200));
        let _ = running.stop().code(130);
        assert!(queue(lab, "/l").is_empty());
    }

    fn what_cannot_be_started(lab: &Lab) {
        let output = run(lab, "lock /l /no/such/program").code(74);
        let said = "note: made /l for the lock; it stays\nerror: cannot start `/no/such/program`: ";
        assert!(output.stderr.starts_with(said), "{output}");
        assert!(queue(lab, "/l").is_empty());
    }
}
