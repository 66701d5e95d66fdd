//! The ensemble behind its lock: requests, the order of transactions, and who is told of them.

use std::collections::HashMap;

use bytes::Bytes;

use super::acl::{self, Identity};
use super::sessions::{Connection, Session};
use super::taken::Taken;
use super::tree::{Id, Node, ROOT, Tree};
use super::watches::{self, Count, Mode, Table};
use super::write::{Done, Transaction};
use crate::wire::{Code, OpResult, Reply, Request, WriteOp};
use crate::znode::{Acl, EventKind, NodeType, Perms};

/// What connections are told beside their answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The transaction that caused it; −1 of what happened before the watch was set again.
    pub zxid: i64,
    /// What happened.
    pub kind: EventKind,
    /// Where.
    pub path: String,
}

/// Takes what a connection is told; `false` when nobody listens any more.
pub type Listener = Box<dyn FnMut(Told) -> bool + Send>;

/// An answer, and the newest zxid at that moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Newest transaction.
    pub zxid: i64,
    /// The answer, or why there is none.
    pub result: Result<Reply, Code>,
}

/// What can be chosen about an ensemble in memory.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The digest id that may do everything (`zookeeper.DigestAuthenticationProvider.superDigest`).
    pub superuser: Option<String>,
    /// The first transaction has the zxid after this one.
    pub first_zxid: i64,
    /// Milliseconds since the epoch, at each call.
    pub clock: fn() -> i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { superuser: None, first_zxid: 0, clock: now }
    }
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

/// How much there is of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Newest transaction.
    pub zxid: i64,
    /// Znodes, the root twice: a real server knows it by two names, and counts both.
    pub znodes: usize,
    /// Ephemerals of all sessions.
    pub ephemerals: usize,
    /// Watches, those on lists of children too.
    pub watches: usize,
    /// Watches on data.
    pub on_data: Count,
    /// Sessions with their timeouts in milliseconds.
    pub sessions: Vec<(i64, i64)>,
}

/// What one connection can be, at most. A real server sets no limit, but each request looks at all
/// of them.
const IDENTITIES: usize = 100;

/// Everything an ensemble is.
pub(super) struct Engine {
    pub(super) rules: Rules,
    pub(super) tree: Tree,
    /// What the store below has told an overlay.
    pub(super) taken: Taken,
    pub(super) data: Table,
    pub(super) child: Table,
    pub(super) zxid: i64,
    pub(super) sessions: HashMap<i64, Session>,
    pub(super) connections: HashMap<u64, Connection>,
    pub(super) next_connection: u64,
    pub(super) next_session: i64,
}

impl Engine {
    /// The tree that every new ensemble has.
    pub(super) fn new(rules: Rules) -> Self {
        let mut engine = Self::bare(rules);
        let open = [Acl::open()];
        let empty = |data| Node::new(data, 0, 0, 0);
        let tree = &mut engine.tree;
        let zookeeper = tree.insert(ROOT, "zookeeper", &open, empty(Some(Bytes::new())));
        tree.insert(zookeeper, "quota", &open, empty(Some(Bytes::new())));
        let readable = [Acl { perms: Perms::READ, ..Acl::open() }];
        let config = tree.insert(zookeeper, "config", &readable, empty(Some(Bytes::new())));
        // The server sets its ACL with version −1.
        if let Some(life) = tree.life_mut(config) {
            life.aversion = -1;
        }
        engine
    }

    /// A tree of nothing but the root.
    pub(super) fn bare(rules: Rules) -> Self {
        let begun = (rules.clock)();
        Self {
            zxid: rules.first_zxid,
            rules,
            tree: Tree::new(Node::new(Some(Bytes::new()), 0, 0, 0), &[Acl::open()]),
            taken: Taken::default(),
            data: Table::default(),
            child: Table::default(),
            sessions: HashMap::new(),
            connections: HashMap::new(),
            next_connection: 1,
            // As `SessionTrackerImpl` does: the server's id above, the time below it.
            next_session: (1 << 56) | ((begun << 24 >> 8) & 0x00ff_ffff_ffff_0000),
        }
    }

    pub(super) fn figures(&self) -> Figures {
        let on_data = self.data.count();
        let sessions: Vec<_> = self.sessions.iter().map(|(id, session)| (*id, session.timeout)).collect();
        Figures {
            zxid: self.zxid,
            znodes: self.tree.len() + 1,
            ephemerals: self.tree.all_ephemerals(),
            watches: on_data.watches + self.child.count().watches,
            on_data,
            sessions,
        }
    }

    /// Deletes the containers that have become empty and the TTL znodes whose time is over
    /// (`ContainerManager`).
    pub(super) fn collect(&mut self) -> usize {
        let now = (self.rules.clock)();
        let over = |id: &Id| {
            self.tree.life(*id).is_some_and(|life| {
                life.all_children() == 0
                    && match life.node_type() {
                        NodeType::Container => life.cversion > 0,
                        NodeType::Ttl(ttl) => ttl != 0 && now - life.mtime > ttl,
                        _ => false,
                    }
            })
        };
        let over: Vec<Id> = self.tree.mortal().filter(over).collect();
        for id in &over {
            self.zxid += 1;
            let mut transaction = transaction(&mut self.tree, &[], &self.taken, 0, self.zxid, now);
            transaction.take_out(*id);
            let done = transaction.done;
            self.commit(done);
        }
        over.len()
    }

    /// Turns down what is no request at all, which like a refused one may take a zxid.
    pub(super) fn refuse(&mut self, connection: u64, takes_zxid: bool) -> i64 {
        self.zxid += i64::from(takes_zxid);
        self.heard(connection);
        self.zxid
    }

    /// Answers a request of a connection that is there.
    pub(super) fn process(&mut self, connection: u64, request: &Request) -> Answered {
        let Some(known) = self.connections.get(&connection) else {
            return Answered { zxid: self.zxid, result: Err(Code::SESSION_EXPIRED) };
        };
        let session = known.session;
        self.heard(connection);
        let result = match request {
            Request::Create(create) => self.one(connection, &WriteOp::Create(create.clone())),
            Request::Delete { path, version } => {
                self.one(connection, &WriteOp::Delete { path: path.clone(), version: *version })
            }
            Request::SetData { path, data, version } => {
                let op = WriteOp::SetData { path: path.clone(), data: data.clone(), version: *version };
                self.one(connection, &op)
            }
            Request::SetAcl { path, acl, version } => self
                .write(connection, |transaction| transaction.set_acl(path, acl, *version))
                .map(Reply::Stat),
            Request::Multi(ops) => Ok(self.multi(connection, ops)),
            Request::CloseSession => {
                self.close(session);
                Ok(Reply::Nothing)
            }
            Request::Auth { scheme, auth } => self.authenticate(connection, scheme, auth.as_deref()),
            Request::Reconfig { .. } => {
                self.zxid += 1;
                Err(Code::RECONFIG_DISABLED)
            }
            // Without a login there is nothing to negotiate, and the server agrees to everything.
            Request::Sasl { .. } => Ok(Reply::Sasl(None)),
            read => self.read(connection, read),
        };
        Answered { zxid: self.zxid, result }
    }

    /// Adds what the credentials prove to what a connection is.
    fn authenticate(&mut self, connection: u64, scheme: &str, secret: Option<&[u8]>) -> Result<Reply, Code> {
        let superuser = self.rules.superuser.as_deref();
        let known = self.connections.get_mut(&connection).ok_or(Code::SESSION_EXPIRED)?;
        let proved = Identity::prove(scheme, secret, known.address, superuser)?;
        if known.identities.len() + proved.len() > IDENTITIES {
            return Err(Code::AUTH_FAILED);
        }
        for identity in proved {
            identity.join(&mut known.identities);
        }
        Ok(Reply::Nothing)
    }

    fn one(&mut self, connection: u64, op: &WriteOp) -> Result<Reply, Code> {
        let result = self.write(connection, |transaction| transaction.apply(op))?;
        Ok(match result {
            OpResult::Created(path, stat) => Reply::Created(path, stat),
            OpResult::Set(stat) => Reply::Stat(stat),
            _ => Reply::Nothing,
        })
    }

    /// One transaction; one that fails takes a zxid too.
    fn write<T>(
        &mut self,
        connection: u64,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<T, Code>,
    ) -> Result<T, Code> {
        self.zxid += 1;
        let Connection { session, identities, .. } =
            self.connections.get(&connection).ok_or(Code::SESSION_EXPIRED)?;
        let mut transaction =
            transaction(&mut self.tree, identities, &self.taken, *session, self.zxid, (self.rules.clock)());
        let result = change(&mut transaction);
        if result.is_err() {
            transaction.undo();
        }
        let done = transaction.done;
        self.commit(done);
        result
    }

    fn multi(&mut self, connection: u64, ops: &[WriteOp]) -> Reply {
        let mut results = Vec::with_capacity(ops.len());
        let all = self.write(connection, |transaction| {
            for op in ops {
                results.push(transaction.apply(op)?);
            }
            Ok(())
        });
        if let Err(code) = all {
            let failed = results.len();
            let code = |index: usize| match index.cmp(&failed) {
                std::cmp::Ordering::Less => Code::OK,
                std::cmp::Ordering::Equal => code,
                std::cmp::Ordering::Greater => Code::RUNTIME_INCONSISTENCY,
            };
            results = (0..ops.len()).map(|index| OpResult::Failed(code(index))).collect();
        }
        Reply::Multi(results)
    }

    /// Tells those who watch.
    pub(super) fn commit(&mut self, done: Done) {
        for happened in done.happened {
            let (kind, path) = (happened.kind, happened.path.as_str());
            let told = match kind {
                EventKind::NodeDeleted => {
                    // Who watches both is told of it once.
                    watches::united(self.data.trigger(path), self.child.trigger(path))
                }
                EventKind::NodeChildrenChanged => self.child.trigger(path),
                _ => self.data.trigger(path),
            };
            for watcher in told {
                self.tell(watcher, kind, path, &happened.acl);
            }
        }
    }

    /// Tells a connection what has happened meanwhile, be it allowed to read that or not: the server
    /// asks for nothing here and knows no transaction.
    pub(super) fn tell_late(&mut self, watcher: u64, kind: EventKind, path: &str) {
        let told = Told { zxid: -1, kind, path: path.to_owned() };
        if let Some(connection) = self.connections.get_mut(&watcher)
            && !(connection.listener)(told)
        {
            self.detach(watcher);
        }
    }

    /// Tells a connection what happened, unless it may not read the znode.
    pub(super) fn tell(&mut self, watcher: u64, kind: EventKind, path: &str, acl: &[Acl]) {
        if let Some(connection) = self.connections.get_mut(&watcher)
            && acl::allows(acl, Perms::READ, &connection.identities)
            && !(connection.listener)(Told { zxid: self.zxid, kind, path: path.to_owned() })
        {
            self.detach(watcher);
        }
    }

    /// Leaves a watch in the tables where its mode belongs.
    pub(super) fn watch(&mut self, path: &str, connection: u64, mode: Mode) {
        self.data.add(path, connection, mode);
        if mode == Mode::Persistent {
            self.child.add(path, connection, mode);
        }
    }
}

pub(super) fn transaction<'a>(
    tree: &'a mut Tree,
    identities: &'a [Identity],
    taken: &'a Taken,
    session: i64,
    zxid: i64,
    now: i64,
) -> Transaction<'a> {
    Transaction { tree, identities, taken, session, zxid, now, done: Done::default() }
}
