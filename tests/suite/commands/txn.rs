//! `txn`.

use super::{data, exists, zxid};
use crate::support::lab::Lab;
use crate::support::zkx::Output;

fn txn(lab: &Lab, args: &[&str]) -> Output {
    lab.zkx().arg("txn").args(args).run()
}

on_every_server! {
    fn all_is_done_or_nothing(lab: &Lab) {
        lab.truth().create("/a", b"one").unwrap();
        let before = zxid(lab);
        let output = txn(lab, &["check /a -v 0", "set /a 'two words'", "create -s /a/n- {\"k\": [1, 2]}", "create /b"]).success();
        assert_eq!(output.out(), "/a: data version 1\n/a/n-0000000000\n/b\n");
        assert_eq!(data(lab, "/a").as_deref(), Some(&b"two words"[..]));
        assert_eq!(data(lab, "/a/n-0000000000").as_deref(), Some(&b"{\"k\": [1, 2]}"[..]));
        assert_ne!(zxid(lab), before);
        let stat = |path| lab.truth().exists(path).unwrap().unwrap();
        assert_eq!(stat("/a").mzxid, stat("/b").czxid);

        let output = txn(lab, &["delete /b", "set /a three", "delete /none"]).code(1);
        assert_eq!(
            output.stderr,
            "error: nothing was changed: operation 3 was refused: cannot delete /none: the znode does not \
             exist (NoNode)\n"
        );
        assert!(exists(lab, "/b"));
        let output = txn(lab, &["check /a -v 7", "delete /b"]).code(8);
        assert!(output.stderr.contains("operation 1 was refused: cannot check /a: "), "{output}");
    }

    fn conditions_decide(lab: &Lab) {
        lab.truth().create("/a", b"blue").unwrap();
        for (condition, holds) in [
            ("exists /a", true),
            ("exists /x", false),
            ("absent /x", true),
            ("absent /x/y/z", true),
            ("absent /a", false),
            ("version /a 0", true),
            ("version /a 3", false),
            ("data /a blue", true),
            ("data /a green", false),
            ("null /a", false),
        ] {
            let output = txn(lab, &["--if", condition, "create /done yes"]);
            if holds {
                let _ = output.success();
                lab.truth().delete("/done").unwrap();
                assert!(!exists(lab, "/x"), "{condition}");
            } else {
                let output = output.code(8);
                assert!(output.stderr.starts_with("error: nothing was changed: not true"), "{output}");
                assert!(!exists(lab, "/done"), "{condition}");
            }
        }
    }

    fn otherwise_something_else_is_done(lab: &Lab) {
        lab.truth().create("/a", b"blue").unwrap();
        let args = ["--if", "data /a green", "set /a red", "--else", "create /other"];
        let output = txn(lab, &args).success();
        assert_eq!(output.out(), "not true: /a has the expected data; instead:\n/other\n");
        assert_eq!(data(lab, "/a").as_deref(), Some(&b"blue"[..]));
        let output = txn(lab, &["-o", "ndjson", "--if", "exists /a", "set /a red"]).success();
        assert_eq!(
            output.out(),
            "{\"committed\":true,\"results\":[{\"operation\":\"set\",\"path\":\"/a\",\"version\":1}]}\n"
        );
    }
}

on_one_server! {
    fn operations_come_from_files_too(lab: &Lab) {
        let text = "# a comment\ncreate /a x\nset /a y; create /b\n";
        let _ = lab.zkx().file("ops", text).args(["txn", "--file", "ops"]).run().success();
        assert_eq!(data(lab, "/a").as_deref(), Some(&b"y"[..]));
        let _ = lab.zkx().stdin("delete /b\n").args(["txn", "--file", "-"]).run().success();
        assert!(!exists(lab, "/b"));
        let output = lab.zkx().file("ops", "delete /a\nls /a\n").args(["txn", "--file", "ops"]).run().code(2);
        assert_eq!(
            output.stderr,
            "error: ops:2: `ls` cannot be part of a transaction: create, set, delete and check can\n"
        );
    }

    fn mistakes_are_said_before_anything_is_sent(lab: &Lab) {
        for (args, error) in [
            (&["create"][..], "required arguments"),
            (&["create a"], "a path starts with `/`"),
            (&["create -p /a/b"], "more than one write"),
            (&["--if", "there /a", "delete /a"], "write `exists PATH`"),
            (&["check /a -v x"], "`x` is no version"),
            (&[], "the transaction is empty"),
        ] {
            let output = txn(lab, args).code(2);
            assert!(output.stderr.contains(error), "{output}");
        }
    }

    fn a_dry_run_shows_what_would_be(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let output = lab.zkx().args(["--dry-run", "txn", "set /a y", "create /b"]).run().success();
        assert_eq!(output.out(), "~ /a  x → y\n+ /b  (null)\n");
        assert!(!exists(lab, "/b"));
    }
}
