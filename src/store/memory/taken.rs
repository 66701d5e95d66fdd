//! Which ids in ACLs the server below an overlay takes.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::acl::network;
use crate::znode::Acl;

/// Ids that are remembered: clients of an overlay choose them.
const MANY: usize = 10_000;

/// What it has told, by scheme and id.
#[derive(Debug, Default)]
pub(super) struct Taken(HashMap<(String, String), bool>);

impl Taken {
    /// Whether it takes the id of an entry; `None` where it has not told.
    pub(super) fn told(&self, entry: &Acl) -> Option<bool> {
        // Of an ensemble that is no overlay, each write would make a key for nothing.
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&key(entry)).copied()
    }

    /// From now on the id of this entry is good in ACLs, or not.
    pub(super) fn learn(&mut self, entry: &Acl, taken: bool) {
        if self.0.len() >= MANY {
            self.0.clear();
        }
        self.0.insert(key(entry), taken);
    }
}

fn key(entry: &Acl) -> (String, String) {
    (entry.scheme.clone(), entry.id.clone())
}

/// Whether servers differ about an entry, by release (3.4 knows addresses but no networks, 3.9.4 and later
/// IPv6 too) or by what authentication they are configured for.
pub(in crate::store) fn depends_on_server(entry: &Acl) -> bool {
    match entry.scheme.as_str() {
        "world" | "auth" | "digest" => false,
        "ip" => matches!(network(&entry.id), Some((IpAddr::V6(_), _))) || entry.id.contains('/'),
        _ => true,
    }
}
