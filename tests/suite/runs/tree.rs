//! A tree as an independent client sees it.

use std::collections::BTreeMap;

use crate::support::truth::{Acl, Truth};

/// A znode, without what differs between two runs that do the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) data: Option<Vec<u8>>,
    pub(super) acl: Vec<Acl>,
    /// Changes of its data, of its ACL and of its children.
    pub(super) versions: (i32, i32, i32),
    pub(super) ephemeral: bool,
}

pub(super) type Tree = BTreeMap<String, Node>;

/// Everything below a znode, and the znode itself.
pub(super) fn tree(truth: &mut Truth, root: &str) -> Tree {
    truth.sync().unwrap();
    if truth.exists(root).unwrap().is_none() {
        return Tree::new();
    }
    let paths = truth.subtree(root).unwrap();
    let node = |path: String| {
        let (data, stat) = truth.get(&path).unwrap();
        let (acl, _) = truth.acl(&path).unwrap();
        let versions = (stat.version, stat.aversion, stat.cversion);
        (path, Node { data, acl, versions, ephemeral: stat.ephemeral_owner != 0 })
    };
    paths.into_iter().map(node).collect()
}

/// Where two trees differ, for people.
pub(super) fn differences(found: &Tree, wanted: &Tree) -> Vec<String> {
    let paths = found.keys().chain(wanted.keys().filter(|path| !found.contains_key(*path)));
    let differs = paths.filter(|path| found.get(*path) != wanted.get(*path));
    differs.map(|path| format!("{path}: {:?}, wanted {:?}", found.get(path), wanted.get(path))).collect()
}

#[track_caller]
pub(super) fn assert_same(found: &Tree, wanted: &Tree, what: &str) {
    let differences = differences(found, wanted);
    assert!(differences.is_empty(), "{what}:\n{}", differences.join("\n"));
}
