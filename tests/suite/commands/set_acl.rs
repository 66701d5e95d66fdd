//! `setAcl`.

use super::{exists, run, zkx};
use crate::support::truth::Acl;

on_every_server! {
    fn the_acl_is_replaced(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        let output = run(lab, "setAcl /a world:anyone:ra").success();
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("/a: ACL version 1\n", ""));
        let (acl, stat) = lab.truth().acl("/a").unwrap();
        assert_eq!((acl, stat.aversion), (vec![Acl::new(17, "world", "anyone")], 1));
        run(lab, "setacl /a world:anyone:r,ip:127.0.0.1:cdrwa").success();
        assert_eq!(lab.truth().acl("/a").unwrap().0.len(), 2);
        let shown = run(lab, "setAcl -s /a world:anyone:cdrwa").success().out();
        assert!(shown.starts_with("/a: ACL version 3\ncZxid = 0x"), "{shown}");
        assert!(shown.contains("\naclVersion = 3\n"), "{shown}");
    }

    fn only_the_expected_version_is_replaced(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        run(lab, "setAcl -v 0 /a world:anyone:cdrwa").success();
        run(lab, "setAcl -v -1 /a world:anyone:cdrwa").success();
        let output = run(lab, "setAcl -v 0 /a world:anyone:ra").code(8);
        assert_eq!(
            output.stderr,
            "error: cannot set the ACL of /a: the version is not the expected one (BadVersion)\n\
             hint: its data version is 0, its ACL version 2: somebody has changed it since\n"
        );
        assert_eq!(lab.truth().acl("/a").unwrap().0, Acl::open());
    }

    fn everything_below_gets_it_too(lab: &Lab) {
        let mut truth = lab.truth();
        for path in ["/a/b/c", "/a/d", "/ab"] {
            truth.create_parents(path).unwrap();
        }
        let asked = run(lab, "setAcl -R /a world:anyone:ra").code(2);
        assert_eq!(
            asked.stderr,
            "error: not confirmed, nothing was changed: set the ACL of /a and everything below it \
             (4 znodes in all)?\nhint: add --yes to do it without being asked\n"
        );
        assert_eq!(lab.truth().acl("/a/b/c").unwrap().1.aversion, 0);
        run(lab, "--yes --max-nodes 3 setAcl -R /a world:anyone:ra").code(2);
        assert_eq!(lab.truth().acl("/a/b/c").unwrap().1.aversion, 0);

        let output = run(lab, "--yes setAcl -R /a world:anyone:ra").success();
        assert_eq!(output.out(), "/a: ACL version 1\n");
        assert_eq!(output.stderr, "note: ACL set on 4 znodes\n");
        for path in ["/a", "/a/b", "/a/b/c", "/a/d"] {
            assert_eq!(lab.truth().acl(path).unwrap().0, [Acl::new(17, "world", "anyone")], "{path}");
        }
        assert_eq!(lab.truth().acl("/ab").unwrap().0, Acl::open());
    }

    fn an_acl_that_hides_the_children_reaches_them_first(lab: &Lab) {
        lab.truth().create_parents("/a/b/c").unwrap();
        run(lab, "--yes setAcl -R /a ip:127.0.0.1:a").success();
        for path in ["/a", "/a/b", "/a/b/c"] {
            assert_eq!(lab.truth().acl(path).unwrap().0, [Acl::new(16, "ip", "127.0.0.1")], "{path}");
        }
    }

    fn what_may_not_be_changed_is_named(lab: &Lab) {
        let mut truth = lab.truth();
        for path in ["/a/b", "/a/c"] {
            truth.create_parents(path).unwrap();
        }
        truth.set_acl("/a/b", &[Acl::new(1, "world", "anyone")]).unwrap();
        let output = run(lab, "--yes setAcl -R /a world:anyone:ra").code(6);
        assert_eq!(
            output.stderr,
            "error: cannot set the ACL of /a/b: the ACL does not allow it (NoAuth)\n\
             note: ACL set on 2 znodes\n\
             error: the ACL of some znodes below /a was not set\n"
        );
        assert_eq!(lab.truth().acl("/a/b").unwrap().1.aversion, 1);
    }

    fn locking_everybody_out_needs_a_yes(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        let output = run(lab, "setAcl /a world:anyone:cdrw").code(2);
        assert_eq!(
            output.stderr,
            "error: cannot set the ACL of /a: nobody could change it again, for no entry has `a`\n\
             hint: add --yes if that is meant\n"
        );
        assert_eq!(lab.truth().acl("/a").unwrap().1.aversion, 0);
        run(lab, "--yes setAcl /a world:anyone:cdrw").success();
        assert_eq!(lab.truth().acl("/a").unwrap().0, [Acl::new(15, "world", "anyone")]);
        run(lab, "--yes setAcl /a world:anyone:cdrwa").code(6);
    }

    fn a_hidden_digest_is_not_written_back(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        for line in ["setAcl /a digest:ann:***:cdrwa", "create /b x digest:ann:***:cdrwa"] {
            let output = run(lab, line).code(2);
            let why = "`***` stands for a digest that was hidden: `zkx getAcl --show-secrets` shows it";
            assert!(output.stderr.contains(why), "{output}");
        }
        assert!(!exists(lab, "/b"));
        assert_eq!(lab.truth().acl("/a").unwrap().1.aversion, 0);
    }

    fn every_mistake_is_refused_and_nothing_is_written(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        for (acl, why) in [
            ("''", "the ACL is empty"),
            ("nonsense", "`nonsense` does not have the form scheme:id:perms"),
            ("world:anyone", "`world:anyone` does not have the form scheme:id:perms"),
            (":anyone:r", "`:anyone:r` does not have the form scheme:id:perms"),
            ("world:anyone:", "no permissions given: nobody could use the znode again"),
            ("world:anyone:rz", "unknown permission `z` (c create, d delete, r read, w write, a admin)"),
            ("world:anyone:R", "unknown permission `R`"),
            ("world:all:r", "scheme world has the one id `anyone`, not `all`"),
            ("digest:ann:cdrwa", "`ann` is not a digest id: user:base64(sha1(user:password))"),
            ("world:anyone:cdrwa,", "does not have the form scheme:id:perms"),
            ("world:anyone:cdrwa,oops", "`oops` does not have the form scheme:id:perms"),
        ] {
            for line in [format!("setAcl /a {acl}"), format!("create /new data {acl}")] {
                let output = run(lab, &line).code(2);
                assert!(output.stderr.contains(why), "{output}");
            }
        }
        let (acl, stat) = lab.truth().acl("/a").unwrap();
        assert_eq!((acl, stat.aversion), (Acl::open(), 0));
        assert!(!exists(lab, "/new"));
    }

    fn what_the_server_refuses_is_explained(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        for acl in ["auth::cdrwa", "ip:nonsense:cdrwa", "nosuchscheme:x:cdrwa"] {
            let output = run(lab, &format!("setAcl /a {acl}")).code(1);
            assert_eq!(
                output.stderr,
                "error: cannot set the ACL of /a: the server refused the ACL (InvalidACL)\n\
                 hint: the scheme must be one the server has, and `auth` needs --auth credentials to stand for\n"
            );
        }
        assert_eq!(lab.truth().acl("/a").unwrap().0, Acl::open());
    }

    fn digest_authentication_works_from_end_to_end(lab: &Lab) {
        run(lab, "--auth digest:ann:p:w create /mine data auth::cdrwa").success();
        for line in ["get /mine", "set /mine x", "ls /mine", "setAcl /mine world:anyone:cdrwa"] {
            let output = run(lab, line).code(6);
            assert!(output.stderr.contains("(NoAuth)"), "{output}");
            run(lab, &format!("--auth digest:ann:wrong {line}")).code(6);
        }
        assert_eq!(run(lab, "--auth digest:ann:p:w get /mine").success().out(), "data");
        let env = zkx(lab, "get /mine").env("ZKX_AUTH", "digest:ann:p:w");
        assert_eq!(env.run().success().out(), "data");
        // Several identities at once.
        assert_eq!(run(lab, "--auth digest:bob:x --auth digest:ann:p:w get /mine").success().out(), "data");
        let mut judge = lab.truth();
        judge.auth("digest", "ann:p:w").unwrap();
        assert_eq!(judge.text("/mine").unwrap(), "data");
    }
}

on_one_server! {
    fn the_root_is_protected_from_a_recursive_change(lab: &Lab) {
        for path in ["/", "/zookeeper", "/zookeeper/quota"] {
            let output = lab.bare().args(["setAcl", "-y", "-R", path, "world:anyone:cdrwa"]).run().code(2);
            assert!(output.stderr.contains("/zookeeper is protected"), "{output}");
        }
    }
}
