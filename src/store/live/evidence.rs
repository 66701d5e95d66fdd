//! What versions and contents prove about a write.

use crate::client::Auth;
use crate::znode::Acl;

/// What is there now, compared with what was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Same,
    Different,
    Hidden,
}

/// Judges a change that raises a version by one. Each version is the work of exactly one write.
pub(super) fn by_version(was: Option<i32>, asked: Option<i32>, now: i32, content: Content) -> Option<bool> {
    // The server would have said BadVersion, before as after.
    if let (Some(was), Some(asked)) = (was, asked)
        && was > asked
    {
        return Some(false);
    }
    // The version that it found, if it was done.
    let found = asked.or(was)?;
    match now.wrapping_sub(found) {
        ..=0 => Some(false),
        1 => match content {
            Content::Same => Some(true),
            Content::Different => Some(false),
            Content::Hidden => None,
        },
        _ if asked.is_none() && content == Content::Same => Some(true),
        _ => None,
    }
}

/// Whether `now` is what the server makes of `wanted`: `auth` becomes the session's identities, and
/// to those without ADMIN the digests are shown as `x`.
pub(super) fn compare_acl(now: &[Acl], wanted: &[Acl], auth: &[Auth]) -> Content {
    let user = |id: &str| id.split(':').next().unwrap_or_default().to_owned();
    let identity = |acl: &Acl| {
        auth.iter().any(|auth| {
            let secret = String::from_utf8_lossy(&auth.secret);
            auth.scheme == acl.scheme && (acl.scheme != "digest" || user(&secret) == user(&acl.id))
        })
    };
    let mut hidden = false;
    let mut fits = |wanted: &Acl, now: &Acl| {
        let masked = now.scheme == "digest" && now.id.ends_with(":x") && wanted.id != now.id;
        let same = match wanted.scheme.as_str() {
            "auth" => identity(now),
            scheme if masked => scheme == now.scheme && user(&wanted.id) == user(&now.id),
            _ => wanted.scheme == now.scheme && wanted.id == now.id,
        };
        hidden |= same && masked;
        same && wanted.perms == now.perms
    };
    let all_there = wanted.iter().all(|wanted| now.iter().any(|now| fits(wanted, now)));
    let no_more = now.iter().all(|now| wanted.iter().any(|wanted| fits(wanted, now)));
    match (all_there && no_more, hidden) {
        (false, _) => Content::Different,
        (true, true) => Content::Hidden,
        (true, false) => Content::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, by_version, compare_acl};
    use crate::client::Auth;
    use crate::znode::Acl;

    #[test]
    fn each_version_is_the_work_of_one_write() {
        use Content::{Different, Hidden, Same};
        // Any version: found at 4.
        assert_eq!(by_version(Some(4), None, 4, Same), Some(false));
        assert_eq!(by_version(Some(4), None, 5, Same), Some(true));
        assert_eq!(by_version(Some(4), None, 5, Different), Some(false));
        assert_eq!(by_version(Some(4), None, 5, Hidden), None);
        assert_eq!(by_version(Some(4), None, 7, Same), Some(true));
        assert_eq!(by_version(Some(4), None, 7, Different), None);
        // A version that was passed already is refused before as after.
        assert_eq!(by_version(Some(4), Some(3), 6, Same), Some(false));
        // One that may have been reached meanwhile.
        assert_eq!(by_version(Some(4), Some(5), 5, Same), Some(false));
        assert_eq!(by_version(Some(4), Some(5), 6, Same), Some(true));
        assert_eq!(by_version(Some(4), Some(5), 7, Same), None);
        assert_eq!(by_version(None, None, 7, Same), None);
    }

    fn acl(text: &str) -> Vec<Acl> {
        Acl::parse_list(text).unwrap()
    }

    #[test]
    fn acls_are_compared_as_the_server_shows_them() {
        let ann = [Auth::parse("digest:ann:pw").unwrap()];
        let compare = |now, wanted| compare_acl(&acl(now), &acl(wanted), &ann);
        assert_eq!(compare("world:anyone:r", "world:anyone:r"), Content::Same);
        assert_eq!(compare("world:anyone:rw", "world:anyone:r"), Content::Different);
        assert_eq!(compare("digest:ann:hash=:rw", "auth::rw"), Content::Same);
        assert_eq!(compare("digest:bob:hash=:rw", "auth::rw"), Content::Different);
        assert_eq!(compare("digest:ann:x:rw", "digest:ann:hash=:rw"), Content::Hidden);
        assert_eq!(compare("world:anyone:r,ip:1.2.3.4:w", "world:anyone:r"), Content::Different);
    }
}
