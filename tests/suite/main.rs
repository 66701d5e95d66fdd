//! Every integration test, in one binary: one link, and one set of servers for all.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected stops right there"
)]

#[macro_use]
mod support;

mod alike;
mod commands;
mod cuts;
mod failover;
mod faults;
mod globs;
mod harness;
mod hostile;
mod judges;
mod kafka;
mod overlay;
mod readme;
mod ready;
mod runs;
mod scripts;
mod session;
mod shell;
mod shells;
mod walk;
