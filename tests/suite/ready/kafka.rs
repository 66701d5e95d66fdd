//! Those for Kafka, on real clusters: with groups of their own, which they alone look at.

use std::thread;
use std::time::Duration;

use super::*;
use crate::support::kafka;
use crate::support::truth;

#[test]
fn gate_kafka() {
    let Some(cluster) = kafka::v3_9() else { return };
    let words = ["--var", "broker=2", "--var", "brokers=3", "--var", "settle=100ms", "--var", "attempts=60"];
    let said = run(cluster.zkx().timeout(Duration::from_secs(90)), "gate-kafka", &words).success();
    assert!(said.out().contains("go on, broker 2 is back"), "{said}");
    let missing = ["--var", "broker=7", "--var", "attempts=1"];
    let said = run(cluster.zkx(), "gate-kafka", &missing).code(4);
    assert!(said.stderr.contains("not registered: broker 7"), "{said}");
    let few = ["--var", "broker=1", "--var", "brokers=4", "--var", "attempts=2"];
    let said = run(cluster.zkx(), "gate-kafka", &few).code(4);
    assert!(said.stderr.contains("3 of 4 brokers are registered"), "{said}");
}

#[test]
fn kafka_drain_check() {
    let Some(cluster) = kafka::v3_9() else { return };
    let (judge, words) = ((&mut cluster.truth(), "/brokers/ids"), ["--var", "broker=4"]);
    let said = run_foretold(judge, &[], || cluster.zkx(), "kafka-drain-check", &words).success();
    assert!(said.out().contains("broker 4 is drained\n"), "{said}");
    let said = run(cluster.zkx(), "kafka-drain-check", &["--var", "broker=1"]).code(4);
    assert!(said.stderr.contains("broker 1 holds "), "{said}");
}

fn offsets(truth: &mut Truth, group: &str, offsets: &[(&str, &str)]) {
    for (place, offset) in offsets {
        seed(truth, &[(&format!("/consumers/{group}/offsets/{place}"), offset)]);
    }
}

#[test]
fn kafka_remove_idle_groups() {
    for cluster in [kafka::v0_8(), kafka::v1_1()].into_iter().flatten() {
        let mut truth = cluster.truth();
        offsets(&mut truth, "tidy.gone", &[("orders/0", "3"), ("orders/1", "5")]);
        offsets(&mut truth, "tidy.lives", &[("orders/0", "3")]);
        offsets(&mut truth, "tidiest", &[("orders/0", "3")]);
        let mut member = cluster.truth();
        member.create_parents("/consumers/tidy.lives/ids").unwrap();
        member.create_as("/consumers/tidy.lives/ids/m", Some(b"{}"), &Acl::open(), truth::EPHEMERAL).unwrap();
        thread::sleep(Duration::from_secs(2));
        let before = below(&mut truth, "/consumers/tidy.gone");
        let home = Zkx::new().home();
        let tidy = |words: &[&str]| {
            let words = [&["--var", "groups=tidy\\..*"], words].concat();
            run(
                cluster.zkx().home_of(&home).timeout(Duration::from_secs(60)),
                "kafka-remove-idle-groups",
                &words,
            )
        };
        // Not idle for long enough; only looked at; no place for what is to be kept.
        let _ = tidy(&[]).success();
        let _ = tidy(&["--var", "idle=1s", "--check", "--exit-code"]).code(10);
        let nowhere = tidy(&["--var", "idle=1s", "--var", "backup=nowhere"]);
        assert_ne!(nowhere.code, Some(0), "{nowhere}");
        assert_eq!(below(&mut truth, "/consumers/tidy.gone"), before);
        let words = ["--var", "groups=tidy\\..*", "--var", "idle=1s"];
        let zkx = || cluster.zkx().home_of(&home).timeout(Duration::from_secs(60));
        let judge = (&mut cluster.truth(), "/consumers");
        let _ = run_foretold(judge, &[], zkx, "kafka-remove-idle-groups", &words).success();
        assert_eq!(truth.exists("/consumers/tidy.gone").unwrap(), None);
        assert!(truth.exists("/consumers/tidy.lives/offsets/orders/0").unwrap().is_some());
        assert!(truth.exists("/consumers/tidiest").unwrap().is_some());
        // What was kept brings it back.
        let back = ["--yes", "kafka", "offsets", "tidy.gone", "--from-file", "tidy.gone.offsets"];
        let back = cluster.zkx().home_of(&home).args(back).args(["--out-of-range", "allow"]);
        let _ = back.run().success();
        assert_eq!(truth.text("/consumers/tidy.gone/offsets/orders/1").unwrap(), "5");
        member.close().unwrap();
        for group in ["tidy.gone", "tidy.lives", "tidiest"] {
            truth.delete_subtree(&format!("/consumers/{group}")).unwrap();
        }
    }
}

#[test]
fn kafka_copy_offsets() {
    for cluster in [kafka::v0_8(), kafka::v1_1()].into_iter().flatten() {
        let mut truth = cluster.truth();
        offsets(&mut truth, "copied", &[("orders/0", "3"), ("orders/1", "5")]);
        offsets(&mut truth, "copy", &[("orders/0", "1")]);
        let home = Zkx::new().home();
        let copy = |words: &[&str]| {
            let words = [&["--var", "from=copied", "--var", "to=copy"], words].concat();
            run(cluster.zkx().home_of(&home).timeout(Duration::from_secs(60)), "kafka-copy-offsets", &words)
        };
        let before = below(&mut truth, "/consumers/copy");
        let _ = copy(&["--check", "--exit-code"]).code(10);
        assert_eq!(below(&mut truth, "/consumers/copy"), before);
        let _ = copy(&[]).code(2);
        assert_eq!(below(&mut truth, "/consumers/copy"), before);
        let words = ["--var", "from=copied", "--var", "to=copy", "--var", "backup=copy.offsets", "--yes"];
        let zkx = || cluster.zkx().home_of(&home).timeout(Duration::from_secs(60));
        let judge = (&mut cluster.truth(), "/consumers/copy");
        let _ = run_foretold(judge, &[], zkx, "kafka-copy-offsets", &words).success();
        assert_eq!(truth.text("/consumers/copy/offsets/orders/0").unwrap(), "3");
        assert_eq!(truth.text("/consumers/copy/offsets/orders/1").unwrap(), "5");
        let kept = std::fs::read_to_string(home.path().join("copy.offsets")).unwrap();
        assert!(kept.contains("/consumers/copy/offsets/orders/0:1"), "{kept}");
        // An offset that is none, and groups that somebody uses.
        truth.set("/consumers/copied/offsets/orders/1", b"none").unwrap();
        let before = below(&mut truth, "/consumers/copy");
        truth.set("/consumers/copied/offsets/orders/0", b"4").unwrap();
        let refused = copy(&["--yes"]);
        assert_ne!(refused.code, Some(0), "{refused}");
        for group in ["copied", "copy"] {
            let mut member = cluster.truth();
            let ids = format!("/consumers/{group}/ids");
            member.create_parents(&ids).unwrap();
            member.create_as(&format!("{ids}/m"), Some(b"{}"), &Acl::open(), truth::EPHEMERAL).unwrap();
            let refused = copy(&[]).code(4);
            assert!(refused.stderr.contains(&format!("group {group} is active: 1 member")), "{refused}");
            member.close().unwrap();
        }
        let values = |all: Vec<(String, Option<Vec<u8>>, Vec<Acl>)>| {
            all.into_iter().filter(|(path, ..)| path.contains("/offsets/")).collect::<Vec<_>>()
        };
        assert_eq!(values(below(&mut truth, "/consumers/copy")), values(before));
        for group in ["copied", "copy"] {
            truth.delete_subtree(&format!("/consumers/{group}")).unwrap();
        }
    }
}
