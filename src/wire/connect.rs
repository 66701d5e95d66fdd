//! The handshake.

use bytes::Bytes;

use super::jute::{Malformed, Reader, Writer};

/// The first frame of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectRequest {
    /// Always 0.
    pub protocol: i32,
    /// The newest zxid this client has seen; a server that is behind it hangs up.
    pub last_zxid: i64,
    /// Session timeout asked for, milliseconds.
    pub timeout: i32,
    /// 0 for a new session.
    pub session: i64,
    /// The session's password; 16 bytes.
    pub password: Bytes,
    /// Whether a read-only server will do; absent from clients before 3.4.
    pub read_only: Option<bool>,
}

/// The server's answer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectResponse {
    /// Always 0.
    pub protocol: i32,
    /// Session timeout granted, milliseconds; 0 means that the session has expired.
    pub timeout: i32,
    /// The session.
    pub session: i64,
    /// Its password.
    pub password: Bytes,
    /// Whether the server is read-only; absent when the request said nothing of it.
    pub read_only: Option<bool>,
}

fn optional_flag(r: &mut Reader) -> Result<Option<bool>, Malformed> {
    if r.remaining() == 0 {
        return Ok(None);
    }
    r.bool().map(Some)
}

impl ConnectRequest {
    /// Writes the record.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.int(self.protocol);
        w.long(self.last_zxid);
        w.int(self.timeout);
        w.long(self.session);
        w.buffer(Some(&self.password));
        if let Some(read_only) = self.read_only {
            w.bool(read_only);
        }
    }

    /// Reads the record.
    pub fn decode(r: &mut Reader) -> Result<Self, Malformed> {
        Ok(Self {
            protocol: r.int()?,
            last_zxid: r.long()?,
            timeout: r.int()?,
            session: r.long()?,
            password: r.buffer()?.unwrap_or_default(),
            read_only: optional_flag(r)?,
        })
    }
}

impl ConnectResponse {
    /// Writes the record.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.int(self.protocol);
        w.int(self.timeout);
        w.long(self.session);
        w.buffer(Some(&self.password));
        if let Some(read_only) = self.read_only {
            w.bool(read_only);
        }
    }

    /// Reads the record.
    pub fn decode(r: &mut Reader) -> Result<Self, Malformed> {
        Ok(Self {
            protocol: r.int()?,
            timeout: r.int()?,
            session: r.long()?,
            password: r.buffer()?.unwrap_or_default(),
            read_only: optional_flag(r)?,
        })
    }
}
