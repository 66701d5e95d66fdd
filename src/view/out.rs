//! The way from a command to its renderer.
//!
//! A channel, because they run on different threads: a pager that is not read, or a terminal that
//! is stopped, must not stop the session's pings.

use tokio::sync::{mpsc, oneshot};

use super::kafka::KafkaTable;
use super::{Note, Row, View};
use crate::error::{Error, Kind, Result};

/// Messages on the way at most; the command waits when the renderer falls behind.
const DEPTH: usize = 8;

/// What the rows of a stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One after another.
    List,
    /// One after another, with a line of headings for people.
    Table,
    /// As a table for people, whose columns fit what is in them.
    Kafka(KafkaTable),
    /// The same, of the steps of a script.
    Steps,
    /// Nested by their depth.
    Tree {
        /// People want no other characters.
        ascii: bool,
        /// People want to see the size of the data.
        sizes: bool,
    },
}

/// Told when everything before it has been written.
pub type Flushed = oneshot::Sender<()>;

/// Told the same, and the first of the errors that were reported beside the answer since it was last
/// asked.
pub type Settled = oneshot::Sender<Option<Kind>>;

/// One step of an answer.
#[derive(Debug)]
pub enum Message {
    /// A whole answer.
    Value(Box<View>),
    /// Rows follow.
    Begin(Shape),
    /// Rows.
    Rows(Vec<Row>),
    /// No more rows.
    End,
    /// A word beside the answer.
    Note(Note),
    /// Write what is buffered.
    Flush(Flushed),
    /// The same, at the end of one command of several.
    Settle(Settled),
}

/// The command's end.
#[derive(Clone, Debug)]
pub struct Out {
    sender: mpsc::Sender<Message>,
}

/// A command's end and its renderer's.
pub fn channel() -> (Out, mpsc::Receiver<Message>) {
    let (sender, receiver) = mpsc::channel(DEPTH);
    (Out { sender }, receiver)
}

impl Out {
    async fn send(&self, message: Message) -> Result<()> {
        self.sender.send(message).await.map_err(|_| Error::broken_pipe())
    }

    /// Answers with one value.
    pub async fn value(&self, view: View) -> Result<()> {
        self.send(Message::Value(Box::new(view))).await
    }

    /// Begins a stream of rows.
    pub async fn begin(&self, shape: Shape) -> Result<()> {
        self.send(Message::Begin(shape)).await
    }

    /// Adds rows to it.
    pub async fn rows(&self, rows: Vec<Row>) -> Result<()> {
        self.send(Message::Rows(rows)).await
    }

    /// Ends it.
    pub async fn end(&self) -> Result<()> {
        self.send(Message::End).await
    }

    /// Says something beside the answer.
    pub async fn note(&self, note: Note) -> Result<()> {
        self.send(Message::Note(note)).await
    }

    /// Waits until everything said so far is on its way to the reader.
    pub async fn flush(&self) -> Result<()> {
        let (done, flushed) = oneshot::channel();
        self.send(Message::Flush(done)).await?;
        flushed.await.map_err(|_| Error::broken_pipe())
    }

    /// Ends the answer of one command of several: waits as [`flush`](Self::flush) does, and tells the
    /// first of the errors that the command reported beside its answer.
    pub async fn settle(&self) -> Result<Option<Kind>> {
        let (done, settled) = oneshot::channel();
        self.send(Message::Settle(done)).await?;
        settled.await.map_err(|_| Error::broken_pipe())
    }
}
