//! What zkx will not do.

use super::{run, sample};
use crate::support::proxy::Proxy;
use crate::support::truth::op;
use crate::support::zkx::Zkx;

/// Every command that writes.
const WRITES: [&str; 9] = [
    "create /new x",
    "create -p /new/x/y z",
    "create -s /new- x",
    "create -e --hold /new x",
    "set /app x",
    "delete /app/node-9",
    "deleteall /app",
    "setAcl /app world:anyone:ra",
    "setAcl -R /app world:anyone:ra",
];

on_every_server! {
    fn a_read_only_session_sends_no_write(lab: &Lab) {
        sample(&mut lab.truth());
        let proxy = Proxy::to(&lab.addr());
        let here = |line: &str| Zkx::new().server(lab.at(proxy.addr())).args(line.split(' '));
        for line in WRITES {
            let output = here(&format!("--read-only --yes {line}")).run().code(2);
            assert!(output.stderr.contains("this session is read-only (--read-only, "), "{output}");
            assert_eq!(output.out(), "");
            here(&format!("--yes {line}")).env("ZKX_READ_ONLY", "yes").run().code(2);
        }
        for line in ["get /app", "ls -R /", "tree", "getAcl /app", "stat /app", "sync", "watch --timeout 100ms /app"] {
            here(&format!("--read-only {line}")).run().success();
        }
        let writes = [op::CREATE, op::CREATE2, op::CREATE_CONTAINER, op::CREATE_TTL, op::DELETE, op::SET_DATA, op::SET_ACL, op::MULTI];
        assert_eq!(writes.map(|op| proxy.requests(op)), [0; 8]);
        assert_eq!(lab.truth().subtree("/").unwrap().len(), 6);
    }

    fn the_session_is_closed_however_a_command_ends(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        let here = |line: &str| Zkx::new().server(lab.at(proxy.addr())).args(line.split(' ')).run();
        for (nth, (line, code)) in [("create -e /e x", 0), ("get /none", 1), ("exists /none", 1), ("ls -R /", 0)].into_iter().enumerate() {
            here(line).code(code);
            assert_eq!(proxy.requests(op::CLOSE), nth + 1, "{line}");
        }
    }
}

on_one_server! {
    fn secrets_of_acls_do_not_reach_standard_error(lab: &Lab) {
        run(lab, "--auth digest:ann:s3cret create /a x auth::cdrwa").success();
        for line in ["get /a", "set /a x", "getAcl /a"] {
            let output = run(lab, line).code(6);
            assert!(!output.stderr.contains("s3cret") && !output.stderr.contains('='), "{output}");
        }
    }
}
