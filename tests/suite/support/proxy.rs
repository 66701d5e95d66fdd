//! A proxy between a client and a server that understands frames, and breaks the
//! connection at the very place a test asks for.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::truth::op;
use super::wait_for;

/// The xid of a notification.
const EVENT_XID: i32 = -1;

/// In place of an operation: any that changes the tree.
pub(crate) const ANY_WRITE: i32 = i32::MIN;

/// A longer "frame" is something else, such as a four-letter word: it passes as it is.
const MAX_FRAME: usize = 64 << 20;

/// What went by, in the order in which the proxy read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Accepted { conn: usize },
    Request { conn: usize, xid: i32, op: i32, bytes: usize },
    Reply { conn: usize, xid: i32, error: i32, bytes: usize },
    Event { conn: usize, bytes: usize },
    Cut { conn: usize },
    Stalled { conn: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before(i32, Harm),
    After(i32, Harm),
    Event,
}

/// What a plan does to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    Cut,
    /// Nothing goes either way any more, and nobody is told.
    Stall,
}

/// Each plan strikes once, on whatever connection gets there; afterwards, and on every
/// later connection, all passes through.
pub(crate) struct Proxy {
    addr: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    plans: Vec<(Place, usize)>,
    delay: Duration,
    held: bool,
    refusing: bool,
    listening: bool,
    over: bool,
    connections: usize,
    live: HashMap<usize, Arc<Link>>,
    requests: HashMap<i32, usize>,
    /// What was refused, and nobody was told.
    refused: Vec<u8>,
    log: Vec<Seen>,
}

impl Proxy {
    pub(crate) fn to(server: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let addr = listener.local_addr().expect("a bound listener").to_string();
        let shared = Arc::new(Shared {
            upstream: server.to_owned(),
            state: Mutex::new(State { listening: true, ..State::default() }),
            changed: Condvar::new(),
        });
        let (at, acceptor) = (addr.clone(), Arc::clone(&shared));
        thread::spawn(move || acceptor.accept(&at, listener));
        Self { addr, shared }
    }

    pub(crate) fn addr(&self) -> &str {
        &self.addr
    }

    /// Cuts instead of forwarding the `nth` request (from 1, from now on) of this kind.
    /// Those before it reach the server; their replies may be lost.
    pub(crate) fn cut_before(&self, op: i32, nth: usize) {
        self.plan(Place::Before(op, Harm::Cut), nth);
    }

    /// Cuts instead of bringing back the reply to the `nth` request of this kind: the
    /// server has carried it out, and the client cannot know. The replies before it arrive.
    /// What was refused then may be sent again, and does not count.
    pub(crate) fn cut_after(&self, op: i32, nth: usize) {
        self.plan(Place::After(op, Harm::Cut), nth);
    }

    /// Holds the `nth` request of this kind, and all that follows on its connection, for ever.
    pub(crate) fn stall_before(&self, op: i32, nth: usize) {
        self.plan(Place::Before(op, Harm::Stall), nth);
    }

    /// Holds the reply to the `nth` request of this kind so: the server has carried it out.
    pub(crate) fn stall_after(&self, op: i32, nth: usize) {
        self.plan(Place::After(op, Harm::Stall), nth);
    }

    /// How many connections were stalled so far.
    pub(crate) fn stalls(&self) -> usize {
        self.log().iter().filter(|seen| matches!(seen, Seen::Stalled { .. })).count()
    }

    /// Cuts instead of bringing the `nth` notification.
    pub(crate) fn cut_at_event(&self, nth: usize) {
        self.plan(Place::Event, nth);
    }

    /// Cuts every connection now.
    pub(crate) fn cut(&self) {
        let live: Vec<_> = self.state().live.values().cloned().collect();
        for link in live {
            link.cut(&self.shared);
        }
    }

    /// Makes every frame, each way, arrive that much later; they may follow one another
    /// closely all the same.
    pub(crate) fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Accepts connections, and lets nothing through until `resume`. What is held then
    /// goes on its way, as after a network partition.
    pub(crate) fn black_hole(&self) {
        self.state().held = true;
    }

    /// Refuses new connections until `resume`; those that are open stay so.
    pub(crate) fn refuse(&self) {
        self.state().refusing = true;
        wait_for("the port to close", Duration::from_secs(5), || (!self.state().listening).then_some(()));
    }

    pub(crate) fn resume(&self) {
        let mut state = self.state();
        state.held = false;
        state.refusing = false;
        drop(state);
        self.shared.changed.notify_all();
        wait_for("the port to open", Duration::from_secs(10), || self.state().listening.then_some(()));
    }

    /// How many connections were accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.state().connections
    }

    /// How many requests of this kind went by so far, the cut ones included.
    pub(crate) fn requests(&self, op: i32) -> usize {
        let state = self.state();
        state.requests.iter().filter(|(seen, _)| is_meant(op, **seen)).map(|(_, count)| count).sum()
    }

    pub(crate) fn log(&self) -> Vec<Seen> {
        self.state().log.clone()
    }

    fn plan(&self, place: Place, nth: usize) {
        assert!(nth > 0, "the first is number 1");
        self.state().plans.push((place, nth));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state().over = true;
        self.shared.changed.notify_all();
        self.cut();
    }
}

impl State {
    /// What a plan says to do here.
    fn strikes(&mut self, here: impl Fn(Place) -> Option<Harm>) -> Option<Harm> {
        let mut strikes = None;
        self.plans.retain_mut(|(place, left)| {
            if let Some(harm) = here(*place) {
                *left -= 1;
                strikes = strikes.or((*left == 0).then_some(harm));
            }
            *left > 0
        });
        strikes
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn accept(self: &Arc<Self>, addr: &str, listener: TcpListener) {
        let mut listener = Some(listener);
        loop {
            let refusing = {
                let state = self.state();
                if state.over {
                    return;
                }
                state.refusing
            };
            match &listener {
                Some(_) if refusing => listener = None,
                Some(open) => {
                    // Polled, so that the port can be closed at any moment.
                    open.set_nonblocking(true).expect("a listener");
                    if let Ok((client, _)) = open.accept() {
                        self.connect(client);
                        continue;
                    }
                }
                None if !refusing => listener = TcpListener::bind(addr).ok(),
                None => {}
            }
            self.state().listening = listener.is_some();
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) {
        // An unreachable server shows as a connection that is closed at once.
        let Ok(server) = TcpStream::connect(&self.upstream) else {
            return;
        };
        for stream in [&client, &server] {
            stream.set_nonblocking(false).expect("a stream");
            stream.set_nodelay(true).expect("a stream");
        }
        let mut state = self.state();
        state.connections += 1;
        let link = Arc::new(Link {
            conn: state.connections,
            client,
            server,
            awaited: Mutex::new(None),
            deaf: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
        });
        state.log.push(Seen::Accepted { conn: link.conn });
        state.live.insert(link.conn, Arc::clone(&link));
        drop(state);

        for way in [Way::Up, Way::Down] {
            let (queue, frames) = mpsc::channel();
            let (link, shared) = (Arc::clone(&link), Arc::clone(self));
            let (writer, its_shared) = (Arc::clone(&link), Arc::clone(self));
            thread::spawn(move || link.read(way, &shared, &queue));
            thread::spawn(move || writer.write(way, &its_shared, &frames));
        }
    }

    /// Notes the frame; what a plan says to do instead of passing it on.
    fn look(&self, link: &Link, way: Way, frame: &[u8]) -> Option<Harm> {
        let int = |at: usize| {
            let bytes = frame.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, i32::from_be_bytes)
        };
        let (conn, bytes, xid) = (link.conn, frame.len(), int(4));
        let mut state = self.state();
        match way {
            Way::Up => {
                let op = int(8);
                state.log.push(Seen::Request { conn, xid, op, bytes });
                *state.requests.entry(op).or_default() += 1;
                let after = |place| match place {
                    Place::After(meant, harm) if is_meant(meant, op) => Some(harm),
                    _ => None,
                };
                let body = frame.get(8..).unwrap_or_default();
                if state.refused != body
                    && let Some(harm) = state.strikes(after)
                {
                    *link.awaited.lock().unwrap() = Some(Awaited { xid, harm, body: body.to_vec() });
                    link.deaf.store(true, Ordering::SeqCst);
                }
                state.strikes(|place| match place {
                    Place::Before(meant, harm) if is_meant(meant, op) => Some(harm),
                    _ => None,
                })
            }
            Way::Down if xid == EVENT_XID => {
                state.log.push(Seen::Event { conn, bytes });
                state.strikes(|place| (place == Place::Event).then_some(Harm::Cut))
            }
            Way::Down => {
                let error = int(16);
                state.log.push(Seen::Reply { conn, xid, error, bytes });
                let awaited = link.awaited.lock().unwrap().take_if(|awaited| awaited.xid == xid)?;
                // What is refused in a transaction is an error of each of its parts, the first among them.
                let in_multi = awaited.body.starts_with(&op::MULTI.to_be_bytes()) && int(20) == -1;
                if error != 0 || in_multi {
                    state.refused = awaited.body;
                }
                Some(awaited.harm)
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

enum Item {
    Frame(Instant, Vec<u8>),
    Cut,
    End,
}

/// A request whose reply is to be lost, how, and what it is without its number.
struct Awaited {
    xid: i32,
    harm: Harm,
    body: Vec<u8>,
}

/// One connection of a client and the one it stands for.
struct Link {
    conn: usize,
    client: TcpStream,
    server: TcpStream,
    awaited: Mutex<Option<Awaited>>,
    /// What the client still sends goes nowhere.
    deaf: AtomicBool,
    /// What comes goes nowhere, whichever way.
    stalled: AtomicBool,
}

impl Link {
    /// Reading and writing are threads of their own each way: a delay is a latency then,
    /// and does not keep frames from following one another closely.
    fn read(&self, way: Way, shared: &Shared, queue: &Sender<Item>) {
        let mut from = match way {
            Way::Up => &self.client,
            Way::Down => &self.server,
        };
        let mut raw = false;
        let mut handshake = true;
        while let Ok(frame) = read_frame(&mut from, &mut raw) {
            let deaf = way == Way::Up && self.deaf.load(Ordering::SeqCst);
            if deaf || self.stalled.load(Ordering::SeqCst) {
                continue;
            }
            let harm = if raw || handshake { None } else { shared.look(self, way, &frame) };
            handshake = false;
            let item = match harm {
                None => Item::Frame(Instant::now() + shared.state().delay, frame),
                Some(Harm::Cut) => {
                    self.deaf.store(true, Ordering::SeqCst);
                    Item::Cut
                }
                Some(Harm::Stall) => {
                    self.stalled.store(true, Ordering::SeqCst);
                    shared.state().log.push(Seen::Stalled { conn: self.conn });
                    continue;
                }
            };
            let _ = queue.send(item);
        }
        let _ = queue.send(Item::End);
    }

    fn write(&self, way: Way, shared: &Shared, queue: &Receiver<Item>) {
        let mut to = match way {
            Way::Up => &self.server,
            Way::Down => &self.client,
        };
        for item in queue {
            if let Item::Frame(due, _) = &item {
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            let state = shared.state();
            let waited = shared.changed.wait_while(state, |state| state.held && !state.over);
            drop(waited.unwrap());
            match item {
                Item::Frame(_, frame) if to.write_all(&frame).is_ok() => {}
                Item::Cut => self.cut(shared),
                _ => break,
            }
        }
        let _ = to.shutdown(Shutdown::Write);
        shared.state().live.remove(&self.conn);
    }

    fn cut(&self, shared: &Shared) {
        self.deaf.store(true, Ordering::SeqCst);
        let mut state = shared.state();
        if state.live.remove(&self.conn).is_some() {
            state.log.push(Seen::Cut { conn: self.conn });
        }
        let _ = self.server.shutdown(Shutdown::Both);
        // The client's own bytes are still read: closing with some unread would reset the
        // connection and take from the client what it has yet to read.
        let _ = self.client.shutdown(Shutdown::Write);
    }
}

/// Whether an operation is the one that a plan means.
fn is_meant(meant: i32, op: i32) -> bool {
    const WRITES: [i32; 8] = [
        op::CREATE,
        op::CREATE2,
        op::CREATE_CONTAINER,
        op::CREATE_TTL,
        op::DELETE,
        op::SET_DATA,
        op::SET_ACL,
        op::MULTI,
    ];
    meant == op || meant == ANY_WRITE && WRITES.contains(&op)
}

/// A frame with its length in front, or whatever comes once it is clear that there are
/// no frames.
fn read_frame(from: &mut impl Read, raw: &mut bool) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; if *raw { 64 << 10 } else { 4 }];
    if *raw {
        let len = from.read(&mut bytes)?;
        bytes.truncate(len);
        return if len == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) };
    }
    from.read_exact(&mut bytes)?;
    let len = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    *raw = len > MAX_FRAME;
    if !*raw {
        bytes.resize(4 + len, 0);
        from.read_exact(&mut bytes[4..])?;
    }
    Ok(bytes)
}
