//! What is wrong with a script, where, and what to write instead.

use std::fmt;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::source::{Sources, Span};
use crate::error::{Error, Kind};

/// Problems that are shown at most.
pub const SHOWN: usize = 50;

/// Something that is wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `E00xx` YAML, `E01xx` keys and shapes, `E02xx` constants, `E03xx` names and expressions, `W2xx` warnings.
    pub code: &'static str,
    /// What is wrong: a lower-case sentence without a full stop.
    pub message: String,
    /// What to write instead, or another short remark on the piece that is pointed at.
    pub label: Option<String>,
    /// Where.
    pub span: Span,
    /// The step it is in, like `step 3 "publish"`.
    pub step: Option<String>,
}

impl Problem {
    /// A problem without a remark.
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), label: None, span, step: None }
    }

    /// With a remark on what is pointed at.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Whether a script runs in spite of it.
    pub fn is_warning(&self) -> bool {
        self.code.starts_with('W')
    }

    /// The problem with its place and an excerpt, as several lines without a line end at the end.
    pub fn render(&self, sources: &Sources) -> String {
        let level = if self.is_warning() { Level::WARNING } else { Level::ERROR };
        let title = level.primary_title(&self.message).id(self.code);
        let source = sources.file(self.span.file);
        let path = source.map(|source| source.path.display().to_string()).unwrap_or_default();
        let excerpt = source.map(|source| Excerpt::new(sources, &source.text, self.span)).unwrap_or_default();
        let mark = AnnotationKind::Primary.span(excerpt.mark.clone()).label(self.label.as_deref());
        let snippet =
            Snippet::source(&excerpt.text).line_start(excerpt.first_line).path(&path).annotation(mark);
        let renderer = Renderer::plain().decor_style(DecorStyle::Ascii);
        let text = renderer.render(&[title.element(snippet)]);
        let mut lines: Vec<_> = text.lines().map(|line| line.trim_end().to_owned()).collect();
        if let Some(step) = &self.step
            && let Some(place) = lines.iter_mut().find(|line| line.trim_start().starts_with("--> "))
        {
            place.push_str(&format!("  ({step})"));
        }
        lines.join("\n")
    }
}

/// The lines around a span, so that a large file is not searched by the renderer.
#[derive(Default)]
struct Excerpt {
    text: String,
    first_line: usize,
    /// In bytes of `text`.
    mark: std::ops::Range<usize>,
}

impl Excerpt {
    fn new(sources: &Sources, text: &str, span: Span) -> Self {
        /// Columns of a line that are kept; what is longer is cut by the renderer.
        const LONG: usize = 10_000;
        let first = span.start.line.saturating_sub(2) as usize;
        let last = span.end.line.min(span.start.line + 3) as usize;
        let mut excerpt = Self { first_line: first + 1, ..Self::default() };
        let mut start = None;
        let mut end = None;
        for (index, line) in text.lines().enumerate().skip(first).take((last + 1).saturating_sub(first)) {
            let number = index + 1;
            if number > last.max(span.start.line as usize) {
                break;
            }
            let shown = |(index, c): (usize, char)| {
                if sources.hides(span.file, number as u32, index as u32 + 1) { '*' } else { c }
            };
            let line: String = line.chars().take(LONG).enumerate().map(shown).collect();
            let byte = |column: u32| {
                let wanted = column.saturating_sub(1) as usize;
                line.char_indices().nth(wanted).map_or(line.len(), |(at, _)| at)
            };
            let base = excerpt.text.len();
            if number == span.start.line as usize {
                start = Some(base + byte(span.start.column));
            }
            if number == span.end.line as usize {
                end = Some(base + byte(span.end.column));
            }
            excerpt.text.push_str(&line);
            excerpt.text.push('\n');
        }
        let whole = excerpt.text.trim_end().len();
        let start = start.unwrap_or(whole).min(excerpt.text.len());
        // A piece of several lines is pointed at where it begins.
        let line_end =
            excerpt.text.get(start..).and_then(|rest| rest.find('\n')).map_or(start, |at| start + at);
        excerpt.mark = start..end.unwrap_or(line_end).clamp(start, line_end.max(start));
        excerpt
    }
}

/// Everything that is wrong with a script.
#[derive(Clone, Debug, Default)]
pub struct Broken {
    /// In the order of the files; warnings among them.
    pub problems: Vec<Problem>,
    /// What they point into.
    pub sources: Sources,
}

impl Broken {
    /// As the error of a command, with everything that is to be said about it.
    pub fn error(&self) -> Error {
        Error::new(Kind::Config, self.to_string())
    }
}

/// All problems that are shown, with an empty line between them, and how many there are.
impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.problems.iter().take(SHOWN) {
            writeln!(f, "{}\n", problem.render(&self.sources))?;
        }
        let errors = self.problems.iter().filter(|problem| !problem.is_warning()).count();
        let more =
            if self.problems.len() > SHOWN { format!(", {SHOWN} of them are shown") } else { String::new() };
        match errors {
            1 => write!(f, "1 error{more}"),
            errors => write!(f, "{errors} errors{more}"),
        }
    }
}
