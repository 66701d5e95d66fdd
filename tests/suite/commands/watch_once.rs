//! The one watch that `-w` leaves.

use super::{SOON, zkx};

on_every_server! {
    fn it_stops_waiting_at_an_interrupt(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let waiting = zkx(lab, "-o json stat -w /a").spawn();
        waiting.wait_stdout(|shown| shown.contains("\n}\n"), SOON);
        let stopped = waiting.stop();
        assert_eq!(stopped.code, Some(130), "{stopped}");
    }
}
