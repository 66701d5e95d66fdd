//! Four-letter words.

use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

use super::connection::Shared;
use crate::store::memory;

/// The release whose behaviour this server has; clients parse it.
fn version() -> String {
    let [major, minor, patch] = memory::VERSION;
    let zkx = env!("CARGO_PKG_VERSION");
    format!("{major}.{minor}.{patch}-zkx-{zkx}, built on 1970-01-01 00:00 UTC")
}

/// What `FourLetterCommands` knows; anything else is the length of a frame.
const WORDS: [&str; 18] = [
    "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srst", "srvr",
    "stat", "stmk", "wchc", "wchp", "wchs",
];

/// The answer to a word; `None` when it is none.
pub(super) fn answer(word: [u8; 4], shared: &Shared) -> Option<String> {
    let word = WORDS.into_iter().find(|known| known.as_bytes() == word)?;
    let figures = || shared.served.ensemble().figures();
    let open = shared.open.load(Relaxed);
    let requests = shared.requests.load(Relaxed);
    let version = version();
    let mut text = String::new();
    let written = match word {
        "ruok" => write!(text, "imok"),
        "isro" => write!(text, "rw"),
        "srvr" | "stat" => {
            let figures = figures();
            let clients = if word == "stat" { "Clients:\n\n" } else { "" };
            write!(
                text,
                "Zookeeper version: {version}\n{clients}Latency min/avg/max: 0/0.0/0\nReceived: {requests}\nSent: {requests}\n\
                 Connections: {open}\nOutstanding: 0\nZxid: {:#x}\nMode: standalone\nNode count: {}\n",
                figures.zxid, figures.znodes
            )
        }
        "envi" => write!(text, "Environment:\nzookeeper.version={version}\nhost.name=localhost\n"),
        "conf" => write!(
            text,
            "tickTime={}\nminSessionTimeout={}\nmaxSessionTimeout={}\nserverId=0\n",
            shared.options.tick.as_millis(),
            shared.options.tick.as_millis() * 2,
            shared.options.tick.as_millis() * 20
        ),
        "mntr" => {
            let figures = figures();
            write!(
                text,
                "zk_version\t{version}\nzk_server_state\tstandalone\nzk_num_alive_connections\t{open}\n\
             zk_outstanding_requests\t0\nzk_packets_received\t{requests}\nzk_packets_sent\t{requests}\n\
             zk_znode_count\t{}\nzk_ephemerals_count\t{}\nzk_watch_count\t{}\n",
                figures.znodes, figures.ephemerals, figures.watches
            )
        }
        "cons" => writeln!(text, "{open} connections"),
        "dump" => {
            let figures = figures();
            let mut sessions = figures.sessions.iter();
            sessions
                .try_for_each(|(id, timeout)| writeln!(text, "{id:#x}\t{timeout} ms"))
                .and_then(|()| writeln!(text, "{} ephemerals", figures.ephemerals))
        }
        "wchs" => {
            let on_data = figures().on_data;
            write!(
                text,
                "{} connections watching {} paths\nTotal watches:{}\n",
                on_data.connections, on_data.paths, on_data.watches
            )
        }
        _ => writeln!(text, "{word} is not executed because it is not in the whitelist."),
    };
    written.is_ok().then_some(text)
}
