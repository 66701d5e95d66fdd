//! What helps while a line is typed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::Duration;

use super::{SOON, shell, shell_of};
use crate::support::screen::{CTRL_R, CTRL_U, ENTER, RIGHT, UP};
use crate::support::wait_for;

on_one_server! {
    fn paths_are_completed_from_the_ensemble(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create_parents("/brokers/ids/101").unwrap();
        truth.create_parents("/brokers/topics").unwrap();
        let mut screen = shell(lab);
        screen.keys("ls /bro\t");
        screen.wait("the only name", |screen| screen.line().contains("ls /brokers"));
        screen.keys(CTRL_U);
        screen.keys("ls /brokers/t\t");
        screen.wait("the name", |screen| screen.line().contains("ls /brokers/topics"));
        screen.keys(CTRL_U);
        // Two names: the list of both.
        screen.keys("get /brokers/\t\t");
        screen.wait("both names", |screen| screen.text().contains("ids") && screen.text().contains("topics"));
        screen.keys(CTRL_U);
        screen.run("cd /brokers");
        screen.keys("ls to\t");
        screen.wait("a relative name", |screen| screen.line().contains("ls topics"));
        screen.keys(CTRL_U);
        screen.keys("ls ../brokers/id\t");
        screen.wait("a name by way of `..`", |screen| screen.line().contains("ls ../brokers/ids"));
        screen.keys(CTRL_U);
        // What others create is known at the next key.
        truth.create("/brokers/seqid", b"").unwrap();
        wait_for("a name that is new", SOON, || {
            screen.keys("\u{15}ls seq\t");
            thread::sleep(Duration::from_millis(100));
            screen.line().contains("ls seqid").then_some(())
        });
    }

    fn commands_and_options_are_completed(lab: &Lab) {
        let mut screen = shell(lab);
        screen.keys("getA\t");
        screen.wait("the command", |screen| screen.line().contains("> getAcl "));
        screen.keys(CTRL_U);
        screen.keys("printw\t");
        screen.wait("a word of the shell's", |screen| screen.line().contains("> printwatches "));
        screen.keys("o\t\t");
        screen.wait("both values", |screen| screen.text().contains("off"));
        screen.keys(CTRL_U);
        screen.keys("create --eph\t");
        screen.wait("the option", |screen| screen.line().contains("create --ephemeral"));
        screen.keys(CTRL_U);
        screen.keys("get /a -o y\t");
        screen.wait("the format", |screen| screen.line().contains("get /a -o yaml"));
    }

    fn hints_come_from_the_history_and_from_the_command(lab: &Lab) {
        lab.truth().create("/config", b"x").unwrap();
        let mut screen = shell(lab);
        assert_eq!(screen.run("get /config"), "x\n");
        screen.keys("get /c");
        screen.line_ends("> get /config");
        screen.keys(RIGHT);
        screen.keys(ENTER);
        screen.wait("the answer again", |screen| screen.text().matches("\nx").count() == 2);
        screen.prompt();
        screen.keys("setAcl ");
        screen.wait("what is to come", |screen| screen.line().contains("> setAcl PATH ACL"));
        screen.interrupt();
        // A hint is no part of the line.
        screen.keys("cd ");
        screen.wait("what is to come", |screen| screen.line().contains("> cd [PATH]"));
        screen.keys(ENTER);
        screen.prompt();
        assert!(!screen.text().contains("error"), "{}", screen.text());
    }

    fn what_cannot_work_is_red_while_it_is_typed(lab: &Lab) {
        let mut screen = shell_of(lab.zkx().env("NO_COLOR", ""));
        for (good, bad) in [("get ", "gte "), ("ls --long ", "ls --lnog ")] {
            let word = |line: &str| line.trim_end().rsplit(' ').next().unwrap().to_owned();
            screen.keys(good);
            screen.wait("no red", |screen| screen.line().contains(good.trim_end()) && !screen.is_red(&word(good)));
            screen.keys(CTRL_U);
            screen.keys(bad);
            screen.wait("red", |screen| screen.is_red(&word(bad)));
            screen.keys(CTRL_U);
        }
    }

    fn lines_go_on_while_a_quote_is_open(lab: &Lab) {
        let mut screen = shell(lab);
        screen.keys("create /poem 'one\r");
        screen.keys("two'\r");
        screen.shows("/poem");
        screen.prompt();
        assert_eq!(lab.truth().text("/poem").unwrap(), "one\ntwo");
    }

    fn history_goes_on_in_the_next_shell_and_holds_no_secret(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let zkx = lab.zkx();
        let home = zkx.home();
        let mut screen = shell_of(zkx);
        screen.run("get /a");
        screen.run("addauth digest somebody:swordfish");
        screen.run("create /b x digest:somebody:DGEKqFOWvDMSM8CZvQrKRfqCMMI=:cdrwa");
        screen.run("ls / --auth digest:somebody:swordfish");
        screen.run(" get /a --stat");
        screen.keys("quit\r");
        assert_eq!(screen.end(), Some(0));

        let file = home.path().join(".local/state/zkx/history");
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("get /a\n") && text.contains("quit\n"), "{text}");
        for secret in ["swordfish", "addauth", "DGEK", "--auth", "--stat"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }

        let mut screen = shell_of(lab.zkx().home_of(&home));
        screen.keys(UP);
        screen.line_ends("> quit");
        screen.keys(UP);
        screen.line_ends("> get /a");
        screen.keys(CTRL_U);
        screen.keys(CTRL_R);
        screen.keys("et /");
        screen.wait("what was searched", |screen| screen.line().contains("get /a"));
        screen.keys(ENTER);
        screen.shows("\nx");
        screen.prompt();
        let listed = screen.run("history");
        assert!(listed.contains("get /a") && listed.contains("history"), "{listed}");
        let again = screen.run("!?get");
        assert!(again.ends_with("x\n"), "{again}");
        // Who begins with a blank wants it forgotten.
        assert!(!listed.contains("--stat"), "{listed}");
    }

    fn a_name_of_any_script_is_typed_shown_and_completed(lab: &Lab) {
        let mut screen = shell(lab);
        for name in ["größe", "中文字", "ελληνικά"] {
            assert_eq!(screen.run(&format!("create /{name} {name}")), format!("/{name}\n"));
            assert_eq!(screen.run(&format!("get /{name}")), format!("{name}\n"));
            assert_eq!(lab.truth().text(&format!("/{name}")).unwrap(), name);
        }
        screen.keys("get /中\t");
        screen.wait("the name", |screen| screen.line().contains("get /中文字"));
        screen.keys(CTRL_U);
        screen.run("create '/two words' x");
        screen.keys("get /tw\t");
        screen.wait("a name as it must be typed", |screen| screen.line().contains(r"get /two\ words"));
        screen.keys(ENTER);
        screen.shows("\nx");
    }

    fn a_narrower_terminal_takes_the_same_line(lab: &Lab) {
        let mut screen = shell(lab);
        let text = "abcdefghij".repeat(6);
        screen.keys(&format!("create /long {text}"));
        screen.wait("the line", |screen| screen.line().contains(&text));
        screen.resize(12, 40);
        screen.keys("!");
        screen.wait("the line again", |screen| screen.line().ends_with('!'));
        screen.keys(ENTER);
        screen.shows("/long");
        screen.prompt();
        assert_eq!(lab.truth().text("/long").unwrap(), format!("{text}!"));
        for n in 0..8 {
            lab.truth().create(&format!("/a-rather-long-name-{n}"), b"").unwrap();
        }
        let narrow = screen.run("ls /");
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
        assert_eq!(narrow.lines().count(), 9, "{narrow}");
        screen.resize(24, 120);
        let wide = screen.run("ls /");
        assert!(wide.lines().count() < 9, "{wide}");
    }

    fn two_hundred_lines_are_pasted_as_they_are(lab: &Lab) {
        let mut screen = shell(lab);
        let lines: Vec<_> = (0..200).map(|n| format!("create /pasted-{n:03} 'line {n}'")).collect();
        screen.keys(&format!("\u{1b}[200~{}\u{1b}[201~", lines.join("\r")));
        screen.wait("the last line", |screen| screen.text().contains("create /pasted-199 'line 199'"));
        assert!(lab.truth().exists("/pasted-000").unwrap().is_none(), "nothing is run before Enter");
        screen.keys(ENTER);
        screen.shows("/pasted-199");
        screen.prompt();
        let mut truth = lab.truth();
        for n in 0..200 {
            assert_eq!(truth.text(&format!("/pasted-{n:03}")).unwrap(), format!("line {n}"));
        }
        // Without its brackets, as terminals paste that know none.
        let lines: String = (0..200).map(|n| format!("delete /pasted-{n:03}\r")).collect();
        screen.keys(&lines);
        screen.shows("deleted /pasted-199");
        assert!(!screen.text().contains("error"), "{}", screen.text());
        screen.prompt();
        assert!(truth.children("/").unwrap().0.is_empty());
    }
}
