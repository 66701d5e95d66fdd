//! The physical ceiling: prepared frames into a socket, replies out of it, and nothing else.
//!
//! Knows just enough of ZooKeeper's protocol to count answers, shares no code with zkx, and does in one
//! thread with blocking reads and writes what a client can do at best. `scripts/dev/bench` runs it beside
//! zkx.
//!
//! ```text
//! ceiling HOST:PORT get PATH              one getData, cold
//! ceiling HOST:PORT walk PATH             getData + getChildren of all below, by multiRead
//! ceiling HOST:PORT walk-singles PATH     the same by pipelined getData and getChildren2
//! ceiling HOST:PORT create PATH N BYTES   N creates in multis of 500
//! ceiling HOST:PORT plant PATH N BYTES    the same below 100 parents, and the parents
//! ```
#![allow(clippy::print_stderr, clippy::exit, reason = "a program of its own")]

use std::collections::VecDeque;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const CREATE: i32 = 1;
const GET_DATA: i32 = 4;
const GET_CHILDREN: i32 = 8;
const GET_CHILDREN2: i32 = 12;
const MULTI: i32 = 14;
const MULTI_READ: i32 = 22;
const CLOSE: i32 = -11;

/// Reads in one `multiRead`, and `multiRead`s in flight.
const BATCH: usize = 500;
const IN_FLIGHT: usize = 4;
/// Single requests in flight.
const PIPELINE: usize = 256;

struct Session {
    stream: TcpStream,
    buffer: Vec<u8>,
    at: usize,
    out: Vec<u8>,
}

impl Session {
    fn open(addr: &str) -> Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        let mut session = Self { stream, buffer: Vec::new(), at: 0, out: Vec::new() };
        let mut hello = Vec::new();
        hello.extend(0i32.to_be_bytes());
        hello.extend(0i64.to_be_bytes());
        hello.extend(30_000i32.to_be_bytes());
        hello.extend(0i64.to_be_bytes());
        hello.extend(16i32.to_be_bytes());
        hello.extend([0; 17]);
        session.frame(&hello);
        session.flush()?;
        session.reply()?;
        Ok(session)
    }

    fn frame(&mut self, body: &[u8]) {
        self.out.extend((body.len() as i32).to_be_bytes());
        self.out.extend(body);
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// The next frame.
    fn reply(&mut self) -> Result<Vec<u8>> {
        loop {
            let pending = self.buffer.get(self.at..).unwrap_or_default();
            if let Some(prefix) = pending.first_chunk::<4>() {
                let length = i32::from_be_bytes(*prefix) as usize;
                if let Some(frame) = pending.get(4..4 + length) {
                    let frame = frame.to_vec();
                    self.at += 4 + length;
                    return Ok(frame);
                }
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            let end = self.buffer.len();
            self.buffer.resize(end + (256 << 10), 0);
            let read = self.stream.read(self.buffer.get_mut(end..).unwrap_or_default())?;
            self.buffer.truncate(end + read);
            if read == 0 {
                return Err("the server hung up".into());
            }
        }
    }

    fn close(mut self) -> Result<()> {
        let body = header(CLOSE);
        self.frame(&body);
        self.flush()?;
        self.reply().map(drop)
    }
}

fn header(op: i32) -> Vec<u8> {
    [1i32.to_be_bytes(), op.to_be_bytes()].concat()
}

fn string(body: &mut Vec<u8>, text: &str) {
    body.extend((text.len() as i32).to_be_bytes());
    body.extend(text.as_bytes());
}

fn read_request(op: i32, path: &str) -> Vec<u8> {
    let mut body = header(op);
    string(&mut body, path);
    body.push(0);
    body
}

fn multi_header(body: &mut Vec<u8>, op: i32, done: bool) {
    body.extend(op.to_be_bytes());
    body.push(done.into());
    body.extend((-1i32).to_be_bytes());
}

/// Takes numbers off the front of a reply.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn skip(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(bytes).ok_or("a short reply")?;
        self.0 = tail;
        Ok(head)
    }

    fn int(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(*self.skip(4)?.first_chunk().ok_or("a short reply")?))
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.int()?;
        self.skip(usize::try_from(length).unwrap_or(0))
    }

    /// Skips a stat and tells the number of children.
    fn children_in_stat(&mut self) -> Result<i32> {
        let stat = self.skip(68)?;
        let number = stat.get(56..60).and_then(|n| n.first_chunk()).ok_or("a short stat")?;
        Ok(i32::from_be_bytes(*number))
    }

    fn names(&mut self, parent: &str, todo: &mut Vec<String>) -> Result<()> {
        for _ in 0..self.int()? {
            let name = std::str::from_utf8(self.bytes()?)?;
            todo.push(format!("{}/{name}", parent.trim_end_matches('/')));
        }
        Ok(())
    }
}

/// Data first, children where the stat has any: what zkx does too.
fn walk(session: &mut Session, root: &str) -> Result<usize> {
    let mut data = vec![root.to_owned()];
    let mut lists: Vec<String> = Vec::new();
    let mut flight: VecDeque<Vec<(bool, String)>> = VecDeque::new();
    let mut seen = 0;
    loop {
        while flight.len() < IN_FLIGHT && !(data.is_empty() && lists.is_empty()) {
            let mut batch = Vec::new();
            let mut body = header(MULTI_READ);
            while batch.len() < BATCH {
                let (list, path) = match (lists.pop(), data.is_empty()) {
                    (Some(path), _) => (true, path),
                    (None, false) => (false, data.pop().unwrap_or_default()),
                    (None, true) => break,
                };
                multi_header(&mut body, if list { GET_CHILDREN } else { GET_DATA }, false);
                string(&mut body, &path);
                body.push(0);
                batch.push((list, path));
            }
            multi_header(&mut body, -1, true);
            session.frame(&body);
            flight.push_back(batch);
        }
        session.flush()?;
        let Some(batch) = flight.pop_front() else { return Ok(seen) };
        let reply = session.reply()?;
        let mut fields = Fields(&reply);
        fields.skip(16)?;
        for (list, path) in batch {
            let op = fields.int()?;
            fields.skip(5)?;
            match (op, list) {
                (GET_CHILDREN, true) => fields.names(&path, &mut data)?,
                (GET_DATA, false) => {
                    seen += 1;
                    fields.bytes()?;
                    if fields.children_in_stat()? > 0 {
                        lists.push(path);
                    }
                }
                _ => drop(fields.int()?),
            }
        }
    }
}

fn walk_singles(session: &mut Session, root: &str) -> Result<usize> {
    let mut todo = vec![root.to_owned()];
    let mut flight: VecDeque<String> = VecDeque::new();
    let mut seen = 0;
    loop {
        while flight.len() < PIPELINE
            && let Some(path) = todo.pop()
        {
            session.frame(&read_request(GET_DATA, &path));
            session.frame(&read_request(GET_CHILDREN2, &path));
            flight.push_back(path);
        }
        session.flush()?;
        let Some(path) = flight.pop_front() else { return Ok(seen) };
        session.reply()?;
        let reply = session.reply()?;
        let mut fields = Fields(&reply);
        fields.skip(16)?;
        fields.names(&path, &mut todo)?;
        seen += 1;
    }
}

/// Creates in bulk, in the given order.
fn create(session: &mut Session, paths: &[String], bytes: usize) -> Result<usize> {
    let data = vec![b'x'; bytes];
    let mut flight = 0;
    let mut batches = paths.chunks(BATCH).peekable();
    while batches.peek().is_some() || flight > 0 {
        while flight < 10
            && let Some(batch) = batches.next()
        {
            let mut body = header(MULTI);
            for path in batch {
                multi_header(&mut body, CREATE, false);
                string(&mut body, path);
                body.extend((data.len() as i32).to_be_bytes());
                body.extend(&data);
                body.extend(1i32.to_be_bytes());
                body.extend(31i32.to_be_bytes());
                string(&mut body, "world");
                string(&mut body, "anyone");
                body.extend(0i32.to_be_bytes());
            }
            multi_header(&mut body, -1, true);
            session.frame(&body);
            flight += 1;
        }
        session.flush()?;
        session.reply()?;
        flight -= 1;
    }
    Ok(paths.len())
}

/// A root, 100 parents, and `count` znodes spread below them.
fn tree(root: &str, count: usize) -> Vec<String> {
    let parents = (0..100).map(|parent| format!("{root}/d{parent}"));
    let leaves = (0..count).map(|n| format!("{root}/d{}/n{}", n % 100, n / 100));
    [root.to_owned()].into_iter().chain(parents).chain(leaves).collect()
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [addr, what, path, rest @ ..] = &args[..] else {
        return Err("ceiling HOST:PORT get|walk|walk-singles|create PATH [N BYTES]".into());
    };
    let mut session = Session::open(addr)?;
    let done = match (*what, rest) {
        ("get", _) => {
            session.frame(&read_request(GET_DATA, path));
            session.flush()?;
            let reply = session.reply()?;
            let mut fields = Fields(&reply);
            fields.skip(16)?;
            std::io::stdout().write_all(fields.bytes()?)?;
            1
        }
        ("walk", _) => walk(&mut session, path)?,
        ("walk-singles", _) => walk_singles(&mut session, path)?,
        ("create", [count, bytes]) => {
            let paths: Vec<_> = (0..count.parse()?).map(|n| format!("{path}/n{n}")).collect();
            create(&mut session, &paths, bytes.parse()?)?
        }
        ("plant", [count, bytes]) => create(&mut session, &tree(path, count.parse()?), bytes.parse()?)?,
        _ => return Err("an unknown kind of work".into()),
    };
    session.close()?;
    eprintln!("{done}");
    Ok(())
}
