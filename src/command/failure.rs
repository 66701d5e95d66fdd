//! From a store's failure to what the user reads.

use super::Context;
use super::get_acl::masked;
use crate::error::{Error, Kind, did_you_mean};
use crate::store::{Failure, Found, Read, Store, read_one, stat};
use crate::wire::Code;
use crate::znode::ZPath;

/// Children looked through for a name that was perhaps meant.
const SUGGEST_AMONG: usize = 10_000;

/// What the command was doing, for `cannot {verb} {path}`.
pub fn error(failure: Failure, verb: &str, path: &str) -> Error {
    let cannot = format!("cannot {verb} {path}");
    match failure {
        Failure::Refused(code) | Failure::Operation { code, .. } => {
            Error::new(kind(code), format!("{cannot}: {} ({code})", code.words()))
        }
        Failure::Disconnected(why) => Error::new(Kind::Connection, format!("{cannot}: {why}")),
        Failure::Expired => Error::new(Kind::Connection, format!("{cannot}: the session has expired")),
        Failure::AuthFailed => {
            Error::new(Kind::Auth, format!("{cannot}: the server refused the credentials (AuthFailed)"))
                .hint("check --auth: digest:USER:PASSWORD, or a scheme this server has")
        }
        Failure::Unknown(why) => {
            Error::new(Kind::Unknown, format!("whether `{verb} {path}` was done is unknown: {why}"))
                .hint(format!("look with `zkx stat {path}` before you repeat it"))
        }
        Failure::TooLarge { .. } => Error::usage(format!("{cannot}: {failure}; nothing was sent"))
            .hint("if the servers run with a larger jute.maxbuffer, give it as --max-request BYTES"),
        Failure::Oversize { length, .. } => Error::new(Kind::Connection, format!("{cannot}: {failure}"))
            .hint(format!("--max-reply {length} takes it")),
        Failure::Unsupported { .. } => Error::new(Kind::Refused, format!("{cannot}: {failure}")),
        Failure::ReadOnly => Error::usage(format!(
            "{cannot}: this session is read-only (--read-only, ZKX_READ_ONLY or its profile)"
        )),
        Failure::Protocol(_) => Error::new(Kind::Connection, format!("{cannot}: {failure}")),
    }
}

fn kind(code: Code) -> Kind {
    match code {
        Code::NO_AUTH | Code::AUTH_FAILED | Code::SESSION_CLOSED_REQUIRE_SASL_AUTH => Kind::Auth,
        Code::BAD_VERSION => Kind::Conflict,
        Code::CONNECTION_LOSS
        | Code::OPERATION_TIMEOUT
        | Code::SESSION_EXPIRED
        | Code::SESSION_MOVED
        | Code::NOT_READ_ONLY
        | Code::REQUEST_TIMEOUT
        | Code::THROTTLED_OP => Kind::Connection,
        _ => Kind::Refused,
    }
}

impl Context<'_> {
    /// As [`error`], after a look around for what would help.
    pub(super) async fn explain(&self, failure: Failure, verb: &str, path: &ZPath) -> Error {
        match &failure {
            Failure::Refused(Code::NO_NODE) => self.missing(failure, verb, path).await,
            Failure::Refused(Code::NO_AUTH) => self.forbidden(failure, verb, path).await,
            Failure::Refused(Code::BAD_VERSION) => match stat(self.store, path).await {
                Ok(Some(stat)) => error(failure, verb, path).hint(format!(
                    "its data version is {}, its ACL version {}: somebody has changed it since",
                    stat.version, stat.aversion
                )),
                _ => error(failure, verb, path),
            },
            Failure::Refused(Code::NOT_EMPTY) => error(failure, verb, path)
                .hint(format!("`zkx deleteall {path}` deletes it with everything below")),
            Failure::Refused(Code::NODE_EXISTS) => {
                error(failure, verb, path).hint(format!("`zkx set {path} DATA` changes its data"))
            }
            Failure::Refused(Code::INVALID_ACL) => error(failure, verb, path).hint(
                "the scheme must be one the server has, and `auth` needs --auth credentials to stand for",
            ),
            _ => error(failure, verb, path),
        }
    }

    /// Shows the ACL that forbids it, where it may be seen.
    async fn forbidden(&self, failure: Failure, verb: &str, path: &ZPath) -> Error {
        // Whether a znode may be created or deleted is its parent's to say.
        let (owner, needs) = match verb {
            "create" => (path.parent(), "c"),
            "delete" => (path.parent(), "d"),
            "set" => (None, "w"),
            "set the ACL of" => (None, "a"),
            _ => (None, "r"),
        };
        let owner = owner.as_ref().unwrap_or(path);
        let explained = error(failure, verb, path);
        let explained = match read_one(self.store, Read::Acl(owner.to_string())).await {
            Ok(Found::Acl(list, _)) => {
                let list = if self.settings.show_secrets { list } else { masked(list) };
                let list: Vec<_> = list.iter().map(ToString::to_string).collect();
                explained.hint(format!("the ACL of {owner} is {}: this needs {needs}", list.join(",")))
            }
            _ => explained,
        };
        explained.hint("give credentials with --auth, like digest:USER:PASSWORD")
    }

    /// Says which ancestor is missing, and what the name was perhaps meant to be.
    async fn missing(&self, failure: Failure, verb: &str, path: &ZPath) -> Error {
        let creating = verb == "create";
        let near = nearest(self.store, path).await;
        let mut explained = match near.missing {
            _ if creating => {
                let parent = path.parent().unwrap_or_else(ZPath::root);
                let kind = Kind::Refused;
                Error::new(kind, format!("cannot create {path}: parent {parent} does not exist (NoNode)"))
            }
            Some(missing) if missing != *path => {
                Error::new(Kind::Refused, format!("cannot {verb} {path}: {missing} does not exist (NoNode)"))
            }
            _ => error(failure, verb, path),
        };
        if let Some(meant) = near.meant {
            explained = explained.hint(format!("did you mean `{meant}`?"));
        }
        if creating {
            explained = explained.hint("add -p to create the missing parents");
        }
        explained
    }
}

/// What there is on the way to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The first znode on it that does not exist; `None` when all of them do.
    pub missing: Option<ZPath>,
    /// What the path was perhaps meant to be.
    pub meant: Option<ZPath>,
}

/// Looks how far the way to `path` exists. Whatever cannot be read counts as missing.
pub async fn nearest(store: &dyn Store, path: &ZPath) -> Nearest {
    let mut existing = path.clone();
    let mut missing = None;
    while !existing.is_root() && !matches!(stat(store, &existing).await, Ok(Some(_))) {
        let parent = existing.parent().unwrap_or_else(ZPath::root);
        missing = Some(std::mem::replace(&mut existing, parent));
    }
    let Some(missing) = missing else { return Nearest { missing: None, meant: None } };
    let mut meant = None;
    if let Ok(Found::Children(names)) = read_one(store, Read::Children(existing.to_string())).await
        && names.len() <= SUGGEST_AMONG
        && let Some(name) = did_you_mean(missing.name(), names.iter())
        && name != missing.name()
    {
        let rest = path.as_str().strip_prefix(missing.as_str()).unwrap_or_default();
        meant = Some(ZPath::from_server(format!("{}{rest}", existing.join(name))));
    }
    Nearest { missing: Some(missing), meant }
}
