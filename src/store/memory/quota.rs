//! Quotas: the server counts what lies below a znode that has one, and writes the counts into
//! `/zookeeper/quota/…/zookeeper_stats` without touching that znode's stat.

use std::collections::{BTreeMap, HashSet};

use super::tree::{Id, Tree};

const QUOTA: &str = "/zookeeper/quota";
const LIMITS: &str = "zookeeper_limits";
const STATS: &str = "zookeeper_stats";

/// The paths that have a quota, as `PathTrie` keeps them.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    paths: HashSet<String>,
}

/// How to take back what a change did to quotas.
#[derive(Debug)]
pub(super) enum Undo {
    /// This path has no quota any more.
    Limited(String),
    /// It has one again.
    Unlimited(String),
    /// Counts are what they were.
    Counted(Id, Option<Box<[u8]>>),
}

/// A znode came to `path`.
pub(super) fn created(tree: &mut Tree, path: &str, bytes: usize) -> Vec<Undo> {
    let mut undo = Vec::new();
    match part(path) {
        Some((limited, LIMITS)) => {
            let limited = key(limited);
            // A limit of everything ends a real server.
            if !limited.is_empty() && tree.quotas.paths.insert(limited.clone()) {
                undo.push(Undo::Limited(limited));
            }
        }
        Some((counted, STATS)) => {
            let (count, bytes) = tree.find(counted).map_or((0, 0), |id| totals(tree, id));
            undo.extend(write(tree, counted, |stats| *stats = Stats::new(count, bytes)));
        }
        _ => {}
    }
    undo.extend(changed(tree, path, bytes as i64, 1));
    undo
}

/// A znode has gone from `path`.
pub(super) fn deleted(tree: &mut Tree, path: &str, bytes: usize) -> Vec<Undo> {
    let mut undo = Vec::new();
    if let Some((limited, LIMITS)) = part(path) {
        let limited = key(limited);
        if tree.quotas.paths.remove(&limited) {
            undo.push(Undo::Unlimited(limited));
        }
    }
    undo.extend(changed(tree, path, -(bytes as i64), -1));
    undo
}

/// The data of the znode at `path` was `before` bytes long.
pub(super) fn resized(tree: &mut Tree, path: &str, before: usize, after: usize) -> Option<Undo> {
    changed(tree, path, after as i64 - before as i64, 0)
}

/// Takes a change back.
pub(super) fn undo(tree: &mut Tree, undo: Undo) {
    match undo {
        Undo::Limited(path) => drop(tree.quotas.paths.remove(&path)),
        Undo::Unlimited(path) => drop(tree.quotas.paths.insert(path)),
        Undo::Counted(id, data) => tree.set_data(id, data.as_deref()),
    }
}

/// The path that a znode of a quota is about, and which znode that is.
///
/// As the server does, this compares letters: what lies below `/zookeeper/quotas` is about
/// something too, though there is no such path.
fn part(path: &str) -> Option<(&str, &str)> {
    let (above, name) = path.rsplit_once('/')?;
    Some((above.strip_prefix(QUOTA)?, name))
}

/// Bytes and znodes came or went at `path`.
fn changed(tree: &mut Tree, path: &str, bytes: i64, count: i64) -> Option<Undo> {
    let limited = tree.quotas.above(path)?;
    // Even when the numbers stay, the server writes them anew.
    write(tree, &limited, |stats| {
        stats.add("count", count);
        stats.add("bytes", bytes);
    })
}

/// The segments that `PathTrie` goes by: those of nothing but spaces are none.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| segment.bytes().any(|byte| byte > b' '))
}

fn key(path: &str) -> String {
    segments(path).fold(String::new(), |path, segment| path + "/" + segment)
}

impl Quotas {
    /// The nearest znode at or above `path` that has a quota.
    fn above(&self, path: &str) -> Option<String> {
        if self.paths.is_empty() {
            return None;
        }
        let mut path = key(path);
        while !path.is_empty() {
            if self.paths.contains(&path) {
                return Some(path);
            }
            path.truncate(path.rfind('/')?);
        }
        None
    }
}

/// Znodes at and below, and the bytes of their data.
fn totals(tree: &Tree, id: Id) -> (i64, i64) {
    let (mut count, mut bytes) = (0, 0);
    let mut todo = vec![id];
    while let Some(id) = todo.pop() {
        count += 1;
        bytes += tree.data_length(id) as i64;
        todo.extend(tree.children(id));
    }
    (count, bytes)
}

fn write(tree: &mut Tree, path: &str, change: impl FnOnce(&mut Stats)) -> Option<Undo> {
    let id = tree.find(&format!("{QUOTA}{path}/{STATS}"))?;
    let before = tree.data(id).map(Box::from);
    let mut stats = Stats::parse(before.as_deref().unwrap_or_default());
    change(&mut stats);
    tree.set_data(id, Some(stats.to_string().as_bytes()));
    Some(Undo::Counted(id, before))
}

/// The numbers of `StatsTrack`; −1 is what is missing.
struct Stats(BTreeMap<String, i64>);

impl Stats {
    fn new(count: i64, bytes: i64) -> Self {
        Self([("count".to_owned(), count), ("bytes".to_owned(), bytes)].into())
    }

    fn parse(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let field = |field: &str| {
            let mut parts = field.split('=');
            let name = parts.next()?.to_owned();
            Some((name, parts.next().and_then(|value| value.parse().ok()).unwrap_or(-1)))
        };
        Self(text.split([',', ';']).filter(|part| !part.is_empty()).filter_map(field).collect())
    }

    fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or(-1)
    }

    fn add(&mut self, name: &str, change: i64) {
        self.0.insert(name.to_owned(), self.get(name).wrapping_add(change));
    }
}

impl std::fmt::Display for Stats {
    /// `count=5,bytes=10=;byteHardLimit=20`: parsers before 3.7 take what stands before the odd `=`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "count={},bytes={}", self.get("count"), self.get("bytes"))?;
        let others = self.0.iter().filter(|(name, _)| !["count", "bytes"].contains(&name.as_str()));
        for (index, (name, value)) in others.enumerate() {
            write!(f, "{};{name}={value}", if index == 0 { "=" } else { "" })?;
        }
        Ok(())
    }
}
