//! `kafka topics`, beside kafka-topics.

use std::collections::{BTreeMap, BTreeSet};

use super::{rows, words, zkx};
use crate::support::kafka::{self, Kafka};

/// A line of kafka-topics --describe, by what its parts are called.
pub(super) type Described = BTreeMap<String, String>;

/// What is described, in whatever order: releases differ in that, in blanks, in what they call nobody,
/// and in what only brokers know. Without Kafka's own topics, which it creates when somebody needs them.
pub(super) fn described(text: &str) -> BTreeSet<Described> {
    let part = |part: &str| {
        let (key, value) = part.split_once(':').unwrap_or_else(|| panic!("{part} in\n{text}"));
        let (key, value) = (key.trim(), value.trim());
        let mut values: Vec<_> = value.split(',').collect();
        if key == "Configs" {
            values.sort_unstable();
        }
        let value = if value == "-1" { "none".to_owned() } else { values.join(",") };
        (!["Elr", "LastKnownElr"].contains(&key)).then(|| (key.to_owned(), value))
    };
    let line = |line: &str| line.trim().split('\t').filter_map(part).collect::<Described>();
    let lines = text.lines().filter(|line| !line.is_empty()).map(line);
    lines.filter(|line| !line["Topic"].starts_with("__")).collect()
}

/// What kafka-topics of the cluster's own release says.
pub(super) fn told(kafka: &Kafka, line: &str) -> String {
    match kafka.release() {
        "3.9.1" => kafka.new_tool("org.apache.kafka.tools.TopicCommand", &words(line)),
        _ => kafka.old_tool("kafka.admin.TopicCommand", &words(line)),
    }
}

#[test]
fn those_of_0_8_are_described_as_by_kafka() {
    let Some(kafka) = kafka::v0_8() else { return };
    let mut shown = described(&zkx(kafka, "kafka topics --describe"));
    assert_eq!(shown.len(), 3 + 6);
    // That is said elsewhere in 0.8.
    let mut doomed = 0;
    shown = shown
        .into_iter()
        .map(|mut line| {
            doomed += usize::from(line.remove("MarkedForDeletion").is_some());
            line
        })
        .collect();
    assert_eq!((shown, doomed), (described(&told(kafka, "--describe")), 2));
    assert!(told(kafka, "--list").ends_with("doomed - marked for deletion\norders\npayments.eu\n"));
    let doomed = rows(kafka, "kafka topics doomed");
    assert_eq!((doomed.len(), &doomed[0]["deleting"]), (1, &true.into()));
}

#[test]
fn those_of_1_1_are_described_as_by_kafka() {
    let Some(kafka) = kafka::v1_1() else { return };
    let shown = described(&zkx(kafka, "kafka topics --describe"));
    assert_eq!(shown.len(), 2 + 5);
    assert_eq!(shown, described(&told(kafka, "--describe")));
    let shown = described(&zkx(kafka, "kafka topic payments.eu --describe"));
    assert_eq!(shown, described(&told(kafka, "--describe --topic payments.eu")));
}

#[test]
fn those_of_3_9_are_described_as_by_kafka() {
    let Some(kafka) = kafka::v3_9() else { return };
    let shown = described(&zkx(kafka, "kafka topics --describe"));
    assert_eq!(shown.len(), 2 + 5);
    assert_eq!(shown, described(&told(kafka, "--describe")));
    let shown = rows(kafka, "kafka topics --overrides");
    let shown: BTreeSet<_> = shown.iter().map(|row| row["topic"].as_str().unwrap()).collect();
    let overridden = described(&told(kafka, "--describe --topics-with-overrides"));
    assert_eq!(shown, overridden.iter().map(|line| line["Topic"].as_str()).collect());
}
