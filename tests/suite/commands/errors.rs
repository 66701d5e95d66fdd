//! What goes wrong, in words that help.

use super::{exists, run, sample};
use crate::support::fake::{DeadPort, Fake};
use crate::support::truth::Acl;
use crate::support::zkx::Zkx;

on_every_server! {
    fn a_refusal_says_whose_acl_it_was(lab: &Lab) {
        let mut truth = lab.truth();
        sample(&mut truth);
        truth.set_acl("/app", &[Acl::new(1, "world", "anyone")]).unwrap();
        truth.set_acl("/app/config", &[Acl::new(31, "ip", "10.0.0.1")]).unwrap();
        for (line, what, hint) in [
            ("set /app x", "set /app", "the ACL of /app is world:anyone:r: this needs w\nhint: give"),
            ("create /app/x y", "create /app/x", "the ACL of /app is world:anyone:r: this needs c\n"),
            ("delete /app/node-9", "delete /app/node-9", "the ACL of /app is world:anyone:r: this needs d\n"),
            ("setAcl /app world:anyone:cdrwa", "set the ACL of /app", "the ACL of /app is world:anyone:r: this needs a\n"),
            ("get /app/config", "get /app/config", "give credentials with --auth, like digest:USER:PASSWORD"),
            ("ls /app/config", "list /app/config", "give credentials with --auth, like digest:USER:PASSWORD"),
        ] {
            let output = run(lab, line).code(6);
            let error = format!("error: cannot {what}: the ACL does not allow it (NoAuth)\nhint: {hint}");
            assert!(output.stderr.starts_with(&error), "{output}");
        }
        assert_eq!(lab.truth().text("/app").unwrap(), "hello");
        assert!(exists(lab, "/app/node-9") && !exists(lab, "/app/x"));
    }

    fn credentials_that_the_server_refuses_are_named_as_such(lab: &Lab) {
        let output = run(lab, "--auth nosuchscheme:x get /").code(6);
        assert!(output.stderr.contains("the server refused the credentials (AuthFailed)"), "{output}");
        assert!(output.stderr.contains("hint: check --auth"), "{output}");
    }

    fn a_chroot_that_is_missing_is_not_created(lab: &Lab) {
        let server = lab.at(&lab.addr()) + "/none/such";
        let output = Zkx::new().server(&server).args(["ls"]).run().code(1);
        assert!(output.stderr.starts_with("error: cannot list /: "), "{output}");
        let output = Zkx::new().server(&server).args(["create", "/a"]).run().code(1);
        assert!(output.stderr.starts_with("error: cannot create /a: "), "{output}");
        Zkx::new().server(&server).args(["create", "-p", "/a/b"]).run().code(1);
        assert!(!exists(lab, "/none"));
    }
}

#[test]
fn each_address_is_named_with_its_reason() {
    let dead = DeadPort::new();
    let (silent, closing) = (Fake::silent(), Fake::closing());
    let servers = format!("{},{},{}", dead.addr(), silent.addr(), closing.addr());
    let output = Zkx::new().server(&servers).args(["--connect-timeout", "1s", "ls"]).run().code(5);
    assert!(
        output.stderr.starts_with(&format!("error: cannot connect to {servers} within 1s\n")),
        "{output}"
    );
    for addr in [dead.addr(), silent.addr(), closing.addr()] {
        assert!(output.stderr.contains(&format!("  {addr}")), "{output}");
    }
    assert!(output.wall.as_millis() < 3_000, "{output}");
    assert!(output.cpu.as_millis() < 500, "no busy loop: {:?}", output.cpu);
}

#[test]
fn other_protocols_are_recognised() {
    for fake in [Fake::garbage(), Fake::tls_alert(), Fake::http_400()] {
        let output = Zkx::new().server(fake.addr()).args(["--connect-timeout", "500ms", "ls"]).run().code(5);
        assert!(output.stderr.starts_with("error: cannot connect to 127.0.0.1:"), "{output}");
    }
}
