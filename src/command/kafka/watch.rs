use std::time::Duration;

use clap::Args;
use futures_util::future::select_all;
use tokio::time::{Instant, timeout_at};

use super::{Context, failure};
use crate::cluster::{Fact, Facts, Happened, Status, between, happened};
use crate::error::{Error, Kind, Result};
use crate::kafka::layout::Place;
use crate::store::{Change, Changes, Failure, Found, Read, read_one};
use crate::view::kafka::{HappenedRow, KafkaRow, KafkaTable};
use crate::view::{Note, Row, Shape};
use crate::walk::{Options, Walk, Want};
use crate::wire::Code;
use crate::znode::ZPath;

/// What happens in the cluster.
#[derive(Debug, Args)]
pub(super) struct Watch {
    /// End after this many changes
    #[arg(short = 'n', long = "count", value_name = "N")]
    count: Option<u64>,

    /// End after this time; with -n it is an error if they have not come by then
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,

    /// Only changes of this kind: `broker`, `leader-changed`, `offset`…; may be given for several
    #[arg(long, value_name = "KIND")]
    only: Vec<String>,

    /// Leave out offsets being committed
    #[arg(long)]
    no_offsets: bool,
}

/// What is watched, with everything below, and what alone.
const BELOW: [&str; 4] = ["/brokers", "/consumers", "/admin", "/config/changes"];
const ALONE: &str = "/controller";

impl Watch {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        let explain = |f| failure(f, &status.chroot);
        let until = self.timeout.map(|timeout| Instant::now() + timeout);
        // Watched before it is read, so that nothing falls in between.
        let mut streams = Vec::new();
        for path in BELOW {
            streams.push(cx.store.watch(status.at(path), true).await.map_err(explain)?);
        }
        streams.push(cx.store.watch(status.at(ALONE), false).await.map_err(explain)?);
        let mut known = facts(cx, status).await.map_err(explain)?;
        cx.out.note(Note::Info(format!("watching the Kafka cluster below {}", status.chroot))).await?;
        cx.out.begin(Shape::Kafka(KafkaTable::Happened)).await?;
        cx.out.flush().await?;
        let mut seen = 0;
        while self.count.is_none_or(|count| seen < count) {
            let Some(change) = next(&mut streams, until).await else {
                cx.out.end().await?;
                return self.timed_out(seen);
            };
            let rows = match change {
                Change::Event(event) => one(cx, status, &mut known, &event.path).await.map_err(explain)?,
                Change::Missed { path, .. } => {
                    one(cx, status, &mut known, &ZPath::from_server(path)).await.map_err(explain)?
                }
                Change::Lost { why } => {
                    let note = format!("connection lost: {why}; nothing is seen until it is back");
                    cx.out.note(Note::Warning(note)).await?;
                    Vec::new()
                }
                Change::Back { .. } => {
                    let now = facts(cx, status).await.map_err(explain)?;
                    let rows = between(&known, &now);
                    known = now;
                    rows
                }
                Change::Ended(failure) => return Err(explain(failure)),
            };
            let rows: Vec<Row> = rows
                .into_iter()
                .filter(|(_, happened)| self.keeps(happened))
                .take(self.count.map_or(usize::MAX, |count| (count - seen) as usize))
                .map(|(path, happened)| row(status, &path, happened))
                .collect();
            seen += rows.len() as u64;
            cx.out.rows(rows).await?;
        }
        cx.out.end().await
    }

    fn keeps(&self, happened: &Happened) -> bool {
        let kind = |only: &String| {
            happened
                .kind
                .strip_prefix(only.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let wanted = self.only.is_empty() || self.only.iter().any(kind);
        wanted && !(self.no_offsets && happened.kind.starts_with("offset"))
    }

    fn timed_out(&self, seen: u64) -> Result<()> {
        match self.count {
            None => Ok(()),
            Some(count) => {
                let time = humantime::format_duration(self.timeout.unwrap_or_default());
                Err(Error::new(Kind::Connection, format!("only {seen} of {count} changes within {time}")))
            }
        }
    }
}

fn row(status: &Status, path: &str, happened: Happened) -> Row {
    Row::Kafka(Box::new(KafkaRow::Happened(HappenedRow {
        time: jiff::Timestamp::now().as_millisecond(),
        kind: happened.kind,
        subject: happened.subject,
        what: happened.what,
        path: status.at(path),
    })))
}

/// The next change of any of them; `None` when time is up or nothing more will come. What happens to the
/// connection is told by the first alone.
async fn next(streams: &mut [Changes], until: Option<Instant>) -> Option<Change> {
    loop {
        let first = select_all(streams.iter_mut().map(|changes| Box::pin(changes.next())));
        let (change, index, _) = match until {
            Some(until) => timeout_at(until, first).await.ok()?,
            None => first.await,
        };
        match change? {
            Change::Lost { .. } | Change::Back { .. } if index > 0 => {}
            change => return Some(change),
        }
    }
}

/// What a change of one znode means.
async fn one(
    cx: &Context<'_>,
    status: &Status,
    known: &mut Facts,
    path: &ZPath,
) -> Result<Vec<(String, Happened)>, Failure> {
    let Some(below) = below(status, path) else { return Ok(Vec::new()) };
    let Some(place) = Place::of(&below) else { return Ok(Vec::new()) };
    let new = match read_one(cx.store, Read::Data(path.to_string())).await {
        Ok(Found::Data(data, _)) => Fact::of(&place, data.as_deref()),
        Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => None,
        Err(Failure::Refused(_)) => return Ok(Vec::new()),
        Err(failure) => return Err(failure),
    };
    let change = happened(&place, known.get(&below), new.as_ref());
    match new {
        Some(fact) => drop(known.insert(below.clone(), fact)),
        None => drop(known.remove(&below)),
    }
    Ok(change.map(|happened| (below, happened)).into_iter().collect())
}

/// A path of the store as the cluster has it.
fn below(status: &Status, path: &ZPath) -> Option<String> {
    if status.chroot.is_root() {
        return Some(path.to_string());
    }
    path.as_str().strip_prefix(status.chroot.as_str()).map(str::to_owned)
}

/// All that is watched, as it is now.
async fn facts(cx: &Context<'_>, status: &Status) -> Result<Facts, Failure> {
    let mut facts = Facts::new();
    for root in BELOW.iter().chain([&ALONE]) {
        let root = ZPath::from_server(status.at(root));
        let mut walk = Walk::new(cx.store, Options { want: Want::Data, ..Options::new(root) });
        loop {
            match walk.next().await {
                Ok(None) | Err(Failure::Refused(Code::NO_NODE)) => break,
                Err(failure) => return Err(failure),
                Ok(Some(visits)) => {
                    for visit in visits {
                        let Some(below) = below(status, &visit.path) else { continue };
                        if let (Some(place), Ok(node)) = (Place::of(&below), visit.node)
                            && let Some(fact) = Fact::of(&place, node.data.as_deref())
                        {
                            facts.insert(below, fact);
                        }
                    }
                }
            }
        }
    }
    Ok(facts)
}
