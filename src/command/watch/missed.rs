//! What happened while nobody was looking.

use std::collections::{HashMap, HashSet};

use super::memory::Memory;
use super::{Watch, event_row};
use crate::command::{Context, failure};
use crate::error::Result;
use crate::store::Failure;
use crate::view::EventRow;
use crate::walk::{Options, Walk, Want};
use crate::wire::Code;
use crate::znode::{Event, EventKind, Stat, ZPath};

/// What is known of the watched znode from event to event, so that a gap can be made up for: a
/// persistent watch that is set again does not report what happened in between.
pub(super) struct Known {
    /// Whether the watched znode itself was there.
    there: bool,
    /// Up to which transaction the changes of a znode were found already.
    found: HashMap<ZPath, i64>,
}

impl Known {
    /// Begins with whether the watched znode is there.
    pub(super) fn new(there: bool) -> Self {
        Self { there, found: HashMap::new() }
    }

    /// Takes note of an event; `false` when it was found before it was reported.
    pub(super) fn news(&mut self, event: &Event, watched: &ZPath) -> bool {
        if event.path == *watched {
            match event.kind {
                EventKind::NodeCreated => self.there = true,
                EventKind::NodeDeleted => self.there = false,
                _ => {}
            }
        }
        match (self.found.get(&event.path), event.zxid) {
            (Some(found), Some(zxid)) => zxid > *found,
            _ => true,
        }
    }

    /// Finds what changed since `zxid` in the part of the tree that is watched. What is gone shows as
    /// such where it is remembered, and else as a change of its parent's children.
    pub(super) async fn catch_up(
        &mut self,
        cx: &Context<'_>,
        watch: &Watch,
        memory: &Memory,
        zxid: i64,
    ) -> Result<Vec<EventRow>> {
        let depth = if watch.recursive { None } else { Some(0) };
        let options = Options { depth, want: Want::Data, ..Options::new(watch.path.clone()) };
        let mut walk = Walk::new(cx.store, options);
        let mut rows = Vec::new();
        let mut visited = HashSet::new();
        let was_there = std::mem::replace(&mut self.there, true);
        loop {
            let visits = match walk.next().await {
                Ok(Some(visits)) => visits,
                Ok(None) => break,
                Err(Failure::Refused(Code::NO_NODE)) => {
                    self.there = false;
                    break;
                }
                Err(failure) => return Err(failure::error(failure, "look for changes of", &watch.path)),
            };
            for visit in visits {
                let stat = visit.node.as_ref().ok().and_then(|node| node.stat);
                for (kind, zxid) in stat.iter().flat_map(|stat| changes_since(stat, zxid)) {
                    self.found.insert(visit.path.clone(), zxid);
                    rows.push(found_row(kind, visit.path.clone(), Some(zxid)));
                }
                if watch.values {
                    visited.insert(visit.path);
                }
            }
        }
        let mut gone = memory.gone(&visited);
        if was_there && !self.there && gone.is_empty() {
            gone.push(watch.path.clone());
        }
        rows.extend(gone.into_iter().map(|path| found_row(EventKind::NodeDeleted, path, None)));
        Ok(rows)
    }
}

fn found_row(kind: EventKind, path: ZPath, zxid: Option<i64>) -> EventRow {
    EventRow { found_later: true, ..event_row(Event { kind, path, zxid }) }
}

/// What a stat tells of the time since `zxid`, each with its transaction, the oldest first.
fn changes_since(stat: &Stat, zxid: i64) -> Vec<(EventKind, i64)> {
    if stat.czxid > zxid {
        return vec![(EventKind::NodeCreated, stat.czxid.max(stat.mzxid))];
    }
    let mut changes =
        vec![(EventKind::NodeDataChanged, stat.mzxid), (EventKind::NodeChildrenChanged, stat.pzxid)];
    changes.retain(|(_, changed)| *changed > zxid);
    changes.sort_by_key(|(_, changed)| *changed);
    changes
}
