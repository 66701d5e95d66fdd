//! A session's life under the prompt: lost, back, expired, exchanged.

use std::thread;
use std::time::Duration;

use super::{SOON, shell, shell_of};
use crate::support::proxy::Proxy;
use crate::support::servers::{self, Server, Version};
use crate::support::truth::Truth;
use crate::support::wait_for;
use crate::support::zkx::Zkx;

/// How often a text has been on the screen.
fn count(screen: &crate::support::screen::Screen, text: &str) -> usize {
    screen.history().matches(text).count()
}

fn killed_and_back(server: &Server) {
    let mut truth = Truth::connect(&server.addr()).unwrap();
    truth.create("/flag", b"old").unwrap();
    truth.close().unwrap();
    let mut screen = shell_of(Zkx::new().server(server.addr()).args(["--session-timeout", "4s"]));
    assert_eq!(screen.run("get -w /flag"), "old\n");
    screen.run("get /flag");
    screen.keys("get /fl");
    server.kill9();
    screen.shows("connection lost");
    screen.wait("the line below", |screen| screen.line().contains("> get /fl"));
    server.restart();
    screen.wait("the connection", |screen| {
        count(screen, "again: the session and its ephemerals are there")
            + count(screen, "the session expired")
            == 1
    });
    screen.wait("the line below", |screen| screen.line().contains("> get /fl"));
    screen.keys("ag\r");
    screen.wait("an answer", |screen| count(screen, "\nold\n") == 3);
    screen.prompt();
    Truth::connect(&server.addr()).unwrap().set("/flag", b"new").unwrap();
    screen.shows("old → new");
    assert_eq!(count(&screen, "connection lost"), 1, "{}", screen.history());
}

#[test]
fn a_server_that_dies_and_comes_back_is_told_of_once() {
    if let Some(server) = servers::private_server(Version::V3_9) {
        killed_and_back(&server);
    }
}

#[test]
fn as_does_an_old_one() {
    if let Some(server) = servers::private_server(Version::V3_4) {
        killed_and_back(&server);
    }
}

on_one_server! {
    fn a_session_that_expires_is_followed_by_another(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        let mut truth = lab.truth();
        truth.create("/flag", b"old").unwrap();
        let zkx = Zkx::new().server(lab.at(proxy.addr())).args(["--session-timeout", "1s"]);
        let mut screen = shell_of(zkx);
        screen.run("create -e /mine x");
        screen.run("get -w /flag");
        screen.keys("get /fl");
        screen.wait("the line", |screen| screen.line().contains("get /fl"));
        proxy.black_hole();
        wait_for("the session to expire", SOON, || truth.exists("/mine").unwrap().is_none().then_some(()));
        thread::sleep(Duration::from_millis(300));
        proxy.resume();
        screen.shows("the session expired, and its ephemerals are gone");
        screen.wait("the line below", |screen| screen.line().contains("> get /fl"));
        screen.keys("ag\r");
        screen.prompt();
        truth.set("/flag", b"new").unwrap();
        screen.shows("old → new");
        screen.prompt();
        assert!(!screen.run("session").contains("/mine"));
        assert_eq!(count(&screen, "the session expired"), 1, "{}", screen.history());
        assert_eq!(count(&screen, "connection lost"), 1, "{}", screen.history());
    }

    fn without_a_session_only_it_is_missing(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let mut screen = shell(lab);
        screen.run("cd /a");
        screen.run("close");
        assert!(screen.line().contains("(no session)"), "{}", screen.line());
        let answer = screen.run("ls /");
        assert!(answer.contains("there is no session") && answer.contains("`connect` opens one"), "{answer}");
        screen.run("help");
        assert!(screen.run("connect").contains("connected to"));
        assert_eq!(screen.run("get /a"), "x\n");
        // To somewhere else, and where nobody is.
        assert!(screen.run("connect mem:").contains("connected to"));
        assert!(screen.run("get /a").contains("NoNode"));
        assert!(screen.run("connect 127.0.0.1:1").contains("error: cannot connect to 127.0.0.1:1"));
        assert_eq!(screen.run("create /b y"), "/b\n", "the session of before is still there");
        assert!(screen.run(&format!("connect {}", lab.at(&lab.addr()))).contains("connected to"));
        assert_eq!(screen.run("get /a"), "x\n");
    }

    fn a_transaction_waits_for_its_commit(lab: &Lab) {
        let mut truth = lab.truth();
        let mut screen = shell(lab);
        screen.run("begin");
        assert!(screen.line().contains("[0 writes in transaction]"), "{}", screen.line());
        screen.run("create /a 1");
        screen.run("create /a/b 2");
        assert!(screen.line().contains("[2 writes in transaction]"), "{}", screen.line());
        assert!(truth.exists("/a").unwrap().is_none());
        assert!(screen.run("deleteall /a").contains("this cannot be part of a transaction"));
        assert_eq!(screen.run("commit"), "/a\n/a/b\n");
        assert!(!screen.line().contains("transaction"), "{}", screen.line());
        assert_eq!(truth.text("/a/b").unwrap(), "2");
        screen.run("begin; set /a changed; delete /nothing");
        let refused = screen.run("commit");
        assert!(refused.contains("nothing was changed: write 2 (/nothing) was refused"), "{refused}");
        assert_eq!(truth.text("/a").unwrap(), "1");
        screen.run("begin; delete /a/b");
        assert!(screen.run("abort").contains("1 write forgotten, nothing was changed"));
        assert_eq!(truth.text("/a/b").unwrap(), "2");
        assert!(screen.run("commit").contains("no transaction has begun"));
    }
}
