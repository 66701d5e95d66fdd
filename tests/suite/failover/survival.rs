//! Everything that a session does, while its server dies, stops, or loses its quorum.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use zkx::store::live::Live;
use zkx::store::{Failure, Read, Store, Write, read_one};
use zkx::znode::{Acl, CreateMode};

use super::{Fault, Gate, SOON, ensemble, heal, judge_beside, live, place, runtime};
use crate::support::servers::Ensemble;
use crate::support::wait_for;
use crate::support::zkx::{Running, Zkx};

/// Reads one after another until told to stop: each must be answered.
async fn read_on(live: Live, over: &AtomicBool) -> (usize, Duration) {
    let (mut reads, mut longest) = (0, Duration::ZERO);
    while !over.load(Ordering::SeqCst) {
        let asked = Instant::now();
        read_one(&live, Read::Data("/life".into())).await.unwrap_or_else(|e| panic!("read {reads}: {e}"));
        longest = longest.max(asked.elapsed());
        reads += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    live.close().await;
    (reads, longest)
}

/// What a writer claims of its writes, in order.
#[derive(Default)]
struct Claims {
    sets: Vec<Result<i32, Failure>>,
    creates: Vec<(String, Result<(), Failure>)>,
    numbered: Vec<Result<String, Failure>>,
}

async fn write_on(live: Live, over: &AtomicBool) -> Claims {
    let mut claims = Claims::default();
    while !over.load(Ordering::SeqCst) {
        let n = claims.sets.len();
        let data = Some(format!("{n}").into());
        let set = Write::Set { path: "/life/set".into(), data: data.clone(), version: None };
        let version = match live.write(set).await {
            Ok(written) => Ok(written.stat.map_or(-1, |stat| stat.version)),
            Err(failure) => Err(failure),
        };
        claims.sets.push(version);
        let create =
            |path: String, mode| Write::Create { path, data: data.clone(), acl: vec![Acl::open()], mode };
        let path = format!("/life/made/{n}");
        let made = live.write(create(path.clone(), CreateMode::Persistent)).await.map(drop);
        claims.creates.push((path, made));
        let made = live.write(create("/life/numbered/n-".into(), CreateMode::PersistentSequential)).await;
        claims.numbered.push(made.map(|written| written.path));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    live.close().await;
    claims
}

impl Claims {
    /// Compares with what is there; returns how many outcomes were unknown.
    fn check(&self, ensemble: &Ensemble) -> usize {
        let mut truth = judge_beside(ensemble, usize::MAX);
        let unknown = |failure: &Failure| matches!(failure, Failure::Unknown(_));
        let version = truth.exists("/life/set").unwrap().unwrap().version;
        let done = self.sets.iter().filter(|set| set.is_ok()).count();
        let open = self.sets.iter().filter(|set| set.as_ref().is_err_and(unknown)).count();
        assert!(
            (done..=done + open).contains(&(version as usize)),
            "{done} + {open} sets, version {version}"
        );
        let mut last = 0;
        for version in self.sets.iter().flatten() {
            assert!(*version > last, "version {version} after {last}");
            last = *version;
        }
        let mut unknowns = open;
        for (path, made) in &self.creates {
            let there = truth.exists(path).unwrap().is_some();
            match made {
                Ok(()) => assert!(there, "{path} is not there"),
                Err(failure) if unknown(failure) => unknowns += 1,
                Err(failure) => assert!(!there, "{path} is there: {failure}"),
            }
        }
        let (names, _) = truth.children("/life/numbered").unwrap();
        let mut claimed: Vec<_> = self.numbered.iter().flatten().cloned().collect();
        let open = self.numbered.iter().filter(|made| made.as_ref().is_err_and(unknown)).count();
        assert!((claimed.len()..=claimed.len() + open).contains(&names.len()), "{} numbered", names.len());
        claimed.sort_unstable();
        claimed.dedup();
        assert_eq!(claimed.len(), self.numbered.iter().flatten().count(), "two claim the same");
        assert!(claimed.iter().all(|path| names.iter().any(|name| path.ends_with(name))));
        unknowns + open
    }
}

fn lines_with<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(word)).collect()
}

#[test]
fn a_session_lives_on_when_its_server_does_not() {
    let Some(ensemble) = ensemble() else { return };
    let mut truth = judge_beside(&ensemble, usize::MAX);
    truth.create_parents("/life").unwrap();
    for path in ["/life/set", "/life/made", "/life/numbered", "/life/tree"] {
        truth.create(path, b"").unwrap();
    }
    for n in 0..10 {
        truth.create(&format!("/life/tree/{n}"), b"").unwrap();
    }
    drop(truth);

    let over = AtomicBool::new(false);
    let all = Gate::to(&ensemble);
    let servers = all.servers();
    let (claims, reads) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            runtime().block_on(async { write_on(live(&servers, Duration::from_secs(4)).await, &over).await })
        });
        let reader = scope.spawn(|| {
            runtime().block_on(async { read_on(live(&servers, Duration::from_secs(4)).await, &over).await })
        });
        let struck = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for (number, (fault, leads)) in
                [(Fault::Kill, false), (Fault::Stop, false), (Fault::Kill, true)].into_iter().enumerate()
            {
                commands_live_on(&ensemble, fault, leads, number);
                heal(&ensemble);
            }
            the_quorum_goes_and_comes(&ensemble);
        }));
        over.store(true, Ordering::SeqCst);
        let ended = (writer.join().unwrap(), reader.join().unwrap());
        struck.unwrap();
        ended
    });
    let unknown = claims.check(&ensemble);
    let writes = 3 * claims.sets.len();
    println!("{writes} writes, {unknown} unknown; {} reads, the longest {:?}", reads.0, reads.1);
    assert!(writes > 300 && reads.0 > 300, "{writes} writes, {} reads", reads.0);
    assert!(unknown <= 2, "{unknown} unknown");
    let mut truth = judge_beside(&ensemble, usize::MAX);
    truth.delete_subtree("/life").unwrap();
}

/// Watching and holding commands, all on the server that is struck; and what changes while they are
/// away, afterwards, and how they end.
fn commands_live_on(ensemble: &Ensemble, fault: Fault, leads: bool, number: usize) {
    let server = if leads { ensemble.leader() } else { ensemble.follower() };
    let index = place(ensemble, server);
    let gate = Gate::to(ensemble);
    gate.only(index);
    let what = format!("{fault:?}, leader: {leads}");
    let mut truth = judge_beside(ensemble, index);
    let new = format!("/life/tree/new{number}");
    let held = format!("/life/held{number}");
    let zkx = || Zkx::new().server(gate.servers()).args(["--session-timeout", "4s"]);
    let spawn = |args: &[&str]| zkx().args(args.iter().copied()).spawn();
    let tree = spawn(&["watch", "-R", "/life/tree"]);
    let node = spawn(&["watch", "/life/tree/1"]);
    let once = spawn(&["get", "-w", "/life/tree/2"]);
    let hold = spawn(&["create", "-e", "--hold", &held, "mine"]);
    tree.wait_stderr_containing("watching /life/tree and everything below", SOON);
    node.wait_stderr_containing("watching /life/tree/1", SOON);
    hold.wait_stderr_containing(&format!("holding {held}"), SOON);
    // The watch of `get` is there when its session is known to the server.
    thread::sleep(Duration::from_millis(300));
    truth.sync().unwrap();
    let owner = truth.exists(&held).unwrap().expect("the ephemeral").ephemeral_owner;

    gate.close();
    fault.strike(server);
    if leads {
        // No writes before there is another leader.
        wait_for("another leader", SOON, || {
            let others = ensemble.servers().iter().filter(|other| other.port() != server.port());
            others.filter_map(|other| other.mode()).any(|mode| mode == "leader").then_some(())
        });
        truth = judge_beside(ensemble, index);
    }
    truth.set("/life/tree/1", b"while away").unwrap();
    truth.set("/life/tree/2", b"while away").unwrap();
    truth.create(&new, b"").unwrap();
    if fault == Fault::Kill {
        tree.wait_line_containing("nothing is seen until it is back", SOON);
    }
    gate.open();

    let shown = once.finish(SOON).success();
    assert!(shown.out().contains("NodeDataChanged"), "{what}\n{shown}");
    for path in ["/life/tree/1", "/life/tree/2", &new] {
        tree.wait_stdout(|text| lines_with(text, path).len() == 1, SOON);
    }
    tree.wait_stderr_containing(
        "what was changed and undone while the connection was lost is not shown",
        SOON,
    );
    node.wait_stdout(|text| lines_with(text, "/life/tree/1").len() == 1, SOON);
    hold.wait_stderr_containing("the session, and", SOON);

    for n in 0..10 {
        truth.set(&format!("/life/tree/{n}"), format!("after {number}").as_bytes()).unwrap();
    }
    tree.wait_line_containing("/life/tree/9", SOON);
    node.wait_stdout(|text| lines_with(text, "/life/tree/1").len() == 2, SOON);
    let text = tree.stdout();
    for n in 0..10 {
        let rows = lines_with(&text, &format!("/life/tree/{n}"));
        let expected = if n == 1 || n == 2 { 2 } else { 1 };
        assert_eq!(rows.len(), expected, "{what}: /life/tree/{n}\n{text}");
    }
    for word in ["/life/tree/1", "/life/tree/2", &*new] {
        assert!(lines_with(&text, word)[0].contains("(found after the reconnection)"), "{what}\n{text}");
    }
    assert_eq!(text.matches("nothing is seen until it is back").count(), 1, "{what}\n{text}");
    assert_eq!(text.matches("same session").count(), 1, "{what}\n{text}");

    let still = truth.exists(&held).unwrap().expect("the ephemeral is still there");
    assert_eq!(still.ephemeral_owner, owner, "{what}");
    end(hold, 0);
    end(tree, 130);
    end(node, 130);
    truth.sync().unwrap();
    assert!(truth.exists(&held).unwrap().is_none(), "{what}: Ctrl-C ends the session");
}

fn end(running: Running, code: i32) {
    running.signal("INT");
    let _ = running.finish(SOON).code(code);
}

/// Two of three voters die: nothing serves, until one is back. Nobody's session ends by that.
fn the_quorum_goes_and_comes(ensemble: &Ensemble) {
    let addresses = ensemble.connect_string();
    let zkx = || Zkx::new().server(&*addresses).args(["--session-timeout", "4s"]);
    let held = "/life/held-by-all";
    let hold = zkx().args(["create", "-e", "--hold", held]).spawn();
    let tree = zkx().args(["watch", "-R", "/life/tree"]).spawn();
    hold.wait_stderr_containing("holding", SOON);
    tree.wait_stderr_containing("watching", SOON);
    let voters = &ensemble.servers()[..3];
    voters[0].kill9();
    voters[1].kill9();
    tree.wait_line_containing("nothing is seen until it is back", SOON);
    thread::sleep(Duration::from_millis(500));
    let refused = Zkx::new().server(&*addresses).args(["--connect-timeout", "1s", "get", "/life"]).run();
    assert!(refused.code(5).stderr.contains("no quorum"));
    heal(ensemble);
    let mut truth = judge_beside(ensemble, usize::MAX);
    tree.wait_line_containing("same session", SOON);
    hold.wait_stderr_containing("are still there", SOON);
    truth.set("/life/tree/5", b"after the quorum").unwrap();
    tree.wait_stdout(|text| lines_with(text, "/life/tree/5").len() == 1, SOON);
    assert!(truth.exists(held).unwrap().is_some());
    end(hold, 0);
    end(tree, 130);
}
