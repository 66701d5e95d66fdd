//! The prompt: lines that somebody types, and what is said above them.

use std::io;
use std::sync::{Arc, PoisonError};

use futures_util::future::BoxFuture;
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nu_ansi_term::Style;

use super::assist::Assist;
use super::editor::{Editor, Printer, Typed};
use super::grammar::parse;
use super::lookup::lookup;
use super::{Console, Flow, Shell, lines};
use crate::cli::Source;
use crate::command::Asker;
use crate::error::{Error, Kind, Result};
use crate::render::{self, Beside, Format, Notes};
use crate::store::{Change, Link, Store};
use crate::view::Note;
use crate::znode::text::{count, sanitise};

/// The prompt shows so much of a path; of a longer one the end.
const LONGEST: usize = 40;

/// The terminal as it was, for whoever leaves in the middle of a line.
pub(super) struct Restored(Option<Termios>);

impl Restored {
    pub(super) fn new() -> Self {
        Self(tcgetattr(std::io::stdin()).ok())
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        if let Some(termios) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, termios);
        }
    }
}

impl Shell<'_> {
    /// Takes lines until somebody leaves.
    pub(super) async fn converse(&mut self) -> Result<Option<Kind>> {
        let _restored = Restored::new();
        let (lookup, librarian) = lookup(Arc::clone(&self.here), self.globals.configuration.clone());
        let shared = Arc::clone(&self.shared);
        tokio::spawn(librarian.serve(move || shared.lock().unwrap_or_else(PoisonError::into_inner).clone()));
        let options = self.console.options(&self.globals);
        let assist =
            Assist::new(lookup.clone(), Arc::clone(&self.here), options.palette, Arc::clone(&self.aliases));
        let editor = Arc::new(Editor::start(self.settled.editing.clone(), assist)?);
        self.lookup = Some(lookup);
        let printer = editor.printer();
        let above = {
            let printer = printer.clone();
            Beside::Printer(Arc::new(move |lines| printer.print(lines)))
        };
        let notes = Notes { to: above, ..options.notes.clone() };
        let reports = render::Options { format: Format::Human, notes, ..options };
        let (reports, _renderer) = render::start_to(reports, printer)
            .map_err(|error| Error::new(Kind::Io, "cannot start").because(error))?;
        self.reports = Some(Arc::new(tokio::sync::Mutex::new(reports)));
        self.editor = Some(Arc::clone(&editor));
        self.attend();
        self.welcome();
        if let Some(file) = self.settled.rc_file.clone() {
            let name = file.display().to_string();
            let result = self.read(Vec::new(), lines::of_file(&file), Some(&name), true).await;
            self.said(result.map(|_| Flow::Next))?;
        }
        loop {
            editor.ask(self.prompt());
            let typed = loop {
                tokio::select! {
                    typed = editor.typed() => break typed,
                    kind = self.interrupts.next() => if kind == Kind::Terminated {
                        return Err(Error::new(kind, String::new()));
                    },
                }
            };
            match typed {
                Typed::Interrupted => {}
                Typed::End => return Ok(None),
                Typed::Line(line) => {
                    if self.typed(&line).await? == Flow::Leave {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Carries out what was typed. Only what ends the shell is an error.
    async fn typed(&mut self, line: &str) -> Result<Flow> {
        let statements = match parse(line) {
            Ok(statements) => statements,
            Err(error) => return self.said(Err(error.into_error())),
        };
        for statement in statements {
            let result = self.carry_out(statement).await;
            let failed = result.is_err();
            let flow = self.said(result)?;
            if flow == Flow::Leave || failed {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// Reports an error, unless it ends the shell.
    fn said(&self, result: Result<Flow>) -> Result<Flow> {
        match result {
            Err(error) if error.kind() == Kind::Terminated => Err(error),
            Err(error) => {
                self.console.report(&error);
                Ok(Flow::Next)
            }
            flow => flow,
        }
    }

    fn welcome(&self) {
        let Some(connection) = &self.connection else { return };
        let session = connection.store.session();
        self.inform(format!("zkx {}; `help` lists the commands, Tab completes", env!("CARGO_PKG_VERSION")));
        match &connection.source {
            Source::Sandbox => self.inform(
                "this is a small world in memory: a Kafka cluster, an application, its locks; \
                 begin with `tree /`, `get /app/config/features`, `watch / -R`; nothing is kept",
            ),
            Source::Memory(_) => self.inform("this ensemble is in memory: nothing is kept"),
            Source::Live(_) => {
                let read_only =
                    if session.read_only { ", which has lost its quorum and takes no writes" } else { "" };
                self.inform(format!("connected to {}{read_only}; session {:#x}", session.server, session.id));
            }
        }
    }

    /// Says above the line what happens to the session.
    pub(super) fn attend(&mut self) {
        let (Some(connection), Some(editor)) = (&mut self.connection, &self.editor) else { return };
        let notes = self.console.options(&self.globals).notes;
        let said = said_of(Arc::clone(&connection.store), editor.printer(), notes);
        connection.attending = Some(tokio::spawn(said).abort_handle());
    }

    /// Profile, server, state, path, and what waits in a transaction.
    fn prompt(&self) -> (String, String) {
        let palette = self.console.options(&self.globals).palette;
        let mut parts: Vec<(String, Style)> = Vec::new();
        let profile = self.settled.prompt_style(palette);
        if let Some(name) = &self.settled.profile {
            parts.push((name.clone(), profile));
        }
        match &self.connection {
            None => parts.push(("(no session)".into(), palette.warning())),
            Some(connection) => {
                let session = connection.store.session();
                let (server, state) = match session.link {
                    Link::Connected if session.read_only => (session.server, Some("(read-only)")),
                    Link::Connected => (session.server, None),
                    Link::Lost => (connection.source.to_string(), Some("(connection lost)")),
                    Link::Expired => (connection.source.to_string(), Some("(session expired)")),
                    Link::Closed => (connection.source.to_string(), Some("(session ended)")),
                };
                parts.push((server, palette.dim()));
                parts.extend(state.map(|state| (state.to_owned(), palette.warning())));
            }
        }
        if self.globals.read_only {
            parts.push(("[read-only]".into(), palette.passing()));
        }
        if let Some(pending) = &self.transaction {
            parts.push((format!("[{} in transaction]", count(pending.len(), "write")), palette.passing()));
        }
        let here = self.here();
        let path = sanitise(&here, false);
        let length = path.chars().count();
        let path = if length > LONGEST {
            format!("…{}", path.chars().skip(length - LONGEST + 1).collect::<String>())
        } else {
            path.into_owned()
        };
        parts.push((path, profile));
        let plain: Vec<_> = parts.iter().map(|(text, _)| text.as_str()).collect();
        let styled: Vec<_> = parts.iter().map(|(text, style)| style.paint(text).to_string()).collect();
        (format!("{}> ", plain.join(" ")), format!("{}> ", styled.join(" ")))
    }
}

impl<'a> Shell<'a> {
    /// Who can be asked.
    pub(super) fn asker(&self) -> Box<dyn Asker + 'a> {
        match &self.editor {
            Some(editor) => {
                let word = self.settled.production.then(|| self.settled.profile.clone()).flatten();
                Box::new(Asking { editor: Arc::clone(editor), console: self.console, word })
            }
            None => Box::new(Elsewhere(self.console)),
        }
    }
}

/// Asks where lines are typed.
struct Asking<'a> {
    editor: Arc<Editor>,
    console: &'a dyn Console,
    /// What must be typed instead of yes.
    word: Option<String>,
}

impl Asker for Asking<'_> {
    fn confirm(&self, question: String) -> BoxFuture<'_, Option<bool>> {
        Box::pin(async move {
            let question = sanitise(&question, false).into_owned();
            let prompt = match &self.word {
                Some(word) => format!("{question} type {word} to do it: "),
                None => format!("{question} [y/N] "),
            };
            match self.editor.answer(prompt).await {
                Typed::Line(line) => Some(match &self.word {
                    Some(word) => line.trim() == word,
                    None => matches!(line.trim(), "y" | "Y" | "yes" | "Yes" | "YES"),
                }),
                Typed::Interrupted | Typed::End => Some(false),
            }
        })
    }

    fn secret(&self, prompt: String) -> BoxFuture<'_, Option<io::Result<String>>> {
        self.console.secret(prompt)
    }
}

/// Asks as the console does.
struct Elsewhere<'a>(&'a dyn Console);

impl Asker for Elsewhere<'_> {
    fn confirm(&self, question: String) -> BoxFuture<'_, Option<bool>> {
        self.0.confirm(question)
    }

    fn secret(&self, prompt: String) -> BoxFuture<'_, Option<io::Result<String>>> {
        self.0.secret(prompt)
    }
}

/// Follows a session, and says what happens to it: once, not for each of its watches.
async fn said_of(store: Arc<dyn Store>, printer: Printer, notes: Notes) {
    let notes = Notes { to: Beside::Printer(Arc::new(move |lines| printer.print(lines))), ..notes };
    let mut changes = store.connection();
    while let Some(change) = changes.next().await {
        let note = match change {
            Change::Lost { why } => Note::Warning(format!("connection lost: {why}; looking for a server")),
            Change::Back { server, renewed: false, .. } => Note::Info(format!(
                "connected to {server} again: the session and its ephemerals are there, watches are set again"
            )),
            Change::Back { server, renewed: true, .. } => Note::Warning(format!(
                "the session expired, and its ephemerals are gone; a new one, {:#x}, is on {server}: identities \
                 and watches are set again, what happened in between may have gone unseen",
                store.session().id
            )),
            Change::Ended(failure) => {
                Note::Error(Kind::Connection, format!("the session has ended: {failure}"))
            }
            Change::Event(_) | Change::Missed { .. } => continue,
        };
        notes.print(&note);
    }
}
