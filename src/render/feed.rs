//! The renderer's end of the channel.

use std::io::{self, Write};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::Notes;
use crate::error::Kind;
use crate::view::{Message, Note, Row};

/// Gives messages one by one, prints notes on the way, and flushes before it waits.
pub(super) struct Feed {
    messages: mpsc::Receiver<Message>,
    notes: Notes,
    worst: Option<Kind>,
}

impl Feed {
    pub(super) fn new(messages: mpsc::Receiver<Message>, notes: Notes) -> Self {
        Self { messages, notes, worst: None }
    }

    /// The first error that was reported beside the answer.
    pub(super) fn worst(&self) -> Option<Kind> {
        self.worst
    }

    /// The next message that is not a note; `None` when the command is done.
    pub(super) fn next(&mut self, out: &mut dyn Write) -> io::Result<Option<Message>> {
        loop {
            let message = match self.messages.try_recv() {
                Ok(message) => message,
                Err(TryRecvError::Disconnected) => return Ok(None),
                Err(TryRecvError::Empty) => {
                    out.flush()?;
                    match self.messages.blocking_recv() {
                        Some(message) => message,
                        None => return Ok(None),
                    }
                }
            };
            match message {
                Message::Note(note) => {
                    out.flush()?;
                    self.print(&note);
                }
                Message::Flush(done) => {
                    out.flush()?;
                    let _ = done.send(());
                }
                Message::Settle(done) => {
                    out.flush()?;
                    let _ = done.send(self.worst.take());
                }
                message => return Ok(Some(message)),
            }
        }
    }

    /// The next rows of a stream; `None` at its end.
    pub(super) fn rows(&mut self, out: &mut dyn Write) -> io::Result<Option<Vec<Row>>> {
        match self.next(out)? {
            Some(Message::Rows(rows)) => Ok(Some(rows)),
            _ => Ok(None),
        }
    }

    fn print(&mut self, note: &Note) {
        if let Note::Error(kind, _) = note {
            self.worst.get_or_insert(*kind);
        }
        if self.notes.quiet && matches!(note, Note::Info(_)) {
            return;
        }
        self.notes.print(note);
    }
}
