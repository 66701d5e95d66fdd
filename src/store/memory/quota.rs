//! Quotas: the server counts what lies below a znode that has one, and writes the counts into
//! `/zookeeper/quota/…/zookeeper_stats` without touching that znode's stat.

use std::collections::HashSet;

use super::tree::{Id, Tree};

const QUOTA: &str = "/zookeeper/quota";
const LIMITS: &str = "zookeeper_limits";
const STATS: &str = "zookeeper_stats";

/// What a change means for quotas.
#[derive(Debug)]
pub(super) enum Effect {
    /// This path has a quota now.
    Limited(String),
    /// It has none any more.
    Unlimited(String),
    /// The counts of this path are wanted.
    Counted(String),
    /// Bytes and znodes came or went at a path.
    Changed { path: String, bytes: i64, count: i64 },
}

impl Effect {
    pub(super) fn created(path: &str, bytes: usize) -> impl Iterator<Item = Self> + use<> {
        let of_quota = match part(path) {
            Some((path, LIMITS)) => Some(Self::Limited(path.to_owned())),
            Some((path, STATS)) => Some(Self::Counted(path.to_owned())),
            _ => None,
        };
        of_quota.into_iter().chain([Self::Changed { path: path.to_owned(), bytes: bytes as i64, count: 1 }])
    }

    pub(super) fn deleted(path: &str, bytes: usize) -> impl Iterator<Item = Self> + use<> {
        let of_quota = match part(path) {
            Some((path, LIMITS)) => Some(Self::Unlimited(path.to_owned())),
            _ => None,
        };
        of_quota.into_iter().chain([Self::Changed {
            path: path.to_owned(),
            bytes: -(bytes as i64),
            count: -1,
        }])
    }

    pub(super) fn resized(path: &str, before: usize, after: usize) -> Option<Self> {
        let bytes = after as i64 - before as i64;
        (bytes != 0).then(|| Self::Changed { path: path.to_owned(), bytes, count: 0 })
    }
}

/// The path that a znode of a quota is about, and which znode that is.
fn part(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix(QUOTA)?.rsplit_once('/').filter(|(path, _)| !path.is_empty())
}

/// The paths that have a quota.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    paths: HashSet<String>,
}

impl Quotas {
    pub(super) fn apply(&mut self, tree: &mut Tree, effect: Effect) {
        match effect {
            Effect::Limited(path) => {
                self.paths.insert(path);
            }
            Effect::Unlimited(path) => {
                self.paths.remove(&path);
            }
            Effect::Counted(path) => {
                let (count, bytes) = tree.find(&path).map_or((0, 0), |id| totals(tree, id));
                write(tree, &path, |_| (count, bytes));
            }
            Effect::Changed { path, bytes, count } => {
                if let Some(limited) = self.above(&path) {
                    write(tree, limited, |(c, b)| (c + count, b + bytes));
                }
            }
        }
    }

    /// The nearest znode at or above `path` that has a quota.
    fn above<'a>(&self, path: &'a str) -> Option<&'a str> {
        if self.paths.is_empty() {
            return None;
        }
        let mut path = path;
        while !path.is_empty() {
            if self.paths.contains(path) {
                return Some(path);
            }
            path = path.rsplit_once('/')?.0;
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
        bytes += tree.get(id).map_or(0, |node| node.data_length() as i64);
        todo.extend(tree.children(id));
    }
    (count, bytes)
}

fn write(tree: &mut Tree, path: &str, change: impl Fn((i64, i64)) -> (i64, i64)) {
    let Some(id) = tree.find(&format!("{QUOTA}{path}/{STATS}")) else { return };
    let Some(node) = tree.get_mut(id) else { return };
    let (count, bytes) = change(parse(node.data.as_deref().unwrap_or_default()));
    node.data = Some(format!("count={count},bytes={bytes}").into_bytes().into());
}

/// `count=5,bytes=10`; −1 for what is missing, as the server reads it.
fn parse(text: &[u8]) -> (i64, i64) {
    let text = String::from_utf8_lossy(text);
    let field = |name| {
        let value = text.split([',', ';']).find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        value.and_then(|value| value.parse().ok()).unwrap_or(-1)
    };
    (field("count"), field("bytes"))
}
