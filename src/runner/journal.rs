//! What a run intends, does and has done, line by line in a file: so that another can go on where it
//! ended, or undo it.
//!
//! An intent is written before the request is sent, what came of it behind. A line that was cut off when
//! the process died is no line.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::before::Before;
use super::items::Items;
use super::kept::{self, Line};
use super::marks::{Marks, Undoing};
use super::past;
use super::replay::{Past, Replay};
use crate::error::{Error, Kind, Result};
use crate::script::expr::Value;
use crate::store::{Failure, Write, Written};

/// What is about to be written.
pub(super) struct Intent<'a> {
    pub(super) step: &'a str,
    pub(super) cluster: &'a str,
    pub(super) writes: &'a [Write],
    pub(super) before: &'a [Option<Before>],
    /// The newest zxid that was seen.
    pub(super) zxid: i64,
    /// Data is nobody's business, the journal's neither.
    pub(super) secret: bool,
    /// How it would be undone.
    pub(super) undo: &'a Undoing,
}

/// What is known from an earlier run.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What came of steps that are done, with what they registered.
    steps: HashMap<String, Option<Json>>,
    /// What loops were run for.
    items: HashMap<String, Items>,
    /// Writes that were made by steps that are not done.
    writes: HashMap<String, Arc<Replay>>,
    /// Steps that take several writes, and were begun.
    begun: HashSet<String>,
    pub(super) marks: Marks,
}

/// The journal of a run.
#[derive(Debug)]
pub(super) struct Journal {
    /// The name of the run.
    pub(super) run: String,
    pub(super) dir: PathBuf,
    pen: Mutex<Pen>,
    /// Bytes of it that the disk has for certain.
    secured: tokio::sync::Mutex<u64>,
    known: Mutex<Known>,
    /// Something was done that is there to be undone.
    pub(super) changed: AtomicBool,
}

/// What a journal is written with.
#[derive(Debug)]
struct Pen {
    /// Where it goes; `None` for a journal that ends with its run.
    file: Option<Arc<File>>,
    /// Lines that the file has not got yet.
    buffer: Vec<u8>,
    /// Bytes that it has got from this run.
    length: u64,
    /// The last number that an intent has got.
    number: u64,
}

impl Pen {
    fn new(file: Option<File>, number: u64) -> Self {
        Self { file: file.map(Arc::new), buffer: Vec::new(), length: 0, number }
    }

    fn put(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        if let Err(error) = (&**file).write_all(&self.buffer) {
            // What came of a line before a disk was full is not to run into it when there is room again.
            self.buffer.insert(0, b'\n');
            return Err(error);
        }
        self.length += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

pub(super) const NAME: &str = "journal.jsonl";

fn cannot(what: &str, path: &Path, error: io::Error) -> Error {
    Error::new(Kind::Io, format!("cannot {what} {}", path.display())).because(error)
}

/// That a journal cannot be written, where no step fails by it.
pub(super) fn io_error(failure: Failure) -> Error {
    Error::new(Kind::Io, failure.to_string())
}

impl Journal {
    /// Begins one in a directory of its own below `runs`, which nobody else may look into.
    pub(super) fn begin(runs: &Path, run: &str, start: &Json) -> Result<Self> {
        let dir = runs.join(run);
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|error| cannot("create", &dir, error))?;
        let path = dir.join(NAME);
        let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(&path);
        let file = file.map_err(|error| cannot("write", &path, error))?;
        let journal = Self::with(run, dir, Pen::new(Some(file), 0), Known::default());
        journal.put_down(start)?;
        Ok(journal)
    }

    /// Takes one up again; `writes` are those that turned out to be made by steps that are not done.
    pub(super) fn resume(
        runs: &Path,
        run: &str,
        read: past::Read,
        writes: HashMap<String, Vec<Past>>,
    ) -> Result<Self> {
        let dir = runs.join(run);
        let path = dir.join(NAME);
        let file = OpenOptions::new().append(true).open(&path);
        let mut file = file.map_err(|error| cannot("write", &path, error))?;
        // What was cut off is not to run into what comes now.
        file.write_all(b"\n").map_err(|error| cannot("write", &path, error))?;
        let last = read.entries.last().map_or(0, |entry| entry.number + 1);
        let changed = read.entries.iter().any(|entry| !matches!(entry.outcome, Some(past::Outcome::Refused)));
        let changed = changed || !read.marks.marks.is_empty();
        let (mut read, mut writes) = (read, writes);
        // What the earlier run did at its end is to be done at the end of this one too.
        if read.end.is_some() {
            let stays = |id: &String| !id.starts_with("finally.");
            read.steps.retain(|id, _| stays(id));
            read.items.retain(|id, _| stays(id));
            read.begun.retain(stays);
            read.marks.retain(&stays);
            writes.retain(|id, _| stays(id));
        }
        let writes = writes.into_iter().map(|(step, pasts)| (step, Arc::new(Replay::of(pasts)))).collect();
        let known =
            Known { steps: read.steps, items: read.items, writes, begun: read.begun, marks: read.marks };
        let journal = Self::with(run, dir, Pen::new(Some(file), last), known);
        journal.changed.store(changed, Relaxed);
        Ok(journal)
    }

    /// Opens one to write down what becomes of its run later.
    pub(super) fn reopen(runs: &Path, run: &str) -> Result<Self> {
        Self::resume(runs, run, past::Read::default(), HashMap::new())
    }

    /// Begins one that nobody has when the run is over.
    pub(super) fn in_memory(run: &str) -> Self {
        Self::with(run, PathBuf::new(), Pen::new(None, 0), Known::default())
    }

    /// Whether it is there when the run is over.
    pub(super) fn lasts(&self) -> bool {
        self.pen().file.is_some()
    }

    /// What is in it so far.
    pub(super) fn read(&self) -> Result<past::Read> {
        if !self.lasts() {
            return past::parse(&self.pen().buffer[..], &self.dir);
        }
        self.put().map_err(io_error)?;
        past::read(self.dir.parent().unwrap_or(Path::new("")), &self.run)
    }

    fn with(run: &str, dir: PathBuf, pen: Pen, known: Known) -> Self {
        let secured = tokio::sync::Mutex::default();
        Self {
            run: run.to_owned(),
            dir,
            pen: Mutex::new(pen),
            secured,
            known: Mutex::new(known),
            changed: AtomicBool::new(false),
        }
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pen(&self) -> MutexGuard<'_, Pen> {
        self.pen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cannot_write(&self, error: impl Display) -> Failure {
        Failure::Disconnected(format!("the journal {} cannot be written: {error}", self.dir.display()))
    }

    fn line(&self, pen: &mut Pen, line: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut pen.buffer, line).map_err(|error| self.cannot_write(error))?;
        pen.buffer.push(b'\n');
        Ok(())
    }

    /// Writes down a line that no write waits for.
    pub(super) fn put_down(&self, line: &impl Serialize) -> Result<()> {
        let noted = self.line(&mut self.pen(), line);
        noted.and_then(|()| self.put()).map(|_| ()).map_err(io_error)
    }

    /// Waits until what was written down outlives the machine's end; of several that wait, one sees to it.
    pub(super) async fn secure(&self) -> Result<(), Failure> {
        let wanted = self.put()?;
        let mut secured = self.secured.lock().await;
        if *secured >= wanted {
            return Ok(());
        }
        let length = self.put()?;
        let Some(file) = self.pen().file.clone() else { return Ok(()) };
        let synced = tokio::task::spawn_blocking(move || file.sync_data()).await;
        synced.map_err(|error| self.cannot_write(error))?.map_err(|error| self.cannot_write(error))?;
        *secured = length;
        Ok(())
    }

    /// Writes down what is about to be sent; the number that it has. It may not be sent before it is
    /// [secure](Self::secure).
    pub(super) fn intend(&self, intent: Intent<'_>) -> Result<u64, Failure> {
        let Intent { step, cluster, writes, before, zxid, secret, undo } = intent;
        let mut pen = self.pen();
        pen.number += 1;
        let n = pen.number;
        let writes = writes.iter().map(|write| kept::write(write, secret)).collect();
        let before = before.iter().map(|before| kept::before(before.as_ref(), secret)).collect();
        let undo = undo.kept();
        let line = Line::Intent { n, step, cluster, zxid, secret, undo, writes, before };
        self.line(&mut pen, &line)?;
        Ok(n)
    }

    /// Writes down what came of it; the file has it when the next line comes that nothing waits for.
    pub(super) fn settle(&self, number: u64, result: &Result<Vec<Written>, Failure>) -> Result<(), Failure> {
        if matches!(result, Ok(_) | Err(Failure::Unknown(_))) {
            self.note_change();
        }
        let n = number;
        let line = match result {
            Ok(written) => Line::Done { n, written: written.iter().map(kept::written).collect() },
            Err(Failure::Unknown(why)) => Line::Unknown { n, why: why.clone() },
            Err(failure) => Line::Refused { n, why: failure.to_string() },
        };
        self.line(&mut self.pen(), &line)
    }

    /// Gives the file what was written down; how many bytes it has got from this run then.
    pub(super) fn put(&self) -> Result<u64, Failure> {
        let mut pen = self.pen();
        pen.put().map_err(|error| self.cannot_write(error))?;
        Ok(pen.length)
    }

    /// Writes down that a step is done, and what it registered.
    pub(super) fn step(&self, id: &str, status: &str, register: Option<&Value>) -> Result<()> {
        self.note_step(id, status, register)?;
        self.put().map(|_| ()).map_err(io_error)
    }

    /// The same; the file has it when it is next [given](Self::put) what was written down.
    pub(super) fn note_step(&self, id: &str, status: &str, register: Option<&Value>) -> Result<()> {
        let line = Line::Step { id, status, register: register.map(kept::value) };
        self.line(&mut self.pen(), &line).map_err(io_error)
    }

    /// Writes down what a loop is run for.
    pub(super) fn items(&self, id: &str, items: &Items) -> Result<()> {
        self.put_down(&json!({"ev": "items", "id": id, "items": items.kept()}))
    }

    /// Writes down how the run ended.
    pub(super) async fn end(&self, exit: u8) -> Result<()> {
        self.put_down(&json!({"ev": "end", "exit": exit}))?;
        self.secure().await.map_err(io_error)
    }

    /// Whether it is that of an earlier run, which is taken up again.
    pub(super) fn is_resumed(&self) -> bool {
        let known = self.known();
        !known.steps.is_empty() || !known.writes.is_empty()
    }

    /// Whether an earlier run has done this step, or some of it.
    pub(super) fn knows(&self, id: &str) -> bool {
        let known = self.known();
        known.steps.contains_key(id) || known.writes.contains_key(id)
    }

    /// What an earlier run registered for a step that it has done.
    pub(super) fn register_before(&self, id: &str) -> Option<Option<Value>> {
        let known = self.known();
        known.steps.get(id).map(|register| register.as_ref().map(kept::value_of))
    }

    /// What an earlier run ran a loop for.
    pub(super) fn items_before(&self, id: &str) -> Option<Items> {
        self.known().items.get(id).cloned()
    }

    /// What an earlier run has written in this step, which it did not end.
    pub(super) fn done_before(&self, id: &str) -> Option<Arc<Replay>> {
        self.known().writes.get(id).cloned()
    }

    /// Whether an earlier run has begun this step, which takes several writes.
    pub(super) fn begun_before(&self, id: &str) -> bool {
        self.known().begun.contains(id)
    }

    /// Writes down that such a step is begun.
    pub(super) fn begin_step(&self, id: &str) -> Result<()> {
        self.put_down(&json!({"ev": "begin", "id": id}))
    }
}
