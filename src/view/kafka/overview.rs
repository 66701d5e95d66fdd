//! `kafka overview` and `kafka clusters`.

use serde::Serialize;

/// A cluster among others.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterRow {
    /// Below which znode it is.
    pub chroot: String,
    /// `/cluster/id`.
    pub id: Option<String>,
    /// The controller.
    pub controller: Option<i32>,
    /// Brokers that are registered.
    pub brokers: usize,
    /// Topics.
    pub topics: usize,
    /// What is special about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// `kafka overview`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OverviewView {
    /// Below which znode the cluster is.
    pub chroot: String,
    /// `/cluster/id` (0.10.1+).
    pub id: Option<String>,
    /// `zookeeper`, `migrating` (to KRaft) or `kraft`.
    pub mode: &'static str,
    /// The controller: a broker, or KRaft's node.
    pub controller: Option<i32>,
    /// Since when: milliseconds since 1970.
    pub controller_since: Option<i64>,
    /// How many controllers there were.
    pub controller_epoch: Option<i32>,
    /// Brokers that are registered.
    pub brokers: Vec<i32>,
    /// Brokers that hold partitions and are not registered.
    pub missing_brokers: Vec<i32>,
    /// What was gathered from topics.
    #[serde(flatten)]
    pub gathered: Gathered,
    /// Topics that shall be deleted.
    pub deleting: Vec<String>,
    /// Whether an election of preferred leaders is asked for.
    pub election: bool,
    /// Notices that nobody has taken yet, of all queues that are emptied at once.
    pub backlog: usize,
    /// Whether the cluster is healthy: a controller, no broker missing, nothing offline or under-replicated
    /// or under its `min.insync.replicas`.
    pub healthy: bool,
    /// What could not be read, or is to be known.
    pub notes: Vec<String>,
}

/// What was gathered from topics.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gathered {
    /// Topics.
    pub topics: usize,
    /// Those that Kafka made for itself.
    pub internal_topics: usize,
    /// Partitions.
    pub partitions: usize,
    /// Replicas.
    pub replicas: usize,
    /// Partitions without a leader that lives.
    pub offline: usize,
    /// Partitions with fewer replicas in sync than they have.
    pub under_replicated: usize,
    /// Partitions with fewer replicas in sync than `min.insync.replicas`.
    pub under_min_isr: usize,
    /// Partitions with just as many.
    pub at_min_isr: usize,
    /// Whether no znode says what `min.insync.replicas` is for some, and Kafka's default was assumed.
    pub min_isr_assumed: bool,
    /// Partitions that are not led by their first replica.
    pub not_preferred: usize,
    /// Partitions that are being moved.
    pub reassigning: usize,
    /// Topics of which something could not be read.
    pub unreadable: usize,
}
