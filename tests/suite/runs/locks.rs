//! What runs make for their locks is told, and undone with the rest.

use tempfile::TempDir;

use super::work;
use crate::support::lab::Lab;
use crate::support::zkx::Output;

const LOCKED: &str =
    "zkx: 1\nlock: /locks/run\nsteps:\n  - create: {path: /a}\n  - create: {path: /later/a}\n";
const MADE: &str = "note: made /locks and /locks/run for the lock; they stay\n";

/// A script with a journal.
struct Run<'a> {
    lab: &'a Lab,
    journals: TempDir,
}

impl<'a> Run<'a> {
    fn on(lab: &'a Lab) -> Self {
        Self { lab, journals: TempDir::new().unwrap() }
    }

    fn with(&self, more: &[&str]) -> Output {
        work::run(self.lab.at(&self.lab.addr()), LOCKED, self.journals.path()).args(more).run()
    }

    fn left(&self) -> Vec<String> {
        let mut paths = self.lab.truth().subtree("/").unwrap();
        paths.sort();
        paths
    }
}

on_every_server! {
    fn the_path_of_a_lock_is_told_and_undone(lab: &Lab) {
        let run = Run::on(lab);
        let output = run.with(&["--check", "--diff"]).code(1);
        assert!(output.out().contains("+ /locks  (null)\n"), "{output}");
        assert!(output.out().contains("+ /locks/run  (null)\n"), "{output}");
        assert!(output.out().contains(&MADE.replace("made", "would make")), "{output}");
        assert_eq!(run.left(), ["/"], "{output}");
        lab.truth().create("/later", b"").unwrap();
        let output = run.with(&[]).success();
        assert!(output.out().contains(MADE), "{output}");
        assert_eq!(run.left(), ["/", "/a", "/later", "/later/a", "/locks", "/locks/run"]);
        let output = run.with(&["--rollback"]).success();
        let said = output.out();
        assert!(said.ends_with("↶ /a: deleted again\n↶ /locks/run: deleted again\n↶ /locks: deleted again\n"), "{output}");
        assert_eq!(run.left(), ["/", "/later"]);
    }

    fn the_path_of_a_lock_that_others_use_stays_and_is_named(lab: &Lab) {
        let run = Run::on(lab);
        let mut truth = lab.truth();
        truth.create("/later", b"").unwrap();
        let _ = run.with(&[]).success();
        truth.create("/locks/run/theirs", b"").unwrap();
        let output = run.with(&["--rollback"]).code(1);
        for path in ["/locks/run", "/locks"] {
            let line = format!("✗ {path}: not undone: somebody else has created something below it\n");
            assert!(output.out().contains(&line), "{output}");
        }
        assert_eq!(run.left(), ["/", "/later", "/locks", "/locks/run", "/locks/run/theirs"]);
    }

    fn what_was_there_of_the_path_is_not_the_runs(lab: &Lab) {
        let run = Run::on(lab);
        for path in ["/later", "/locks"] {
            lab.truth().create(path, b"").unwrap();
        }
        let output = run.with(&[]).success();
        assert!(output.out().contains("note: made /locks/run for the lock; it stays\n"), "{output}");
        let output = run.with(&[]).code(1);
        assert!(!output.out().contains("note:"), "{output}");
        let _ = run.with(&["--rollback"]).success();
        assert_eq!(run.left(), ["/", "/a", "/later", "/later/a", "/locks", "/locks/run"]);
    }

    fn a_path_that_is_gone_when_the_run_is_resumed_is_made_again(lab: &Lab) {
        let run = Run::on(lab);
        let mut truth = lab.truth();
        let output = run.with(&[]).code(1);
        assert!(output.out().contains(MADE) && output.stderr.contains("undoes it"), "{output}");
        truth.delete_subtree("/locks").unwrap();
        truth.create("/later", b"").unwrap();
        let output = run.with(&["--resume"]).success();
        assert!(output.out().contains(MADE), "{output}");
        assert_eq!(run.left(), ["/", "/a", "/later", "/later/a", "/locks", "/locks/run"]);
        let _ = run.with(&["--rollback"]).success();
        assert_eq!(run.left(), ["/", "/later"]);
    }
}
