//! From views to bytes: for people, JSON, NDJSON, YAML.
//!
//! A renderer runs on a thread of its own and takes messages from a channel, so that a reader which
//! pauses stops the command (the channel fills) but never the session's pings. It writes what it has
//! as soon as nothing more is waiting.

mod data;
mod diff;
mod feed;
mod human;
mod json;
mod json_text;
mod kafka;
mod palette;
mod profiles;
mod recipe;
mod run;
mod script;
mod table;
mod times;
mod tree;
mod yaml;

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use crate::view::{Message, Note, Out, Shape, View, channel};
use feed::Feed;
pub use palette::{Palette, PromptColor};

/// The formats of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// One JSON document
    Json,
    /// One JSON document a line
    Ndjson,
    /// One YAML document
    Yaml,
}

/// How to render.
#[derive(Clone, Debug)]
pub struct Options {
    /// In which format.
    pub format: Format,
    /// Colours of the answer.
    pub palette: Palette,
    /// Whether the answer goes to a terminal.
    pub terminal: bool,
    /// Columns of that terminal.
    pub width: usize,
    /// Whether other answers follow: each then ends its last line.
    pub several: bool,
    /// How to print what goes beside the answer.
    pub notes: Notes,
}

/// How to print notes.
#[derive(Clone, Debug)]
pub struct Notes {
    /// Colours of standard error.
    pub palette: Palette,
    /// Whether mere information is left out.
    pub quiet: bool,
    /// Where they go.
    pub to: Beside,
}

/// Where notes go.
#[derive(Clone, Default)]
pub enum Beside {
    /// To standard error.
    #[default]
    Stderr,
    /// To whoever shows them beside what is being typed.
    Printer(Arc<dyn Fn(String) + Send + Sync>),
}

impl std::fmt::Debug for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stderr => "Stderr",
            Self::Printer(_) => "Printer",
        })
    }
}

impl Notes {
    /// Prints one.
    pub fn print(&self, note: &Note) {
        let line = format!("{}\n", self.palette.note(note));
        match &self.to {
            // Whoever closed standard error does not want to know.
            Beside::Stderr => drop(io::stderr().write_all(line.as_bytes())),
            Beside::Printer(print) => print(line),
        }
    }
}

/// What a renderer can be asked for. Each writes to `out`; streams are pulled from `feed`.
trait Renderer {
    /// Writes one answer.
    fn value(&mut self, view: &View, out: &mut dyn Write) -> io::Result<()>;
    /// Writes rows until they end.
    fn stream(&mut self, shape: Shape, feed: &mut Feed, out: &mut dyn Write) -> io::Result<()>;
}

/// A renderer's thread; what it returns is how writing went, and the worst of the errors that the
/// command reported beside its answer.
pub type Handle = JoinHandle<io::Result<Option<crate::error::Kind>>>;

/// Where an answer is written to.
pub trait Sink: Write + Send {
    /// Called once, behind the whole answer.
    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

impl Sink for io::Stdout {}
impl Sink for std::fs::File {}

/// Starts a renderer that writes to standard output.
pub fn start(options: Options) -> io::Result<(Out, Handle)> {
    start_to(options, io::stdout())
}

/// Starts a renderer.
pub fn start_to(options: Options, mut sink: impl Sink + 'static) -> io::Result<(Out, Handle)> {
    let (out, messages) = channel();
    let work = move || {
        let worst = run(&options, messages, &mut sink)?;
        sink.finish()?;
        Ok(worst)
    };
    let thread = std::thread::Builder::new()
        .name("render".into())
        // Trees are drawn by recursion, and a path can have hundreds of thousands of segments. Only
        // what is used of a stack takes memory.
        .stack_size(256 << 20)
        .spawn(work)?;
    Ok((out, thread))
}

/// Renders messages to `out` until the command drops its end.
pub fn run(
    options: &Options,
    messages: mpsc::Receiver<Message>,
    out: impl Write,
) -> io::Result<Option<crate::error::Kind>> {
    let mut out = BufWriter::with_capacity(64 << 10, out);
    let mut feed = Feed::new(messages, options.notes.clone());
    let mut renderer: Box<dyn Renderer> = match options.format {
        Format::Human => Box::new(human::Human::new(options)),
        Format::Json => Box::new(json::Json::pretty()),
        Format::Ndjson => Box::new(json::Json::lines()),
        Format::Yaml => Box::new(yaml::Yaml::default()),
    };
    while let Some(message) = feed.next(&mut out)? {
        match message {
            Message::Value(view) => renderer.value(&view, &mut out)?,
            Message::Begin(shape) => renderer.stream(shape, &mut feed, &mut out)?,
            // Rows outside of a stream belong to none.
            _ => {}
        }
    }
    out.flush()?;
    Ok(feed.worst())
}
