//! Clients that mean no good, against `zkx server` itself.
//!
//! Meanwhile an honest client uses the same server: it must be answered all the time, and the server's
//! memory must stay within what all clients together may leave lying there, one answer in the making,
//! and what they made it keep.

#![allow(clippy::print_stdout, reason = "what was measured")]

mod crowd;
mod lies;
mod silence;
mod weight;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::support::jute::{Body, Reader};
use crate::support::servers::four_letter;
use crate::support::truth::Truth;
use crate::support::zkx::{Running, Zkx};

const SOON: Duration = Duration::from_secs(30);
/// The longest that an honest client may wait: the server is not optimised, and the machine has much
/// else to do.
const WAIT: Duration = Duration::from_secs(15);
/// `jute.maxbuffer`.
const LONGEST: usize = 0xf_ffff;
/// What all clients together may leave lying: requests they do not finish, answers they do not read.
const UNREAD: usize = 256 * MIB;
/// What else may come and go: one answer in the making, buffers, what the allocator keeps.
const MORE: usize = 192 * MIB;
const MIB: usize = 1 << 20;

/// A server under attack, and an honest client that uses it.
struct Siege {
    server: Running,
    addr: String,
    over: Arc<AtomicBool>,
    honest: JoinHandle<Duration>,
}

impl Siege {
    /// `options` are those of `zkx server`.
    fn begin(options: &[&str]) -> Self {
        let server = Zkx::new().args(["server", "--port", "0"]).args(options).spawn();
        server.wait_stderr_containing("Ctrl-C ends it\n", SOON);
        let said = server.stderr();
        let (_, rest) = said.split_once("listens on ").unwrap();
        let addr = rest.split_once(';').unwrap().0.to_owned();
        let over = Arc::<AtomicBool>::default();
        let mut truth = Truth::connect(&addr).unwrap();
        truth.create("/honest", b"").unwrap();
        let honest = {
            let over = Arc::clone(&over);
            thread::spawn(move || honest(truth, &over))
        };
        Self { server, addr, over, honest }
    }

    /// The server's memory in bytes, as the kernel calls it: `VmRSS` now, `VmHWM` at most so far.
    fn memory(&self, what: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
    }

    /// A number that the server tells of itself.
    fn count(&self, what: &str) -> usize {
        let answer = four_letter(&self.addr, "mntr");
        let line = answer.lines().find_map(|line| line.strip_prefix(what)).expect("a line of `mntr`");
        line.trim().parse().unwrap()
    }

    /// The attack is over: the honest client was never forgotten, a new one is let in, and the server
    /// never needed more than `most` bytes.
    #[track_caller]
    fn end(self, most: usize) {
        self.over.store(true, Ordering::SeqCst);
        let peak = self.memory("VmHWM");
        let slowest = self.honest.join().expect("an honest client that is answered");
        println!("peak {} MiB, slowest answer {slowest:?}", peak / MIB);
        assert!(slowest < WAIT, "the honest client waited {slowest:?}");
        assert!(peak <= most, "{} MiB where {} are enough", peak / MIB, most / MIB);
        let mut late = Truth::connect(&self.addr).unwrap();
        late.get("/honest").unwrap();
        late.close().unwrap();
        self.server.stop().success();
    }
}

/// Writes and reads until it is over; tells the longest that it waited for an answer.
fn honest(mut truth: Truth, over: &AtomicBool) -> Duration {
    let mut slowest = Duration::ZERO;
    let mut version = 0;
    while !over.load(Ordering::SeqCst) {
        let asked = Instant::now();
        version += 1;
        assert_eq!(truth.set("/honest", version.to_string().as_bytes()).unwrap().version, version);
        assert_eq!(truth.text("/honest").unwrap(), version.to_string());
        slowest = slowest.max(asked.elapsed());
        thread::sleep(Duration::from_millis(5));
    }
    truth.close().unwrap();
    slowest
}

/// A connection that nothing was said on yet, and on which nobody waits for ever.
fn connect(addr: &str) -> TcpStream {
    let stream = TcpStream::connect(addr).expect("a server that listens");
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    stream
}

/// A connection with a session of its own that lives so long without a word.
fn greet(addr: &str, timeout: Duration) -> TcpStream {
    let mut stream = connect(addr);
    let timeout = i32::try_from(timeout.as_millis()).unwrap();
    stream.write_all(&hello(timeout)).unwrap();
    Reader::of_frame(&mut stream).expect("a session");
    stream
}

fn hello(timeout: i32) -> Vec<u8> {
    Body::default().int(0).long(0).int(timeout).long(0).buffer(Some(&[0; 16])).bool(false).framed()
}

fn request(op: i32, body: &Body) -> Vec<u8> {
    Body::default().int(1).int(op).then(body).framed()
}

/// Sends until it is all sent, or the server takes no more; whether it was all.
fn push(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    stream.write_all(bytes).is_ok()
}

/// Whether the server hangs up, after whatever it still says.
fn hangs_up(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

/// Whether the server has hung up by now.
fn is_over(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    hangs_up(stream)
}
