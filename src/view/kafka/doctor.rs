//! `kafka doctor`.

use serde::Serialize;

/// Something that contradicts itself, is left behind or does not get on.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingRow {
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// What kind of thing it is: `offline-partition`.
    pub kind: &'static str,
    /// The znode that shows it.
    pub path: String,
    /// What it is.
    pub what: String,
    /// What to do about it.
    pub advice: &'static str,
}
