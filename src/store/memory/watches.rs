//! Who is to be told of what: the server's two tables (`WatchManager`), by path.

use std::collections::{BTreeMap, HashMap, HashSet};

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
    paths: HashMap<String, BTreeMap<Watcher, u8>>,
    watchers: HashMap<Watcher, HashSet<String>>,
    /// Recursive watches: without any, ancestors need not be looked at.
    recursive: usize,
}

impl Table {
    /// Leaves a watch; several modes may be on one path.
    pub(super) fn add(&mut self, path: &str, watcher: Watcher, mode: Mode) {
        let modes = self.paths.entry(path.to_owned()).or_default().entry(watcher).or_default();
        if mode == Mode::Recursive && *modes & RECURSIVE == 0 {
            self.recursive += 1;
        }
        *modes |= mode.bit();
        self.watchers.entry(watcher).or_default().insert(path.to_owned());
    }

    /// Who is to be told that something happened to `path`; one-shot watches on it are used up.
    pub(super) fn trigger(&mut self, path: &str) -> Vec<Watcher> {
        let mut told: Vec<Watcher> = Vec::new();
        if let Some(watchers) = self.paths.get(path) {
            told.extend(watchers.keys());
            let once: Vec<_> =
                watchers.iter().filter(|(_, modes)| **modes & ONCE != 0).map(|(w, _)| *w).collect();
            for watcher in once {
                self.take(path, watcher, ONCE);
            }
        }
        if self.recursive > 0 {
            let mut above = path;
            while above != "/"
                && let Some((parent, _)) = above.rsplit_once('/')
            {
                above = if parent.is_empty() { "/" } else { parent };
                for (watcher, modes) in self.paths.get(above).into_iter().flatten() {
                    if modes & RECURSIVE != 0 && !told.contains(watcher) {
                        told.push(*watcher);
                    }
                }
            }
        }
        told
    }

    /// Whether there is a watch of one of `modes`, or of any.
    pub(super) fn has(&self, path: &str, watcher: Watcher, modes: &[Mode]) -> bool {
        let wanted = bits(modes);
        self.paths
            .get(path)
            .and_then(|watchers| watchers.get(&watcher))
            .is_some_and(|have| have & wanted != 0)
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
            watches: self.paths.values().map(BTreeMap::len).sum(),
            paths: self.paths.len(),
            connections: self.watchers.len(),
        }
    }

    fn take(&mut self, path: &str, watcher: Watcher, bits: u8) {
        let Some(watchers) = self.paths.get_mut(path) else { return };
        let Some(modes) = watchers.get_mut(&watcher) else { return };
        if *modes & bits & RECURSIVE != 0 {
            self.recursive -= 1;
        }
        *modes &= !bits;
        if *modes != 0 {
            return;
        }
        watchers.remove(&watcher);
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

fn bits(modes: &[Mode]) -> u8 {
    if modes.is_empty() { u8::MAX } else { modes.iter().fold(0, |bits, mode| bits | mode.bit()) }
}
