//! The scripts that are shipped, each carried out.

use crate::support::lab::Lab;
use crate::support::zkx::{Output, Zkx};

const SEED: &str = r#"
format: zkx-tree/1
/brokers/ids/1: '{"jmx_port":-1,"timestamp":"1","endpoints":["PLAINTEXT://k1:9092"],"host":"k1","port":9092,"version":4}'
/brokers/topics/t: '{"version":1,"partitions":{"0":[1]}}'
/brokers/topics/t/partitions/0/state: '{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1]}'
/controller: '{"version":1,"brokerid":1,"timestamp":"1"}'
/consumers/old/ids: {}
/consumers/old/offsets/t/0: 42
/consumers/old/offsets/t/1: 43
/apps/shop/active: blue
/apps/shop/previous: green
/apps/shop/green/ready: true
/apps/shop/history: {}
"#;

fn run(zkx: Zkx, line: &str) -> Output {
    let (script, args) = line.split_once(' ').unwrap_or((line, ""));
    let script = format!("{}/scripts/{script}.yaml", env!("CARGO_MANIFEST_DIR"));
    zkx.args(["run", "--journal", "off"])
        .arg(script)
        .args(args.split(' ').filter(|arg| !arg.is_empty()))
        .run()
}

fn data(lab: &Lab, path: &str) -> String {
    lab.zkx().args(["get", path]).run().success().out()
}

#[test]
fn blue_green_is_tested_in_memory() {
    let said = run(Zkx::new(), "test-blue-green").success().out();
    assert!(said.contains("3 conditions true"), "{said}");
    // Whatever servers are meant for other commands.
    let said = run(Zkx::new().env("ZKX_SERVER", "127.0.0.1:1"), "test-blue-green").success().out();
    assert!(said.contains("3 conditions true"), "{said}");
}

#[test]
fn what_secret_names_is_not_shown() {
    let script = "zkx: 1\nsteps:\n  - let: {pw: !secret PW}\n  - print: \"it is ${ pw }\"\n";
    let zkx = Zkx::new().server("mem:").env("PW", "s3cret").file("s.yaml", script);
    let said = zkx.args(["run", "--journal", "off", "s.yaml"]).run().success().out();
    assert!(said.contains("it is ") && !said.contains("s3cret"), "{said}");
}

on_one_server! {
    fn scripts_that_are_shipped_do_what_they_say(lab: &Lab) {
        lab.zkx().file("seed.yaml", SEED).args(["apply", "seed.yaml"]).run().success();
        let go = |line: &str| run(lab.zkx().file("seed.yaml", SEED), line);
        let done = |line: &str| go(line).success().out();

        assert!(done("bootstrap --var stage=prod").contains("5 to add"));
        assert!(done("bootstrap --var stage=prod").contains("as it is to be"));
        assert_eq!(data(lab, "/apps/shop/config/pool"), r#"{"min":2,"max":50}"#);

        assert!(done("blue-green --var to=green").contains("green is active, blue was"));
        assert!(done("blue-green --var to=green").contains("already green"));
        assert_eq!(data(lab, "/apps/shop/active"), "green");

        assert!(done("wait-for-leader --var stable=100ms").contains("broker 1 is the controller"));
        assert!(done("health-gate --var brokers=[1] --var retries=1").contains("everything is there"));
        let said = go("health-gate --var brokers=[1,2] --var retries=1").code(4);
        assert!(said.stderr.contains("not registered: broker 2"), "{}", said.stderr);
        assert!(done("drained --var broker=2").contains("broker 2 holds nothing"));
        assert!(go("drained --var broker=1").code(4).stderr.contains("broker 1 leads 1"));

        done("copy-group --var from=old --var to=new");
        assert_eq!(data(lab, "/consumers/new/offsets/t/1"), "43");
        done("idle-groups --var days_idle=1");
        assert_eq!(data(lab, "/consumers/old/offsets/t/0"), "42");

        let said = go("world-writable --var root=/apps").code(4);
        assert!(said.out().contains("/apps/shop/active"), "{}", said.out());
        assert!(done("quota-report").contains("there are no quotas"));
        lab.zkx().args(["delete", "/controller"]).run().success();
        assert!(done("restore --var tree=seed.yaml").contains("the znodes of seed.yaml are there"));
        assert!(data(lab, "/controller").contains("brokerid"));

        let hosts = lab.at(&lab.addr());
        done(&format!("rotate-digest --var root=/apps/shop --var old=bob:old --var new=bob:new --var hosts={hosts}"));
        let said = lab.zkx().args(["getAcl", "/apps/shop/active", "--show-secrets"]).run().success().out();
        assert!(said.contains("digest") && said.contains("bob:"), "{said}");
    }
}
