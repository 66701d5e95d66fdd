//! A group beside its topics: partition by partition, who consumes it and how far the group is.

use std::collections::BTreeMap;

use super::{Folder, Group};
use crate::cluster::log_end::Log;
use crate::cluster::{Entry, Partition, TopicState};
use crate::kafka::layout::PartitionKey;
use crate::kafka::model::{Offset, Owner};

/// A partition, as a group sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Topic.
    pub topic: String,
    /// Which partition of it: as the topic has it, or what only the group has as the group names it.
    pub key: PartitionKey,
    /// The offset that was committed.
    pub offset: Option<i64>,
    /// The znode of that offset, readable or not.
    pub committed: Option<Committed>,
    /// What `owners` says, as it was written.
    pub owner: Option<String>,
    /// The member that this is, and which of its threads.
    pub member: Option<(String, Option<u32>)>,
    /// The broker that leads it.
    pub leader: Option<i32>,
    /// Whose log end is to be asked for; or why nobody's.
    pub log: Result<Log, String>,
    /// Where the log ends; `None` where that was not asked.
    pub end: Option<Result<i64, String>>,
    /// Whether the topic has it, as far as can be told.
    pub exists: bool,
    /// Whether offsets are bytes, as in 0.7, and not messages.
    pub bytes: bool,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// The znode of an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its name.
    pub key: PartitionKey,
    /// Its data version, if it may be read.
    pub version: Option<i32>,
    /// When it was written, milliseconds since 1970, if it may be read.
    pub mtime: Option<i64>,
}

impl Row {
    /// How far the group is behind; below zero where it is ahead of what the broker has. `None` where
    /// either is unknown.
    pub fn lag(&self) -> Option<i64> {
        // Clients write −1 for "from where you like".
        let offset = self.offset.filter(|offset| *offset >= 0)?;
        self.end.as_ref()?.as_ref().ok()?.checked_sub(offset)
    }

    /// Takes in where its log ends.
    pub fn reach(&mut self, end: Result<i64, String>) {
        self.end = Some(end);
        if self.lag().is_some_and(|lag| lag < 0) {
            self.problems.push("the offset is beyond the log end".to_owned());
        }
    }
}

/// The partitions of the topics of these `names`; `topics` are those that could be found. What offsets or
/// owners name as 0.7 did in a topic of 0.8 or later is the partition of that number.
pub fn rows(group: &Group, names: &[String], topics: &BTreeMap<String, TopicState>) -> Vec<Row> {
    let mut all = Vec::new();
    for name in names {
        let topic = topics.get(name);
        let mut rows = Rows { name, topic, rows: BTreeMap::new() };
        for partition in topic.map_or(&[][..], |topic| &topic.partitions) {
            rows.rows.insert(partition.key, rows.of_partition(partition));
        }
        for (key, offset) in group.offsets.get(name).into_iter().flatten() {
            rows.offset(*key, offset);
        }
        for (key, owner) in group.owners.get(name).into_iter().flatten() {
            rows.owner(*key, owner, group);
        }
        let wanted = group.wants(name);
        for row in rows.rows.values_mut() {
            if wanted && row.owner.is_none() && topic.is_some() {
                row.problems.push("nobody consumes it".to_owned());
            }
        }
        all.extend(rows.rows.into_values());
    }
    all
}

/// The rows of one topic.
struct Rows<'a> {
    name: &'a str,
    topic: Option<&'a TopicState>,
    rows: BTreeMap<PartitionKey, Row>,
}

impl Rows<'_> {
    fn row(&self, key: PartitionKey, leader: Option<i32>, log: Result<Log, String>) -> Row {
        Row {
            topic: self.name.to_owned(),
            key,
            offset: None,
            committed: None,
            owner: None,
            member: None,
            leader,
            log,
            end: None,
            exists: true,
            bytes: matches!(key, PartitionKey::OnBroker { .. }),
            problems: Vec::new(),
        }
    }

    fn log(&self, broker: i32, key: PartitionKey) -> Log {
        let (PartitionKey::Plain(partition) | PartitionKey::OnBroker { partition, .. }) = key;
        Log { broker, topic: self.name.to_owned(), partition }
    }

    fn of_partition(&self, partition: &Partition) -> Row {
        let leader = partition.leader();
        let log = match (leader, partition.state.fault()) {
            (Some(leader), _) => Ok(self.log(leader, partition.key)),
            (None, Some(fault)) => Err(format!("its state says no leader: {fault}")),
            (None, None) => Err("it has no leader".to_owned()),
        };
        self.row(partition.key, leader, log)
    }

    /// One that only the group has.
    fn foreign(&self, key: PartitionKey) -> Row {
        let (log, problem) = match (self.topic, key) {
            (None, _) => (Err("there is no such topic".to_owned()), "there is no such topic"),
            (Some(topic), _) if topic.topic.fault().is_some() && !matches!(topic.topic, Entry::Empty(_)) => {
                let why = topic.topic.fault().unwrap_or_default();
                (Err(format!("the topic cannot be read: {why}")), "the topic cannot be read")
            }
            // What 0.7 tells of a topic goes with the broker that holds it.
            (Some(topic), PartitionKey::OnBroker { broker, .. })
                if matches!(topic.topic, Entry::Empty(_)) =>
            {
                (Ok(self.log(broker, key)), "no broker holds it just now")
            }
            (Some(_), _) => {
                (Err("the topic has no such partition".to_owned()), "the topic has no such partition")
            }
        };
        let mut row = self.row(key, None, log);
        row.exists = false;
        row.problems.push(problem.to_owned());
        row
    }

    /// The row for a name that the group has, unless that is `taken` by another name of the same partition.
    fn slot(&mut self, key: PartitionKey, taken: impl Fn(&Row) -> bool) -> &mut Row {
        let slot = match key {
            PartitionKey::OnBroker { partition, .. } if !self.rows.contains_key(&key) => {
                let plain = PartitionKey::Plain(partition);
                let free = self.rows.get(&plain).is_some_and(|row| !taken(row));
                if free { plain } else { key }
            }
            _ => key,
        };
        let new = self.foreign(slot);
        self.rows.entry(slot).or_insert(new)
    }

    fn offset(&mut self, key: PartitionKey, offset: &Entry<Offset>) {
        let row = self.slot(key, |row| row.committed.is_some());
        row.offset = offset.value().map(|offset| offset.0);
        let stat = offset.stat();
        row.committed = Some(Committed {
            key,
            version: stat.map(|stat| stat.version),
            mtime: stat.map(|stat| stat.mtime),
        });
        if let Some(fault) = offset.fault() {
            row.problems.push(format!("its offset cannot be read: {fault}"));
        }
    }

    fn owner(&mut self, key: PartitionKey, owner: &Entry<Owner>, group: &Group) {
        let row = self.slot(key, |row| row.owner.is_some());
        if let Some(fault) = owner.fault() {
            row.problems.push(format!("its owner cannot be read: {fault}"));
        }
        let Some(owner) = owner.value() else { return };
        row.owner = Some(owner.thread.clone());
        let (member, thread) = owner.member(|id| group.members.contains_key(id));
        if group.members.contains_key(member) {
            row.member = Some((member.to_owned(), thread));
        } else if !matches!(group.ids, Folder::Refused(_)) {
            row.problems.push("its owner is no member of the group".to_owned());
        }
    }
}
