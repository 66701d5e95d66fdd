//! `delete`.

use super::{exists, run};

on_every_server! {
    fn it_is_gone(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        let output = run(lab, "delete /a").success();
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("deleted /a\n", ""));
        assert!(!exists(lab, "/a"));
    }

    fn only_the_expected_version_is_deleted(lab: &Lab) {
        let mut truth = lab.truth();
        for path in ["/a", "/b", "/c", "/d"] {
            truth.create(path, b"").unwrap();
            truth.set(path, b"1").unwrap();
        }
        for line in ["delete -v 0 /a", "delete /a 0", "delete --version 2 /a"] {
            let output = run(lab, line).code(8);
            assert_eq!(
                output.stderr,
                "error: cannot delete /a: the version is not the expected one (BadVersion)\n\
                 hint: its data version is 1, its ACL version 0: somebody has changed it since\n"
            );
            assert!(exists(lab, "/a"));
        }
        for (line, path) in
            [("delete -v 1 /a", "/a"), ("delete /b 1", "/b"), ("delete /c -1", "/c"), ("delete -v -1 /d", "/d")]
        {
            run(lab, line).success();
            assert!(!exists(lab, path), "{line}");
        }
    }

    fn one_with_children_stays(lab: &Lab) {
        lab.truth().create_parents("/a/b").unwrap();
        let output = run(lab, "delete /a").code(1);
        assert_eq!(
            output.stderr,
            "error: cannot delete /a: the znode has children (NotEmpty)\n\
             hint: `zkx deleteall /a` deletes it with everything below\n"
        );
        assert!(exists(lab, "/a/b"));
    }

    fn a_missing_one_is_an_error(lab: &Lab) {
        lab.truth().create_parents("/app/broker").unwrap();
        let output = run(lab, "delete /app/brokr").code(1);
        assert_eq!(
            output.stderr,
            "error: cannot delete /app/brokr: the znode does not exist (NoNode)\n\
             hint: did you mean `/app/broker`?\n"
        );
        assert!(exists(lab, "/app/broker"));
    }
}
