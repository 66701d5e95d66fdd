//! An ensemble in memory that listens, in this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;
use zkx::server::{Options, Server};
use zkx::store::memory::{Ensemble, Rules};

/// Its zxids are as wide as those of real servers.
const FIRST_ZXID: i64 = 0x1_0000_0000;
/// The superuser of all servers of the tests, `super:test`.
const SUPERUSER: &str = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";

/// It ends when dropped.
pub(crate) struct Memory {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Memory {
    /// With sessions that live as long as those of a server whose tick is `tick`.
    pub(crate) fn start(tick: Duration, collect_every: Duration) -> Self {
        let (bound, address) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).await.expect("a port");
                bound.send(server.address().expect("an address")).expect("a test that waits");
                let rules = Rules {
                    superuser: Some(SUPERUSER.to_owned()),
                    first_zxid: FIRST_ZXID,
                    ..Rules::default()
                };
                let options = Options { tick, collect_every, ..Options::default() };
                tokio::select! {
                    () = server.serve(Ensemble::new(rules), options) => {}
                    _ = stopped => {}
                }
            });
        });
        let address = address.recv().expect("a server that listens");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn addr(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
