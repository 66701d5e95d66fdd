//! A session on a ZooKeeper ensemble that tells the truth.
//!
//! [`Client`] is the handle; a task on the same runtime owns the connection, writes queued requests
//! in as few writes as it can, matches replies, keeps the session alive, and moves it to another
//! server when its own is lost. What it promises:
//!
//! - A request that was never written can be recalled; one that was written and not answered is
//!   reported as [`RequestError::Unanswered`] with the last zxid seen before it went out. Nothing
//!   is ever sent twice.
//! - Watches of every kind are set again after a reconnection, with the last zxid seen, so that
//!   what changed in between still fires where the server can tell.
//! - Expiry, refused credentials and read-only servers are [`State`]s that the caller sees.

mod address;
mod config;
mod dial;
mod link;
mod metrics;
mod pending;
mod session;
mod watches;
mod words;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use tokio::sync::{mpsc, oneshot};

pub use address::{AddressError, ConnectString, DEFAULT_PORT, Host};
pub use config::{Auth, Config};
pub use dial::{Attempt, ConnectError, Reason};
pub use metrics::{Metrics, Reading};
pub use pending::Pending;
pub use watches::WatchKind;
pub use words::version;

use crate::wire::frame::write_frame;
use crate::wire::{Code, Malformed, Reply, Request, RequestHeader};
use crate::znode::Event;
use pending::{Outgoing, Ticket};
use session::{Command, Session};

/// Why no session could be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No server answered in time.
    #[error("no server could be reached within {}", humantime::format_duration(*.within))]
    Unreachable {
        /// Each address and its reason.
        #[source]
        cause: ConnectError,
        /// How long was tried.
        within: Duration,
    },
    /// The server answered a request for a new session with expiry; no server does.
    #[error("the server refused to open a session")]
    Refused,
}

/// Why a request has no successful answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The server said no.
    #[error("{code}")]
    Refused {
        /// Its code.
        code: Code,
        /// The last transaction it had processed.
        zxid: i64,
    },
    /// Never written to a server, and never will be: it had no effect.
    #[error("{0}")]
    NotSent(Cause),
    /// Written, and no answer came: it may or may not have had its effect.
    #[error("{cause}")]
    Unanswered {
        /// Why there is no answer.
        cause: Cause,
        /// The newest zxid this session had seen when it was written.
        last_zxid: i64,
    },
    /// Larger than the server takes; not sent.
    #[error("the request has {size} bytes, and the server takes at most {limit} (jute.maxbuffer)")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer is not what the protocol says.
    #[error("the server's answer cannot be read: {0}")]
    Malformed(Malformed),
}

/// Why an answer did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The connection was lost.
    #[error("{0}")]
    ConnectionLost(String),
    /// The request's deadline passed.
    #[error("no answer within {}{}", humantime::format_duration(*.0), trouble(.1))]
    Deadline(Duration, Option<String>),
    /// The answer is longer than is taken.
    #[error("the answer has {length} bytes, and at most {limit} are taken")]
    Oversize {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The session expired.
    #[error("the session has expired")]
    Expired,
    /// The server refused the credentials.
    #[error("the server refused the credentials")]
    AuthFailed,
    /// The session was closed by this client.
    #[error("the session is closed")]
    Closed,
}

fn trouble(detail: &Option<String>) -> String {
    detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default()
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Connected to this server.
    Connected {
        /// As the user named it.
        server: String,
        /// The server has lost its quorum and takes no writes.
        read_only: bool,
    },
    /// Not connected; another server is looked for.
    Lost {
        /// What happened to the connection.
        why: String,
        /// The newest zxid seen on it: what is newer happened unseen.
        last_zxid: i64,
    },
    /// The session is over: its ephemerals are gone, and so are its watches.
    Expired,
    /// The server refused the credentials; the session is over.
    AuthFailed,
    /// Closed by this client.
    Closed,
}

/// What a session reports without being asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A watch fired.
    Watch(Event),
    /// The state changed. After `Connected` that follows `Lost`, persistent watches have not seen
    /// what happened in between.
    State(State),
}

/// A successful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The last transaction the server had processed: for a write its own.
    pub zxid: i64,
    /// The body.
    pub reply: Reply,
    /// The body's size on the wire, bytes.
    pub size: usize,
}

/// What a session is known by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionInfo {
    /// The session's id.
    pub id: i64,
    /// The timeout the server granted.
    pub timeout: Duration,
    /// The newest zxid seen.
    pub last_zxid: i64,
}

/// What the handle and the session's task both see.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    info: Mutex<SessionInfo>,
    metrics: Metrics,
    /// Why there is no connection just now, for deadlines that pass meanwhile.
    trouble: Mutex<Option<String>>,
}

impl Shared {
    fn new(info: SessionInfo, state: State) -> Self {
        Self {
            state: Mutex::new(state),
            info: Mutex::new(info),
            metrics: Metrics::default(),
            trouble: Mutex::new(None),
        }
    }
}

/// Locks `mutex`; what it guards is replaced whole, so a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session on an ensemble. Dropping the last handle closes it without waiting; [`Client::close`]
/// waits.
#[derive(Clone, Debug)]
pub struct Client {
    commands: mpsc::UnboundedSender<Command>,
    shared: Arc<Shared>,
    root: Arc<str>,
    max_request: usize,
    request_timeout: Duration,
}

impl Client {
    /// Opens a session. What it reports unasked arrives at the receiver.
    pub async fn open(config: Config) -> Result<(Self, mpsc::UnboundedReceiver<Notice>), OpenError> {
        let (notices, receiver) = mpsc::unbounded_channel();
        let (commands, queue) = mpsc::unbounded_channel();
        let root: Arc<str> = match config.servers.chroot.as_str() {
            "/" => "".into(),
            chroot => chroot.into(),
        };
        let (max_request, request_timeout) = (config.max_request, config.request_timeout);
        let session = Session::open(config, root.clone(), queue, notices).await?;
        let shared = session.shared();
        tokio::spawn(session.run());
        let client = Self { commands, shared, root, max_request, request_timeout };
        Ok((client, receiver))
    }

    /// Hands a request over. It goes out in the order of these calls, without waiting for the
    /// answers of earlier ones.
    pub fn send(&self, request: &Request) -> Pending {
        self.send_with(request, None)
    }

    /// As [`send`](Self::send), for a request that sets a watch when it succeeds (`exists`: also
    /// when it finds nothing).
    pub fn send_watching(&self, request: &Request, path: &str, kind: WatchKind) -> Pending {
        self.send_with(request, Some((path.to_owned(), kind)))
    }

    fn send_with(&self, request: &Request, watch: Option<(String, WatchKind)>) -> Pending {
        let mut frame = BytesMut::new();
        write_frame(&mut frame, &self.root, |w| {
            // The xid is filled in when the request is written.
            RequestHeader { xid: 0, op: request.op() as i32 }.encode(w);
            request.encode(w);
        });
        let op = request.op();
        let size = frame.len() - 4;
        if size > self.max_request {
            let limit = self.max_request;
            return Pending::failed(op, RequestError::TooLarge { size, limit });
        }
        let ticket = Arc::new(Ticket::default());
        let (reply, answer) = oneshot::channel();
        let outgoing = Outgoing { frame, op, watch, ticket: ticket.clone(), reply };
        let pending =
            Pending::new(op, self.root.clone(), ticket, answer, self.request_timeout, self.shared.clone());
        if self.commands.send(Command::Request(Box::new(outgoing))).is_err() {
            return Pending::failed(op, RequestError::NotSent(self.ended()));
        }
        pending
    }

    /// Sends `request` and waits for its answer.
    pub async fn request(&self, request: &Request) -> Result<Answer, RequestError> {
        self.send(request).answer().await
    }

    /// Adds an identity to the session, before any request that is sent after it. A server that refuses
    /// the credentials ends the session.
    pub fn authenticate(&self, auth: Auth) {
        let _ = self.commands.send(Command::Authenticate(auth));
    }

    /// Stops setting a watch again after reconnections; what the server still holds is not touched.
    pub fn forget_watch(&self, path: &str, kind: WatchKind) {
        let _ = self.commands.send(Command::Forget(path.to_owned(), kind));
    }

    /// Where the session stands.
    pub fn state(&self) -> State {
        lock(&self.shared.state).clone()
    }

    /// Its id, timeout and newest zxid.
    pub fn session(&self) -> SessionInfo {
        *lock(&self.shared.info)
    }

    /// Its counters.
    pub fn metrics(&self) -> Reading {
        self.shared.metrics.read()
    }

    /// The chroot, empty or a path.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The longest request the server takes, bytes.
    pub fn max_request(&self) -> usize {
        self.max_request
    }

    /// Closes the session and waits until the server has said so: then its ephemerals are gone.
    /// Returns whether it did.
    pub async fn close(&self) -> bool {
        let (done, closed) = oneshot::channel();
        if self.commands.send(Command::Close(done)).is_err() {
            return matches!(self.state(), State::Closed | State::Expired);
        }
        closed.await.unwrap_or(false)
    }

    fn ended(&self) -> Cause {
        match self.state() {
            State::Expired => Cause::Expired,
            State::AuthFailed => Cause::AuthFailed,
            _ => Cause::Closed,
        }
    }
}
