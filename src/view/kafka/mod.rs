//! What `kafka …` answers.

mod broker;
mod doctor;
mod group;
mod happened;
mod overview;
mod settings;
mod topic;

use serde::{Serialize, Serializer};

pub use broker::{BrokerRow, Load};
pub use doctor::FindingRow;
pub use group::{GroupForm, GroupRow, GroupView, LagSum, MemberRow, OffsetRow, ProgressRow};
pub use happened::HappenedRow;
pub use overview::{ClusterRow, Gathered, OverviewView};
pub use settings::{AclRow, ChangeRow, ConfigRow, FeatureRow, ProducersView, TokenRow};
pub use topic::{PartitionRow, TopicRow, TopicView};

use crate::kafka::layout::PartitionKey;

/// A complete answer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum KafkaView {
    /// `kafka`, `kafka overview`.
    Overview(OverviewView),
    /// `kafka topic`.
    Topic(TopicView),
    /// `kafka producers`.
    Producers(ProducersView),
    /// `kafka group`.
    Group(GroupView),
}

/// A row of an answer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum KafkaRow {
    /// `kafka clusters`.
    Cluster(ClusterRow),
    /// `kafka brokers`.
    Broker(BrokerRow),
    /// `kafka topics`.
    Topic(TopicRow),
    /// `kafka topics` with a filter.
    Partition(PartitionRow),
    /// `kafka topics --describe`: a topic with its partitions.
    Described(TopicView),
    /// `kafka configs`, `users`, `quotas`.
    Config(ConfigRow),
    /// `kafka acls`.
    Acl(AclRow),
    /// `kafka tokens`.
    Token(TokenRow),
    /// `kafka changes`.
    Change(ChangeRow),
    /// `kafka features`.
    Feature(FeatureRow),
    /// `kafka groups`.
    Group(GroupRow),
    /// `kafka offsets`.
    Offset(OffsetRow),
    /// `kafka doctor`.
    Finding(FindingRow),
    /// `kafka watch`.
    Happened(HappenedRow),
}

/// The tables for people, each with its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KafkaTable {
    /// Of [`KafkaRow::Cluster`].
    Clusters,
    /// Of [`KafkaRow::Broker`].
    Brokers,
    /// Of [`KafkaRow::Topic`].
    Topics,
    /// Of [`KafkaRow::Partition`].
    Partitions,
    /// Of [`KafkaRow::Described`]: no table, but what Kafka's own tool prints.
    Described,
    /// Of [`KafkaRow::Config`].
    Configs,
    /// Of [`KafkaRow::Acl`].
    Acls,
    /// Of [`KafkaRow::Token`].
    Tokens,
    /// Of [`KafkaRow::Change`].
    Changes,
    /// Of [`KafkaRow::Feature`].
    Features,
    /// Of [`KafkaRow::Group`].
    Groups,
    /// Of [`KafkaRow::Offset`]: what was set.
    Offsets,
    /// Of [`KafkaRow::Offset`]: no table, but lines as `ExportZkOffsets` of Kafka writes them.
    Exported,
    /// Of [`KafkaRow::Finding`]: no table, but paragraphs.
    Findings,
    /// Of [`KafkaRow::Happened`]: a line each, as it comes.
    Happened,
}

/// A partition as JSON has it: a number, or in 0.7 the text `broker-partition`.
fn partition<S: Serializer>(key: &PartitionKey, serializer: S) -> Result<S::Ok, S::Error> {
    match key {
        PartitionKey::Plain(id) => serializer.serialize_i32(*id),
        PartitionKey::OnBroker { .. } => serializer.collect_str(key),
    }
}
