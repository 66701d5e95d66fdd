//! Reads and watches, as `FinalRequestProcessor` answers them.

use bytes::Bytes;

use super::acl;
use super::engine::Engine;
use super::tree::Id;
use super::watches::Mode;
use crate::wire::request::SetWatches;
use crate::wire::{AddWatchMode, Code, ReadOp, ReadResult, Reply, Request, WatcherType};
use crate::znode::{EventKind, Perms, Stat};

/// Bytes of an answer of many parts, after which no part is added: else a megabyte of requests for the
/// same megabyte would be worth sixty gigabytes. Nobody who means it asks for as much at once; a real
/// server tries, and runs out of memory.
pub(in crate::store) const MANY: usize = 32 << 20;

/// All parts of an answer, if they are not too many bytes together.
fn within<T>(parts: impl Iterator<Item = T>, size: impl Fn(&T) -> usize) -> Result<Vec<T>, Code> {
    let mut held = 0;
    let one = |part: T| {
        let whole = held <= MANY;
        held += size(&part);
        whole.then_some(part).ok_or(Code::MARSHALLING_ERROR)
    };
    parts.map(one).collect()
}

impl Engine {
    pub(super) fn read(&mut self, connection: u64, request: &Request) -> Result<Reply, Code> {
        match request {
            Request::Exists { path, watch } => {
                if path.contains('\0') {
                    return Err(Code::BAD_ARGUMENTS);
                }
                let id = self.tree.find(path);
                if let Some(id) = id {
                    self.permit(connection, id, Perms::READ)?;
                }
                if *watch {
                    self.data.add(path, connection, Mode::Once);
                }
                id.and_then(|id| self.tree.stat(id)).map(Reply::Stat).ok_or(Code::NO_NODE)
            }
            Request::GetData { path, watch } => {
                let (data, stat) = self.data_of(connection, path)?;
                if *watch {
                    self.data.add(path, connection, Mode::Once);
                }
                Ok(Reply::Data(data, stat))
            }
            Request::GetChildren { path, watch } | Request::GetChildren2 { path, watch } => {
                let (id, stat) = self.readable(connection, path)?;
                let names = self.tree.names(id);
                if *watch {
                    self.child.add(path, connection, Mode::Once);
                }
                let with_stat = matches!(request, Request::GetChildren2 { .. });
                Ok(if with_stat { Reply::Children2(names, stat) } else { Reply::Children(names) })
            }
            Request::GetAcl { path } => {
                let id = self.tree.find(path).ok_or(Code::NO_NODE)?;
                self.permit(connection, id, Perms(Perms::READ.0 | Perms::ADMIN.0))?;
                let list = self.tree.acl(id);
                let whole = self.permit(connection, id, Perms::ADMIN).is_ok();
                let shown = if whole { list.to_vec() } else { acl::masked(list) };
                Ok(Reply::Acl(shown, self.tree.stat(id).unwrap_or_default()))
            }
            Request::Sync { path } => Ok(Reply::Synced(path.clone())),
            Request::Ping => Ok(Reply::Nothing),
            Request::MultiRead(ops) => self.many(connection, ops),
            Request::GetEphemerals { prefix } => {
                let session = self.connections.get(&connection).map_or(0, |known| known.session);
                let all = ["", "/"].contains(&prefix.trim_matches(|c| c <= ' '));
                let paths = self.tree.ephemerals(session).map(|id| self.tree.path(id));
                let paths = paths.filter(|path| all || path.starts_with(prefix.as_str()));
                within(paths, String::len).map(Reply::Ephemerals)
            }
            Request::GetAllChildrenNumber { path } => {
                let (id, _) = self.readable(connection, path)?;
                // To the server everything begins like the empty path and a slash, `/` itself too.
                let below = self.tree.below(id) + usize::from(path.is_empty());
                Ok(Reply::Count(below as i32))
            }
            Request::WhoAmI => {
                let identities = self.connections.get(&connection).map(|known| &known.identities);
                let shown = |identity: &acl::Identity| (identity.scheme.clone(), identity.user().to_owned());
                Ok(Reply::Identities(identities.into_iter().flatten().map(shown).collect()))
            }
            Request::AddWatch { path, mode } => {
                let mode = match mode {
                    AddWatchMode::Persistent => Mode::Persistent,
                    AddWatchMode::Recursive => Mode::Recursive,
                };
                self.watch(path, connection, mode);
                Ok(Reply::WatchAdded(0))
            }
            Request::CheckWatches { path, kind } => {
                let found = self.watched(connection, path, *kind, false);
                if found { Ok(Reply::Nothing) } else { Err(Code::NO_WATCHER) }
            }
            Request::RemoveWatches { path, kind } => {
                let found = self.watched(connection, path, *kind, true);
                if found { Ok(Reply::Nothing) } else { Err(Code::NO_WATCHER) }
            }
            Request::SetWatches(watches) | Request::SetWatches2(watches) => {
                self.set_watches(connection, watches);
                Ok(Reply::Nothing)
            }
            _ => Err(Code::UNIMPLEMENTED),
        }
    }

    fn many(&self, connection: u64, ops: &[ReadOp]) -> Result<Reply, Code> {
        let results = ops.iter().map(|op| self.one_of_many(connection, op));
        let results = within(results, |result| match result {
            ReadResult::Data(data, _) => data.as_ref().map_or(0, Bytes::len),
            ReadResult::Children(names) => names.size(),
            ReadResult::Failed(_) => 0,
        });
        results.map(Reply::MultiRead)
    }

    fn one_of_many(&self, connection: u64, op: &ReadOp) -> ReadResult {
        match op {
            ReadOp::Data(path) => match self.data_of(connection, path) {
                Ok((data, stat)) => ReadResult::Data(data, stat),
                Err(code) => ReadResult::Failed(code),
            },
            ReadOp::Children(path) => match self.readable(connection, path) {
                Ok((id, _)) => ReadResult::Children(self.tree.names(id)),
                Err(code) => ReadResult::Failed(code),
            },
        }
    }

    fn data_of(&self, connection: u64, path: &str) -> Result<(Option<Bytes>, Stat), Code> {
        let (id, stat) = self.readable(connection, path)?;
        Ok((self.tree.data(id).map(Bytes::copy_from_slice), stat))
    }

    fn readable(&self, connection: u64, path: &str) -> Result<(Id, Stat), Code> {
        let id = self.tree.find(path).ok_or(Code::NO_NODE)?;
        self.permit(connection, id, Perms::READ)?;
        Ok((id, self.tree.stat(id).ok_or(Code::NO_NODE)?))
    }

    fn permit(&self, connection: u64, id: Id, wanted: Perms) -> Result<(), Code> {
        let known = self.connections.get(&connection).ok_or(Code::SESSION_EXPIRED)?;
        let allowed = acl::allows(self.tree.acl(id), wanted, &known.identities);
        if allowed { Ok(()) } else { Err(Code::NO_AUTH) }
    }

    /// Whether there is a watch of this kind, which with `remove` is taken away.
    fn watched(&mut self, connection: u64, path: &str, kind: WatcherType, remove: bool) -> bool {
        let (data, child): (Option<&[Mode]>, Option<&[Mode]>) = match kind {
            WatcherType::Data => (Some(&[Mode::Once]), None),
            WatcherType::Children => (None, Some(&[Mode::Once])),
            WatcherType::Any => (Some(&[]), Some(&[])),
            WatcherType::Persistent => (Some(&[Mode::Persistent]), Some(&[Mode::Persistent])),
            WatcherType::PersistentRecursive => (Some(&[Mode::Recursive]), None),
        };
        let mut found = false;
        for (table, modes) in [(&mut self.data, data), (&mut self.child, child)] {
            let Some(modes) = modes else { continue };
            found |= if remove {
                table.remove(path, connection, modes)
            } else {
                table.has(path, connection, modes)
            };
        }
        found
    }

    /// Sets the watches of a connection that was lost, and tells at once what happened in between.
    fn set_watches(&mut self, connection: u64, watches: &SetWatches) {
        let since = watches.relative_zxid;
        for path in &watches.data {
            match self.seen(path) {
                None => self.tell_late(connection, EventKind::NodeDeleted, path),
                Some(stat) if stat.mzxid > since => {
                    self.tell_late(connection, EventKind::NodeDataChanged, path);
                }
                Some(_) => self.data.add(path, connection, Mode::Once),
            }
        }
        for path in &watches.exist {
            match self.seen(path) {
                Some(_) => self.tell_late(connection, EventKind::NodeCreated, path),
                None => self.data.add(path, connection, Mode::Once),
            }
        }
        for path in &watches.child {
            match self.seen(path) {
                None => self.tell_late(connection, EventKind::NodeDeleted, path),
                Some(stat) if stat.pzxid > since => {
                    self.tell_late(connection, EventKind::NodeChildrenChanged, path);
                }
                Some(_) => self.child.add(path, connection, Mode::Once),
            }
        }
        for path in &watches.persistent {
            self.watch(path, connection, Mode::Persistent);
        }
        for path in &watches.recursive {
            self.watch(path, connection, Mode::Recursive);
        }
    }

    fn seen(&self, path: &str) -> Option<Stat> {
        self.tree.stat(self.tree.find(path)?)
    }
}
