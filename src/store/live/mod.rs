//! The store over a live ensemble.
//!
//! Reads are repeated when a connection is lost, because they change nothing; writes are proved
//! ([`prove`]). What an old server lacks is made up for: pipelined reads for `multiRead` (before
//! 3.6), watches set again for persistent ones ([`rearm`]), `create` instead of `create2` always.
//! ClickHouse Keeper answers what it lacks with `Unimplemented` too, according to its documents:
//! the same fallbacks apply there, untested.

mod prove;
mod rearm;
mod subscribe;

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Answers, Changes, Failure, Found, Outcome, Read, Session, Store, Watched, Write, Written};
use crate::client::{Answer, Cause, Client, Config, Notice, OpenError, Pending, RequestError, State};
use crate::wire::{Code, OpResult, ReadOp, ReadResult, Reply, Request, WriteOp, request};
use crate::znode::CreateMode;
use subscribe::Subscribers;

/// What an answer to `multiRead` should stay under: large enough to amortise a round trip, small
/// enough not to hold the server's memory or this one's.
const REPLY_TARGET: usize = 384 << 10;
/// Reads in the first batch, when nothing is known of the size of the data.
const FIRST_BATCH: usize = 64;
const LARGEST_BATCH: usize = 1000;
/// Below this a `multiRead` gains nothing over pipelined reads, and asks for no newer server.
const SMALLEST_BATCH: usize = 8;
/// Reads kept in flight where there is no `multiRead`.
const PIPELINE: usize = 256;
/// Bytes of paths in one `multiRead`: requests are bounded by the server's `jute.maxbuffer`.
const PATHS_PER_BATCH: usize = 128 << 10;

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

    /// Opens a session in place of `expired`, unless somebody has done so already.
    async fn renew(&self, expired: i64) -> Result<(), Failure> {
        let _alone = self.renewing.lock().await;
        if self.client().session().id != expired {
            return Ok(());
        }
        let (client, notices) =
            Client::open(self.config.clone()).await.map_err(|e| Failure::Disconnected(explain(&e)))?;
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
            let session = self.client().session().id;
            let failure = match pending.answer().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match cause(&failure) {
                Some(Cause::ConnectionLost(_)) if Instant::now() < until => {}
                Some(Cause::Expired) if Instant::now() < until => self.renew(session).await?,
                _ => return Err(as_read_failure(failure)),
            }
            pending = self.client().send(request);
        }
    }

    /// Remembers how large answers are, for the size of the next batches.
    fn learn(&self, reads: usize, bytes: usize) {
        let now = self.batch.load(Relaxed);
        let fitting = REPLY_TARGET / (bytes / reads.max(1)).max(1);
        // Growth is slow and shrinking is not: one large answer costs more than many small ones.
        self.batch.store(fitting.clamp(SMALLEST_BATCH, LARGEST_BATCH).min(now * 2), Relaxed);
    }

    /// Sends a piece of a batch in the best way the server knows.
    fn send(&self, reads: Vec<Read>) -> Piece {
        let client = self.client();
        if reads.len() < SMALLEST_BATCH || self.no_multi_read.load(Relaxed) || !multi_readable(&reads) {
            let requests: Vec<_> = reads.iter().map(single).collect();
            let pending = requests.iter().map(|request| client.send(request)).collect();
            return Piece::Singles(requests, pending);
        }
        let request = Request::MultiRead(
            reads
                .iter()
                .map(|read| match read {
                    Read::Children(path) => ReadOp::Children(path.clone()),
                    other => ReadOp::Data(other.path().to_owned()),
                })
                .collect(),
        );
        let pending = client.send(&request);
        Piece::Multi(reads, request, pending)
    }

    async fn receive(&self, piece: Piece, answers: &mut Answers) -> Result<(), Failure> {
        let (reads, request, pending) = match piece {
            Piece::Singles(requests, pending) => {
                for (request, pending) in requests.iter().zip(pending) {
                    answers.push(self.single_answer(request, pending).await?);
                }
                return Ok(());
            }
            Piece::Multi(reads, request, pending) => (reads, request, pending),
        };
        match self.insist_on(&request, pending).await {
            Ok(Answer { reply: Reply::MultiRead(results), size, .. }) if results.len() == reads.len() => {
                self.learn(reads.len(), size);
                answers.extend(results.into_iter().map(|result| match result {
                    ReadResult::Data(data, stat) => Ok(Found::Data(data, stat)),
                    ReadResult::Children(names) => Ok(Found::Children(names)),
                    ReadResult::Failed(code) => Err(code),
                }));
                Ok(())
            }
            Ok(answer) => Err(unexpected(&answer.reply)),
            Err(Failure::Refused(Code::UNIMPLEMENTED)) => {
                self.no_multi_read.store(true, Relaxed);
                let Piece::Singles(requests, pending) = self.send(reads) else {
                    return Err(Failure::Protocol("no way to read".into()));
                };
                for (request, pending) in requests.iter().zip(pending) {
                    answers.push(self.single_answer(request, pending).await?);
                }
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    async fn single_answer(
        &self,
        request: &Request,
        pending: Pending,
    ) -> Result<Result<Found, Code>, Failure> {
        match self.insist_on(request, pending).await {
            Ok(answer) => found(answer.reply).map(Ok),
            Err(Failure::Refused(code)) => Ok(Err(code)),
            Err(failure) => Err(failure),
        }
    }
}

/// A part of a batch that is on its way.
enum Piece {
    Singles(Vec<Request>, Vec<Pending>),
    Multi(Vec<Read>, Request, Pending),
}

fn multi_readable(reads: &[Read]) -> bool {
    reads.iter().all(|read| matches!(read, Read::Data(_) | Read::Children(_)))
}

fn single(read: &Read) -> Request {
    let (path, watch) = (read.path().to_owned(), false);
    match read {
        Read::Data(_) => Request::GetData { path, watch },
        Read::Children(_) => Request::GetChildren { path, watch },
        Read::Listing(_) => Request::GetChildren2 { path, watch },
        Read::Stat(_) => Request::Exists { path, watch },
        Read::Acl(_) => Request::GetAcl { path },
    }
}

fn found(reply: Reply) -> Result<Found, Failure> {
    Ok(match reply {
        Reply::Data(data, stat) => Found::Data(data, stat),
        Reply::Children(names) => Found::Children(names),
        Reply::Children2(names, stat) => Found::Listing(names, stat),
        Reply::Stat(stat) => Found::Stat(stat),
        Reply::Acl(acl, stat) => Found::Acl(acl, stat),
        other => return Err(unexpected(&other)),
    })
}

fn unexpected(reply: &Reply) -> Failure {
    Failure::Protocol(format!("it does not answer the question ({reply:.40?})"))
}

/// What a write is on the wire.
fn operation(write: &Write) -> Request {
    let any = |version: &Option<i32>| version.unwrap_or(-1);
    match write {
        Write::Create { .. } | Write::Check { .. } => match op(write) {
            WriteOp::Create(create) => Request::Create(create),
            other => Request::Multi(vec![other]),
        },
        Write::Set { path, data, version } => {
            Request::SetData { path: path.clone(), data: data.clone(), version: any(version) }
        }
        Write::Delete { path, version } => Request::Delete { path: path.clone(), version: any(version) },
        Write::SetAcl { path, acl, version } => {
            Request::SetAcl { path: path.clone(), acl: acl.clone(), version: any(version) }
        }
    }
}

/// What a write is inside a `multi`; there is none for ACLs, which callers do not put there.
fn op(write: &Write) -> WriteOp {
    let any = |version: &Option<i32>| version.unwrap_or(-1);
    match write.clone() {
        // `create2` would give the stat as well, but 3.4 hangs up on it.
        Write::Create { path, data, acl, mode } => {
            WriteOp::Create(request::Create { path, data, acl, mode, stat: false })
        }
        Write::Set { path, data, version } => WriteOp::SetData { path, data, version: any(&version) },
        Write::Delete { path, version } => WriteOp::Delete { path, version: any(&version) },
        Write::Check { path, version } | Write::SetAcl { path, version, .. } => {
            WriteOp::Check { path, version: any(&version) }
        }
    }
}

impl Store for Live {
    fn read(&self, reads: Vec<Read>) -> Outcome<'_, Answers> {
        let total = reads.len();
        let mut pieces = Vec::new();
        let limit = self.batch();
        let mut piece = Vec::with_capacity(total.min(limit));
        let mut bytes = 0;
        for read in reads {
            bytes += read.path().len() + 14;
            piece.push(read);
            if piece.len() >= limit || bytes >= PATHS_PER_BATCH {
                bytes = 0;
                pieces.push(self.send(std::mem::take(&mut piece)));
            }
        }
        if !piece.is_empty() {
            pieces.push(self.send(piece));
        }
        Box::pin(async move {
            let mut answers = Vec::with_capacity(total);
            for piece in pieces {
                self.receive(piece, &mut answers).await?;
            }
            Ok(answers)
        })
    }

    fn batch(&self) -> usize {
        if self.no_multi_read.load(Relaxed) { PIPELINE } else { self.batch.load(Relaxed) }
    }

    fn write(&self, write: Write) -> Outcome<'_, Written> {
        Box::pin(prove::write(self, write))
    }

    fn multi(&self, writes: Vec<Write>) -> Outcome<'_, Vec<Written>> {
        if writes.iter().any(|write| matches!(write, Write::SetAcl { .. })) {
            return Box::pin(async {
                Err(Failure::Unsupported { what: "setAcl inside a transaction", needs: "no server does" })
            });
        }
        let pending = self.client().send(&Request::Multi(writes.iter().map(op).collect()));
        Box::pin(async move {
            let answer = pending.answer().await.map_err(as_failure)?;
            let Reply::Multi(results) = answer.reply else {
                return Err(unexpected(&answer.reply));
            };
            if results.len() < writes.len() && !results.iter().any(|r| matches!(r, OpResult::Failed(_))) {
                return Err(Failure::Protocol("results of a transaction are missing".into()));
            }
            // Those before the one that failed say 0, those after it RuntimeInconsistency.
            let failed = results.iter().enumerate().find_map(|(index, result)| match result {
                OpResult::Failed(code) if !matches!(*code, Code::OK | Code::RUNTIME_INCONSISTENCY) => {
                    Some(Failure::Operation { index, code: *code })
                }
                _ => None,
            });
            if let Some(failed) = failed {
                return Err(failed);
            }
            Ok(writes.into_iter().zip(results).map(|(write, result)| written(&write, result)).collect())
        })
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

    fn read_and_watch(&self, read: Read) -> Outcome<'_, Watched> {
        Box::pin(subscribe::once(self, read))
    }

    fn watch(&self, path: String, recursive: bool) -> Outcome<'_, Changes> {
        Box::pin(subscribe::always(self, path, recursive))
    }

    fn session(&self) -> Session {
        let client = self.client();
        let (server, read_only) = match client.state() {
            State::Connected { server, read_only } => (server, read_only),
            _ => (String::new(), false),
        };
        Session { id: client.session().id, server, read_only }
    }

    fn max_request(&self) -> usize {
        self.config.max_request
    }

    fn close(&self) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            let client = self.client();
            // Without a server to say it to, the session ends by its timeout.
            !matches!(client.state(), State::Lost { .. }) && client.close().await
        })
    }
}

fn written(write: &Write, result: OpResult) -> Written {
    let (path, stat) = match result {
        OpResult::Created(path, stat) => (Some(path), stat),
        OpResult::Set(stat) => (None, Some(stat)),
        _ => (None, None),
    };
    Written { path: path.unwrap_or_else(|| write.path().to_owned()), stat, verified: false }
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
