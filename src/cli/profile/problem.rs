//! What is wrong with a configuration file, where, and what to write instead.

use std::fmt;

use saphyr_parser::{Marker, Span};
use unicode_width::UnicodeWidthStr;

use super::yaml::{Key, Node};
use crate::error::{Error, Kind};

/// Where something stands in a file: line and column, from 1.
pub type Place = (usize, usize);

/// Something that is wrong with a configuration file.
///
/// Its words and its excerpt never repeat what may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// What stands there, and a second line that points at it.
    pub excerpt: Option<String>,
}

/// `line:column: message`, and the excerpt below.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.place.0, self.place.1, self.message)?;
        match &self.excerpt {
            Some(excerpt) => write!(f, "\n{excerpt}"),
            None => Ok(()),
        }
    }
}

/// What is wrong, before it is said where.
#[derive(Debug)]
pub(super) struct Wrong {
    message: String,
    hint: Option<String>,
}

impl Wrong {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// As an error, with `more` behind its words.
    pub(super) fn error(self, kind: Kind, more: &str) -> Error {
        let error = Error::new(kind, self.message + more);
        self.hint.into_iter().fold(error, Error::hint)
    }

    /// A hint for when there is no better one.
    pub(super) fn or_hint(self, hint: &str) -> Self {
        if self.hint.is_some() { self } else { self.hint(hint) }
    }
}

pub(super) fn place(mark: Marker) -> Place {
    (mark.line(), mark.col() + 1)
}

impl Problem {
    fn new(place: Place, wrong: Wrong, excerpt: Option<String>) -> Self {
        Self { place, message: wrong.message, hint: wrong.hint, excerpt }
    }

    /// Something without a line to show.
    pub(super) fn bare(place: Place, wrong: Wrong) -> Self {
        Self::new(place, wrong, None)
    }

    /// The file is no YAML, or none of the kind that it should be. Nobody knows then what of a line is
    /// a secret: no more of it is shown than its key.
    pub(super) fn syntax(text: &str, at: Marker, wrong: Wrong) -> Self {
        let line = text.lines().nth(at.line().saturating_sub(1)).unwrap_or_default();
        let indent = line.chars().take_while(|c| *c == ' ').count();
        let word = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        let key = line.chars().skip(indent).take_while(word).count();
        let excerpt = match line.chars().nth(indent + key) {
            Some(':') if key > 0 => {
                Excerpt { line: at.line(), from: indent, mark: (indent, indent + key), more: true }.cut(text)
            }
            _ => None,
        };
        Self::new(place(at), wrong, excerpt)
    }

    /// A key that should not be there.
    pub(super) fn key(text: &str, key: &Key, wrong: Wrong) -> Self {
        Self::new(place(key.span.start), wrong, key_alone(text, key).cut(text))
    }

    /// The value of a key; a `secret` one is not shown.
    pub(super) fn value(text: &str, key: &Key, value: &Node, secret: bool, wrong: Wrong) -> Self {
        let Span { start, end } = value.span;
        let excerpt = if secret || start == end {
            key_alone(text, key)
        } else {
            let beside = key.span.start.line() == start.line();
            let from = if beside { key.span.start.col() } else { start.col() };
            let to = if end.line() == start.line() { end.col() } else { usize::MAX };
            Excerpt { line: start.line(), from, mark: (start.col(), to), more: false }
        };
        // An empty value stands nowhere of its own.
        let at = if start == end { key.span.start } else { start };
        Self::new(place(at), wrong, excerpt.cut(text))
    }
}

fn key_alone(text: &str, key: &Key) -> Excerpt {
    let Span { start, end } = key.span;
    let line = text.lines().nth(start.line().saturating_sub(1)).unwrap_or_default();
    let more = line.chars().skip(end.col()).any(|c| !c.is_whitespace() && c != ':');
    let to = if end.line() == start.line() { end.col() } else { usize::MAX };
    Excerpt { line: start.line(), from: start.col(), mark: (start.col(), to), more }
}

/// Which part of a line to show, and which of that to point at; columns from 0.
struct Excerpt {
    line: usize,
    from: usize,
    mark: (usize, usize),
    /// Whether something behind it is left out.
    more: bool,
}

impl Excerpt {
    fn cut(&self, text: &str) -> Option<String> {
        let line = text.lines().nth(self.line.checked_sub(1)?)?.trim_end();
        let part = |from: usize, to: usize| -> String {
            line.chars().skip(from).take(to.saturating_sub(from)).collect()
        };
        let before = part(0, self.from);
        let before = if before.trim().is_empty() { before } else { "… ".to_owned() };
        let head = part(self.from, self.mark.0);
        let marked = part(self.mark.0, self.mark.1);
        let more = if self.more { ": …" } else { "" };
        let number = self.line.to_string();
        let (gutter, indent) = (number.len(), before.width() + head.width());
        let carets = "^".repeat(marked.width().max(1));
        Some(format!("{number} | {before}{head}{marked}{more}\n{:gutter$} | {:indent$}{carets}", "", ""))
    }
}
