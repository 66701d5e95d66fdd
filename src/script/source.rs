//! The texts that a script is read from, and places in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place between two characters of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// Characters before it in the file.
    pub at: u32,
}

/// A piece of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Which file: its index in [`Sources`].
    pub file: u16,
    /// Where it begins.
    pub start: Mark,
    /// Behind its last character.
    pub end: Mark,
}

impl Span {
    /// The empty piece before this one.
    #[must_use]
    pub fn before(self) -> Self {
        Self { end: self.start, ..self }
    }
}

/// A file that is part of a script.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// Its text, without a byte order mark.
    pub text: String,
}

/// The files of a script: the one that was named first, then what it includes.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<Source>>,
    secrets: Vec<Span>,
}

impl Sources {
    /// Adds a file; returns its index.
    pub fn add(&mut self, path: &Path, text: String) -> u16 {
        self.files.push(Arc::new(Source { path: path.to_owned(), text }));
        u16::try_from(self.files.len() - 1).unwrap_or(u16::MAX)
    }

    /// The file that a span lies in.
    pub fn file(&self, index: u16) -> Option<&Source> {
        self.files.get(usize::from(index)).map(|source| &**source)
    }

    /// Keeps pieces out of what is shown.
    pub fn hide(&mut self, secrets: impl IntoIterator<Item = Span>) {
        self.secrets.extend(secrets);
    }

    /// Whether the character at this place is not to be shown.
    pub(super) fn hides(&self, file: u16, line: u32, column: u32) -> bool {
        let within = |span: &&Span| {
            let (start, end) = ((span.start.line, span.start.column), (span.end.line, span.end.column));
            span.file == file && start <= (line, column) && (line, column) < end
        };
        self.secrets.iter().any(|span| within(&span))
    }

    /// `file:line:column`.
    pub fn place(&self, span: Span) -> String {
        let path = self.file(span.file).map(|source| source.path.display().to_string()).unwrap_or_default();
        format!("{path}:{}:{}", span.start.line, span.start.column)
    }

    /// The file and line that a span begins in.
    pub fn line(&self, span: Span) -> (String, u32) {
        let path = self.file(span.file).map(|source| source.path.display().to_string());
        (path.unwrap_or_default(), span.start.line)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().map(|source| &**source)
    }
}
