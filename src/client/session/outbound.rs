//! What goes out: credentials and watches first, then requests as the socket takes them.

use bytes::BytesMut;
use tokio::time::Instant;

use super::{InFlight, Session};
use crate::client::link::Link;
use crate::wire::{Request, xid};

/// Requests written and not answered, at most. More gain nothing: a server takes one request of a
/// session at a time, and from about 256 on its rate no longer rises.
const FLIGHT: usize = 1000;
/// Bytes waiting in front of the socket, at most, before the next request is put behind them.
const OUT_BUFFER: usize = 256 * 1024;

impl Session {
    /// Credentials first, then watches, before anything that was queued. Never together with the
    /// handshake: servers on Netty lose what arrives before their answer to it.
    pub(super) fn greet(&mut self, link: &mut Link) {
        self.credentials.clone_from(&self.config.auth);
        self.identify(link);
        let since = self.restoring.map_or(self.last_zxid, |(since, _)| since);
        let pieces = self.watches.restore(since, self.root.len());
        self.restoring = (!pieces.is_empty()).then_some((since, pieces.len()));
        for request in pieces {
            link.push(xid::SET_WATCHES, &self.root, &request);
        }
    }

    fn identify(&mut self, link: &mut Link) {
        for auth in self.credentials.drain(..) {
            let request = Request::Auth { scheme: auth.scheme, auth: Some(auth.secret) };
            link.push(xid::AUTH, &self.root, &request);
        }
    }

    /// Moves queued requests behind what waits to be written.
    pub(super) fn fill(&mut self, link: &mut Link) {
        self.identify(link);
        while self.flight.len() < FLIGHT && link.out.len() < OUT_BUFFER {
            let Some(mut request) = self.queue.pop_front() else {
                break;
            };
            // Its caller may be gone although it was never recalled: when it gave up while the
            // request was in a buffer that then never left.
            if !request.ticket.send(self.last_zxid) || request.reply.is_closed() {
                continue;
            }
            self.next_xid = self.next_xid.checked_add(1).unwrap_or(1);
            let start = link.flushed + link.out.len() as u64;
            let frame = std::mem::take(&mut request.frame);
            let (length, rest) = frame.split_at(4);
            link.out.extend_from_slice(length);
            link.out.extend_from_slice(&self.next_xid.to_be_bytes());
            link.out.extend_from_slice(rest.get(4..).unwrap_or_default());
            self.shared.metrics.sent();
            let (xid, alone) = (self.next_xid, self.flight.is_empty());
            self.flight.push_back(InFlight { xid, start, sent: Instant::now(), alone, request });
        }
        if let Some(closing) = &mut self.closing
            && !closing.written
            && self.queue.is_empty()
        {
            closing.written = true;
            link.push(xid::CLOSE, "", &Request::CloseSession);
        }
        // The answer to a ping names the zxid up to which all events have come: with it, little is
        // in doubt when the connection is lost.
        if link.stale && !link.pinging && self.closing.is_none() {
            link.stale = false;
            link.ping();
        }
    }

    /// Puts requests back whose bytes never reached the socket: they were not sent.
    pub(super) fn put_back(&mut self, link: &Link) {
        while let Some(flying) = self.flight.pop_back_if(|flying| flying.start >= link.flushed) {
            let unsent = link.out.get((flying.start - link.flushed) as usize..).unwrap_or_default();
            let length =
                unsent.first_chunk::<4>().map_or(0, |prefix| u32::from_be_bytes(*prefix) as usize + 4);
            let mut request = flying.request;
            request.frame = BytesMut::from(unsent.get(..length).unwrap_or_default());
            request.ticket.unsend();
            self.queue.push_front(request);
        }
    }
}
