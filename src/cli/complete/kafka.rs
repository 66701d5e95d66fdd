//! Names that Kafka keeps: topics and consumer groups.

use clap_complete::engine::CompletionCandidate;

use super::many::condense;
use super::{Kind, PathSource, candidate};
use crate::kafka::layout::{CONSUMERS, TOPICS};
use crate::znode::text::{count, sanitise};
use crate::znode::{Names, ZPath};

/// The most candidates: more are not read but narrowed down.
const MOST: usize = 200;
/// Znodes below `/` that are looked into for a cluster.
const LOOKED_INTO: usize = 16;

/// Consumer groups.
pub(super) fn groups(word: &str, source: &dyn PathSource) -> Vec<CompletionCandidate> {
    names(word, "group", CONSUMERS, source)
}

/// Topics.
pub(super) fn topics(word: &str, source: &dyn PathSource) -> Vec<CompletionCandidate> {
    names(word, "topic", TOPICS, source)
}

fn names(word: &str, noun: &str, folder: &str, source: &dyn PathSource) -> Vec<CompletionCandidate> {
    let clusters = children(folder, source);
    // What would not look like itself on a terminal is not put there.
    let fits = |name: &&str| name.starts_with(word) && sanitise(name, false).len() == name.len();
    let names = clusters.iter().flat_map(Names::iter).filter(fits).collect();
    let shown = condense(names, MOST).into_iter().map(|group| match group.names {
        1 => candidate(group.text, None, Kind::Value, false),
        names => candidate(group.text, Some(count(names, noun)), Kind::Value, true),
    });
    shown.collect()
}

/// What is below a folder of the clusters at `/`, or else one level below.
fn children(folder: &str, source: &dyn PathSource) -> Vec<Names> {
    if let Some(names) = source.children(folder).filter(|names| !names.is_empty()) {
        return vec![names];
    }
    let top = source.children("/").unwrap_or_default();
    let chroots = top.iter().filter(|name| *name != "zookeeper").take(LOOKED_INTO);
    chroots.filter_map(|name| source.children(&format!("{}{folder}", ZPath::root().join(name)))).collect()
}
