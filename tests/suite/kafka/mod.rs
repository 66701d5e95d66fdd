//! Real Kafka clusters, judged by Kafka's own tools.

mod doctor;
mod groups;
mod overview;
mod settings;
mod topics;
mod trouble;
mod znodes;

use serde_json::Value as Json;

use crate::support::kafka::Kafka;

/// The words of a command line.
fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// What zkx prints on a cluster.
#[track_caller]
fn zkx(kafka: &Kafka, line: &str) -> String {
    kafka.zkx().args(words(line)).run().success().out()
}

/// The rows that zkx answers with.
#[track_caller]
fn rows(kafka: &Kafka, line: &str) -> Vec<Json> {
    let rows = zkx(kafka, &format!("-o ndjson {line}"));
    rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect()
}
