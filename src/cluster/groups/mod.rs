//! Consumer groups that are kept in ZooKeeper: those of the consumers of 0.7 to 1.1 and of other clients
//! that write as they did, and offsets that brokers write there for `OffsetCommit` 0.

mod edit;
pub mod offset_file;
mod rows;
mod scan;

#[cfg(test)]
mod tests;

pub use edit::{Edit, deletion, folders, transactions};
pub use rows::{Committed, Row, rows};
pub use scan::{GroupScan, names};

use std::collections::BTreeMap;

use super::Entry;
use crate::kafka::layout::PartitionKey;
use crate::kafka::model::{Member, Offset, Owner, Subscription};
use crate::wire::Code;

/// How a znode was found that only holds others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// There is none.
    Absent,
    /// Its children may not be listed.
    Refused(Code),
    /// These children are all.
    Listed,
}

/// Znodes by topic and partition. A topic may have none.
pub type ByPartition<T> = BTreeMap<String, BTreeMap<PartitionKey, Entry<T>>>;

/// A group, as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// How `ids` was found.
    pub ids: Folder,
    /// Members that live, by id.
    pub members: BTreeMap<String, Entry<Member>>,
    /// How `owners` was found.
    pub owned: Folder,
    /// Who consumes what.
    pub owners: ByPartition<Owner>,
    /// How `offsets` was found.
    pub committed: Folder,
    /// How far the group is.
    pub offsets: ByPartition<Offset>,
    /// Lists that may not be read, and children that Kafka does not have there: the path below the group
    /// with what is wrong.
    pub faults: Vec<(String, String)>,
}

/// What a group is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// It has members.
    Active,
    /// It has none, though it had.
    Empty,
    /// It never had members here: who commits keeps its membership elsewhere, or has none.
    OffsetsOnly,
    /// Its members may not be listed.
    Unknown,
}

impl GroupState {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Empty => "empty",
            Self::OffsetsOnly => "offsets-only",
            Self::Unknown => "unknown",
        }
    }
}

impl Group {
    /// One that there is not, or not yet.
    pub fn new(name: String) -> Self {
        Self {
            name,
            ids: Folder::Absent,
            members: BTreeMap::new(),
            owned: Folder::Absent,
            owners: ByPartition::new(),
            committed: Folder::Absent,
            offsets: ByPartition::new(),
            faults: Vec::new(),
        }
    }

    /// What it is doing.
    pub fn state(&self) -> GroupState {
        match self.ids {
            Folder::Refused(_) => GroupState::Unknown,
            _ if !self.members.is_empty() => GroupState::Active,
            Folder::Absent if self.committed != Folder::Absent => GroupState::OffsetsOnly,
            Folder::Absent | Folder::Listed => GroupState::Empty,
        }
    }

    /// Its topics: those it has consumed, consumes, or names in its subscriptions.
    pub fn topics(&self) -> Vec<String> {
        let named = self.members.values().filter_map(Entry::value);
        let named = named.filter_map(|member| member.subscription.topics()).flatten();
        let mut topics: Vec<String> = named.map(str::to_owned).collect();
        topics.extend(self.owners.keys().chain(self.offsets.keys()).cloned());
        topics.sort_unstable();
        topics.dedup();
        topics
    }

    /// When it last committed an offset, milliseconds since 1970.
    pub fn last_commit(&self) -> Option<i64> {
        let offsets = self.offsets.values().flat_map(BTreeMap::values);
        offsets.filter_map(|offset| Some(offset.stat()?.mtime)).max()
    }

    /// Whether somebody lives who wants to read a topic, as far as can be told: a pattern is Java's, and so
    /// only what its members own says what it matches.
    fn wants(&self, topic: &str) -> bool {
        let owned = self.owners.get(topic).is_some_and(|owners| !owners.is_empty());
        let named = self.members.values().filter_map(Entry::value).any(|member| {
            matches!(&member.subscription, Subscription::Topics(topics) if topics.contains_key(topic))
        });
        named || owned && !self.members.is_empty()
    }
}
