//! A cluster that has lost a broker, as Kafka sees it and as zkx does.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::topics::{described, told};
use super::{rows, zkx};
use crate::support::kafka::{self, Kafka};
use crate::support::wait_for;

/// For brokers to do what they should do at once, or within the timeout of a session.
const SOON: Duration = Duration::from_secs(60);

/// Three brokers, and one of them that dies while a partition goes to it, and before a topic on it can be
/// deleted.
fn troubled() -> Option<(Kafka, i32)> {
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
    Some((kafka, id))
}

#[test]
fn what_is_wrong_is_what_kafka_says_is_wrong() {
    let Some((kafka, dead)) = troubled() else { return };
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
    let shown: BTreeSet<_> =
        rows(&kafka, "kafka topics --reassigning").iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 1, "{shown:?}");
    let overview: Json = serde_json::from_str(&zkx(&kafka, "-o json kafka")).unwrap();
    assert_eq!(
        overview["brokers"],
        json!([1, 2, 3].into_iter().filter(|id| *id != dead).collect::<Vec<_>>())
    );
    assert_eq!(overview["missingBrokers"], json!([dead]));
    assert_eq!(overview["deleting"], json!(["doomed"]));
    assert_eq!(overview["reassigning"], 1);
    assert_eq!(overview["healthy"], false);
}
