//! Lines on standard input.

use std::fmt::Write;

use crate::support::lab::Lab;
use crate::support::zkx::{Output, Zkx};

fn feed(lab: &Lab, lines: &str) -> Output {
    lab.zkx().stdin(lines).run()
}

fn in_memory(lines: &str) -> Output {
    Zkx::new().server("mem:").stdin(lines).run()
}

on_every_server! {
    fn lines_are_answered_in_their_order(lab: &Lab) {
        let lines = "create /a one\n\
            get /a; create /b two   # both\n\
            \n\
            # nothing\n\
            get /b\n\
            set /a 'three\nfour'\n\
            get /a\n\
            cd /b\n\
            create c five\n\
            ls / | tr a-c A-C\n\
            exists /nothing-of-the-kind\n\
            get ./c\n";
        let output = feed(lab, lines).code(0);
        assert_eq!(
            output.out(),
            "/a\none\n/b\ntwo\n/a: data version 1\nthree\nfour\n/b/c\nA\nB\nfalse\nfive\n",
            "{output}"
        );
        assert_eq!(output.stderr, "");
    }

    fn the_first_error_ends_it_and_says_where(lab: &Lab) {
        let output = feed(lab, "create /a x\n\nget /nothing\ncreate /never x\n").code(1);
        assert_eq!(output.out(), "/a\n");
        assert!(output.stderr.starts_with("error: line 3: cannot get /nothing: "), "{output}");
        assert!(lab.truth().exists("/never").unwrap().is_none());
    }

    fn all_else_is_done_where_it_is_to_go_on(lab: &Lab) {
        let lines = "get /nothing\nnonsense\ncreate /a x\nset /a\nget /a\n";
        let output = lab.zkx().arg("--keep-going").stdin(lines).run().code(1);
        assert_eq!(output.out(), "/a\nx\n");
        let said: Vec<_> = output.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        let places = ["error: line 1: cannot get", "error: line 2: there is no command `nonsense`", "error: line 4: "];
        assert!(said.len() == 3 && said.iter().zip(places).all(|(said, place)| said.starts_with(place)), "{output}");
        // The exit code is that of the first.
        let output = lab.zkx().arg("--keep-going").stdin("nonsense\nget /nothing\n").run().code(2);
        assert_eq!(output.out(), "");
    }

    fn what_comes_before_a_write_that_fails_is_there_and_nothing_else(lab: &Lab) {
        let refused = 3_210;
        let mut lines = String::from("create /many ''\n");
        for n in 0..5_000 {
            let n = if n == refused { refused - 7 } else { n };
            writeln!(lines, "create /many/child-{n:04} 'value {n}'").unwrap();
        }
        let output = feed(lab, &lines).code(1);
        let out = output.out();
        let mut answers = out.lines();
        assert_eq!(answers.next(), Some("/many"));
        assert!((0..refused).all(|n| answers.next() == Some(&format!("/many/child-{n:04}"))));
        assert_eq!(answers.next(), None);
        let error = format!("error: line {}: cannot create /many/child-{:04}: ", refused + 2, refused - 7);
        assert!(output.stderr.starts_with(&error), "{}", output.stderr);
        let (mut children, _) = lab.truth().children("/many").unwrap();
        children.sort();
        assert!(children.into_iter().eq((0..refused).map(|n| format!("child-{n:04}"))));
    }

    fn a_transaction_is_done_as_one(lab: &Lab) {
        let output = feed(lab, "begin\ncreate /a 1\ncreate /a/b 2\nexists /a\ncommit\nget /a/b\n").code(0);
        assert_eq!(output.out(), "false\n/a\n/a/b\n2\n");
        let output = feed(lab, "begin\ncreate /c 1\ncheck /a 7\ncommit\n").code(1);
        assert!(output.stderr.contains("line 4: nothing was changed: write 2 (/a) was refused"), "{output}");
        assert!(lab.truth().exists("/c").unwrap().is_none());
        // Who never says commit gets nothing, and hears of it.
        let output = feed(lab, "begin\ncreate /c 1\n").code(0);
        assert!(output.stderr.contains("the transaction was not committed, and is forgotten"), "{output}");
        assert!(lab.truth().exists("/c").unwrap().is_none());
    }
}

#[test]
fn quotes_run_over_lines_and_must_end() {
    let output = in_memory("create /a 'one\n# two; \"\nthree'; get /a\n").success();
    assert_eq!(output.out(), "/a\none\n# two; \"\nthree\n");
    let output = in_memory("create /a x\n\ncreate /b 'one\ntwo\n").code(2);
    assert_eq!(output.out(), "/a\n", "what came before is done");
    assert!(output.stderr.starts_with("error: line 3: the quote ' is not closed"), "{output}");
}

#[test]
fn quit_ends_it_and_nothing_behind_is_read() {
    let output = in_memory("create /a x\nquit\nnonsense 'unclosed\n").success();
    assert_eq!((output.out().as_str(), output.stderr.as_str()), ("/a\n", ""));
}

#[test]
fn nothing_to_do_needs_no_server() {
    for nothing in ["", "\n\n", "# only a comment\n"] {
        let output = Zkx::new().server("127.0.0.1:1").stdin(nothing).run();
        assert_eq!((output.code, output.out().as_str()), (Some(0), ""), "{nothing:?}: {output}");
    }
}

#[test]
fn lines_of_windows_are_lines() {
    let output = in_memory("\u{feff}create /a 'x y'\r\nget /a\r\n\r\nls /\r\n").success();
    assert_eq!(output.out(), "/a\nx y\na\nzookeeper\n");
}

#[test]
fn the_last_line_needs_no_end() {
    assert_eq!(in_memory("create /a x\nget /a").success().out(), "/a\nx\n");
}

#[test]
fn what_is_no_text_is_refused_where_it_stands() {
    let lines = b"create /a x\ncreate /b '\n\xff'\ncreate /c x\n".to_vec();
    let run = |zkx: Zkx| zkx.server("mem:").stdin(lines.clone()).run();
    let output = run(Zkx::new()).code(2);
    assert_eq!(output.out(), "/a\n");
    assert!(output.stderr.starts_with("error: line 3: this line is not UTF-8"), "{output}");
    let output = run(Zkx::new().arg("--keep-going")).code(2);
    assert_eq!(output.out(), "/a\n/c\n");
}

#[test]
fn standard_input_is_no_data_while_it_is_the_lines() {
    for line in ["create /b -", "create -s /b -", "set /a -", "create -c /b - world:anyone:r"] {
        let output = in_memory(&format!("create /a x\n{line}\nls /\n")).code(2);
        assert_eq!(output.out(), "/a\n", "{line}");
        assert!(output.stderr.starts_with("error: line 2: `-` cannot be the data here"), "{output}");
        assert!(output.stderr.contains("@FILE"), "{output}");
    }
    let output =
        Zkx::new().server("mem:").file("data", "from a file").stdin("create /a @data\nget /a\n").run();
    assert_eq!(output.success().out(), "/a\nfrom a file\n");
    // A dash by itself, as data.
    assert_eq!(in_memory("create --hex /a 2d\nget /a\n").success().out(), "/a\n-\n");
}

#[test]
fn programs_do_not_take_lines_away() {
    let output = in_memory("!cat\ncreate /a x\n!sh -c 'cat; echo done'\nls / | cat\n").success();
    assert_eq!(output.out(), "/a\ndone\na\nzookeeper\n");
    let output = in_memory("!exit 3\nls /\n").code(1);
    assert!(output.stderr.contains("line 1: `exit 3` ended with exit status: 3"), "{output}");
}

#[test]
fn answers_go_to_files_and_programs_in_their_order() {
    let zkx = Zkx::new().server("mem:");
    let home = zkx.home();
    let lines = "create /a x\nls / > out\nls / >> out\nls / | tr a A\nget /a\n!cat out\n";
    assert_eq!(zkx.stdin(lines).run().success().out(), "/a\nA\nzookeeper\nx\na\nzookeeper\na\nzookeeper\n");
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(home.path().join("out")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "answers may be secret");
}

#[test]
fn files_run_files_and_errors_name_them() {
    let zkx = Zkx::new().server("mem:").file("first", "create /a x\nsource second\n");
    let output = zkx.file("second", "get /a\n\nget /b\nget /a\n").stdin("source first\nls /\n").run().code(1);
    assert_eq!(output.out(), "/a\nx\n");
    assert!(output.stderr.contains("second:3: cannot get /b"), "{output}");
    let output =
        Zkx::new().server("mem:").file("again", "source again\n").stdin("source again\n").run().code(2);
    assert!(output.stderr.contains("these files never end"), "{output}");
    let output = in_memory("source nothing\n").code(74);
    assert!(output.stderr.contains("cannot read nothing"), "{output}");
}

#[test]
fn what_wants_a_yes_is_not_done() {
    let output = in_memory("create /a x\ncreate /ab x\ndelete /a*\nls /\n").code(2);
    assert_eq!(output.out(), "/a\n/ab\n");
    assert!(
        output.stderr.contains("not confirmed, nothing was changed: delete 2 znodes: /a, /ab?"),
        "{output}"
    );
    let output = in_memory("create /a x\ncreate /ab x\ndelete --yes /a*\nls /\n").success();
    assert_eq!(output.out(), "/a\n/ab\ndeleted /a\ndeleted /ab\nzookeeper\n");
}

#[test]
fn aliases_and_repetition_work_there_too() {
    let output = in_memory("alias show get -o json\ncreate /a x\nshow /a\nunalias show\nshow /a\n").code(2);
    assert!(output.out().contains("\"data\""), "{output}");
    assert!(output.stderr.contains("line 5: there is no command `show`"), "{output}");
    let output = in_memory("history\n").code(2);
    assert!(output.stderr.contains("there is no history: nobody types here"), "{output}");
}
