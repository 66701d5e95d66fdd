//! `set`: what it prints, and versions.

use super::{data, run, zkx};

on_every_server! {
    fn it_prints_the_version_it_made(lab: &Lab) {
        lab.truth().create("/a", b"old").unwrap();
        let output = run(lab, "set /a new").success();
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("/a: data version 1\n", ""));
        let (data, stat) = lab.truth().get("/a").unwrap();
        assert_eq!((data.as_deref(), stat.version), (Some(&b"new"[..]), 1));
        let shown = run(lab, "set -s /a newer").success().out();
        let stat = lab.truth().exists("/a").unwrap().unwrap();
        assert!(shown.starts_with("/a: data version 2\ncZxid = "), "{shown}");
        assert!(shown.contains(&format!("\nmZxid = {:#x}\n", stat.mzxid)), "{shown}");
        assert!(shown.contains("\ndataLength = 5\n"), "{shown}");
        // Options may come last, as zkCli allows.
        assert!(run(lab, "set /a newest -s -v 2").success().out().contains("\ndataVersion = 3\n"));
    }

    fn only_the_expected_version_is_replaced(lab: &Lab) {
        lab.truth().create("/a", b"0").unwrap();
        run(lab, "set -v 0 /a 1").success();
        run(lab, "set /a 2 1").success();
        run(lab, "set --version 2 /a 3").success();
        run(lab, "set -v -1 /a 4").success();
        run(lab, "set /a 5 -1").success();
        for line in ["set -v 3 /a x", "set /a x 3"] {
            let output = run(lab, line).code(8);
            assert_eq!(
                output.stderr,
                "error: cannot set /a: the version is not the expected one (BadVersion)\n\
                 hint: its data version is 5, its ACL version 0: somebody has changed it since\n"
            );
        }
        run(lab, "set -v 5 /a x 5").code(2);
        run(lab, "set -v one /a x").code(2);
        let (data, stat) = lab.truth().get("/a").unwrap();
        assert_eq!((data.as_deref(), stat.version), (Some(&b"5"[..]), 5));
    }

    fn a_missing_znode_is_not_created(lab: &Lab) {
        lab.truth().create("/config", b"").unwrap();
        let output = run(lab, "set /confg x").code(1);
        assert_eq!(
            output.stderr,
            "error: cannot set /confg: the znode does not exist (NoNode)\n\
             hint: did you mean `/config`?\n"
        );
        assert!(lab.truth().exists("/confg").unwrap().is_none());
    }

    fn the_root_can_be_set(lab: &Lab) {
        run(lab, "set / top").success();
        assert_eq!(data(lab, "/").as_deref(), Some(&b"top"[..]));
    }

    fn without_data_it_says_what_to_write(lab: &Lab) {
        lab.truth().create("/a", b"old").unwrap();
        let output = zkx(lab, "set /a").run().code(2);
        assert!(output.stderr.contains("<DATA>"), "{output}");
        assert_eq!(data(lab, "/a").as_deref(), Some(&b"old"[..]));
    }
}
