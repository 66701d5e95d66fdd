//! `exists`.

use super::{SOON, run, zkx};
use crate::support::truth::Acl;

on_every_server! {
    fn it_says_true_or_false_and_by_its_exit_code(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let there = run(lab, "exists /a").success();
        assert_eq!((there.out().as_str(), there.stderr.as_str()), ("true\n", ""));
        let gone = run(lab, "exists /b").code(1);
        assert_eq!((gone.out().as_str(), gone.stderr.as_str()), ("false\n", ""));
        assert_eq!(run(lab, "exists /b/c/d").code(1).out(), "false\n");
        assert_eq!(run(lab, "exists /").success().out(), "true\n");
    }

    /// Before 3.8 anybody may ask.
    fn a_hidden_one_is_no_false(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/a", b"x").unwrap();
        truth.set_acl("/a", &[Acl::new(31, "ip", "10.0.0.1")]).unwrap();
        let output = run(lab, "exists /a");
        if lab.version().minor() < 8 {
            assert_eq!(output.success().out(), "true\n");
        } else {
            assert_eq!(output.code(6).out(), "");
        }
    }

    fn it_waits_for_what_is_not_there_yet(lab: &Lab) {
        let waiting = zkx(lab, "exists -w /late").spawn();
        waiting.wait_line_containing("false", SOON);
        lab.truth().create("/late", b"come").unwrap();
        let line = waiting.wait_line_containing("NodeCreated", SOON);
        assert!(line.contains("  NodeCreated          /late  come"), "{line}");
        waiting.finish(SOON).success();
    }

    fn it_waits_for_an_end(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let waiting = zkx(lab, "exists --watch /a").spawn();
        waiting.wait_line_containing("true", SOON);
        lab.truth().delete("/a").unwrap();
        waiting.wait_line_containing("NodeDeleted", SOON);
        waiting.finish(SOON).success();
    }
}
