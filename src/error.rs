//! What zkx says when something cannot be done, and the exit code that goes with it.
//!
//! An [`Error`] carries its kind (which decides the exit code), one sentence for the user, the
//! cause, and hints on what to type instead. Nothing here prints.

use std::error::Error as StdError;
use std::fmt;

/// What went wrong, as far as a calling script needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The server refused: NoNode, NodeExists, NotEmpty, InvalidACL, quota…
    Refused,
    /// Unknown command or option, or a bad argument.
    Usage,
    /// The script, profile or configuration file is invalid.
    Config,
    /// An assertion failed.
    Assertion,
    /// No connection, connection lost, session expired, deadline passed.
    Connection,
    /// Not authorised.
    Auth,
    /// The outcome of a write is unknown.
    Unknown,
    /// BadVersion, a stale plan, a lock held by another.
    Conflict,
    /// Changes are pending (`--exit-code`).
    Pending,
    /// A local file or stream could not be read or written.
    Io,
    /// A bug in zkx.
    Bug,
    /// A program that zkx ran ended with this code.
    Program(u8),
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// The reader of standard output went away: a quiet, successful end.
    BrokenPipe,
}

impl Kind {
    /// The process exit code: the table of the README.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Program(code) => code,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::Assertion => 4,
            Self::Connection => 5,
            Self::Auth => 6,
            Self::Unknown => 7,
            Self::Conflict => 8,
            Self::Pending => 10,
            Self::Bug => 70,
            Self::Io => 74,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// A failure as the user will read it: what failed and why, its cause, and what to do.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
    hints: Vec<String>,
}

impl Error {
    /// Creates an error; `message` is a lower-case sentence without a full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, hints: Vec::new() }
    }

    /// A bad argument or option.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A broken invariant of zkx itself.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, message)
    }

    /// The reader of the answer is gone; ends the command quietly.
    pub fn broken_pipe() -> Self {
        Self::new(Kind::BrokenPipe, "nobody reads the answer any more")
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the cause, printed after the message.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts the place in front of the message, unless there is none.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        if !self.message.is_empty() {
            self.message = format!("{place}: {}", self.message);
        }
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do, most useful first.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

/// The message and its chain of causes on one line.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause: Option<&dyn StdError> = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

/// `Result` with zkx's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Bytes of a word that may be meant to be another one: comparing takes long with longer ones.
const LONGEST_WORD: usize = 1_000;

/// From 0 to 1; two letters that changed places are as good as one that is wrong.
fn likeness(typed: &str, word: &str) -> f64 {
    if typed.len() > LONGEST_WORD {
        return 0.0;
    }
    let swapped = typed.len() == word.len() && strsim::damerau_levenshtein(typed, word) == 1;
    if swapped { 0.95 } else { strsim::jaro_winkler(typed, word) }
}

/// The member of `known` that `typed` was probably meant to be, if one is close.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (likeness(typed, word), word))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::{Error, Kind, did_you_mean};

    #[test]
    fn causes_follow_the_message() {
        let error = Error::new(Kind::Io, "cannot read @x").because(std::io::Error::other("no such file"));
        assert_eq!(error.to_string(), "cannot read @x: no such file");
        assert_eq!(error.kind().exit_code(), 74);
    }

    #[test]
    fn a_close_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("brokr", ["config", "brokers"]), Some("brokers"));
        assert_eq!(did_you_mean("aap", ["config", "app"]), Some("app"));
        assert_eq!(did_you_mean("zzz", ["config", "brokers"]), None);
    }
}
