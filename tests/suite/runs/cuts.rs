//! The connection is cut at each write of a script.

use crate::support::lab::Lab;
use crate::support::proxy::{ANY_WRITE, Proxy, Seen};

use super::tree::assert_same;
use super::{amount, work};

/// Cuts every write, `after` the server has done it or before; whatever is claimed then must be true.
fn cut_at_every_write(lab: &Lab, after: bool) {
    let script = work::script(amount(20, 60), 1);
    let wanted = work::alone(lab, &script);
    let proxy = Proxy::to(&lab.addr());
    for nth in 1..2_000 {
        match after {
            true => proxy.cut_after(ANY_WRITE, nth),
            // What was not done is sent again: that one is to pass.
            false => proxy.cut_before(ANY_WRITE, 2 * nth - 1),
        }
    }
    let journals = tempfile::TempDir::new().unwrap();
    let zkx = work::run(lab.at(proxy.addr()), &script, journals.path());
    let output = zkx.timeout(std::time::Duration::from_secs(300)).run();
    let cuts = proxy.log().iter().filter(|seen| matches!(seen, Seen::Cut { .. })).count();
    let output = output.success();
    assert!(
        wanted.writes >= 200 && cuts >= wanted.requests,
        "{cuts} cuts, {} requests\n{output}",
        wanted.requests
    );
    assert_same(&work::left(&mut lab.truth()), &wanted.tree, &format!("after {cuts} cuts"));
}

on_one_server! {
    fn what_was_not_done_is_done_again(lab: &Lab) {
        cut_at_every_write(lab, false);
    }

    fn what_was_done_is_not_done_again(lab: &Lab) {
        cut_at_every_write(lab, true);
    }
}
