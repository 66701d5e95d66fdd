//! The znodes: one slot each in a slab, found by parent and name.
//!
//! No path is stored: a path is looked up segment by segment in one hash table over (parent, name),
//! and children are chained through their slots. Names are interned, since the same few recur below
//! every parent of most trees.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::Arc;

use bytes::Bytes;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::interner::{Interner, Key, Text};
use super::quota::Quotas;
use super::shelves::{Kept, Shelves};
pub(super) use super::slab::Id;
use super::slab::{NONE, Slab};
use crate::znode::{Acl, Names, NodeType, Stat};

/// The root's place, for good.
pub(super) const ROOT: Id = 0;

/// A znode by itself, in no tree yet or no more.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its data; `None` is null.
    data: Option<Bytes>,
    birth: Birth,
    /// What has become of it since its creation, if anything.
    life: Option<Life>,
}

/// When a znode was created.
#[derive(Clone, Copy, Debug)]
struct Birth {
    zxid: i64,
    /// Milliseconds since the epoch.
    time: i64,
}

/// What may be otherwise than it was right after the creation of a plain znode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    /// Session of an ephemeral, or the marks of containers and TTL znodes ([`NodeType`]).
    owner: i64,
    pub(super) mzxid: i64,
    pub(super) pzxid: i64,
    /// Milliseconds since the epoch.
    pub(super) mtime: i64,
    pub(super) version: i32,
    /// Children ever created: the server stores this and shows creations and deletions together.
    pub(super) cversion: i32,
    pub(super) aversion: i32,
    first: Id,
    pub(super) children: u32,
    /// Children beside these, in the store below an overlay.
    pub(super) elsewhere: u32,
}

impl Life {
    fn after(birth: Birth) -> Self {
        Self {
            owner: 0,
            mzxid: birth.zxid,
            pzxid: birth.zxid,
            mtime: birth.time,
            version: 0,
            cversion: 0,
            aversion: 0,
            first: NONE,
            children: 0,
            elsewhere: 0,
        }
    }

    /// All of its children.
    pub(super) fn all_children(&self) -> u32 {
        self.children + self.elsewhere
    }

    pub(super) fn node_type(&self) -> NodeType {
        Stat { ephemeral_owner: self.owner, ..Stat::default() }.node_type()
    }
}

impl Node {
    /// A znode as it is right after `zxid` created it.
    pub(super) fn new(data: Option<Bytes>, owner: i64, zxid: i64, now: i64) -> Self {
        let birth = Birth { zxid, time: now };
        let life = (owner != 0).then(|| Life { owner, ..Life::after(birth) });
        Self { data, birth, life }
    }

    /// A znode as another store has it, all of its children there.
    pub(super) fn adopted(data: Option<Bytes>, stat: &Stat) -> Self {
        let birth = Birth { zxid: stat.czxid, time: stat.ctime };
        let life = Life {
            owner: stat.ephemeral_owner,
            mzxid: stat.mzxid,
            pzxid: stat.pzxid,
            mtime: stat.mtime,
            version: stat.version,
            cversion: stat.cversion.wrapping_add(stat.num_children) / 2,
            aversion: stat.aversion,
            elsewhere: stat.num_children.unsigned_abs(),
            ..Life::after(birth)
        };
        Self { data, birth, life: Some(life) }
    }
}

/// What the tree has of every znode. There are millions of these, most of them leaves that nobody has
/// changed since they were created: nothing else is kept of those.
#[derive(Debug)]
struct Slot {
    data: Kept,
    birth: Birth,
    /// Where its [`Life`] is, if it has one.
    life: Id,
    acl: Key,
    name: Key,
    parent: Id,
    next: Id,
    previous: Id,
}

/// A tree of znodes; there is always a root.
#[derive(Debug)]
pub(super) struct Tree {
    slots: Slab<Slot>,
    lives: Slab<Life>,
    data: Shelves,
    index: HashTable<Id>,
    hasher: DefaultHashBuilder,
    names: Interner<Text>,
    acls: Interner<Arc<[Acl]>>,
    ephemerals: HashMap<i64, HashSet<Id>>,
    /// Containers and TTL znodes.
    mortal: HashSet<Id>,
    pub(super) quotas: Quotas,
}

impl Tree {
    /// A tree of the root alone.
    pub(super) fn new(root: Node, acl: &[Acl]) -> Self {
        let mut tree = Self {
            slots: Slab::default(),
            lives: Slab::default(),
            data: Shelves::default(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            names: Interner::default(),
            acls: Interner::default(),
            ephemerals: HashMap::new(),
            mortal: HashSet::new(),
            quotas: Quotas::default(),
        };
        tree.put(NONE, "", acl, root);
        tree
    }

    /// Puts another root in the place of one that has no children.
    pub(super) fn replace_root(&mut self, root: Node) {
        if self.life(ROOT).is_none_or(|life| life.children > 0) {
            return;
        }
        self.set_data(ROOT, root.data.as_deref());
        if let Some(slot) = self.slots.get_mut(ROOT) {
            slot.birth = root.birth;
        }
        let life = root.life.unwrap_or_else(|| Life::after(root.birth));
        if let Some(place) = self.life_mut(ROOT) {
            *place = life;
        }
    }

    /// How many znodes there are, the root too.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// What is not for good about a znode.
    pub(super) fn life(&self, id: Id) -> Option<Life> {
        let slot = self.slots.get(id)?;
        Some(self.lives.get(slot.life).copied().unwrap_or_else(|| Life::after(slot.birth)))
    }

    /// The same, to be changed.
    pub(super) fn life_mut(&mut self, id: Id) -> Option<&mut Life> {
        let slot = self.slots.get_mut(id)?;
        if slot.life == NONE {
            slot.life = self.lives.put(Life::after(slot.birth));
        }
        self.lives.get_mut(slot.life)
    }

    /// The data of a znode; `None` is null.
    pub(super) fn data(&self, id: Id) -> Option<&[u8]> {
        self.data.get(self.slots.get(id)?.data)
    }

    pub(super) fn data_length(&self, id: Id) -> usize {
        self.slots.get(id).map_or(0, |slot| slot.data.len())
    }

    /// Sets the data, and nothing else.
    pub(super) fn set_data(&mut self, id: Id, data: Option<&[u8]>) {
        if let Some(slot) = self.slots.get_mut(id) {
            self.data.free(slot.data);
            slot.data = self.data.put(data);
        }
    }

    pub(super) fn parent(&self, id: Id) -> Option<Id> {
        self.slots.get(id).map(|slot| slot.parent)
    }

    /// As `DataNode.copyStat` computes it.
    pub(super) fn stat(&self, id: Id) -> Option<Stat> {
        let slot = self.slots.get(id)?;
        let life = self.life(id)?;
        let children = life.all_children() as i32;
        Some(Stat {
            czxid: slot.birth.zxid,
            mzxid: life.mzxid,
            ctime: slot.birth.time,
            mtime: life.mtime,
            version: life.version,
            cversion: life.cversion.wrapping_mul(2).wrapping_sub(children),
            aversion: life.aversion,
            // Containers and TTL znodes show none.
            ephemeral_owner: match life.node_type() {
                NodeType::Ephemeral(session) => session,
                _ => 0,
            },
            data_length: slot.data.len() as i32,
            num_children: children,
            pzxid: life.pzxid,
        })
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
        let is_it =
            |&id: &Id| self.slots.get(id).is_some_and(|slot| (slot.parent, slot.name) == (parent, name));
        self.index.find(self.hasher.hash_one((parent, name)), is_it).copied()
    }

    fn put(&mut self, parent: Id, name: &str, acl: &[Acl], node: Node) -> Id {
        let slot = Slot {
            data: self.data.put(node.data.as_deref()),
            birth: node.birth,
            life: node.life.map_or(NONE, |life| self.lives.put(life)),
            acl: self.acls.take(acl),
            name: self.names.take(name),
            parent,
            next: self.life(parent).map_or(NONE, |parent| parent.first),
            previous: NONE,
        };
        self.slots.put(slot)
    }

    /// Adds a child that is not there yet. Only its place in the tree is set, nothing of the parent
    /// but its number of children.
    pub(super) fn insert(&mut self, parent: Id, name: &str, acl: &[Acl], node: Node) -> Id {
        let (owner, node_type) = match node.life {
            Some(life) => (life.owner, life.node_type()),
            None => (0, NodeType::Persistent),
        };
        let id = self.put(parent, name, acl, node);
        let Some(&Slot { name, next, .. }) = self.slots.get(id) else { return id };
        if let Some(next) = self.slots.get_mut(next) {
            next.previous = id;
        }
        if let Some(parent) = self.life_mut(parent) {
            parent.first = id;
            parent.children += 1;
        }
        let Self { index, slots, hasher, .. } = self;
        let key = |id: &Id| {
            let known = slots.get(*id).map_or((NONE, Key::FIRST), |slot| (slot.parent, slot.name));
            hasher.hash_one(known)
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
        let slot = self.slots.take(id)?;
        let hash = self.hasher.hash_one((slot.parent, slot.name));
        if let Ok(entry) = self.index.find_entry(hash, |&known| known == id) {
            entry.remove();
        }
        if let Some(next) = self.slots.get_mut(slot.next) {
            next.previous = slot.previous;
        }
        let first = match self.slots.get_mut(slot.previous) {
            Some(previous) => {
                previous.next = slot.next;
                None
            }
            None => Some(slot.next),
        };
        if let Some(parent) = self.life_mut(slot.parent) {
            parent.first = first.unwrap_or(parent.first);
            parent.children -= 1;
        }
        self.names.release(slot.name);
        self.acls.release(slot.acl);
        let node = Node {
            data: self.data.get(slot.data).map(Bytes::copy_from_slice),
            birth: slot.birth,
            life: self.lives.take(slot.life),
        };
        self.data.free(slot.data);
        let owner = node.life.map_or(0, |life| life.owner);
        if let Some(ids) = self.ephemerals.get_mut(&owner) {
            ids.remove(&id);
            if ids.is_empty() {
                self.ephemerals.remove(&owner);
            }
        }
        self.mortal.remove(&id);
        Some(node)
    }

    pub(super) fn acl(&self, id: Id) -> &[Acl] {
        self.slots.get(id).and_then(|slot| self.acls.get(slot.acl)).map_or(&[], |acl| acl)
    }

    /// The same, kept by whoever asks.
    pub(super) fn shared_acl(&self, id: Id) -> Arc<[Acl]> {
        self.slots.get(id).and_then(|slot| self.acls.get(slot.acl)).cloned().unwrap_or_default()
    }

    pub(super) fn set_acl(&mut self, id: Id, acl: &[Acl]) {
        let new = self.acls.take(acl);
        if let Some(slot) = self.slots.get_mut(id) {
            let old = std::mem::replace(&mut slot.acl, new);
            self.acls.release(old);
        }
    }

    /// The last segment of the path.
    pub(super) fn name(&self, id: Id) -> &str {
        self.slots.get(id).and_then(|slot| self.names.get(slot.name)).map_or("", |name| name)
    }

    pub(super) fn path(&self, id: Id) -> String {
        let mut segments = Vec::new();
        let mut at = id;
        while at != ROOT
            && let Some(parent) = self.parent(at)
        {
            segments.push(self.name(at));
            at = parent;
        }
        if segments.is_empty() {
            return "/".to_owned();
        }
        segments.into_iter().rev().fold(String::new(), |path, name| path + "/" + name)
    }

    /// The children, newest first.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let first = self.life(id).map_or(NONE, |life| life.first);
        let some = |id: Id| (id != NONE).then_some(id);
        std::iter::successors(some(first), move |&id| some(self.slots.get(id)?.next))
    }

    /// Their names.
    pub(super) fn names(&self, id: Id) -> Names {
        self.children(id).map(|child| self.name(child)).collect()
    }

    /// How many znodes are below, at any depth.
    pub(super) fn below(&self, id: Id) -> usize {
        if id == ROOT {
            return self.len() - 1;
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

    /// The ephemerals of all sessions.
    pub(super) fn all_ephemerals(&self) -> usize {
        self.ephemerals.values().map(HashSet::len).sum()
    }

    /// Containers and TTL znodes.
    pub(super) fn mortal(&self) -> impl Iterator<Item = Id> + '_ {
        self.mortal.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, ROOT, Slot, Tree};
    use crate::znode::Acl;

    #[test]
    fn of_a_znode_little_is_kept_until_something_becomes_of_it() {
        assert_eq!(size_of::<Option<Slot>>(), 48);
        let open = [Acl::open()];
        let mut tree = Tree::new(Node::new(None, 0, 0, 0), &open);
        let plain = tree.insert(ROOT, "plain", &open, Node::new(None, 0, 7, 1000));
        let stat = tree.stat(plain).unwrap();
        assert_eq!((stat.czxid, stat.mzxid, stat.pzxid, stat.ctime, stat.mtime), (7, 7, 7, 1000, 1000));
        assert_eq!((tree.lives.len(), tree.stat(ROOT).unwrap().num_children), (1, 1));
        tree.life_mut(plain).unwrap().version = 1;
        let later = tree.stat(plain).unwrap();
        assert_eq!((later.version, later.mzxid, tree.lives.len()), (1, 7, 2));
        let node = tree.remove(plain).unwrap();
        assert_eq!((tree.lives.len(), tree.len()), (1, 1));
        let again = tree.insert(ROOT, "again", &open, node);
        assert_eq!(tree.stat(again), Some(later));
    }
}
