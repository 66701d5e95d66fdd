//! How the shell ends, and what it leaves behind.

use super::{shell, shell_of};
use crate::support::screen::{CTRL_C, CTRL_D};

on_one_server! {
    fn ctrl_d_leaves(lab: &Lab) {
        let mut screen = shell(lab);
        assert!(!screen.is_restored(), "a line is edited key by key");
        // In a line it is a key like others.
        screen.type_in("ls");
        screen.keys(CTRL_D);
        screen.interrupt();
        screen.keys(CTRL_D);
        assert_eq!(screen.end(), Some(0));
        assert!(screen.is_restored());
    }

    fn quit_leaves_and_what_is_behind_it_is_not_done(lab: &Lab) {
        for word in ["quit", "exit"] {
            let mut screen = shell(lab);
            screen.send(&format!("create /{word} x; {word}; create /never x"));
            assert_eq!(screen.end(), Some(0));
            assert!(screen.is_restored());
            assert!(lab.truth().exists(&format!("/{word}")).unwrap().is_some());
        }
        assert!(lab.truth().exists("/never").unwrap().is_none());
    }

    fn ephemerals_go_with_the_session_and_are_named(lab: &Lab) {
        let mut screen = shell(lab);
        assert_eq!(screen.run("create -e /mine x"), "/mine\n");
        let session = screen.run("session");
        assert!(session.contains("/mine"), "{session}");
        screen.keys(CTRL_D);
        assert_eq!(screen.end(), Some(0));
        assert!(screen.text().contains("with this session go /mine"), "{}", screen.text());
        assert!(lab.truth().exists("/mine").unwrap().is_none(), "the session was closed");
    }

    fn a_signal_at_the_prompt_restores_the_terminal(lab: &Lab) {
        for (signal, code) in [("TERM", 143), ("HUP", 143)] {
            let mut screen = shell(lab);
            screen.run("create -e /mine x");
            screen.type_in("half a line");
            screen.signal(signal);
            assert_eq!(screen.end(), Some(code), "{}", screen.text());
            assert!(screen.is_restored(), "SIG{signal}");
            assert!(lab.truth().exists("/mine").unwrap().is_none(), "the session was closed");
        }
    }

    fn ctrl_c_forgets_the_line_and_nothing_else(lab: &Lab) {
        let mut screen = shell(lab);
        screen.type_in("create /never x");
        screen.interrupt();
        screen.interrupt();
        assert_eq!(screen.run("create /a x"), "/a\n");
        assert!(lab.truth().exists("/never").unwrap().is_none());
    }

    fn ctrl_c_stops_a_long_tree_and_the_session_goes_on(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/wide", b"").unwrap();
        truth.create_many((0..20_000).map(|n| (format!("/wide/child-{n:05}"), Vec::new()))).unwrap();
        let mut screen = shell_of(lab.zkx().arg("--gentle"));
        screen.run("create -e /mine x");
        // Somebody who reads slowly.
        screen.send("tree / | sh -c 'while read line; do echo \"$line\"; sleep 0.05; done'");
        screen.shows("child-00001");
        screen.interrupt();
        assert!(!screen.history().contains("child-19999"));
        assert_eq!(screen.run("get /mine"), "x\n");
        // Twice as well.
        screen.send("every 1s get /mine");
        screen.shows("x\nx");
        screen.keys(CTRL_C);
        screen.interrupt();
        assert_eq!(screen.run("get /mine"), "x\n");
        assert!(truth.exists("/mine").unwrap().is_some());
        screen.keys(CTRL_D);
        assert_eq!(screen.end(), Some(0));
        assert!(screen.is_restored());
    }
}
