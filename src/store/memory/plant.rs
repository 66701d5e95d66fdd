//! Znodes that come into an ensemble from elsewhere, from a tree file or from the store below an
//! overlay, and that go into a tree file.

use std::io;

use bytes::Bytes;

use super::acl::Identity;
use super::engine::{Engine, transaction};
use super::tree::{Id, Node, ROOT};
use crate::treefile::{Entry, Said, Writer};
use crate::wire::request::Create;
use crate::wire::{Code, WriteOp};
use crate::znode::{Acl, CreateMode, NodeType, Stat, ZPath};

impl Engine {
    /// Plants a znode as a tree file has it, above all ACLs, with what is there already replaced.
    /// Ephemerals belong to `session`.
    pub(super) fn plant(&mut self, entry: &Entry, session: i64) -> Result<(), Code> {
        self.zxid += 1;
        let identities = [Identity::superuser()];
        let mut transaction =
            transaction(&mut self.tree, &identities, &self.taken, session, self.zxid, (self.rules.clock)());
        let path = entry.path.to_string();
        let acl = entry.acl.clone().unwrap_or_else(|| vec![Acl::open()]);
        let data = entry.data.clone();
        let planted = if transaction.tree.find(&path).is_some() {
            let set = transaction.apply(&WriteOp::SetData { path: path.clone(), data, version: -1 });
            set.and_then(|_| transaction.set_acl(&path, &acl, -1)).map(drop)
        } else {
            let mode = match entry.node_type {
                NodeType::Persistent => CreateMode::Persistent,
                NodeType::Ephemeral(_) => CreateMode::Ephemeral,
                NodeType::Container => CreateMode::Container,
                NodeType::Ttl(ttl) => CreateMode::Ttl(ttl),
            };
            transaction.apply(&WriteOp::Create(Create { path, data, acl, mode, stat: false })).map(drop)
        };
        if planted.is_err() {
            transaction.undo();
        }
        let done = transaction.done;
        self.commit(done);
        planted
    }

    /// Takes a znode over from the store below: its parent must be here already. `listed` says that
    /// its parent counts it among its children elsewhere.
    pub(super) fn adopt(&mut self, path: &str, data: Option<&[u8]>, stat: &Stat, listed: bool) {
        // What is created here is newer than all that was there.
        self.zxid = self.zxid.max(stat.mzxid).max(stat.pzxid).max(stat.czxid);
        let node = Node::adopted(data.map(Bytes::copy_from_slice), stat);
        if path == "/" {
            self.tree.replace_root(node);
            return;
        }
        let Some((above, name)) = path.rsplit_once('/') else { return };
        let Some(parent) = self.tree.find(above) else { return };
        if self.tree.find(path).is_none() {
            self.tree.insert(parent, name, &[Acl::open()], node);
            if listed && let Some(life) = self.tree.life_mut(parent) {
                life.elsewhere = life.elsewhere.saturating_sub(1);
            }
        }
    }

    /// Sets the ACL of an adopted znode to what it was below.
    pub(super) fn adopt_acl(&mut self, path: &str, acl: &[Acl]) {
        if let Some(id) = self.tree.find(path) {
            self.tree.set_acl(id, acl);
        }
    }

    /// Writes all znodes as a tree file, but the ones that a server makes for itself.
    pub(super) fn save(&self, out: impl io::Write) -> io::Result<()> {
        let mut writer = Writer::new(out)?;
        let mut todo: Vec<(usize, Id)> = Vec::new();
        let below = |id: Id, depth: usize, todo: &mut Vec<(usize, Id)>| {
            let mut children: Vec<Id> = self.tree.children(id).collect();
            children.sort_by(|a, b| self.tree.name(*b).cmp(self.tree.name(*a)));
            todo.extend(children.into_iter().map(|child| (depth, child)));
        };
        below(ROOT, 0, &mut todo);
        while let Some((depth, id)) = todo.pop() {
            let Some(life) = self.tree.life(id) else { continue };
            let path = self.tree.path(id);
            let used = |path| {
                let life = self.tree.find(path).and_then(|id| self.tree.life(id));
                life.is_some_and(|life| life.children > 0)
            };
            let own = match path.as_str() {
                "/zookeeper" => life.children == 2 && !used("/zookeeper/quota"),
                "/zookeeper/quota" => life.children == 0,
                path => path == "/zookeeper/config",
            };
            if own {
                continue;
            }
            let acl = self.tree.acl(id);
            let entry = Entry {
                data: self.tree.data(id).map(Bytes::copy_from_slice),
                acl: (acl != [Acl::open()]).then(|| acl.to_vec()),
                node_type: life.node_type(),
                line: 0,
                said: Said::default(),
                path: ZPath::from_server(path),
            };
            writer.node(depth, self.tree.name(id), &entry, life.children > 0)?;
            below(id, depth + 1, &mut todo);
        }
        writer.finish().map(drop)
    }
}
