//! What `wait` and `txn` answer.

use serde::Serialize;

use super::{maybe_stat, path};
use crate::znode::{Stat, ZPath};

/// A znode that became what was waited for.
#[derive(Clone, Debug, Serialize)]
pub struct WaitedView {
    /// Which znode.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// What was waited for.
    #[serde(rename = "for")]
    pub condition: String,
    /// How long that took, milliseconds.
    #[serde(rename = "waitedMs")]
    pub waited: u64,
    /// How often something happened to it meanwhile.
    pub events: u64,
    /// Its stat now, if it is there.
    #[serde(serialize_with = "maybe_stat")]
    pub stat: Option<Stat>,
}

/// A transaction.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionView {
    /// Its conditions held, and it was made; else the other one was.
    pub committed: bool,
    /// The condition that did not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_met: Option<String>,
    /// What was done, in order.
    pub results: Vec<OperationView>,
}

/// A plan that was carried out.
#[derive(Clone, Debug, Serialize)]
pub struct AppliedView {
    /// Znodes that were created.
    pub created: usize,
    /// Znodes whose data was set.
    pub changed: usize,
    /// Znodes whose ACL was set.
    pub acls: usize,
    /// Znodes that were deleted.
    pub deleted: usize,
    /// Transactions that took, beside ACLs, which have none.
    pub transactions: usize,
}

/// One operation of a transaction.
#[derive(Clone, Debug, Serialize)]
pub struct OperationView {
    /// `create`, `set`, `delete`, `check`.
    pub operation: &'static str,
    /// Which znode; with its number, for a sequential one.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// The data version that it made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
}
