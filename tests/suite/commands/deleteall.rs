//! `deleteall` and `rmr`.

use std::thread;

use super::{SOON, exists, run, zkx, zxid};
use crate::support::lab::Lab;
use crate::support::servers::Version;
use crate::support::truth::{self, Acl};

on_every_server! {
    fn everything_below_goes_and_nothing_else(lab: &Lab) {
        let mut truth = lab.truth();
        for path in ["/a/b/c/d", "/a/b2/x", "/a/ü 中/y", "/ab/keep"] {
            truth.create_parents(path).unwrap();
        }
        let output = run(lab, "deleteall --yes /a").success();
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("deleted /a: 8 znodes\n", ""));
        assert_eq!(lab.truth().subtree("/").unwrap(), ["/", "/ab", "/ab/keep"].map(|p| p.replace("//", "/")));
    }

    fn the_old_name_and_the_batch_size_are_known(lab: &Lab) {
        for line in ["-y rmr /a", "deleteall /a -b 1 -y", "--yes deleteall -b 2 /a", "-y -q deleteall --batch 3 /a"] {
            lab.truth().create_parents("/a/b/c").unwrap();
            lab.truth().create("/a/d", b"").unwrap();
            assert_eq!(run(lab, line).success().out(), "deleted /a: 4 znodes\n");
            assert!(!exists(lab, "/a"), "{line}");
        }
        run(lab, "-y deleteall -b 0 /a").code(2);
        assert_eq!(run(lab, "-y deleteall /a").code(1).out(), "");
    }

    fn without_a_word_from_anybody_nothing_goes(lab: &Lab) {
        lab.truth().create_parents("/a/b/c").unwrap();
        let output = run(lab, "deleteall /a").code(2);
        assert_eq!(
            output.stderr,
            "error: not confirmed, nothing was changed: delete /a and everything below it (3 znodes in all)?\n\
             hint: add --yes to do it without being asked\n"
        );
        // A pipe is nobody.
        zkx(lab, "deleteall /a").stdin("y\n").run().code(2);
        assert!(exists(lab, "/a/b/c"));
    }

    fn a_cap_stops_it_before_it_begins(lab: &Lab) {
        lab.truth().create_parents("/a/b/c").unwrap();
        for line in ["--yes --max-nodes 2 deleteall /a", "--max-nodes 2 deleteall /a"] {
            let output = run(lab, line).code(2);
            assert_eq!(
                output.stderr,
                "error: cannot delete /a: it has more than 2 znodes\n\
                 hint: raise the limit with --max-nodes N if that is meant\n"
            );
        }
        assert!(exists(lab, "/a/b/c"));
        run(lab, "--yes --max-nodes 3 deleteall /a").success();
        assert!(!exists(lab, "/a"));
    }

    fn ephemerals_go_too(lab: &Lab) {
        let mut owner = lab.truth();
        owner.create_parents("/a/b").unwrap();
        owner.create_as("/a/b/e", None, &Acl::open(), truth::EPHEMERAL).unwrap();
        assert_eq!(run(lab, "deleteall -y /a").success().out(), "deleted /a: 3 znodes\n");
        assert!(!exists(lab, "/a"));
    }

    fn what_may_not_be_deleted_stays_and_is_named(lab: &Lab) {
        let mut truth = lab.truth();
        for path in ["/a/free/x", "/a/locked/y", "/a/open"] {
            truth.create_parents(path).unwrap();
        }
        truth.set_acl("/a/locked", &[Acl::new(1, "world", "anyone")]).unwrap();
        let output = run(lab, "deleteall -y /a").code(6);
        assert!(output.stderr.starts_with("error: cannot delete /a/locked/y: the ACL does not allow it (NoAuth)\n"), "{output}");
        assert!(output.stderr.contains("hint: 3 znodes below /a are deleted already\n"), "{output}");
        assert_eq!(lab.truth().subtree("/a").unwrap(), ["/a", "/a/locked", "/a/locked/y"]);
    }

    fn what_may_not_be_listed_stays_and_is_named(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create_parents("/a/blind/inside").unwrap();
        truth.set_acl("/a/blind", &[Acl::new(30, "world", "anyone")]).unwrap();
        let output = run(lab, "deleteall -y /a").code(6);
        let expected = "error: cannot list the children of /a/blind: the ACL does not allow it (NoAuth)\n";
        assert_eq!(output.stderr, expected, "{output}");
        truth.auth("digest", "super:test").unwrap();
        assert!(truth.exists("/a/blind/inside").unwrap().is_some());
    }
}

#[test]
fn the_root_and_the_servers_own_are_never_deleted() {
    for version in [Version::MEMORY, Version::V3_4, Version::V3_9] {
        let Some(lab) = Lab::on(version) else { return };
        for path in ["/", "/zookeeper", "/zookeeper/quota"] {
            let output =
                lab.bare().args(["deleteall", "--yes", "--max-nodes", "1000000", path]).run().code(2);
            assert!(output.stderr.starts_with(&format!("error: cannot delete {path}: ")), "{output}");
        }
        assert!(lab.truth().within("").exists("/zookeeper/quota").unwrap().is_some());
    }
}

on_one_server! {
    fn yes_alone_has_a_limit(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/many", b"").unwrap();
        truth.create_many((0..10_000).map(|n| (format!("/many/{n}"), vec![]))).unwrap();
        let output = run(lab, "deleteall --yes /many").code(2);
        assert_eq!(
            output.stderr,
            "error: cannot delete /many: it has more than 10,000 znodes\n\
             hint: raise the limit with --max-nodes N if that is meant\n"
        );
        assert_eq!(lab.truth().children("/many").unwrap().0.len(), 10_000);
        lab.truth().delete("/many/0").unwrap();
        assert_eq!(run(lab, "deleteall --yes /many").success().out(), "deleted /many: 10,000 znodes\n");
    }
}

#[test]
fn clients_that_go_on_creating_are_overtaken() {
    for version in [Version::MEMORY, Version::V3_8] {
        let Some(lab) = Lab::on(version) else { return };
        let mut truth = lab.truth();
        truth.create("/a", b"").unwrap();
        truth.create_many((0..5_000).map(|n| (format!("/a/{n}"), vec![]))).unwrap();
        let deleting = zkx(&lab, "deleteall --yes /a").spawn();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut other = lab.truth();
                (0..300).take_while(|n| other.create(&format!("/a/new-{n}"), b"").is_ok()).count()
            });
            let output = deleting.finish(SOON);
            assert_eq!(output.code, Some(0), "{output}");
        });
        assert!(!exists(&lab, "/a"));
    }
}

#[test]
fn a_refused_deleteall_writes_nothing() {
    for version in [Version::MEMORY, Version::V3_5] {
        let Some(lab) = Lab::on(version) else { return };
        lab.truth().create_parents("/a/b").unwrap();
        let (_, before) = lab.truth().get("/a").unwrap();
        run(&lab, "deleteall /a").code(2);
        run(&lab, "--read-only deleteall --yes /a").code(2);
        assert_eq!(lab.truth().get("/a").unwrap().1, before);
        assert!(zxid(&lab).starts_with("Zxid: 0x"));
    }
}
