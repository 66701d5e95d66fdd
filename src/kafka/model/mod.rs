//! The data of Kafka's znodes as typed values, and back.
//!
//! Reading takes every form that any release or any other known writer left, and keeps what it does
//! not know. Writing gives the form that was read (release and version), though not its very bytes:
//! the order of keys, blanks and quotes of numbers are Kafka's of today.

mod acl;
mod admin;
mod broker;
mod change;
mod cluster;
mod config;
mod consumer;
mod controller;
mod json;
mod malformed;
mod member;
mod state;
mod token;
mod topic;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod samples;

pub use acl::{Acl, Acls, resource_kind};
pub use admin::{Assignment, Election, Reassignment, TopicPartition};
pub use broker::{Broker, BrokerForm, Endpoint, Listener, VersionRange};
pub use change::{AclChange, ConfigChange, IsrChange, LogDirEvent, TokenChange};
pub use cluster::{ClusterId, Features, FinalizedFeature, Migration, ProducerBlock};
pub use config::Config;
pub use consumer::{ConsumerId, Offset, Owner};
pub use controller::{Controller, ControllerEpoch};
pub use json::Extra;
pub use malformed::Malformed;
pub use member::{Member, MemberForm, Subscription};
pub use state::PartitionState;
pub use token::Token;
pub use topic::{PartitionCount, Topic};

use super::layout::{Place, Queue};

/// What Kafka keeps in one kind of znode.
pub trait Content: Sized {
    /// Reads the data of a znode.
    fn parse(data: &[u8]) -> Result<Self, Malformed>;

    /// The data of a znode that says this.
    fn print(&self) -> String;

    /// What the znode says beside what is known here; `None` where its form has no room for more.
    fn extra(&self) -> Option<&Extra> {
        None
    }
}

macro_rules! values {
    ($($(#[$doc:meta])* $content:ident,)*) => {
        /// What the data of a znode say.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Value {
            /// No data, where that is no mistake.
            Nothing,
            /// Data where Kafka keeps none.
            Foreign(Vec<u8>),
            $($(#[$doc])* $content($content),)*
        }

        impl Value {
            /// The data of a znode that says this; where there is nothing to say, empty.
            pub fn print(&self) -> Vec<u8> {
                match self {
                    Self::Nothing => Vec::new(),
                    Self::Foreign(data) => data.clone(),
                    $(Self::$content(content) => content.print().into_bytes(),)*
                }
            }

            /// As [`Content::extra`].
            pub fn extra(&self) -> Option<&Extra> {
                match self {
                    Self::Nothing | Self::Foreign(_) => None,
                    $(Self::$content(content) => content.extra(),)*
                }
            }
        }

        $(
            impl From<$content> for Value {
                fn from(content: $content) -> Self {
                    Self::$content(content)
                }
            }
        )*
    };
}

values! {
    /// A living broker.
    Broker,
    /// A topic and who holds its partitions.
    Topic,
    /// The partitions on a broker of 0.7.
    PartitionCount,
    /// Who leads a partition.
    PartitionState,
    /// Who is the controller.
    Controller,
    /// The controllers so far.
    ControllerEpoch,
    /// The id of the cluster.
    ClusterId,
    /// Partitions that are to move.
    Reassignment,
    /// Partitions that are to be led by their preferred replica.
    Election,
    /// What was configured at run time.
    Config,
    /// A configuration changed.
    ConfigChange,
    /// Sets of replicas in sync changed.
    IsrChange,
    /// A log directory failed.
    LogDirEvent,
    /// ACLs changed.
    AclChange,
    /// A delegation token changed.
    TokenChange,
    /// The producer ids that were given out last.
    ProducerBlock,
    /// What the cluster has agreed upon.
    Features,
    /// How far KRaft is.
    Migration,
    /// ACLs of a resource.
    Acls,
    /// A delegation token.
    Token,
    /// A consumer that lives.
    Member,
    /// Who consumes a partition.
    Owner,
    /// How far a group is.
    Offset,
}

impl Value {
    /// Reads the data of the znode at `place`; `None` is null.
    pub fn parse(place: &Place, data: Option<&[u8]>) -> Result<Self, Malformed> {
        let data = data.unwrap_or_default();
        // Where these are empty, Kafka takes it for an answer: a topic of 0.7, an entity of which
        // nothing is configured, a block before the first use.
        let optional = matches!(place, Place::Topic(_) | Place::Config(_) | Place::ProducerBlock);
        if optional && data.is_empty() {
            return Ok(Self::Nothing);
        }
        fn read<T: Content + Into<Value>>(data: &[u8]) -> Result<Value, Malformed> {
            T::parse(data).map(Into::into)
        }
        match place {
            Place::Broker(_) => read::<Broker>(data),
            Place::Topic(_) => read::<Topic>(data),
            Place::PartitionCount { .. } => read::<PartitionCount>(data),
            Place::PartitionState(..) => read::<PartitionState>(data),
            Place::Controller => read::<Controller>(data),
            Place::ControllerEpoch => read::<ControllerEpoch>(data),
            Place::ClusterId => read::<ClusterId>(data),
            Place::Reassignment => read::<Reassignment>(data),
            Place::Election => read::<Election>(data),
            Place::Config(_) => read::<Config>(data),
            Place::Notice(Queue::Config, _) => read::<ConfigChange>(data),
            Place::Notice(Queue::Isr, _) => read::<IsrChange>(data),
            Place::Notice(Queue::LogDir, _) => read::<LogDirEvent>(data),
            Place::Notice(Queue::Acl | Queue::ExtendedAcl, _) => read::<AclChange>(data),
            Place::Notice(Queue::Token, _) => read::<TokenChange>(data),
            Place::ProducerBlock => read::<ProducerBlock>(data),
            Place::Features => read::<Features>(data),
            Place::Migration => read::<Migration>(data),
            Place::Acls { .. } => read::<Acls>(data),
            Place::Token(_) => read::<Token>(data),
            Place::Member { .. } => read::<Member>(data),
            Place::Owner { .. } => read::<Owner>(data),
            Place::Offset { .. } => read::<Offset>(data),
            Place::Folder(_)
            | Place::BrokerSequence
            | Place::Partitions(_)
            | Place::Partition(..)
            | Place::DeletedTopic(_)
            | Place::UserClients(_)
            | Place::Queue(_)
            | Place::AclKind { .. }
            | Place::Group(_)
            | Place::Members(_)
            | Place::Owners(..)
            | Place::Offsets(..) => {
                Ok(if data.is_empty() { Self::Nothing } else { Self::Foreign(data.to_vec()) })
            }
        }
    }
}
