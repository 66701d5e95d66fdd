//! What check mode foretells of a tree, to be compared with what a run then makes of it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::truth::{Acl, Truth};

/// A znode as whoever looks at it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) data: Option<Vec<u8>>,
    /// In an order of its own.
    pub(crate) acl: Vec<Acl>,
}

impl Node {
    pub(crate) fn new(data: Option<Vec<u8>>, acl: Vec<Acl>) -> Self {
        Self { data, acl: sorted(acl) }
    }
}

fn sorted(mut acl: Vec<Acl>) -> Vec<Acl> {
    acl.sort_by(|a, b| (&a.scheme, &a.id, a.perms).cmp(&(&b.scheme, &b.id, b.perms)));
    acl
}

pub(crate) type Tree = BTreeMap<String, Node>;

/// Everything below a znode by its path from there; nothing where it does not exist.
pub(crate) fn below(truth: &mut Truth, root: &str) -> Tree {
    let root = root.trim_end_matches('/');
    let at = if root.is_empty() { "/" } else { root };
    truth.sync().unwrap();
    if truth.exists(at).unwrap().is_none() {
        return Tree::new();
    }
    let mut tree = Tree::new();
    for path in truth.subtree(at).unwrap() {
        let name = path[root.len()..].to_owned();
        if name.is_empty() || path == "/" {
            continue;
        }
        let data = truth.get(&path).unwrap().0;
        let acl = truth.acl(&path).unwrap().0;
        tree.insert(name, Node::new(data, acl));
    }
    tree
}

/// What becomes of a tree according to the lines of `run --check --diff -o ndjson`, or what in them cannot be
/// true. `auth` in an ACL means `identities`; what is ephemeral goes with the run.
pub(crate) fn foretold(before: &Tree, lines: &str, identities: &[(&str, &str)]) -> Result<Tree, String> {
    let mut tree = before.clone();
    let mut ephemeral = BTreeSet::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
        if line["ev"] == "diff" {
            change(&mut tree, &line["change"], identities).map_err(|why| format!("{why}: {line}"))?;
            ephemeral.retain(|path| tree.contains_key(path));
        }
        let result = &line["result"];
        if result["stat"]["ephemeralOwner"].as_i64().is_some_and(|owner| owner != 0) {
            ephemeral.extend(result["path"].as_str().map(str::to_owned));
        }
    }
    tree.retain(|path, _| !ephemeral.contains(path));
    Ok(tree)
}

fn change(tree: &mut Tree, change: &Value, identities: &[(&str, &str)]) -> Result<(), &'static str> {
    let path = change["path"].as_str().ok_or("no path")?;
    let acl = |key: &str| change.get(key).map(|acl| expanded(acl, identities));
    match change["would"].as_str() {
        Some("create") => {
            let parent = path.rsplit_once('/').ok_or("no path")?.0;
            if !parent.is_empty() && !tree.contains_key(parent) {
                return Err("there is no parent");
            }
            let node = Node::new(data(&change["new"]), acl("newAcl").unwrap_or_else(Acl::open));
            match tree.insert(path.to_owned(), node) {
                None => Ok(()),
                Some(_) => Err("it is there already"),
            }
        }
        Some("delete") => {
            let under = format!("{path}/");
            if tree.keys().any(|known| known.starts_with(&under)) {
                return Err("something is below it");
            }
            tree.remove(path).map(drop).ok_or("it is not there")
        }
        Some("change") => {
            let node = tree.get_mut(path).ok_or("it is not there")?;
            if let Some(new) = change.get("new") {
                if node.data != data(&change["old"]) {
                    return Err("it has other data");
                }
                node.data = data(new);
            }
            if let (Some(old), Some(new)) = (acl("oldAcl"), acl("newAcl")) {
                if node.acl != old {
                    return Err("it has another ACL");
                }
                node.acl = new;
            }
            Ok(())
        }
        _ => Err("what is that?"),
    }
}

fn data(value: &Value) -> Option<Vec<u8>> {
    let text = value["data"].as_str()?;
    Some(match value["encoding"].as_str() {
        Some("base64") => BASE64_STANDARD.decode(text).expect("base64"),
        _ => text.as_bytes().to_vec(),
    })
}

/// An ACL as a server keeps it: first it takes out what is there twice, and then it puts in whom `auth` means.
fn expanded(acl: &Value, identities: &[(&str, &str)]) -> Vec<Acl> {
    let (mut list, mut seen) = (Vec::new(), Vec::new());
    for entry in acl.as_array().expect("a list") {
        if seen.contains(&entry) {
            continue;
        }
        seen.push(entry);
        let letters = entry["perms"].as_str().expect("permissions");
        let perms = letters.chars().map(|letter| 1 << "rwcda".find(letter).expect("a permission")).sum();
        let (scheme, id) = (entry["scheme"].as_str().unwrap(), entry["id"].as_str().unwrap());
        let all = if scheme == "auth" { identities } else { &[(scheme, id)][..] };
        list.extend(all.iter().map(|(scheme, id)| Acl::new(perms, scheme, id)));
    }
    sorted(list)
}

/// Where two trees differ, for people.
pub(crate) fn differences(found: &Tree, wanted: &Tree) -> Vec<String> {
    let paths = found.keys().chain(wanted.keys().filter(|path| !found.contains_key(*path)));
    let differs = paths.filter(|path| found.get(*path) != wanted.get(*path));
    differs.map(|path| format!("{path}: {:?}, wanted {:?}", found.get(path), wanted.get(path))).collect()
}
