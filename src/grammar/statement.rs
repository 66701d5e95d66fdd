//! Statements, and what is no statement.

use std::fmt;
use std::ops::Range;

use super::lexer::{Awaited, Fault, Kind, Lexeme, Lexer};
use super::word::Word;
use crate::error::Error;

/// What is to be done at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What to do.
    pub action: Action,
    /// Where it stands in the input, in bytes.
    pub span: Range<usize>,
    /// The line it begins in, from 1.
    pub line: usize,
    /// The character of that line it begins with, from 1.
    pub column: usize,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A command and its arguments, one word at least, and where its answer goes.
    Command(Vec<Word>, Output),
    /// `!ls -l`: text for `/bin/sh`.
    Shell(String),
    /// `!!` and its like.
    Recall(Recall),
}

/// Where the answer of a command goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Where the shell's own output goes.
    Screen,
    /// Through `/bin/sh`, which is given this text.
    Pipe(String),
    /// Into a file.
    File {
        /// Its name.
        name: Word,
        /// Behind what it has.
        append: bool,
    },
}

/// A statement that was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recall {
    /// `!7`: by its number in the history.
    Number(usize),
    /// `!-2`: so many back; `!!` is one back.
    Back(usize),
    /// `!?text`: the last that has this text.
    Containing(String),
}

/// Why a text is no statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// What to type instead.
    pub instead: Option<String>,
    /// Where, in bytes.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    pub(super) awaited: Option<Awaited>,
}

impl SyntaxError {
    /// Whether another line may complete the text: a quote is open.
    pub fn is_incomplete(&self) -> bool {
        self.awaited.is_some()
    }

    /// As a failure of the user's; the place is left to whoever knows what the text is.
    pub fn into_error(self) -> Error {
        let plain = Error::usage(self.message);
        match self.instead {
            Some(instead) => plain.hint(instead),
            None => plain,
        }
    }
}

/// The message alone.
impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// Reads all statements of `text`. Fails at the first thing that is wrong.
pub fn parse(text: &str) -> Result<Vec<Statement>, SyntaxError> {
    parse_from(text, 1)
}

/// As [`parse`], of a text whose first line has this number.
pub(super) fn parse_from(text: &str, line: usize) -> Result<Vec<Statement>, SyntaxError> {
    let mut places = Places { text, at: 0, line, begin: 0 };
    let mut statements = Vec::new();
    let mut draft = Draft::default();
    for lexeme in Lexer::new(text) {
        if lexeme.kind == Kind::End {
            finish(&mut draft, &mut places, &mut statements)?;
        } else {
            draft.add(text, lexeme).map_err(|fault| places.error(fault))?;
        }
    }
    finish(&mut draft, &mut places, &mut statements)?;
    Ok(statements)
}

fn finish(
    draft: &mut Draft,
    places: &mut Places<'_>,
    statements: &mut Vec<Statement>,
) -> Result<(), SyntaxError> {
    let draft = std::mem::take(draft);
    let Some(span) = draft.span.clone() else { return Ok(()) };
    let action = draft.action().map_err(|fault| places.error(fault))?;
    let (line, column) = places.of(span.start);
    statements.push(Statement { action, span, line, column });
    Ok(())
}

/// Lines and columns, asked for in order.
struct Places<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// Where the line begins.
    begin: usize,
}

impl Places<'_> {
    fn of(&mut self, at: usize) -> (usize, usize) {
        for (newline, _) in self.text.get(self.at..at).unwrap_or_default().match_indices('\n') {
            self.line += 1;
            self.begin = self.at + newline + 1;
        }
        self.at = at;
        (self.line, self.text.get(self.begin..at).unwrap_or_default().chars().count() + 1)
    }

    fn error(&mut self, fault: Fault) -> SyntaxError {
        let (line, column) = self.of(fault.span.start);
        let Fault { message, instead, span, awaited } = fault;
        SyntaxError { message, instead, span, line, column, awaited }
    }
}

/// A statement as far as it was read.
#[derive(Default)]
struct Draft {
    words: Vec<Word>,
    /// A redirect and the name behind it.
    file: Option<(Range<usize>, bool, Option<Word>)>,
    /// What stands alone, or at the end.
    last: Option<Action>,
    span: Option<Range<usize>>,
}

fn wrong(span: Range<usize>, message: &str, instead: &str) -> Fault {
    Fault { message: message.to_owned(), instead: Some(instead.to_owned()), span, awaited: None }
}

impl Draft {
    fn add(&mut self, text: &str, lexeme: Lexeme) -> Result<(), Fault> {
        let Lexeme { kind, span, fault } = lexeme;
        if let Some(fault) = fault {
            return Err(fault);
        }
        let shell = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default().to_owned();
        match kind {
            Kind::Comment | Kind::End => return Ok(()),
            Kind::Word(word) => self.word(word)?,
            Kind::Pipe(range) if range.is_empty() => {
                return Err(wrong(
                    span,
                    "nothing stands behind `|`",
                    "write a program there: `get /x | less`",
                ));
            }
            Kind::Pipe(range) if text.get(range.clone()).is_some_and(|text| text.starts_with('|')) => {
                return Err(wrong(span, "`||` is not known here", "`;` separates commands"));
            }
            Kind::Pipe(_) | Kind::Redirect { .. } if self.file.is_some() => {
                return Err(wrong(span, "the answer goes into a file already", "leave one of the two"));
            }
            Kind::Pipe(_) | Kind::Redirect { .. } if self.words.is_empty() => {
                return Err(wrong(span, "nothing answers here", "begin with a command: `get /x | less`"));
            }
            Kind::Pipe(range) => {
                let words = std::mem::take(&mut self.words);
                self.last = Some(Action::Command(words, Output::Pipe(shell(&range))));
            }
            Kind::Redirect { append } => self.file = Some((span.clone(), append, None)),
            Kind::Bang(range) => self.last = Some(bang(&shell(&range), &span)?),
        }
        let start = self.span.as_ref().map_or(span.start, |whole| whole.start);
        self.span = Some(start..span.end);
        Ok(())
    }

    fn word(&mut self, word: Word) -> Result<(), Fault> {
        let span = word.span.clone();
        if ["&", "&&"].iter().any(|sign| word.is_sign(sign)) {
            return Err(wrong(span, "`&` is not known here", "`;` separates commands; quoted, it is data"));
        }
        if ["<", "<<"].iter().any(|sign| word.is_sign(sign)) {
            let instead = "`@FILE` reads data from a file, like `set /x @data.json`; quoted, it is data";
            return Err(wrong(span, "`<` is not known here", instead));
        }
        match &mut self.file {
            None => self.words.push(word),
            Some((_, _, name @ None)) => *name = Some(word),
            Some(_) => {
                let instead = "`> FILE` stands at the end of a command; quote `>` where it is data";
                return Err(wrong(span, "there is something behind the file", instead));
            }
        }
        Ok(())
    }

    fn action(self) -> Result<Action, Fault> {
        match (self.last, self.file) {
            (Some(action), _) => Ok(action),
            (None, None) => Ok(Action::Command(self.words, Output::Screen)),
            (None, Some((_, append, Some(name)))) => {
                Ok(Action::Command(self.words, Output::File { name, append }))
            }
            (None, Some((span, ..))) => Err(wrong(
                span,
                "no file is named",
                "write its name there: `get /x > FILE`; quoted, `>` is data",
            )),
        }
    }
}

/// What stands behind `!`.
fn bang(text: &str, span: &Range<usize>) -> Result<Action, Fault> {
    let recall = match text.strip_prefix('?') {
        Some("") => None,
        Some(text) => Some(Recall::Containing(text.to_owned())),
        None if text == "!" => Some(Recall::Back(1)),
        None => number(text),
    };
    if let Some(recall) = recall {
        return Ok(Action::Recall(recall));
    }
    if text.is_empty() || text == "?" || text.starts_with('!') {
        let instead = "`!!` alone repeats the last statement, `!7` the seventh, `!?text` the last with \
                       this text; `!ls -l` is for /bin/sh";
        return Err(wrong(span.clone(), "`!` says nothing here", instead));
    }
    Ok(Action::Shell(text.to_owned()))
}

fn number(text: &str) -> Option<Recall> {
    let (digits, back) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|number| plain && *number > 0)?;
    Some(if back { Recall::Back(number) } else { Recall::Number(number) })
}
