//! The store over a live ensemble.
//!
//! Reads are repeated when a connection is lost, because they change nothing; writes are proved
//! ([`prove`]). What an old server lacks is made up for: pipelined reads for `multiRead` (before
//! 3.6), watches set again for persistent ones ([`rearm`]), `create` instead of `create2` always.
//! ClickHouse Keeper answers what it lacks with `Unimplemented` too, according to its documents:
//! the same fallbacks apply there, untested.

mod batch;
mod evidence;
mod judge;
mod once;
mod prove;
mod rearm;
mod subscribe;

use std::ops::Deref;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, ready};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::ask::unexpected;
use super::{Answers, Changes, Failure, Link, Outcome, Read, Session, Store, Watched, Write, Written};
use crate::client::{Answer, Auth, Cause, Client, Config, Notice, OpenError, Pending, RequestError, State};
use crate::wire::{Code, Reply, Request};
use crate::znode::CreateMode;
use batch::FIRST_BATCH;
use prove::Job;
use subscribe::Subscribers;

/// A live ensemble; clones share one session.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

/// What the clones share.
pub struct Inner {
    config: Config,
    client: Mutex<Client>,
    notices: Mutex<Option<mpsc::UnboundedReceiver<Notice>>>,
    renewing: tokio::sync::Mutex<()>,
    subscribers: Subscribers,
    no_multi_read: AtomicBool,
    no_add_watch: AtomicBool,
    batch: AtomicUsize,
    /// Microseconds that the fastest batch took, `u64::MAX` before the first.
    fastest: AtomicU64,
    /// Identities that were added to the session, and that a new one needs as well.
    identities: Mutex<Vec<Auth>>,
}

impl Live {
    /// Connects.
    pub async fn connect(config: Config) -> Result<Self, OpenError> {
        let (client, notices) = Client::open(config.clone()).await?;
        Ok(Self(Arc::new(Inner {
            config,
            client: Mutex::new(client),
            notices: Mutex::new(Some(notices)),
            renewing: tokio::sync::Mutex::new(()),
            subscribers: Subscribers::default(),
            no_multi_read: AtomicBool::new(false),
            no_add_watch: AtomicBool::new(false),
            batch: AtomicUsize::new(FIRST_BATCH),
            fastest: AtomicU64::new(u64::MAX),
            identities: Mutex::default(),
        })))
    }
}

impl Deref for Live {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    /// The session in use; after an expiry the one that follows it.
    pub fn client(&self) -> Client {
        lock(&self.client).clone()
    }

    /// Opens a session in place of one that has expired, unless somebody has done so already.
    async fn renew(&self) -> Result<(), Failure> {
        let _alone = self.renewing.lock().await;
        // Many ask at once, and each of them may come late: only the state tells.
        if self.client().state() != State::Expired {
            return Ok(());
        }
        let mut config = self.config.clone();
        config.auth.extend(lock(&self.identities).iter().cloned());
        let (client, notices) = Client::open(config).await.map_err(|e| Failure::Disconnected(explain(&e)))?;
        *lock(&self.client) = client;
        self.subscribers.attend(notices, &self.notices);
        Ok(())
    }

    /// Sends `request` until it is answered: for reads only, which do no harm when they are done
    /// twice. An expired session is followed by a new one.
    async fn insist(&self, request: &Request) -> Result<Answer, Failure> {
        let pending = self.client().send(request);
        self.insist_on(request, pending).await
    }

    /// As [`insist`](Self::insist), for a request that is on its way.
    async fn insist_on(&self, request: &Request, mut pending: Pending) -> Result<Answer, Failure> {
        let until = Instant::now() + self.config.request_timeout;
        loop {
            match pending.answer().await {
                Ok(answer) => return Ok(answer),
                Err(error) => self.overcome(error, until).await?,
            }
            pending = self.client().send(request);
        }
    }

    /// Whether a read that failed may be sent again; else what its failure means.
    async fn overcome(&self, error: RequestError, until: Instant) -> Result<(), Failure> {
        match cause(&error) {
            Some(Cause::ConnectionLost(_)) if Instant::now() < until => Ok(()),
            Some(Cause::Expired) if Instant::now() < until => self.renew().await,
            _ => Err(as_read_failure(error)),
        }
    }
}

impl Store for Live {
    fn read(&self, reads: Vec<Read>) -> Outcome<'_, Answers> {
        self.read_all(reads)
    }

    fn batch(&self) -> usize {
        self.best_batch()
    }

    fn in_flight(&self) -> usize {
        self.best_flight()
    }

    fn write(&self, write: Write) -> Outcome<'_, Written> {
        Box::pin(async move {
            let job = Job::single(write);
            let sent = job.send(self);
            let written = prove::carry_out(self, &job, sent).await?.pop();
            written.ok_or_else(|| Failure::Protocol("a result is missing".into()))
        })
    }

    fn multi(&self, writes: Vec<Write>) -> Outcome<'_, Vec<Written>> {
        let job = match Job::group(writes) {
            Ok(job) => job,
            Err(failure) => return Box::pin(ready(Err(failure))),
        };
        let sent = job.send(self);
        Box::pin(async move { prove::carry_out(self, &job, sent).await })
    }

    fn sync(&self, path: String) -> Outcome<'_, ()> {
        Box::pin(async move { self.insist(&Request::Sync { path }).await.map(drop) })
    }

    fn identities(&self) -> Outcome<'_, Vec<(String, String)>> {
        Box::pin(async move {
            match self.insist(&Request::WhoAmI).await {
                Ok(Answer { reply: Reply::Identities(list), .. }) => Ok(list),
                Ok(answer) => Err(unexpected(&answer.reply)),
                Err(Failure::Refused(Code::UNIMPLEMENTED)) => {
                    Err(Failure::Unsupported { what: "whoami", needs: "servers from 3.7 do" })
                }
                Err(failure) => Err(failure),
            }
        })
    }

    fn ephemerals(&self) -> Outcome<'_, Vec<String>> {
        Box::pin(async move {
            if self.no_add_watch.load(Relaxed) {
                // As old, and asking would cost a connection.
                return Err(Failure::Unsupported { what: "getEphemerals", needs: "servers from 3.6 do" });
            }
            match self.insist(&Request::GetEphemerals { prefix: "/".into() }).await {
                Ok(Answer { reply: Reply::Ephemerals(paths), .. }) => Ok(paths),
                Ok(answer) => Err(unexpected(&answer.reply)),
                Err(Failure::Refused(Code::UNIMPLEMENTED)) => {
                    Err(Failure::Unsupported { what: "getEphemerals", needs: "servers from 3.6 do" })
                }
                Err(failure) => Err(failure),
            }
        })
    }

    fn authenticate(&self, auth: Auth) -> Outcome<'_, ()> {
        lock(&self.identities).push(auth.clone());
        self.client().authenticate(auth);
        // What the server says of credentials comes before its answer to anything else.
        Box::pin(
            async move { self.insist(&Request::Exists { path: "/".into(), watch: false }).await.map(drop) },
        )
    }

    fn read_and_watch(&self, read: Read) -> Outcome<'_, Watched> {
        Box::pin(once::once(self, read))
    }

    fn watch(&self, path: String, recursive: bool) -> Outcome<'_, Changes> {
        Box::pin(subscribe::always(self, path, recursive))
    }

    fn session(&self) -> Session {
        let client = self.client();
        let info = client.session();
        let (server, read_only, link) = match client.state() {
            State::Connected { server, read_only } => (server, read_only, Link::Connected),
            State::Lost { .. } => (String::new(), false, Link::Lost),
            State::Expired => (String::new(), false, Link::Expired),
            State::AuthFailed | State::Closed => (String::new(), false, Link::Closed),
        };
        Session { id: info.id, server, read_only, timeout: info.timeout, last_zxid: info.last_zxid, link }
    }

    fn connection(&self) -> Changes {
        subscribe::connection(self)
    }

    fn max_request(&self) -> usize {
        self.config.max_request
    }

    fn close(&self) -> BoxFuture<'_, bool> {
        Box::pin(async move { self.client().close().await })
    }
}

fn cause(error: &RequestError) -> Option<&Cause> {
    match error {
        RequestError::NotSent(cause) | RequestError::Unanswered { cause, .. } => Some(cause),
        _ => None,
    }
}

/// What a failed request means where nothing can be proved about it.
fn as_failure(error: RequestError) -> Failure {
    match error {
        RequestError::Refused { code, .. } => Failure::Refused(code),
        RequestError::NotSent(cause) => not_done(cause),
        RequestError::Unanswered { cause: Cause::AuthFailed, .. } => Failure::AuthFailed,
        RequestError::Unanswered { cause, .. } => Failure::Unknown(cause.to_string()),
        RequestError::TooLarge { size, limit } => Failure::TooLarge { size, limit },
        RequestError::Malformed(malformed) => Failure::Protocol(malformed.to_string()),
    }
}

/// A read that was not answered changed nothing.
fn as_read_failure(error: RequestError) -> Failure {
    match error {
        RequestError::Unanswered { cause, .. } => not_done(cause),
        other => as_failure(other),
    }
}

fn not_done(cause: Cause) -> Failure {
    match cause {
        Cause::Expired => Failure::Expired,
        Cause::AuthFailed => Failure::AuthFailed,
        Cause::Oversize { length, limit } => Failure::Oversize { length, limit },
        other => Failure::Disconnected(other.to_string()),
    }
}

/// The whole chain of an error on one line.
fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Containers and TTL znodes are operations of their own, which old servers do not have.
fn needs(mode: CreateMode) -> Option<Failure> {
    match mode {
        CreateMode::Container => {
            Some(Failure::Unsupported { what: "container znodes", needs: "servers from 3.5.1 do" })
        }
        CreateMode::Ttl(_) | CreateMode::TtlSequential(_) => Some(Failure::Unsupported {
            what: "znodes with a TTL",
            needs: "servers from 3.5.3 do, with zookeeper.extendedTypesEnabled=true",
        }),
        _ => None,
    }
}
