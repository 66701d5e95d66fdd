//! What a command is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::profiles::Configured;
use crate::error::{Error, Result};
use crate::store::{Outcome, Store, Write, Written};
use crate::view::Out;
use crate::znode::ZPath;
use crate::znode::text::{count, thousands};

/// Switches that hold for every command.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Answers questions with yes.
    pub yes: bool,
    /// The most znodes that a recursive change may touch.
    pub max_nodes: Option<usize>,
    /// Shows digests and other secrets.
    pub show_secrets: bool,
    /// Paths that no recursive change may touch or contain.
    pub protected: Vec<ZPath>,
    /// The session ends with the command.
    pub one_shot: bool,
    /// Nothing that is written will last: there is nothing to wait for.
    pub dry_run: bool,
}

/// What `--yes` alone may touch: without somebody who reads the number first, a mistyped path must
/// not take a whole cluster with it.
const UNSEEN_LIMIT: usize = 10_000;

/// Asks the user a question.
pub trait Asker: Send + Sync {
    /// The answer; `None` when there is nobody to ask.
    fn confirm(&self, question: String) -> BoxFuture<'_, Option<bool>>;

    /// A line that is typed in answer; `None` when there is nobody to ask, or no more to come.
    fn line(&self, _question: String) -> BoxFuture<'_, Option<String>> {
        Box::pin(async { None })
    }

    /// What is typed on the terminal without being shown; `None` when there is nobody to ask. Ctrl-C is
    /// [`std::io::ErrorKind::Interrupted`].
    fn secret(&self, _prompt: String) -> BoxFuture<'_, Option<std::io::Result<String>>> {
        Box::pin(async { None })
    }
}

/// Nobody to ask.
pub struct Nobody;

impl Asker for Nobody {
    fn confirm(&self, _: String) -> BoxFuture<'_, Option<bool>> {
        Box::pin(async { None })
    }
}

/// A watch that outlives the command which set it.
pub struct Armed {
    /// The znode.
    pub path: ZPath,
    /// What of it is watched.
    pub kind: WatchedPart,
    /// Tells what happens to it until there is no more to come.
    pub report: Report,
}

/// What a watch is on, as `watches` and `removewatches` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchedPart {
    /// Its data, once.
    Data,
    /// Its children, once.
    Children,
    /// Whether it is there, once.
    Existence,
    /// All of it, always.
    Persistent,
    /// All of it and of what is below, always.
    Recursive,
}

impl WatchedPart {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Children => "children",
            Self::Existence => "existence",
            Self::Persistent => "persistent",
            Self::Recursive => "recursive",
        }
    }
}

/// Work that goes on after its command, with a context of its own.
pub type Report = Box<dyn for<'c> FnOnce(&'c Context<'c>) -> BoxFuture<'c, Result<()>> + Send>;

/// Keeps watches while other commands run.
pub trait Background: Send + Sync {
    /// Takes over a watch that is set.
    fn keep(&self, armed: Armed);
}

/// How far a command has come, for whoever interrupts it.
#[derive(Debug, Default)]
pub struct Progress {
    waits: AtomicBool,
    wrote: AtomicBool,
    stoppable: AtomicBool,
    stop: Notify,
}

impl Progress {
    /// From now on the command only waits to be stopped.
    pub(super) fn waits(&self) {
        self.waits.store(true, Relaxed);
    }

    /// Waits until the command is to end, which it then does by itself.
    pub(super) async fn stopped(&self) {
        self.stoppable.store(true, Relaxed);
        self.stop.notified().await;
    }

    /// Asks the command to end by itself; whether it will.
    pub fn stop(&self) -> bool {
        self.stop.notify_one();
        self.stoppable.load(Relaxed)
    }

    /// Whether an interrupt is its expected end.
    pub fn only_waits(&self) -> bool {
        self.waits.load(Relaxed)
    }

    /// Whether it has begun to change the tree.
    pub fn has_written(&self) -> bool {
        self.wrote.load(Relaxed)
    }
}

/// What a command works with.
pub struct Context<'a> {
    /// The tree.
    pub store: &'a dyn Store,
    /// The same, for whoever keeps it.
    pub shared: &'a Arc<dyn Store>,
    /// Where answers go.
    pub out: &'a Out,
    /// The switches.
    pub settings: &'a Settings,
    /// Who can be asked.
    pub asker: &'a dyn Asker,
    /// How far it has come.
    pub progress: &'a Progress,
    /// Who keeps its watches when it has ended.
    pub background: Option<&'a dyn Background>,
    /// The configuration file, where there is one to ask for.
    pub configured: Option<&'a dyn Configured>,
}

/// A recursive change that is about to be made.
pub(super) struct Plan<'a> {
    /// As in `delete`.
    pub(super) verb: &'a str,
    /// The root of what it touches.
    pub(super) path: &'a ZPath,
    /// Znodes it touches, the root included; a lower bound when counting stopped at the cap.
    pub(super) nodes: usize,
}

impl<'a> Context<'a> {
    /// Whether its command has ended, and only its watch goes on: what happens to the session is then
    /// said by the session's keeper, once for all watches.
    pub(super) fn in_background(&self) -> bool {
        self.background.is_none() && !self.settings.one_shot
    }

    /// See [`Store::write`].
    pub(super) fn write(&self, write: Write) -> Outcome<'a, Written> {
        self.progress.wrote.store(true, Relaxed);
        self.store.write(write)
    }

    /// The store, for whoever is about to change it.
    pub(super) fn writing(&self) -> &'a dyn Store {
        self.progress.wrote.store(true, Relaxed);
        self.store
    }

    /// See [`Store::multi`].
    pub(super) fn multi(&self, writes: Vec<Write>) -> Outcome<'a, Vec<Written>> {
        self.progress.wrote.store(true, Relaxed);
        self.store.multi(writes)
    }

    /// Refuses a recursive change of what must not be touched.
    pub(super) fn refuse_protected(&self, verb: &str, path: &ZPath) -> Result<()> {
        let zookeeper = ZPath::from_server("/zookeeper");
        let guarded = self.settings.protected.iter().chain([&zookeeper]);
        for protected in guarded {
            if protected.is_within(path) || path.is_within(protected) {
                return Err(Error::usage(format!("cannot {verb} {path}: {protected} is protected"))
                    .hint("name the znodes below it one by one"));
            }
        }
        Ok(())
    }

    /// Refuses to write into what must not be touched.
    pub(super) fn refuse_within_protected(&self, verb: &str, path: &ZPath) -> Result<()> {
        let zookeeper = ZPath::from_server("/zookeeper");
        let guarded = self.settings.protected.iter().chain([&zookeeper]);
        match guarded.into_iter().find(|protected| path.is_within(protected)) {
            Some(protected) => Err(Error::usage(format!("cannot {verb} {path}: {protected} is protected"))),
            None => Ok(()),
        }
    }

    /// How many znodes a recursive change may touch without a new decision.
    pub(super) fn cap(&self) -> usize {
        match self.settings.max_nodes {
            Some(limit) => limit,
            None if self.settings.yes => UNSEEN_LIMIT,
            None => usize::MAX,
        }
    }

    /// Shows what a recursive change would touch and lets somebody decide.
    pub(super) async fn decide(&self, plan: Plan<'_>) -> Result<()> {
        let Plan { verb, path, nodes } = plan;
        if nodes > self.cap() {
            return Err(Error::usage(format!(
                "cannot {verb} {path}: it has more than {} znodes",
                thousands(self.cap())
            ))
            .hint("raise the limit with --max-nodes N if that is meant"));
        }
        let what = match nodes {
            1 => format!("{verb} {path} (1 znode, nothing below it)?"),
            _ => format!("{verb} {path} and everything below it ({} in all)?", count(nodes, "znode")),
        };
        self.confirm(what.clone(), what).await
    }

    /// Lets somebody decide about a change of so many znodes, which `plan` shows line by line.
    pub(super) async fn approve(&self, what: &str, nodes: usize, plan: &str) -> Result<()> {
        if nodes > self.cap() {
            return Err(Error::usage(format!("cannot {what}: more than {} are many", thousands(self.cap())))
                .hint("raise the limit with --max-nodes N if that is meant"));
        }
        self.confirm(format!("{plan}\n{what}?"), format!("{what}?\n{plan}")).await
    }

    /// Asks; where there is nobody to ask, the error shows what was asked in its own form.
    async fn confirm(&self, question: String, unasked: String) -> Result<()> {
        if self.settings.yes {
            return Ok(());
        }
        self.out.flush().await?;
        match self.asker.confirm(question).await {
            Some(true) => Ok(()),
            Some(false) => Err(Error::usage("not confirmed, nothing was changed")),
            None => Err(Error::usage(format!("not confirmed, nothing was changed: {unasked}"))
                .hint("add --yes to do it without being asked")),
        }
    }
}
