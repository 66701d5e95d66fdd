use std::fs::File;
use std::io::{self, BufWriter};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::Context;
use crate::client::ConnectString;
use crate::error::{Error, Kind, Result};
use crate::server::{Options, Served, Server as Listening};
use crate::store::memory::{Ensemble, Rules};
use crate::store::overlay::Overlay;
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

    /// Serve a scratch copy of these servers: what clients write stays here
    #[arg(long, value_name = "SERVERS", conflicts_with_all = ["seed", "save_on_exit"])]
    overlay: Option<ConnectString>,

    /// Begin with the znodes of a tree file, YAML or JSON
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Write the znodes into a tree file at the end
    #[arg(long, value_name = "FILE")]
    save_on_exit: Option<PathBuf>,

    /// Sessions live between 2 and 20 ticks
    #[arg(long, value_name = "MS", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(10..=600_000))]
    tick_time: u64,

    /// Milliseconds between two looks for empty containers and TTL znodes whose time is over
    #[arg(long, value_name = "MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..))]
    container_check: u64,

    /// Digest id that may do everything, like super:base64(sha1(super:password))
    #[arg(long, value_name = "DIGEST")]
    superuser: Option<String>,

    /// The first transaction follows this zxid [default: one of this millisecond, so that clients of a
    /// server that was here before find nothing older than what they saw]
    #[arg(long, value_name = "ZXID", value_parser = zxid)]
    zxid: Option<i64>,

    /// Connections at once
    #[arg(long, value_name = "N", default_value_t = 4096)]
    max_connections: usize,
}

impl Server {
    pub(super) fn forked(&self) -> Option<&ConnectString> {
        self.overlay.as_ref()
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        more_files();
        let address = SocketAddr::new(self.bind, self.port);
        let cannot = |error| Error::new(Kind::Io, format!("cannot listen on {address}")).because(error);
        let server = Listening::bind(address).await.map_err(cannot)?;
        let address = server.address().map_err(cannot)?;
        let (served, what) = match &self.overlay {
            Some(servers) => {
                let overlay = Overlay::new(Arc::clone(cx.shared), self.rules());
                (Served::Fork(Arc::new(overlay)), format!("a scratch copy of {servers}"))
            }
            None => (Served::Memory(self.ensemble()?), "an ensemble in memory".to_owned()),
        };
        cx.out.note(Note::Info(format!("{what} listens on {address}; Ctrl-C ends it"))).await?;
        let options = Options {
            tick: Duration::from_millis(self.tick_time),
            collect_every: Duration::from_millis(self.container_check),
            max_connections: self.max_connections,
            ..Options::default()
        };
        tokio::select! {
            () = server.serve(served.clone(), options) => {}
            () = cx.progress.stopped() => {}
        }
        let (Some(file), Served::Memory(ensemble)) = (&self.save_on_exit, &served) else { return Ok(()) };
        save(ensemble, file)
            .map_err(|error| Error::new(Kind::Io, format!("cannot write {}", file.display())).because(error))
    }

    fn rules(&self) -> Rules {
        Rules {
            superuser: self.superuser.clone(),
            first_zxid: self.zxid.unwrap_or_else(epoch),
            ..Rules::default()
        }
    }

    fn ensemble(&self) -> Result<Ensemble> {
        match &self.seed {
            Some(file) => Ensemble::from_file(self.rules(), file),
            None => Ok(Ensemble::new(self.rules())),
        }
    }
}

/// As many connections as the system allows: what it gives by default is often a thousand files.
fn more_files() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // What it does not give is not needed yet.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

/// Writes beside the file and puts it in its place when it is whole.
fn save(ensemble: &Ensemble, file: &Path) -> io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = file.with_file_name(name);
    let mut out = BufWriter::new(File::create(&beside)?);
    ensemble.save(&mut out)?;
    out.into_inner()?.sync_all()?;
    std::fs::rename(beside, file)
}

/// A zxid that is newer than those of all servers before: milliseconds above, and below them room for more
/// transactions than can be done in one, so that the clients of a server that is back at once are let in.
fn epoch() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| (since.as_millis() as i64 & 0x3ff_ffff_ffff) << 21)
}

/// A number as `stat` shows it, or in decimals.
fn zxid(text: &str) -> std::result::Result<i64, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    match number {
        Ok(zxid @ 0..) => Ok(zxid),
        _ => Err("no zxid: a number, 0x… as `stat` shows it or in decimals".to_owned()),
    }
}
