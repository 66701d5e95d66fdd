use std::collections::VecDeque;

use clap::Args;

use super::{Context, WatchWord, aside, failure, path, watch};
use crate::error::Result;
use crate::store::{Answers, Failure, Found, Outcome, Read};
use crate::view::{ListingView, LongRow, Note, PathRow, Row, Shape, View};
use crate::walk::{Options, Visit, Walk, Want};
use crate::wire::Code;
use crate::znode::text::count;
use crate::znode::{Names, ZPath};

/// List the children of a znode
#[derive(Debug, Args)]
pub struct Ls {
    /// Show the stat of the znode as well
    #[arg(short = 's', long = "stat", conflicts_with_all = ["recursive", "long"])]
    stat: bool,

    /// Wait for the next child that comes or goes and show it
    #[arg(short = 'w', long = "watch", conflicts_with = "recursive")]
    watch: bool,

    /// List everything below, one path a line
    #[arg(short = 'R', long = "recursive")]
    recursive: bool,

    /// Show type, versions, size and time of each child
    #[arg(short = 'l', long = "long")]
    long: bool,

    /// Leave out what Kafka's znodes mean
    #[arg(long)]
    raw: bool,

    /// The znode
    #[arg(value_parser = path, default_value = "/")]
    path: ZPath,

    /// As -w: the form of zkCli 3.4
    #[arg(value_name = "watch", hide = true)]
    word: Option<WatchWord>,
}

/// List the children of a znode and show its stat
#[derive(Debug, Args)]
pub struct Ls2 {
    /// Wait for the next child that comes or goes and show it
    #[arg(short = 'w', long = "watch")]
    watch: bool,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,

    /// The same as -w
    #[arg(value_name = "watch")]
    word: Option<WatchWord>,
}

impl Ls2 {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let Self { watch, path, word } = self;
        Ls { stat: true, watch, recursive: false, long: false, raw: false, path, word }.run(cx).await
    }
}

impl Ls {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        if self.recursive {
            return self.below(cx).await;
        }
        let read = Read::Listing(self.path.to_string());
        let watching = self.watch || self.word.is_some();
        let (found, changes) = watch::read(cx, read, watching, "list", &self.path).await?;
        if let Found::Listing(mut children, stat) = found.clone() {
            children.sort_natural();
            if self.long {
                self.long(cx, &children).await?;
            } else {
                let (path, stat) = (self.path.clone(), self.stat.then_some(stat));
                let words =
                    if self.raw { Vec::new() } else { aside::of_children(cx, &path, &children).await };
                cx.out.value(View::Listing(ListingView { path, children, stat, words })).await?;
            }
        }
        watch::first_change(cx, changes, &self.path, found).await
    }

    /// What to ask of a child in a long listing: its data as well, where those have a meaning.
    fn read(&self, path: &ZPath) -> Read {
        let path = path.to_string();
        if !self.raw && aside::is_known(&path) { Read::Data(path) } else { Read::Stat(path) }
    }

    /// Reads each child for its stat, with several batches on their way.
    async fn long(&self, cx: &Context<'_>, children: &Names) -> Result<()> {
        cx.out.begin(Shape::Table).await?;
        let mut names = children.iter().map(|name| self.path.join(name));
        let mut flight: VecDeque<(Outcome<'_, Answers>, Vec<ZPath>)> = VecDeque::new();
        loop {
            while flight.len() < cx.store.in_flight() {
                let paths: Vec<_> = names.by_ref().take(cx.store.batch()).collect();
                if paths.is_empty() {
                    break;
                }
                let reads = paths.iter().map(|path| self.read(path)).collect();
                flight.push_back((cx.store.read(reads), paths));
            }
            let Some((answers, paths)) = flight.pop_front() else { break };
            let answers = answers.await.map_err(|f| failure::error(f, "list", &self.path))?;
            let rows = paths.into_iter().zip(answers).filter_map(|(path, answer)| match answer {
                Ok(found) => {
                    let words = match &found {
                        Found::Data(data, stat) => aside::aside(&path, data.as_deref(), stat),
                        _ => None,
                    };
                    Some(Row::Long(LongRow { path, whole: false, stat: found.stat().copied(), words }))
                }
                // Gone since it was listed.
                Err(Code::NO_NODE) => None,
                Err(_) => Some(Row::Long(LongRow { path, whole: false, stat: None, words: None })),
            });
            cx.out.rows(rows.collect()).await?;
        }
        cx.out.end().await
    }

    async fn below(&self, cx: &Context<'_>) -> Result<()> {
        let want = if self.long { Want::Data } else { Want::Names };
        let mut walk = Walk::new(cx.store, Options { want, ..Options::new(self.path.clone()) });
        let mut begun = false;
        loop {
            let visits = match walk.next().await {
                Ok(Some(visits)) => visits,
                Ok(None) => break,
                Err(failure) if begun => return Err(failure::error(failure, "list", &self.path)),
                Err(failure) => return Err(cx.explain(failure, "list", &self.path).await),
            };
            if !begun {
                cx.out.begin(if self.long { Shape::Table } else { Shape::List }).await?;
                begun = true;
            }
            for visit in &visits {
                if let Err(code) = visit.node {
                    let error = failure::error(Failure::Refused(code), "list", &visit.path);
                    cx.out.note(Note::Error(error.kind(), error.to_string())).await?;
                }
            }
            cx.out.rows(visits.into_iter().map(|visit| self.row(visit)).collect()).await?;
        }
        cx.out.end().await?;
        note_vanished(cx, walk.vanished()).await
    }

    fn row(&self, visit: Visit) -> Row {
        if !self.long {
            return Row::Path(PathRow { path: visit.path });
        }
        let stat = visit.node.ok().and_then(|node| node.stat);
        Row::Long(LongRow { path: visit.path, whole: true, stat, words: None })
    }
}

/// Says how many znodes a walk listed and then no longer found.
pub(super) async fn note_vanished(cx: &Context<'_>, vanished: usize) -> Result<()> {
    if vanished == 0 {
        return Ok(());
    }
    let what = format!("{} vanished while being read", count(vanished, "znode"));
    cx.out.note(Note::Info(what)).await
}
