//! From text to signs and words. Never fails: what is wrong is noted, and the rest is read as if it
//! were right.

use std::ops::Range;

use super::word::{Word, continuation, is_blank, scan};

/// What would have to come for the input to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// The other quote.
    Quote(char),
    /// The line that a backslash joins.
    Line,
    /// The end of JSON.
    Json,
    /// The other parenthesis.
    Parenthesis,
}

/// What is wrong with a piece of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    /// What to type instead.
    pub(super) instead: Option<String>,
    pub(super) span: Range<usize>,
    /// More input may put it right.
    pub(super) awaited: Option<Awaited>,
}

/// A piece of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word(Word),
    /// `;`, or the end of a line.
    End,
    Comment,
    /// `|`; the text for `/bin/sh` behind it.
    Pipe(Range<usize>),
    /// `>` or `>>`.
    Redirect {
        append: bool,
    },
    /// `!` at the beginning of a statement; the text behind it.
    Bang(Range<usize>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lexeme {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
    pub(super) fault: Option<Fault>,
}

/// Reads a text piece by piece.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// At the beginning of a statement.
    fresh: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, fresh: true }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start_matches(is_blank).len();
            let joined = rest.get(blanks..).and_then(continuation);
            self.at += blanks + joined.unwrap_or(0);
            if joined.is_none() {
                return;
            }
        }
    }

    /// What is for `/bin/sh`, without blanks around it.
    fn shell(&mut self) -> (Range<usize>, Option<Fault>) {
        let rest = self.rest();
        let from = self.at + rest.len() - rest.trim_start_matches(is_blank).len();
        let (end, fault) = shell_end(self.text, from);
        self.at = end;
        let text = self.text.get(from..end).unwrap_or_default();
        (from..from + text.trim_end_matches(is_blank).len(), fault)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Lexeme;

    fn next(&mut self) -> Option<Lexeme> {
        self.skip_blanks();
        let start = self.at;
        let fresh = std::mem::replace(&mut self.fresh, false);
        let rest = self.rest();
        let (kind, fault) = match rest.chars().next()? {
            '\n' | ';' => {
                self.at += 1;
                self.fresh = true;
                (Kind::End, None)
            }
            '#' => {
                self.at += rest.find('\n').unwrap_or(rest.len());
                self.fresh = fresh;
                (Kind::Comment, None)
            }
            '|' => {
                self.at += 1;
                let (text, fault) = self.shell();
                (Kind::Pipe(text), fault)
            }
            '>' => {
                let append = rest.starts_with(">>");
                self.at += if append { 2 } else { 1 };
                (Kind::Redirect { append }, None)
            }
            '!' if fresh => {
                self.at += 1;
                let (text, fault) = self.shell();
                (Kind::Bang(text), fault)
            }
            _ => {
                let (word, fault) = scan(self.text, start);
                self.at = word.span.end;
                (Kind::Word(word), fault)
            }
        };
        let end = match &kind {
            // Without the blanks behind it.
            Kind::Pipe(text) | Kind::Bang(text) => text.end,
            _ => self.at,
        };
        Some(Lexeme { kind, span: start..end, fault })
    }
}

/// Where the text for `/bin/sh` ends that begins at `from`: in front of a comment, `;` or the end of a
/// line that are neither quoted nor in parentheses.
fn shell_end(text: &str, from: usize) -> (usize, Option<Fault>) {
    let mut chars = text.char_indices().skip_while(|(at, _)| *at < from).peekable();
    // Where what is open was opened.
    let mut parentheses: Vec<usize> = Vec::new();
    let mut word_begins = true;
    let fault = |at: usize, sign: char, awaited| {
        let message = match awaited {
            Awaited::Parenthesis => "the parenthesis ( is not closed".into(),
            Awaited::Line => "nothing follows the backslash".into(),
            _ => format!("the quote {sign} is not closed"),
        };
        let instead = match awaited {
            Awaited::Parenthesis => "close it with )".into(),
            Awaited::Line => "it joins the next line; quote it where it belongs to the word".into(),
            _ => format!("close it with {sign}"),
        };
        (
            text.len(),
            Some(Fault { message, instead: Some(instead), span: at..text.len(), awaited: Some(awaited) }),
        )
    };
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' | '"' | '`' => loop {
                match chars.next() {
                    None => return fault(at, c, Awaited::Quote(c)),
                    Some((_, end)) if end == c => break,
                    Some((_, '\\')) if c != '\'' => {
                        chars.next();
                    }
                    Some(_) => {}
                }
            },
            '\\' if chars.next().is_none() => return fault(at, c, Awaited::Line),
            '(' => parentheses.push(at),
            ')' => {
                parentheses.pop();
            }
            '#' if word_begins && parentheses.is_empty() => return (at, None),
            '#' if word_begins => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            ';' | '\n' if parentheses.is_empty() => return (at, None),
            _ => {}
        }
        word_begins = c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(');
    }
    match parentheses.first() {
        Some(at) => fault(*at, '(', Awaited::Parenthesis),
        None => (text.len(), None),
    }
}
