//! `get`: bytes as they are, and the forms for people.

use super::{SOON, data, run, zkx};
use crate::support::truth::{self, Acl};

on_every_server! {
    fn a_pipe_gets_the_bytes_and_nothing_else(lab: &Lab) {
        let mut truth = lab.truth();
        let binary: Vec<u8> = (0..=255).collect();
        let big = [&binary[..]; 4_000].concat();
        for (name, bytes) in [
            ("text", &b"hello"[..]),
            ("line", b"hello\n"),
            ("empty", b""),
            ("cjk", "中文 and spaces, 😀".as_bytes()),
            ("json", b"{\"a\":1}"),
            ("binary", &binary),
            ("big", &big),
            ("gzip", b"\x1f\x8b\x08\x00broken"),
        ] {
            let path = format!("/{name}");
            truth.create(&path, bytes).unwrap();
            let output = run(lab, &format!("get {path}")).success();
            assert_eq!((output.stdout.as_slice(), output.stderr.as_str()), (bytes, ""), "{name}");
            let output = run(lab, &format!("get --raw {path}")).success();
            assert_eq!(output.stdout, bytes, "{name}");
        }
        truth.create_as("/null", None, &Acl::open(), truth::PERSISTENT).unwrap();
        assert_eq!(run(lab, "get /null").success().out(), "");
    }

    fn what_comes_out_can_go_in_again(lab: &Lab) {
        let binary: Vec<u8> = (0..=255).cycle().take(50_000).collect();
        lab.truth().create("/from", &binary).unwrap();
        for (out, back) in [("get /from", "create /to -"), ("get -b /from", "create -b /to2 -")] {
            let got = run(lab, out).success().stdout;
            zkx(lab, back).stdin(got).run().success();
        }
        assert_eq!(data(lab, "/to"), Some(binary.clone()));
        assert_eq!(data(lab, "/to2"), Some(binary));
    }

    fn text_formats_tell_null_empty_and_binary_apart(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create_as("/null", None, &Acl::open(), truth::PERSISTENT).unwrap();
        for (path, bytes) in [
            ("/empty", &b""[..]),
            ("/word", b"null"),
            ("/text", "a\n\"b\" 中 😀 \u{1b}[2J: - #".as_bytes()),
            ("/binary", b"\xff\x00"),
        ] {
            truth.create(path, bytes).unwrap();
        }
        for (path, data, encoding) in [
            ("/null", "null", "null"),
            ("/empty", "\"\"", "utf-8"),
            ("/word", "\"null\"", "utf-8"),
            ("/text", "\"a\\n\\\"b\\\" 中 😀 \\u001b[2J: - #\"", "utf-8"),
            ("/binary", "\"/wA=\"", "base64"),
        ] {
            for format in ["json", "ndjson"] {
                let text = run(lab, &format!("-o {format} get {path}")).success().out();
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(value["data"], serde_json::from_str::<serde_json::Value>(data).unwrap());
                assert_eq!(value["encoding"], encoding);
                assert_eq!(value["path"], path);
            }
        }
        let json = run(lab, "-o ndjson get -b /word").success().out();
        assert!(json.starts_with(r#"{"path":"/word","data":"bnVsbA==","encoding":"base64","#), "{json}");
    }

    fn the_stat_comes_after_the_data(lab: &Lab) {
        lab.truth().create("/a", b"hello").unwrap();
        let shown = run(lab, "get -s /a").success().out();
        assert!(shown.starts_with("hello\ncZxid = 0x"), "{shown}");
        assert!(shown.ends_with("\nnumChildren = 0\n"), "{shown}");
        assert_eq!(run(lab, "get /a --stat").success().out(), shown);
    }

    fn base64_and_hexadecimal_are_zkclis(lab: &Lab) {
        lab.truth().create("/a", b"hello").unwrap();
        lab.truth().create_as("/null", None, &Acl::open(), truth::PERSISTENT).unwrap();
        assert_eq!(run(lab, "get -b /a").success().out(), "aGVsbG8=\n");
        assert_eq!(
            run(lab, "get -x /a").success().out(),
            "         +-------------------------------------------------+
         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
+--------+-------------------------------------------------+----------------+
|00000000| 68 65 6c 6c 6f                                  |hello           |
+--------+-------------------------------------------------+----------------+
"
        );
        assert_eq!(run(lab, "get -b /null").success().out(), "null\n");
        run(lab, "get -b -x /a").code(2);
        run(lab, "get --raw -x /a").code(2);
    }

    fn it_shows_the_next_change(lab: &Lab) {
        lab.truth().create("/a", b"one").unwrap();
        for (nth, line) in ["get -w /a", "get /a watch", "get --watch /a"].into_iter().enumerate() {
            let waiting = zkx(lab, line).spawn();
            waiting.wait_stdout(|shown| !shown.is_empty(), SOON);
            lab.truth().set("/a", format!("next {nth}").as_bytes()).unwrap();
            let shown = waiting.finish(SOON).success().out();
            let (first, event) = shown.split_once('\n').expect("the event on a line of its own");
            let old = if nth == 0 { "one".to_owned() } else { format!("next {}", nth - 1) };
            assert_eq!(first, old);
            assert!(event.ends_with(&format!("  NodeDataChanged      /a  {old} → next {nth}\n")), "{shown}");
        }
        let waiting = zkx(lab, "get -w /a").spawn();
        waiting.wait_stdout(|shown| !shown.is_empty(), SOON);
        lab.truth().delete("/a").unwrap();
        let shown = waiting.finish(SOON).success().out();
        assert!(shown.ends_with("  NodeDeleted          /a  next 2\n"), "{shown}");
    }

    fn a_word_that_is_not_watch_is_refused(lab: &Lab) {
        lab.truth().create("/a", b"one").unwrap();
        let output = run(lab, "get /a wach").code(2);
        assert!(output.stderr.contains("'wach'") && output.stderr.contains("watch"), "{output}");
    }
}
