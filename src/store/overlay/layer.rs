//! What was written to an overlay, by path.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Bound;

use crate::store::Write;
use crate::znode::path::lineage;

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// Znodes that exist above only, though one of the same path may be deleted below.
    created: BTreeSet<String>,
    /// Znodes of the store below that are gone, with how many there are at and below each.
    deleted: BTreeMap<String, usize>,
    /// Znodes of the store below with other data or another ACL.
    changed: BTreeSet<String>,
    /// Adopted znodes whose ACL was adopted too.
    pub(super) acls: HashSet<String>,
    written: bool,
}

impl Layer {
    /// Whether nothing was written.
    pub(super) fn is_empty(&self) -> bool {
        !self.written
    }

    /// Whether a znode is the overlay's own: nothing of it is below.
    pub(super) fn is_created(&self, path: &str) -> bool {
        self.created.contains(path)
    }

    /// Whether the znode of the store below is gone, with or without all above it.
    pub(super) fn is_gone(&self, path: &str) -> bool {
        !self.deleted.is_empty() && lineage(path).any(|above| self.deleted.contains_key(above))
    }

    /// Remembers a write that was made; `path` is with its number.
    pub(super) fn note(&mut self, write: &Write, path: &str) {
        self.written = true;
        match write {
            Write::Create { .. } => {
                self.created.insert(path.to_owned());
                self.acls.insert(path.to_owned());
            }
            Write::Set { .. } | Write::SetAcl { .. } => {
                if !self.created.contains(path) {
                    self.changed.insert(path.to_owned());
                }
            }
            Write::Delete { .. } => self.delete(path),
            Write::Check { .. } => {}
        }
    }

    fn delete(&mut self, path: &str) {
        self.acls.remove(path);
        if self.created.remove(path) {
            return;
        }
        self.changed.remove(path);
        // What is below it is gone with it: one line says it all.
        let from = format!("{path}/");
        let range = (Bound::Included(from.clone()), Bound::Unbounded);
        let inside: Vec<String> = self
            .deleted
            .range(range)
            .map(|(path, _)| path)
            .take_while(|p| p.starts_with(&from))
            .cloned()
            .collect();
        let below: usize = inside.iter().filter_map(|path| self.deleted.remove(path)).sum();
        self.deleted.insert(path.to_owned(), below + 1);
    }

    pub(super) fn created(&self) -> &BTreeSet<String> {
        &self.created
    }

    pub(super) fn deleted(&self) -> &BTreeMap<String, usize> {
        &self.deleted
    }

    pub(super) fn changed(&self) -> &BTreeSet<String> {
        &self.changed
    }
}

#[cfg(test)]
mod tests {
    use super::Layer;
    use crate::store::Write;

    #[test]
    fn what_goes_with_its_parent_is_counted_there() {
        let mut layer = Layer::default();
        for path in ["/a/b/c", "/a/b", "/a/d", "/ab", "/a"] {
            layer.note(&Write::Delete { path: path.into(), version: None }, path);
        }
        let deleted: Vec<_> = layer.deleted().iter().map(|(path, count)| (path.as_str(), *count)).collect();
        assert_eq!(deleted, [("/a", 4), ("/ab", 1)]);
        assert!(layer.is_gone("/a") && layer.is_gone("/a/b/x") && layer.is_gone("/ab"));
        assert!(!layer.is_gone("/") && !layer.is_gone("/abc") && !layer.is_gone("/b"));
    }
}
