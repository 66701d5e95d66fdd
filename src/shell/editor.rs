//! The line editor, on a thread of its own: whoever types never holds up the session, and the other
//! way round.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustyline::error::ReadlineError;
use rustyline::history::{FileHistory, History, SearchDirection};
use rustyline::{CompletionType, Config, EditMode, ExternalPrinter};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::assist::Assist;
use crate::error::{Error, Kind, Result};
use crate::render::Sink;

type Rustyline = rustyline::Editor<Assist, FileHistory>;

/// How to edit.
#[derive(Clone, Debug, Default)]
pub struct Editing {
    /// With the keys of vi instead of those of emacs.
    pub vi: bool,
    /// Where what was typed is kept; nowhere if there is none.
    pub history: Option<PathBuf>,
    /// How many lines of it.
    pub remembered: usize,
}

/// What the editor is asked for.
enum Ask {
    /// A line, behind this prompt.
    Line((String, String)),
    /// The answer to a question; it is not remembered.
    Answer(String),
    /// What is remembered; the last so many, with their numbers.
    Remembered(usize, UnboundedSender<Vec<(usize, String)>>),
}

/// What was typed.
#[derive(Debug)]
pub(super) enum Typed {
    /// A line, or several.
    Line(String),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D on an empty line, or the terminal is gone.
    End,
}

/// The editor, from outside of its thread.
pub(super) struct Editor {
    asks: std::sync::mpsc::Sender<Ask>,
    typed: tokio::sync::Mutex<UnboundedReceiver<Typed>>,
    printer: Printer,
}

/// Bytes of reports that wait for an answer to be read.
const WAITING: usize = 1 << 20;

/// Writes above the line that is being typed.
#[derive(Clone)]
pub(super) struct Printer {
    above: Arc<Mutex<Above>>,
    held: Vec<u8>,
}

/// What is written above the line, now or after the answer that is shown.
struct Above {
    to: Box<dyn ExternalPrinter + Send>,
    /// How many answers have the screen for themselves.
    answers: usize,
    waiting: String,
    left_out: usize,
}

impl Printer {
    fn above(&self) -> MutexGuard<'_, Above> {
        self.above.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whole lines.
    pub(super) fn print(&self, lines: String) {
        let mut above = self.above();
        if above.answers == 0 {
            // When the terminal is gone, the editor says so.
            let _ = above.to.print(lines);
        } else if above.waiting.len() + lines.len() <= WAITING {
            above.waiting += &lines;
        } else {
            above.left_out += lines.lines().count();
        }
    }

    /// Gives the screen to an answer until what is returned is dropped: a report would stand in the middle of
    /// it, or on the page that a pager shows.
    pub(super) fn yields(&self) -> Yielded {
        self.above().answers += 1;
        Yielded(self.clone())
    }
}

/// While this lives, an answer has the screen for itself; what was to be written above the line follows.
pub(super) struct Yielded(Printer);

impl Drop for Yielded {
    fn drop(&mut self) {
        let mut above = self.0.above();
        above.answers -= 1;
        if above.answers > 0 {
            return;
        }
        let mut lines = std::mem::take(&mut above.waiting);
        let left_out = std::mem::take(&mut above.left_out);
        if left_out > 0 {
            lines += &format!("note: {left_out} more lines came meanwhile and are not shown\n");
        }
        if !lines.is_empty() {
            let _ = above.to.print(lines);
        }
    }
}

impl std::io::Write for Printer {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.held.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if let Some(end) = self.held.iter().rposition(|byte| *byte == b'\n') {
            let lines: Vec<u8> = self.held.drain(..=end).collect();
            self.print(String::from_utf8_lossy(&lines).into_owned());
        }
        Ok(())
    }
}

impl Sink for Printer {}

impl Editor {
    /// Starts it.
    pub(super) fn start(editing: Editing, assist: Assist) -> Result<Self> {
        let cannot = |error: ReadlineError| Error::new(Kind::Io, "cannot use the terminal").because(error);
        let config = Config::builder()
            .max_history_size(editing.remembered)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(cannot)?
            .history_ignore_space(true)
            .auto_add_history(false)
            .completion_type(CompletionType::List)
            .completion_prompt_limit(200)
            .edit_mode(if editing.vi { EditMode::Vi } else { EditMode::Emacs })
            .bracketed_paste(true)
            .build();
        let mut editor = Rustyline::with_config(config).map_err(cannot)?;
        editor.set_helper(Some(assist));
        let to = editor.create_external_printer().map_err(cannot)?;
        let (asks, asked) = std::sync::mpsc::channel();
        let (sender, typed) = unbounded_channel();
        std::thread::Builder::new()
            .name("editor".into())
            .spawn(move || serve(editor, editing.history, &asked, &sender))
            .map_err(|error| Error::new(Kind::Io, "cannot start").because(error))?;
        let above = Above { to: Box::new(to), answers: 0, waiting: String::new(), left_out: 0 };
        let printer = Printer { above: Arc::new(Mutex::new(above)), held: Vec::new() };
        Ok(Self { asks, typed: tokio::sync::Mutex::new(typed), printer })
    }

    /// What writes above the line.
    pub(super) fn printer(&self) -> Printer {
        self.printer.clone()
    }

    /// Asks for a line behind a prompt, which is given plain and with colours; what is typed comes from
    /// [`typed`](Self::typed).
    pub(super) fn ask(&self, prompt: (String, String)) {
        let _ = self.asks.send(Ask::Line(prompt));
    }

    /// Waits for what was asked for. Nothing is lost when this is dropped while it waits.
    pub(super) async fn typed(&self) -> Typed {
        self.typed.lock().await.recv().await.unwrap_or(Typed::End)
    }

    /// Asks a question and waits for the answer.
    pub(super) async fn answer(&self, question: String) -> Typed {
        let _ = self.asks.send(Ask::Answer(question));
        self.typed().await
    }

    /// What was typed before: the last so many lines, with their numbers, the oldest first.
    pub(super) async fn remembered(&self, count: usize) -> Vec<(usize, String)> {
        let (sender, mut lines) = unbounded_channel();
        let _ = self.asks.send(Ask::Remembered(count, sender));
        lines.recv().await.unwrap_or_default()
    }
}

/// The editor's thread.
fn serve(
    mut editor: Rustyline,
    file: Option<PathBuf>,
    asked: &std::sync::mpsc::Receiver<Ask>,
    typed: &UnboundedSender<Typed>,
) {
    if let Some(file) = &file {
        // There is none before the first line was typed.
        let _ = editor.load_history(file);
    }
    while let Ok(ask) = asked.recv() {
        let (prompt, remember) = match ask {
            Ask::Line(prompt) => (prompt, true),
            Ask::Answer(question) => ((question.clone(), question), false),
            Ask::Remembered(count, sender) => {
                let _ = sender.send(last(editor.history(), count));
                continue;
            }
        };
        if let Some(assist) = editor.helper_mut() {
            assist.assists(remember);
        }
        let answer = match editor.readline(&prompt) {
            Ok(line) => {
                if remember && !line.trim().is_empty() && !super::secrets::holds(&line) {
                    let added = editor.add_history_entry(line.trim_end());
                    if let (Ok(true), Some(file)) = (added, &file) {
                        let _ = editor.append_history(file);
                    }
                }
                Typed::Line(line)
            }
            Err(ReadlineError::Interrupted) => Typed::Interrupted,
            Err(_) => Typed::End,
        };
        if typed.send(answer).is_err() {
            break;
        }
    }
}

fn last(history: &FileHistory, count: usize) -> Vec<(usize, String)> {
    let first = history.len().saturating_sub(count);
    (first..history.len())
        .filter_map(|index| {
            let found = history.get(index, SearchDirection::Forward).ok()??;
            Some((index + 1, found.entry.into_owned()))
        })
        .collect()
}
