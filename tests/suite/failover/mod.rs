//! Servers die, stop and lose each other under a session, and nobody but the clock should notice.
//!
//! One ensemble is broken again and again; who holds it holds it alone.

mod expiry;
mod old;
mod survival;
mod walks;
mod watches;

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use zkx::client::{Config, ConnectString};
use zkx::store::Store;
use zkx::store::live::Live;

use crate::support::proxy::Proxy;
use crate::support::servers::{self, Ensemble, Server, Version};
use crate::support::truth::Truth;
use crate::support::wait_for;

const SOON: Duration = Duration::from_secs(30);

/// The one ensemble that these tests break, whole again.
fn ensemble() -> Option<MutexGuard<'static, Ensemble>> {
    static ENSEMBLE: OnceLock<Option<Mutex<Ensemble>>> = OnceLock::new();
    let slot = ENSEMBLE.get_or_init(|| servers::private_ensemble(Version::V3_9).map(Mutex::new));
    // A test that failed while it held the ensemble has broken nothing that is not repaired here.
    let ensemble = slot.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
    heal(&ensemble);
    Some(ensemble)
}

fn heal(ensemble: &Ensemble) {
    for server in ensemble.servers() {
        if server.pid().is_none() {
            server.restart();
        } else {
            server.stop_cont(false);
        }
    }
    for server in ensemble.servers() {
        server.wait_serving(SOON);
    }
}

/// What happens to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Kill,
    Stop,
}

impl Fault {
    fn strike(self, server: &Server) {
        match self {
            Self::Kill => server.kill9(),
            Self::Stop => server.stop_cont(true),
        }
    }
}

/// A proxy in front of every member, so that tests decide where clients go.
struct Gate(Vec<Proxy>);

impl Gate {
    fn to(ensemble: &Ensemble) -> Self {
        Self(ensemble.addresses().iter().map(|addr| Proxy::to(addr)).collect())
    }

    fn servers(&self) -> String {
        self.0.iter().map(Proxy::addr).collect::<Vec<_>>().join(",")
    }

    /// Lets new connections only to this member through.
    fn only(&self, index: usize) {
        for (other, proxy) in self.0.iter().enumerate() {
            if other == index { proxy.resume() } else { proxy.refuse() }
        }
    }

    fn close(&self) {
        self.0.iter().for_each(Proxy::refuse);
    }

    fn open(&self) {
        self.0.iter().for_each(Proxy::resume);
    }

    fn connections(&self) -> usize {
        self.0.iter().map(Proxy::connections).sum()
    }
}

/// The place of a member in the ensemble and at the gate.
fn place(ensemble: &Ensemble, server: &Server) -> usize {
    ensemble.servers().iter().position(|other| other.port() == server.port()).unwrap()
}

/// A judge on any member but this one.
fn judge_beside(ensemble: &Ensemble, index: usize) -> Truth {
    let other = ensemble.servers().iter().enumerate().find(|(other, server)| {
        // The observer last: it is no part of the quorum.
        *other != index && server.pid().is_some() && server.mode().is_some()
    });
    let mut truth = Truth::connect(&other.expect("another member").1.addr()).unwrap();
    truth.sync().unwrap();
    truth
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn live(servers: &str, session_timeout: Duration) -> Live {
    let servers = ConnectString::parse(servers).unwrap();
    Live::connect(Config { session_timeout, ..Config::new(servers) }).await.unwrap()
}

/// Waits until the members have forgotten all the sessions of these ids.
fn sessions_are_gone(ensemble: &Ensemble, sessions: &[i64]) {
    for session in sessions {
        let id = format!("{session:#x}");
        wait_for(&format!("session {id} to be closed"), Duration::from_secs(10), || {
            let alive = ensemble.servers().iter().any(|server| server.four_letter("dump").contains(&id));
            (!alive).then_some(())
        });
    }
}

fn session_of(live: &Live) -> i64 {
    live.session().id
}
