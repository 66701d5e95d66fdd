//! An ensemble in memory: a tree of znodes that behaves as ZooKeeper's `DataTree` does, with
//! sessions, ACLs, quotas, watches and transactions.
//!
//! One engine serves the store of this process and the connections of `zkx server`. It answers
//! requests as a server of 3.9 answers them, one after another under one lock, so that the order of
//! changes, events and answers is the server's.

mod acl;
mod engine;
mod interner;
mod plant;
mod quota;
mod read;
mod sessions;
mod shelves;
mod slab;
mod taken;
mod tree;
mod watches;
mod write;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, ready};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::ask::{alone, found, group, request, unexpected};
use super::{
    Answers, Change, Changes, Failure, Found, Outcome, Read, Session, Store, Watched, Write, Written,
};
use crate::client::Auth;
use crate::error::{Error, Kind};
use crate::treefile::{self, Entry};
use crate::wire::{AddWatchMode, Code, OpResult, Reply, Request};
use crate::znode::{Acl, Event, NodeType, Stat, ZPath};
use engine::Engine;
pub use engine::{Answered, Figures, Listener, Rules, Told};
pub(super) use read::MANY;
pub(super) use taken::depends_on_server;

/// The release whose behaviour an ensemble in memory has.
pub const VERSION: [u32; 3] = [3, 9, 0];

/// An ensemble; clones are the same one.
#[derive(Clone)]
pub struct Ensemble(Arc<Mutex<Engine>>);

impl std::fmt::Debug for Ensemble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ensemble").field(&self.lock().figures()).finish()
    }
}

impl Ensemble {
    /// An ensemble as it is when it was never used.
    pub fn new(rules: Rules) -> Self {
        Self(Arc::new(Mutex::new(Engine::new(rules))))
    }

    /// An ensemble for an overlay: it has nothing but a root, and takes over what it is given.
    pub(super) fn bare(rules: Rules) -> Self {
        Self(Arc::new(Mutex::new(Engine::bare(rules))))
    }

    /// Whether there is a znode at `path`.
    pub(super) fn has(&self, path: &str) -> bool {
        self.lock().tree.find(path).is_some()
    }

    /// Takes a znode over from the store below; its parent must be here, and counts it among its
    /// children there if it is `listed`.
    pub(super) fn adopt(&self, path: &str, data: Option<&[u8]>, stat: &Stat, listed: bool) {
        self.lock().adopt(path, data, stat, listed);
    }

    /// Sets the ACL of an adopted znode to what it was below.
    pub(super) fn adopt_acl(&self, path: &str, acl: &[Acl]) {
        self.lock().adopt_acl(path, acl);
    }

    /// Whether it is known that the store below takes the id of an entry.
    pub(super) fn knows(&self, entry: &Acl) -> bool {
        self.lock().taken.told(entry).is_some()
    }

    /// From now on the id of this entry is good in ACLs, or not.
    pub(super) fn learn(&self, entry: &Acl, taken: bool) {
        self.lock().taken.learn(entry, taken);
    }

    /// Plants the znodes of a tree file; the ephemerals among them belong to a session that never
    /// ends. Fails with the one that cannot be.
    fn plant<'a>(&self, entries: &'a [Entry]) -> Result<(), (&'a Entry, Code)> {
        let mut engine = self.lock();
        let ephemeral = |entry: &Entry| matches!(entry.node_type, NodeType::Ephemeral(_));
        let session = if entries.iter().any(ephemeral) { engine.open(i64::MAX, [0; 16]) } else { 0 };
        entries.iter().try_for_each(|entry| engine.plant(entry, session).map_err(|code| (entry, code)))
    }

    /// A new ensemble with the znodes of a tree file. The error says where in the file.
    pub fn seeded(rules: Rules, text: &str) -> Result<Self, String> {
        let entries = treefile::parse(text).map_err(|error| error.to_string())?;
        let ensemble = Self::new(rules);
        ensemble.plant(&entries).map_err(|(entry, code)| {
            format!("{}: cannot create {}: {}", entry.line, entry.path, code.words())
        })?;
        Ok(ensemble)
    }

    /// A new ensemble with the znodes of the tree file that is kept in `file`.
    pub fn from_file(rules: Rules, file: &Path) -> Result<Self, Error> {
        let shown = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| Error::new(Kind::Config, format!("cannot read {shown}")).because(error))?;
        Self::seeded(rules, &text).map_err(|error| Error::new(Kind::Config, format!("{shown}:{error}")))
    }

    /// Writes all znodes as a tree file, but those that every ensemble has.
    pub fn save(&self, out: impl io::Write) -> io::Result<()> {
        self.lock().save(out)
    }

    /// A store over it, with a session of its own that never expires.
    pub fn store(&self, max_request: usize) -> Memory {
        let mut engine = self.lock();
        let session = engine.open(i64::MAX, [0; 16]);
        let connection = engine.attach(session, IpAddr::V4(Ipv4Addr::LOCALHOST), Box::new(|_| true));
        drop(engine);
        Memory { ensemble: self.clone(), session, connection, max_request }
    }

    /// Opens a session; the time is in milliseconds.
    pub fn open(&self, timeout: i64, password: [u8; 16]) -> i64 {
        self.lock().open(timeout, password)
    }

    /// Takes up a session that is there and has this password, with another timeout in
    /// milliseconds; whether it could be.
    pub fn resume(&self, session: i64, password: &[u8], timeout: i64) -> bool {
        self.lock().resume(session, password, timeout)
    }

    /// Connects to a session that is there; a connection it had before is over, and its listener
    /// is dropped. Returns what the connection is called in the other calls.
    pub fn attach(&self, session: i64, address: IpAddr, listener: Listener) -> u64 {
        self.lock().attach(session, address, listener)
    }

    /// Forgets a connection and its watches; its session stays.
    pub fn detach(&self, connection: u64) {
        self.lock().detach(connection);
    }

    /// Answers a request.
    pub fn process(&self, connection: u64, request: &Request) -> Answered {
        self.lock().process(connection, request)
    }

    /// Turns down what is no request at all; returns the newest zxid, which this may take.
    pub fn refuse(&self, connection: u64, takes_zxid: bool) -> i64 {
        self.lock().refuse(connection, takes_zxid)
    }

    /// Ends the sessions that were not heard of in time, and returns them.
    pub fn expire(&self) -> Vec<i64> {
        self.lock().expire()
    }

    /// Deletes empty containers and TTL znodes whose time is over; returns how many.
    pub fn collect(&self) -> usize {
        self.lock().collect()
    }

    /// The newest transaction.
    pub fn zxid(&self) -> i64 {
        self.lock().zxid
    }

    /// How much there is of everything.
    pub fn figures(&self) -> Figures {
        self.lock().figures()
    }

    fn lock(&self) -> MutexGuard<'_, Engine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session with an ensemble in memory.
pub struct Memory {
    ensemble: Ensemble,
    session: i64,
    connection: u64,
    max_request: usize,
}

/// Reads in one batch: nothing waits, so as many as the walk's window likes.
const BATCH: usize = 1024;

impl Memory {
    fn ask(&self, request: &Request) -> Result<Reply, Code> {
        self.ensemble.lock().process(self.connection, request).result
    }

    /// Proves who somebody is.
    pub fn identify(&self, credentials: &[Auth]) -> Result<(), Failure> {
        for Auth { scheme, secret } in credentials {
            let auth = Some(secret.clone());
            self.ask(&Request::Auth { scheme: scheme.clone(), auth }).map_err(|_| Failure::AuthFailed)?;
        }
        Ok(())
    }

    fn written(&self, write: Write) -> Result<Written, Failure> {
        self.fits(std::slice::from_ref(&write))?;
        let path = write.path().to_owned();
        if matches!(write, Write::SetAcl { .. }) {
            return match self.ask(&alone(write)).map_err(Failure::Refused)? {
                Reply::Stat(stat) => Ok(Written { path, stat: Some(stat), verified: false }),
                other => Err(unexpected(&other)),
            };
        }
        let results = self.all(vec![write]).map_err(|failure| match failure {
            Failure::Operation { code, .. } => Failure::Refused(code),
            other => other,
        })?;
        results.into_iter().next().ok_or_else(|| Failure::Protocol(format!("no result for {path}")))
    }

    fn all(&self, writes: Vec<Write>) -> Result<Vec<Written>, Failure> {
        self.fits(&writes)?;
        let paths: Vec<String> = writes.iter().map(|write| write.path().to_owned()).collect();
        let Ok(Reply::Multi(results)) = self.ask(&group(writes)?) else {
            return Err(Failure::Expired);
        };
        let mut written = Vec::with_capacity(results.len());
        for (index, (result, path)) in results.into_iter().zip(paths).enumerate() {
            written.push(match result {
                OpResult::Failed(Code::OK) => continue,
                OpResult::Failed(code) => return Err(Failure::Operation { index, code }),
                OpResult::Created(path, stat) => Written { path, stat, verified: false },
                OpResult::Set(stat) => Written { path, stat: Some(stat), verified: false },
                OpResult::Deleted | OpResult::Checked => Written { path, stat: None, verified: false },
            });
        }
        Ok(written)
    }

    /// Refuses what a server would refuse for its size.
    fn fits(&self, writes: &[Write]) -> Result<(), Failure> {
        let size = |write: &Write| match write {
            Write::Create { path, data, .. } | Write::Set { path, data, .. } => {
                path.len() + data.as_ref().map_or(0, bytes::Bytes::len) + OVERHEAD
            }
            other => other.path().len() + OVERHEAD,
        };
        let size = writes.iter().map(size).sum();
        let limit = self.max_request;
        if size > limit { Err(Failure::TooLarge { size, limit }) } else { Ok(()) }
    }

    /// Leaves a watch that `changes` hears of, `once` or for as long as they are wanted.
    fn listen(&self, request: &Request, once: bool) -> (Result<Reply, Code>, Changes) {
        let (changes, receiver) = unbounded_channel();
        let mut engine = self.ensemble.lock();
        let reply = match engine.listen(self.connection, listener(changes, once)) {
            Some(ears) => {
                let reply = engine.process(ears, request).result;
                // A refused read leaves no watch, but a missing znode can be waited for.
                if reply.is_err() && !matches!(request, Request::Exists { .. }) {
                    engine.detach(ears);
                }
                reply
            }
            None => Err(Code::SESSION_EXPIRED),
        };
        (reply, Changes::new(receiver))
    }
}

/// Bytes of an operation beside its path and data, about.
const OVERHEAD: usize = 60;

fn listener(changes: UnboundedSender<Change>, once: bool) -> Listener {
    Box::new(move |told| {
        let event = Event { kind: told.kind, path: ZPath::from_server(told.path), zxid: Some(told.zxid) };
        changes.send(Change::Event(event)).is_ok() && !once
    })
}

/// What the answer to a read found.
fn answer(result: Result<Reply, Code>) -> Result<Result<Found, Code>, Failure> {
    match result {
        Ok(reply) => found(reply).map(Ok),
        Err(code) => Ok(Err(code)),
    }
}

impl Store for Memory {
    fn read(&self, reads: Vec<Read>) -> Outcome<'_, Answers> {
        let mut engine = self.ensemble.lock();
        let one = |read| answer(engine.process(self.connection, &request(read, false)).result);
        let answers = reads.iter().map(one).collect();
        Box::pin(ready(answers))
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn in_flight(&self) -> usize {
        1
    }

    fn write(&self, write: Write) -> Outcome<'_, Written> {
        Box::pin(ready(self.written(write)))
    }

    fn multi(&self, writes: Vec<Write>) -> Outcome<'_, Vec<Written>> {
        Box::pin(ready(self.all(writes)))
    }

    fn sync(&self, _path: String) -> Outcome<'_, ()> {
        Box::pin(ready(Ok(())))
    }

    fn identities(&self) -> Outcome<'_, Vec<(String, String)>> {
        Box::pin(ready(match self.ask(&Request::WhoAmI) {
            Ok(Reply::Identities(identities)) => Ok(identities),
            Ok(other) => Err(unexpected(&other)),
            Err(code) => Err(Failure::Refused(code)),
        }))
    }

    fn read_and_watch(&self, read: Read) -> Outcome<'_, Watched> {
        let (reply, changes) = self.listen(&request(&read, true), true);
        Box::pin(ready(answer(reply).map(|found| (found, changes))))
    }

    fn watch(&self, path: String, recursive: bool) -> Outcome<'_, Changes> {
        let mode = if recursive { AddWatchMode::Recursive } else { AddWatchMode::Persistent };
        let (reply, changes) = self.listen(&Request::AddWatch { path, mode }, false);
        Box::pin(ready(reply.map(|_| changes).map_err(Failure::Refused)))
    }

    fn ephemerals(&self) -> Outcome<'_, Vec<String>> {
        let answer = self.ask(&Request::GetEphemerals { prefix: "/".into() });
        Box::pin(ready(match answer {
            Ok(Reply::Ephemerals(paths)) => Ok(paths),
            Ok(_) => Ok(Vec::new()),
            Err(code) => Err(Failure::Refused(code)),
        }))
    }

    fn authenticate(&self, auth: Auth) -> Outcome<'_, ()> {
        Box::pin(ready(self.identify(&[auth])))
    }

    fn session(&self) -> Session {
        Session {
            id: self.session,
            server: "memory".into(),
            last_zxid: self.ensemble.zxid(),
            ..Session::default()
        }
    }

    fn connection(&self) -> Changes {
        Changes::none()
    }

    fn max_request(&self) -> usize {
        self.max_request
    }

    fn close(&self) -> BoxFuture<'_, bool> {
        let _ = self.ask(&Request::CloseSession);
        Box::pin(ready(true))
    }
}
