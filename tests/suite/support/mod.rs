//! What the tests stand on: the binary under test, real servers, an independent client
//! to check against, and everything that can go wrong between them.
#![allow(dead_code, reason = "a tool need not be in use at every moment")]

#[macro_use]
pub(crate) mod lab;

pub(crate) mod fake;
pub(crate) mod fetched;
pub(crate) mod jute;
pub(crate) mod kafka;
pub(crate) mod mask;
pub(crate) mod memory;
pub(crate) mod plan;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod screen;
pub(crate) mod servers;
pub(crate) mod truth;
pub(crate) mod zkx;

use std::thread;
use std::time::{Duration, Instant};

/// Asks again until there is an answer; panics, saying what it waited for, when there is
/// none in time.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, timeout: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + timeout;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {timeout:?} in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
