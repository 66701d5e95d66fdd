use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};
use crate::server::{Options, Server as Listening};
use crate::store::memory::{Ensemble, Rules};
use crate::view::Note;

/// Serve an ensemble in memory to any client, for trying and testing
///
/// One server that keeps nothing: no disk, no quorum.
#[derive(Debug, Args)]
pub struct Server {
    /// Port to listen on; 0 takes a free one
    #[arg(short = 'p', long, default_value_t = 2181)]
    port: u16,

    /// Address to listen on: others than the loopback's can be reached by everybody
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,

    /// Sessions live between 2 and 20 ticks
    #[arg(long, value_name = "MS", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(10..=600_000))]
    tick_time: u64,

    /// Milliseconds between two looks for empty containers and TTL znodes whose time is over
    #[arg(long, value_name = "MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..))]
    container_check: u64,

    /// Digest id that may do everything, like super:base64(sha1(super:password))
    #[arg(long, value_name = "DIGEST")]
    superuser: Option<String>,

    /// Connections at once
    #[arg(long, value_name = "N", default_value_t = 4096)]
    max_connections: usize,
}

impl Server {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let address = SocketAddr::new(self.bind, self.port);
        let cannot = |error| Error::new(Kind::Io, format!("cannot listen on {address}")).because(error);
        let server = Listening::bind(address).await.map_err(cannot)?;
        let address = server.address().map_err(cannot)?;
        let ensemble = Ensemble::new(Rules { superuser: self.superuser, ..Rules::default() });
        cx.progress.waits();
        cx.out
            .note(Note::Info(format!("an ensemble in memory listens on {address}; Ctrl-C ends it")))
            .await?;
        let options = Options {
            tick: Duration::from_millis(self.tick_time),
            collect_every: Duration::from_millis(self.container_check),
            max_connections: self.max_connections,
            ..Options::default()
        };
        server.serve(ensemble, options).await;
        Ok(())
    }
}
