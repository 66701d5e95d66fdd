//! A line while it is typed: nothing here fails.

use std::ops::Range;

use super::lexer::{Kind, Lexeme, Lexer};
use super::quote::Style;
use super::word::Word;

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The first word of a statement.
    Command,
    /// Any other word.
    Argument,
    /// The file of a redirect.
    File,
    /// `;`, `|`, `>`, `>>`, `!`; the end of a line.
    Sign,
    /// Text for `/bin/sh`.
    Shell,
    /// What recalls a statement, its `!` included.
    Recall,
    /// A comment.
    Comment,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands, in bytes. Tokens do not overlap; between them are blanks.
    pub span: Range<usize>,
    /// The word, where it is one.
    pub word: Option<Word>,
    /// Where in it something is wrong, like a quote that is not closed.
    pub fault: Option<Range<usize>>,
}

/// Takes a text apart, for colours.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut expects = TokenKind::Command;
    for lexeme in Lexer::new(text) {
        let Lexeme { kind, span, fault } = lexeme;
        let fault = fault.map(|fault| fault.span);
        let mut push = |kind, span: Range<usize>, word, fault| {
            if !span.is_empty() {
                tokens.push(Token { kind, span, word, fault });
            }
        };
        match kind {
            Kind::Word(word) => {
                push(expects, span, Some(word), fault);
                expects = TokenKind::Argument;
            }
            Kind::End => {
                push(TokenKind::Sign, span, None, fault);
                expects = TokenKind::Command;
            }
            Kind::Comment => push(TokenKind::Comment, span, None, fault),
            Kind::Redirect { .. } => {
                push(TokenKind::Sign, span, None, fault);
                expects = TokenKind::File;
            }
            Kind::Bang(shell) if recalls(text, &shell) => push(TokenKind::Recall, span, None, fault),
            Kind::Pipe(shell) | Kind::Bang(shell) => {
                push(TokenKind::Sign, span.start..span.start + 1, None, None);
                push(TokenKind::Shell, shell, None, fault);
            }
        }
    }
    tokens
}

fn recalls(text: &str, behind: &Range<usize>) -> bool {
    let behind = text.get(behind.clone()).unwrap_or_default();
    let digits = behind.strip_prefix('-').unwrap_or(behind);
    behind.starts_with(['!', '?']) || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Where the cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the first word of a statement, or where it would be.
    Command,
    /// In another word.
    Argument,
    /// In the name of a file.
    File,
    /// In text for `/bin/sh`.
    Shell,
    /// In a comment.
    Comment,
    /// In what recalls a statement.
    Recall,
}

/// The statement under the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Where it is.
    pub place: Place,
    /// The words of the statement in front of the one under the cursor.
    pub words: Vec<Word>,
    /// The word under the cursor; empty behind a blank.
    pub word: Partial,
}

/// A word as far as the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// What it says so far.
    pub text: String,
    /// What it says so far as a path.
    pub path: String,
    /// From its beginning to the cursor, in bytes: what a completed word replaces.
    pub span: Range<usize>,
    /// How it is quoted.
    pub style: Style,
    /// It has a sign of globs.
    pub glob: bool,
}

/// Finds out what is being typed at `at`, a place in bytes.
pub fn cursor(text: &str, at: usize) -> Cursor {
    let head = text.get(..at).unwrap_or(text);
    let end = head.len();
    let mut words: Vec<Word> = Vec::new();
    let mut place = Place::Command;
    let mut last = None;
    for lexeme in Lexer::new(head) {
        place = match &lexeme.kind {
            Kind::Word(_) if place == Place::File => Place::File,
            Kind::Word(word) => {
                words.push(word.clone());
                Place::Argument
            }
            Kind::End => {
                words.clear();
                Place::Command
            }
            Kind::Comment => Place::Comment,
            Kind::Pipe(_) => Place::Shell,
            Kind::Redirect { .. } => Place::File,
            Kind::Bang(shell) if recalls(head, shell) => Place::Recall,
            Kind::Bang(_) => Place::Shell,
        };
        last = Some(lexeme);
    }
    let under = match last {
        Some(Lexeme { kind: Kind::Word(word), span, .. }) if span.end == end => Some(word),
        _ => None,
    };
    let Some(word) = under else {
        let word = Partial {
            text: String::new(),
            path: String::new(),
            span: end..end,
            style: Style::Bare,
            glob: false,
        };
        return Cursor { place, words, word };
    };
    if place == Place::Argument {
        words.pop();
        if words.is_empty() {
            place = Place::Command;
        }
    }
    let style = Style::of(head.get(word.span.clone()).unwrap_or_default());
    let path = word.path().into_owned();
    let word = Partial { text: word.text, path, span: word.span, style, glob: word.glob };
    Cursor { place, words, word }
}
