//! `run`: lines of the shell within a script, each by the one definition of its command.

use std::ffi::OsString;

use super::failed::{Ended, Failed};
use super::kept::value_of;
use super::verbs::{At, Done};
use crate::command::{Command, Context, Nobody, Progress, Settings};
use crate::error::{Error, Kind, did_you_mean};
use crate::grammar::{Action, Output, Statement, Word, parse};
use crate::script::expr::{Scope, Value};
use crate::script::model::RunLines;
use crate::shell::arguments::{Scene, Shape};
use crate::view::{Message, Note, Told, channel};
use crate::znode::ZPath;

/// Znodes that a glob may stand for, and calls of a command that it may make.
const MATCHES: usize = 10_000;

pub(super) async fn run(at: &At<'_, '_>, lines: &RunLines, scope: &Scope) -> Result<Done, Ended> {
    let mut answers = Vec::new();
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
            answers.extend(line(at, &words).await?);
        }
    }
    let words = said.join("; ");
    Ok(Done::said(words).with("answers", Value::from(answers)))
}

/// One line: as many commands as its globs stand for.
async fn line(at: &At<'_, '_>, words: &[Word]) -> Result<Vec<Value>, Ended> {
    let Some((first, rest)) = words.split_first() else { return Ok(Vec::new()) };
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
    let mut answers = Vec::new();
    for run in arguments.runs {
        let command = read(&name, &definition, run)?;
        if command.waits()
            || matches!(command, Command::Run(_) | Command::Completions(_) | Command::Profiles(_))
        {
            return Err(Ended::from(Failed::usage(format!("`{name}` has no place in a script"))));
        }
        answers.extend(one(at, command).await?);
    }
    Ok(answers)
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

/// Runs a command; what it answers are values.
async fn one(at: &At<'_, '_>, command: Command) -> Result<Vec<Value>, Ended> {
    let (out, mut said) = channel();
    let progress = Progress::default();
    let settings = Settings { one_shot: false, ..at.runner.settings.clone() };
    let asks = command.asks();
    let work = async {
        let out = out;
        let cx = Context {
            store: &*at.store,
            shared: &at.store,
            out: &out,
            settings: &settings,
            asker: &Nobody,
            progress: &progress,
            background: None,
            configured: None,
        };
        command.run(&cx).await
    };
    let collect = async {
        let mut answers = Vec::new();
        let mut worst = None;
        while let Some(message) = said.recv().await {
            match message {
                Message::Value(view) => answers.extend(serde_json::to_value(&*view).ok()),
                Message::Rows(rows) => {
                    answers.extend(rows.iter().filter_map(|row| serde_json::to_value(row).ok()));
                }
                Message::Note(Note::Error(kind, text)) => {
                    worst = worst.or(Some((kind, text)));
                }
                Message::Note(Note::Warning(text)) => {
                    at.runner
                        .tell(Told::Print { id: at.id.to_owned(), text: format!("warning: {text}") })
                        .await?;
                }
                Message::Flush(done) => drop(done.send(())),
                Message::Settle(done) => drop(done.send(None)),
                _ => {}
            }
        }
        Ok::<_, Error>((answers, worst))
    };
    let (result, collected) = tokio::join!(work, collect);
    let (answers, worst) = collected?;
    match result {
        // `false` is an answer, not a failure.
        Err(error) if asks && error.kind() == Kind::Refused && error.to_string().is_empty() => {}
        Err(error) => return Err(Ended::from(error)),
        Ok(()) => {}
    }
    if let Some((kind, text)) = worst {
        return Err(Ended::from(Error::new(kind, text)));
    }
    Ok(answers.iter().map(value_of).collect())
}
