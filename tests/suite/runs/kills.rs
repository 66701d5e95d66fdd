//! A run is killed at each of its writes, and resumed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::lab::Lab;
use crate::support::proxy::{ANY_WRITE, Proxy};
use crate::support::wait_for;

use super::tree::assert_same;
use super::{amount, work};

/// When a run dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The write is on its way, and does not arrive.
    Before,
    /// The server has done it, and the answer does not arrive.
    After,
    /// The answer was written down, and nothing else.
    Between,
}

/// The end of a journal.
fn tail(journals: &Path) -> String {
    let text = fs::read_to_string(journal(journals)).unwrap();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

fn journal(journals: &Path) -> PathBuf {
    let run = fs::read_dir(journals).unwrap().next().unwrap().unwrap();
    run.path().join("journal.jsonl")
}

/// Takes from a journal what came behind the last answer: half a line of it is left.
fn forget(journals: &Path) {
    let path = journal(journals);
    let text = fs::read_to_string(&path).unwrap();
    let Some(done) = text.rfind("{\"ev\":\"done\"") else { return };
    let end = done + text[done..].find('\n').unwrap() + 1;
    let half = text[end..].find('\n').map_or(0, |len| len / 2);
    fs::write(&path, &text[..end + half]).unwrap();
}

/// Kills a run at its first write, the run that resumes it at the next, and so on until one comes to its end.
fn kill_at_every_write(lab: &Lab, moment: Moment) {
    // With several under way, what a journal can look like then is not its beginning.
    let together = if moment == Moment::Between { 1 } else { 3 };
    let script = work::script(amount(9, 20), together);
    let wanted = work::undisturbed(lab, &script);
    let proxy = Proxy::to(&lab.addr());
    let journals = tempfile::TempDir::new().unwrap();
    let mut killed = 0;
    let most = amount(200, 400);
    let output = loop {
        // What was not done when it was killed comes first now.
        let next = if killed == 0 || moment == Moment::After { 1 } else { 2 };
        match moment {
            Moment::After => proxy.stall_after(ANY_WRITE, next),
            Moment::Before | Moment::Between => proxy.stall_before(ANY_WRITE, next),
        }
        let zkx = work::run(lab.at(proxy.addr()), &script, journals.path());
        let zkx = if killed > 0 { zkx.arg("--resume") } else { zkx };
        let mut running = zkx.spawn();
        let ended = wait_for("a write, or the end", Duration::from_secs(60), || {
            (proxy.stalls() > killed).then_some(false).or_else(|| running.is_over().then_some(true))
        });
        if ended {
            break running.finish(Duration::from_secs(10)).success();
        }
        running.signal("KILL");
        let _ = running.finish(Duration::from_secs(10));
        killed += 1;
        assert!(killed < most, "it does not get on:\n{}", tail(journals.path()));
        if moment == Moment::Between {
            forget(journals.path());
        }
    };
    assert!(killed >= 90, "killed {killed} times\n{output}");
    assert_same(&work::left(&mut lab.truth()), &wanted, &format!("killed {killed} times, {moment:?}"));
}

on_one_server! {
    fn what_was_not_sent_is_done_when_resumed(lab: &Lab) {
        kill_at_every_write(lab, Moment::Before);
    }

    fn what_was_done_unheard_is_not_done_again(lab: &Lab) {
        kill_at_every_write(lab, Moment::After);
    }

    fn a_journal_may_end_in_the_middle_of_a_step(lab: &Lab) {
        kill_at_every_write(lab, Moment::Between);
    }
}
