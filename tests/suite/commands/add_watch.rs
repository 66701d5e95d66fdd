//! `addWatch` on the command line, where it is a `watch` by zkCli's name.

use super::{SOON, run, start};

on_every_server! {
    fn without_a_mode_everything_below_is_watched(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/a", b"1").unwrap();
        let watching = start(lab, "addWatch /a", "note: watching /a and everything below\n");
        truth.create("/a/b", b"").unwrap();
        watching.wait_line_containing("NodeCreated          /a/b", SOON);
        let ended = watching.stop().code(130);
        assert_eq!(ended.out().lines().count(), 1, "{ended}");
    }

    fn persistent_watches_one_znode_and_shows_what_changed(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/a", b"1").unwrap();
        let watching = start(lab, "addwatch -m persistent /a", "note: watching /a\n");
        truth.set("/a", b"2").unwrap();
        watching.wait_line_containing("/a  1 → 2", SOON);
        watching.stop().code(130);
    }

    fn a_mode_that_there_is_not_is_refused(lab: &Lab) {
        let refused = run(lab, "addWatch -m ONCE /a").code(2);
        assert!(refused.stderr.contains("PERSISTENT_RECURSIVE"), "{refused}");
    }
}
