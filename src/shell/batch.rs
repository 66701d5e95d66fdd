//! Many writes in a row, as transactions: one round trip for hundreds of lines.
//!
//! What is written, and what is not, is the same as with one write after another: a transaction is
//! done whole or not at all, so when one of its writes is refused, those before it are written by
//! another, the refused one by itself, and the rest only if the lines are to go on.

use std::collections::VecDeque;

use super::grammar::{Output, Word};
use super::{Flow, Shell};
use crate::command::Single;
use crate::error::{Error, Kind, Result};
use crate::store::{Failure, Store, Write, Written};
use crate::view::Note;

/// Writes in one transaction, at most.
const WRITES: usize = 500;
/// Bytes in one transaction, at most: less than any server takes.
const BYTES: usize = 256 << 10;
/// What an operation has beside its path and its data.
const OVERHEAD: usize = 64;

/// A write that waits to be made with others.
pub(super) struct Waiting {
    pub(super) single: Single,
    /// The line that says it.
    pub(super) line: usize,
    pub(super) words: Vec<Word>,
}

/// Writes that follow each other.
pub(super) struct Batch {
    waiting: VecDeque<Waiting>,
    /// Writes in the next transaction, at most: fewer where many are refused.
    limit: usize,
}

impl Default for Batch {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), limit: WRITES }
    }
}

impl Batch {
    pub(super) fn push(&mut self, waiting: Waiting) {
        self.waiting.push_back(waiting);
    }

    /// Whether it has enough for a transaction.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= WRITES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes out what makes the next transaction.
    fn next(&mut self) -> Vec<Waiting> {
        let mut bytes = 0;
        let fits = |waiting: &&Waiting| {
            bytes += size(&waiting.single.write);
            bytes <= BYTES
        };
        let count = self.waiting.iter().take(self.limit).take_while(fits).count().max(1);
        self.waiting.drain(..count.min(self.waiting.len())).collect()
    }
}

/// Makes the writes in their order, up to the first that is refused.
async fn write(store: &dyn Store, waiting: &[Waiting]) -> Result<Vec<Written>, Failure> {
    let mut count = waiting.len();
    while count > 0 {
        let writes = waiting.iter().take(count).map(|waiting| waiting.single.write.clone()).collect();
        match store.multi(writes).await {
            Err(Failure::Operation { index, .. }) if index < count => count = index,
            result => return result,
        }
    }
    Ok(Vec::new())
}

fn size(write: &Write) -> usize {
    let data = match write {
        Write::Create { data, acl, .. } => {
            let acl: usize = acl.iter().map(|entry| entry.scheme.len() + entry.id.len() + 12).sum();
            data.as_ref().map_or(0, bytes::Bytes::len) + acl
        }
        Write::Set { data, .. } => data.as_ref().map_or(0, bytes::Bytes::len),
        _ => 0,
    };
    write.path().len() + data + OVERHEAD
}

impl Shell<'_> {
    /// Makes the writes of a batch until one fails: its line, and why. Those behind it wait on.
    pub(super) async fn flush(&mut self, batch: &mut Batch) -> Result<Flow, (usize, Error)> {
        while !batch.is_empty() {
            let mut round: VecDeque<Waiting> = batch.next().into();
            let first = round.front().map_or(0, |waiting| waiting.line);
            if round.len() > 1 {
                let written =
                    self.write_round(round.make_contiguous()).await.map_err(|error| (first, error))?;
                round.drain(..written);
            }
            if let Some(refused) = round.pop_front() {
                batch.limit = (batch.limit / 4).max(1);
                for waiting in round.into_iter().rev() {
                    batch.waiting.push_front(waiting);
                }
                match self.words(refused.words, Output::Screen).await {
                    Ok(Flow::Next) => {}
                    Ok(Flow::Leave) => return Ok(Flow::Leave),
                    Err(error) => return Err((refused.line, error)),
                }
            }
            batch.limit = (batch.limit * 2).min(WRITES);
        }
        Ok(Flow::Next)
    }

    /// Makes several writes and answers them; how many were made before the first that was refused.
    async fn write_round(&mut self, round: &[Waiting]) -> Result<usize> {
        let store = self.store()?;
        let written = tokio::select! {
            written = write(&*store, round) => written,
            kind = self.interrupts.next() => {
                return Err(Error::new(kind, "interrupted: the writes that were under way may have been done"));
            }
        };
        let last = round.last().map_or(0, |waiting| waiting.line);
        let written = written.map_err(|failure| {
            let kind = if matches!(failure, Failure::Unknown(_)) { Kind::Unknown } else { Kind::Connection };
            let done = if kind == Kind::Unknown { "is unknown" } else { "is: none of them" };
            Error::new(kind, format!("which of the writes up to line {last} were done {done}: {failure}"))
        })?;
        let Some((out, _)) = &self.screen else { return Ok(written.len()) };
        for (waiting, written) in round.iter().zip(&written) {
            if written.verified {
                let path = &written.path;
                let note =
                    format!("the connection was lost; a look afterwards shows that {path} was written");
                out.note(Note::Info(note)).await?;
            }
            if let Some(view) = waiting.single.answer(written) {
                out.value(view).await?;
            }
        }
        Ok(written.len())
    }
}
