//! ZooKeeper's serialisation, for the judge: plain, and shared with nothing of zkx.

use std::io::{self, Read};
use std::net::TcpStream;

use super::truth::{Acl, Stat};

/// A record being written.
#[derive(Clone, Default)]
pub(crate) struct Body(Vec<u8>);

impl Body {
    pub(crate) fn int(mut self, value: i32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn long(mut self, value: i64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn bool(mut self, value: bool) -> Self {
        self.0.push(value.into());
        self
    }

    pub(crate) fn buffer(self, bytes: Option<&[u8]>) -> Self {
        let Some(bytes) = bytes else {
            return self.int(-1);
        };
        let mut body = self.int(length(bytes.len()));
        body.0.extend_from_slice(bytes);
        body
    }

    pub(crate) fn str(self, text: &str) -> Self {
        self.buffer(Some(text.as_bytes()))
    }

    pub(crate) fn acl(self, acl: &[Acl]) -> Self {
        acl.iter()
            .fold(self.int(length(acl.len())), |body, one| body.int(one.perms).str(&one.scheme).str(&one.id))
    }

    /// What another body holds.
    pub(crate) fn then(mut self, next: &Self) -> Self {
        self.0.extend_from_slice(&next.0);
        self
    }

    /// Without its last bytes.
    pub(crate) fn cut(mut self, bytes: usize) -> Self {
        self.0.truncate(self.0.len().saturating_sub(bytes));
        self
    }

    pub(crate) fn multi_header(self, op: i32, done: bool) -> Self {
        self.int(op).bool(done).int(-1)
    }

    pub(crate) fn framed(&self) -> Vec<u8> {
        let mut frame = length(self.0.len()).to_be_bytes().to_vec();
        frame.extend_from_slice(&self.0);
        frame
    }
}

fn length(len: usize) -> i32 {
    i32::try_from(len).expect("less than 2 GiB")
}

/// Reads a frame's fields; a frame that is too short is a broken server, and panics.
pub(crate) struct Reader {
    bytes: Vec<u8>,
    at: usize,
}

impl Reader {
    pub(crate) fn of_frame(from: &mut TcpStream) -> io::Result<Self> {
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
        from.read_exact(&mut bytes)?;
        Ok(Self { bytes, at: 0 })
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        self.slice(N).try_into().expect("N bytes")
    }

    fn slice(&mut self, len: usize) -> &[u8] {
        self.at += len;
        &self.bytes[self.at - len..self.at]
    }

    /// Bytes that were not read yet.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(crate) fn int(&mut self) -> i32 {
        i32::from_be_bytes(self.take())
    }

    pub(crate) fn long(&mut self) -> i64 {
        i64::from_be_bytes(self.take())
    }

    pub(crate) fn bool(&mut self) -> bool {
        self.take::<1>() != [0]
    }

    pub(crate) fn buffer(&mut self) -> Option<Vec<u8>> {
        let len = usize::try_from(self.int()).ok()?;
        Some(self.slice(len).to_vec())
    }

    pub(crate) fn str(&mut self) -> String {
        String::from_utf8(self.buffer().unwrap_or_default()).expect("UTF-8 from the server")
    }

    pub(crate) fn strs(&mut self) -> Vec<String> {
        let count = self.int();
        (0..count).map(|_| self.str()).collect()
    }

    pub(crate) fn stat(&mut self) -> Stat {
        Stat {
            czxid: self.long(),
            mzxid: self.long(),
            ctime: self.long(),
            mtime: self.long(),
            version: self.int(),
            cversion: self.int(),
            aversion: self.int(),
            ephemeral_owner: self.long(),
            data_length: self.int(),
            num_children: self.int(),
            pzxid: self.long(),
        }
    }
}
