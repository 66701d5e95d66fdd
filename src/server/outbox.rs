//! What is on its way to a client: answers and events in one order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::budget::Budget;
use crate::store::memory::{Listener, Told};
use crate::wire::frame::write_frame;
use crate::wire::reply::WatchEvent;
use crate::wire::{Code, Reply, ReplyHeader, xid};

/// Bytes in front of a reply: a length, and what [`ReplyHeader`] has.
const HEADER: usize = 4 + 16;
/// Time to take the last bytes of a connection that is over.
pub(super) const FAREWELL: Duration = Duration::from_secs(5);

/// The bytes for one client, and the count of all that lies here because of it.
#[derive(Debug)]
pub(super) struct Outbox {
    budget: Arc<Budget>,
    number: u64,
    state: Mutex<State>,
    /// Wakes the connection's task.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    bytes: BytesMut,
    /// Bytes of requests that are not whole or not answered yet.
    unanswered: usize,
    /// All bytes: these, those above, and what is being written.
    held: usize,
    /// The turn at which this client got on last, or began to hold anything.
    since: u64,
    closed: bool,
    /// The client left too much lying.
    choked: bool,
}

impl Outbox {
    pub(super) fn new(budget: &Arc<Budget>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            budget: Arc::clone(budget),
            number: budget.enter(this),
            state: Mutex::default(),
            changed: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and counts what that makes of the bytes held; whether it is still open.
    fn change(&self, change: impl FnOnce(&mut State)) -> bool {
        let mut state = self.lock();
        if state.choked {
            return false;
        }
        let before = (state.held, state.bytes.len(), state.unanswered);
        change(&mut state);
        state.held = (before.0 + state.bytes.len() + state.unanswered).saturating_sub(before.1 + before.2);
        let (held, before) = (state.held, before.0);
        if before == 0 {
            state.since = self.budget.turn();
        }
        let open = !state.closed;
        drop(state);
        if held < before {
            self.budget.give_back(before - held);
        } else if self.budget.take(held - before) {
            self.budget.make_room();
        }
        if held > self.budget.share() {
            self.choke();
            return false;
        }
        open
    }

    /// Adds a reply, or an error.
    pub(super) fn reply(&self, header: ReplyHeader, body: Option<&Reply>) {
        self.raw(|out| {
            out.reserve(body.map_or(0, Reply::size) + HEADER);
            write_frame(out, "", |w| {
                header.encode(w);
                if let Some(body) = body {
                    body.encode(w);
                }
            });
        });
    }

    /// Adds what is no reply: the handshake, or words.
    pub(super) fn raw(&self, write: impl FnOnce(&mut BytesMut)) {
        self.change(|state| write(&mut state.bytes));
    }

    /// Adds an event; whether there is anybody to be told more.
    fn event(&self, told: Told) -> bool {
        let header = ReplyHeader { xid: xid::EVENT, zxid: told.zxid, code: Code::OK };
        let event = WatchEvent { kind: told.kind.to_wire(), state: 3, path: told.path };
        let open = self.change(|state| {
            write_frame(&mut state.bytes, "", |w| {
                header.encode(w);
                event.encode(w);
            });
        });
        self.changed.notify_one();
        open
    }

    /// So many bytes of requests are here now that are not answered.
    pub(super) fn unanswered(&self, bytes: usize) {
        self.change(|state| state.unanswered = bytes);
    }

    /// What is to be sent now; it counts until it [is](Self::sent).
    pub(super) fn take(&self) -> BytesMut {
        std::mem::take(&mut self.lock().bytes)
    }

    /// What was taken has gone: this client gets on.
    pub(super) fn sent(&self, bytes: usize) {
        let mut state = self.lock();
        if !state.choked {
            state.held = state.held.saturating_sub(bytes);
            state.since = self.budget.turn();
            self.budget.give_back(bytes);
        }
    }

    /// Since which turn this client has not got on, if it holds anything.
    pub(super) fn waiting_since(&self) -> Option<u64> {
        let state = self.lock();
        (state.held > 0 && !state.choked).then_some(state.since)
    }

    /// Throws away what is here; the connection ends at once.
    pub(super) fn choke(&self) {
        let mut state = self.lock();
        self.budget.give_back(std::mem::take(&mut state.held));
        (state.closed, state.choked) = (true, true);
        state.bytes = BytesMut::new();
        self.changed.notify_one();
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
        let choked = async {
            while !self.lock().choked {
                self.changed().await;
            }
        };
        let _ = timeout(FAREWELL, choked).await;
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.budget.leave(self.number);
        self.budget.give_back(self.lock().held);
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

#[cfg(test)]
mod tests {
    use super::{Budget, Outbox};

    fn leave(outbox: &Outbox, bytes: usize) {
        outbox.raw(|out| out.extend_from_slice(&vec![0; bytes]));
    }

    #[test]
    fn who_has_not_got_on_for_longest_goes_first() {
        let budget = Budget::new(100);
        let [stuck, slow, lively] = [(); 3].map(|()| Outbox::new(&budget));
        leave(&stuck, 30);
        slow.unanswered(30);
        leave(&lively, 30);
        lively.sent(lively.take().len());
        leave(&lively, 30);
        assert!(![&stuck, &slow, &lively].iter().any(|outbox| outbox.is_closed()));
        leave(&lively, 11);
        assert_eq!([&stuck, &slow, &lively].map(|outbox| outbox.is_closed()), [true, false, false]);
        // What is thrown away counts no more, whatever is still said to it.
        leave(&stuck, 1000);
        stuck.sent(10);
        assert_eq!((stuck.len(), slow.is_closed()), (0, false));
        slow.unanswered(50);
        let late = Outbox::new(&budget);
        leave(&late, 10);
        assert_eq!([&slow, &lively, &late].map(|outbox| outbox.is_closed()), [true, false, false]);
    }

    #[test]
    fn one_client_has_no_more_than_half() {
        let budget = Budget::new(100);
        let [one, other] = [(); 2].map(|()| Outbox::new(&budget));
        leave(&one, 50);
        assert!(!one.is_closed());
        leave(&one, 1);
        assert!(one.is_closed());
        drop(one);
        leave(&other, 50);
        assert!(!other.is_closed());
    }
}
