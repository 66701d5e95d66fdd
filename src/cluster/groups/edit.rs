//! Changing offsets, and deleting groups: which writes that takes.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::Group;
use crate::cluster::Status;
use crate::kafka::layout::{PartitionKey, Place};
use crate::store::Write;
use crate::znode::{Acl, CreateMode};

/// An offset that is to be another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Topic.
    pub topic: String,
    /// The name of the znode.
    pub key: PartitionKey,
    /// The znode as it was read, with its data version; `None` if there is none.
    pub was: Option<(Option<i64>, i32)>,
    /// What it is to be.
    pub offset: i64,
}

impl Edit {
    /// What it was, if it could be read.
    pub fn old(&self) -> Option<i64> {
        self.was.and_then(|(offset, _)| offset)
    }
}

/// Writes in one transaction.
const OPERATIONS: usize = 1000;
/// Bytes in one transaction: far below the smallest `jute.maxbuffer` in use.
const BYTES: usize = 256 << 10;
/// Bytes of an operation beside its path: header, version, lengths, ACL.
const OVERHEAD: usize = 80;

/// The transactions that make `edits`, each only if nobody has committed meanwhile. `there` are the znodes
/// that exist of those which hold them ([`folders`]).
pub fn transactions(
    status: &Status,
    group: &str,
    edits: &[Edit],
    there: &BTreeSet<String>,
) -> Vec<Vec<Write>> {
    let missing = folders(status, group, edits).into_iter().filter(|path| !there.contains(path));
    let mut writes: Vec<Write> = missing.map(|path| create(path, None)).collect();
    writes.extend(edits.iter().map(|edit| {
        let path = status.path(&Place::Offset {
            group: group.to_owned(),
            topic: edit.topic.clone(),
            partition: edit.key,
        });
        let data = Bytes::from(edit.offset.to_string());
        match edit.was {
            Some((_, version)) => Write::Set { path, data: Some(data), version: Some(version) },
            None => create(path, Some(data)),
        }
    }));
    batched(writes)
}

/// The znodes that must be there before these offsets can be, parents first.
pub fn folders(status: &Status, group: &str, edits: &[Edit]) -> Vec<String> {
    let mut all = vec![
        status.at(crate::kafka::layout::CONSUMERS),
        status.path(&Place::Group(group.to_owned())),
        status.path(&Place::Offsets(group.to_owned(), None)),
    ];
    let topics: BTreeSet<&str> = edits.iter().map(|edit| edit.topic.as_str()).collect();
    let of = |topic: &str| status.path(&Place::Offsets(group.to_owned(), Some(topic.to_owned())));
    all.extend(topics.into_iter().map(of));
    all
}

/// As Kafka's own consumers create theirs: for everybody, folders with null.
fn create(path: String, data: Option<Bytes>) -> Write {
    Write::Create { path, data, acl: vec![Acl::open()], mode: CreateMode::Persistent }
}

fn batched(writes: Vec<Write>) -> Vec<Vec<Write>> {
    let mut all: Vec<Vec<Write>> = Vec::new();
    let mut bytes = BYTES;
    for write in writes {
        bytes += write.path().len() + OVERHEAD;
        match all.last_mut() {
            Some(batch) if batch.len() < OPERATIONS && bytes <= BYTES => batch.push(write),
            _ => {
                bytes = write.path().len() + OVERHEAD;
                all.push(vec![write]);
            }
        }
    }
    all
}

/// The transactions that delete a group. The first takes `ids` away, which fails if a member has come; a
/// commit meanwhile fails the one with its offset.
pub fn deletion(status: &Status, group: &Group) -> Vec<Vec<Write>> {
    use super::Folder::Absent;
    let name = || group.name.clone();
    let delete = |place: Place, version| Write::Delete { path: status.path(&place), version };
    let mut writes = Vec::new();
    if group.ids != Absent {
        writes.push(delete(Place::Members(name()), None));
    }
    for (topic, offsets) in &group.offsets {
        for (key, offset) in offsets {
            let place = Place::Offset { group: name(), topic: topic.clone(), partition: *key };
            writes.push(delete(place, offset.stat().map(|stat| stat.version)));
        }
        writes.push(delete(Place::Offsets(name(), Some(topic.clone())), None));
    }
    for (topic, owners) in &group.owners {
        for key in owners.keys() {
            let place = Place::Owner { group: name(), topic: topic.clone(), partition: *key };
            writes.push(delete(place, None));
        }
        writes.push(delete(Place::Owners(name(), Some(topic.clone())), None));
    }
    if group.committed != Absent {
        writes.push(delete(Place::Offsets(name(), None), None));
    }
    if group.owned != Absent {
        writes.push(delete(Place::Owners(name(), None), None));
    }
    writes.push(delete(Place::Group(name()), None));
    batched(writes)
}

#[cfg(test)]
mod tests {
    use super::{BYTES, OPERATIONS, batched, create};

    #[test]
    fn transactions_are_bounded_and_keep_their_order() {
        let writes: Vec<_> = (0..5000).map(|n| create(format!("/{n}"), None)).collect();
        let batches = batched(writes.clone());
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [OPERATIONS; 5]);
        assert_eq!(batches.concat(), writes);
        let long: Vec<_> = (0..100).map(|n| create(format!("/{n}{}", "x".repeat(10_000)), None)).collect();
        let batches = batched(long.clone());
        assert!(batches.iter().all(|batch| batch.iter().map(|w| w.path().len()).sum::<usize>() <= BYTES));
        assert_eq!((batches.len(), batches.concat()), (4, long));
    }
}
