//! Paths of znodes, segment by segment.

use clap_complete::engine::CompletionCandidate;

use super::many::{Group, condense};
use super::{Kind, candidate};
use crate::znode::text::{count, sanitise};
use crate::znode::{Names, Stat, ZPath};

/// The most candidates: more than two screens of names are not read but narrowed down.
const MOST: usize = 200;

/// Where paths come from.
///
/// Whoever answers keeps to a budget of time of its own; failures are silence.
pub trait PathSource: Send + Sync {
    /// The names of a znode's children, in any order; `None` where nothing is known.
    fn children(&self, path: &str) -> Option<Names>;

    /// The stats of some hundred znodes at most, each `None` where it is not known; `None` where
    /// none can be had cheaply.
    fn stats(&self, paths: &[String]) -> Option<Vec<Option<Stat>>>;

    /// The znode that relative paths start from; `None` where there are none.
    fn here(&self) -> Option<ZPath>;

    /// The names of the profiles, with their servers.
    fn profiles(&self) -> Vec<(String, Option<String>)> {
        Vec::new()
    }
}

/// What the path `word` may become.
pub(super) fn complete(word: &str, source: &dyn PathSource) -> Vec<CompletionCandidate> {
    let here = source.here();
    // Where all paths are absolute, this is how one begins.
    let word = if word.is_empty() && here.is_none() { "/" } else { word };
    let (typed, prefix) = word.split_at(word.rfind('/').map_or(0, |at| at + 1));
    let Some(directory) = resolve(typed, here.as_ref()) else { return Vec::new() };
    if prefix == ".." && here.is_some() {
        return vec![candidate(&format!("{word}/"), None, Kind::Path, true)];
    }
    let Some(children) = source.children(&directory) else { return Vec::new() };
    // What would not look like itself on a terminal is not put there.
    let fits = |name: &&str| name.starts_with(prefix) && sanitise(name, false).len() == name.len();
    let groups = condense(children.iter().filter(fits).collect(), MOST);
    let single = groups.iter().filter(|group| group.names == 1);
    let single: Vec<_> = single.map(|group| directory.join(group.text).to_string()).collect();
    let stats = if single.is_empty() { None } else { source.stats(&single) };
    let mut stats = stats.unwrap_or_default().into_iter();
    let shown = |Group { text, names }| {
        if names > 1 {
            return candidate(&format!("{typed}{text}"), Some(count(names, "znode")), Kind::Path, true);
        }
        let (slash, help) = match stats.next().flatten() {
            Some(stat) if stat.num_children > 0 => ("/", Some(count(stat.num_children as usize, "child"))),
            Some(stat) if stat.ephemeral_owner != 0 => ("", Some("ephemeral".to_owned())),
            _ => ("", None),
        };
        candidate(&format!("{typed}{text}{slash}"), help, Kind::Path, !slash.is_empty())
    };
    groups.into_iter().map(shown).collect()
}

/// The znode whose children are meant by what stands before the last segment.
fn resolve(typed: &str, here: Option<&ZPath>) -> Option<ZPath> {
    let mut path = match typed.strip_prefix('/') {
        Some(_) => ZPath::root(),
        None => here?.clone(),
    };
    let inner = typed.strip_prefix('/').unwrap_or(typed);
    for segment in inner.strip_suffix('/').unwrap_or(inner).split('/') {
        match segment {
            "" if inner.is_empty() => {}
            "" => return None,
            "." if here.is_some() => {}
            ".." if here.is_some() => path = path.parent()?,
            name => path = path.join(name),
        }
    }
    Some(path)
}
