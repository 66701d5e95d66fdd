//! `kafka watch`.

use serde::Serialize;

/// A change in a cluster.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HappenedRow {
    /// When it was seen: milliseconds since 1970.
    pub time: i64,
    /// What kind it is: `leader-changed`.
    pub kind: &'static str,
    /// What it is about: `broker 1`, `orders-0`, `group g`.
    pub subject: String,
    /// In words.
    pub what: String,
    /// The znode that changed.
    pub path: String,
}
