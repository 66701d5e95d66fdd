//! `--dry-run`: what would change, and nothing changed.

use super::{run, sample};
use crate::support::proxy::Proxy;
use crate::support::truth::{Acl, op};
use crate::support::zkx::Zkx;

const SAID: &str = "note: dry run: nothing was changed\n";

on_every_server! {
    fn it_says_what_would_change(lab: &Lab) {
        let mut truth = lab.truth();
        sample(&mut truth);
        let before = truth.subtree("/").unwrap();
        for (line, plan) in [
            ("create /new x", "+ /new  x\n"),
            ("create -p /new/x/y z", "+ /new  (null)\n+ /new/x  (null)\n+ /new/x/y  z\n"),
            ("create -s /app/n- x", "+ /app/n-0000000003  x\n"),
            ("create /new x world:anyone:r", "+ /new  x  acl world:anyone:r\n"),
            ("set /app x", "~ /app  hello → x\n"),
            ("set -v 0 /app hello", ""),
            ("delete /app/node-9", "- /app/node-9\n"),
            ("deleteall /app", "- /app  (5 znodes)\n"),
            ("deleteall /app/config", "- /app/config  (2 znodes)\n"),
            ("setAcl /app world:anyone:ra", "~ /app  acl world:anyone:cdrwa → world:anyone:ra\n"),
        ] {
            let output = run(lab, &format!("--dry-run {line}")).success();
            let said = if plan.is_empty() { "note: dry run: nothing would change\n" } else { SAID };
            assert_eq!((output.out().as_str(), output.stderr.as_str()), (plan, said), "{line}");
        }
        assert_eq!(truth.subtree("/").unwrap(), before);
    }

    fn it_fails_as_the_write_would(lab: &Lab) {
        let mut truth = lab.truth();
        sample(&mut truth);
        truth.set_acl("/app/node-9", &[Acl::new(1, "world", "anyone")]).unwrap();
        for (line, code) in [
            ("create /app x", 1),
            ("create /none/x x", 1),
            ("delete /app", 1),
            ("delete /none", 1),
            ("set -v 7 /app x", 8),
            ("set /app/node-9 x", 6),
            ("setAcl /app/node-9 world:anyone:cdrwa", 6),
        ] {
            let real = run(lab, line).code(code).stderr;
            let output = run(lab, &format!("--dry-run {line}")).code(code);
            let first = |text: &str| text.lines().find(|line| line.starts_with("error")).map(str::to_owned);
            assert_eq!(first(&output.stderr), first(&real), "{line}");
            assert_eq!(output.out(), "", "{line}");
        }
    }

    fn it_sends_no_write_and_asks_no_question(lab: &Lab) {
        sample(&mut lab.truth());
        let proxy = Proxy::to(&lab.addr());
        let here = |line: &str| Zkx::new().server(lab.at(proxy.addr())).args(line.split(' ')).run().success();
        for line in ["create -e --hold /new x", "set /app x", "deleteall /app", "setAcl -R /app world:anyone:ra"] {
            here(&format!("--dry-run {line}"));
        }
        let writes = [op::CREATE, op::CREATE2, op::DELETE, op::SET_DATA, op::SET_ACL, op::MULTI];
        assert_eq!(writes.map(|op| proxy.requests(op)), [0; 6]);
    }

    fn programs_can_read_it(lab: &Lab) {
        sample(&mut lab.truth());
        let plan = |line: &str| run(lab, &format!("--dry-run -o ndjson {line}")).success().out();
        let value = |text: &str| format!("{{\"data\":\"{text}\",\"encoding\":\"utf-8\"}}");
        assert_eq!(
            plan("set /app x"),
            format!("{{\"would\":\"change\",\"path\":\"/app\",\"old\":{},\"new\":{}}}\n", value("hello"), value("x"))
        );
        assert_eq!(plan("deleteall /app"), "{\"would\":\"delete\",\"path\":\"/app\",\"znodes\":5}\n");
        assert_eq!(
            plan("create /new x"),
            format!("{{\"would\":\"create\",\"path\":\"/new\",\"new\":{}}}\n", value("x"))
        );
    }
}

#[test]
fn secrets_stay_masked() {
    let file = "/a: {data: x, acl: 'digest:ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=:cdrwa'}\n";
    let on = |line: &str| {
        let zkx = Zkx::new().file("tree", file).server("mem:tree");
        zkx.args(["--dry-run", "--auth", "digest:ann:secret"]).args(line.split(' ')).run().success()
    };
    let shown = on("setAcl /a auth::r");
    assert_eq!(shown.out(), "~ /a  acl digest:ann:***:cdrwa → digest:ann:***:r\n");
    assert!(on("--show-secrets setAcl /a auth::r").out().contains("7RJfAeIvrl4zdj6sS2fXrQHDvHM="));
}
