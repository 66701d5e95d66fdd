mod memory;
mod missed;
mod once;

use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, timeout_at};

use super::{Armed, Context, Report, WatchedPart, aside, failure, path};
use crate::error::{Error, Kind, Result};
use crate::store::{Change, Changes, stat};
use crate::view::{EventRow, Happening, Note, Row, Shape};
use crate::znode::{Event, ZPath};
use memory::Memory;
use missed::Known;
pub(super) use once::{first_change, read, try_read};

/// Show what changes, as it happens
///
/// Survives the loss of its server and of its session, and says when something may have been
/// missed. Servers before 3.6 are watched by setting a watch again after each change.
#[derive(Debug, Args)]
pub struct Watch {
    /// Watch everything below as well
    #[arg(short = 'R', long)]
    recursive: bool,

    /// End after this many changes
    #[arg(short = 'n', long = "count", value_name = "N")]
    count: Option<u64>,

    /// End after this time; with -n it is an error if they have not come by then
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,

    /// Show the data before and after, and which children came and went
    #[arg(long)]
    values: bool,

    /// Leave out what Kafka's znodes mean
    #[arg(long)]
    raw: bool,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,
}

/// Changes taken together when they come fast.
const BURST: usize = 512;
/// Leave a watch that stays, and show what it reports
///
/// On the command line this is `watch`, which ends with Ctrl-C; in the shell the watch reports until
/// `removewatches` takes it away.
#[derive(Debug, Args)]
pub struct AddWatch {
    /// What is watched
    #[arg(short = 'm', long, value_enum, ignore_case = true, default_value_t)]
    mode: Mode,

    /// The znode
    #[arg(value_name = "PATH", value_parser = path)]
    path: ZPath,
}

/// The modes of `addWatch`, by zkCli's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
enum Mode {
    /// The znode and its list of children
    Persistent,
    /// The znode and everything below it
    #[default]
    PersistentRecursive,
}

impl AddWatch {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let recursive = self.mode == Mode::PersistentRecursive;
        let watch =
            Watch { recursive, count: None, timeout: None, values: !recursive, raw: false, path: self.path };
        let Some(background) = cx.background else { return watch.run(cx).await };
        let (path, changes) = (watch.path.clone(), watch.set(cx).await?);
        let kind = if recursive { WatchedPart::Recursive } else { WatchedPart::Persistent };
        let report: Report = Box::new(move |cx| Box::pin(async move { watch.report(cx, changes).await }));
        background.keep(Armed { path, kind, report });
        Ok(())
    }
}

impl Watch {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let changes = self.set(cx).await?;
        self.report(cx, changes).await
    }

    async fn set(&self, cx: &Context<'_>) -> Result<Changes> {
        match cx.store.watch(self.path.to_string(), self.recursive).await {
            Ok(changes) => Ok(changes),
            Err(failure) => Err(cx.explain(failure, "watch", &self.path).await),
        }
    }

    async fn report(&self, cx: &Context<'_>, mut changes: Changes) -> Result<()> {
        let until = self.timeout.map(|timeout| Instant::now() + timeout);
        let there = stat(cx.store, &self.path).await.is_ok_and(|stat| stat.is_some());
        let mut known = Known::new(there);
        let mut memory = Memory::default();
        if self.values {
            memory.fill(cx, &self.path, self.recursive).await?;
        }
        if !cx.in_background() {
            let below = if self.recursive { " and everything below" } else { "" };
            cx.out.note(Note::Info(format!("watching {}{below}", self.path))).await?;
        }
        cx.out.begin(Shape::List).await?;
        cx.out.flush().await?;
        let mut seen = 0;
        while self.count.is_none_or(|count| seen < count) {
            let Some(burst) = next_burst(&mut changes, until).await else {
                return self.timed_out(cx, seen).await;
            };
            let mut rows = Vec::with_capacity(burst.len());
            for change in burst {
                if self.count.is_some_and(|count| seen >= count) {
                    break;
                }
                for row in self.rows(cx, change, &mut known, &mut memory).await? {
                    seen += u64::from(matches!(row.what, Happening::Znode(_)));
                    rows.push(row);
                }
            }
            if !self.raw {
                aside::of_events(cx, rows.iter_mut().collect()).await;
            }
            cx.out.rows(rows.into_iter().map(Row::Event).collect()).await?;
        }
        cx.out.end().await
    }

    async fn timed_out(&self, cx: &Context<'_>, seen: u64) -> Result<()> {
        cx.out.end().await?;
        match self.count {
            None => Ok(()),
            Some(count) => {
                let time = humantime::format_duration(self.timeout.unwrap_or_default());
                let what = format!("only {seen} of {count} changes of {} within {time}", self.path);
                Err(Error::new(Kind::Connection, what))
            }
        }
    }

    /// What to show of a change.
    async fn rows(
        &self,
        cx: &Context<'_>,
        change: Change,
        known: &mut Known,
        memory: &mut Memory,
    ) -> Result<Vec<EventRow>> {
        let mut rows = match change {
            Change::Event(event) if !known.news(&event, &self.path) => Vec::new(),
            Change::Event(event) => vec![event_row(event)],
            Change::Missed { path, changes } => vec![EventRow {
                path: Some(ZPath::from_server(path)),
                found_later: true,
                ..connection_row(Happening::Missed(changes))
            }],
            Change::Lost { .. } if cx.in_background() => Vec::new(),
            Change::Lost { why } => vec![connection_row(Happening::Lost(why))],
            Change::Back { server, last_zxid, renewed } => {
                let mut rows = Vec::new();
                if !cx.in_background() {
                    rows.push(connection_row(Happening::Back(server, renewed)));
                }
                if let Some(zxid) = last_zxid {
                    rows.extend(known.catch_up(cx, self, memory, zxid).await?);
                    let note = "what was changed and undone while the connection was lost is not shown";
                    cx.out.note(Note::Warning(note.into())).await?;
                }
                rows
            }
            Change::Ended(failure) => return Err(failure::error(failure, "watch", &self.path)),
        };
        if self.values {
            for row in &mut rows {
                memory.look(cx, row).await?;
            }
        }
        Ok(rows)
    }
}

/// Waits for a change and takes along what has come with it; `None` when time is up or nothing more
/// will come.
async fn next_burst(changes: &mut Changes, until: Option<Instant>) -> Option<Vec<Change>> {
    let first = match until {
        Some(until) => timeout_at(until, changes.next()).await.ok()??,
        None => changes.next().await?,
    };
    let mut burst = vec![first];
    while burst.len() < BURST
        && let Some(change) = changes.ready()
    {
        burst.push(change);
    }
    Some(burst)
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn event_row(event: Event) -> EventRow {
    EventRow { path: Some(event.path), zxid: event.zxid, ..connection_row(Happening::Znode(event.kind)) }
}

fn connection_row(what: Happening) -> EventRow {
    EventRow {
        time: now(),
        what,
        path: None,
        zxid: None,
        values: None,
        children: None,
        found_later: false,
        words: None,
    }
}
