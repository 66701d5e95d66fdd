//! Paths and what they stand for.

mod entity;
mod partition;

#[cfg(test)]
mod tests;

pub use entity::{Entity, Name};
pub use partition::PartitionKey;

/// Where brokers register.
pub const BROKER_IDS: &str = "/brokers/ids";
/// Where topics are.
pub const TOPICS: &str = "/brokers/topics";
/// Where the consumers of 0.7 to 1.1 keep their groups, and brokers the offsets of `OffsetCommit` v0.
pub const CONSUMERS: &str = "/consumers";
/// Where topics are that shall be deleted.
pub const DELETE_TOPICS: &str = "/admin/delete_topics";

/// Znodes that hold others, and nothing themselves.
const FOLDERS: &[&str] = &[
    "/admin",
    "/brokers",
    "/cluster",
    "/config",
    "/config/brokers",
    "/config/clients",
    "/config/ips",
    "/config/topics",
    "/config/users",
    "/delegation_token",
    "/delegation_token/tokens",
    "/kafka-acl",
    "/kafka-acl-extended",
    "/kafka-acl-extended/prefixed",
    BROKER_IDS,
    CONSUMERS,
    DELETE_TOPICS,
    TOPICS,
];

/// Which znode of Kafka a path names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Holds others, like `/brokers`, and nothing itself.
    Folder(&'static str),
    /// `/brokers/ids/[id]`: there while the broker lives.
    Broker(i32),
    /// `/brokers/seqid`: its data version numbers the brokers that have no `broker.id` (0.9+).
    BrokerSequence,
    /// `/brokers/topics/[topic]`.
    Topic(String),
    /// `/brokers/topics/[topic]/[broker]`: how many partitions a broker of 0.7 holds.
    PartitionCount {
        /// Of this topic.
        topic: String,
        /// On this broker.
        broker: i32,
    },
    /// `/brokers/topics/[topic]/partitions`: holds the partitions, and nothing itself.
    Partitions(String),
    /// `/brokers/topics/[topic]/partitions/[partition]`: holds the state, and nothing itself.
    Partition(String, i32),
    /// `/brokers/topics/[topic]/partitions/[partition]/state`.
    PartitionState(String, i32),
    /// `/controller`.
    Controller,
    /// `/controller_epoch`.
    ControllerEpoch,
    /// `/cluster/id` (0.10.1+).
    ClusterId,
    /// `/admin/delete_topics/[topic]`: shall be deleted (0.8.1+).
    DeletedTopic(String),
    /// `/admin/reassign_partitions`, while it runs.
    Reassignment,
    /// `/admin/preferred_replica_election`, while it runs.
    Election,
    /// `/config/…`: what was configured at run time for this (0.8.1+).
    Config(Entity),
    /// `/config/users/[user]/clients`: holds the clients of a user.
    UserClients(Name),
    /// Where notices wait to be read.
    Queue(Queue),
    /// A notice, by its name.
    Notice(Queue, String),
    /// `/latest_producer_id_block` (0.11+).
    ProducerBlock,
    /// `/feature` (2.7+).
    Features,
    /// `/migration`: how far KRaft has written its metadata here (3.4+).
    Migration,
    /// `/kafka-acl/[kind]` or `/kafka-acl-extended/prefixed/[kind]`: holds the resources of a kind.
    AclKind {
        /// Below `prefixed`.
        prefixed: bool,
        /// `Topic`, `Group`….
        kind: String,
    },
    /// `/kafka-acl/[kind]/[name]` or `/kafka-acl-extended/prefixed/[kind]/[name]`.
    Acls {
        /// Of all resources whose name begins so (2.0+), rather than of one resource (0.9+).
        prefixed: bool,
        /// `Topic`, `Group`….
        kind: String,
        /// `*` means all of a kind.
        name: String,
    },
    /// `/delegation_token/tokens/[id]` (1.1+).
    Token(String),
    /// `/consumers/[group]`.
    Group(String),
    /// `/consumers/[group]/ids`: holds those that live.
    Members(String),
    /// `/consumers/[group]/ids/[member]`.
    Member {
        /// Of this group.
        group: String,
        /// Its id.
        member: String,
    },
    /// `/consumers/[group]/owners`, or with a topic what is below.
    Owners(String, Option<String>),
    /// `/consumers/[group]/owners/[topic]/[partition]`.
    Owner {
        /// In this group.
        group: String,
        /// Of this topic.
        topic: String,
        /// Which partition.
        partition: PartitionKey,
    },
    /// `/consumers/[group]/offsets`, or with a topic what is below.
    Offsets(String, Option<String>),
    /// `/consumers/[group]/offsets/[topic]/[partition]`.
    Offset {
        /// Of this group.
        group: String,
        /// Of this topic.
        topic: String,
        /// Which partition.
        partition: PartitionKey,
    },
}

/// Where Kafka leaves notices for its brokers, as sequential znodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// A configuration changed (0.8.1+); kept for a quarter of an hour.
    Config,
    /// A leader changed its ISR (0.9+, until 2.7).
    Isr,
    /// A log directory failed (1.0+).
    LogDir,
    /// ACLs of one resource changed (0.9+).
    Acl,
    /// ACLs of a prefix changed (2.0+).
    ExtendedAcl,
    /// A delegation token changed (1.1+).
    Token,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Config, Self::Isr, Self::LogDir, Self::Acl, Self::ExtendedAcl, Self::Token];

    /// The path of the queue.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Config => "/config/changes",
            Self::Isr => "/isr_change_notification",
            Self::LogDir => "/log_dir_event_notification",
            Self::Acl => "/kafka-acl-changes",
            Self::ExtendedAcl => "/kafka-acl-extended-changes",
            Self::Token => "/delegation_token/token_changes",
        }
    }

    /// What the names of its notices begin with, before their number.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Config => "config_change_",
            Self::Isr => "isr_change_",
            Self::LogDir => "log_dir_event_",
            Self::Acl | Self::ExtendedAcl => "acl_changes_",
            Self::Token => "token_change_",
        }
    }
}

/// First segments of the paths of Kafka's znodes.
const TOPS: [&str; 12] = [
    "admin",
    "brokers",
    "cluster",
    "config",
    "consumers",
    "controller",
    "controller_epoch",
    "delegation_token",
    "feature",
    "kafka-acl",
    "latest_producer_id_block",
    "migration",
];

impl Place {
    /// What a path stands for that may begin with a chroot, whatever that is; `None` for what cannot be
    /// Kafka's. A folder or a name alone proves nothing: its data do.
    pub fn find(path: &str) -> Option<Self> {
        let mut starts = path.match_indices('/').map(|(at, _)| at);
        starts.find_map(|at| {
            let below = path.get(at..)?;
            let first = below.get(1..)?.split('/').next()?;
            let known =
                TOPS.contains(&first) || Queue::ALL.iter().any(|queue| below.starts_with(queue.folder()));
            if known { Self::of(below) } else { None }
        })
    }

    /// What a path below Kafka's chroot stands for; `None` for what is not Kafka's.
    pub fn of(path: &str) -> Option<Self> {
        if let Some(folder) = FOLDERS.iter().find(|folder| **folder == path) {
            return Some(Self::Folder(folder));
        }
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        if segments.contains(&"") {
            return None;
        }
        match *segments {
            ["controller"] => Some(Self::Controller),
            ["controller_epoch"] => Some(Self::ControllerEpoch),
            ["cluster", "id"] => Some(Self::ClusterId),
            ["latest_producer_id_block"] => Some(Self::ProducerBlock),
            ["feature"] => Some(Self::Features),
            ["migration"] => Some(Self::Migration),
            ["admin", "reassign_partitions"] => Some(Self::Reassignment),
            ["admin", "preferred_replica_election"] => Some(Self::Election),
            ["admin", "delete_topics", topic] => Some(Self::DeletedTopic(topic.into())),
            ["delegation_token", "tokens", id] => Some(Self::Token(id.into())),
            ["kafka-acl", kind] => Some(Self::AclKind { prefixed: false, kind: kind.into() }),
            ["kafka-acl-extended", "prefixed", kind] => {
                Some(Self::AclKind { prefixed: true, kind: kind.into() })
            }
            ["kafka-acl", kind, name] => {
                Some(Self::Acls { prefixed: false, kind: kind.into(), name: name.into() })
            }
            ["kafka-acl-extended", "prefixed", kind, name] => {
                Some(Self::Acls { prefixed: true, kind: kind.into(), name: name.into() })
            }
            ["brokers", ref below @ ..] => Self::of_brokers(below),
            ["consumers", group, ref below @ ..] => Self::of_group(group, below),
            ["config", "users", user, "clients"] => Some(Self::UserClients(Name::of_znode(user))),
            _ => {
                Self::of_queue(path).or_else(|| Entity::of(path.strip_prefix("/config/")?).map(Self::Config))
            }
        }
    }

    fn of_brokers(below: &[&str]) -> Option<Self> {
        Some(match *below {
            ["seqid"] => Self::BrokerSequence,
            ["ids", id] => Self::Broker(number(id)?),
            ["topics", topic] => Self::Topic(topic.into()),
            ["topics", topic, "partitions"] => Self::Partitions(topic.into()),
            ["topics", topic, "partitions", partition] => Self::Partition(topic.into(), number(partition)?),
            ["topics", topic, "partitions", partition, "state"] => {
                Self::PartitionState(topic.into(), number(partition)?)
            }
            ["topics", topic, broker] => {
                Self::PartitionCount { topic: topic.into(), broker: number(broker)? }
            }
            _ => return None,
        })
    }

    fn of_group(group: &str, below: &[&str]) -> Option<Self> {
        let group = group.to_owned();
        Some(match *below {
            [] => Self::Group(group),
            ["ids"] => Self::Members(group),
            ["ids", member] => Self::Member { group, member: member.into() },
            ["owners"] => Self::Owners(group, None),
            ["owners", topic] => Self::Owners(group, Some(topic.into())),
            ["owners", topic, partition] => {
                Self::Owner { group, topic: topic.into(), partition: PartitionKey::parse(partition)? }
            }
            ["offsets"] => Self::Offsets(group, None),
            ["offsets", topic] => Self::Offsets(group, Some(topic.into())),
            ["offsets", topic, partition] => {
                Self::Offset { group, topic: topic.into(), partition: PartitionKey::parse(partition)? }
            }
            _ => return None,
        })
    }

    fn of_queue(path: &str) -> Option<Self> {
        Queue::ALL.into_iter().find_map(|queue| {
            let below = path.strip_prefix(queue.folder())?;
            if below.is_empty() {
                return Some(Self::Queue(queue));
            }
            let name = below.strip_prefix('/')?;
            let fits = name.starts_with(queue.prefix()) && !name.contains('/');
            fits.then(|| Self::Notice(queue, name.to_owned()))
        })
    }

    /// The path below Kafka's chroot.
    pub fn path(&self) -> String {
        let acls = |prefixed: &bool| if *prefixed { "/kafka-acl-extended/prefixed" } else { "/kafka-acl" };
        let below = |folder: String, topic: &Option<String>| match topic {
            Some(topic) => format!("{folder}/{topic}"),
            None => folder,
        };
        match self {
            Self::Folder(path) => (*path).to_owned(),
            Self::Broker(id) => format!("{BROKER_IDS}/{id}"),
            Self::BrokerSequence => "/brokers/seqid".to_owned(),
            Self::Topic(topic) => format!("{TOPICS}/{topic}"),
            Self::PartitionCount { topic, broker } => format!("{TOPICS}/{topic}/{broker}"),
            Self::Partitions(topic) => format!("{TOPICS}/{topic}/partitions"),
            Self::Partition(topic, partition) => format!("{TOPICS}/{topic}/partitions/{partition}"),
            Self::PartitionState(topic, partition) => {
                format!("{TOPICS}/{topic}/partitions/{partition}/state")
            }
            Self::Controller => "/controller".to_owned(),
            Self::ControllerEpoch => "/controller_epoch".to_owned(),
            Self::ClusterId => "/cluster/id".to_owned(),
            Self::DeletedTopic(topic) => format!("{DELETE_TOPICS}/{topic}"),
            Self::Reassignment => "/admin/reassign_partitions".to_owned(),
            Self::Election => "/admin/preferred_replica_election".to_owned(),
            Self::Config(entity) => format!("/config/{}", entity.path()),
            Self::UserClients(user) => format!("/config/users/{}/clients", user.znode()),
            Self::Queue(queue) => queue.folder().to_owned(),
            Self::Notice(queue, name) => format!("{}/{name}", queue.folder()),
            Self::ProducerBlock => "/latest_producer_id_block".to_owned(),
            Self::Features => "/feature".to_owned(),
            Self::Migration => "/migration".to_owned(),
            Self::AclKind { prefixed, kind } => format!("{}/{kind}", acls(prefixed)),
            Self::Acls { prefixed, kind, name } => format!("{}/{kind}/{name}", acls(prefixed)),
            Self::Token(id) => format!("/delegation_token/tokens/{id}"),
            Self::Group(group) => format!("{CONSUMERS}/{group}"),
            Self::Members(group) => format!("{CONSUMERS}/{group}/ids"),
            Self::Member { group, member } => format!("{CONSUMERS}/{group}/ids/{member}"),
            Self::Owners(group, topic) => below(format!("{CONSUMERS}/{group}/owners"), topic),
            Self::Owner { group, topic, partition } => {
                format!("{CONSUMERS}/{group}/owners/{topic}/{partition}")
            }
            Self::Offsets(group, topic) => below(format!("{CONSUMERS}/{group}/offsets"), topic),
            Self::Offset { group, topic, partition } => {
                format!("{CONSUMERS}/{group}/offsets/{topic}/{partition}")
            }
        }
    }

    /// Whether its data may hold secrets, readable or not: passwords of brokers, SCRAM credentials of
    /// users.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Config(Entity::Broker(_) | Entity::User(_) | Entity::UserClient(..)))
    }
}

/// An id as Kafka writes it: `07` and `+7` are none.
fn number(text: &str) -> Option<i32> {
    text.parse().ok().filter(|number: &i32| *number >= 0 && number.to_string() == text)
}
