//! ACLs, entry by entry: scheme, id, permissions.

use clap_complete::engine::CompletionCandidate;

use super::{Kind, candidate, matching};
use crate::znode::{Acl, Perms};

/// Beginnings of entries.
const SCHEMES: [(&str, &str); 6] = [
    ("world:anyone:", "everybody"),
    ("auth::", "the identities of the session that creates it"),
    ("digest:", "USER:BASE64(SHA1(USER:PASSWORD))"),
    ("ip:", "an address, or a network like 10.0.0.0/8"),
    ("sasl:", "a name that SASL has proved"),
    ("x509:", "the subject of a certificate"),
];

/// What an ACL may become.
pub(super) fn complete(word: &str) -> Vec<CompletionCandidate> {
    // An id may hold commas: one ends an entry only where a whole ACL stands before it.
    let mut ends = word.rmatch_indices(',').map(|(at, _)| at);
    let end = ends.find(|at| word.get(..*at).is_some_and(|list| Acl::parse_list(list).is_ok()));
    let (before, entry) = word.split_at(end.map_or(0, |at| at + 1));
    let found = match permissions(entry) {
        Some(given) => letters(entry, given),
        None => matching(entry, &SCHEMES),
    };
    found.into_iter().map(|entry| entry.add_prefix(before)).collect()
}

/// The permissions that stand at the end of an entry, none perhaps; `None` where they do not
/// belong yet.
fn permissions(entry: &str) -> Option<Perms> {
    let (identity, letters) = entry.rsplit_once(':')?;
    let (scheme, id) = identity.split_once(':')?;
    let whole = match scheme {
        "world" => id == "anyone",
        "digest" => id.contains(':'),
        _ => !id.is_empty() || scheme == "auth",
    };
    let given = if letters.is_empty() { Perms::default() } else { Perms::parse(letters).ok()? };
    whole.then_some(given)
}

/// One letter more, or all that are missing.
fn letters(entry: &str, given: Perms) -> Vec<CompletionCandidate> {
    const KNOWN: [(Perms, char, &str); 5] = [
        (Perms::CREATE, 'c', "create children"),
        (Perms::DELETE, 'd', "delete children"),
        (Perms::READ, 'r', "read data, list children"),
        (Perms::WRITE, 'w', "set data"),
        (Perms::ADMIN, 'a', "set the ACL"),
    ];
    let missing: Vec<_> = KNOWN.into_iter().filter(|(perm, ..)| !given.contains(*perm)).collect();
    let all: String = missing.iter().map(|(_, letter, _)| letter).collect();
    let mut found = vec![candidate(&format!("{entry}{all}"), Some("everything".into()), Kind::Value, false)];
    if missing.len() > 1 {
        found.extend(missing.iter().map(|(_, letter, what)| {
            candidate(&format!("{entry}{letter}"), Some((*what).to_owned()), Kind::Value, true)
        }));
    }
    found
}
