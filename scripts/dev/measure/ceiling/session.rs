//! A session with blocking reads and writes, and as much of the protocol as counting answers needs.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::Result;

pub(crate) const CREATE: i32 = 1;
pub(crate) const GET_DATA: i32 = 4;
pub(crate) const SET_DATA: i32 = 5;
pub(crate) const GET_CHILDREN: i32 = 8;
pub(crate) const GET_CHILDREN2: i32 = 12;
pub(crate) const MULTI: i32 = 14;
pub(crate) const MULTI_READ: i32 = 22;
const CLOSE: i32 = -11;

pub(crate) struct Session {
    stream: TcpStream,
    buffer: Vec<u8>,
    at: usize,
    out: Vec<u8>,
}

impl Session {
    pub(crate) fn open(addr: &str) -> Result<Self> {
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

    pub(crate) fn frame(&mut self, body: &[u8]) {
        self.out.extend((body.len() as i32).to_be_bytes());
        self.out.extend(body);
    }

    pub(crate) fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// The next frame.
    pub(crate) fn reply(&mut self) -> Result<Vec<u8>> {
        loop {
            let pending = self.buffer.get(self.at..).unwrap_or_default();
            let mut missing = 0;
            if let Some(prefix) = pending.first_chunk::<4>() {
                let length = i32::from_be_bytes(*prefix) as usize;
                if let Some(frame) = pending.get(4..4 + length) {
                    let frame = frame.to_vec();
                    self.at += 4 + length;
                    return Ok(frame);
                }
                missing = 4 + length - pending.len();
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            let end = self.buffer.len();
            self.buffer.resize(end + missing.max(256 << 10), 0);
            let read = self.stream.read(self.buffer.get_mut(end..).unwrap_or_default())?;
            self.buffer.truncate(end + read);
            if read == 0 {
                return Err("the server hung up".into());
            }
        }
    }

    pub(crate) fn close(mut self) -> Result<()> {
        let body = header(CLOSE);
        self.frame(&body);
        self.flush()?;
        self.reply().map(drop)
    }
}

pub(crate) fn header(op: i32) -> Vec<u8> {
    [1i32.to_be_bytes(), op.to_be_bytes()].concat()
}

pub(crate) fn string(body: &mut Vec<u8>, text: &str) {
    body.extend((text.len() as i32).to_be_bytes());
    body.extend(text.as_bytes());
}

pub(crate) fn read_request(op: i32, path: &str) -> Vec<u8> {
    let mut body = header(op);
    string(&mut body, path);
    body.push(0);
    body
}

pub(crate) fn multi_header(body: &mut Vec<u8>, op: i32, done: bool) {
    body.extend(op.to_be_bytes());
    body.push(done.into());
    body.extend((-1i32).to_be_bytes());
}

/// Takes numbers off the front of a reply.
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Of a reply that is no refusal.
    pub(crate) fn of(reply: &'a [u8]) -> Result<Self> {
        let mut fields = Self(reply);
        fields.skip(12)?;
        match fields.int()? {
            0 => Ok(fields),
            code => Err(format!("the server says {code}").into()),
        }
    }

    /// Of a reply to a transaction, all of which was done.
    pub(crate) fn of_multi(reply: &'a [u8]) -> Result<Self> {
        let fields = Self::of(reply)?;
        match Self(fields.0).int()? {
            -1 => Err("the server refused a transaction".into()),
            _ => Ok(fields),
        }
    }

    pub(crate) fn skip(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(bytes).ok_or("a short reply")?;
        self.0 = tail;
        Ok(head)
    }

    pub(crate) fn int(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(*self.skip(4)?.first_chunk().ok_or("a short reply")?))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.int()?;
        self.skip(usize::try_from(length).unwrap_or(0))
    }

    /// Skips a stat and tells the number of children.
    pub(crate) fn children_in_stat(&mut self) -> Result<i32> {
        let stat = self.skip(68)?;
        let number = stat.get(56..60).and_then(|n| n.first_chunk()).ok_or("a short stat")?;
        Ok(i32::from_be_bytes(*number))
    }

    pub(crate) fn names(&mut self, parent: &str, todo: &mut Vec<String>) -> Result<()> {
        for _ in 0..self.int()? {
            let name = std::str::from_utf8(self.bytes()?)?;
            todo.push(format!("{}/{name}", parent.trim_end_matches('/')));
        }
        Ok(())
    }
}

/// The zxid that a reply carries.
pub(crate) fn zxid(reply: &[u8]) -> Result<i64> {
    let zxid = reply.get(4..).and_then(|rest| rest.first_chunk()).ok_or("a short reply")?;
    Ok(i64::from_be_bytes(*zxid))
}
