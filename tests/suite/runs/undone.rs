//! What a run has done is undone, or gone on with as it was begun.

use super::{amount, work};
use crate::support::proxy::Proxy;

on_one_server! {
    fn nothing_is_left_of_what_is_undone(lab: &Lab) {
        let script = work::script(amount(9, 60), 3);
        let journals = tempfile::TempDir::new().unwrap();
        let _ = work::run(lab.at(&lab.addr()), &script, journals.path()).run().success();
        let undo = work::run(lab.at(&lab.addr()), &script, journals.path()).arg("--rollback");
        let output = undo.run().success();
        assert!(output.out().lines().count() > 100, "{output}");
        assert_eq!(work::left(&mut lab.truth()).len(), 0, "{output}");
    }

    fn what_undoes_itself_undoes_what_would_go_with_it(lab: &Lab) {
        let script = "zkx: 1\non_failure: rollback\nsteps:\n  - create: {path: /w}\n  \
                      - create: {path: /w/e, mode: ephemeral}\n  - fail: on purpose\n";
        let journals = tempfile::TempDir::new().unwrap();
        let output = work::run(lab.at(&lab.addr()), script, journals.path()).run().code(1);
        assert!(output.out().contains("↶ /w/e: deleted again\n↶ /w: deleted again\n"), "{output}");
        assert_eq!(lab.truth().exists("/w").unwrap(), None, "{output}");
    }

    fn a_transaction_that_changes_what_it_has_made_is_undone(lab: &Lab) {
        lab.truth().create("/old", b"first").unwrap();
        let script = "zkx: 1\nsteps:\n  - txn: {do: [{create: {path: /x, data: a}}, {set: {path: /x, data: b}}, \
                      {set: {path: /old, data: second}}, {check: {path: /old, is: 1}}, \
                      {set: {path: /old, data: third}}, {delete: /old}, {create: {path: /old, data: new}}]}\n";
        let journals = tempfile::TempDir::new().unwrap();
        let run = |more: &[&str]| work::run(lab.at(&lab.addr()), script, journals.path()).args(more).run();
        let output = run(&["--diff"]).success();
        assert!(output.out().contains("    ~ /x\n    - a\n    + b\n"), "{output}");
        let output = run(&["--rollback"]).success();
        assert_eq!(lab.truth().subtree("/").unwrap(), ["/", "/old"], "{output}");
        assert_eq!(lab.truth().get("/old").unwrap().0.unwrap(), b"first", "{output}");
    }

    fn what_is_resumed_has_the_same_variables(lab: &Lab) {
        let script = "zkx: 1\nvars: {n: {type: string, default: a}}\nsteps:\n  - create: {path: \"/${ n }\"}\n  \
                      - create: {path: \"/later/${ n }\"}\n";
        let journals = tempfile::TempDir::new().unwrap();
        let run = |more: &[&str]| work::run(lab.at(&lab.addr()), script, journals.path()).args(more).run();
        let _ = run(&["--var", "n=b"]).code(1);
        lab.truth().create("/later", b"").unwrap();
        let output = run(&["--resume"]).code(2);
        assert!(output.stderr.contains("had other values of the script's variables\n"), "{output}");
        let _ = run(&["--resume", "--var", "n=b"]).success();
        assert_eq!(lab.truth().subtree("/later").unwrap(), ["/later", "/later/b"]);
    }

    fn what_is_resumed_is_on_the_same_servers_in_any_order(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - create: {path: /a}\n  - create: {path: /later/a}\n";
        let journals = tempfile::TempDir::new().unwrap();
        let (one, other) = (lab.addr(), Proxy::to(&lab.addr()));
        let run = |addr: &str| work::run(lab.at(addr), script, journals.path());
        let _ = run(&format!("{one},{}", other.addr())).run().code(1);
        lab.truth().create("/later", b"").unwrap();
        let output = run(&one).arg("--resume").run().code(2);
        assert!(output.stderr.contains(&format!(" was on {one},{}", other.addr())), "{output}");
        let elsewhere = format!("{},{}/later", other.addr(), lab.at(&one));
        let output = work::run(elsewhere, script, journals.path()).arg("--resume").run().code(2);
        assert!(output.stderr.contains(" was on "), "{output}");
        let output = run(&format!("{},{one}", other.addr())).arg("--resume").run().success();
        assert!(output.out().contains("= 1 create: done by an earlier run\n"), "{output}");
        assert_eq!(lab.truth().subtree("/later").unwrap(), ["/later", "/later/a"]);
    }
}
