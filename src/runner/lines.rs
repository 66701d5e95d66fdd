//! `run`: lines of the shell within a script, each by the one definition of its command.

use std::ffi::OsString;
use std::io;
use std::sync::{Arc, Mutex};

use super::failed::{Ended, Failed};
use super::kept::value_of;
use super::lock;
use super::verbs::{At, Done};
use crate::command::{Command, Context, Progress, Settings};
use crate::error::{Error, Kind, Result, did_you_mean};
use crate::grammar::{Action, Output, Statement, Word, parse};
use crate::render;
use crate::script::expr::{Scope, Value};
use crate::script::model::RunLines;
use crate::shell::arguments::{Scene, Shape};
use crate::view::{Message, Note, Out, Told, channel};
use crate::znode::ZPath;

/// Columns of what is shown below a step.
const WIDTH: usize = 100;

/// Znodes that a glob may stand for, and calls of a command that it may make.
const MATCHES: usize = 10_000;

/// What a line has answered.
#[derive(Default)]
struct Answered {
    values: Vec<Value>,
    /// For people, as the shell shows it.
    text: String,
}

pub(super) async fn run(at: &At<'_, '_>, lines: &RunLines, scope: &Scope) -> Result<Done, Ended> {
    let mut answered = Answered::default();
    let mut said = Vec::new();
    for slot in &lines.lines {
        let text = slot.get(scope).await?;
        let statements = parse(&text).map_err(|error| Failed::from(error.into_error()))?;
        for Statement { action, .. } in statements {
            let Action::Command(words, Output::Screen) = action else {
                let what = "a line of a script is one command, without pipes and files";
                return Err(Ended::from(Failed::usage(what)));
            };
            said.push(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "));
            line(at, &words, &mut answered).await?;
        }
    }
    let done = Done { output: answered.text, ..Done::said(said.join("; ")) };
    Ok(done.with("answers", Value::from(answered.values)))
}

/// One line: as many commands as its globs stand for.
async fn line(at: &At<'_, '_>, words: &[Word], answered: &mut Answered) -> Result<(), Ended> {
    let Some((first, rest)) = words.split_first() else { return Ok(()) };
    let name = first.text.as_str();
    let Some(definition) = Command::definition(name) else {
        let error = Error::usage(format!("there is no command `{name}`"));
        let error = match did_you_mean(name, Command::NAMES.iter().copied()) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None => error,
        };
        return Err(Ended::from(error));
    };
    let name = definition.get_name().to_owned();
    let definition = definition.no_binary_name(true);
    let root = ZPath::root();
    let scene = Scene { store: &*at.store, cwd: &root, cap: MATCHES };
    let arguments = Shape::new(definition.clone()).arguments(rest, &scene).await?;
    for run in arguments.runs {
        let command = read(&name, &definition, run)?;
        if command.is_for_no_script() {
            return Err(Ended::from(Failed::usage(format!("`{name}` has no place in a script"))));
        }
        one(at, command, answered).await?;
    }
    Ok(())
}

fn read(name: &str, definition: &clap::Command, line: Vec<OsString>) -> Result<Command, Ended> {
    let refused = |error: &clap::Error| {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        Ended::from(Failed::usage(text.lines().next().unwrap_or_default().to_owned()))
    };
    let matches = definition.clone().try_get_matches_from(line).map_err(|error| refused(&error))?;
    Command::read(name, &matches).map_err(|error| refused(&error))
}

/// What writes an answer for people, and what it has written.
struct Screen {
    out: Out,
    renderer: render::Handle,
    text: Arc<Mutex<Vec<u8>>>,
}

struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl render::Sink for Page {}

impl Screen {
    fn start() -> Result<Self> {
        let text = Arc::default();
        let palette = render::Palette::new(false);
        let notes = render::Notes { palette, quiet: true, to: render::Beside::default() };
        let format = render::Format::Human;
        let options = render::Options { format, palette, terminal: true, width: WIDTH, several: true, notes };
        let page = Page(Arc::clone(&text));
        let (out, renderer) = render::start_to(options, page)
            .map_err(|error| Error::new(Kind::Io, "cannot start a thread").because(error))?;
        Ok(Self { out, renderer, text })
    }

    /// All that was written.
    async fn finish(self) -> Result<String> {
        drop(self.out);
        let ended = tokio::task::spawn_blocking(move || self.renderer.join()).await;
        ended
            .ok()
            .and_then(std::thread::Result::ok)
            .ok_or_else(|| Error::bug("the renderer failed"))?
            .map_err(|error| Error::new(Kind::Io, "cannot show the answer").because(error))?;
        Ok(String::from_utf8_lossy(&lock(&self.text)).into_owned())
    }
}

/// Runs a command.
async fn one(at: &At<'_, '_>, command: Command, answered: &mut Answered) -> Result<(), Ended> {
    let (out, said) = channel();
    let progress = Progress::default();
    let settings = &at.runner.settings;
    // Who has confirmed the step has seen what it does.
    let yes = settings.yes || at.step.with.confirm.is_some();
    let settings = Settings { yes, one_shot: false, ..settings.clone() };
    let asks = command.asks();
    let work = async {
        let out = out;
        let cx = Context {
            store: &*at.store,
            shared: &at.store,
            out: &out,
            settings: &settings,
            asker: at.runner.with.asker,
            progress: &progress,
            background: None,
            configured: None,
        };
        command.run(&cx).await
    };
    // What is registered is for the script.
    let seen = at.step.with.register.is_none() && at.runner.with.globals.output == render::Format::Human;
    let screen = seen.then(Screen::start).transpose()?;
    let collect = async {
        // Dropped with this, so that the command does not wait for ever.
        let mut said = said;
        let mut worst = None;
        let screen = screen.as_ref().map(|screen| &screen.out);
        while let Some(message) = said.recv().await {
            match message {
                Message::Value(view) => {
                    answered.values.extend(serde_json::to_value(&*view).ok().as_ref().map(value_of));
                    if let Some(screen) = screen {
                        screen.value(*view).await?;
                    }
                }
                Message::Begin(shape) => {
                    if let Some(screen) = screen {
                        screen.begin(shape).await?;
                    }
                }
                Message::Rows(rows) => {
                    let values = rows.iter().filter_map(|row| serde_json::to_value(row).ok());
                    answered.values.extend(values.map(|json| value_of(&json)));
                    if let Some(screen) = screen {
                        screen.rows(rows).await?;
                    }
                }
                Message::End => {
                    if let Some(screen) = screen {
                        screen.end().await?;
                    }
                }
                Message::Note(Note::Error(kind, text)) => {
                    worst = worst.or(Some((kind, text)));
                }
                Message::Note(Note::Warning(text)) => {
                    at.runner
                        .tell(Told::Print { id: at.id.to_owned(), text: format!("warning: {text}") })
                        .await?;
                }
                Message::Flush(done) => {
                    // What the run has told so far stands above the question.
                    at.runner.with.out.flush().await?;
                    let _ = done.send(());
                }
                Message::Settle(done) => drop(done.send(None)),
                Message::Note(_) => {}
            }
        }
        Ok::<_, Error>(worst)
    };
    let (result, worst) = tokio::join!(work, collect);
    let worst = worst?;
    match result {
        // `false` is an answer, not a failure.
        Err(error) if asks && error.kind() == Kind::Refused && error.to_string().is_empty() => {}
        Err(error) => return Err(Ended::from(error)),
        Ok(()) => {}
    }
    if let Some((kind, text)) = worst {
        return Err(Ended::from(Error::new(kind, text)));
    }
    if let Some(screen) = screen {
        answered.text.push_str(&screen.finish().await?);
    }
    Ok(())
}
