//! What check mode foretells of a tree, to be compared with what a run then makes of it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::truth::{Acl, Truth};
use super::zkx::{Output, Zkx};

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
            let known = tree.keys().any(|path| path.starts_with(&format!("{parent}/")));
            if !parent.is_empty() && !known && !tree.contains_key(parent) {
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

/// Runs a script as `zkx` begins it, in check mode before that; what it then did to the znodes below `root`
/// must be what it had told. The judge must be allowed to read them all.
#[track_caller]
pub(crate) fn run_as_foretold(
    truth: &mut Truth,
    root: &str,
    identities: &[(&str, &str)],
    zkx: impl Fn() -> Zkx,
    words: &[&str],
) -> Output {
    let full = |tree: Tree| -> Tree {
        let root = root.trim_end_matches('/');
        tree.into_iter().map(|(path, node)| (format!("{root}{path}"), node)).collect()
    };
    let before = full(below(truth, root));
    let checked =
        zkx().args(["--show-secrets", "-o", "ndjson"]).args(words).args(["--check", "--diff"]).run();
    let between = full(below(truth, root));
    assert!(between == before, "--check has changed something\n{checked}");
    let output = zkx().args(words).run();
    assert_eq!(checked.code, output.code, "{checked}\n{output}");
    let foretold = foretold(&before, &checked.out(), identities);
    let mut foretold = foretold.unwrap_or_else(|why| panic!("{why}\n{checked}\n{output}"));
    let after = full(below(truth, root));
    for (path, node) in &mut foretold {
        // What is secret is told to nobody.
        if node.data.as_deref() == Some(b"***")
            && let Some(after) = after.get(path)
        {
            node.data.clone_from(&after.data);
        }
    }
    let differences = differences(&timeless(after), &timeless(foretold));
    assert!(differences.is_empty(), "{}\n{checked}\n{output}", differences.join("\n"));
    output
}

/// Without what is another one in each run: the milliseconds of `now()`, and the run's name.
fn timeless(tree: Tree) -> Tree {
    let now = regex_lite::Regex::new("[0-9]{13}|[0-9]{8}T[0-9]{9}-[0-9a-f]{6}").expect("a pattern");
    let node = |(path, mut node): (String, Node)| {
        if let Some(text) = node.data.as_deref().and_then(|data| str::from_utf8(data).ok()) {
            node.data = Some(now.replace_all(text, "(now)").into_owned().into_bytes());
        }
        (now.replace_all(&path, "(now)").into_owned(), node)
    };
    tree.into_iter().map(node).collect()
}

/// Where two trees differ, for people.
pub(crate) fn differences(found: &Tree, wanted: &Tree) -> Vec<String> {
    let paths = found.keys().chain(wanted.keys().filter(|path| !found.contains_key(*path)));
    let differs = paths.filter(|path| found.get(*path) != wanted.get(*path));
    differs.map(|path| format!("{path}: {:?}, wanted {:?}", found.get(path), wanted.get(path))).collect()
}
