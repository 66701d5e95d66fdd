//! `kafka brokers`.

use serde::Serialize;

/// A broker: one that is registered, or one that holds partitions and is not.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerRow {
    /// Its id.
    pub id: i32,
    /// Whether it is registered.
    pub up: bool,
    /// Whether it is the controller.
    pub controller: bool,
    /// Where it listens: `LISTENER://host:port`.
    pub endpoints: Vec<String>,
    /// The security protocol of each, in the same order.
    pub protocols: Vec<String>,
    /// Its rack.
    pub rack: Option<String>,
    /// Its port for JMX.
    pub jmx_port: Option<u16>,
    /// The version of its registration: 1 to 5, `0.7` or `jafka`.
    pub version: Option<String>,
    /// Since when it is registered: milliseconds since 1970.
    pub since: Option<i64>,
    /// The session that its registration goes with.
    pub session: Option<String>,
    /// Its epoch (2.2+): the zxid of its registration.
    pub epoch: Option<i64>,
    /// Keys of its registration that Kafka itself does not write.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_keys: Vec<String>,
    /// Why its registration cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What it carries; `None` where that was not asked for.
    #[serde(flatten)]
    pub load: Option<Load>,
}

/// What a broker carries.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Load {
    /// Partitions that it leads.
    pub leaders: usize,
    /// Partitions that it should lead.
    pub preferred: usize,
    /// Replicas that it holds.
    pub replicas: usize,
    /// Replicas that are in sync.
    pub in_sync: usize,
    /// How many more replicas than an even share, in percent of that; below zero for fewer.
    pub skew: Option<i64>,
    /// The same for leaders.
    pub leader_skew: Option<i64>,
}
