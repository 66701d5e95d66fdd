//! A cluster that has lost a broker, as Kafka sees it and as zkx does.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::topics::{Described, described, told};
use super::{rows, zkx};
use crate::support::kafka::{self, Kafka};
use crate::support::wait_for;
use crate::support::zkx::Running;

/// For brokers to do what they should do at once, or within the timeout of a session.
const SOON: Duration = Duration::from_secs(60);

/// Three brokers, and one of them that dies while a partition goes to it, and before a topic on it can be
/// deleted. All of it is watched.
fn troubled() -> Option<(Kafka, i32, Running)> {
    let kafka = kafka::private("kafka-in-trouble")?;
    let mut truth = kafka.truth();
    let mut json = move |path: &str| serde_json::from_str::<Json>(&truth.text(path).unwrap()).unwrap();
    // Who is asked to move a partition must be able to.
    let controller = json("/controller")["brokerid"].as_i64().unwrap();
    let others: Vec<i64> = (1..=3).filter(|id| *id != controller).collect();
    let [a, b, dead] = [controller, others[0], others[1]];
    kafka.ask(
        "create",
        &json!({
            "everywhere": { "assignments": { "0": [a, b, dead], "1": [b, dead, a], "2": [dead, a, b] } },
            "strict": {
                "assignments": { "0": [dead, a], "1": [a, b] },
                "configs": { "min.insync.replicas": "2" },
            },
            "lonely": { "assignments": { "0": [dead], "1": [a] } },
            "moving": { "assignments": { "0": [a], "1": [b] } },
            "doomed": { "assignments": { "0": [dead, a] } },
        }),
    );
    let watch = kafka.zkx().args(["-o", "ndjson", "kafka", "watch"]).spawn();
    watch.wait_stderr_containing("watching", SOON);
    // Nothing can be moved to a broker that is known to be dead: this one still seems to live, but nobody
    // who asked brokers for it could be sure not to ask this one.
    let id = i32::try_from(dead).unwrap();
    kafka.pause(id);
    let to =
        json!({ "version": 1, "partitions": [{ "topic": "moving", "partition": 0, "replicas": [dead] }] });
    kafka.truth().create("/admin/reassign_partitions", to.to_string().as_bytes()).unwrap();
    wait_for("a reassignment", SOON, || {
        (json("/brokers/topics/moving")["adding_replicas"]["0"][0] == dead).then_some(())
    });
    kafka.kill9(id);
    wait_for("the death of a broker to be known", SOON, || {
        let mut state = |place: &str| json(&format!("/brokers/topics/{place}/state"));
        for place in ["everywhere", "strict", "doomed"].map(|topic| format!("{topic}/partitions/0")) {
            let isr = state(&place)["isr"].clone();
            (!isr.as_array()?.contains(&dead.into())).then_some(())?;
        }
        (state("lonely/partitions/0")["leader"] == -1).then_some(())
    });
    kafka.ask("delete", &json!(["doomed"]));
    Some((kafka, id, watch))
}

#[test]
fn what_is_wrong_is_what_kafka_says_is_wrong() {
    let Some((kafka, dead, watch)) = troubled() else { return };
    // Kafka's tools know no more of a topic that is being deleted.
    let ours = |line: &str| {
        let mut shown = described(&zkx(&kafka, line));
        shown.retain(|line| line["Topic"] != "doomed");
        shown
    };
    assert_eq!(ours("kafka topics --describe"), described(&told(&kafka, "--describe")));
    for (option, theirs, some) in [
        ("--under-replicated", "--under-replicated-partitions", 4),
        ("--offline", "--unavailable-partitions", 1),
        ("--under-min-isr", "--under-min-isr-partitions", 2),
        ("--at-min-isr", "--at-min-isr-partitions", 5),
    ] {
        let mut shown = ours(&format!("kafka topics --describe {option}"));
        // The lines on topics are hidden there.
        shown.retain(|line| line.contains_key("Partition"));
        assert_eq!(shown.len(), some, "{option}: {shown:?}");
        assert_eq!(shown, described(&told(&kafka, &format!("--describe {theirs}"))), "{option}");
    }
    let moving = rows(&kafka, "kafka topics --reassigning");
    assert_eq!(moving.iter().map(|row| &row["topic"]).collect::<Vec<_>>(), ["moving"]);
    let overview = overview(&kafka);
    let left: Vec<_> = [1, 2, 3].into_iter().filter(|id| *id != dead).collect();
    assert_eq!((&overview["brokers"], &overview["missingBrokers"]), (&json!(left), &json!([dead])));
    assert_eq!((&overview["deleting"], &overview["reassigning"]), (&json!(["doomed"]), &1.into()));
    assert_eq!(overview["healthy"], false);
    let _ = kafka.zkx().args(["kafka", "--check"]).run().code(4);
    let findings = rows(&kafka, "kafka doctor --lag");
    assert_eq!(
        findings.iter().map(|finding| &finding["kind"]).collect::<Vec<_>>(),
        ["offline-partition", "under-min-isr", "missing-broker", "under-replicated", "not-preferred"]
    );
    let _ = kafka.zkx().args(["kafka", "doctor", "--check"]).run().code(4);
    recovers(&kafka, dead);
    obeys(&kafka);
    // Not all that only lasts for a moment.
    let seen = watch.stop().out();
    let seen = seen.lines().map(|row| {
        let row: Json = serde_json::from_str(row).unwrap();
        ["subject", "kind"].map(|key| row[key].as_str().unwrap().to_owned())
    });
    let seen: BTreeSet<_> = seen.collect();
    let broker = format!("broker {dead}");
    for (subject, kinds) in [
        (&*broker, &["broker-down", "broker-up"][..]),
        ("moving", &["reassigning", "reassignment-done"]),
        ("lonely-0", &["partition-offline", "leader-changed", "partition-gone"]),
        ("everywhere-0", &["isr-shrunk", "isr-expanded"]),
        ("strict-0", &["leader-changed", "isr-expanded"]),
        ("doomed", &["deletion-asked", "topic-deleted", "deletion-done"]),
        ("lonely", &["topic-deleted"]),
    ] {
        for kind in kinds {
            let happened = [subject, kind].map(str::to_owned);
            assert!(seen.contains(&happened), "{happened:?} is not in {seen:#?}");
        }
    }
}

/// Once it is back, all that it held up goes on, but nobody asks it to lead again.
fn recovers(kafka: &Kafka, dead: i32) {
    kafka.restart(dead);
    let overview = wait_for("a healthy cluster", SOON, || {
        let overview = overview(kafka);
        let done = overview["deleting"] == json!([]) && overview["reassigning"] == 0;
        (done && overview["healthy"] == true).then_some(overview)
    });
    let told = described(&told(kafka, "--describe"));
    assert_eq!(described(&zkx(kafka, "kafka topics --describe")), told);
    let not_preferred = |line: &&Described| {
        let first = line.get("Replicas").and_then(|replicas| replicas.split(',').next());
        first.is_some_and(|first| first != line["Leader"])
    };
    let not_preferred: BTreeSet<_> = told.iter().filter(not_preferred).cloned().collect();
    assert!(!not_preferred.is_empty());
    assert_eq!(overview["notPreferred"], not_preferred.len());
    let mut shown = described(&zkx(kafka, "kafka topics --describe --not-preferred"));
    shown.retain(|line| line.contains_key("Partition"));
    assert_eq!(shown, not_preferred);
}

/// The controller does what is asked of it.
fn obeys(kafka: &Kafka) {
    let _ = kafka.zkx().args(["--yes", "kafka", "elect"]).run().success();
    wait_for("the election", SOON, || (overview(kafka)["notPreferred"] == 0).then_some(()));
    let told_by = |line: &Described| {
        Some((line.get("Replicas")?.split(',').next()?.to_owned(), line["Leader"].clone()))
    };
    assert!(
        described(&told(kafka, "--describe"))
            .iter()
            .filter_map(told_by)
            .all(|(first, leader)| first == leader)
    );
    let _ = kafka.zkx().args(["--yes", "kafka", "delete-topic", "lonely"]).run().success();
    wait_for("the deletion", SOON, || {
        kafka.truth().exists("/brokers/topics/lonely").unwrap().is_none().then_some(())
    });
    assert_eq!(told(kafka, "--list"), "everywhere\nmoving\nstrict\n");
}

fn overview(kafka: &Kafka) -> Json {
    serde_json::from_str(&zkx(kafka, "-o json kafka")).unwrap()
}
