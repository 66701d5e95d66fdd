//! `kafka topics` and `kafka topic`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::partition;
use crate::kafka::layout::PartitionKey;

/// A topic among others.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicRow {
    /// Its name.
    pub topic: String,
    /// Its id (2.8+).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Partitions.
    pub partitions: usize,
    /// Replicas of each partition; `None` where they have different numbers of them.
    pub replication: Option<usize>,
    /// Partitions without a leader that lives.
    pub offline: usize,
    /// Partitions with fewer replicas in sync than they have.
    pub under_replicated: usize,
    /// Partitions with fewer replicas in sync than `min.insync.replicas`.
    pub under_min_isr: usize,
    /// Partitions that are not led by their first replica.
    pub not_preferred: usize,
    /// Partitions that are being moved.
    pub reassigning: usize,
    /// Whether it shall be deleted.
    pub deleting: bool,
    /// Whether Kafka made it for itself.
    pub internal: bool,
    /// What was configured for it.
    pub config: BTreeMap<String, String>,
    /// What cannot be read of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A partition with where it stands.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionRow {
    /// Its topic.
    pub topic: String,
    /// Which: a number, or in 0.7 `broker-partition`.
    #[serde(serialize_with = "partition")]
    pub partition: PartitionKey,
    /// The broker that leads it.
    pub leader: Option<i32>,
    /// The brokers that hold it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those that are in sync; `None` if that is not known.
    pub isr: Option<Vec<i32>>,
    /// Those that it is being moved to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adding: Vec<i32>,
    /// Those that it leaves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removing: Vec<i32>,
    /// How often its leader changed.
    pub leader_epoch: Option<i32>,
    /// The epoch of the controller that last wrote its state.
    pub controller_epoch: Option<i32>,
    /// How often its state changed: the data version of its znode.
    pub partition_epoch: Option<i32>,
    /// What is wrong with it: `offline`, `under-replicated`….
    pub health: Vec<&'static str>,
    /// Brokers among its replicas that are not registered.
    #[serde(skip)]
    pub down: Vec<i32>,
    /// Why its state is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// `kafka topic`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicView {
    /// The topic.
    #[serde(flatten)]
    pub topic: TopicRow,
    /// When it was created: milliseconds since 1970.
    pub created: Option<i64>,
    /// `min.insync.replicas`, as far as znodes tell it.
    pub min_insync_replicas: i32,
    /// No znode tells it, and Kafka's default was assumed.
    pub min_insync_replicas_assumed: bool,
    /// Its partitions.
    #[serde(rename = "partitionStates")]
    pub states: Vec<PartitionRow>,
    /// People want to see it as Kafka's own tool prints it.
    #[serde(skip)]
    pub as_kafka: bool,
}
