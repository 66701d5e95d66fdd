//! A ZooKeeper client that is simple enough to be believed. It judges what zkx did, so
//! it shares no code with it.

use std::collections::VecDeque;
use std::fmt::{self, Display};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use super::jute::{Body, Reader};

/// Operation codes, for the proxy's plans too.
pub(crate) mod op {
    pub(crate) const CREATE: i32 = 1;
    pub(crate) const DELETE: i32 = 2;
    pub(crate) const EXISTS: i32 = 3;
    pub(crate) const GET_DATA: i32 = 4;
    pub(crate) const SET_DATA: i32 = 5;
    pub(crate) const GET_ACL: i32 = 6;
    pub(crate) const SET_ACL: i32 = 7;
    pub(crate) const GET_CHILDREN: i32 = 8;
    pub(crate) const SYNC: i32 = 9;
    pub(crate) const PING: i32 = 11;
    pub(crate) const GET_CHILDREN2: i32 = 12;
    pub(crate) const CHECK: i32 = 13;
    pub(crate) const MULTI: i32 = 14;
    pub(crate) const CREATE2: i32 = 15;
    pub(crate) const RECONFIG: i32 = 16;
    pub(crate) const CHECK_WATCHES: i32 = 17;
    pub(crate) const REMOVE_WATCHES: i32 = 18;
    pub(crate) const CREATE_CONTAINER: i32 = 19;
    pub(crate) const CREATE_TTL: i32 = 21;
    pub(crate) const MULTI_READ: i32 = 22;
    pub(crate) const AUTH: i32 = 100;
    pub(crate) const SET_WATCHES: i32 = 101;
    pub(crate) const SASL: i32 = 102;
    pub(crate) const GET_EPHEMERALS: i32 = 103;
    pub(crate) const GET_ALL_CHILDREN_NUMBER: i32 = 104;
    pub(crate) const SET_WATCHES2: i32 = 105;
    pub(crate) const ADD_WATCH: i32 = 106;
    pub(crate) const WHO_AM_I: i32 = 107;
    pub(crate) const CLOSE: i32 = -11;
}

/// The server's error codes that tests name.
pub(crate) mod code {
    pub(crate) const MARSHALLING_ERROR: i32 = -5;
    pub(crate) const UNIMPLEMENTED: i32 = -6;
    pub(crate) const BAD_ARGUMENTS: i32 = -8;
    pub(crate) const NO_NODE: i32 = -101;
    pub(crate) const NO_AUTH: i32 = -102;
    pub(crate) const BAD_VERSION: i32 = -103;
    pub(crate) const NO_CHILDREN_FOR_EPHEMERALS: i32 = -108;
    pub(crate) const NODE_EXISTS: i32 = -110;
    pub(crate) const NOT_EMPTY: i32 = -111;
    pub(crate) const INVALID_ACL: i32 = -114;
    pub(crate) const AUTH_FAILED: i32 = -115;
}

pub(crate) const PERSISTENT: i32 = 0;
pub(crate) const EPHEMERAL: i32 = 1;
pub(crate) const SEQUENTIAL: i32 = 2;
pub(crate) const EPHEMERAL_SEQUENTIAL: i32 = 3;
pub(crate) const CONTAINER: i32 = 4;
pub(crate) const TTL: i32 = 5;

const PING_XID: i32 = -2;
const AUTH_XID: i32 = -4;
const EVENT_XID: i32 = -1;

/// How long the judge waits for a server before it calls the connection lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// Requests of a bulk operation that may be unanswered at a time.
const IN_FLIGHT: usize = 16;

/// Well below jute.maxbuffer, and few enough that the server stays responsive.
const BATCH_BYTES: usize = 400_000;
const BATCH_OPS: usize = 1_000;

#[derive(Debug)]
pub(crate) enum Failure {
    /// The server's own code.
    Refused(i32),
    /// No session: not reached, cut or expired.
    Lost(String),
}

impl Failure {
    pub(crate) fn code(&self) -> Option<i32> {
        match self {
            Self::Refused(code) => Some(*code),
            Self::Lost(_) => None,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code) => write!(f, "the server answered {code}"),
            Self::Lost(why) => write!(f, "connection lost: {why}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

pub(crate) type Answer<T> = Result<T, Failure>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) czxid: i64,
    pub(crate) mzxid: i64,
    pub(crate) ctime: i64,
    pub(crate) mtime: i64,
    pub(crate) version: i32,
    pub(crate) cversion: i32,
    pub(crate) aversion: i32,
    pub(crate) ephemeral_owner: i64,
    pub(crate) data_length: i32,
    pub(crate) num_children: i32,
    pub(crate) pzxid: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acl {
    pub(crate) perms: i32,
    pub(crate) scheme: String,
    pub(crate) id: String,
}

impl Acl {
    pub(crate) fn new(perms: i32, scheme: &str, id: &str) -> Self {
        Self { perms, scheme: scheme.to_owned(), id: id.to_owned() }
    }

    pub(crate) fn open() -> Vec<Self> {
        vec![Self::new(31, "world", "anyone")]
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: i32,
    pub(crate) path: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Create(String, Vec<u8>),
    Delete(String),
}

/// One session on one server. Dropping it closes the session without waiting.
pub(crate) struct Truth {
    reader: TcpStream,
    writer: Arc<Mutex<TcpStream>>,
    next_xid: i32,
    events: VecDeque<Event>,
    session: i64,
    password: Vec<u8>,
    timeout: Duration,
    chroot: String,
    open: bool,
}

impl Truth {
    /// A session that lives as long as this does, however long nobody asks.
    pub(crate) fn connect(addr: &str) -> Answer<Self> {
        Ok(Self::connect_for(addr, Duration::from_secs(60))?.keep_alive())
    }

    /// A session that ends when nobody has asked for so long, or for as long as the server grants.
    pub(crate) fn connect_for(addr: &str, timeout: Duration) -> Answer<Self> {
        Self::resume(addr, timeout, 0, &[0; 16])
    }

    /// Takes over the session of another connection.
    pub(crate) fn resume(addr: &str, timeout: Duration, session: i64, password: &[u8]) -> Answer<Self> {
        let mut reader = TcpStream::connect(addr)?;
        reader.set_nodelay(true)?;
        reader.set_read_timeout(Some(PATIENCE))?;
        let hello = Body::default()
            .int(0)
            .long(0)
            .int(i32::try_from(timeout.as_millis()).expect("a timeout in milliseconds"))
            .long(session)
            .buffer(Some(password))
            .bool(false);
        reader.write_all(&hello.framed())?;
        let mut welcome = Reader::of_frame(&mut reader)?;
        welcome.int();
        let timeout = welcome.int();
        let session = welcome.long();
        let password = welcome.buffer().unwrap_or_default();
        if session == 0 || timeout <= 0 {
            return Err(Failure::Lost("session expired".to_owned()));
        }
        Ok(Self {
            writer: Arc::new(Mutex::new(reader.try_clone()?)),
            reader,
            next_xid: 1,
            events: VecDeque::new(),
            session,
            password,
            timeout: Duration::from_millis(timeout.unsigned_abs().into()),
            chroot: String::new(),
            open: true,
        })
    }

    /// Puts all paths, except those of events, below this one from now on.
    pub(crate) fn within(mut self, chroot: &str) -> Self {
        chroot.clone_into(&mut self.chroot);
        self
    }

    /// Pings from now on, for a session that outlives its timeout while nobody asks.
    pub(crate) fn keep_alive(self) -> Self {
        let pause = self.timeout / 3;
        let writer: Weak<Mutex<TcpStream>> = Arc::downgrade(&self.writer);
        thread::spawn(move || {
            let ping = Body::default().int(PING_XID).int(op::PING).framed();
            loop {
                thread::sleep(pause);
                let Some(writer) = writer.upgrade() else {
                    return;
                };
                if writer.lock().unwrap().write_all(&ping).is_err() {
                    return;
                }
            }
        });
        self
    }

    pub(crate) fn session(&self) -> i64 {
        self.session
    }

    pub(crate) fn password(&self) -> &[u8] {
        &self.password
    }

    /// What the server granted.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn create(&mut self, path: &str, data: &[u8]) -> Answer<String> {
        self.create_as(path, Some(data), &Acl::open(), PERSISTENT)
    }

    pub(crate) fn create_as(
        &mut self,
        path: &str,
        data: Option<&[u8]>,
        acl: &[Acl],
        flags: i32,
    ) -> Answer<String> {
        // Older servers know containers only as an operation of their own.
        let op = if flags == CONTAINER { op::CREATE_CONTAINER } else { op::CREATE };
        let body = self.at(path).buffer(data).acl(acl).int(flags);
        let created = self.call(op, body)?.str();
        Ok(created[self.chroot.len()..].to_owned())
    }

    pub(crate) fn create_with_ttl(&mut self, path: &str, ttl: i64) -> Answer<()> {
        let body = self.at(path).buffer(None).acl(&Acl::open()).int(TTL).long(ttl);
        self.call(op::CREATE_TTL, body).map(drop)
    }

    /// A watch that stays, on the znode and its children, or on everything at and below it.
    pub(crate) fn add_watch(&mut self, path: &str, recursive: bool) -> Answer<()> {
        let body = self.at(path).int(recursive.into());
        self.call(op::ADD_WATCH, body).map(drop)
    }

    /// Creates what is missing of the path, itself included, with empty data.
    pub(crate) fn create_parents(&mut self, path: &str) -> Answer<()> {
        let ends = path.match_indices('/').skip(1).map(|(end, _)| end);
        for end in ends.chain([path.len()]) {
            match self.create(&path[..end], b"") {
                Ok(_) | Err(Failure::Refused(code::NODE_EXISTS)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// Data and Stat; null data is `None`.
    pub(crate) fn get(&mut self, path: &str) -> Answer<(Option<Vec<u8>>, Stat)> {
        self.get_watched(path, false)
    }

    pub(crate) fn get_watched(&mut self, path: &str, watch: bool) -> Answer<(Option<Vec<u8>>, Stat)> {
        let mut reply = self.call(op::GET_DATA, self.at(path).bool(watch))?;
        Ok((reply.buffer(), reply.stat()))
    }

    /// The data as text, for assertions that fit on a line.
    pub(crate) fn text(&mut self, path: &str) -> Answer<String> {
        let data = self.get(path)?.0.unwrap_or_default();
        Ok(String::from_utf8(data).expect("text"))
    }

    /// `None` when there is no such node.
    pub(crate) fn exists(&mut self, path: &str) -> Answer<Option<Stat>> {
        match self.call(op::EXISTS, self.at(path).bool(false)) {
            Ok(mut reply) => Ok(Some(reply.stat())),
            Err(Failure::Refused(code::NO_NODE)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) fn set(&mut self, path: &str, data: &[u8]) -> Answer<Stat> {
        self.set_if(path, Some(data), -1)
    }

    pub(crate) fn set_if(&mut self, path: &str, data: Option<&[u8]>, version: i32) -> Answer<Stat> {
        let body = self.at(path).buffer(data).int(version);
        Ok(self.call(op::SET_DATA, body)?.stat())
    }

    pub(crate) fn delete(&mut self, path: &str) -> Answer<()> {
        let body = self.at(path).int(-1);
        self.call(op::DELETE, body).map(drop)
    }

    /// Names in order, and the parent's Stat.
    pub(crate) fn children(&mut self, path: &str) -> Answer<(Vec<String>, Stat)> {
        let body = self.at(path).bool(false);
        let mut reply = self.call(op::GET_CHILDREN2, body)?;
        let mut names = reply.strs();
        names.sort_unstable();
        Ok((names, reply.stat()))
    }

    pub(crate) fn acl(&mut self, path: &str) -> Answer<(Vec<Acl>, Stat)> {
        let mut reply = self.call(op::GET_ACL, self.at(path))?;
        let count = reply.int();
        let acl =
            (0..count).map(|_| Acl { perms: reply.int(), scheme: reply.str(), id: reply.str() }).collect();
        Ok((acl, reply.stat()))
    }

    pub(crate) fn set_acl(&mut self, path: &str, acl: &[Acl]) -> Answer<Stat> {
        let body = self.at(path).acl(acl).int(-1);
        Ok(self.call(op::SET_ACL, body)?.stat())
    }

    pub(crate) fn auth(&mut self, scheme: &str, credentials: &str) -> Answer<()> {
        let body = Body::default().int(0).str(scheme).buffer(Some(credentials.as_bytes()));
        self.send(AUTH_XID, op::AUTH, &body)?;
        self.receive().map(drop)
    }

    /// Makes this server as new as the leader.
    pub(crate) fn sync(&mut self) -> Answer<()> {
        self.call(op::SYNC, Body::default().str("/")).map(drop)
    }

    /// All or nothing; the code of each operation, 0 for done.
    pub(crate) fn multi(&mut self, ops: &[Op]) -> Answer<Vec<i32>> {
        let body = self.multi_body(ops);
        let reply = self.call(op::MULTI, body)?;
        Ok(multi_codes(reply))
    }

    /// Creates many nodes, fast; parents before children.
    pub(crate) fn create_many(&mut self, nodes: impl IntoIterator<Item = (String, Vec<u8>)>) -> Answer<()> {
        let mut nodes = nodes.into_iter().peekable();
        let batches = std::iter::from_fn(|| {
            let mut batch = Vec::new();
            let mut bytes = 0;
            while let Some((path, data)) = nodes.next_if(|_| bytes < BATCH_BYTES && batch.len() < BATCH_OPS) {
                bytes += path.len() + data.len() + 50;
                batch.push(Op::Create(path, data));
            }
            (!batch.is_empty()).then_some(batch)
        });
        let multi = |truth: &Self, batch: Vec<Op>| (op::MULTI, truth.multi_body(&batch));
        self.pipeline(batches, multi, |reply| {
            let refused = multi_codes(reply).into_iter().find(|code| *code != 0);
            refused.map_or(Ok(()), |code| Err(Failure::Refused(code)))
        })
    }

    /// Every path of a subtree, parents before children, in no other order.
    pub(crate) fn subtree(&mut self, path: &str) -> Answer<Vec<String>> {
        let mut all = vec![path.to_owned()];
        let mut known = 0;
        while known < all.len() {
            let level = all[known..].to_vec();
            known = all.len();
            let mut parents = level.iter();
            let ask = |truth: &Self, path: &String| (op::GET_CHILDREN, truth.at(path).bool(false));
            self.pipeline(level.iter(), ask, |mut reply| {
                let parent = parents.next().expect("a reply for each request");
                let parent = parent.trim_end_matches('/');
                all.extend(reply.strs().iter().map(|name| format!("{parent}/{name}")));
                Ok(())
            })?;
        }
        Ok(all)
    }

    /// Most children are leaves: they go by the batch, and only a batch that does not is
    /// looked into.
    pub(crate) fn delete_subtree(&mut self, path: &str) -> Answer<()> {
        let parent = path.trim_end_matches('/');
        let (names, _) = self.children(path)?;
        for batch in names.chunks(BATCH_OPS) {
            let children = batch.iter().map(|name| format!("{parent}/{name}"));
            let ops: Vec<_> = children.clone().map(Op::Delete).collect();
            if self.multi(&ops)?.iter().any(|code| *code != 0) {
                for child in children {
                    self.delete_subtree(&child)?;
                }
            }
        }
        self.delete(path)
    }

    /// The next event that a watch brought.
    pub(crate) fn event(&mut self, timeout: Duration) -> Answer<Event> {
        self.reader.set_read_timeout(Some(timeout))?;
        let outcome = loop {
            if let Some(event) = self.events.pop_front() {
                break Ok(event);
            }
            if let Err(failure) = self.read_one() {
                break Err(failure);
            }
        };
        self.reader.set_read_timeout(Some(PATIENCE))?;
        outcome
    }

    /// Ends the session, and its ephemerals with it.
    pub(crate) fn close(mut self) -> Answer<()> {
        self.open = false;
        self.call(op::CLOSE, Body::default()).map(drop)
    }

    /// Leaves the session to expire on its own.
    pub(crate) fn abandon(mut self) {
        self.open = false;
    }

    fn multi_body(&self, ops: &[Op]) -> Body {
        let mut body = Body::default();
        for op in ops {
            body = match op {
                Op::Create(path, data) => body
                    .multi_header(op::CREATE, false)
                    .str(&self.full(path))
                    .buffer(Some(data))
                    .acl(&Acl::open())
                    .int(PERSISTENT),
                Op::Delete(path) => body.multi_header(op::DELETE, false).str(&self.full(path)).int(-1),
            };
        }
        body.multi_header(-1, true)
    }

    fn full(&self, path: &str) -> String {
        match path {
            "/" if !self.chroot.is_empty() => self.chroot.clone(),
            _ => format!("{}{path}", self.chroot),
        }
    }

    fn at(&self, path: &str) -> Body {
        Body::default().str(&self.full(path))
    }

    /// Sends on without waiting, and hands over the replies in order.
    fn pipeline<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        request: impl Fn(&Self, T) -> (i32, Body),
        mut reply: impl FnMut(Reader) -> Answer<()>,
    ) -> Answer<()> {
        let mut waiting = 0;
        for item in items {
            let (op, body) = request(self, item);
            self.request(op, &body)?;
            waiting += 1;
            if waiting == IN_FLIGHT {
                reply(self.receive()?)?;
                waiting -= 1;
            }
        }
        for _ in 0..waiting {
            reply(self.receive()?)?;
        }
        Ok(())
    }

    fn call(&mut self, op: i32, body: Body) -> Answer<Reader> {
        self.request(op, &body)?;
        self.receive()
    }

    fn request(&mut self, op: i32, body: &Body) -> Answer<()> {
        let xid = self.next_xid;
        self.next_xid += 1;
        self.send(xid, op, body)
    }

    /// Sends a request of any kind; `frame` takes what comes.
    pub(crate) fn send(&mut self, xid: i32, op: i32, body: &Body) -> Answer<()> {
        let frame = Body::default().int(xid).int(op).then(body);
        Ok(self.writer.lock().unwrap().write_all(&frame.framed())?)
    }

    fn receive(&mut self) -> Answer<Reader> {
        loop {
            if let Some(reply) = self.read_one()? {
                return Ok(reply);
            }
        }
    }

    /// The next frame, whatever it is.
    pub(crate) fn frame(&mut self) -> Answer<Reader> {
        Ok(Reader::of_frame(&mut self.reader)?)
    }

    /// Waits until the server hangs up; `false` when it does not.
    pub(crate) fn hangs_up(&mut self) -> bool {
        let mut byte = [0];
        match self.reader.read(&mut byte) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    /// One frame: a reply, or `None` for an event (kept) or the answer to a ping.
    fn read_one(&mut self) -> Answer<Option<Reader>> {
        let mut frame = Reader::of_frame(&mut self.reader)?;
        let xid = frame.int();
        frame.long();
        let error = frame.int();
        match xid {
            PING_XID => Ok(None),
            EVENT_XID => {
                let kind = frame.int();
                frame.int();
                let path = frame.str();
                self.events.push_back(Event { kind, path });
                Ok(None)
            }
            _ if error != 0 => Err(Failure::Refused(error)),
            _ => Ok(Some(frame)),
        }
    }
}

impl Drop for Truth {
    fn drop(&mut self) {
        if self.open {
            let _ = self.request(op::CLOSE, &Body::default());
        }
    }
}

fn multi_codes(mut reply: Reader) -> Vec<i32> {
    let mut codes = Vec::new();
    loop {
        let (kind, done, error) = (reply.int(), reply.bool(), reply.int());
        match kind {
            _ if done => return codes,
            op::CREATE => drop(reply.str()),
            -1 => {
                codes.push(reply.int());
                continue;
            }
            _ => {}
        }
        codes.push(error);
    }
}
