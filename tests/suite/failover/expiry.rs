//! Sessions that end under those who use them.

use std::thread;
use std::time::Duration;

use zkx::store::{Failure, Read, Store, Write, read_one};
use zkx::znode::{Acl, CreateMode};

use super::{SOON, live, runtime};
use crate::support::lab::Lab;
use crate::support::proxy::Proxy;
use crate::support::servers::Version;
use crate::support::wait_for;
use crate::support::zkx::Zkx;

/// Longer than the timeout of the sessions here.
const LAPSE: Duration = Duration::from_millis(2_500);

/// All versions at once: these tests mostly wait.
fn on_all(name: &str, test: fn(&Lab)) {
    thread::scope(|scope| {
        for version in Version::ALL {
            scope.spawn(move || Lab::named(&format!("{name}.v{version}"), version).as_ref().map(test));
        }
    });
}

#[test]
fn an_expired_session_is_said_and_followed_by_another() {
    on_all("an_expired_session_is_said_and_followed_by_another", |lab| {
        let proxy = Proxy::to(&lab.addr());
        let mut truth = lab.truth();
        for path in ["/tree", "/tree/a", "/tree/b", "/once"] {
            truth.create(path, b"").unwrap();
        }
        let zkx = || Zkx::new().server(lab.at(proxy.addr())).args(["--session-timeout", "1s"]);
        let tree = zkx().args(["watch", "-R", "/tree"]).spawn();
        let node = zkx().args(["watch", "/tree/a"]).spawn();
        let once = zkx().args(["get", "-w", "/once"]).spawn();
        let list = zkx().args(["ls", "-w", "/tree"]).spawn();
        let hold = zkx().args(["create", "-e", "--hold", "/held"]).spawn();
        tree.wait_stderr_containing("watching", SOON);
        node.wait_stderr_containing("watching", SOON);
        hold.wait_stderr_containing("holding", SOON);
        thread::sleep(Duration::from_millis(300));
        proxy.black_hole();
        wait_for("the session to expire", SOON, || truth.exists("/held").unwrap().is_none().then_some(()));
        thread::sleep(Duration::from_millis(500));
        truth.set("/tree/a", b"while away").unwrap();
        truth.set("/once", b"while away").unwrap();
        truth.create("/tree/c", b"").unwrap();
        proxy.resume();

        let held = hold.finish(SOON).code(5);
        assert!(held.stderr.contains("the session expired, and /held went with it"), "{held}");
        let shown = once.finish(SOON).success();
        assert!(shown.out().contains("NodeDataChanged"), "{shown}");
        let shown = list.finish(SOON).success();
        assert!(shown.out().contains("NodeChildrenChanged"), "{shown}");
        tree.wait_line_containing("the old session expired", SOON);
        tree.wait_line_containing("/tree/a", SOON);
        tree.wait_line_containing("/tree/c", SOON);
        node.wait_line_containing("the old session expired", SOON);
        node.wait_line_containing("/tree/a", SOON);
        // The new session has watches too.
        truth.set("/tree/b", b"afterwards").unwrap();
        truth.set("/tree/a", b"afterwards").unwrap();
        tree.wait_line_containing("/tree/b", SOON);
        node.wait_stdout(|text| text.matches("/tree/a").count() == 2, SOON);
        for running in [tree, node] {
            let _ = running.stop().code(130);
        }
    });
}

#[test]
fn a_stopped_client_finds_its_session_expired() {
    on_all("a_stopped_client_finds_its_session_expired", |lab| {
        let mut truth = lab.truth();
        truth.create("/seen", b"").unwrap();
        let zkx = || lab.zkx().args(["--session-timeout", "1s"]);
        let hold = zkx().args(["create", "-e", "--hold", "/held"]).spawn();
        let watch = zkx().args(["watch", "/seen"]).spawn();
        hold.wait_stderr_containing("holding", SOON);
        watch.wait_stderr_containing("watching", SOON);
        hold.signal("STOP");
        watch.signal("STOP");
        wait_for("the session to expire", SOON, || truth.exists("/held").unwrap().is_none().then_some(()));
        thread::sleep(LAPSE - Duration::from_millis(1_000));
        truth.set("/seen", b"while stopped").unwrap();
        hold.signal("CONT");
        watch.signal("CONT");
        let held = hold.finish(SOON).code(5);
        assert!(held.stderr.contains("the session expired, and /held went with it"), "{held}");
        watch.wait_line_containing("the old session expired", SOON);
        watch.wait_line_containing("/seen", SOON);
        let _ = watch.stop().code(130);
    });
}

#[test]
fn writes_of_an_expired_session_are_told_from_those_of_the_next() {
    on_all("writes_of_an_expired_session_are_told_from_those_of_the_next", |lab| {
        let proxy = Proxy::to(&lab.addr());
        let mut truth = lab.truth();
        truth.create("/mine", b"").unwrap();
        runtime().block_on(async {
            let live = live(&lab.at(proxy.addr()), Duration::from_secs(1)).await;
            let create = |path: &str, mode| Write::Create {
                path: path.into(),
                data: Some("x".into()),
                acl: vec![Acl::open()],
                mode,
            };
            live.write(create("/mine/first", CreateMode::Ephemeral)).await.unwrap();
            let old = live.session().id;
            proxy.black_hole();
            // Sent, and held up until the session is over.
            let ephemeral = live.write(create("/mine/second", CreateMode::Ephemeral));
            let persistent = live.write(create("/third", CreateMode::Persistent));
            let read = read_one(&live, Read::Data("/".into()));
            let resume = async {
                tokio::time::sleep(LAPSE).await;
                proxy.resume();
            };
            let (ephemeral, persistent, read, ()) = tokio::join!(ephemeral, persistent, read, resume);
            assert!(matches!(ephemeral, Err(Failure::Expired)), "{ephemeral:?}");
            persistent.unwrap();
            read.unwrap();
            assert_ne!(live.session().id, old);
            for (path, there) in [("/mine/first", false), ("/mine/second", false), ("/third", true)] {
                assert_eq!(truth.exists(path).unwrap().is_some(), there, "{path}");
            }
            live.write(create("/mine/first", CreateMode::Ephemeral)).await.unwrap();
            let owner = truth.exists("/mine/first").unwrap().unwrap().ephemeral_owner;
            assert_eq!(owner, live.session().id);
            assert!(live.close().await);
            assert!(truth.exists("/mine/first").unwrap().is_none());
        });
    });
}
