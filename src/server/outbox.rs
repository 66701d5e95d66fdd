//! What is on its way to a client: answers and events in one order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use tokio::sync::Notify;

use crate::store::memory::{Listener, Told};
use crate::wire::frame::write_frame;
use crate::wire::reply::WatchEvent;
use crate::wire::{Code, ReplyHeader, Writer, xid};

/// Bytes a client may leave unread: events come whether it reads or not.
const LIMIT: usize = 64 << 20;

/// Time to take the last bytes of a connection that is over.
const FAREWELL: Duration = Duration::from_secs(5);

/// The bytes for one client.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    /// Wakes the connection's task.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    bytes: BytesMut,
    closed: bool,
    /// The client left too much unread.
    choked: bool,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a reply.
    pub(super) fn reply(&self, header: ReplyHeader, body: impl FnOnce(&mut Writer<'_>)) {
        write_frame(&mut self.lock().bytes, "", |w| {
            header.encode(w);
            body(w);
        });
    }

    /// Adds what is no reply: the handshake, or words.
    pub(super) fn raw(&self, write: impl FnOnce(&mut BytesMut)) {
        write(&mut self.lock().bytes);
    }

    fn event(&self, told: Told) -> bool {
        let mut state = self.lock();
        if state.bytes.len() > LIMIT {
            (state.closed, state.choked) = (true, true);
            state.bytes = BytesMut::new();
        } else {
            let header = ReplyHeader { xid: xid::EVENT, zxid: told.zxid, code: Code::OK };
            let event = WatchEvent { kind: told.kind.to_wire(), state: 3, path: told.path };
            write_frame(&mut state.bytes, "", |w| {
                header.encode(w);
                event.encode(w);
            });
        }
        self.changed.notify_one();
        !state.closed
    }

    /// What is to be sent now.
    pub(super) fn take(&self) -> BytesMut {
        std::mem::take(&mut self.lock().bytes)
    }

    pub(super) fn len(&self) -> usize {
        self.lock().bytes.len()
    }

    /// Nothing more is taken from the client; what is here is still sent.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits for an event or the end.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits until this connection should not be written to any longer: at once for one that is
    /// choked, after a while for one that is over.
    pub(super) async fn given_up(&self) {
        while !self.is_closed() {
            self.changed().await;
        }
        if !self.lock().choked {
            tokio::time::sleep(FAREWELL).await;
        }
    }
}

/// Puts events into an outbox, and closes it when the ensemble lets go of the connection: its
/// session was closed, has expired, or speaks through another connection now.
pub(super) fn listener(outbox: Arc<Outbox>) -> Listener {
    struct Tap(Arc<Outbox>);
    impl Drop for Tap {
        fn drop(&mut self) {
            self.0.close();
        }
    }
    let tap = Tap(outbox);
    Box::new(move |told| tap.0.event(told))
}
