//! YAML as a tree in which everything knows where it stands and how it was written.
//!
//! Scalars stay the text that they are: what `0123` or `no` means is decided where it is used.

mod limits;
mod merge;
mod mistake;
mod read;
mod value;

pub(super) use limits::Limits;
pub(super) use read::read;
pub(super) use value::{value, write};

use super::source::Span;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    /// In single or double quotes.
    Quoted,
    /// `|` or `>`.
    Block,
}

/// A tag that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// `!env NAME`: a variable of the environment.
    Env,
    /// `!secret NAME`: the same, and nobody is to see it.
    Secret,
    /// `!!binary`: base64.
    Binary,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
    pub(super) tag: Option<Tag>,
    /// Below `!raw`: `${` is nothing special.
    pub(super) raw: bool,
    /// Values in it, itself included.
    pub(super) size: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A text, and how it came into the file.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) style: Style,
    /// Where its characters stand in the file, as far as that is plain.
    pub(super) layout: Layout,
}

/// How places in a scalar's text belong to places in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Character by character from this column on, on one line.
    Line {
        /// Characters of the file before the first of the text.
        skip: u32,
    },
    /// Line by line, behind an indentation.
    Lines {
        /// The first line.
        line: u32,
        /// Columns before each.
        indent: u32,
    },
    /// Not at all: there are escapes or folded lines.
    Folded,
}

/// What stands before a colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Span,
}

impl Node {
    /// Nothing, or an unquoted `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar(scalar) => {
                scalar.style == Style::Plain
                    && self.tag.is_none()
                    && matches!(scalar.text.as_str(), "" | "~" | "null")
            }
            _ => false,
        }
    }

    /// Bytes of all texts in it.
    fn bytes(&self) -> usize {
        match &self.value {
            Value::Scalar(scalar) => scalar.text.len(),
            Value::List(items) => items.iter().map(Self::bytes).sum(),
            Value::Map(entries) => entries.iter().map(|(key, node)| key.text.len() + node.bytes()).sum(),
        }
    }

    /// Makes `${` nothing special in it.
    pub(super) fn make_raw(&mut self) {
        self.raw = true;
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(Self::make_raw),
            Value::Map(entries) => entries.iter_mut().for_each(|(_, node)| node.make_raw()),
            Value::Scalar(_) => {}
        }
    }

    /// What it is, in a sentence.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(_) if self.is_null() => "nothing",
            Value::Scalar(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The piece of the file that holds the bytes `range` of the scalar's text; all of it where that is
    /// not plain.
    pub(super) fn piece(&self, range: std::ops::Range<usize>) -> Span {
        let Some(scalar) = self.text() else { return self.span };
        let chars = |to: usize| scalar.text.get(..to).map(|text| text.chars().count() as u32);
        let (Some(from), Some(to)) = (chars(range.start), chars(range.end)) else { return self.span };
        let Span { file, start, .. } = self.span;
        match scalar.layout {
            Layout::Line { skip } => {
                let mark = |by: u32| super::source::Mark {
                    line: start.line,
                    column: start.column + skip + by,
                    at: start.at + skip + by,
                };
                Span { file, start: mark(from), end: mark(to) }
            }
            Layout::Lines { line, indent } => {
                let mark = |byte: usize| {
                    let before = scalar.text.get(..byte).unwrap_or_default();
                    let lines = before.matches('\n').count() as u32;
                    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32;
                    super::source::Mark { line: line + lines, column: indent + column + 1, at: start.at }
                };
                Span { file, start: mark(range.start), end: mark(range.end) }
            }
            Layout::Folded => self.span,
        }
    }
}
