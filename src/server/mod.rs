//! An ensemble in memory, spoken over ZooKeeper's wire protocol, so that any client can use it.
//!
//! For trying and testing: one server, loopback unless told otherwise, no disk, no quorum.

mod budget;
mod connection;
mod inbox;
mod outbox;
#[cfg(test)]
mod properties;
mod words;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::store::memory::{Answered, Ensemble};
use crate::store::overlay::Overlay;
use crate::wire::Request;

/// What can be chosen about a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Sessions live between 2 and 20 of these.
    pub tick: Duration,
    /// The longest request that is taken, bytes (`jute.maxbuffer`).
    pub max_request: usize,
    /// Time between two looks for containers and TTL znodes to delete
    /// (`znode.container.checkIntervalMs`).
    pub collect_every: Duration,
    /// Connections at once; more are turned away.
    pub max_connections: usize,
    /// Bytes that all clients together may leave lying: requests that they do not finish and answers
    /// that they do not read. Whoever has not got on for longest has to go when it is more; half of it
    /// is the most for one.
    pub max_unread: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tick: Duration::from_secs(2),
            max_request: 0xf_ffff,
            collect_every: Duration::from_mins(1),
            max_connections: 4096,
            max_unread: 256 << 20,
        }
    }
}

/// What a server serves.
#[derive(Clone)]
pub enum Served {
    /// An ensemble in memory.
    Memory(Ensemble),
    /// A copy-on-write fork of another store.
    Fork(Arc<Overlay>),
}

impl From<Ensemble> for Served {
    fn from(ensemble: Ensemble) -> Self {
        Self::Memory(ensemble)
    }
}

impl Served {
    fn ensemble(&self) -> &Ensemble {
        match self {
            Self::Memory(ensemble) => ensemble,
            Self::Fork(overlay) => overlay.ensemble(),
        }
    }

    async fn process(&self, connection: u64, request: &Request) -> Answered {
        match self {
            Self::Memory(ensemble) => ensemble.process(connection, request),
            Self::Fork(overlay) => overlay.process(connection, request).await,
        }
    }
}

/// Serves clients, whatever they speak through.
#[derive(Clone)]
pub struct Host(Arc<connection::Shared>);

impl Host {
    /// Serves nobody yet.
    pub fn new(served: impl Into<Served>, options: Options) -> Self {
        Self(connection::Shared::new(served.into(), options))
    }

    /// Serves a client until it has gone; at once turns it away when there are too many.
    pub async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin, peer: IpAddr) {
        connection::serve(Arc::clone(&self.0), stream, peer).await;
    }
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Listens on `address`; port 0 takes a free one.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is dropped.
    pub async fn serve(self, served: impl Into<Served>, options: Options) {
        let host = Host::new(served, options);
        let Host(shared) = &host;
        let mut tick = interval(shared.options.tick.min(Duration::from_millis(500)) / 2);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut collected = Instant::now();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let host = host.clone();
                        let _ = stream.set_nodelay(true);
                        tokio::spawn(async move { host.serve(stream, peer.ip()).await });
                    }
                    // Out of descriptors: those who are here may leave meanwhile.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                },
                _ = tick.tick() => {
                    shared.served.ensemble().expire();
                    if collected.elapsed() >= shared.options.collect_every {
                        collected = Instant::now();
                        shared.served.ensemble().collect();
                    }
                }
            }
        }
    }
}
