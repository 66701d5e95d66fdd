//! Words, and what quotes make of them.

use std::borrow::Cow;
use std::ops::Range;

use super::json::{self, Json};
use super::lexer::{Awaited, Fault};

/// A word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it says, without its quotes.
    pub text: String,
    /// Where it stands in the input, quotes included, in bytes.
    pub span: Range<usize>,
    /// Some of it is quoted.
    pub quoted: bool,
    /// It has a `*`, `?`, `[` or `{` that is not quoted: as a path it stands for others.
    pub glob: bool,
    /// As a pattern; see [`Word::pattern`]. Only where that differs from the text or has something
    /// that a glob knows.
    pattern: Option<String>,
}

/// Characters that make a pattern of a word.
pub(super) const GLOB: &[char] = &['*', '?', '[', '{'];

/// Characters that mean something in a pattern, and there have a backslash when they are quoted.
const SPECIAL: &[char] = &['*', '?', '[', ']', '{', '}', ',', '-', '!', '^', '\\'];

impl Word {
    /// The word as a pattern for paths: a backslash in front of a character says that this is no
    /// sign of a glob but itself.
    pub fn pattern(&self) -> &str {
        self.pattern.as_deref().unwrap_or(&self.text)
    }

    /// The path that the word says when it is no glob. Differs from the text where a backslash
    /// stands in front of a sign of globs.
    pub fn path(&self) -> Cow<'_, str> {
        self.pattern.as_deref().map_or(Cow::Borrowed(self.text.as_str()), unescape)
    }

    /// Whether it was typed as it is, and says `text`.
    pub(super) fn is_sign(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }
}

/// What a pattern says when all of its characters are themselves.
pub fn unescape(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains('\\') {
        return Cow::Borrowed(pattern);
    }
    let mut text = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    Cow::Owned(text)
}

/// Whether a character separates words; the end of a line ends a statement as well.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}')
}

/// Whether a word ends in front of this character.
pub(super) fn ends_word(c: char) -> bool {
    is_blank(c) || matches!(c, '\n' | ';' | '|')
}

/// The length of a backslash and the end of the line behind it, at the beginning of `rest`.
pub(super) fn continuation(rest: &str) -> Option<usize> {
    ["\\\n", "\\\r\n"].iter().find(|sign| rest.starts_with(**sign)).map(|sign| sign.len())
}

/// Reads the word that begins at `start`. With a fault, the word is what there is of it.
pub(super) fn scan(input: &str, start: usize) -> (Word, Option<Fault>) {
    let rest = input.get(start..).unwrap_or_default();
    match json::find(rest) {
        Json::Whole(length) => Scanner::new(input, start).verbatim(start + length, None),
        Json::Open => {
            let fault = Fault {
                message: "the JSON that begins here does not end".into(),
                instead: Some("close it; quoted, it may be anything".into()),
                span: start..input.len(),
                awaited: Some(Awaited::Json),
            };
            Scanner::new(input, start).verbatim(input.len(), Some(fault))
        }
        Json::No => Scanner::new(input, start).run(),
    }
}

struct Scanner<'a> {
    input: &'a str,
    start: usize,
    at: usize,
    /// Quotes mean something in this word.
    quoting: bool,
    text: String,
    pattern: Option<String>,
    quoted: bool,
    glob: bool,
}

impl<'a> Scanner<'a> {
    fn new(input: &'a str, start: usize) -> Self {
        let rest = input.get(start..).unwrap_or_default();
        let quoting = rest.starts_with(['"', '\'']) || rest.starts_with("$'");
        let (text, pattern) = (String::new(), None);
        Self { input, start, at: start, quoting, text, pattern, quoted: false, glob: false }
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn run(mut self) -> (Word, Option<Fault>) {
        while let Some(c) = self.rest().chars().next() {
            if ends_word(c) {
                break;
            }
            let result = match c {
                '\\' => self.backslash(),
                '\'' if self.quoting => self.single(),
                '"' if self.quoting => self.double(),
                '$' if self.quoting && self.rest().starts_with("$'") => self.ansi(),
                _ => {
                    self.at += c.len_utf8();
                    self.plain(c);
                    self.quoting |= c == '=' && self.is_option();
                    Ok(())
                }
            };
            if let Err(fault) = result {
                self.at = self.input.len();
                return self.finish(Some(fault));
            }
        }
        self.finish(None)
    }

    /// Whether all that came so far is the name of an option and the sign in front of its value.
    fn is_option(&self) -> bool {
        let typed = self.input.get(self.start..self.at).unwrap_or_default();
        let name = typed.strip_prefix("--").or_else(|| typed.strip_prefix('-')).unwrap_or_default();
        let name = name.strip_suffix('=').unwrap_or_default();
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    }

    /// Takes everything up to `end` as it stands.
    fn verbatim(mut self, end: usize, fault: Option<Fault>) -> (Word, Option<Fault>) {
        self.input.get(self.start..end).unwrap_or_default().chars().for_each(|c| self.literal(c));
        self.at = end;
        self.finish(fault)
    }

    fn finish(self, fault: Option<Fault>) -> (Word, Option<Fault>) {
        let Self { start, at, text, pattern, quoted, glob, .. } = self;
        (Word { text, span: start..at, quoted, glob, pattern }, fault)
    }

    /// A character as typed outside of quotes.
    fn plain(&mut self, c: char) {
        self.glob |= GLOB.contains(&c);
        // No backslash comes here that is not itself.
        self.both(c, c == '\\');
    }

    /// A character that is itself whatever it is.
    fn literal(&mut self, c: char) {
        self.quoted = true;
        self.both(c, SPECIAL.contains(&c));
    }

    fn both(&mut self, c: char, escape: bool) {
        if self.pattern.is_none() && (c == '\\' || GLOB.contains(&c)) {
            self.pattern = Some(self.text.clone());
        }
        if let Some(pattern) = &mut self.pattern {
            if escape {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        self.text.push(c);
    }

    fn backslash(&mut self) -> Result<(), Fault> {
        if let Some(length) = continuation(self.rest()) {
            self.at += length;
            return Ok(());
        }
        let (first, from) = (self.at == self.start, self.at);
        self.at += 1;
        // Of a line end of two characters the second may still come.
        let next = self.rest().chars().next().filter(|_| self.rest() != "\r");
        let Some(c) = next else {
            return Err(Fault {
                message: "nothing follows the backslash".into(),
                instead: Some("it joins the next line; quote it where it belongs to the word".into()),
                span: from..self.at,
                awaited: Some(Awaited::Line),
            });
        };
        let meant = match c {
            '"' | '\'' => first || self.quoting,
            '#' | '>' | '<' | '&' | '!' => first,
            '$' => first && self.rest().starts_with("$'"),
            _ => ends_word(c),
        };
        if meant {
            self.at += c.len_utf8();
            self.literal(c);
        } else if GLOB.contains(&c) || matches!(c, ']' | '}' | ',') {
            // In a path the backslash is a quote; in data, where there are no globs, it is data.
            self.at += 1;
            let pattern = self.pattern.get_or_insert_with(|| self.text.clone());
            pattern.extend(['\\', c]);
            self.text.extend(['\\', c]);
        } else {
            self.plain('\\');
        }
        Ok(())
    }

    fn unclosed(&self, from: usize, quote: char) -> Fault {
        Fault {
            message: format!("the quote {quote} is not closed"),
            instead: Some(format!("close it with {quote}")),
            span: from..self.input.len(),
            awaited: Some(Awaited::Quote(quote)),
        }
    }

    fn single(&mut self) -> Result<(), Fault> {
        let from = self.at;
        self.at += 1;
        self.quoted = true;
        loop {
            match self.bump() {
                None => return Err(self.unclosed(from, '\'')),
                Some('\'') => return Ok(()),
                Some(c) => self.literal(c),
            }
        }
    }

    fn double(&mut self) -> Result<(), Fault> {
        let from = self.at;
        self.at += 1;
        self.quoted = true;
        loop {
            match self.bump() {
                None => return Err(self.unclosed(from, '"')),
                Some('"') => return Ok(()),
                Some('\\') => match self.rest().chars().next() {
                    Some(c @ ('"' | '\\')) => {
                        self.at += 1;
                        self.literal(c);
                    }
                    _ => self.literal('\\'),
                },
                Some(c) => self.literal(c),
            }
        }
    }

    fn ansi(&mut self) -> Result<(), Fault> {
        let from = self.at;
        self.at += 2;
        self.quoted = true;
        loop {
            match self.bump() {
                None => return Err(self.unclosed(from, '\'')),
                Some('\'') => return Ok(()),
                Some('\\') => {
                    let at = self.at - 1;
                    match self.escape() {
                        Some(c) => self.literal(c),
                        None if self.rest().is_empty() => return Err(self.unclosed(from, '\'')),
                        None => return Err(self.unknown(at)),
                    }
                }
                Some(c) => self.literal(c),
            }
        }
    }

    /// The character that an escape stands for, its backslash passed.
    fn escape(&mut self) -> Option<char> {
        let c = match self.bump()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'e' => '\u{1b}',
            '0' => '\0',
            c @ ('\\' | '\'' | '"') => c,
            // More than 7f would be a byte, and a word is text.
            'x' => self.number(2).filter(char::is_ascii)?,
            'u' if self.rest().starts_with('{') => {
                let (digits, _) = self.rest().get(1..)?.split_once('}')?;
                let digits = digits.len();
                self.at += 1;
                let c = self.number(digits)?;
                self.at += 1;
                c
            }
            'u' => self.number(4)?,
            _ => return None,
        };
        Some(c)
    }

    /// A character by its number, of so many hexadecimal digits.
    fn number(&mut self, digits: usize) -> Option<char> {
        let text = self.rest().get(..digits)?;
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += digits;
        u32::from_str_radix(text, 16).ok().and_then(char::from_u32)
    }

    fn unknown(&self, from: usize) -> Fault {
        let typed = self.input.get(from..).unwrap_or_default();
        let length: usize = typed.chars().take(2).map(char::len_utf8).sum();
        let (escape, _) = typed.split_at(length);
        let instead = if escape == "\\x" || escape == "\\u" {
            "write \\x00 to \\x7f, \\u00e9 or \\u{e9}; --hex is for bytes that are no text".to_owned()
        } else {
            format!("write \\{escape} for a backslash; \\n, \\t, \\r, \\e, \\0, \\xHH and \\u{{…}} are known")
        };
        Fault {
            message: format!("`{escape}` is no character"),
            instead: Some(instead),
            span: from..from + length,
            awaited: None,
        }
    }
}
