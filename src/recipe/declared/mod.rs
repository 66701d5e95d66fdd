//! A tree as somebody declares it, and what makes it true.
//!
//! [`plan`](plan::make) compares it with what is there and remembers the versions that it saw;
//! [`apply`](apply::apply) writes under those versions. What is not declared of a znode is left as it is.

pub mod apply;
pub mod file;
pub mod plan;
mod same;

use bytes::Bytes;

pub use apply::{Applied, apply};
pub use plan::{Change, NotPlanned, Plan, Step};
pub use same::{same, same_acl};

use crate::treefile::Entry;
use crate::znode::{Acl, NodeType, PathGlob, ZPath};

/// How data is compared with what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compare {
    /// Byte by byte.
    #[default]
    Bytes,
    /// As JSON.
    Json,
    /// As YAML.
    Yaml,
    /// As text, whatever its line ends and white space at its end.
    Text,
}

/// What a znode is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which znode.
    pub path: ZPath,
    /// It is declared itself, and not only because something below it is.
    pub named: bool,
    /// Its data, where that is declared; the inner `None` is null.
    pub data: Option<Option<Bytes>>,
    /// How its data is compared.
    pub compare: Compare,
    /// Its ACL, where that is declared.
    pub acl: Option<Vec<Acl>>,
    /// Its type, where that is declared.
    pub node_type: Option<NodeType>,
    /// It is not to be there, nor anything below it.
    pub absent: bool,
    /// Nothing below it is anybody's business here: it is never pruned.
    pub foreign: bool,
}

impl Wanted {
    /// A znode that is to be there, whatever it holds.
    pub fn there(path: ZPath) -> Self {
        Self {
            path,
            named: false,
            data: None,
            compare: Compare::default(),
            acl: None,
            node_type: None,
            absent: false,
            foreign: false,
        }
    }
}

/// What is deleted of what is not declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Prune {
    /// Nothing.
    #[default]
    Nothing,
    /// What the inventory says was declared before.
    Owned,
    /// Everything below the roots, but what is like one of these.
    All(Vec<PathGlob>),
}

/// A whole tree, parents before their children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Its znodes.
    pub nodes: Vec<Wanted>,
    /// Below these everything may be pruned.
    pub roots: Vec<ZPath>,
    /// The ACL of znodes that are created and declare none.
    pub default_acl: Option<Vec<Acl>>,
    /// What is deleted.
    pub prune: Prune,
    /// The most znodes that are deleted because they are not declared.
    pub max_pruned: usize,
    /// The znode that remembers what was declared.
    pub inventory: Option<ZPath>,
}

impl Declared {
    /// The tree that a tree file has. Of its znodes only what the file says is declared.
    pub fn of_tree_file(entries: Vec<Entry>) -> Self {
        let mut roots: Vec<ZPath> = Vec::new();
        for entry in entries.iter().filter(|entry| entry.said.name) {
            if !roots.iter().any(|root| entry.path.is_within(root)) {
                roots.push(entry.path.clone());
            }
        }
        let wanted = |entry: Entry| {
            let acl = || entry.acl.clone().unwrap_or_else(|| vec![Acl::open()]);
            Wanted {
                named: entry.said.name,
                data: entry.said.data.then(|| entry.data.clone()),
                acl: entry.said.acl.then(acl),
                node_type: entry.said.node_type.then_some(entry.node_type),
                ..Wanted::there(entry.path)
            }
        };
        Self { nodes: entries.into_iter().map(wanted).collect(), roots, ..Self::default() }
    }
}

/// How many znodes a plan may delete unless somebody says otherwise.
pub const MAX_PRUNED: usize = 50;
