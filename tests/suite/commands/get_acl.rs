//! `getAcl`.

use super::run;
use crate::support::truth::Acl;

/// `ann:pw`, hashed as servers do.
const ANN: &str = "ann:RYbu6l5aZwqon8VWmkcGvezdzfc=";

on_every_server! {
    fn every_entry_is_shown_as_it_is_typed(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/a", b"").unwrap();
        assert_eq!(run(lab, "getAcl /a").success().out(), "world:anyone:cdrwa\n");
        truth.set_acl("/a", &[Acl::new(1, "world", "anyone"), Acl::new(31, "ip", "127.0.0.1")]).unwrap();
        let shown = run(lab, "getacl /a").success().out();
        assert_eq!(shown, "world:anyone:r\nip:127.0.0.1:cdrwa\n");
        let shown = run(lab, "getAcl -s /a").success().out();
        assert!(shown.starts_with("world:anyone:r\nip:127.0.0.1:cdrwa\ncZxid = 0x"), "{shown}");
        assert!(shown.contains("\naclVersion = 1\n"), "{shown}");
        let json = run(lab, "-o ndjson getAcl /a").success().out();
        let acl = r#""acl":[{"scheme":"world","id":"anyone","perms":"r"},{"scheme":"ip","id":"127.0.0.1","perms":"cdrwa"}]"#;
        assert!(json.contains(acl), "{json}");
    }

    fn digests_are_hidden_unless_asked_for(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/a", b"").unwrap();
        truth.auth("digest", "ann:pw").unwrap();
        truth.set_acl("/a", &[Acl::new(31, "digest", ANN), Acl::new(1, "world", "anyone")]).unwrap();
        for line in ["getAcl /a", "-o json getAcl /a", "-o yaml getAcl /a", "tree -A /a", "-o json tree -A /a"] {
            let shown = run(lab, line).success().out();
            assert!(shown.contains("ann:***") && !shown.contains("RYbu"), "{line}: {shown}");
        }
        // The newest servers hide it themselves from who may not administer.
        let shown = run(lab, "--auth digest:ann:pw --show-secrets getAcl /a").success().out();
        let mut lines: Vec<_> = shown.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, [format!("digest:{ANN}:cdrwa"), "world:anyone:r".into()]);
        let env = super::zkx(lab, "--auth digest:ann:pw getAcl /a").env("ZKX_SHOW_SECRETS", "1");
        assert_eq!(env.run().success().out(), shown);
    }

    fn errors_say_what_helps(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/app", b"").unwrap();
        let output = run(lab, "getAcl /ap").code(1);
        assert_eq!(
            output.stderr,
            "error: cannot get the ACL of /ap: the znode does not exist (NoNode)\nhint: did you mean `/app`?\n"
        );
        truth.set_acl("/app", &[Acl::new(31, "ip", "10.0.0.1")]).unwrap();
        let output = run(lab, "getAcl /app").code(6);
        assert_eq!(
            output.stderr,
            "error: cannot get the ACL of /app: the ACL does not allow it (NoAuth)\n\
             hint: give credentials with --auth, like digest:USER:PASSWORD\n"
        );
    }
}
