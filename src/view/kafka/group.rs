//! `kafka groups` and `kafka group`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::partition;
use crate::kafka::layout::PartitionKey;

/// A consumer group among others.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRow {
    /// Its name.
    pub group: String,
    /// `active`, `empty`, `offsets-only`, or `unknown` where its members may not be listed.
    pub state: &'static str,
    /// Members that live.
    pub members: usize,
    /// Topics that it consumes, has consumed, or wants to.
    pub topics: usize,
    /// Partitions with an offset.
    pub offsets: usize,
    /// Partitions with an owner.
    pub owned: usize,
    /// When an offset was last committed, milliseconds since 1970.
    pub last_commit: Option<i64>,
    /// What cannot be read of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// A consumer group.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    /// Its name.
    pub group: String,
    /// As in [`GroupRow`].
    pub state: &'static str,
    /// When an offset was last committed, milliseconds since 1970.
    pub last_commit: Option<i64>,
    /// How far it is behind in all, as far as is known; `None` if nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag: Option<LagSum>,
    /// Its members; `None` if they are not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<MemberRow>>,
    /// Its partitions; `None` if they are not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<Vec<ProgressRow>>,
    /// What is wrong with it as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Where brokers of 0.7 are: the old tool prints it.
    #[serde(skip)]
    pub brokers: Vec<(i32, String)>,
    /// How people want to see it.
    #[serde(skip)]
    pub form: GroupForm,
}

/// An offset of a group: one that was set, or one that is exported.
#[derive(Clone, Debug, Serialize)]
pub struct OffsetRow {
    /// The group.
    pub group: String,
    /// Topic.
    pub topic: String,
    /// Which partition: a number, or in 0.7 `broker-partition`.
    #[serde(serialize_with = "partition")]
    pub partition: PartitionKey,
    /// What it was before; `None` if there was none that could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<i64>,
    /// The offset.
    pub offset: i64,
}

/// How far a group is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LagSum {
    /// Messages, or in 0.7 bytes.
    pub known: i64,
    /// Partitions with an offset whose lag is not known.
    pub unknown: usize,
}

/// How people want to see a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupForm {
    /// As zkx shows it.
    #[default]
    Own,
    /// As `kafka.tools.ConsumerOffsetChecker` of 0.7 to 0.10 printed it.
    Checker,
    /// As `kafka-consumer-groups --describe` of 1.1 printed it.
    Groups,
}

/// A member of a group.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberRow {
    /// Its id.
    pub member: String,
    /// Where it runs, if its id is one of Kafka's.
    pub host: Option<String>,
    /// `static`, `white_list` or `black_list`; `None` if it cannot be read.
    pub pattern: Option<&'static str>,
    /// The topics or patterns that it wants, with its threads for each.
    pub subscription: BTreeMap<String, i32>,
    /// When it registered, milliseconds since 1970.
    pub since: Option<i64>,
    /// The session that keeps it; `None` for a znode that stays.
    pub session: Option<String>,
    /// Partitions that it consumes.
    pub partitions: usize,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A partition as a group sees it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressRow {
    /// Topic.
    pub topic: String,
    /// Which: a number, or in 0.7 `broker-partition`.
    #[serde(serialize_with = "partition")]
    pub partition: PartitionKey,
    /// The offset that was committed.
    pub offset: Option<i64>,
    /// Where the log ends; `None` if that is not known.
    pub log_end: Option<i64>,
    /// How far the group is behind.
    pub lag: Option<i64>,
    /// `messages`, or in 0.7 `bytes`.
    pub unit: &'static str,
    /// Why the end of the log is not known, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// When the offset was committed, milliseconds since 1970.
    pub committed: Option<i64>,
    /// The broker that leads it.
    pub leader: Option<i32>,
    /// Who consumes it, as it is written.
    pub owner: Option<String>,
    /// The member that this is.
    pub member: Option<String>,
    /// Whether the topic has it.
    #[serde(skip)]
    pub exists: bool,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}
