//! What a run has done is undone, or gone on with as it was begun.

use super::{amount, work};

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
}
