//! Whether what is there is what is declared.

use serde_json::Value as Json;

use super::Compare;
use crate::znode::Acl;

/// Whether two values are the same, in this sense.
pub fn same(new: Option<&[u8]>, old: Option<&[u8]>, compare: Compare) -> bool {
    if new == old {
        return true;
    }
    let (Some(new), Some(old)) = (new, old) else { return false };
    match compare {
        Compare::Bytes => false,
        Compare::Json => {
            let parse = |bytes| serde_json::from_slice::<Json>(bytes).ok();
            parse(new).is_some_and(|new| parse(old) == Some(new))
        }
        Compare::Yaml => {
            let parse = |bytes| crate::script::yaml_value(std::str::from_utf8(bytes).ok()?).ok();
            parse(new).is_some_and(|new| parse(old) == Some(new))
        }
        Compare::Text => {
            let lines = |bytes| {
                let text = std::str::from_utf8(bytes).ok()?;
                Some(text.trim_end().lines().map(str::trim_end).collect::<Vec<_>>())
            };
            lines(new).is_some_and(|new| lines(old) == Some(new))
        }
    }
}

/// Whether two lists grant the same: as sets, with `auth` for whoever the session is, and digests that
/// the server hides taken for the same.
pub fn same_acl(wanted: &[Acl], now: &[Acl]) -> bool {
    let fits = |wanted: &Acl, now: &Acl| {
        let user = |id: &str| id.split(':').next().unwrap_or_default().to_owned();
        let who = match wanted.scheme.as_str() {
            "auth" => !matches!(now.scheme.as_str(), "world" | "ip"),
            "digest" if now.id.ends_with(":x") => now.scheme == "digest" && user(&wanted.id) == user(&now.id),
            scheme => scheme == now.scheme && wanted.id == now.id,
        };
        who && wanted.perms == now.perms
    };
    wanted.iter().all(|wanted| now.iter().any(|now| fits(wanted, now)))
        && now.iter().all(|now| wanted.iter().any(|wanted| fits(wanted, now)))
}
