//! A connection in use: what is read and written on it.

use bytes::BytesMut;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::Instant;

use super::dial::Connection;
use crate::wire::frame::write_frame;
use crate::wire::{Frames, Request, RequestHeader, xid};

/// A connection in use.
pub(super) struct Link {
    pub(super) read: OwnedReadHalf,
    pub(super) write: OwnedWriteHalf,
    pub(super) frames: Frames,
    /// What waits to be written.
    pub(super) out: BytesMut,
    /// Bytes written before that.
    pub(super) flushed: u64,
    pub(super) last_read: Instant,
    pub(super) last_write: Instant,
    /// The server has answered something on it.
    pub(super) useful: bool,
    /// Events have come since the newest answer, whose zxid is older than theirs.
    pub(super) stale: bool,
    /// A ping is unanswered.
    pub(super) pinging: bool,
}

impl Link {
    pub(super) fn new(connection: Connection) -> Self {
        let (read, write) = connection.stream.into_split();
        let now = Instant::now();
        Self {
            read,
            write,
            frames: connection.frames,
            out: BytesMut::new(),
            flushed: 0,
            last_read: now,
            last_write: now,
            useful: false,
            stale: false,
            pinging: false,
        }
    }

    pub(super) fn push(&mut self, xid: i32, root: &str, request: &Request) {
        write_frame(&mut self.out, root, |w| {
            RequestHeader { xid, op: request.op() as i32 }.encode(w);
            request.encode(w);
        });
    }

    pub(super) fn ping(&mut self) {
        self.pinging = true;
        self.push(xid::PING, "", &Request::Ping);
    }

    /// Makes room for the next read: for what is missing of the frame that has begun, but never for
    /// more than a megabyte beyond what has come, whatever length it claims.
    pub(super) fn make_room(&mut self) {
        let pending = self.frames.pending();
        let missing = pending
            .first_chunk::<4>()
            .map_or(0, |prefix| (u32::from_be_bytes(*prefix) as usize + 4).saturating_sub(pending.len()));
        self.frames.buffer().reserve(missing.clamp(16 << 10, 1 << 20));
    }
}
