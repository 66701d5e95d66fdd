//! Reading groups.

use super::{ByPartition, Folder, Group};
use crate::cluster::Entry;
use crate::cluster::Status;
use crate::kafka::layout::{CONSUMERS, PartitionKey, Place};
use crate::kafka::model::Content;
use crate::store::{Failure, Found, Read, Store, read_one};
use crate::walk::Reads;
use crate::wire::Code;
use crate::znode::Names;

/// Groups read together.
const TOGETHER: usize = 512;

/// The names of all groups, in natural order.
pub async fn names(store: &dyn Store, status: &Status) -> Result<Names, Failure> {
    let mut names = match read_one(store, Read::Children(status.at(CONSUMERS))).await {
        Ok(Found::Children(names)) => names,
        Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => Names::default(),
        Err(failure) => return Err(failure),
    };
    names.sort_natural();
    Ok(names)
}

/// Groups read in their order, some at a time: memory does not grow with their number.
pub struct GroupScan<'a> {
    store: &'a dyn Store,
    status: &'a Status,
    names: std::vec::IntoIter<String>,
}

/// Which list of a group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Ids,
    Owners,
    Offsets,
}

impl List {
    const ALL: [Self; 3] = [Self::Ids, Self::Owners, Self::Offsets];

    fn name(self) -> &'static str {
        match self {
            Self::Ids => "ids",
            Self::Owners => "owners",
            Self::Offsets => "offsets",
        }
    }
}

impl<'a> GroupScan<'a> {
    /// Of these groups.
    pub fn new(store: &'a dyn Store, status: &'a Status, names: Vec<String>) -> Self {
        Self { store, status, names: names.into_iter() }
    }

    /// The next groups; `None` at the end. One that is gone is left out.
    pub async fn next(&mut self) -> Result<Option<Vec<Group>>, Failure> {
        let names: Vec<String> = self.names.by_ref().take(TOGETHER).collect();
        if names.is_empty() {
            return Ok(None);
        }
        let groups = self.there(names).await?;
        let mut groups: Vec<_> = groups.into_iter().map(Group::new).collect();
        let inner = self.lists(&mut groups).await?;
        let leaves = self.below(&mut groups, inner).await?;
        self.leaves(&mut groups, leaves).await?;
        Ok(Some(groups))
    }

    async fn there(&self, names: Vec<String>) -> Result<Vec<String>, Failure> {
        let reads = names.into_iter().map(|name| {
            let path = self.status.path(&Place::Group(name.clone()));
            (name, Read::Stat(path))
        });
        let answers = Reads::new(self.store, reads.collect::<Vec<_>>()).all().await?;
        let there = answers.into_iter().filter(|(_, answer)| *answer != Err(Code::NO_NODE));
        Ok(there.map(|(name, _)| name).collect())
    }

    fn path(&self, group: &Group, below: &str) -> String {
        format!("{}/{below}", self.status.path(&Place::Group(group.name.clone())))
    }

    /// Lists `ids`, `owners` and `offsets`. The children of each, by the place of their group.
    async fn lists(&self, groups: &mut [Group]) -> Result<Vec<(usize, List, Names)>, Failure> {
        let lists = groups.iter().enumerate().flat_map(|(index, group)| {
            List::ALL.map(|list| ((index, list), Read::Children(self.path(group, list.name()))))
        });
        let mut found = Vec::new();
        for ((index, list), answer) in Reads::new(self.store, lists.collect::<Vec<_>>()).all().await? {
            let Some(group) = groups.get_mut(index) else { continue };
            let folder = match answer {
                Ok(Found::Children(mut names)) => {
                    names.sort_natural();
                    found.push((index, list, names));
                    Folder::Listed
                }
                Ok(_) => Folder::Refused(Code::MARSHALLING_ERROR),
                Err(Code::NO_NODE) => Folder::Absent,
                Err(code) => Folder::Refused(code),
            };
            if let Folder::Refused(code) = folder {
                group.faults.push((list.name().to_owned(), refusal(code)));
            }
            *match list {
                List::Ids => &mut group.ids,
                List::Owners => &mut group.owned,
                List::Offsets => &mut group.committed,
            } = folder;
        }
        Ok(found)
    }

    /// Reads the members, and lists the partitions of each topic.
    async fn below(
        &self,
        groups: &mut [Group],
        lists: Vec<(usize, List, Names)>,
    ) -> Result<Vec<(usize, List, String, PartitionKey)>, Failure> {
        let mut reads = Vec::new();
        for (index, list, names) in &lists {
            let Some(group) = groups.get(*index) else { continue };
            for name in names.iter() {
                let path = self.path(group, &format!("{}/{name}", list.name()));
                let read = if *list == List::Ids { Read::Data(path) } else { Read::Children(path) };
                reads.push(((*index, *list, name.to_owned()), read));
            }
        }
        let mut leaves = Vec::new();
        for ((index, list, name), answer) in Reads::new(self.store, reads).all().await? {
            let Some(group) = groups.get_mut(index) else { continue };
            match (list, answer) {
                (_, Err(Code::NO_NODE)) => {}
                (List::Ids, answer) => drop(group.members.insert(name, Entry::of(answer))),
                (_, Ok(Found::Children(names))) => {
                    match list {
                        List::Owners => drop(group.owners.entry(name.clone()).or_default()),
                        _ => drop(group.offsets.entry(name.clone()).or_default()),
                    }
                    for child in names.iter() {
                        match PartitionKey::parse(child) {
                            Some(key) => leaves.push((index, list, name.clone(), key)),
                            None => {
                                let path = format!("{}/{name}/{child}", list.name());
                                group.faults.push((path, "it is no partition".to_owned()));
                            }
                        }
                    }
                }
                (_, Ok(_)) => {}
                (_, Err(code)) => {
                    group.faults.push((format!("{}/{name}", list.name()), refusal(code)));
                }
            }
        }
        Ok(leaves)
    }

    /// Reads owners and offsets.
    async fn leaves(
        &self,
        groups: &mut [Group],
        leaves: Vec<(usize, List, String, PartitionKey)>,
    ) -> Result<(), Failure> {
        let mut reads = Vec::with_capacity(leaves.len());
        for (index, list, topic, key) in leaves {
            let Some(group) = groups.get(index) else { continue };
            let path = self.path(group, &format!("{}/{topic}/{key}", list.name()));
            reads.push(((index, list, topic, key), Read::Data(path)));
        }
        for ((index, list, topic, key), answer) in Reads::new(self.store, reads).all().await? {
            let Some(group) = groups.get_mut(index) else { continue };
            match list {
                List::Owners => insert(&mut group.owners, topic, key, answer),
                _ => insert(&mut group.offsets, topic, key, answer),
            }
        }
        Ok(())
    }
}

fn insert<T: Content>(
    into: &mut ByPartition<T>,
    topic: String,
    key: PartitionKey,
    answer: Result<Found, Code>,
) {
    let entry = Entry::of(answer);
    if !entry.is_absent() {
        into.entry(topic).or_default().insert(key, entry);
    }
}

fn refusal(code: Code) -> String {
    match code {
        Code::NO_AUTH => "it may not be listed (NoAuth)".to_owned(),
        code => format!("it cannot be listed: {} ({code})", code.words()),
    }
}
