//! A tree of znodes, wherever it lives.
//!
//! Commands know only [`Store`]. It is asked in batches: [`Store::read`] takes many reads at once,
//! so that a live ensemble can answer them in one round trip and a tree in memory by look-ups. A
//! write is done, refused, or of unknown outcome, and is never repeated blindly.

mod ask;
mod guard;
pub mod live;
pub mod memory;
pub mod overlay;

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

pub use guard::ReadOnly;
pub(crate) use guard::pass_on;

use crate::client::Auth;
use crate::wire::Code;
use crate::znode::{Acl, CreateMode, Event, Names, Stat};

/// Something to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Data and stat.
    Data(String),
    /// Names of the children.
    Children(String),
    /// Names of the children, and stat.
    Listing(String),
    /// Stat alone.
    Stat(String),
    /// ACL and stat.
    Acl(String),
}

impl Read {
    /// Which znode.
    pub fn path(&self) -> &str {
        match self {
            Self::Data(path)
            | Self::Children(path)
            | Self::Listing(path)
            | Self::Stat(path)
            | Self::Acl(path) => path,
        }
    }
}

/// What a [`Read`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Data (`None` = null) and stat.
    Data(Option<Bytes>, Stat),
    /// Names of the children, in the server's order.
    Children(Names),
    /// Names of the children, in the server's order, and stat.
    Listing(Names, Stat),
    /// Stat alone.
    Stat(Stat),
    /// ACL and stat.
    Acl(Vec<Acl>, Stat),
}

impl Found {
    /// The stat, where one was read.
    pub fn stat(&self) -> Option<&Stat> {
        match self {
            Self::Data(_, stat) | Self::Listing(_, stat) | Self::Stat(stat) | Self::Acl(_, stat) => {
                Some(stat)
            }
            Self::Children(_) => None,
        }
    }
}

/// The answers to a batch of reads, in its order; each may be refused by itself.
pub type Answers = Vec<Result<Found, Code>>;

/// Something to be changed. A version of `None` means any.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the protocol's")]
pub enum Write {
    Create { path: String, data: Option<Bytes>, acl: Vec<Acl>, mode: CreateMode },
    Set { path: String, data: Option<Bytes>, version: Option<i32> },
    Delete { path: String, version: Option<i32> },
    SetAcl { path: String, acl: Vec<Acl>, version: Option<i32> },
    Check { path: String, version: Option<i32> },
}

impl Write {
    /// Which znode; for a sequential create the beginning of its path.
    pub fn path(&self) -> &str {
        match self {
            Self::Create { path, .. }
            | Self::Set { path, .. }
            | Self::Delete { path, .. }
            | Self::SetAcl { path, .. }
            | Self::Check { path, .. } => path,
        }
    }
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The znode; for a sequential create with its number.
    pub path: String,
    /// Its stat afterwards, where the server said it.
    pub stat: Option<Stat>,
    /// The connection was lost before the answer came; that the change was made was found out by
    /// looking afterwards.
    pub verified: bool,
}

/// Why a store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server said no.
    #[error("{0}")]
    Refused(Code),
    /// The server said no to one operation of an atomic group, and so did none.
    #[error("operation {index} of the transaction: {code}")]
    Operation {
        /// Its place in the group, from 0.
        index: usize,
        /// Why.
        code: Code,
    },
    /// No connection, and nothing was changed.
    #[error("{0}")]
    Disconnected(String),
    /// The session expired, and nothing was changed.
    #[error("the session has expired")]
    Expired,
    /// The server refused the credentials.
    #[error("the server refused the credentials")]
    AuthFailed,
    /// A write was sent, no answer came, and looking did not show whether it was done.
    #[error("{0}")]
    Unknown(String),
    /// The request is larger than the server takes; it was not sent.
    #[error("the request has {size} bytes, and the server takes at most {limit} (jute.maxbuffer)")]
    TooLarge {
        /// Bytes.
        size: usize,
        /// Bytes.
        limit: usize,
    },
    /// The answer is longer than is taken.
    #[error("the answer has {length} bytes, and at most {limit} are taken")]
    Oversize {
        /// Bytes.
        length: usize,
        /// Bytes.
        limit: usize,
    },
    /// The server is too old, or has the feature switched off.
    #[error("the server does not know {what} ({needs})")]
    Unsupported {
        /// The operation.
        what: &'static str,
        /// What has it.
        needs: &'static str,
    },
    /// Writing is not allowed here.
    #[error("read-only: nothing is written")]
    ReadOnly,
    /// The server's answer is not what the protocol says.
    #[error("the server's answer cannot be read: {0}")]
    Protocol(String),
}

/// What a subscription reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A znode changed.
    Event(Event),
    /// More changes happened than were reported, all of them to this znode; only servers before
    /// 3.6 force this, whose watches fire once and must be set again.
    Missed {
        /// Which znode.
        path: String,
        /// How many changes nobody saw one by one.
        changes: i32,
    },
    /// The connection was lost; nothing is seen until it is back.
    Lost {
        /// What happened.
        why: String,
    },
    /// The connection is back. What happened in between was not seen.
    Back {
        /// The server that has the session now.
        server: String,
        /// The newest zxid seen before: what is newer happened unseen. `None` where what happened
        /// is reported nevertheless.
        last_zxid: Option<i64>,
        /// The old session expired, and this is a new one.
        renewed: bool,
    },
    /// Nothing more will come.
    Ended(Failure),
}

/// A stream of [`Change`]s; dropping it ends the subscription.
#[derive(Debug)]
pub struct Changes {
    receiver: mpsc::UnboundedReceiver<Change>,
}

impl Changes {
    /// Wraps the receiving end of a channel.
    pub fn new(receiver: mpsc::UnboundedReceiver<Change>) -> Self {
        Self { receiver }
    }

    /// Nothing.
    pub fn none() -> Self {
        Self::new(mpsc::unbounded_channel().1)
    }

    /// The next change; `None` after [`Change::Ended`].
    pub async fn next(&mut self) -> Option<Change> {
        self.receiver.recv().await
    }

    /// The next change, if one has already come.
    pub fn ready(&mut self) -> Option<Change> {
        self.receiver.try_recv().ok()
    }
}

/// What a store can say of the session behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Its id; 0 where there is none.
    pub id: i64,
    /// The server it is on.
    pub server: String,
    /// The server has lost its quorum and takes no writes.
    pub read_only: bool,
    /// The timeout that the server granted.
    pub timeout: Duration,
    /// The newest zxid it has seen.
    pub last_zxid: i64,
    /// Whether there is a connection.
    pub link: Link,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// It is on a server.
    #[default]
    Connected,
    /// It is without a server, and looking for one.
    Lost,
    /// It has expired.
    Expired,
    /// It has been closed, or the server refused its credentials.
    Closed,
}

/// What a store was asked to do, under way.
pub type Outcome<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// What was found, and what will be reported of it.
pub type Watched = (Result<Found, Code>, Changes);

/// A tree of znodes.
pub trait Store: Send + Sync {
    /// Reads all of `reads`. The request is on its way when this returns; the future only waits, so
    /// that several batches can be in flight. Answers come in order.
    fn read(&self, reads: Vec<Read>) -> Outcome<'_, Answers>;

    /// How many reads make a good batch just now: enough to fill a round trip, not so many that one
    /// answer grows past about half a megabyte.
    fn batch(&self) -> usize;

    /// How many batches should be in flight just now: enough that no side waits for the other.
    fn in_flight(&self) -> usize;

    /// Makes one change. An outcome that cannot be told is [`Failure::Unknown`].
    fn write(&self, write: Write) -> Outcome<'_, Written>;

    /// Makes all changes or none. The request is on its way when this returns.
    fn multi(&self, writes: Vec<Write>) -> Outcome<'_, Vec<Written>>;

    /// Brings the server up to date with its leader.
    fn sync(&self, path: String) -> Outcome<'_, ()>;

    /// The identities this session acts with: scheme and user.
    fn identities(&self) -> Outcome<'_, Vec<(String, String)>>;

    /// The ephemerals of this session, in the server's order.
    fn ephemerals(&self) -> Outcome<'_, Vec<String>>;

    /// Adds an identity to the session.
    fn authenticate(&self, auth: Auth) -> Outcome<'_, ()>;

    /// Reads, and leaves a watch on what was read: the subscription ends with its first event.
    fn read_and_watch(&self, read: Read) -> Outcome<'_, Watched>;

    /// Subscribes to the changes of a znode and of its list of children, or with `recursive` of
    /// everything below it.
    fn watch(&self, path: String, recursive: bool) -> Outcome<'_, Changes>;

    /// The session behind the store.
    fn session(&self) -> Session;

    /// What happens to the session: no events, and nothing at all where there is no connection to lose.
    fn connection(&self) -> Changes;

    /// The most bytes one write can have.
    fn max_request(&self) -> usize;

    /// Ends the session, and with it its ephemerals. Returns whether the server confirmed it.
    fn close(&self) -> BoxFuture<'_, bool>;
}

/// Reads one thing.
pub async fn read_one(store: &dyn Store, read: Read) -> Result<Found, Failure> {
    match store.read(vec![read]).await?.pop() {
        Some(answer) => answer.map_err(Failure::Refused),
        None => Err(Failure::Protocol("an answer is missing".into())),
    }
}

/// Whether there is a znode at `path`, and its stat.
pub async fn stat(store: &dyn Store, path: &str) -> Result<Option<Stat>, Failure> {
    match read_one(store, Read::Stat(path.to_owned())).await {
        Ok(found) => Ok(found.stat().copied()),
        Err(Failure::Refused(Code::NO_NODE)) => Ok(None),
        Err(failure) => Err(failure),
    }
}
