//! A store that guards what a step writes, and remembers it.
//!
//! Each execution of a step works on one of its own, so that what it changed can be told, undone and, when
//! the run is resumed, left out.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::before::{self, Before};
use super::journal::{Intent, Journal};
use super::marks::Undoing;
use super::replay::Replay;
use crate::script::glob::Glob;
use crate::store::{Answers, Failure, Outcome, Read, Store, Watched, Write, Written, pass_on};

/// What a script may write.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// The paths that it may change; all when there are none.
    pub(super) paths: Vec<Glob>,
    /// The paths that it may not change.
    pub(super) deny: Vec<Glob>,
    /// Writes at most.
    pub(super) max_changes: u64,
    /// Deletes at most.
    pub(super) max_deletes: u64,
    pub(super) changes: AtomicU64,
    pub(super) deletes: AtomicU64,
}

impl Limits {
    /// Takes writes back that were counted and not made.
    fn release(&self, writes: &[Write]) {
        for write in writes.iter().filter(|write| !matches!(write, Write::Check { .. })) {
            self.changes.fetch_sub(1, Relaxed);
            if matches!(write, Write::Delete { .. }) {
                self.deletes.fetch_sub(1, Relaxed);
            }
        }
    }

    /// Counts a write; the error says why it may not be made.
    fn admit(&self, write: &Write) -> Result<(), String> {
        if matches!(write, Write::Check { .. }) {
            return Ok(());
        }
        let path = write.path();
        if let Some(glob) = self.deny.iter().find(|glob| glob.matches(path)) {
            return Err(format!("the guard denies to change {path} (deny: {glob})"));
        }
        if !self.paths.is_empty() && !self.paths.iter().any(|glob| glob.matches(path)) {
            let paths: Vec<_> = self.paths.iter().map(Glob::as_str).collect();
            return Err(format!("the guard does not allow to change {path} (paths: {})", paths.join(", ")));
        }
        let deletes = matches!(write, Write::Delete { .. });
        if self.changes.load(Relaxed) >= self.max_changes {
            return Err(format!("the guard allows no more changes (max_changes: {})", self.max_changes));
        }
        if deletes && self.deletes.load(Relaxed) >= self.max_deletes {
            return Err(format!("the guard allows no more deletes (max_deletes: {})", self.max_deletes));
        }
        self.changes.fetch_add(1, Relaxed);
        self.deletes.fetch_add(u64::from(deletes), Relaxed);
        Ok(())
    }
}

/// A write that was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) write: Write,
    pub(super) written: Written,
    /// As far as anybody wants to know; `None` for what did not exist.
    pub(super) before: Option<Before>,
}

/// The store of one step.
pub(super) struct Recorder {
    inner: Arc<dyn Store>,
    limits: Arc<Limits>,
    journal: Option<Arc<Journal>>,
    about: About,
    /// What was there before is looked up for people too.
    diff: bool,
    made: Mutex<Vec<Made>>,
    /// What an earlier run has done of this step already.
    replay: Option<Arc<Replay>>,
    /// Why a write was not even sent.
    violation: Mutex<Option<String>>,
}

/// The step that a recorder is for.
pub(super) struct About {
    /// The step and what it is run for.
    pub(super) id: String,
    /// The ensemble.
    pub(super) cluster: String,
    /// Data is nobody's business.
    pub(super) secret: bool,
    /// How what it writes would be undone.
    pub(super) undo: Undoing,
    /// Its writes go out with those of others, and the journal is secured with them.
    pub(super) gathered: bool,
}

/// What a recorder has beside the store.
#[derive(Clone)]
pub(super) struct Recording {
    pub(super) limits: Arc<Limits>,
    pub(super) journal: Option<Arc<Journal>>,
    pub(super) diff: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    pub(super) fn new(inner: Arc<dyn Store>, recording: Recording, about: About) -> Self {
        let Recording { limits, journal, diff } = recording;
        let replay = journal.as_ref().and_then(|journal| journal.done_before(&about.id));
        Self {
            inner,
            limits,
            journal,
            about,
            diff,
            made: Mutex::default(),
            replay,
            violation: Mutex::default(),
        }
    }

    /// What was written.
    pub(super) fn made(&self) -> Vec<Made> {
        std::mem::take(&mut lock(&self.made))
    }

    /// Why a write was not allowed.
    pub(super) fn violation(&self) -> Option<String> {
        lock(&self.violation).take()
    }

    fn admit(&self, writes: &[Write]) -> Result<(), Failure> {
        for (index, write) in writes.iter().enumerate() {
            if let Err(why) = self.limits.admit(write) {
                self.limits.release(writes.get(..index).unwrap_or_default());
                *lock(&self.violation) = Some(why);
                return Err(Failure::ReadOnly);
            }
        }
        Ok(())
    }

    async fn all(&self, writes: Vec<Write>, group: bool) -> Result<Vec<Written>, Failure> {
        self.admit(&writes)?;
        if let Some(replayed) = self.replay.as_ref().and_then(|replay| replay.take(&writes)) {
            return Ok(replayed);
        }
        let before = match self.journal.is_some() || self.diff {
            true => before::look(&*self.inner, &writes).await?,
            false => vec![None; writes.len()],
        };
        let zxid = self.inner.session().last_zxid;
        let intent = match &self.journal {
            Some(journal) => {
                let number = journal.intend(Intent {
                    step: &self.about.id,
                    cluster: &self.about.cluster,
                    writes: &writes,
                    before: &before,
                    zxid,
                    secret: self.about.secret,
                    undo: &self.about.undo,
                })?;
                if !self.about.gathered {
                    journal.secure().await?;
                }
                Some(number)
            }
            None => None,
        };
        let result = match (group, writes.first()) {
            (false, Some(write)) => self.inner.write(write.clone()).await.map(|written| vec![written]),
            _ => self.inner.multi(writes.clone()).await,
        };
        if let (Some(journal), Some(intent)) = (&self.journal, intent) {
            journal.settle(intent, &result)?;
            if !self.about.gathered {
                journal.put()?;
            }
        }
        if let Err(failure) = &result
            && !matches!(failure, Failure::Unknown(_))
        {
            self.limits.release(&writes);
        }
        let written = result?;
        let mut made = lock(&self.made);
        for ((write, written), before) in writes.into_iter().zip(&written).zip(before) {
            if !matches!(write, Write::Check { .. }) {
                made.push(Made { write, written: written.clone(), before });
            }
        }
        Ok(written)
    }
}

impl Store for Recorder {
    pass_on!(self => self.inner);

    fn read(&self, reads: Vec<Read>) -> Outcome<'_, Answers> {
        let Some(replay) = &self.replay else { return self.inner.read(reads) };
        Box::pin(async move {
            let mut answers = self.inner.read(reads.clone()).await?;
            replay.veil(&reads, &mut answers);
            Ok(answers)
        })
    }

    fn read_and_watch(&self, read: Read) -> Outcome<'_, Watched> {
        self.inner.read_and_watch(read)
    }

    fn write(&self, write: Write) -> Outcome<'_, Written> {
        Box::pin(async move {
            let written = self.all(vec![write], false).await?.pop();
            written.ok_or_else(|| Failure::Protocol("a result is missing".into()))
        })
    }

    fn multi(&self, writes: Vec<Write>) -> Outcome<'_, Vec<Written>> {
        Box::pin(self.all(writes, true))
    }
}
