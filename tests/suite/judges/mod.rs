//! `zkx server` before clients of other makers: what they take for a ZooKeeper is one. Except for kazoo's own
//! tests, which ask for more than a server of ours, everything is asked of a real one too.

use std::time::Duration;

use crate::support::fetched;
use crate::support::zkx::Zkx;

mod c;
mod kazoo;
mod node;
mod zkcli;

/// For what should take a moment, on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// A client that `scripts/dev/clients` has fetched. `None` after having said that the test is skipped.
fn client(name: &str) -> Option<Zkx> {
    match fetched::fetched("clients", ["program", name]) {
        Some(program) => Some(Zkx::program(program)),
        None => fetched::skip("clients"),
    }
}
