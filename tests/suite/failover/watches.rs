//! Thousands of watches that move from one server to another.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;
use zkx::store::{Change, Changes, Read, Store};
use zkx::znode::EventKind;

use super::{Gate, SOON, ensemble, judge_beside, live, place, runtime, session_of, sessions_are_gone};
use crate::support::proxy::Seen;
use crate::support::truth::{Truth, op};

const ONE_SHOT: usize = 3_000;
const PERSISTENT: usize = 1_000;

fn one(n: usize) -> String {
    format!("/watched/{n:05}-{}", "o".repeat(85))
}

fn stays(n: usize) -> String {
    format!("/watched/{n:05}-{}", "p".repeat(85))
}

/// On a thread of its own: the session needs this one.
async fn set_all(truth: Truth, paths: impl Iterator<Item = String>) -> Truth {
    let paths: Vec<_> = paths.collect();
    let set = move || {
        let mut truth = truth;
        for path in paths {
            truth.set(&path, b"changed").unwrap();
        }
        truth
    };
    tokio::task::spawn_blocking(set).await.unwrap()
}

/// The next event of each, in time, and to the right znode; connection news are counted.
async fn next_events(changes: &mut [Changes], first: usize, path: fn(usize) -> String) -> usize {
    let mut news = 0;
    for (n, changes) in (first..).zip(changes) {
        loop {
            match timeout(SOON, changes.next()).await.unwrap_or_else(|_| panic!("no event at {}", path(n))) {
                Some(Change::Event(event)) => {
                    assert_eq!((event.kind, event.path.as_str()), (EventKind::NodeDataChanged, &*path(n)));
                    break;
                }
                Some(Change::Lost { .. } | Change::Back { renewed: false, .. }) => news += 1,
                other => panic!("{other:?} at {}", path(n)),
            }
        }
    }
    news
}

#[test]
fn thousands_of_watches_move_to_another_server() {
    let Some(ensemble) = ensemble() else { return };
    let server = ensemble.follower();
    let index = place(&ensemble, server);
    let mut truth = judge_beside(&ensemble, index);
    let paths = (0..ONE_SHOT).map(one).chain((0..PERSISTENT).map(stays));
    let nodes = std::iter::once("/watched".to_owned()).chain(paths).map(|path| (path, vec![]));
    truth.create_many(nodes).unwrap();

    let gate = Gate::to(&ensemble);
    gate.only(index);
    truth = runtime().block_on(async {
        let live = live(&gate.servers(), Duration::from_secs(4)).await;
        live.sync("/".into()).await.unwrap();
        let watched = join_all((0..ONE_SHOT).map(|n| live.read_and_watch(Read::Data(one(n))))).await;
        let mut once: Vec<_> = watched.into_iter().map(|watched| watched.unwrap().1).collect();
        let watched = join_all((0..PERSISTENT).map(|n| live.watch(stays(n), false))).await;
        let mut always: Vec<_> = watched.into_iter().map(Result::unwrap).collect();
        let session = session_of(&live);

        gate.close();
        // One of the pieces in which watches are set again gets lost as well.
        gate.0.iter().for_each(|proxy| proxy.cut_after(op::SET_WATCHES2, 2));
        server.kill9();
        // A tenth of them change while nobody listens; persistent watches do not tell afterwards.
        truth = set_all(truth, (0..ONE_SHOT / 10).map(one)).await;
        gate.open();
        let mut news = next_events(&mut once[..ONE_SHOT / 10], 0, one).await;
        assert!(news >= ONE_SHOT / 10, "each says that the connection was lost");

        let rest = (ONE_SHOT / 10..ONE_SHOT).map(one).chain((0..PERSISTENT).map(stays));
        truth = set_all(truth, rest).await;
        news += next_events(&mut once[ONE_SHOT / 10..], ONE_SHOT / 10, one).await;
        news += next_events(&mut always, 0, stays).await;
        assert!(news >= 2 * (ONE_SHOT + PERSISTENT), "{news}");
        // What is read now was answered behind every event.
        live.sync("/".into()).await.unwrap();
        for (n, changes) in once.iter_mut().enumerate() {
            let end = timeout(SOON, changes.next()).await.expect("the end of a one-shot watch");
            assert_eq!(end, None, "{}", one(n));
        }
        for (n, changes) in always.iter_mut().enumerate() {
            let more = changes.ready();
            assert_eq!(more, None, "{}", stays(n));
        }
        assert_eq!(session_of(&live), session);
        drop(always);
        assert!(live.close().await);
        sessions_are_gone(&ensemble, &[session]);
        truth
    });

    let pieces = |seen: &Seen| match seen {
        Seen::Request { op: op::SET_WATCHES | op::SET_WATCHES2, bytes, .. } => Some(*bytes),
        _ => None,
    };
    let pieces: Vec<_> =
        gate.0.iter().flat_map(|proxy| proxy.log()).filter_map(|seen| pieces(&seen)).collect();
    assert!(pieces.len() >= 3 + 4, "cut in the second of more than three: {pieces:?}");
    assert!(pieces.iter().all(|bytes| *bytes < 129 << 10), "{pieces:?}");
    truth.delete_subtree("/watched").unwrap();
}

/// A watch that many subscriptions share must not be renewed by each of them.
#[test]
fn an_expired_session_is_followed_by_one_session_for_all_its_watches() {
    let Some(ensemble) = ensemble() else { return };
    let server = ensemble.follower();
    let index = place(&ensemble, server);
    let mut truth = judge_beside(&ensemble, index);
    let nodes = std::iter::once("/watched".to_owned()).chain((0..300).map(one)).map(|path| (path, vec![]));
    truth.create_many(nodes).unwrap();
    let gate = Gate::to(&ensemble);
    gate.only(index);
    truth = runtime().block_on(async {
        let live = live(&gate.servers(), Duration::from_millis(800)).await;
        live.sync("/".into()).await.unwrap();
        let watched = join_all((0..300).map(|n| live.watch(one(n), false))).await;
        let mut always: Vec<_> = watched.into_iter().map(Result::unwrap).collect();
        let session = session_of(&live);
        let before = gate.connections();
        gate.close();
        gate.0.iter().for_each(|proxy| proxy.cut());
        sessions_are_gone(&ensemble, &[session]);
        gate.open();
        for changes in &mut always {
            loop {
                match timeout(SOON, changes.next()).await.expect("news in time") {
                    Some(Change::Back { renewed: true, .. }) => break,
                    Some(Change::Lost { .. }) => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_ne!(session_of(&live), session);
        // One to hear of the expiry, one for the new session.
        assert!(gate.connections() - before <= 3, "{} connections", gate.connections() - before);
        truth = set_all(truth, (0..300).map(one)).await;
        next_events(&mut always, 0, one).await;
        let session = session_of(&live);
        drop(always);
        assert!(live.close().await);
        sessions_are_gone(&ensemble, &[session]);
        truth
    });
    truth.delete_subtree("/watched").unwrap();
}
