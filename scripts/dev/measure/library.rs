//! What zkx has no command for, done by its own floors: `store` and all below it.
//!
//! ```text
//! library HOST:PORT bulk PATH N BYTES         N creates in transactions
//! library HOST:PORT watch PATH ZNODES COUNT   a persistent watch on each of PATH/n0…, until so many events
//! ```
#![allow(clippy::print_stderr, reason = "a program of its own")]

use std::collections::VecDeque;
use std::error::Error;
use std::io::{BufWriter, Write as _};

use bytes::Bytes;
use futures_util::future::try_join_all;
use tokio::sync::mpsc::unbounded_channel;
use zkx::client::{Config, ConnectString};
use zkx::store::live::Live;
use zkx::store::{Change, Store, Write, Written};
use zkx::znode::{Acl, CreateMode, Event};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Creates in one transaction, and transactions in flight.
const BATCH: usize = 500;
const IN_FLIGHT: usize = 10;
/// Events taken together when they come fast.
const BURST: usize = 512;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [addr, mode, path, first, second] = &args[..] else {
        return Err("library HOST:PORT MODE …".into());
    };
    let (first, second) = (first.parse()?, second.parse()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Live::connect(Config::new(ConnectString::parse(addr)?)).await?;
        match *mode {
            "bulk" => bulk(&store, path, first, second).await?,
            "watch" => watch(&store, path, first, second).await?,
            other => return Err(format!("no mode {other}").into()),
        }
        store.close().await;
        Ok(())
    })
}

async fn bulk(store: &Live, parent: &str, count: usize, bytes: usize) -> Result<()> {
    let data = Bytes::from(vec![b'x'; bytes]);
    let acl = Acl::parse_list("world:anyone:cdrwa")?;
    let mut flight = VecDeque::new();
    let mut created = 0;
    for first in (0..count).step_by(BATCH) {
        if flight.len() >= IN_FLIGHT {
            created += settle(&mut flight).await?;
        }
        let create = |n| Write::Create {
            path: format!("{parent}/n{n}"),
            data: Some(data.clone()),
            acl: acl.clone(),
            mode: CreateMode::Persistent,
        };
        flight.push_back(store.multi((first..count.min(first + BATCH)).map(create).collect()));
    }
    while !flight.is_empty() {
        created += settle(&mut flight).await?;
    }
    eprintln!("{created}");
    Ok(())
}

/// Waits for the oldest transaction.
async fn settle(flight: &mut VecDeque<zkx::store::Outcome<'_, Vec<Written>>>) -> Result<usize> {
    match flight.pop_front() {
        Some(transaction) => Ok(transaction.await?.len()),
        None => Ok(0),
    }
}

/// Prints events as `zkx watch -o ndjson` does.
async fn watch(store: &Live, parent: &str, znodes: usize, count: usize) -> Result<()> {
    let subscriptions =
        try_join_all((0..znodes).map(|n| store.watch(format!("{parent}/n{n}"), false))).await?;
    let (sender, mut events) = unbounded_channel();
    for mut changes in subscriptions {
        let sender = sender.clone();
        tokio::spawn(async move {
            while let Some(change) = changes.next().await {
                if let Change::Event(event) = change {
                    let _ = sender.send((jiff::Timestamp::now().as_millisecond(), event));
                }
            }
        });
    }
    eprintln!("watching {znodes} znodes below {parent}");
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut burst = Vec::new();
    let mut seen = 0;
    while seen < count && events.recv_many(&mut burst, BURST).await > 0 {
        seen += burst.len();
        for (time, event) in burst.drain(..) {
            write_event(&mut out, time, &event)?;
        }
        out.flush()?;
    }
    Ok(())
}

fn write_event(out: &mut dyn std::io::Write, time: i64, event: &Event) -> Result<()> {
    let (kind, path, zxid) = (event.kind.name(), &event.path, event.zxid.unwrap_or_default());
    writeln!(out, r#"{{"time":{time},"type":"{kind}","path":"{path}","zxid":{zxid}}}"#)?;
    Ok(())
}
