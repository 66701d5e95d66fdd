//! What was seen last, for showing what it was before.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::command::{Context, failure};
use crate::error::Result;
use crate::store::{Failure, Found, Read, read_one};
use crate::view::{EventRow, Happening, Seen};
use crate::walk::{Options, Walk, Want};
use crate::wire::Code;
use crate::znode::{EventKind, Names, ZPath};

/// Values kept to show what they were before, bytes.
const KEEP: usize = 64 << 20;

/// Values and lists of children, as far as they fit.
#[derive(Default)]
pub(super) struct Memory {
    values: HashMap<ZPath, Seen>,
    children: HashMap<ZPath, BTreeSet<String>>,
    bytes: usize,
}

impl Memory {
    /// Of one znode, what a read found.
    pub(super) fn of(path: &ZPath, found: Found) -> Self {
        let mut memory = Self::default();
        match found {
            Found::Data(data, _) => memory.keep(path.clone(), data),
            Found::Children(names) | Found::Listing(names, _) => {
                memory.children.insert(path.clone(), owned(&names));
            }
            _ => {}
        }
        memory
    }

    /// Takes in all that is watched.
    pub(super) async fn fill(&mut self, cx: &Context<'_>, path: &ZPath, recursive: bool) -> Result<()> {
        let depth = if recursive { None } else { Some(0) };
        let mut walk = Walk::new(cx.store, Options { depth, want: Want::Data, ..Options::new(path.clone()) });
        loop {
            match walk.next().await {
                Ok(Some(visits)) => {
                    for visit in visits {
                        if let Ok(node) = visit.node {
                            self.keep(visit.path, node.data);
                        }
                    }
                }
                Ok(None) | Err(Failure::Refused(Code::NO_NODE)) => break,
                Err(failure) => return Err(failure::error(failure, "read", path)),
            }
        }
        if let Ok(Found::Children(names)) = read_one(cx.store, Read::Children(path.to_string())).await {
            self.children.insert(path.clone(), owned(&names));
        }
        Ok(())
    }

    fn keep(&mut self, path: ZPath, data: Seen) {
        let size = size(&path, &data);
        if self.bytes + size <= KEEP {
            self.bytes += size;
            // Copied: a slice would keep the whole reply it came in.
            let data = data.map(|data| bytes::Bytes::copy_from_slice(&data));
            self.values.insert(path, data);
        }
    }

    fn forget(&mut self, path: &ZPath) -> Option<Seen> {
        let (path, data) = self.values.remove_entry(path)?;
        self.bytes -= size(&path, &data);
        Some(data)
    }

    /// Those that were seen and are not among `visited`.
    pub(super) fn gone(&self, visited: &HashSet<ZPath>) -> Vec<ZPath> {
        let mut gone: Vec<_> = self.values.keys().filter(|path| !visited.contains(*path)).cloned().collect();
        gone.sort_unstable();
        gone
    }

    /// Adds before and after to a row.
    pub(super) async fn look(&mut self, cx: &Context<'_>, row: &mut EventRow) -> Result<()> {
        let (Happening::Znode(kind), Some(path)) = (&row.what, row.path.clone()) else { return Ok(()) };
        let error = |failure| failure::error(failure, "read", &path);
        match kind {
            EventKind::NodeCreated | EventKind::NodeDataChanged => {
                let read = Read::Data(path.to_string());
                let new = match read_one(cx.store, read).await {
                    Ok(Found::Data(data, _)) => Some(data),
                    Ok(_) | Err(Failure::Refused(_)) => None,
                    Err(failure) => return Err(error(failure)),
                };
                let old = self.forget(&path);
                if let Some(new) = &new {
                    self.keep(path, new.clone());
                }
                row.values = Some((old, new));
            }
            EventKind::NodeDeleted => {
                row.values = Some((self.forget(&path), None));
            }
            EventKind::NodeChildrenChanged => {
                let read = Read::Children(path.to_string());
                let now = match read_one(cx.store, read).await {
                    Ok(Found::Children(names)) => owned(&names),
                    Ok(_) | Err(Failure::Refused(_)) => BTreeSet::new(),
                    Err(failure) => return Err(error(failure)),
                };
                if let Some(was) = self.children.insert(path, now.clone()) {
                    row.children = Some(came_and_went(&was, &now));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// What keeping a value takes, bytes.
fn size(path: &ZPath, data: &Seen) -> usize {
    path.len() + data.as_ref().map_or(0, |data| data.len())
}

fn owned(names: &Names) -> BTreeSet<String> {
    names.iter().map(str::to_owned).collect()
}

fn came_and_went(was: &BTreeSet<String>, now: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    (now.difference(was).cloned().collect(), was.difference(now).cloned().collect())
}
