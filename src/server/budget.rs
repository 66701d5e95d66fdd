//! What all clients together may leave lying here, and who has to go when it is too much.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::outbox::Outbox;

/// Counts the bytes of requests that are not whole yet and of answers that nobody has taken.
///
/// No connection waits because of others. When it is too much, those go who have not got on for
/// longest: half a request that is not continued, or answers that are not read, get old, while
/// whoever talks properly is rid of his within moments, however much it was.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    held: AtomicUsize,
    /// Counts the times that any connection got on.
    turns: AtomicU64,
    next: AtomicU64,
    clients: Mutex<HashMap<u64, Weak<Outbox>>>,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            held: AtomicUsize::new(0),
            turns: AtomicU64::new(0),
            next: AtomicU64::new(0),
            clients: Mutex::default(),
        })
    }

    /// What one client may leave: another must have room too.
    pub(super) fn share(&self) -> usize {
        self.limit / 2
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<u64, Weak<Outbox>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a client in; it is known by the number until [`leave`](Self::leave).
    pub(super) fn enter(&self, client: &Weak<Outbox>) -> u64 {
        let number = self.next.fetch_add(1, Relaxed);
        self.clients().insert(number, client.clone());
        number
    }

    pub(super) fn leave(&self, number: u64) {
        self.clients().remove(&number);
    }

    /// The number of this moment among all in which somebody got on.
    pub(super) fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Relaxed)
    }

    /// A client holds so many bytes more; whether that is too much for all of them together.
    #[must_use]
    pub(super) fn take(&self, bytes: usize) -> bool {
        self.held.fetch_add(bytes, Relaxed) + bytes > self.limit
    }

    pub(super) fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Relaxed);
    }

    /// Sends clients away until there is room again, a quarter of all at once so that this is seldom.
    pub(super) fn make_room(&self) {
        let clients: Vec<Arc<Outbox>> = self.clients().values().filter_map(Weak::upgrade).collect();
        let mut waiting: Vec<_> =
            clients.iter().filter_map(|client| Some((client.waiting_since()?, client))).collect();
        waiting.sort_unstable_by_key(|(since, _)| *since);
        for (_, client) in waiting {
            if self.held.load(Relaxed) <= self.limit / 4 * 3 {
                break;
            }
            client.choke();
        }
    }
}
