//! `plan`, and what `apply` then makes of it.

use std::fs;

use super::{data, exists, sample};
use crate::support::lab::Lab;
use crate::support::truth::Acl;
use crate::support::zkx::{Output, Zkx};

const TREE: &str = "format: zkx-tree/1
/app:
  /config:
    /db: '{\"url\":\"jdbc:y\",\"pool\":10}'
    /cache: {data: on, acl: 'world:anyone:r,digest:ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=:cdrwa'}
  /node-9: nine
  /workers: {type: container}
";

/// As [`TREE`], for servers that know no containers.
const PLAIN: &str = "format: zkx-tree/1\n/app/config/db: new\n/app/config/cache: 'on'\n/other/deep/down: x\n";

fn on(lab: &Lab, tree: &str, line: &str) -> Output {
    with(lab.zkx(), tree, line)
}

fn with(zkx: Zkx, tree: &str, line: &str) -> Output {
    zkx.file("tree.yaml", tree).args(line.split(' ')).run()
}

on_every_server! {
    fn what_is_missing_is_made_and_the_rest_is_left(lab: &Lab) {
        sample(&mut lab.truth());
        let output = on(lab, PLAIN, "plan tree.yaml").success();
        assert_eq!(
            output.out(),
            "+ /app/config/cache  on\n+ /other  (empty)\n+ /other/deep  (empty)\n+ /other/deep/down  x\n\
             ~ /app/config/db  {\"url\":\"jdbc:x\",\"pool\":10} → new\n"
        );
        assert_eq!(output.stderr, "note: plan: 4 to add, 1 to change, 0 ACLs, 0 to delete\n");
        let output = on(lab, PLAIN, "apply tree.yaml").success();
        assert_eq!(output.out(), "applied: 4 added, 1 changed, 0 ACLs set, 0 deleted\n");
        assert_eq!(data(lab, "/app/config/db").as_deref(), Some(&b"new"[..]));
        assert_eq!(data(lab, "/app").as_deref(), Some(&b"hello"[..]));
        // One transaction for all of it.
        let stat = |path| lab.truth().exists(path).unwrap().unwrap();
        assert_eq!(stat("/app/config/db").mzxid, stat("/other/deep/down").czxid);
        let again = on(lab, PLAIN, "apply tree.yaml").success();
        assert_eq!(again.out(), "applied: 0 added, 0 changed, 0 ACLs set, 0 deleted\n");
        assert_eq!(again.stderr, "note: nothing to do\n");
        on(lab, PLAIN, "plan --exit-code tree.yaml").success();
    }

    fn a_kept_plan_is_carried_out_unless_it_is_stale(lab: &Lab) {
        sample(&mut lab.truth());
        let zkx = lab.zkx();
        let home = zkx.home();
        let _ = with(zkx, PLAIN, "plan --exit-code --out p.json tree.yaml").code(10);
        let kept = fs::read_to_string(home.path().join("p.json")).unwrap();
        lab.truth().set("/app/config/db", b"meanwhile").unwrap();
        let output = lab.zkx().home_of(&home).args(["apply", "p.json"]).run().code(8);
        assert_eq!(
            output.stderr,
            "error: p.json is stale, nothing was changed: /app/config/db: its data was changed\nhint: plan again\n"
        );
        assert!(!exists(lab, "/other"));
        let _ = with(lab.zkx().home_of(&home), PLAIN, "plan --out p.json tree.yaml").success();
        let _ = lab.zkx().home_of(&home).args(["apply", "p.json"]).run().success();
        assert_eq!(data(lab, "/other/deep/down").as_deref(), Some(&b"x"[..]));
        let output = lab.zkx().home_of(&home).args(["apply", "p.json"]).run().code(8);
        assert!(output.stderr.contains("/app/config/cache: it exists already, and 4 znodes more\n") || output.stderr.contains("is stale"), "{output}");
        // What was kept at first is refused too.
        let _ = lab.zkx().file("old.json", kept).args(["apply", "old.json"]).run().code(8);
    }
}

on_one_server! {
    fn acls_and_containers_too(lab: &Lab) {
        sample(&mut lab.truth());
        lab.truth().create("/app/config/cache", b"on").unwrap();
        let output = on(lab, TREE, "apply tree.yaml").code(2);
        let list = "world:anyone:cdrwa → world:anyone:r,digest:ann:***:cdrwa";
        assert_eq!(
            output.out(),
            format!(
                "+ /app/workers  (empty)\n\
                 ~ /app/config/db  {{\"url\":\"jdbc:x\",\"pool\":10}} → {{\"url\":\"jdbc:y\",\"pool\":10}}\n\
                 ~ /app/config/cache  acl {list}\n"
            )
        );
        assert!(output.stderr.contains("hint: add --yes to do it without being asked\n"), "{output}");
        on(lab, TREE, "--yes apply tree.yaml").success();
        assert_eq!(lab.truth().acl("/app/config/cache").unwrap().0.len(), 2);
        let again = on(lab, TREE, "--auth digest:ann:secret apply tree.yaml").success();
        assert_eq!(again.stderr, "note: nothing to do\n");
    }

    fn a_diff_shows_lines(lab: &Lab) {
        sample(&mut lab.truth());
        let output = on(lab, TREE, "plan --diff tree.yaml").success().out();
        assert!(
            output.contains("~ /app/config/db\n      {\n    -   \"url\": \"jdbc:x\",\n    +   \"url\": \"jdbc:y\",\n        \"pool\": 10\n      }\n"),
            "{output}"
        );
    }

    fn only_what_was_declared_before_is_pruned(lab: &Lab) {
        let owned = "--prune owned --inventory /zkx/inventory/app tree.yaml";
        on(lab, "/app: {/a: 1, /b: {/c: 2}}\n", &format!("apply {owned}")).success();
        lab.truth().create("/app/theirs", b"").unwrap();
        lab.truth().create("/app/b/theirs", b"").unwrap();
        let output = on(lab, "/app: {/d: 3}\n", &format!("plan {owned}")).success();
        assert!(output.out().starts_with("+ /app/d  3\n- /app/b/c\n- /app/a\n~ /zkx/inventory/app  "), "{output}");
        assert!(output.stderr.contains("warning: /app/b is not pruned: "), "{output}");
        on(lab, "/app: {/d: 3}\n", &format!("apply {owned}")).code(2);
        on(lab, "/app: {/d: 3}\n", &format!("--yes apply {owned}")).success();
        assert!(!exists(lab, "/app/a") && exists(lab, "/app/theirs") && exists(lab, "/app/b/theirs"));
        lab.truth().delete("/app/b/theirs").unwrap();
        on(lab, "/app: {/d: 3}\n", &format!("--yes apply {owned}")).success();
        assert!(!exists(lab, "/app/b"));
    }

    fn everything_else_is_pruned_up_to_a_limit(lab: &Lab) {
        sample(&mut lab.truth());
        let mut owner = lab.truth();
        owner.create("/app/live", b"").unwrap();
        owner.create_as("/app/live/e", None, &Acl::open(), crate::support::truth::EPHEMERAL).unwrap();
        let line = "plan --prune all --keep /app/config/** tree.yaml";
        let output = on(lab, "/app: {/node-9: nine}\n", line).success();
        assert_eq!(output.out(), "- /app/node-10\n");
        assert!(output.stderr.starts_with("note: /app/live/e is an ephemeral and stays\n"), "{output}");
        let output = on(lab, "/app: {}\n", "plan --prune all --max-prune 2 tree.yaml").code(2);
        assert!(output.stderr.starts_with("error: 4 znodes would be pruned, and at most 2 may be\n"), "{output}");
        on(lab, "/app: {}\n", "-y apply --prune all tree.yaml").success();
        assert_eq!(lab.truth().subtree("/app").unwrap(), ["/app", "/app/live", "/app/live/e"]);
    }
}
