//! From what a word says back to how it is typed.

use std::borrow::Cow;

use super::word::{GLOB, ends_word};
use crate::znode::text::sanitise;

/// How a word is quoted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// With backslashes, where it needs anything.
    #[default]
    Bare,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// `$'…'`
    Ansi,
}

impl Style {
    /// That of a word as typed so far.
    pub fn of(typed: &str) -> Self {
        match typed.chars().next() {
            Some('\'') => Self::Single,
            Some('"') => Self::Double,
            Some('$') if typed.starts_with("$'") => Self::Ansi,
            _ => Self::Bare,
        }
    }
}

/// A word that says `text`, in an argument of any kind. The shortest of what people would type, with
/// nothing in it that a terminal would not show.
pub fn quote(text: &str) -> Cow<'_, str> {
    let begins = |c: char| matches!(c, '#' | '>' | '<' | '&' | '!' | '$');
    let special =
        |c: char| ends_word(c) || c.is_whitespace() || GLOB.contains(&c) || matches!(c, '"' | '\'' | '\\');
    if hidden(text) {
        Cow::Owned(whole(text, Style::Ansi, true))
    } else if !text.is_empty() && !text.starts_with(begins) && !text.contains(special) {
        Cow::Borrowed(text)
    } else if text.contains('\'') {
        Cow::Owned(whole(text, Style::Double, true))
    } else {
        Cow::Owned(whole(text, Style::Single, true))
    }
}

/// A word that says `path` where a path is expected, quoted in a style if that can. Not `closed`, its
/// quote is left open, for somebody who types on.
pub fn quote_path(path: &str, style: Style, closed: bool) -> String {
    match style {
        _ if hidden(path) => whole(path, Style::Ansi, closed),
        // A backslash in front of another sign could not be told from one that quotes it.
        Style::Bare if path.is_empty() || path.contains('\\') => whole(path, Style::Double, closed),
        Style::Bare => bare(path),
        Style::Single if path.contains('\'') => whole(path, Style::Double, closed),
        style => whole(path, style, closed),
    }
}

/// Whether there is something that does not show as it is.
fn hidden(text: &str) -> bool {
    matches!(sanitise(text, false), Cow::Owned(_))
}

fn bare(path: &str) -> String {
    let mut typed = String::with_capacity(path.len() + 4);
    for (at, c) in path.char_indices() {
        let begins =
            at == 0 && (matches!(c, '"' | '\'' | '#' | '>' | '<' | '&' | '!') || path.starts_with("$'"));
        if begins || ends_word(c) || GLOB.contains(&c) {
            typed.push('\\');
        }
        typed.push(c);
    }
    typed
}

fn whole(text: &str, style: Style, closed: bool) -> String {
    let (open, close) = match style {
        Style::Bare | Style::Single => ("'", '\''),
        Style::Double => ("\"", '"'),
        Style::Ansi => ("$'", '\''),
    };
    let mut typed = String::with_capacity(text.len() + 3);
    typed.push_str(open);
    for c in text.chars() {
        match (style, c) {
            (Style::Double, '"' | '\\') | (Style::Ansi, '\'' | '\\') => typed.extend(['\\', c]),
            (Style::Ansi, '\n') => typed.push_str("\\n"),
            (Style::Ansi, '\t') => typed.push_str("\\t"),
            (Style::Ansi, '\r') => typed.push_str("\\r"),
            (Style::Ansi, c) if hidden(c.encode_utf8(&mut [0; 4])) => typed.extend(c.escape_unicode()),
            (_, c) => typed.push(c),
        }
    }
    if closed {
        typed.push(close);
    }
    typed
}
