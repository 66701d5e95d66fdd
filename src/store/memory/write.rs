//! Changes: checked in the order in which `PrepRequestProcessor` checks them, since that decides
//! which of two errors a client sees, and undone again when a later part of a `multi` fails.

use std::sync::Arc;

use super::acl::{self, Identity};
use super::quota;
use super::taken::Taken;
use super::tree::{Id, Life, Node, Tree};
use crate::wire::request::Create;
use crate::wire::{Code, OpResult, WriteOp};
use crate::znode::{Acl, CreateMode, EventKind, NodeType, Perms, Stat, ZPath};

/// Znodes that cannot be deleted.
const SPECIAL: [&str; 4] = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

/// Something that watches are to be told of.
#[derive(Debug)]
pub(super) struct Happened {
    pub(super) kind: EventKind,
    pub(super) path: String,
    /// Who may read the znode may be told.
    pub(super) acl: Arc<[Acl]>,
}

/// One transaction: all of its changes carry one zxid, and all are made or none.
pub(super) struct Transaction<'a> {
    pub(super) tree: &'a mut Tree,
    pub(super) identities: &'a [Identity],
    pub(super) taken: &'a Taken,
    pub(super) session: i64,
    pub(super) zxid: i64,
    /// Milliseconds since the epoch.
    pub(super) now: i64,
    pub(super) done: Done,
}

/// What a transaction has changed so far.
#[derive(Debug, Default)]
pub(super) struct Done {
    undo: Vec<Undo>,
    pub(super) happened: Vec<Happened>,
}

/// How to take a change back.
#[derive(Debug)]
enum Undo {
    Create(Id),
    Delete { parent: Id, name: String, acl: Arc<[Acl]>, node: Box<Node> },
    Parent { id: Id, cversion: i32, pzxid: i64 },
    Data { id: Id, data: Option<Box<[u8]>>, version: i32, mzxid: i64, mtime: i64 },
    Acl { id: Id, acl: Arc<[Acl]>, aversion: i32 },
    Quota(quota::Undo),
}

impl Transaction<'_> {
    /// Makes one change.
    pub(super) fn apply(&mut self, op: &WriteOp) -> Result<OpResult, Code> {
        match op {
            WriteOp::Create(create) => {
                let (path, stat) = self.create(create)?;
                let shown = create.stat
                    || matches!(create.mode, CreateMode::Container)
                    || create.mode.ttl().is_some();
                Ok(OpResult::Created(path, shown.then_some(stat)))
            }
            WriteOp::Delete { path, version } => {
                self.delete(path, *version)?;
                Ok(OpResult::Deleted)
            }
            WriteOp::SetData { path, data, version } => {
                self.set_data(path, data.as_deref(), *version).map(OpResult::Set)
            }
            WriteOp::Check { path, version } => {
                let (_, life) = self.allowed(path, Perms::READ)?;
                next_version(life.version, *version)?;
                Ok(OpResult::Checked)
            }
        }
    }

    fn create(&mut self, create: &Create) -> Result<(String, Stat), Code> {
        if create.mode.ttl().is_some_and(|ttl| !(1..=CreateMode::MAX_TTL).contains(&ttl)) {
            return Err(Code::BAD_ARGUMENTS);
        }
        let (above, _) = create.path.rsplit_once('/').ok_or(Code::BAD_ARGUMENTS)?;
        if create.path.contains('\0') {
            return Err(Code::BAD_ARGUMENTS);
        }
        let acl = acl::settle(&create.acl, self.identities, self.taken)?;
        let parent = self.tree.find(above).ok_or(Code::NO_NODE)?;
        self.permit(parent, Perms::CREATE)?;
        let above = self.tree.life(parent).ok_or(Code::NO_NODE)?;
        let Life { cversion, pzxid, .. } = above;
        let ephemeral = matches!(above.node_type(), NodeType::Ephemeral(_));
        let path = if create.mode.is_sequential() {
            format!("{}{}", create.path, sequence(cversion))
        } else {
            create.path.clone()
        };
        let valid = ZPath::parse(&path).map_err(|_| Code::BAD_ARGUMENTS)?;
        if self.tree.find(&path).is_some() {
            return Err(Code::NODE_EXISTS);
        }
        if ephemeral {
            return Err(Code::NO_CHILDREN_FOR_EPHEMERALS);
        }
        let node_type = match create.mode {
            mode if mode.is_ephemeral() => NodeType::Ephemeral(self.session),
            CreateMode::Container => NodeType::Container,
            mode => mode.ttl().map_or(NodeType::Persistent, NodeType::Ttl),
        };
        let node = Node::new(create.data.clone(), node_type.owner(), self.zxid, self.now);
        let id = self.tree.insert(parent, valid.name(), &acl, node);
        self.done.undo.push(Undo::Parent { id: parent, cversion, pzxid });
        self.done.undo.push(Undo::Create(id));
        if let Some(life) = self.tree.life_mut(parent) {
            (life.cversion, life.pzxid) = (cversion.wrapping_add(1), self.zxid);
        }
        // Counts of quotas that are created here are written over at once, but that shows later.
        let stat = self.tree.stat(id).unwrap_or_default();
        let counted = quota::created(self.tree, &path, self.tree.data_length(id));
        self.done.undo.extend(counted.into_iter().map(Undo::Quota));
        self.happened(EventKind::NodeCreated, &path, self.tree.shared_acl(id));
        self.children_changed(parent);
        Ok((path, stat))
    }

    pub(super) fn delete(&mut self, path: &str, version: i32) -> Result<(), Code> {
        let (above, _) = path.rsplit_once('/').ok_or(Code::BAD_ARGUMENTS)?;
        if path.contains('\0') || SPECIAL.contains(&path) {
            return Err(Code::BAD_ARGUMENTS);
        }
        let parent = self.tree.find(above).ok_or(Code::NO_NODE)?;
        self.permit(parent, Perms::DELETE)?;
        let id = self.tree.find(path).ok_or(Code::NO_NODE)?;
        let life = self.tree.life(id).ok_or(Code::NO_NODE)?;
        next_version(life.version, version)?;
        if life.all_children() > 0 {
            return Err(Code::NOT_EMPTY);
        }
        self.take_out(id);
        Ok(())
    }

    /// Deletes a znode without children, whoever asks.
    pub(super) fn take_out(&mut self, id: Id) {
        let path = self.tree.path(id);
        let name = self.tree.name(id).to_owned();
        let acl = self.tree.shared_acl(id);
        let bytes = self.tree.data_length(id);
        let Some(parent) = self.tree.parent(id) else { return };
        let Some(node) = self.tree.remove(id) else { return };
        self.done.undo.push(Undo::Delete { parent, name, acl: acl.clone(), node: Box::new(node) });
        if let Some(life) = self.tree.life_mut(parent) {
            self.done.undo.push(Undo::Parent { id: parent, cversion: life.cversion, pzxid: life.pzxid });
            life.pzxid = life.pzxid.max(self.zxid);
        }
        let counted = quota::deleted(self.tree, &path, bytes);
        self.done.undo.extend(counted.into_iter().map(Undo::Quota));
        self.happened(EventKind::NodeDeleted, &path, acl);
        self.children_changed(parent);
    }

    fn set_data(&mut self, path: &str, data: Option<&[u8]>, version: i32) -> Result<Stat, Code> {
        let (id, life) = self.allowed(path, Perms::WRITE)?;
        let new = next_version(life.version, version)?;
        let before = self.tree.data_length(id);
        let old = self.tree.data(id).map(Box::from);
        let Life { version, mzxid, mtime, .. } = life;
        self.done.undo.push(Undo::Data { id, data: old, version, mzxid, mtime });
        self.tree.set_data(id, data);
        if let Some(life) = self.tree.life_mut(id) {
            (life.version, life.mzxid, life.mtime) = (new, self.zxid, self.now);
        }
        let stat = self.tree.stat(id).ok_or(Code::NO_NODE)?;
        let after = self.tree.data_length(id);
        let counted = quota::resized(self.tree, path, before, after);
        self.done.undo.extend(counted.map(Undo::Quota));
        self.happened(EventKind::NodeDataChanged, path, self.tree.shared_acl(id));
        Ok(stat)
    }

    pub(super) fn set_acl(&mut self, path: &str, acl: &[Acl], version: i32) -> Result<Stat, Code> {
        ZPath::parse(path).map_err(|_| Code::BAD_ARGUMENTS)?;
        let acl = acl::settle(acl, self.identities, self.taken)?;
        let (id, life) = self.allowed(path, Perms::ADMIN)?;
        let old = life.aversion;
        let new = next_version(old, version)?;
        self.done.undo.push(Undo::Acl { id, acl: self.tree.shared_acl(id), aversion: old });
        self.tree.set_acl(id, &acl);
        if let Some(life) = self.tree.life_mut(id) {
            life.aversion = new;
        }
        self.tree.stat(id).ok_or(Code::NO_NODE)
    }

    /// Takes everything back.
    pub(super) fn undo(&mut self) {
        let done = std::mem::take(&mut self.done);
        // A place that was freed is taken again in the opposite order, so every znode that comes
        // back gets the place it had.
        for undo in done.undo.into_iter().rev() {
            match undo {
                Undo::Create(id) => {
                    self.tree.remove(id);
                }
                Undo::Delete { parent, name, acl, node } => {
                    self.tree.insert(parent, &name, &acl, *node);
                }
                Undo::Parent { id, cversion, pzxid } => {
                    if let Some(life) = self.tree.life_mut(id) {
                        (life.cversion, life.pzxid) = (cversion, pzxid);
                    }
                }
                Undo::Data { id, data, version, mzxid, mtime } => {
                    self.tree.set_data(id, data.as_deref());
                    if let Some(life) = self.tree.life_mut(id) {
                        (life.version, life.mzxid, life.mtime) = (version, mzxid, mtime);
                    }
                }
                Undo::Acl { id, acl, aversion } => {
                    self.tree.set_acl(id, &acl);
                    if let Some(life) = self.tree.life_mut(id) {
                        life.aversion = aversion;
                    }
                }
                Undo::Quota(undo) => quota::undo(self.tree, undo),
            }
        }
    }

    /// The znode at a valid path on which this is allowed.
    fn allowed(&self, path: &str, wanted: Perms) -> Result<(Id, Life), Code> {
        ZPath::parse(path).map_err(|_| Code::BAD_ARGUMENTS)?;
        let id = self.tree.find(path).ok_or(Code::NO_NODE)?;
        self.permit(id, wanted)?;
        Ok((id, self.tree.life(id).ok_or(Code::NO_NODE)?))
    }

    fn permit(&self, id: Id, wanted: Perms) -> Result<(), Code> {
        let allowed = acl::allows(self.tree.acl(id), wanted, self.identities);
        if allowed { Ok(()) } else { Err(Code::NO_AUTH) }
    }

    fn children_changed(&mut self, parent: Id) {
        let (path, acl) = (self.tree.path(parent), self.tree.shared_acl(parent));
        self.happened(EventKind::NodeChildrenChanged, &path, acl);
    }

    fn happened(&mut self, kind: EventKind, path: &str, acl: Arc<[Acl]>) {
        self.done.happened.push(Happened { kind, path: path.to_owned(), acl });
    }
}

/// Java's `%010d`, which counts a sign as a digit.
fn sequence(number: i32) -> String {
    format!("{number:010}")
}

/// The version after a change to a znode that is expected at `expected`; −1 expects any.
fn next_version(current: i32, expected: i32) -> Result<i32, Code> {
    if expected != -1 && expected != current {
        return Err(Code::BAD_VERSION);
    }
    Ok(current.wrapping_add(1))
}
