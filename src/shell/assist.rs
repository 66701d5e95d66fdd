//! What helps while somebody types: completion, hints, colours. All of it on the editor's thread.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::SearchDirection;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};

use super::builtins::Builtin;
use super::grammar::{Place, Token, TokenKind, cursor, parse, quote, quote_path, tokens};
use super::lookup::Lookup;
use super::paths::resolve;
use crate::cli::OnALine;
use crate::cli::complete::{Kind, PathSource, candidates};
use crate::command::Command;
use crate::render::Palette;
use crate::znode::ZPath;

/// Lines longer than this are pasted rather than typed: colours would only slow them down.
const TYPED: usize = 4096;

/// The editor's helper.
pub(super) struct Assist {
    lookup: Lookup,
    paths: Arc<dyn PathSource>,
    here: Arc<Mutex<ZPath>>,
    palette: Palette,
    aliases: Arc<Mutex<BTreeMap<String, String>>>,
    files: FilenameCompleter,
    definitions: RefCell<HashMap<String, Option<clap::Command>>>,
    /// A line is being typed, and not the answer to a question.
    on: bool,
}

/// Grey text behind the cursor.
pub(super) struct Grey {
    text: String,
    /// It can be taken over.
    takes: bool,
}

impl Hint for Grey {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.takes.then_some(self.text.as_str())
    }
}

impl Assist {
    pub(super) fn new(
        lookup: Lookup,
        here: Arc<Mutex<ZPath>>,
        palette: Palette,
        aliases: Arc<Mutex<BTreeMap<String, String>>>,
    ) -> Self {
        let paths = Arc::new(lookup.clone());
        let files = FilenameCompleter::new();
        Self { lookup, paths, here, palette, aliases, files, definitions: RefCell::default(), on: true }
    }

    /// Helps with lines, but not with answers to questions.
    pub(super) fn assists(&mut self, on: bool) {
        self.on = on;
    }

    fn here(&self) -> ZPath {
        self.here.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_alias(&self, name: &str) -> bool {
        self.aliases.lock().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }

    /// Looks at the definition of a command, if there is one.
    fn with_definition<T>(&self, name: &str, look: impl FnOnce(&mut clap::Command) -> T) -> Option<T> {
        let mut definitions = self.definitions.borrow_mut();
        let definition = definitions.entry(name.to_owned()).or_insert_with(|| {
            let mut definition =
                OnALine::add_to(Command::definition(name).or_else(|| Builtin::definition(name))?);
            definition.build();
            Some(definition)
        });
        definition.as_mut().map(look)
    }

    /// What is still to come, behind a blank.
    fn usage(&self, line: &str) -> Option<String> {
        let at = cursor(line, line.len());
        let name = at.words.first()?.text.clone();
        if at.place != Place::Argument || !at.word.text.is_empty() {
            return None;
        }
        let given = at.words.iter().skip(1).filter(|word| !word.text.starts_with('-')).count();
        let rest = self.with_definition(&name, |definition| {
            let shown = definition.get_positionals().filter(|arg| !arg.is_hide_set());
            let names = shown.skip(given).map(|arg| {
                let name = arg.get_value_names().and_then(|names| names.first());
                let name = name.map_or_else(|| arg.get_id().as_str().to_uppercase(), ToString::to_string);
                if arg.is_required_set() { name } else { format!("[{name}]") }
            });
            names.collect::<Vec<_>>().join(" ")
        })?;
        (!rest.is_empty()).then_some(rest)
    }

    fn names(&self, prefix: &str) -> Vec<Pair> {
        let aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        let known = Command::NAMES.iter().chain(Builtin::NAMES).copied();
        let mut names: Vec<&str> = known.chain(aliases.keys().map(String::as_str)).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .map(|name| Pair { display: name.to_owned(), replacement: format!("{name} ") })
            .collect()
    }

    /// How a piece of a line looks.
    fn style(&self, token: &Token, command: Option<&str>) -> nu_ansi_term::Style {
        let palette = self.palette;
        if token.fault.is_some() {
            return palette.error();
        }
        match (&token.kind, &token.word) {
            (TokenKind::Command, Some(word)) => {
                let known = self.is_alias(&word.text) || self.with_definition(&word.text, |_| ()).is_some();
                if known { palette.label() } else { palette.error() }
            }
            (TokenKind::Argument, Some(word)) if !word.quoted && word.text.starts_with('-') => {
                let known = command
                    .and_then(|name| self.with_definition(name, |found| has_option(found, &word.text)));
                if known == Some(false) { palette.error() } else { palette.literal() }
            }
            (TokenKind::Argument, Some(word)) if word.glob => palette.passing(),
            (TokenKind::Argument, Some(word)) => {
                let path = word.path();
                let missing = path.starts_with('/')
                    && command.is_some_and(|name| name != "create" && name != "set")
                    && resolve(&self.here(), &path)
                        .is_ok_and(|path| self.lookup.exists(&path) == Some(false));
                if missing { palette.old_value() } else { nu_ansi_term::Style::new() }
            }
            (TokenKind::Comment, _) => palette.dim(),
            (TokenKind::Sign | TokenKind::Recall, _) => palette.hint(),
            _ => nu_ansi_term::Style::new(),
        }
    }
}

/// Whether a command has an option that is written so, or several short ones in one word.
fn has_option(definition: &mut clap::Command, word: &str) -> bool {
    let has_short = |c: char| definition.get_arguments().any(|arg| arg.get_short() == Some(c));
    match word.strip_prefix("--") {
        Some("") => true,
        Some(long) => {
            let long = long.split('=').next().unwrap_or(long);
            definition.get_arguments().any(|arg| arg.get_long() == Some(long))
        }
        // A number below zero, or the value of an option that stands right behind it.
        None => word.chars().nth(1).is_none_or(|c| c.is_ascii_digit() || has_short(c)),
    }
}

impl Completer for Assist {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &rustyline::Context<'_>,
    ) -> Result<(usize, Vec<Pair>), ReadlineError> {
        if !self.on {
            return Ok((pos, Vec::new()));
        }
        let at = cursor(line, pos);
        match at.place {
            Place::Command => return Ok((at.word.span.start, self.names(&at.word.text))),
            Place::Argument => {}
            Place::File | Place::Shell => return self.files.complete_path(line, pos),
            Place::Comment | Place::Recall => return Ok((pos, Vec::new())),
        }
        let mut words: Vec<OsString> = at.words.iter().map(|word| word.text.as_str().into()).collect();
        if let Some(first) = words.first_mut()
            && let Some(alias) =
                self.aliases.lock().unwrap_or_else(PoisonError::into_inner).get(&*first.to_string_lossy())
        {
            let expanded: Vec<OsString> = alias.split_whitespace().map(Into::into).collect();
            words.splice(0..1, expanded);
        }
        let Some(name) = words.first().map(|word| word.to_string_lossy().into_owned()) else {
            return Ok((pos, Vec::new()));
        };
        let Some(command) = Command::definition(&name).or_else(|| Builtin::definition(&name)) else {
            return Ok((pos, Vec::new()));
        };
        let definition = clap::Command::new("zkx").no_binary_name(true).subcommand(OnALine::add_to(command));
        words.push(at.word.path.as_str().into());
        let found = candidates(definition, &words, words.len() - 1, &self.paths);
        let pairs = found.into_iter().map(|candidate| {
            let mut replacement = match candidate.kind {
                Kind::Path => quote_path(&candidate.value, at.word.style, !candidate.open),
                _ => quote(&candidate.value).into_owned(),
            };
            if !candidate.open {
                replacement.push(' ');
            }
            Pair { display: candidate.label().to_owned(), replacement }
        });
        Ok((at.word.span.start, pairs.collect()))
    }
}

impl Hinter for Assist {
    type Hint = Grey;

    fn hint(&self, line: &str, pos: usize, cx: &rustyline::Context<'_>) -> Option<Grey> {
        if !self.on || pos < line.len() || line.is_empty() || line.len() > TYPED {
            return None;
        }
        let history = cx.history();
        let newest = history.len().checked_sub(1)?;
        let found = history.starts_with(line, newest, SearchDirection::Reverse).ok().flatten();
        if let Some(found) = found
            && let Some(rest) =
                found.entry.get(line.len()..).filter(|rest| !rest.is_empty() && !rest.contains('\n'))
        {
            return Some(Grey { text: rest.to_owned(), takes: true });
        }
        self.usage(line).map(|text| Grey { text, takes: false })
    }
}

impl Highlighter for Assist {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.on || line.len() > TYPED {
            return Cow::Borrowed(line);
        }
        let mut shown = String::with_capacity(line.len() * 2);
        let mut at = 0;
        let mut command = None;
        for token in tokens(line) {
            shown.push_str(line.get(at..token.span.start).unwrap_or_default());
            let text = line.get(token.span.clone()).unwrap_or_default();
            if token.kind == TokenKind::Command {
                command = token.word.as_ref().map(|word| word.text.clone());
            }
            shown.push_str(&self.style(&token, command.as_deref()).paint(text).to_string());
            at = token.span.end;
        }
        shown.push_str(line.get(at..).unwrap_or_default());
        Cow::Owned(shown)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.palette.dim().paint(hint).to_string())
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.on && kind != CmdKind::MoveCursor
    }
}

impl Validator for Assist {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult, ReadlineError> {
        match parse(context.input()) {
            Err(error) if self.on && error.is_incomplete() => Ok(ValidationResult::Incomplete),
            _ => Ok(ValidationResult::Valid(None)),
        }
    }
}

impl rustyline::Helper for Assist {}
