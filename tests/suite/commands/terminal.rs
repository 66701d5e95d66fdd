//! What is different on a terminal, seen through `script` of util-linux.

use super::{SOON, sample};
use crate::support::lab::Lab;
use crate::support::truth::{self, Acl};
use crate::support::zkx::Zkx;

/// Runs zkx on a terminal of 60 columns; standard error goes there too unless `line` says else.
pub(super) fn on_terminal(lab: &Lab, line: &str) -> Zkx {
    Zkx::program("script")
        .args(["-qec", &format!("{} {line}", env!("CARGO_BIN_EXE_zkx")), "/dev/null"])
        .env("ZKX_SERVER", lab.at(&lab.addr()))
        .env("COLUMNS", "60")
        .env("SHELL", "/bin/sh")
}

/// What it shows, with plain line ends.
#[track_caller]
fn shown(lab: &Lab, line: &str) -> String {
    on_terminal(lab, line).run().success().out().replace("\r\n", "\n")
}

on_one_server! {
    fn children_are_shown_in_columns(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/a", b"").unwrap();
        for n in 1..=12 {
            truth.create(&format!("/a/child-{n}"), b"").unwrap();
        }
        truth.create("/a/中文字", b"").unwrap();
        insta::assert_snapshot!(shown(lab, "ls /a"), @r#"
        child-1   child-4   child-7   child-10  中文字
        child-2   child-5   child-8   child-11
        child-3   child-6   child-9   child-12
        "#);
        assert_eq!(on_terminal(lab, "ls /a").env("COLUMNS", "10").run().success().out().lines().count(), 13);
        assert_eq!(shown(lab, "ls /a/child-1"), "");
    }

    fn tables_have_headings(lab: &Lab) {
        sample(&mut lab.truth());
        let table = shown(lab, "ls -l /app");
        let (heading, rows) = table.split_once('\n').unwrap();
        assert_eq!(heading, "type        version  children        size  modified             name");
        assert_eq!(rows.lines().count(), 3);
    }

    fn json_is_laid_out_and_nothing_of_it_lost(lab: &Lab) {
        let json = r#"{"b":[1,2.50,{}],"n":12345678901234567890,"a":null,"a":"\u00e9"}"#;
        lab.truth().create("/json", json.as_bytes()).unwrap();
        insta::assert_snapshot!(shown(lab, "get /json"), @r#"
        {
          "b": [
            1,
            2.50,
            {}
          ],
          "n": 12345678901234567890,
          "a": null,
          "a": "\u00e9"
        }
        "#);
        assert_eq!(shown(lab, "get --raw /json"), json);
    }

    fn bytes_are_labelled(lab: &Lab) {
        use std::io::Write;
        let mut truth = lab.truth();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"{\"packed\":true}").unwrap();
        truth.create("/gzip", &gzip.finish().unwrap()).unwrap();
        truth.create("/binary", b"\x00\x01\xfe\xffabc").unwrap();
        truth.create("/empty", b"").unwrap();
        truth.create_as("/null", None, &Acl::open(), truth::PERSISTENT).unwrap();
        let all: Vec<_> =
            ["/gzip", "/binary", "/empty", "/null"].iter().map(|p| shown(lab, &format!("get {p}"))).collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        # gzip, 15 B unpacked, 35 B
        {
          "packed": true
        }

        # binary, 7 B
                 +-------------------------------------------------+
                 |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
        +--------+-------------------------------------------------+----------------+
        |00000000| 00 01 fe ff 61 62 63                            |....abc         |
        +--------+-------------------------------------------------+----------------+

        (empty)

        (null)
        "#);
    }

    fn nothing_stored_reaches_the_terminal_unescaped(lab: &Lab) {
        // Sets the clipboard, clears the screen, turns text round.
        const PAYLOAD: &str = "x\u{1b}]52;c;cm0gLXJm\u{7}\u{9b}2J\u{202e}y";
        let mut truth = lab.truth();
        truth.create("/a", PAYLOAD.as_bytes()).unwrap();
        truth.create("/json", "{\"k\":\"\u{202e}\",\"\u{200b}\":1}".as_bytes()).unwrap();
        truth.create("/lines", b"one\r\ntwo\x08\n").unwrap();
        truth.create("/a/re\u{202e}versed", PAYLOAD.as_bytes()).unwrap();
        let lines = [
            "get /a",
            "get /json",
            "get /lines",
            "ls /a",
            "ls -l /a",
            "ls -R /a",
            "tree -D /a",
            "get $'/a/re\\u202everse'",
        ];
        for line in lines {
            let output = on_terminal(lab, &format!("--color never {line}")).run();
            let text = output.out().replace("\r\n", "\n");
            let bad = |c: char| {
                (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}'..='\u{200f}')
            };
            assert!(!text.contains(bad), "{line}: {text:?}");
        }
        assert!(shown(lab, "get --raw /a").contains(PAYLOAD), "who asks for the bytes gets them");
    }

    fn colour_is_for_terminals_and_can_be_refused(lab: &Lab) {
        lab.truth().create("/json", b"{\"a\":1}").unwrap();
        let on = |line: &str| on_terminal(lab, line).env("NO_COLOR", "").env("TERM", "xterm");
        let coloured = |zkx: Zkx| zkx.run().success().out().contains('\u{1b}');
        assert!(coloured(on("get /json")));
        assert!(!coloured(on("get /json").env("NO_COLOR", "1")));
        assert!(!coloured(on("get /json").env("TERM", "dumb")));
        assert!(!coloured(on("--color never get /json")));
        assert!(coloured(on("--color always get /json").env("NO_COLOR", "1")));
        assert!(!coloured(on("-o json get /json")), "formats for programs have no colour");
        assert!(!coloured(on("get /json | cat")));
        assert!(coloured(on("--color always tree / | cat")));
    }

    fn a_question_is_asked_and_its_answer_taken(lab: &Lab) {
        for (answer, gone) in
            [("n\n", false), ("\n", false), ("nonsense\n", false), ("y\n", true), ("YES\n", true)]
        {
            lab.truth().create_parents("/a/b/c").unwrap();
            let output = on_terminal(lab, "deleteall /a").stdin(answer).run();
            let text = output.out();
            assert!(text.contains("delete /a and everything below it (3 znodes in all)? [y/N]"), "{output}");
            if gone {
                assert_eq!(output.code, Some(0), "{output}");
                assert!(text.contains("deleted /a: 3 znodes"), "{output}");
            } else {
                assert_eq!(output.code, Some(2), "{output}");
                assert!(text.contains("not confirmed, nothing was changed"), "{output}");
            }
            assert_eq!(lab.truth().exists("/a/b/c").unwrap().is_none(), gone);
        }
    }

    fn asking_has_no_cap_but_one_that_is_given(lab: &Lab) {
        lab.truth().create_parents("/a/b/c").unwrap();
        let output = on_terminal(lab, "--max-nodes 2 deleteall /a").stdin("y\n").run();
        assert_eq!(output.code, Some(2), "{output}");
        assert!(lab.truth().exists("/a/b/c").unwrap().is_some());
        let output = on_terminal(lab, "setAcl -R /a world:anyone:ra").stdin("y\n").run();
        assert_eq!(output.code, Some(0), "{output}");
        assert!(
            output.out().contains("set the ACL of /a and everything below it (3 znodes in all)? [y/N]"),
            "{output}"
        );
        assert_eq!(lab.truth().acl("/a/b/c").unwrap().0, [Acl::new(17, "world", "anyone")]);
    }

    fn ctrl_c_at_a_question_changes_nothing(lab: &Lab) {
        lab.truth().create_parents("/a/b").unwrap();
        let mut asked = on_terminal(lab, "deleteall /a").open_stdin().spawn();
        asked.wait_stdout(|shown| shown.contains("[y/N]"), SOON);
        asked.write("\u{3}");
        let output = asked.finish(SOON).code(130);
        assert!(!output.out().contains("error"), "nothing was under way: {output}");
        assert!(lab.truth().exists("/a/b").unwrap().is_some());
    }
}
