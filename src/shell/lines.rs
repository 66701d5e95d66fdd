//! Lines that nobody types: of standard input, of a file.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::batch::{Batch, Waiting};
use super::grammar::{Action, Feed, Output, Statement, SyntaxError};
use super::run::Doing;
use super::{Flow, Shell};
use crate::error::{Error, Kind, Result};
use crate::render;

/// Statements read ahead, in pieces of at most [`PIECE`].
const AHEAD: usize = 16;
const PIECE: usize = 256;
/// Files that run files.
const DEEPEST: usize = 32;

/// What a line says, or why not; after an error of reading there is no more.
type Said = Result<Statement, Trouble>;

pub(super) enum Trouble {
    Syntax(SyntaxError),
    /// A statement with bytes that are no text, on this line.
    NoText(usize),
    Reading(io::Error),
}

/// Reads standard input on a thread of its own.
pub(super) fn standard_input() -> Receiver<Vec<Said>> {
    read(|| Ok(Box::new(io::stdin())))
}

/// Reads a file on a thread of its own.
pub(super) fn of_file(path: &Path) -> Receiver<Vec<Said>> {
    let path = path.to_owned();
    read(move || Ok(Box::new(File::open(path)?)))
}

/// Reads what is open on a thread of its own.
pub(super) fn of(input: Input) -> Receiver<Vec<Said>> {
    read(move || Ok(input))
}

type Input = Box<dyn Read + Send>;

fn read(open: impl FnOnce() -> io::Result<Input> + Send + 'static) -> Receiver<Vec<Said>> {
    let (sender, receiver) = channel(AHEAD);
    // Detached: a read cannot be interrupted, and must not delay the end.
    std::thread::spawn(move || match open() {
        Ok(input) => feed(&mut BufReader::with_capacity(64 << 10, input), &sender),
        Err(error) => drop(sender.blocking_send(vec![Err(Trouble::Reading(error))])),
    });
    receiver
}

fn feed(input: &mut BufReader<Input>, sender: &Sender<Vec<Said>>) {
    let mut feed = Feed::default();
    let mut piece: Vec<Said> = Vec::new();
    let mut line = Vec::new();
    // Of the statement that is being read, the line that is no text.
    let mut no_text = None;
    for number in 1.. {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                piece.push(Err(Trouble::Reading(error)));
                drop(sender.blocking_send(piece));
                return;
            }
        }
        let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(bytes));
        if matches!(text, Cow::Owned(_)) {
            no_text.get_or_insert(number);
        }
        // Editors of Windows put a byte order mark in front of a file.
        let text = text.strip_prefix('\u{feff}').filter(|_| number == 1).unwrap_or(&text);
        match feed.push(text) {
            None => {}
            Some(result) => match (no_text.take(), result) {
                (Some(number), _) => piece.push(Err(Trouble::NoText(number))),
                (None, Ok(statements)) => piece.extend(statements.into_iter().map(Ok)),
                (None, Err(error)) => piece.push(Err(Trouble::Syntax(error))),
            },
        }
        // What is here already is handed over together; a line that somebody waits for, at once.
        let more = input.buffer().contains(&b'\n');
        if (piece.len() >= PIECE || !more)
            && !piece.is_empty()
            && sender.blocking_send(std::mem::take(&mut piece)).is_err()
        {
            return;
        }
    }
    if let Err(error) = feed.finish() {
        piece.push(Err(Trouble::Syntax(error)));
    }
    drop(sender.blocking_send(piece));
}

/// Lines on their way.
struct Reading<'a> {
    /// The name of their file.
    named: Option<&'a str>,
    keep_going: bool,
    /// The first error that was reported.
    worst: Option<Kind>,
    /// Writes that wait to be made together.
    batch: Batch,
}

impl Shell<'_> {
    /// Carries lines out; those of a file are `named`. Returns the first error that was reported.
    pub(super) async fn read(
        &mut self,
        first: Vec<Said>,
        mut lines: Receiver<Vec<Said>>,
        named: Option<&str>,
        keep_going: bool,
    ) -> Result<Option<Kind>> {
        if self.depth >= DEEPEST {
            return Err(Error::usage("these files never end: each runs another"));
        }
        self.depth += 1;
        let result = self.read_all(first.into(), &mut lines, named, keep_going).await;
        self.depth -= 1;
        result
    }

    async fn read_all(
        &mut self,
        mut said: VecDeque<Said>,
        lines: &mut Receiver<Vec<Said>>,
        named: Option<&str>,
        keep_going: bool,
    ) -> Result<Option<Kind>> {
        if self.screen.is_none() && self.editor.is_none() {
            let options = render::Options { several: true, ..self.console.options(&self.globals) };
            let screen = render::start(options);
            self.screen = Some(screen.map_err(|error| Error::new(Kind::Io, "cannot start").because(error))?);
        }
        let mut reading = Reading { named, keep_going, worst: None, batch: Batch::default() };
        loop {
            let statement = match said.pop_front() {
                Some(statement) => statement,
                None => {
                    // What is not here yet may be long in coming: nothing waits for it.
                    let piece = match lines.try_recv() {
                        Ok(piece) => Some(piece),
                        Err(_) => {
                            if self.write_out(&mut reading).await? == Flow::Leave {
                                return Ok(reading.worst);
                            }
                            tokio::select! {
                                piece = lines.recv() => piece,
                                kind = self.interrupts.next() => return Err(Error::new(kind, String::new())),
                            }
                        }
                    };
                    let Some(piece) = piece else { return Ok(reading.worst) };
                    said.extend(piece);
                    continue;
                }
            };
            if self.line(statement, &mut reading).await? == Flow::Leave {
                return Ok(reading.worst);
            }
        }
    }

    /// Carries out what one line says, or lets it wait for others.
    async fn line(&mut self, said: Said, reading: &mut Reading<'_>) -> Result<Flow> {
        let (line, result) = match said {
            Ok(statement) => {
                let line = statement.line;
                match self.postpone(statement, &mut reading.batch).await {
                    Ok(None) if reading.batch.is_full() => return self.write_out(reading).await,
                    Ok(None) => return Ok(Flow::Next),
                    // What came before is done before.
                    Ok(Some(statement)) => match self.write_out(reading).await? {
                        Flow::Leave => return Ok(Flow::Leave),
                        Flow::Next => (line, self.carry_out(statement).await),
                    },
                    Err(error) => (line, Err(error)),
                }
            }
            Err(Trouble::Syntax(error)) => (error.line, Err(error.into_error())),
            Err(Trouble::NoText(line)) => {
                let error = Error::usage("this line is not UTF-8")
                    .hint("@FILE, --hex and --base64 give data that is no text");
                (line, Err(error))
            }
            Err(Trouble::Reading(error)) => {
                self.write_out(reading).await?;
                let what = reading.named.unwrap_or("standard input");
                return Err(Error::new(Kind::Io, format!("cannot read {what}")).because(error));
            }
        };
        match result {
            Ok(flow) => Ok(flow),
            Err(error) => {
                if self.write_out(reading).await? == Flow::Leave {
                    return Ok(Flow::Leave);
                }
                self.trouble(line, error, reading).await?;
                Ok(Flow::Next)
            }
        }
    }

    /// Makes the writes that wait.
    async fn write_out(&mut self, reading: &mut Reading<'_>) -> Result<Flow> {
        loop {
            match self.flush(&mut reading.batch).await {
                Ok(flow) => return Ok(flow),
                Err((line, error)) => self.trouble(line, error, reading).await?,
            }
        }
    }

    /// Lets a plain write wait for others; gives back what is none.
    async fn postpone(&mut self, statement: Statement, batch: &mut Batch) -> Result<Option<Statement>> {
        // What a glob stands for may depend on writes that still wait.
        let plain = matches!(&statement.action, Action::Command(words, Output::Screen)
            if words.first().is_some_and(|word| matches!(word.text.as_str(), "create" | "set" | "delete"))
                && !words.iter().any(|word| word.glob));
        let alone = self.transaction.is_some() || self.screen.is_none();
        if !plain || alone || self.globals.dry_run || self.globals.read_only {
            return Ok(Some(statement));
        }
        let Statement { action, span, line, column } = statement;
        let Action::Command(words, output) = action else {
            return Ok(Some(Statement { action, span, line, column }));
        };
        let doings = self.read_words(&words).await?;
        let single = match doings.as_slice() {
            [(Doing::Command(command), globals)]
                if globals.output == self.globals.output && !globals.dry_run =>
            {
                command.single()
            }
            _ => None,
        };
        match single {
            Some(single) => {
                batch.push(Waiting { single, line, words });
                Ok(None)
            }
            None => Ok(Some(Statement { action: Action::Command(words, output), span, line, column })),
        }
    }

    /// Says what went wrong; ends the reading unless it is to go on.
    async fn trouble(&mut self, line: usize, error: Error, reading: &mut Reading<'_>) -> Result<()> {
        let fatal =
            matches!(error.kind(), Kind::Interrupted | Kind::Terminated | Kind::BrokenPipe | Kind::Io);
        // What it was is said already, but not where.
        let reported = error.to_string().is_empty() && !fatal;
        let error = if reported { Error::new(error.kind(), "this was not done whole") } else { error };
        let error = match reading.named {
            Some(file) => error.at(&format!("{file}:{line}")),
            None => error.at(&format!("line {line}")),
        };
        if !reading.keep_going || fatal {
            return Err(error);
        }
        self.settle().await?;
        self.console.report(&error);
        reading.worst.get_or_insert(error.kind());
        Ok(())
    }

    /// Ends the renderer of all answers.
    pub(super) fn close_screen(&mut self) -> Result<()> {
        let Some((out, renderer)) = self.screen.take() else { return Ok(()) };
        drop(out);
        let written = renderer.join().map_err(|_| Error::bug("the renderer failed"))?;
        crate::run::outcome(Ok(()), written).map(drop)
    }
}
