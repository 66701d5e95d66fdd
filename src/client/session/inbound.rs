//! What the server says: answers, events, and what it says of the session itself.

use bytes::Bytes;

use super::{End, Session};
use crate::client::link::Link;
use crate::client::pending::Raw;
use crate::client::watches::WatchKind;
use crate::client::{Cause, Notice, RequestError, lock};
use crate::wire::frame::BadLength;
use crate::wire::{Code, OpCode, Reader, ReplyHeader, WatchEvent, xid};
use crate::znode::{Event, EventKind, ZPath};

impl Session {
    /// Takes one frame from the server.
    pub(super) fn take(&mut self, link: &mut Link, frame: Bytes) -> Option<End> {
        let mut reader = Reader::new(frame.clone());
        let Ok(header) = ReplyHeader::decode(&mut reader) else {
            return Some(End::Lost("the server sent a frame that is no reply".into()));
        };
        if header.xid == xid::EVENT {
            link.stale = true;
            return self.event(header.zxid, &mut reader);
        }
        link.useful = true;
        if header.zxid > self.last_zxid {
            self.last_zxid = header.zxid;
            lock(&self.shared.info).last_zxid = header.zxid;
        }
        match header.xid {
            xid::PING => {
                link.pinging = false;
                None
            }
            xid::SET_WATCHES => self.restored(header.code),
            xid::AUTH => (header.code != Code::OK).then_some(End::AuthFailed),
            xid::CLOSE => Some(End::Closed(true)),
            xid => self.reply(xid, header, frame.slice(reader.position()..)),
        }
    }

    /// Takes the answer to a piece of the watches.
    fn restored(&mut self, code: Code) -> Option<End> {
        if code != Code::OK {
            // An older server among newer ones; another may do.
            return Some(End::Lost(format!("the server cannot set the watches again ({code})")));
        }
        self.restoring = self.restoring.and_then(|(since, left)| (left > 1).then(|| (since, left - 1)));
        None
    }

    /// A frame longer than is taken: unless it is garbage, the answer to the oldest request, which
    /// would be as long the next time.
    pub(super) fn too_long(&mut self, error: BadLength) -> End {
        if let Ok(length) = usize::try_from(error.length)
            && let Some(flying) = self.flight.pop_front()
        {
            flying.request.fail(Cause::Oversize { length, limit: error.limit });
        }
        End::Lost(format!("the server sent {error}"))
    }

    fn reply(&mut self, xid: i32, header: ReplyHeader, body: Bytes) -> Option<End> {
        let Some(flying) = self.flight.pop_front_if(|flying| flying.xid == xid) else {
            return Some(End::Lost(format!("the server answered a request that was not sent (xid {xid})")));
        };
        if flying.alone {
            self.shared.metrics.round_trip(flying.sent.elapsed());
        }
        let request = *flying.request;
        if let Some((path, kind)) = &request.watch {
            match header.code {
                Code::OK => self.watches.add(path, *kind),
                Code::NO_NODE if request.op == OpCode::Exists => self.watches.add(path, WatchKind::Exist),
                _ => {}
            }
        }
        let result: Result<Raw, RequestError> = match header.code {
            Code::OK => Ok((header.zxid, body)),
            // The server's own word for "I cannot say": it lost the leader meanwhile.
            Code::CONNECTION_LOSS => {
                Err(request.ticket.failure(Cause::ConnectionLost("the server lost its leader".into())))
            }
            code => Err(RequestError::Refused { code, zxid: header.zxid }),
        };
        let _ = request.reply.send(result);
        None
    }

    fn event(&mut self, zxid: i64, reader: &mut Reader) -> Option<End> {
        let Ok(record) = WatchEvent::decode(reader) else {
            return Some(End::Lost("the server sent an event that cannot be read".into()));
        };
        // Kind −1 reports states of the connection, which this side knows better.
        let kind = EventKind::from_wire(record.kind)?;
        let path = record.below(&self.root).path;
        let event = Event { kind, path: ZPath::from_server(path), zxid: (zxid > 0).then_some(zxid) };
        self.event_zxid = self.event_zxid.max(zxid);
        self.watches.fired(&event);
        let _ = self.notices.send(Notice::Watch(event));
        None
    }
}
