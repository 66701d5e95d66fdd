//! `kafka`, `kafka brokers` and `kafka clusters`, beside what brokers say of themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{rows, words, zkx};
use crate::support::kafka;
use crate::support::wait_for;
use crate::support::zkx::Zkx;

#[test]
fn a_cluster_is_what_it_says_it_is() {
    let Some(kafka) = kafka::v3_9() else { return };
    let overview: Json = serde_json::from_str(&zkx(kafka, "-o json kafka overview --check")).unwrap();
    let told = kafka.tool(
        "org.apache.kafka.tools.ClusterTool",
        &["cluster-id", "--bootstrap-server", &kafka.bootstrap()],
    );
    assert_eq!(told.trim(), format!("Cluster ID: {}", overview["id"].as_str().unwrap()));
    assert_eq!(overview["brokers"], json!([1, 2, 3]));
    assert_eq!((&overview["mode"], &overview["healthy"]), (&"zookeeper".into(), &true.into()));
}

#[test]
fn brokers_are_where_they_say_they_are() {
    let Some(kafka) = kafka::v3_9() else { return };
    let told = kafka.new_tool("kafka.admin.BrokerApiVersionsCommand", &[]);
    // 127.0.0.1:9092 (id: 1 rack: a) -> (
    let told = told.lines().filter(|line| line.contains(" (id: ")).map(|line| {
        let parts = words(line);
        [parts[0], parts[2], parts[4].trim_end_matches(')')].map(str::to_owned)
    });
    let shown = rows(kafka, "kafka brokers");
    let shown = shown.iter().map(|row| {
        assert_eq!(
            (&row["version"], &row["protocols"], &row["up"]),
            (&"v5".into(), &json!(["PLAINTEXT"]), &true.into())
        );
        let endpoint = row["endpoints"][0].as_str().unwrap().strip_prefix("PLAINTEXT://").unwrap();
        [endpoint.to_owned(), row["id"].to_string(), row["rack"].as_str().unwrap().to_owned()]
    });
    let shown: BTreeSet<_> = shown.collect();
    assert_eq!(shown.len(), 3);
    assert_eq!(shown, told.collect());
}

#[test]
fn registrations_of_every_age_are_read() {
    for (kafka, version) in [(kafka::v0_8(), "v1"), (kafka::v1_1(), "v4"), (kafka::jafka(), "jafka")] {
        let Some(kafka) = kafka else { return };
        let shown = rows(kafka, "kafka brokers");
        let address = json!([format!("PLAINTEXT://127.0.0.1:{}", kafka.port(0))]);
        assert_eq!(shown.len(), 1);
        assert_eq!((&shown[0]["version"], &shown[0]["endpoints"]), (&version.into(), &address));
        // But for the moment in which a broker makes a topic of its own.
        wait_for("a healthy cluster", Duration::from_secs(60), || {
            (kafka.zkx().args(["kafka", "--check"]).run().code == Some(0)).then_some(())
        });
    }
}

#[test]
fn clusters_side_by_side_are_found() {
    let (Some(a), Some(b), Some(c)) = (kafka::v0_8(), kafka::v1_1(), kafka::jafka()) else { return };
    let bare = |line: &str| Zkx::new().server(a.zookeeper().addr()).args(words(line)).run();
    let shown = bare("-o ndjson kafka clusters").success().out();
    let shown = shown.lines().map(|row| serde_json::from_str::<Json>(row).unwrap());
    let found: BTreeSet<_> = shown.map(|row| row["chroot"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, [a, b, c].map(|kafka| kafka.chroot().to_owned()).into());
    // Which one is meant has to be said.
    let _ = bare("kafka topics").code(2);
    let named = bare(&format!("kafka topics --kafka {}", b.chroot())).success().out();
    assert_eq!(named, zkx(b, "kafka topics"));
}
