//! What lines do beside running a command: questions, programs, files, repetition, other names.

use std::fs;

use super::{shell, shell_of};
use crate::support::screen::ENTER;

on_one_server! {
    fn a_glob_is_asked_about_by_name(lab: &Lab) {
        let mut truth = lab.truth();
        for path in ["/job-1", "/job-2", "/job-30", "/keep"] {
            truth.create(path, b"").unwrap();
        }
        let mut screen = shell(lab);
        assert!(screen.run("ls /job-?").starts_with("/job-1:\n/job-2:\n"));
        for answer in ["n", "", "whatever"] {
            screen.send("delete /job-*");
            screen.shows("delete 3 znodes: /job-1, /job-2, /job-30? [y/N]");
            screen.keys(answer);
            screen.keys(ENTER);
            screen.prompt();
            assert_eq!(truth.children("/").unwrap().0.len(), 4, "{}", screen.text());
        }
        screen.send("delete /job-*");
        screen.wait("the question", |screen| screen.line().ends_with("? [y/N] "));
        screen.interrupt();
        assert_eq!(truth.children("/").unwrap().0.len(), 4, "{}", screen.text());
        screen.send("delete /job-*");
        screen.wait("the question", |screen| screen.line().ends_with("? [y/N] "));
        screen.keys("y\r");
        screen.prompt();
        assert_eq!(truth.children("/").unwrap().0, ["keep"]);
        // An answer is no line to be remembered.
        assert!(!screen.run("history").contains("  y\n"), "{}", screen.text());
    }

    fn answers_go_to_programs_and_files(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let zkx = lab.zkx();
        let home = zkx.home();
        let mut screen = shell_of(zkx);
        assert_eq!(screen.run("ls / | tr a A"), "A\n");
        assert_eq!(screen.run("!echo from sh"), "from sh\n");
        assert!(screen.run("!exit 3").contains("`exit 3` ended with exit status: 3"));
        assert_eq!(screen.run("get /a --stat -o json > out.json"), "");
        assert_eq!(screen.run("ls / >> out.json"), "");
        let text = fs::read_to_string(home.path().join("out.json")).unwrap();
        assert!(text.contains("\"mzxid\"") && text.ends_with("}\na\n"), "{text}");
        assert!(screen.run("ls / > /no/such/directory/out").contains("cannot write /no/such/directory/out"));
        // A program that leaves early is no error.
        assert_eq!(screen.run("tree / | true"), "");
        assert_eq!(screen.run("get /a"), "x\n");
    }

    fn a_line_is_run_again_and_again_until_ctrl_c(lab: &Lab) {
        lab.truth().create("/a", b"first").unwrap();
        let mut screen = shell(lab);
        screen.send("every 200ms get /a");
        screen.shows("first\nfirst");
        lab.truth().set("/a", b"second").unwrap();
        screen.shows("second\nsecond");
        screen.interrupt();
        assert_eq!(screen.run("get /a"), "second\n");
        assert!(screen.run("every soon get /a").contains("not a time"));
        assert!(screen.run("time get /a").contains("took 0."));
    }

    fn data_is_changed_in_an_editor(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/config", b"one").unwrap();
        let zkx = lab.zkx().file("editor", "#!/bin/sh\n[ ! -e sleepy ] || { touch open; while [ -e open ]; do sleep 0.05; done; }\nsed -i s/one/two/ \"$1\"\n");
        let home = zkx.home();
        let mut screen = shell_of(zkx.env("EDITOR", "sh ./editor"));
        assert!(screen.run("edit /config").contains("/config: data version 1"));
        assert_eq!(truth.text("/config").unwrap(), "two");
        assert!(screen.run("edit /config").contains("nothing was edited"));
        assert_eq!(truth.get("/config").unwrap().1.version, 1);
        // Somebody else was quicker.
        truth.set("/config", b"one").unwrap();
        fs::write(home.path().join("sleepy"), "").unwrap();
        screen.send("edit /config");
        screen.wait("the editor", |_| home.path().join("open").exists());
        truth.set("/config", b"theirs").unwrap();
        fs::remove_file(home.path().join("open")).unwrap();
        screen.shows("/config was not changed");
        screen.shows("what you wrote is in");
        screen.prompt();
        assert_eq!(truth.text("/config").unwrap(), "theirs");
        assert!(screen.run("edit /nothing").contains("cannot read /nothing"));
    }

    fn files_of_lines_are_run(lab: &Lab) {
        let zkx = lab.zkx().file("setup", "create /a one\nget /a\n").file("broken", "get /a\nget /b\nget /a\n");
        let mut screen = shell_of(zkx);
        assert_eq!(screen.run("source setup"), "/a\none\n");
        let broken = screen.run("source broken");
        assert!(broken.starts_with("one\n") && broken.contains("broken:2: cannot get /b"), "{broken}");
        assert_eq!(broken.matches("one").count(), 1, "{broken}");
        assert_eq!(screen.run("source broken --keep-going").matches("one").count(), 2);
    }

    fn lines_have_short_names(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let mut screen = shell(lab);
        screen.run("alias g get");
        assert_eq!(screen.run("g /a"), "x\n");
        screen.run("alias ll 'ls --long /'");
        assert!(screen.run("ll").contains("a"));
        assert_eq!(screen.run("alias g"), "g = get\n");
        screen.keys("g /\t");
        screen.wait("a path", |screen| screen.line().contains("> g /a"));
        screen.interrupt();
        screen.run("unalias g");
        let unknown = screen.run("g /a");
        assert!(unknown.contains("there is no command `g`"), "{unknown}");
        let unknown = screen.run("gte /a");
        assert!(unknown.contains("did you mean `get`?"), "{unknown}");
    }

    fn one_goes_from_znode_to_znode(lab: &Lab) {
        lab.truth().create_parents("/a/b/c").unwrap();
        let mut screen = shell(lab);
        screen.run("cd /a/b");
        assert!(screen.line().ends_with(" /a/b> "), "{}", screen.line());
        assert_eq!(screen.run("ls"), "c\n");
        screen.run("cd ..");
        assert_eq!(screen.run("pwd"), "/a\n");
        screen.run("cd -");
        assert_eq!(screen.run("pwd"), "/a/b\n");
        assert!(screen.run("cd nothing").contains("cannot go to /a/b/nothing"));
        screen.run("cd");
        assert_eq!(screen.run("pwd"), "/\n");
    }
}
