//! The C client of ZooKeeper itself, by the shell that comes with it.

use super::{SOON, client};

/// What it is told, and the end of what it says then. It reads with watches.
const TALK: [(&str, &str); 20] = [
    ("create /c", "[/c]: rc = 0\n\tname = /c\n"),
    ("create /c", "[/c]: rc = -110\n"),
    ("get /c", "/c: rc = 0\n value_len = 3\nnew\nStat:\n"),
    ("set /c other", "Watcher CHANGED_EVENT state = CONNECTED_STATE for path /c\n"),
    ("get /c", "/c: rc = 0\n value_len = 5\nother\nStat:\n"),
    ("get /none", "/none: rc = -101\n"),
    ("wexists /c/later", "Error -101 for /c/later\n"),
    ("ls /c", "/c: rc = 0\n"),
    ("create /c/later", "Watcher CREATED_EVENT state = CONNECTED_STATE for path /c/later\n"),
    ("delete /c/later", "/c/later: rc = 0\n"),
    ("create +s /c/n-", "[/c/n-]: rc = 0\n\tname = /c/n-0000000001\n"),
    ("create +es /c/n-", "[/c/n-]: rc = 0\n\tname = /c/n-0000000002\n"),
    ("create +e /c/e", "[/c/e]: rc = 0\n\tname = /c/e\n"),
    ("create /c/e/below", "[/c/e/below]: rc = -108\n"),
    ("create +c /c/box", "[/c/box]: rc = 0\n\tname = /c/box\n"),
    ("create +t=60000 /c/t", "[/c/t]: rc = 0\n\tname = /c/t\n"),
    ("create2 /c/two", "[/c/two]: rc = 0\n\tname = /c/two\n\tctime"),
    ("delete /c", "/c: rc = -111\n"),
    ("sync /c", "[/c]: rc = 0\n\tname = /c\n"),
    ("ls2 /c", "/c: rc = 0\n"),
];

on_one_server! {
    fn it_gets_the_answers_it_expects(lab: &Lab) {
        let Some(cli) = client("c") else { return };
        let mut cli = cli.args(["-h", &lab.at(&lab.addr())]).open_stdin().spawn();
        cli.wait_stderr_containing("state = CONNECTED_STATE", SOON);
        for (line, answer) in TALK {
            let before = cli.stderr().len();
            cli.write(&format!("{line}\n"));
            cli.wait_stderr(answer, before, SOON);
        }
        let said = cli.stderr();
        assert!(said.contains("Watcher CHILD_EVENT state = CONNECTED_STATE for path /c\n"), "{said}");
        let mut truth = lab.truth();
        let children = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let all = ["box", "e", "n-0000000001", "n-0000000002", "t", "two"];
        assert_eq!(truth.children("/c").unwrap().0, children(&all));
        cli.write("quit\n");
        let _ = cli.finish(SOON).success();
        truth.sync().unwrap();
        assert_eq!(truth.children("/c").unwrap().0, children(&["box", "n-0000000001", "t", "two"]));
    }
}
