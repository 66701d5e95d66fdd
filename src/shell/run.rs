//! Carries out statements.

use std::ffi::OsString;
use std::process::Stdio;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use futures_util::future::{BoxFuture, FutureExt};

use super::arguments::{Scene, Shape};
use super::builtins::Builtin;
use super::grammar::{Action, Output, Recall, Statement, SyntaxError, Word, parse};
use super::sink::shell;
use super::watches::Keeper;
use super::{Definition, Flow, Shell};
use crate::cli::{Globals, OnALine};
use crate::command::{Background, Command, Single};
use crate::error::{Error, Kind, Result, did_you_mean};
use crate::render::Format;
use crate::run::Job;
use crate::view::{Note, Out, View};
use crate::znode::text::count;

/// From here on a command is slow, and its time is told.
const SLOW: std::time::Duration = std::time::Duration::from_secs(1);
/// Znodes that a glob may stand for, and calls of a command that it may make.
const MATCHES: usize = 10_000;
/// Znodes named in a question, at most.
const NAMED: usize = 8;
/// Aliases inside aliases.
const NESTED: usize = 16;

/// A command and its options that hold for its line alone.
pub(super) enum Doing {
    Command(Box<Command>),
    Builtin(Builtin),
    /// Only its help is wanted.
    Help(String),
}

impl Shell<'_> {
    /// Carries out one statement.
    pub(super) async fn carry_out(&mut self, statement: Statement) -> Result<Flow> {
        match statement.action {
            Action::Command(words, output) => self.words(words, output).await,
            Action::Shell(line) => self.outside(&line).await,
            Action::Recall(recall) => self.recall(recall).await,
        }
    }

    /// Carries out a command that is given in words.
    pub(super) fn words(&mut self, words: Vec<Word>, output: Output) -> BoxFuture<'_, Result<Flow>> {
        async move {
            let words = self.expand(words)?;
            let Some(first) = words.first() else { return Ok(Flow::Next) };
            match first.text.as_str() {
                // What follows is a line of its own.
                "time" if words.len() > 1 => return self.timed(words, output).await,
                "every" if words.len() > 2 => return self.every(words, output).await,
                _ => {}
            }
            let begun = Instant::now();
            let mut doings = self.read_words(&words).await?;
            if let [(Doing::Builtin(_) | Doing::Help(_), _)] = doings.as_slice() {
                return match doings.pop() {
                    Some((Doing::Builtin(builtin), globals)) => {
                        self.builtin(builtin, &globals, &output).await
                    }
                    Some((Doing::Help(text), globals)) => {
                        let lines = text.trim_end().lines().map(str::to_owned).collect();
                        self.answer(View::Text(lines), &globals, &output).await
                    }
                    _ => Ok(Flow::Next),
                };
            }
            self.confirm_many(&words, &doings).await?;
            let paged = self.pages(&doings);
            let Some((_, globals)) = doings.first() else { return Ok(Flow::Next) };
            let stage = self.stage(&output, globals, paged, doings.len() > 1).await?;
            let result = self.commands(doings, &stage.out).await;
            let result = stage.finish(result).await;
            if self.editor.is_some() && begun.elapsed() >= SLOW {
                self.inform(format!("took {:.1} s", begun.elapsed().as_secs_f64()));
            }
            match result? {
                None => Ok(Flow::Next),
                // It was reported when it happened.
                Some(kind) => Err(Error::new(kind, String::new())),
            }
        }
        .boxed()
    }

    /// Runs the commands that one line stands for: of those that read, each; of those that write, all up
    /// to the first that fails.
    async fn commands(&mut self, doings: Vec<(Doing, Globals)>, out: &Out) -> Result<()> {
        let several = doings.len() > 1;
        let mut failed = None;
        for (doing, globals) in doings {
            let Doing::Command(command) = doing else { continue };
            let writes = command.writes();
            if let Some(path) =
                command.path().filter(|_| several && !writes && globals.output == Format::Human)
            {
                out.value(View::Text(vec![format!("{path}:")])).await?;
            }
            let Err(error) = self.command(*command, &globals, out).await else { continue };
            if !several
                || writes
                || matches!(error.kind(), Kind::Interrupted | Kind::Terminated | Kind::BrokenPipe)
            {
                return Err(error);
            }
            out.note(Note::Error(error.kind(), error.to_string())).await?;
            failed.get_or_insert(error.kind());
        }
        failed.map_or(Ok(()), |kind| Err(Error::new(kind, String::new())))
    }

    /// Puts what an alias stands for in its place.
    fn expand(&self, mut words: Vec<Word>) -> Result<Vec<Word>> {
        for _ in 0..NESTED {
            let Some(first) = words.first().filter(|first| !first.quoted) else { return Ok(words) };
            let name = first.text.clone();
            let line = self.aliases.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
            let Some(line) = line else { return Ok(words) };
            let statements = parse(&line).map_err(SyntaxError::into_error)?;
            let [Statement { action: Action::Command(alias, Output::Screen), .. }] = statements.as_slice()
            else {
                return Err(Error::usage(format!("the alias `{name}` is not one command: {line}")));
            };
            let again = alias.first().is_some_and(|word| word.text == name);
            words.splice(0..1, alias.iter().cloned());
            if again {
                return Ok(words);
            }
        }
        Err(Error::usage("these aliases never end"))
    }

    /// Reads words as commands: more than one where a glob stands for several znodes.
    pub(super) async fn read_words(&mut self, words: &[Word]) -> Result<Vec<(Doing, Globals)>> {
        let Some((first, rest)) = words.split_first() else { return Ok(Vec::new()) };
        let mut definition = self.definition(&first.text)?;
        let result = self.read_with(&mut definition, rest).await;
        self.definitions.insert(definition.name, definition);
        result
    }

    async fn read_with(&self, definition: &mut Definition, words: &[Word]) -> Result<Vec<(Doing, Globals)>> {
        if Builtin::NAMES.contains(&definition.name) || self.connection.is_none() {
            let line: Vec<OsString> = words.iter().map(|word| OsString::from(&word.text)).collect();
            return Ok(vec![self.read_line(definition, &line)?]);
        }
        let (store, here) = (self.store()?, self.here());
        let scene = Scene { store: &*store, cwd: &here, cap: MATCHES };
        let arguments = definition.shape.arguments(words, &scene).await?;
        for path in &arguments.unreadable {
            self.note(&Note::Warning(format!("{path} is not looked into: its children may not be read")));
        }
        arguments.runs.iter().map(|line| self.read_line(definition, line)).collect()
    }

    /// The definition of a command, with the options that may stand on its line.
    fn definition(&mut self, name: &str) -> Result<Definition> {
        let known = Command::NAMES.iter().chain(Builtin::NAMES);
        let fresh = || Command::definition(name).or_else(|| Builtin::definition(name));
        let canonical = match known.clone().find(|known| **known == name) {
            Some(known) => Some(*known),
            None => {
                fresh().and_then(|found| known.clone().find(|known| **known == found.get_name()).copied())
            }
        };
        let Some(canonical) = canonical else {
            let error = Error::usage(format!("there is no command `{name}`"));
            return Err(match did_you_mean(name, known.copied()) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint("`help` lists the commands; `!` in front runs a program"),
            });
        };
        if let Some(definition) = self.definitions.remove(canonical) {
            return Ok(definition);
        }
        let command = fresh().ok_or_else(|| Error::bug("a command without a definition"))?;
        let command = OnALine::add_to(command).no_binary_name(true);
        Ok(Definition { name: canonical, shape: Shape::new(command.clone()), command })
    }

    /// Reads the arguments of a command.
    fn read_line(&self, definition: &mut Definition, line: &[OsString]) -> Result<(Doing, Globals)> {
        let name = definition.name;
        let matches = match definition.command.try_get_matches_from_mut(line) {
            Ok(matches) => matches,
            Err(help) if !help.use_stderr() => {
                return Ok((Doing::Help(help.render().to_string()), self.globals.clone()));
            }
            Err(error) => return Err(refused(&error)),
        };
        let globals = OnALine::read(&matches).over(&self.globals);
        let read = |error: clap::Error| refused(&error);
        if Builtin::NAMES.contains(&name) {
            return Ok((Doing::Builtin(Builtin::read(name, &matches).map_err(read)?), globals));
        }
        let command = Command::read(name, &matches).map_err(read)?;
        Ok((Doing::Command(Box::new(command)), globals))
    }

    /// Several znodes for one word: what changes them says first how many they are.
    async fn confirm_many(&self, words: &[Word], doings: &[(Doing, Globals)]) -> Result<()> {
        let name = words.first().map_or("", |word| word.text.as_str());
        let [(Doing::Command(first), globals), _, ..] = doings else { return Ok(()) };
        if !first.writes() || globals.yes || globals.dry_run {
            return Ok(());
        }
        let paths: Vec<&str> = doings
            .iter()
            .take(NAMED)
            .filter_map(|(doing, _)| match doing {
                Doing::Command(command) => command.path().map(|path| &**path),
                _ => None,
            })
            .collect();
        let more = if doings.len() > paths.len() { ", …" } else { "" };
        let question = format!("{name} {}: {}{more}?", count(doings.len(), "znode"), paths.join(", "));
        match self.asker().confirm(question.clone()).await {
            Some(true) => Ok(()),
            Some(false) => Err(Error::usage("not confirmed, nothing was changed")),
            None => Err(Error::usage(format!("not confirmed, nothing was changed: {question}"))
                .hint("add --yes to do it without being asked")),
        }
    }

    /// Whether an answer may be longer than the screen, and comes to an end by itself.
    fn pages(&self, doings: &[(Doing, Globals)]) -> bool {
        self.editor.is_some()
            && self.settled.pager.is_some()
            && doings.iter().all(|(doing, _)| !matches!(doing, Doing::Command(command) if command.waits()))
    }

    /// Runs a command of those that exist everywhere.
    pub(super) async fn command(&mut self, command: Command, globals: &Globals, out: &Out) -> Result<()> {
        if self.transaction.is_some() && command.writes() {
            return self.take_in(&command);
        }
        let store = self.store()?;
        let keeper = self.reports.as_ref().map(|reports| Keeper {
            store: Arc::clone(&store),
            watches: self.watches.clone(),
            settings: self.settings(),
            out: Arc::clone(reports),
        });
        if command.reads_input() && self.editor.is_none() {
            return Err(Error::usage("`-` cannot be the data here: standard input is these lines")
                .hint("@FILE reads the data from a file; `--hex 2d` is a dash"));
        }
        let asker = self.asker();
        let job = Job {
            store: &store,
            out,
            globals,
            asker: &*asker,
            background: keeper.as_ref().map(|keeper| keeper as &dyn Background),
        };
        let asks = command.asks();
        match job.run(command, &mut self.interrupts).await {
            // `false` is an answer, not a failure.
            Err(error) if asks && error.kind() == Kind::Refused && error.to_string().is_empty() => Ok(()),
            result => result,
        }
    }

    /// Puts a write into the transaction that was begun.
    fn take_in(&mut self, command: &Command) -> Result<()> {
        let single: Option<Single> = command.single();
        let Some(pending) = &mut self.transaction else { return Ok(()) };
        match single {
            Some(single) => {
                pending.push(single);
                Ok(())
            }
            None => Err(Error::usage("this cannot be part of a transaction")
                .hint("create, set, delete and check can; `commit` or `abort` ends the transaction")),
        }
    }

    async fn timed(&mut self, words: Vec<Word>, output: Output) -> Result<Flow> {
        let begun = Instant::now();
        let result = self.words(words.into_iter().skip(1).collect(), output).await;
        self.inform(format!("took {:.3} s", begun.elapsed().as_secs_f64()));
        result
    }

    async fn every(&mut self, words: Vec<Word>, output: Output) -> Result<Flow> {
        let mut definition = self.definition("every")?;
        let line: Vec<OsString> = words.iter().skip(1).map(|word| OsString::from(&word.text)).collect();
        let read = self.read_line(&mut definition, &line);
        self.definitions.insert(definition.name, definition);
        let (Doing::Builtin(Builtin::Every(every)), _) = read? else { return Ok(Flow::Next) };
        let line: Vec<Word> = words.into_iter().skip(2).collect();
        loop {
            let flow = self.words(line.clone(), output.clone()).await?;
            if flow == Flow::Leave {
                return Ok(flow);
            }
            tokio::select! {
                () = tokio::time::sleep(every.pause) => {}
                kind = self.interrupts.next() => {
                    return if kind == Kind::Interrupted { Ok(Flow::Next) } else { Err(Error::new(kind, String::new())) };
                }
            }
        }
    }

    /// Does again what was typed.
    pub(super) async fn recall(&mut self, recall: Recall) -> Result<Flow> {
        let Some(editor) = self.editor.clone() else {
            return Err(Error::usage("there is no history: nobody types here"));
        };
        let lines = editor.remembered(usize::MAX).await;
        // The last of them is the line that recalls.
        let mut before = lines
            .iter()
            .rev()
            .filter(|(_, line)| !line.trim_start().starts_with(['!']) && !line.starts_with("redo"));
        let found = match &recall {
            Recall::Number(number) => lines.iter().find(|(at, _)| at == number),
            Recall::Back(back) => before.nth(back.saturating_sub(1)),
            Recall::Containing(text) => before.find(|(_, line)| line.contains(text.as_str())),
        };
        let Some((_, line)) = found else {
            return Err(Error::usage("nothing of the kind is in the history").hint("`history 100` lists it"));
        };
        let line = line.clone();
        self.inform(&line);
        for statement in parse(&line).map_err(SyntaxError::into_error)? {
            if matches!(statement.action, Action::Recall(_)) {
                return Err(Error::usage(format!("that line recalls another: {line}")));
            }
            if Box::pin(self.carry_out(statement)).await? == Flow::Leave {
                return Ok(Flow::Leave);
            }
        }
        Ok(Flow::Next)
    }

    /// Runs a line for `sh`.
    async fn outside(&mut self, line: &str) -> Result<Flow> {
        self.settle().await?;
        let mut program = shell(line);
        if self.editor.is_none() {
            // The lines of standard input are the shell's own.
            program.stdin(Stdio::null());
        }
        let mut child = program
            .spawn()
            .map_err(|error| Error::new(Kind::Io, format!("cannot start `{line}`")).because(error))?;
        let wait = tokio::task::spawn_blocking(move || child.wait());
        tokio::pin!(wait);
        loop {
            tokio::select! {
                status = &mut wait => {
                    let status = status.map_err(ended)?;
                    let status = status.map_err(|error| Error::new(Kind::Io, format!("cannot run `{line}`")).because(error))?;
                    return if status.success() { Ok(Flow::Next) } else {
                        Err(Error::new(Kind::Refused, format!("`{line}` ended with {status}")))
                    };
                }
                // Ctrl-C is for the program; it has got it as well.
                kind = self.interrupts.next() => if kind == Kind::Terminated {
                    return Err(Error::new(kind, String::new()));
                },
            }
        }
    }
}

/// What clap says, as an error of ours.
fn refused(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let text = text.split("\n\nFor more information").next().unwrap_or(text);
    Error::usage(text.trim_end())
}

/// Work on another thread was not done.
pub(super) fn ended(error: tokio::task::JoinError) -> Error {
    Error::bug("work on another thread failed").because(error)
}
