//! Writes that are all made, or none, and only under conditions.

use bytes::Bytes;

use super::Failed;
use crate::store::{Failure, Found, Read, Store, Write, Written, read_one, stat};
use crate::wire::Code;
use crate::znode::{Acl, CreateMode, ZPath};

/// What has to be true for the writes to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The znode is there.
    Exists(ZPath),
    /// It is not.
    Absent(ZPath),
    /// Its data has this version.
    Version(ZPath, i32),
    /// Its data is this; `None` is null.
    Data(ZPath, Option<Bytes>),
}

impl Guard {
    /// Which znode.
    pub fn path(&self) -> &ZPath {
        match self {
            Self::Exists(path) | Self::Absent(path) | Self::Version(path, _) | Self::Data(path, _) => path,
        }
    }
}

/// As people say it.
impl std::fmt::Display for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exists(path) => write!(f, "{path} exists"),
            Self::Absent(path) => write!(f, "{path} does not exist"),
            Self::Version(path, version) => write!(f, "{path} has data version {version}"),
            Self::Data(path, None) => write!(f, "{path} has null data"),
            Self::Data(path, Some(_)) => write!(f, "{path} has the expected data"),
        }
    }
}

/// What came of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All writes were made; what became of each.
    Committed(Vec<Written>),
    /// A condition does not hold, and nothing was changed.
    NotMet {
        /// Which one, from 0.
        guard: usize,
        /// The server's word for it, where the servers found it out.
        code: Option<Code>,
    },
}

/// Why nothing came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// A write was refused, and so none was made.
    Refused {
        /// Which one, from 0.
        index: usize,
        /// Why.
        code: Code,
    },
    /// A condition could not be looked at.
    Guard(Failed),
    /// The store failed.
    Failed(Failure),
}

/// What of a transaction checks a condition.
enum Prepared {
    Checks(Vec<Write>),
    NotMet,
}

async fn prepare(store: &dyn Store, guard: &Guard) -> Result<Prepared, Failed> {
    let check =
        |path: &ZPath, version| Prepared::Checks(vec![Write::Check { path: path.to_string(), version }]);
    Ok(match guard {
        Guard::Exists(path) => check(path, None),
        Guard::Version(path, version) => check(path, Some(*version)),
        Guard::Data(path, expected) => match read_one(store, Read::Data(path.to_string())).await {
            Ok(Found::Data(data, stat)) if data == *expected => check(path, Some(stat.version)),
            Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => Prepared::NotMet,
            Err(failure) => return Err(Failed::new("get", path, failure)),
        },
        Guard::Absent(path) => match first_missing(store, path).await? {
            None => Prepared::NotMet,
            // To create it and take it away again is the only proof that the protocol has.
            Some(missing) => Prepared::Checks(vec![
                Write::Create {
                    path: missing.to_string(),
                    data: None,
                    acl: vec![Acl::open()],
                    mode: CreateMode::Persistent,
                },
                Write::Delete { path: missing.to_string(), version: None },
            ]),
        },
    })
}

/// The first znode on the way to `path` that does not exist: as long as it does not, `path` does not.
async fn first_missing(store: &dyn Store, path: &ZPath) -> Result<Option<ZPath>, Failed> {
    for ancestor in path.lineage() {
        match stat(store, &ancestor).await {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(Some(ancestor)),
            Err(failure) => return Err(Failed::new("look at", &ancestor, failure)),
        }
    }
    Ok(None)
}

/// Makes all `writes` if all `guards` hold at that moment.
pub async fn commit(store: &dyn Store, guards: &[Guard], writes: Vec<Write>) -> Result<Ended, Stopped> {
    let mut all = Vec::new();
    // For each operation that checks, the condition it is of.
    let mut checks = Vec::new();
    for (index, guard) in guards.iter().enumerate() {
        match prepare(store, guard).await.map_err(Stopped::Guard)? {
            Prepared::NotMet => return Ok(Ended::NotMet { guard: index, code: None }),
            Prepared::Checks(prepared) => {
                checks.extend(prepared.iter().map(|_| index));
                all.extend(prepared);
            }
        }
    }
    let count = writes.len();
    all.extend(writes);
    if all.is_empty() {
        return Ok(Ended::Committed(Vec::new()));
    }
    match store.multi(all).await {
        Ok(mut written) => {
            let made = written.split_off(written.len().saturating_sub(count));
            Ok(Ended::Committed(made))
        }
        Err(Failure::Operation { index, code }) => match checks.get(index) {
            Some(guard) if is_answer(code) => Ok(Ended::NotMet { guard: *guard, code: Some(code) }),
            Some(guard) => {
                let path = guards.get(*guard).map_or_else(ZPath::root, |guard| guard.path().clone());
                Err(Stopped::Guard(Failed::new("check", &path, Failure::Refused(code))))
            }
            None => Err(Stopped::Refused { index: index - checks.len(), code }),
        },
        Err(failure) => Err(Stopped::Failed(failure)),
    }
}

/// Whether a refused check says that its condition does not hold, and not that it cannot be checked.
fn is_answer(code: Code) -> bool {
    matches!(code, Code::NO_NODE | Code::BAD_VERSION | Code::NODE_EXISTS)
}
