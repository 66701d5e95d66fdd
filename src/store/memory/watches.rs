//! Who is to be told of what: the server's two tables (`WatchManager`), by path.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A connection; watches die with it.
pub(super) type Watcher = u64;

const ONCE: u8 = 1;
const PERSISTENT: u8 = 2;
const RECURSIVE: u8 = 4;

/// How a watch is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Until it fires.
    Once,
    /// Until it is removed.
    Persistent,
    /// Until it is removed, and for everything below too.
    Recursive,
}

impl Mode {
    fn bit(self) -> u8 {
        match self {
            Self::Once => ONCE,
            Self::Persistent => PERSISTENT,
            Self::Recursive => RECURSIVE,
        }
    }
}

/// How many watches a table has, on how many paths, of how many connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Watches: pairs of the two others.
    pub watches: usize,
    /// Paths.
    pub paths: usize,
    /// Connections.
    pub connections: usize,
}

/// One table: of watches on data, or on lists of children.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Who watches a path, in order: most paths have one watcher.
    paths: HashMap<Arc<str>, Vec<(Watcher, u8)>>,
    watchers: HashMap<Watcher, HashSet<Arc<str>>>,
    /// Recursive watches: without any, ancestors need not be looked at.
    recursive: usize,
}

impl Table {
    /// Leaves a watch; several modes may be on one path.
    pub(super) fn add(&mut self, path: &str, watcher: Watcher, mode: Mode) {
        let path = match self.paths.get_key_value(path) {
            Some((path, _)) => Arc::clone(path),
            None => Arc::from(path),
        };
        let watchers = self.paths.entry(Arc::clone(&path)).or_insert_with(|| Vec::with_capacity(1));
        let place = place(watchers, watcher).unwrap_or_else(|place| {
            watchers.insert(place, (watcher, 0));
            place
        });
        let Some((_, modes)) = watchers.get_mut(place) else { return };
        if mode == Mode::Recursive && *modes & RECURSIVE == 0 {
            self.recursive += 1;
        }
        *modes |= mode.bit();
        self.watchers.entry(watcher).or_default().insert(path);
    }

    /// Who is to be told that something happened to `path`, each once; one-shot watches on it are
    /// used up.
    pub(super) fn trigger(&mut self, path: &str) -> Vec<Watcher> {
        let mut told: Vec<Watcher> = Vec::new();
        if let Some(watchers) = self.paths.get(path) {
            told.extend(watchers.iter().map(|(watcher, _)| *watcher));
            let once = watchers.iter().filter(|(_, modes)| *modes & ONCE != 0).map(|(watcher, _)| *watcher);
            // From the end, where taking one away moves none.
            for watcher in once.rev().collect::<Vec<_>>() {
                self.take(path, watcher, ONCE);
            }
        }
        if self.recursive > 0 {
            let mut above = path;
            while above != "/"
                && let Some((parent, _)) = above.rsplit_once('/')
            {
                above = if parent.is_empty() { "/" } else { parent };
                let watchers = self.paths.get(above).into_iter().flatten();
                told.extend(
                    watchers.filter(|(_, modes)| modes & RECURSIVE != 0).map(|(watcher, _)| *watcher),
                );
            }
        }
        united(told, Vec::new())
    }

    /// Whether there is a watch of one of `modes`, or of any.
    pub(super) fn has(&self, path: &str, watcher: Watcher, modes: &[Mode]) -> bool {
        let wanted = bits(modes);
        let Some(watchers) = self.paths.get(path) else { return false };
        let at = place(watchers, watcher).ok().and_then(|place| watchers.get(place));
        at.is_some_and(|(_, have)| have & wanted != 0)
    }

    /// Takes watches of these modes away, or of any; tells whether there was one.
    pub(super) fn remove(&mut self, path: &str, watcher: Watcher, modes: &[Mode]) -> bool {
        let had = self.has(path, watcher, modes);
        if had {
            self.take(path, watcher, bits(modes));
        }
        had
    }

    /// Forgets a connection.
    pub(super) fn forget(&mut self, watcher: Watcher) {
        for path in self.watchers.remove(&watcher).unwrap_or_default() {
            self.take(&path, watcher, u8::MAX);
        }
    }

    /// How many watches there are.
    pub(super) fn count(&self) -> Count {
        Count {
            watches: self.paths.values().map(Vec::len).sum(),
            paths: self.paths.len(),
            connections: self.watchers.len(),
        }
    }

    fn take(&mut self, path: &str, watcher: Watcher, bits: u8) {
        let Some(watchers) = self.paths.get_mut(path) else { return };
        let Ok(place) = place(watchers, watcher) else { return };
        let Some((_, modes)) = watchers.get_mut(place) else { return };
        if *modes & bits & RECURSIVE != 0 {
            self.recursive -= 1;
        }
        *modes &= !bits;
        if *modes != 0 {
            return;
        }
        watchers.remove(place);
        if watchers.is_empty() {
            self.paths.remove(path);
        }
        if let Some(paths) = self.watchers.get_mut(&watcher) {
            paths.remove(path);
            if paths.is_empty() {
                self.watchers.remove(&watcher);
            }
        }
    }
}

/// Where somebody stands among those who watch a path, or would.
fn place(watchers: &[(Watcher, u8)], watcher: Watcher) -> Result<usize, usize> {
    watchers.binary_search_by_key(&watcher, |(watcher, _)| *watcher)
}

/// Both, each watcher once.
pub(super) fn united(mut some: Vec<Watcher>, others: Vec<Watcher>) -> Vec<Watcher> {
    some.extend(others);
    some.sort_unstable();
    some.dedup();
    some
}

fn bits(modes: &[Mode]) -> u8 {
    if modes.is_empty() { u8::MAX } else { modes.iter().fold(0, |bits, mode| bits | mode.bit()) }
}
