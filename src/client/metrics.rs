//! Counters of a session, for whoever wants to show them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What a session has done since it began.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: AtomicU64,
    bytes_out: AtomicU64,
    bytes_in: AtomicU64,
    connections: AtomicU64,
    round_trip_us: AtomicU64,
}

/// A reading of [`Metrics`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Requests written.
    pub requests: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Connections made.
    pub connections: u64,
    /// Round trip of the newest answer that had nothing queued before it.
    pub round_trip: Duration,
}

impl Metrics {
    /// The counters now.
    pub fn read(&self) -> Reading {
        Reading {
            requests: self.requests.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
            bytes_in: self.bytes_in.load(Relaxed),
            connections: self.connections.load(Relaxed),
            round_trip: Duration::from_micros(self.round_trip_us.load(Relaxed)),
        }
    }

    pub(super) fn sent(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn read_bytes(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn round_trip(&self, time: Duration) {
        self.round_trip_us.store(time.as_micros() as u64, Relaxed);
    }
}
