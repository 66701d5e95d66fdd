//! Watches that report while somebody types.

use std::thread;
use std::time::Duration;

use super::{shell, shell_of};
use crate::support::screen::{CTRL_U, ENTER};

on_every_server! {
    fn a_report_leaves_the_line_alone_that_is_being_typed(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/flag", b"old").unwrap();
        let mut screen = shell(lab);
        assert_eq!(screen.run("get -w /flag"), "old\n");
        screen.keys("create /half 'a line");
        screen.wait("half a line", |screen| screen.line().ends_with("> create /half 'a line"));
        truth.set("/flag", b"new").unwrap();
        screen.shows("NodeDataChanged");
        screen.wait("the line below the report", |screen| screen.line().ends_with("> create /half 'a line"));
        let text = screen.text();
        let report = text.lines().find(|line| line.contains("NodeDataChanged")).unwrap();
        assert!(report.contains("/flag") && report.contains("old → new"), "{report}");
        let (above, _) = text.split_once(report).unwrap();
        assert!(!above.contains("create /half"), "the report is above the line:\n{text}");
        // What goes on being typed joins it.
        screen.keys("'");
        screen.keys(ENTER);
        screen.shows("/half");
        screen.prompt();
        assert_eq!(truth.text("/half").unwrap(), "a line");
    }

    fn children_that_come_and_go_are_named(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create_parents("/group/first").unwrap();
        let mut screen = shell(lab);
        assert_eq!(screen.run("ls -w /group"), "first\n");
        screen.keys("get /gro");
        truth.create("/group/second", b"").unwrap();
        screen.shows("NodeChildrenChanged");
        screen.wait("the line", |screen| screen.line().contains("> get /gro"));
        let text = screen.text();
        let report = text.lines().find(|line| line.contains("NodeChildrenChanged")).unwrap();
        assert!(report.contains("/group") && report.contains("second"), "{report}");
        screen.keys(CTRL_U);
        assert_eq!(screen.run("watches"), "");
    }

    fn a_report_stays_off_the_page_that_a_pager_shows(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/flag", b"old").unwrap();
        truth.create("/long", "line\n".repeat(40).as_bytes()).unwrap();
        let pager = "cat; echo PAGE; read key </dev/tty; echo LEFT";
        let mut screen = shell_of(lab.zkx().env("PAGER", pager));
        assert_eq!(screen.run("get -w /flag"), "old\n");
        screen.send("get /long");
        screen.shows("PAGE");
        truth.set("/flag", b"new").unwrap();
        // Long enough for the report to come, if it comes too early.
        thread::sleep(Duration::from_millis(300));
        screen.keys(ENTER);
        screen.shows("old → new");
        screen.prompt();
        let history = screen.history();
        assert!(history.find("LEFT") < history.find("old → new"), "{history}");
    }

    fn watches_are_listed_and_taken_away(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create_parents("/tree/leaf").unwrap();
        truth.create("/other", b"1").unwrap();
        let mut screen = shell(lab);
        screen.run("addWatch -m PERSISTENT_RECURSIVE /tree");
        screen.run("get -w /other");
        let listed = screen.run("watches");
        assert!(listed.contains("/tree") && listed.contains("/other"), "{listed}");
        truth.set("/tree/leaf", b"seen").unwrap();
        screen.wait("a report", |screen| screen.text().lines().any(|line| line.contains("/tree/leaf")));
        screen.prompt();
        assert!(screen.run("removewatches /tree").contains("1 watch removed"));
        truth.set("/tree/leaf", b"unseen").unwrap();
        assert!(!screen.run("get /tree/leaf").contains("seen →"));
        assert!(screen.run("removewatches /tree").contains("no watch is set on /tree"));
        screen.run("printwatches off");
        assert_eq!(screen.run("printwatches"), "printwatches is off\n");
        truth.set("/other", b"2").unwrap();
        assert_eq!(screen.run("get /other"), "2\n");
        assert!(!screen.history().contains("1 → 2"), "{}", screen.history());
    }
}
