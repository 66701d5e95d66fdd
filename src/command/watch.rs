use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, timeout_at};

use super::{Context, failure, path};
use crate::error::{Error, Kind, Result};
use crate::store::{Change, Changes, Failure, Found, Read};
use crate::view::{EventRow, Happening, Note, Row, Seen, Shape};
use crate::walk::{Options, Walk, Want};
use crate::wire::Code;
use crate::znode::{Event, EventKind, Names, Stat, ZPath};

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

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,
}

/// Changes taken together when they come fast.
const BURST: usize = 512;
/// Values kept to show what they were before, bytes.
const KEEP: usize = 64 << 20;

impl Watch {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let until = self.timeout.map(|timeout| Instant::now() + timeout);
        let mut changes = match cx.store.watch(self.path.to_string(), self.recursive).await {
            Ok(changes) => changes,
            Err(failure) => return Err(cx.explain(failure, "watch", &self.path).await),
        };
        let mut memory = Memory::default();
        if self.values {
            memory.fill(cx, &self.path, self.recursive).await?;
        }
        let below = if self.recursive { " and everything below" } else { "" };
        cx.out.note(Note::Info(format!("watching {}{below}", self.path))).await?;
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
                let happened = matches!(change, Change::Event(_));
                rows.extend(self.rows(cx, change, &mut memory).await?);
                seen += u64::from(happened);
            }
            cx.out.rows(rows).await?;
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
    async fn rows(&self, cx: &Context<'_>, change: Change, memory: &mut Memory) -> Result<Vec<Row>> {
        let row = match change {
            Change::Event(event) => {
                let mut row = event_row(event);
                if self.values {
                    memory.look(cx, &mut row).await?;
                }
                row
            }
            Change::Missed { path, changes } => EventRow {
                path: Some(ZPath::from_server(path)),
                found_later: true,
                ..connection_row(Happening::Missed(changes))
            },
            Change::Lost { why } => connection_row(Happening::Lost(why)),
            Change::Back { server, last_zxid, renewed } => {
                let mut rows = vec![Row::Event(connection_row(Happening::Back(server, renewed)))];
                let found = catch_up(cx, &self.path, self.recursive, last_zxid).await?;
                for mut row in found {
                    if self.values {
                        memory.look(cx, &mut row).await?;
                    }
                    rows.push(Row::Event(row));
                }
                let note = "what was changed and undone while the connection was lost is not shown";
                cx.out.note(Note::Warning(note.into())).await?;
                return Ok(rows);
            }
            Change::Ended(failure) => return Err(failure::error(failure, "watch", &self.path)),
        };
        Ok(vec![Row::Event(row)])
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
    EventRow { time: now(), what, path: None, zxid: None, values: None, children: None, found_later: false }
}

/// Finds what changed since `zxid` in the part of the tree that is watched: a persistent watch that
/// is set again does not report it. What is gone shows as a change of its parent's children.
async fn catch_up(cx: &Context<'_>, path: &ZPath, recursive: bool, zxid: i64) -> Result<Vec<EventRow>> {
    let depth = if recursive { None } else { Some(0) };
    let mut walk = Walk::new(cx.store, Options { depth, want: Want::Data, ..Options::new(path.clone()) });
    let mut rows = Vec::new();
    loop {
        let visits = match walk.next().await {
            Ok(Some(visits)) => visits,
            Ok(None) => return Ok(rows),
            // It may not exist yet, or not any more.
            Err(Failure::Refused(Code::NO_NODE)) => return Ok(rows),
            Err(failure) => return Err(failure::error(failure, "look for changes of", path)),
        };
        for visit in visits {
            let Some(stat) = visit.node.ok().and_then(|node| node.stat) else { continue };
            for kind in changes_since(&stat, zxid) {
                let event = Event { kind, path: visit.path.clone(), zxid: None };
                rows.push(EventRow { found_later: true, ..event_row(event) });
            }
        }
    }
}

fn changes_since(stat: &Stat, zxid: i64) -> Vec<EventKind> {
    if stat.czxid > zxid {
        return vec![EventKind::NodeCreated];
    }
    let mut kinds = Vec::new();
    if stat.mzxid > zxid {
        kinds.push(EventKind::NodeDataChanged);
    }
    if stat.pzxid > zxid {
        kinds.push(EventKind::NodeChildrenChanged);
    }
    kinds
}

/// What was seen last, for showing what it was before.
#[derive(Default)]
struct Memory {
    values: HashMap<ZPath, Seen>,
    children: HashMap<ZPath, BTreeSet<String>>,
    bytes: usize,
}

impl Memory {
    async fn fill(&mut self, cx: &Context<'_>, path: &ZPath, recursive: bool) -> Result<()> {
        let depth = if recursive { None } else { Some(0) };
        let mut walk = Walk::new(cx.store, Options { depth, want: Want::Data, ..Options::new(path.clone()) });
        loop {
            match walk.next().await {
                Ok(Some(visits)) => {
                    for visit in visits {
                        if let Ok(node) = visit.node {
                            self.keep(visit.path, node.data);
                        }
                    }
                }
                Ok(None) | Err(Failure::Refused(Code::NO_NODE)) => break,
                Err(failure) => return Err(failure::error(failure, "read", path)),
            }
        }
        if let Ok(Found::Children(names)) =
            crate::store::read_one(cx.store, Read::Children(path.to_string())).await
        {
            self.children.insert(path.clone(), owned(&names));
        }
        Ok(())
    }

    fn keep(&mut self, path: ZPath, data: Seen) {
        let size = path.len() + data.as_ref().map_or(0, |data| data.len());
        if self.bytes + size <= KEEP {
            self.bytes += size;
            // Copied: a slice would keep the whole reply it came in.
            let data = data.map(|data| bytes::Bytes::copy_from_slice(&data));
            self.values.insert(path, data);
        }
    }

    /// Adds before and after to a row.
    async fn look(&mut self, cx: &Context<'_>, row: &mut EventRow) -> Result<()> {
        let (Happening::Znode(kind), Some(path)) = (&row.what, row.path.clone()) else { return Ok(()) };
        let error = |failure| failure::error(failure, "read", &path);
        match kind {
            EventKind::NodeCreated | EventKind::NodeDataChanged => {
                let read = Read::Data(path.to_string());
                let new = match crate::store::read_one(cx.store, read).await {
                    Ok(Found::Data(data, _)) => Some(data),
                    Ok(_) | Err(Failure::Refused(_)) => None,
                    Err(failure) => return Err(error(failure)),
                };
                let old = self.values.remove(&path);
                if let Some(new) = &new {
                    self.keep(path, new.clone());
                }
                row.values = Some((old, new));
            }
            EventKind::NodeDeleted => {
                row.values = Some((self.values.remove(&path), None));
            }
            EventKind::NodeChildrenChanged => {
                let read = Read::Children(path.to_string());
                let now = match crate::store::read_one(cx.store, read).await {
                    Ok(Found::Children(names)) => owned(&names),
                    Ok(_) | Err(Failure::Refused(_)) => BTreeSet::new(),
                    Err(failure) => return Err(error(failure)),
                };
                if let Some(was) = self.children.insert(path, now.clone()) {
                    row.children = Some(came_and_went(&was, &now));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn owned(names: &Names) -> BTreeSet<String> {
    names.iter().map(str::to_owned).collect()
}

fn came_and_went(was: &BTreeSet<String>, now: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    (now.difference(was).cloned().collect(), was.difference(now).cloned().collect())
}

/// Reads, and where wanted leaves a watch; a refusal is explained.
pub(super) async fn read(
    cx: &Context<'_>,
    read: Read,
    watching: bool,
    verb: &str,
    path: &ZPath,
) -> Result<(Found, Option<Changes>)> {
    match try_read(cx, read, watching, verb, path).await? {
        (Ok(found), changes) => Ok((found, changes)),
        (Err(code), _) => Err(cx.explain(Failure::Refused(code), verb, path).await),
    }
}

/// Reads, and where wanted leaves a watch.
pub(super) async fn try_read(
    cx: &Context<'_>,
    read: Read,
    watching: bool,
    verb: &str,
    path: &ZPath,
) -> Result<(Result<Found, Code>, Option<Changes>)> {
    let result = if watching {
        cx.store.read_and_watch(read).await.map(|(found, changes)| (found, Some(changes)))
    } else {
        match crate::store::read_one(cx.store, read).await {
            Ok(found) => Ok((Ok(found), None)),
            Err(Failure::Refused(code)) => Ok((Err(code), None)),
            Err(failure) => Err(failure),
        }
    };
    match result {
        Ok(answer) => Ok(answer),
        Err(failure) => Err(cx.explain(failure, verb, path).await),
    }
}

/// Waits for the one event of a watch that [`read`] left, and shows it with what it changed.
pub(super) async fn first_change(
    cx: &Context<'_>,
    changes: Option<Changes>,
    path: &ZPath,
    found: Found,
) -> Result<()> {
    let Some(mut changes) = changes else { return Ok(()) };
    let mut memory = Memory::default();
    match found {
        Found::Data(data, _) => memory.keep(path.clone(), data),
        Found::Children(names) | Found::Listing(names, _) => {
            memory.children.insert(path.clone(), owned(&names));
        }
        _ => {}
    }
    cx.out.begin(Shape::List).await?;
    cx.out.flush().await?;
    while let Some(change) = changes.next().await {
        let last = matches!(change, Change::Event(_));
        let mut row = match change {
            Change::Event(event) => event_row(event),
            Change::Missed { .. } => continue,
            Change::Lost { why } => connection_row(Happening::Lost(why)),
            Change::Back { server, renewed, .. } => connection_row(Happening::Back(server, renewed)),
            Change::Ended(failure) => return Err(failure::error(failure, "watch", path)),
        };
        memory.look(cx, &mut row).await?;
        cx.out.rows(vec![Row::Event(row)]).await?;
        if last {
            break;
        }
    }
    cx.out.end().await
}
