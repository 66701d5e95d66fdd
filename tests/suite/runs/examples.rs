//! Those examples of the language that this zkx has the verbs for: they do what check mode says that they do.

use std::fs;

use crate::support::lab::Lab;
use crate::support::plan::run_as_foretold;
use crate::support::truth::{Acl, EPHEMERAL, Truth};
use crate::support::zkx::{Output, Zkx};

/// A script of `scripts/good`, which are those of the language's description, with some of its text other.
fn example(name: &str, other: &[(&str, &str)]) -> String {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/scripts/good");
    let mut text = fs::read_to_string(format!("{directory}/{name}.yaml")).unwrap();
    for (old, new) in other {
        assert!(text.contains(old), "{name} has no {old}");
        text = text.replace(old, new);
    }
    text
}

fn judge(lab: &Lab) -> Truth {
    let mut truth = lab.truth();
    truth.auth("digest", "super:test").unwrap();
    truth
}

fn foretold(lab: &Lab, script: &str, files: &[(&str, &str)], words: &[&str]) -> Output {
    let zkx = || {
        let zkx = lab.zkx().file("script.yaml", script).env("SHOP_DB_PW", "s3cret");
        files.iter().fold(zkx, |zkx: Zkx, (name, text)| zkx.file(name, text))
    };
    run_as_foretold(&mut judge(lab), "/", &[], zkx, &[&["run", "script.yaml"], words].concat())
}

on_one_server! {
    fn an_application_is_set_up(lab: &Lab) {
        let files = [("files/log4j2.xml", "<a/>")];
        let stage = ["--var", "stage=prod"];
        lab.truth().create("/apps", b"").unwrap();
        // Without SASL, servers do not know what these ACLs mean.
        let guard = ("paths: [\"/apps/shop/**\"", "paths: [\"/apps/shop/**\", \"/zkx/**\"");
        let refused = foretold(lab, &example("bootstrap", &[guard]), &files, &stage).code(1);
        assert!(refused.stderr.contains("InvalidACL"), "{refused}");
        let known = [guard, ("sasl:shop:r", "ip:127.0.0.1:r"), ("sasl:ops:cdrwa", "world:anyone:cdrwa")];
        let script = example("bootstrap", &known);
        let _ = foretold(lab, &script, &files, &stage).success();
        let mut truth = lab.truth();
        assert_eq!(truth.text("/apps/shop/db/pool").unwrap(), r#"{"min":2,"max":50}"#);
        assert_eq!(truth.text("/apps/shop/db/password").unwrap(), "s3cret");
        assert_eq!(truth.text("/apps/shop/spring.yaml").unwrap(), "greeting: ${app.greeting}\n");
        // What is no longer declared goes, and what nobody declared stays.
        truth.create("/apps/shop/locks/held", b"").unwrap();
        let less = script.replace("    log4j.xml: {file: files/log4j2.xml}\n", "");
        let _ = foretold(lab, &less, &files, &["--var", "stage=dev"]).success();
        assert_eq!(truth.exists("/apps/shop/log4j.xml").unwrap(), None);
        assert!(truth.exists("/apps/shop/locks/held").unwrap().is_some());
        assert_eq!(truth.text("/apps/shop/db/pool").unwrap(), r#"{"min":2,"max":5}"#);
    }

    fn a_switch_is_made(lab: &Lab) {
        let mut truth = lab.truth();
        for (path, text) in [
            ("/apps/shop/active", "blue"),
            ("/apps/shop/previous", "green"),
            ("/apps/shop/history", ""),
            ("/apps/shop/green/ready", "true"),
            ("/apps/shop/instances/1", ""),
            ("/apps/shop/instances/2", ""),
            ("/apps/shop/instances/3", ""),
        ] {
            truth.create_parents(path).unwrap();
            truth.set(path, text.as_bytes()).unwrap();
        }
        let script = example("switch", &[("stable_for: 30s, ", "stable_for: 50ms, ")]);
        let _ = foretold(lab, &script, &[], &["--var", "to=green"]).success();
        assert_eq!(truth.text("/apps/shop/active").unwrap(), "green");
        let again = foretold(lab, &script, &[], &["--var", "to=green"]).success();
        assert!(again.out().contains("already green"), "{again}");
        let test = "zkx: 1\nclusters: {default: {hosts: \"mem:shop.yaml\"}}\nsteps:\n  \
                    - include: {file: switch.yaml, vars: {to: green}}\n  \
                    - assert: [\"get('/apps/shop/active') == 'green'\", \"children('/apps/shop/history') | length == 1\"]\n";
        let tree = "/apps/shop:\n  /active: blue\n  /previous: green\n  /history: \"\"\n  /green/ready: \"true\"\n  \
                    /instances:\n    /1: \"\"\n    /2: \"\"\n    /3: \"\"\n";
        let files = |zkx: Zkx| zkx.file("test.yaml", test).file("switch.yaml", &script).file("shop.yaml", tree);
        let _ = files(Zkx::new()).args(["run", "test.yaml", "--check", "--exit-code"]).run().code(10);
        let _ = files(Zkx::new()).args(["run", "test.yaml"]).run().success();
    }

    fn a_leader_is_waited_for(lab: &Lab) {
        let mut leader = lab.truth();
        leader.create_as("/controller", Some(br#"{"brokerid": 7}"#), &Acl::open(), EPHEMERAL).unwrap();
        let script = example("leader", &[("stable_for: 15s", "stable_for: 50ms")]);
        let said = foretold(lab, &script, &[], &[]).success();
        assert!(said.out().contains(&format!("broker 7, session {:#x}", leader.session())), "{said}");
    }
}

/// The others want verbs that are yet to come, and say so before anything is done.
#[test]
fn what_there_is_not_yet_is_said() {
    for verb in ["find", "copy", "export", "import", "quota", "admin", "reconfig"] {
        let script = format!("zkx: 1\nsteps:\n  - {verb}: {{path: /a}}\n");
        let said =
            Zkx::new().file("s.yaml", script).args(["run", "--validate", "s.yaml"]).run().code(3).out();
        assert!(said.contains(&format!("`{verb}`")) && said.contains("not "), "{said}");
    }
}
