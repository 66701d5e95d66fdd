//! How the consumers of a group name partitions.

use std::fmt;

/// A partition as the znodes below a group's `owners` and `offsets` name it.
///
/// Both forms can be below one group: pykafka, brod and samsa name partitions as 0.7 did, whatever
/// the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartitionKey {
    /// `[partition]`, from 0.8 on.
    Plain(i32),
    /// `[broker]-[partition]`, as 0.7 counts them for each broker.
    OnBroker {
        /// The broker that holds it.
        broker: i32,
        /// Counted from 0 on each broker.
        partition: i32,
    },
}

impl PartitionKey {
    /// Reads the name of a znode; `None` if it is no partition.
    pub fn parse(name: &str) -> Option<Self> {
        use super::number;
        match name.split_once('-') {
            None => number(name).map(Self::Plain),
            Some((broker, partition)) => {
                Some(Self::OnBroker { broker: number(broker)?, partition: number(partition)? })
            }
        }
    }
}

impl fmt::Display for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(partition) => partition.fmt(f),
            Self::OnBroker { broker, partition } => write!(f, "{broker}-{partition}"),
        }
    }
}
