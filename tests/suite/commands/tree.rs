//! `tree`.

use super::{run, sample};
use crate::support::servers::{self, Version};
use crate::support::truth::{self, Acl, Truth};
use crate::support::zkx::Zkx;

on_every_server! {
    fn it_is_drawn_in_natural_order(lab: &Lab) {
        sample(&mut lab.truth());
        let output = run(lab, "tree /app").success();
        assert_eq!(
            output.out(),
            "/app\n├── config\n│   └── db\n├── node-9\n└── node-10\n"
        );
        assert_eq!(output.stderr, "note: 5 znodes\n");
        assert!(run(lab, "tree").success().out().starts_with("/\n└── app\n    ├── config\n"));
        assert_eq!(run(lab, "tree /app/node-9").success().out(), "/app/node-9\n");
    }

    fn depth_and_width_are_limited(lab: &Lab) {
        sample(&mut lab.truth());
        let output = run(lab, "tree -d 1 /app").success();
        assert_eq!(output.out(), "/app\n├── config\n├── node-9\n└── node-10\n");
        assert_eq!(run(lab, "tree --depth 0 /app").success().out(), "/app\n");
        let output = run(lab, "tree -n 1 /app").success();
        assert_eq!(output.out(), "/app\n├── config\n│   └── db\n└── … 2 more\n");
        assert_eq!(output.stderr, "note: 3 znodes, 2 not shown (--limit)\n");
        let output = run(lab, "tree --limit 0 /app").success();
        assert_eq!(output.out(), "/app\n└── … 3 more\n");
        run(lab, "tree -n -1 /app").code(2);
    }

    fn data_sizes_and_acls_are_shown_where_wanted(lab: &Lab) {
        let mut truth = lab.truth();
        sample(&mut truth);
        truth.set_acl("/app/node-9", &[Acl::new(1, "world", "anyone"), Acl::new(31, "ip", "127.0.0.1")]).unwrap();
        assert_eq!(
            run(lab, "tree -D /app").success().out(),
            "/app  hello\n├── config  (empty)\n│   └── db  {\"url\":\"jdbc:x\",\"pool\":10}\n\
             ├── node-9  nine\n└── node-10  ten\n"
        );
        assert_eq!(
            run(lab, "tree -z --ascii /app").success().out(),
            "/app  5 B\n|-- config  0 B\n|   `-- db  26 B\n|-- node-9  4 B\n`-- node-10  3 B\n"
        );
        assert_eq!(
            run(lab, "tree --acl /app").success().out(),
            "/app\n├── config\n│   └── db\n├── node-9  (acl world:anyone:r ip:127.0.0.1:cdrwa)\n└── node-10\n"
        );
    }

    fn marks_tell_what_is_special(lab: &Lab) {
        let mut owner = lab.truth();
        owner.create("/app", b"").unwrap();
        owner.create_as("/app/e", None, &Acl::open(), truth::EPHEMERAL).unwrap();
        owner.create_as("/app/n-", None, &Acl::open(), truth::EPHEMERAL_SEQUENTIAL).unwrap();
        owner.create("/app/hidden", b"x").unwrap();
        owner.set_acl("/app/hidden", &[Acl::new(31, "ip", "10.0.0.1")]).unwrap();
        let output = run(lab, "tree /app").success();
        let session = format!("ephemeral {:#x}", owner.session());
        assert_eq!(
            output.out(),
            format!(
                "/app\n├── e  ({session})\n├── hidden  (no permission to read)\n\
                 └── n-0000000001  ({session}, sequential)\n"
            )
        );
        assert_eq!(output.stderr, "note: 4 znodes, 2 ephemeral, 1 not readable\n");
        let json: serde_json::Value = serde_json::from_str(&run(lab, "-o json tree /app").success().out()).unwrap();
        assert_eq!(json["children"][1]["unreadable"], true);
        assert_eq!(json["children"][0]["stat"]["type"], "ephemeral");
    }

    fn a_missing_one_is_an_error(lab: &Lab) {
        sample(&mut lab.truth());
        let output = run(lab, "tree /ap").code(1);
        assert_eq!(
            output.stderr,
            "error: cannot draw /ap: the znode does not exist (NoNode)\nhint: did you mean `/app`?\n"
        );
        assert_eq!(output.out(), "");
    }
}

/// Quotas lie at the top of the tree, where tests that run beside would see them.
#[test]
fn quotas_are_marked() {
    for version in [Version::MEMORY, Version::V3_4, Version::V3_9] {
        let Some(server) = servers::private_server(version) else { return };
        let mut truth = Truth::connect(&server.addr()).unwrap();
        truth.create_parents("/app/a").unwrap();
        truth.create_parents("/zookeeper/quota/app").unwrap();
        truth.create("/zookeeper/quota/app/zookeeper_limits", b"count=5,bytes=-1").unwrap();
        truth.create("/zookeeper/quota/app/zookeeper_stats", b"count=2,bytes=0").unwrap();
        let shown = Zkx::new().server(server.addr()).args(["tree", "/app"]).run().success().out();
        assert_eq!(shown, "/app  (quota count=5,bytes=-1)\n└── a\n");
        let json = Zkx::new().server(server.addr()).args(["-o", "ndjson", "tree", "/app"]).run().success();
        assert!(json.out().contains(r#""quota":"count=5,bytes=-1""#), "{json}");
    }
}
