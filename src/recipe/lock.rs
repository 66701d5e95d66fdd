//! A lock as Curator's `InterProcessMutex` and its like have it: whoever made the child with the lowest
//! number holds it, and everybody else watches the one in front.
//!
//! The child's name begins with `_c_` and an id of its own: when the answer to its creation is lost, it
//! is found by that, and never made twice.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use super::{Failed, make_parents};
use crate::store::{Change, Changes, Failure, Found, Read, Store, Write, read_one, stat};
use crate::wire::Code;
use crate::znode::{Acl, CreateMode, EventKind, ZPath};

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The child that is first.
    pub path: ZPath,
    /// What its owner wrote into it.
    pub data: Option<Bytes>,
    /// Its owner's session.
    pub session: i64,
    /// Since when, milliseconds since the epoch.
    pub since: i64,
    /// How many wait for it.
    pub waiting: usize,
}

/// Why a lock was not got.
#[derive(Debug)]
pub enum NotGot {
    /// Its path is missing, or some of it: [`make_path`] makes that.
    NoPath,
    /// Somebody has it.
    Held(Box<Holder>),
    /// The store failed.
    Failed(Failed),
}

/// A lock that is held; it is given back when dropped.
pub struct Lock {
    ticket: Ticket,
    changes: Changes,
}

/// The child that was made; it is deleted when dropped.
struct Ticket {
    store: Arc<dyn Store>,
    path: Option<ZPath>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            let store = Arc::clone(&self.store);
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { delete(&*store, &path).await });
            }
        }
    }
}

async fn delete(store: &dyn Store, path: &ZPath) -> Result<bool, Failure> {
    match store.write(Write::Delete { path: path.to_string(), version: None }).await {
        Ok(_) => Ok(true),
        Err(Failure::Refused(Code::NO_NODE)) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Creates what is missing of the path of a lock, and says what that was. It is persistent, as kazoo has it: it
/// stays when the lock is given back. (Curator has containers there, which go by themselves when they are empty;
/// so a path may be gone when it was there a moment before.)
pub async fn make_path(store: &dyn Store, path: &ZPath) -> Result<Vec<ZPath>, Failed> {
    if path.is_root() {
        return Err(Failed::new("lock", path, Failure::Refused(Code::NO_NODE)));
    }
    make_parents(store, &path.join("lock")).await
}

impl Lock {
    /// Gets the lock on `path`, waiting for `patience` at most, `None` for ever. `data` is what others see of the
    /// holder.
    pub async fn get(
        store: &Arc<dyn Store>,
        path: &ZPath,
        data: Option<Bytes>,
        patience: Option<Duration>,
    ) -> Result<Self, NotGot> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        let failed = |verb, path: &ZPath, failure| NotGot::Failed(Failed::new(verb, path, failure));
        let prefix = path.join(&format!("_c_{}-lock-", id()));
        let write = Write::Create {
            path: prefix.to_string(),
            data,
            acl: vec![Acl::open()],
            mode: CreateMode::EphemeralSequential,
        };
        let own = match store.write(write).await {
            Ok(written) => ZPath::from_server(written.path),
            Err(Failure::Refused(Code::NO_NODE)) => return Err(NotGot::NoPath),
            Err(failure) => return Err(failed("create", &prefix, failure)),
        };
        let ticket = Ticket { store: Arc::clone(store), path: Some(own.clone()) };
        let changes = store.watch(own.to_string(), false).await;
        let changes = changes.map_err(|failure| failed("watch", &own, failure))?;
        loop {
            let queue = queue(&**store, path).await.map_err(|failure| failed("list", path, failure))?;
            let Some(place) = queue.iter().position(|name| name == own.name()) else {
                return Err(failed("lock", path, Failure::Expired));
            };
            let Some(before) = place.checked_sub(1).and_then(|before| queue.get(before)) else {
                return Ok(Self { ticket, changes });
            };
            let before = path.join(before);
            let gone = released(&**store, &before);
            let in_time = match deadline {
                Some(deadline) => timeout_at(deadline, gone).await,
                None => Ok(gone.await),
            };
            match in_time {
                Ok(gone) => gone.map_err(|failure| failed("watch", &before, failure))?,
                Err(_) => match holder(&**store, path, own.name()).await {
                    Ok(Some(holder)) => {
                        give_back(ticket).await;
                        return Err(NotGot::Held(Box::new(holder)));
                    }
                    // It was given back in this moment.
                    Ok(None) => {}
                    Err(failure) => return Err(failed("lock", path, failure)),
                },
            }
        }
    }

    /// The child that holds it.
    pub fn path(&self) -> &ZPath {
        // Only giving back takes the path.
        static NONE: std::sync::LazyLock<ZPath> = std::sync::LazyLock::new(ZPath::root);
        self.ticket.path.as_ref().unwrap_or(&NONE)
    }

    /// Waits until it is lost: its session expired, or somebody deleted the child. Says how.
    pub async fn lost(&mut self) -> &'static str {
        const EXPIRED: &str = "the session has expired";
        const DELETED: &str = "somebody has deleted it";
        loop {
            match self.changes.next().await {
                Some(Change::Event(event)) if event.kind == EventKind::NodeDeleted => return DELETED,
                Some(Change::Back { renewed: true, .. } | Change::Ended(_)) | None => return EXPIRED,
                Some(Change::Back { .. }) => {
                    let there = stat(&*self.ticket.store, self.path()).await;
                    if matches!(there, Ok(None)) {
                        return DELETED;
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Whether it is lost already.
    pub fn is_lost(&mut self) -> bool {
        let mut lost = false;
        while let Some(change) = self.changes.ready() {
            lost |= match change {
                Change::Event(event) => event.kind == EventKind::NodeDeleted,
                Change::Back { renewed, .. } => renewed,
                Change::Ended(_) => true,
                _ => false,
            };
        }
        lost
    }

    /// Gives it back; `false` when it was lost before.
    pub async fn release(mut self) -> Result<bool, Failed> {
        let Some(path) = self.ticket.path.take() else { return Ok(false) };
        delete(&*self.ticket.store, &path).await.map_err(|failure| Failed::new("delete", &path, failure))
    }
}

async fn give_back(mut ticket: Ticket) {
    if let Some(path) = ticket.path.take() {
        // What cannot be deleted now goes with the session.
        let _ = delete(&*ticket.store, &path).await;
    }
}

/// 32 hexadecimal digits that nobody else has.
fn id() -> String {
    let id = fastrand::u128(..);
    let hex = format!("{id:032x}");
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// The children that compete, first come first; others have no number.
async fn queue(store: &dyn Store, path: &ZPath) -> Result<Vec<String>, Failure> {
    let names = match read_one(store, Read::Children(path.to_string())).await? {
        Found::Children(names) => names,
        _ => return Ok(Vec::new()),
    };
    let number = |name: &str| {
        let digits = name.len().checked_sub(10).and_then(|at| name.get(at..))?;
        digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.to_owned())
    };
    let mut queue: Vec<_> = names.iter().filter_map(|name| Some((number(name)?, name.to_owned()))).collect();
    queue.sort();
    Ok(queue.into_iter().map(|(_, name)| name).collect())
}

/// Waits until a znode is gone.
async fn released(store: &dyn Store, path: &ZPath) -> Result<(), Failure> {
    loop {
        let (found, mut changes) = store.read_and_watch(Read::Stat(path.to_string())).await?;
        match found {
            Err(Code::NO_NODE) => return Ok(()),
            Err(code) => return Err(Failure::Refused(code)),
            Ok(_) => {}
        }
        while let Some(change) = changes.next().await {
            match change {
                Change::Event(_) => break,
                Change::Ended(failure) => return Err(failure),
                _ => {}
            }
        }
    }
}

/// Who holds the lock now, unless that is `own`.
async fn holder(store: &dyn Store, path: &ZPath, own: &str) -> Result<Option<Holder>, Failure> {
    let queue = queue(store, path).await?;
    let Some(first) = queue.first().filter(|first| *first != own) else { return Ok(None) };
    let path = path.join(first);
    match read_one(store, Read::Data(path.to_string())).await {
        Ok(Found::Data(data, stat)) => Ok(Some(Holder {
            path,
            data,
            session: stat.ephemeral_owner,
            since: stat.ctime,
            waiting: queue.len().saturating_sub(2),
        })),
        Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => Ok(None),
        Err(Failure::Refused(Code::NO_AUTH)) => Ok(Some(Holder {
            path,
            data: None,
            session: 0,
            since: 0,
            waiting: queue.len().saturating_sub(2),
        })),
        Err(failure) => Err(failure),
    }
}
