//! The znodes: one slot each in a slab, found by parent and name.
//!
//! No path is stored: a path is looked up segment by segment in one hash table over (parent, name),
//! and children are chained through their slots. Names are interned, since the same few recur below
//! every parent of most trees.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::interner::Interner;
use super::quota::Quotas;
use crate::znode::{Acl, Names, NodeType, Stat};

/// The place of a znode in the slab; given to another once it is deleted.
pub(super) type Id = u32;

/// The root's place, for good.
pub(super) const ROOT: Id = 0;
/// No znode.
const NONE: Id = u32::MAX;
/// Znodes in one piece of the slab: growing never copies what is there.
const PIECE: usize = 4096;

/// A znode.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its data; `None` is null.
    pub(super) data: Option<Box<[u8]>>,
    /// Session of an ephemeral, or the marks of containers and TTL znodes ([`NodeType`]).
    pub(super) owner: i64,
    pub(super) czxid: i64,
    pub(super) mzxid: i64,
    pub(super) pzxid: i64,
    /// Milliseconds since the epoch.
    pub(super) ctime: i64,
    /// Milliseconds since the epoch.
    pub(super) mtime: i64,
    pub(super) version: i32,
    /// Children ever created: the server stores this and shows creations and deletions together.
    pub(super) cversion: i32,
    pub(super) aversion: i32,
    acl: u32,
    name: u32,
    parent: Id,
    first: Id,
    next: Id,
    previous: Id,
    pub(super) children: u32,
    /// Children beside these, in the store below an overlay.
    pub(super) elsewhere: u32,
}

impl Node {
    /// A znode as it is right after `zxid` created it.
    pub(super) fn new(data: Option<Box<[u8]>>, owner: i64, zxid: i64, now: i64) -> Self {
        Self {
            data,
            owner,
            czxid: zxid,
            mzxid: zxid,
            pzxid: zxid,
            ctime: now,
            mtime: now,
            version: 0,
            cversion: 0,
            aversion: 0,
            acl: 0,
            name: 0,
            parent: NONE,
            first: NONE,
            next: NONE,
            previous: NONE,
            children: 0,
            elsewhere: 0,
        }
    }

    /// A znode as another store has it, all of its children there.
    pub(super) fn adopted(data: Option<Box<[u8]>>, stat: &Stat) -> Self {
        let cversion = stat.cversion.wrapping_add(stat.num_children) / 2;
        Self {
            mzxid: stat.mzxid,
            pzxid: stat.pzxid,
            ctime: stat.ctime,
            mtime: stat.mtime,
            version: stat.version,
            cversion,
            aversion: stat.aversion,
            elsewhere: stat.num_children.unsigned_abs(),
            ..Self::new(data, stat.ephemeral_owner, stat.czxid, stat.ctime)
        }
    }

    /// All of its children.
    pub(super) fn all_children(&self) -> u32 {
        self.children + self.elsewhere
    }

    pub(super) fn node_type(&self) -> NodeType {
        Stat { ephemeral_owner: self.owner, ..Stat::default() }.node_type()
    }

    pub(super) fn parent(&self) -> Id {
        self.parent
    }

    pub(super) fn data_length(&self) -> usize {
        self.data.as_ref().map_or(0, |data| data.len())
    }

    /// As `DataNode.copyStat` computes it.
    pub(super) fn stat(&self) -> Stat {
        let children = self.all_children() as i32;
        Stat {
            czxid: self.czxid,
            mzxid: self.mzxid,
            ctime: self.ctime,
            mtime: self.mtime,
            version: self.version,
            cversion: self.cversion.wrapping_mul(2).wrapping_sub(children),
            aversion: self.aversion,
            // Containers and TTL znodes show none.
            ephemeral_owner: match self.node_type() {
                NodeType::Ephemeral(session) => session,
                _ => 0,
            },
            data_length: self.data_length() as i32,
            num_children: children,
            pzxid: self.pzxid,
        }
    }
}

/// A tree of znodes; there is always a root.
#[derive(Debug)]
pub(super) struct Tree {
    pieces: Vec<Vec<Option<Node>>>,
    free: Vec<Id>,
    index: HashTable<Id>,
    hasher: DefaultHashBuilder,
    names: Interner<str>,
    acls: Interner<[Acl]>,
    ephemerals: HashMap<i64, HashSet<Id>>,
    /// Containers and TTL znodes.
    mortal: HashSet<Id>,
    pub(super) quotas: Quotas,
    len: usize,
}

impl Tree {
    /// A tree of the root alone.
    pub(super) fn new(root: Node, acl: &[Acl]) -> Self {
        let mut tree = Self {
            pieces: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            names: Interner::default(),
            acls: Interner::default(),
            ephemerals: HashMap::new(),
            mortal: HashSet::new(),
            quotas: Quotas::default(),
            len: 0,
        };
        let name = tree.names.take("");
        let acl = tree.acls.take(acl);
        tree.put(Node { name, acl, ..root });
        tree
    }

    /// Puts another root in the place of one that has no children.
    pub(super) fn replace_root(&mut self, root: Node) {
        if let Some(old) = self.get_mut(ROOT)
            && old.children == 0
        {
            *old = Node { acl: old.acl, name: old.name, ..root };
        }
    }

    /// How many znodes there are, the root too.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, id: Id) -> Option<&Node> {
        self.pieces.get(id as usize / PIECE)?.get(id as usize % PIECE)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Node> {
        self.pieces.get_mut(id as usize / PIECE)?.get_mut(id as usize % PIECE)?.as_mut()
    }

    /// The znode at a path; the empty path is the root too, as for the server.
    pub(super) fn find(&self, path: &str) -> Option<Id> {
        if path.is_empty() || path == "/" {
            return Some(ROOT);
        }
        path.strip_prefix('/')?.split('/').try_fold(ROOT, |parent, name| self.child(parent, name))
    }

    fn child(&self, parent: Id, name: &str) -> Option<Id> {
        let name = self.names.find(name)?;
        let is_it = |&id: &Id| self.get(id).is_some_and(|node| (node.parent, node.name) == (parent, name));
        self.index.find(self.hasher.hash_one((parent, name)), is_it).copied()
    }

    fn put(&mut self, node: Node) -> Id {
        self.len += 1;
        if let Some(id) = self.free.pop() {
            if let Some(slot) =
                self.pieces.get_mut(id as usize / PIECE).and_then(|p| p.get_mut(id as usize % PIECE))
            {
                *slot = Some(node);
            }
            return id;
        }
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(Some(node)),
            _ => {
                // A small tree stays small.
                let mut piece = Vec::with_capacity(if self.pieces.is_empty() { 16 } else { PIECE });
                piece.push(Some(node));
                self.pieces.push(piece);
            }
        }
        let full = (self.pieces.len() - 1) * PIECE;
        (full + self.pieces.last().map_or(0, Vec::len) - 1) as Id
    }

    /// Adds a child that is not there yet. Only its place in the tree is set, nothing of the parent
    /// but its number of children.
    pub(super) fn insert(&mut self, parent: Id, name: &str, acl: &[Acl], node: Node) -> Id {
        let name = self.names.take(name);
        let acl = self.acls.take(acl);
        let next = self.get(parent).map_or(NONE, |parent| parent.first);
        let owner = node.owner;
        let node_type = node.node_type();
        let id = self.put(Node { name, acl, parent, next, previous: NONE, first: NONE, children: 0, ..node });
        if let Some(next) = self.get_mut(next) {
            next.previous = id;
        }
        if let Some(parent) = self.get_mut(parent) {
            parent.first = id;
            parent.children += 1;
        }
        let Self { index, pieces, hasher, .. } = self;
        let key = |id: &Id| {
            let node = pieces.get(*id as usize / PIECE).and_then(|piece| piece.get(*id as usize % PIECE));
            hasher.hash_one(node.and_then(Option::as_ref).map_or((NONE, 0), |node| (node.parent, node.name)))
        };
        index.insert_unique(hasher.hash_one((parent, name)), id, key);
        match node_type {
            NodeType::Persistent => {}
            NodeType::Ephemeral(_) => {
                self.ephemerals.entry(owner).or_default().insert(id);
            }
            NodeType::Container | NodeType::Ttl(_) => {
                self.mortal.insert(id);
            }
        }
        id
    }

    /// Takes a znode without children out of the tree.
    pub(super) fn remove(&mut self, id: Id) -> Option<Node> {
        let slot = self.pieces.get_mut(id as usize / PIECE)?.get_mut(id as usize % PIECE)?;
        let node = slot.take()?;
        self.free.push(id);
        self.len -= 1;
        if let Ok(entry) = self.index.find_entry(self.hasher.hash_one((node.parent, node.name)), |&i| i == id)
        {
            entry.remove();
        }
        if let Some(next) = self.get_mut(node.next) {
            next.previous = node.previous;
        }
        match self.get_mut(node.previous) {
            Some(previous) => previous.next = node.next,
            None => {
                if let Some(parent) = self.get_mut(node.parent) {
                    parent.first = node.next;
                }
            }
        }
        if let Some(parent) = self.get_mut(node.parent) {
            parent.children -= 1;
        }
        self.names.release(node.name);
        self.acls.release(node.acl);
        if let Some(ids) = self.ephemerals.get_mut(&node.owner) {
            ids.remove(&id);
            if ids.is_empty() {
                self.ephemerals.remove(&node.owner);
            }
        }
        self.mortal.remove(&id);
        Some(node)
    }

    pub(super) fn acl(&self, id: Id) -> &[Acl] {
        self.get(id).and_then(|node| self.acls.get(node.acl)).unwrap_or_default()
    }

    pub(super) fn set_acl(&mut self, id: Id, acl: &[Acl]) {
        let new = self.acls.take(acl);
        if let Some(node) = self.get_mut(id) {
            let old = std::mem::replace(&mut node.acl, new);
            self.acls.release(old);
        }
    }

    /// The last segment of the path.
    pub(super) fn name(&self, id: Id) -> &str {
        self.get(id).and_then(|node| self.names.get(node.name)).unwrap_or_default()
    }

    pub(super) fn path(&self, id: Id) -> String {
        let mut segments = Vec::new();
        let mut at = id;
        while at != ROOT
            && let Some(node) = self.get(at)
        {
            segments.push(self.name(at));
            at = node.parent;
        }
        if segments.is_empty() {
            return "/".to_owned();
        }
        segments.into_iter().rev().fold(String::new(), |path, name| path + "/" + name)
    }

    /// The children, newest first.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let first = self.get(id).map_or(NONE, |node| node.first);
        let some = |id: Id| (id != NONE).then_some(id);
        std::iter::successors(some(first), move |&id| some(self.get(id)?.next))
    }

    /// Their names.
    pub(super) fn names(&self, id: Id) -> Names {
        self.children(id).map(|child| self.name(child)).collect()
    }

    /// How many znodes are below, at any depth.
    pub(super) fn below(&self, id: Id) -> usize {
        if id == ROOT {
            return self.len - 1;
        }
        let mut todo = vec![id];
        let mut count = 0;
        while let Some(id) = todo.pop() {
            let before = todo.len();
            todo.extend(self.children(id));
            count += todo.len() - before;
        }
        count
    }

    /// The ephemerals of a session.
    pub(super) fn ephemerals(&self, session: i64) -> impl Iterator<Item = Id> + '_ {
        self.ephemerals.get(&session).into_iter().flatten().copied()
    }

    /// Containers and TTL znodes.
    pub(super) fn mortal(&self) -> impl Iterator<Item = Id> + '_ {
        self.mortal.iter().copied()
    }
}
