use std::collections::{HashSet, VecDeque};

use clap::Args;

use super::context::Plan;
use super::{Context, failure, path};
use crate::error::{Error, Result};
use crate::store::{Failure, Outcome, Write, Written};
use crate::view::{DeletedView, Note, View};
use crate::walk::{Options, Walk};
use crate::wire::Code;
use crate::znode::ZPath;
use crate::znode::text::count;

/// Delete a znode and everything below it
///
/// Counts first and asks; --yes answers beforehand, up to --max-nodes.
#[derive(Debug, Args)]
pub struct DeleteAll {
    /// Deletes in one transaction
    #[arg(short = 'b', long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batch: u32,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,
}

/// Transactions in flight.
const IN_FLIGHT: usize = 8;
/// Bytes of paths in one transaction: far below the smallest `jute.maxbuffer` in use.
const BATCH_BYTES: usize = 256 << 10;
/// Passes over the tree before giving up on clients that create as fast as this deletes.
const PASSES: usize = 100;

impl DeleteAll {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        if self.path.is_root() {
            return Err(Error::usage("cannot delete /: that is the whole tree")
                .hint("name the znodes below it, one command each"));
        }
        cx.refuse_protected("delete", &self.path)?;
        let nodes = count_below(cx, &self.path, "delete").await?;
        cx.decide(Plan { verb: "delete", path: &self.path, nodes }).await?;
        let mut deleting = Deleting {
            cx,
            root: &self.path,
            batch: self.batch as usize,
            deleted: 0,
            last: None,
            unlisted: HashSet::new(),
        };
        let deleted = deleting.run().await?;
        cx.out.value(View::Deleted(DeletedView { path: self.path.clone(), deleted, recursive: true })).await
    }
}

/// Counts `path` and everything below it, up to the cap.
pub(super) async fn count_below(cx: &Context<'_>, path: &ZPath, verb: &str) -> Result<usize> {
    let mut walk = Walk::new(cx.store, Options::new(path.clone()));
    let mut nodes = 0;
    loop {
        match walk.next().await {
            Ok(Some(visits)) => nodes += visits.len(),
            Ok(None) => return Ok(nodes),
            Err(failure) => return Err(cx.explain(failure, verb, path).await),
        }
        if nodes > cx.cap() {
            return Ok(nodes);
        }
    }
}

struct Deleting<'a> {
    cx: &'a Context<'a>,
    root: &'a ZPath,
    batch: usize,
    deleted: usize,
    /// Why a znode was left, the newest cause: that a parent is not empty only follows from it.
    last: Option<(ZPath, Failure)>,
    /// Znodes whose children may not be listed, and so stay.
    unlisted: HashSet<ZPath>,
}

type Flight<'a> = VecDeque<(Outcome<'a, Vec<Written>>, Vec<ZPath>)>;

impl Deleting<'_> {
    /// Deletes, children before parents, until nothing is left; a pass that other clients disturb
    /// is followed by another.
    async fn run(&mut self) -> Result<usize> {
        for pass in 0..PASSES {
            let before = self.deleted;
            self.last = None;
            match self.pass().await {
                Ok(()) => {}
                Err(Failure::Refused(Code::NO_NODE)) => return Ok(self.deleted),
                Err(failure) => return Err(self.stopped(failure)),
            }
            match crate::store::stat(self.cx.store, self.root).await {
                Ok(None) => return Ok(self.deleted),
                Ok(Some(_)) if self.deleted > before || pass == 0 => {}
                Ok(Some(_)) => break,
                Err(failure) => return Err(self.stopped(failure)),
            }
        }
        let error = match self.last.take() {
            Some((path, failure)) if self.unlisted.contains(&path) => {
                failure::error(failure, "list the children of", &path)
            }
            Some((path, failure @ Failure::Refused(Code::NO_AUTH))) => {
                self.cx.explain(failure, "delete", &path).await
            }
            Some((path, failure)) => failure::error(failure, "delete", &path),
            None => failure::error(Failure::Refused(Code::NOT_EMPTY), "delete", self.root),
        };
        Err(self.partial(error))
    }

    fn stopped(&self, failure: Failure) -> Error {
        self.partial(failure::error(failure, "delete", self.root))
    }

    /// A failure in the middle says what was done before it.
    fn partial(&self, error: Error) -> Error {
        if self.deleted == 0 {
            return error;
        }
        let done = format!("{} below {} are deleted already", count(self.deleted, "znode"), self.root);
        error.hint(done)
    }

    async fn pass(&mut self) -> Result<(), Failure> {
        let store = self.cx.store;
        let mut walk = Walk::new(store, Options { post: true, ..Options::new(self.root.clone()) });
        let mut flight: Flight<'_> = VecDeque::new();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(visits) = walk.next().await? {
            for visit in visits {
                bytes += visit.path.len() + 20;
                if visit.node.is_err() {
                    self.unlisted.insert(visit.path.clone());
                }
                batch.push(visit.path);
                if batch.len() < self.batch && bytes < BATCH_BYTES {
                    continue;
                }
                if flight.len() >= IN_FLIGHT {
                    self.settle(&mut flight).await?;
                }
                bytes = 0;
                send(self.cx, std::mem::take(&mut batch), &mut flight);
            }
        }
        if !batch.is_empty() {
            send(self.cx, batch, &mut flight);
        }
        while !flight.is_empty() {
            self.settle(&mut flight).await?;
        }
        Ok(())
    }

    /// Waits for the oldest transaction.
    async fn settle(&mut self, flight: &mut Flight<'_>) -> Result<(), Failure> {
        let Some((answer, paths)) = flight.pop_front() else { return Ok(()) };
        match answer.await {
            Ok(written) => self.deleted += written.len(),
            // Somebody else creates or deletes here: one by one, what can be deleted is.
            Err(Failure::Operation { .. }) => {
                for path in paths {
                    self.one(path).await?;
                }
            }
            // Whether it was done shows in the next pass, which finds what is left.
            Err(Failure::Unknown(why)) => {
                let note = format!("{why}: looking what is left of {}", self.root);
                let _ = self.cx.out.note(Note::Warning(note)).await;
                for path in paths {
                    if crate::store::stat(self.cx.store, &path).await?.is_none() {
                        self.deleted += 1;
                    } else {
                        self.one(path).await?;
                    }
                }
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    async fn one(&mut self, path: ZPath) -> Result<(), Failure> {
        match self.cx.write(Write::Delete { path: path.to_string(), version: None }).await {
            Ok(_) => self.deleted += 1,
            Err(Failure::Refused(Code::NO_NODE)) => {}
            Err(failure @ Failure::Refused(Code::NO_AUTH)) => self.last = Some((path, failure)),
            Err(Failure::Refused(Code::NOT_EMPTY)) if self.unlisted.contains(&path) => {
                self.last = Some((path, Failure::Refused(Code::NO_AUTH)));
            }
            Err(failure @ Failure::Refused(Code::NOT_EMPTY)) => {
                self.last.get_or_insert((path, failure));
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }
}

fn send<'a>(cx: &Context<'a>, paths: Vec<ZPath>, flight: &mut Flight<'a>) {
    let writes = paths.iter().map(|path| Write::Delete { path: path.to_string(), version: None }).collect();
    flight.push_back((cx.multi(writes), paths));
}
