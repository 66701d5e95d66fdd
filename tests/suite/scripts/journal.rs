//! Runs that are killed, interrupted, cut off from their servers, resumed and undone.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::lab::Lab;
use crate::support::proxy::Proxy;
use crate::support::truth::op;
use crate::support::wait_for;
use crate::support::zkx::{Output, Zkx};

const SOON: Duration = Duration::from_secs(30);

/// Creates, sets, a transaction, a tree, numbers, ACLs and deletes: some two hundred writes.
const WRITES: &str = r#"zkx: 1
steps:
  - create: {path: /w}
  - for_each: {range: [1, 60]}
    create: {path: "/w/n${ item }", data: "first ${ item }"}
  - for_each: {range: [1, 60]}
    set: {path: "/w/n${ item }", data: "second ${ item }"}
    register: sets
  - assert: "sets.results | length == 60"
  - for_each: {range: [1, 10]}
    create: {path: /w/q-, sequential: true, data: "q${ item }"}
    register: made
  - print: "${ made.results | map(attribute='path') | list | tojson }"
  - txn: {do: [{create: {path: /w/t}}, {set: {path: /w/n1, data: third}}, {delete: /w/n2}]}
  - apply: {root: /w/tree, nodes: {a: "1", b/c: {data: "2", acl: ["world:anyone:cdra"]}}}
  - for_each: {range: [3, 40]}
    acl: {path: "/w/n${ item }", set: ["world:anyone:cdrwa", "ip:127.0.0.1:r"]}
  - for_each: {range: [41, 60]}
    delete: "/w/n${ item }"
  - create: {path: /w/end, data: "${ made.results[9].path }"}
"#;

fn zkx(lab: &Lab, script: &str, home: Option<&Arc<TempDir>>) -> Zkx {
    let zkx = lab.zkx().timeout(Duration::from_secs(60));
    let zkx = match home {
        Some(home) => zkx.home_of(home),
        None => zkx,
    };
    zkx.file("script.yaml", script).args(["run", "script.yaml", "--journal", "runs"])
}

/// Everything below the lab's root: paths, data and ACLs.
fn tree(lab: &Lab) -> Vec<String> {
    let mut truth = lab.truth();
    let _ = truth.auth("digest", "super:test");
    let paths = truth.subtree("/").unwrap();
    let line = |path: &String| {
        let (data, _) = truth.get(path).unwrap();
        let (acl, _) = truth.acl(path).unwrap();
        let acl: Vec<_> = acl.iter().map(|acl| format!("{}:{}:{}", acl.scheme, acl.id, acl.perms)).collect();
        format!("{path} {:?} {}", data.map(|data| String::from_utf8_lossy(&data).into_owned()), acl.join(","))
    };
    paths.iter().map(line).collect()
}

fn wipe(lab: &Lab) {
    let mut truth = lab.truth();
    let _ = truth.auth("digest", "super:test");
    for name in truth.children("/").unwrap().0 {
        truth.delete_subtree(&format!("/{name}")).unwrap();
    }
}

/// Lines of the one journal in the home of a run.
fn journal(home: &Path) -> usize {
    let runs = fs::read_dir(home.join("runs")).into_iter().flatten();
    let texts = runs.filter_map(|run| fs::read_to_string(run.ok()?.path().join("journal.jsonl")).ok());
    texts.map(|text| text.lines().count()).max().unwrap_or(0)
}

fn resume(lab: &Lab, script: &str, home: &Arc<TempDir>) -> Output {
    zkx(lab, script, Some(home)).arg("--resume").run()
}

on_one_server! {
    fn a_killed_run_goes_on_where_it_was(lab: &Lab) {
        let _ = zkx(lab, WRITES, None).run().success();
        let undisturbed = tree(lab);
        assert!(undisturbed.len() > 50, "{undisturbed:?}");
        let mut killed = 0;
        for lines in (3..500).step_by(37) {
            wipe(lab);
            let zkx = zkx(lab, WRITES, None);
            let home = zkx.home();
            let running = zkx.spawn();
            wait_for("a journal of this length, or the end", SOON, || {
                (journal(home.path()) >= lines || running.stdout().contains("changed, ")).then_some(())
            });
            running.signal("KILL");
            let ended = running.finish(SOON);
            if ended.code == Some(0) {
                continue;
            }
            killed += 1;
            let resumed = resume(lab, WRITES, &home).success();
            assert_eq!(tree(lab), undisturbed, "killed at line {lines}\n{resumed}");
        }
        assert!(killed >= 8, "only {killed} runs were killed in time");
    }

    fn a_run_is_undone_backwards(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/kept", b"as it was").unwrap();
        truth.create("/kept/gone", b"back again").unwrap();
        let before = tree(lab);
        let script = format!(
            "{WRITES}  - {{set: {{path: /kept, data: other}}}}\n  - {{set: {{path: /kept, data: another}}}}\n  \
             - {{acl: {{path: /kept, add: [\"ip:127.0.0.1:r\"]}}}}\n  - {{delete: /kept/gone}}\n"
        );
        let zkx_run = zkx(lab, &script, None);
        let home = zkx_run.home();
        let _ = zkx_run.run().success();
        assert_ne!(tree(lab), before);
        let output = zkx(lab, &script, Some(&home)).arg("--rollback").run().success();
        assert!(output.out().contains("↶ /kept/gone: created again\n"), "{output}");
        assert!(output.out().contains("↶ /kept: data as before\n"), "{output}");
        assert_eq!(tree(lab), before);
    }

    fn what_others_have_written_since_is_left_and_named(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - create: {path: /a, data: one}\n  - create: {path: /b}\n  \
                      - create: {path: /c, data: x}\n  - set: {path: /c, data: y}\n";
        let run = zkx(lab, script, None);
        let home = run.home();
        let _ = run.run().success();
        lab.truth().set("/a", b"theirs").unwrap();
        lab.truth().create("/b/theirs", b"").unwrap();
        let output = zkx(lab, script, Some(&home)).arg("--rollback").run().code(1);
        assert_eq!(
            output.out(),
            "↶ /c: data as before\n↶ /c: deleted again\n\
             ✗ /b: not undone: somebody else has created something below it\n\
             ✗ /a: not undone: it was changed by somebody else since\n"
        );
        assert_eq!(lab.truth().text("/a").unwrap(), "theirs");
    }

    fn a_failed_run_can_undo_itself(lab: &Lab) {
        let before = tree(lab);
        let script = "zkx: 1\non_failure: rollback\nsteps:\n  - create: {path: /a}\n  - create: {path: /a/b}\n  \
                      - set: {path: /a, data: x}\n  - fail: no\nfinally:\n  - print: \"there: ${ exists('/a') }\"\n";
        let output = zkx(lab, script, None).run().code(1);
        assert!(output.out().contains("there: false\n"), "{output}");
        assert!(output.stderr.contains("hint: everything that the run had written was undone\n"), "{output}");
        assert_eq!(tree(lab), before);
    }

    fn an_interrupt_ends_with_finally_and_can_be_resumed(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - create: {path: /a}\n  - print: begun\n  - wait: {path: /go, for: exists}\n  \
                      - create: {path: /b}\nfinally:\n  - print: at the end\n";
        let run = zkx(lab, script, None);
        let home = run.home();
        let running = run.spawn();
        running.wait_stdout(|said| said.contains("begun"), SOON);
        std::thread::sleep(Duration::from_millis(200));
        let output = running.stop().code(130);
        assert!(output.out().contains("at the end\n"), "{output}");
        assert!(output.stderr.starts_with("error: interrupted: no further step was begun\nhint: `zkx --server "), "{output}");
        assert!(lab.truth().exists("/b").unwrap().is_none());
        lab.truth().create("/go", b"").unwrap();
        let output = resume(lab, script, &home).success();
        assert!(output.out().contains("= 1 create: done by an earlier run\n"), "{output}");
        assert!(output.out().contains("at the end\n"), "{output}");
        assert!(lab.truth().exists("/b").unwrap().is_some());
        let again = resume(lab, script, &home).code(2);
        assert!(again.stderr.contains("came to its end"), "{again}");
    }

    fn a_cut_connection_makes_no_difference(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - create: {path: /w}\n  - for_each: {range: [1, 4]}\n    \
                      create: {path: \"/w/${ item }\", data: x}\n  - for_each: {range: [1, 4]}\n    \
                      set: {path: \"/w/${ item }\", data: y}\n  \
                      - txn: {do: [{create: {path: /w/t}}, {set: {path: /w/1, data: z}}]}\n  \
                      - create: {path: /w/q-, sequential: true}\n  - delete: /w/2\n  \
                      - acl: {path: /w/3, set: [\"world:anyone:cdra\"]}\n";
        let run = |cut: &dyn Fn(&Proxy)| {
            wipe(lab);
            let proxy = Proxy::to(&lab.addr());
            cut(&proxy);
            let output = zkx(lab, script, None).server(lab.at(proxy.addr())).run().success();
            (tree(lab), output)
        };
        let (undisturbed, _) = run(&|_| ());
        for (op, count) in [(op::CREATE, 6), (op::SET_DATA, 4), (op::MULTI, 1), (op::DELETE, 1), (op::SET_ACL, 1)] {
            for nth in 1..=count {
                for after in [false, true] {
                    let (found, output) = run(&|proxy: &Proxy| {
                        if after { proxy.cut_after(op, nth) } else { proxy.cut_before(op, nth) }
                    });
                    assert_eq!(found, undisturbed, "{op} {nth} {after}\n{output}");
                }
            }
        }
    }

    fn a_changed_script_is_not_resumed(lab: &Lab) {
        let run = zkx(lab, "zkx: 1\nsteps:\n  - fail: no\n", None);
        let home = run.home();
        let _ = run.run().code(1);
        let output = zkx(lab, "zkx: 1\nsteps:\n  - print: yes\n", Some(&home)).arg("--resume").run().code(2);
        assert!(output.stderr.starts_with("error: this script, as it is now, has not been run\n"), "{output}");
    }
}
