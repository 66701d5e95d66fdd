//! A run is killed at each of its writes, and resumed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::support::lab::Lab;
use crate::support::proxy::{ANY_WRITE, Proxy};
use crate::support::servers::Version;
use crate::support::wait_for;

use super::tree::{Tree, assert_same};
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

/// How far a run has come.
fn progress(journals: &Path) -> usize {
    let text = fs::read_to_string(journal(journals)).unwrap();
    let ended =
        |line: &&str| ["{\"ev\":\"done\"", "{\"ev\":\"step\""].iter().any(|event| line.starts_with(event));
    text.lines().filter(ended).count()
}

/// Kills a run at its first write, the run that resumes it at the next, and so on until one comes to its end.
fn kill_at_every_write(lab: &Lab, moment: Moment) {
    // With several under way, what a journal can look like then is not its beginning.
    let together = if moment == Moment::Between { 1 } else { 3 };
    let script = work::script(amount(11, 20), together);
    let wanted = work::alone(lab, &script);
    let proxy = Proxy::to(&lab.addr());
    let journals = tempfile::TempDir::new().unwrap();
    let mut killed = 0;
    // Not all of them are requests of their own.
    assert!(wanted.writes >= 200, "{} writes", wanted.writes);
    let most = 2 * wanted.requests;
    let (mut come, mut more) = (0, 0);
    let output = loop {
        // What was not done when it was killed comes first now, and what was refused and not written down.
        let next = if killed == 0 || moment == Moment::After { 1 } else { 2 } + more;
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
        let now = progress(journals.path());
        more = if now > come { 0 } else { more + 1 };
        come = come.max(now);
    };
    assert!(
        10 * killed >= 9 * wanted.requests,
        "killed {killed} times, {} requests\n{output}",
        wanted.requests
    );
    assert_same(&work::left(&mut lab.truth()), &wanted.tree, &format!("killed {killed} times, {moment:?}"));
}

/// Kills a run at one of its writes, `after` the server has done it or before, and resumes it to its end.
fn kill_once(lab: &Lab, script: &str, nth: usize, after: bool) -> Tree {
    let proxy = Proxy::to(&lab.addr());
    match after {
        true => proxy.stall_after(ANY_WRITE, nth),
        false => proxy.stall_before(ANY_WRITE, nth),
    }
    let journals = tempfile::TempDir::new().unwrap();
    let mut running = work::run(lab.at(proxy.addr()), script, journals.path()).spawn();
    wait_for("the write", Duration::from_secs(60), || {
        assert!(!running.is_over(), "over before write {nth}: {}", running.stdout());
        (proxy.stalls() > 0).then_some(())
    });
    running.signal("KILL");
    let _ = running.finish(Duration::from_secs(10));
    let resumed = work::run(lab.at(proxy.addr()), script, journals.path()).arg("--resume");
    let _ = resumed.timeout(Duration::from_secs(60)).run().success();
    work::left(&mut lab.truth())
}

/// Kills runs at every so many of their requests, each run once, some at a time.
fn kill_runs_once(name: &str, version: Version) {
    let lab = |at: &str| Lab::named(&format!("{name}.{at}"), version);
    let script = work::script(amount(11, 20), 3);
    let Some(first) = lab("undisturbed") else { return };
    let wanted = work::alone(&first, &script);
    let places = (1..wanted.requests).step_by(amount(9, 1));
    let next = Mutex::new(places.map(|nth| (nth, nth % 2 == 0)));
    thread::scope(|scope| {
        for worker in 0..3 {
            let (script, wanted, next) = (&script, &wanted, &next);
            let lab = lab(&format!("{worker}")).expect("the server is there");
            scope.spawn(move || {
                loop {
                    let Some((nth, after)) = next.lock().unwrap().next() else { return };
                    let found = kill_once(&lab, script, nth, after);
                    assert_same(&found, &wanted.tree, &format!("killed at {nth}, after: {after}"));
                    let mut truth = lab.truth();
                    truth.auth("digest", "me:secret").unwrap();
                    truth.delete_subtree("/w").unwrap();
                }
            });
        }
    });
}

#[test]
fn what_is_killed_once_comes_to_its_end() {
    kill_runs_once("kills.once", Version::V3_9);
}

#[test]
fn what_is_killed_once_comes_to_its_end_in_memory() {
    kill_runs_once("kills.once", Version::MEMORY);
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
