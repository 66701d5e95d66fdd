//! What is no YAML: the parser's words, and what mostly is behind them.

use saphyr_parser::Marker;

use super::read::span;
use crate::script::problem::Problem;
use crate::script::source::{Mark, Span};

/// The problem of a parser's error.
pub(super) fn of(file: u16, text: &str, at: Marker, info: &str) -> Problem {
    let here = span(file, at, at);
    let line = text.lines().nth(at.line().saturating_sub(1)).unwrap_or_default();
    let problem = Problem::new("E0001", here, info);
    if info.starts_with("tab") || line.trim_start_matches(' ').starts_with('\t') {
        let tab = line.find('\t').unwrap_or(0);
        return Problem { span: columns(here, tab, tab + 1), ..problem }
            .label("indent with spaces, not with tabs");
    }
    if let Some(start) = unquoted(line) {
        return Problem { span: columns(here, start, start + 2), ..problem }
            .label("inside { } or [ ] quote interpolations: \"${ … }\"");
    }
    if info.contains("tab") {
        return problem.label("indent the next line with spaces, not with tabs");
    }
    if info.starts_with("mapping values are not allowed") {
        return problem.label(match line.trim_end().ends_with(':') {
            true => "put quotes around a value that ends with a colon",
            false => "put quotes around a value that has a colon followed by a space in it",
        });
    }
    if info.contains("block scalar") && matches!(line.chars().nth(at.col()), Some('>' | '|')) {
        return problem.label("put quotes around a value that begins with `>` or `|`");
    }
    if info.contains("quoted scalar") && info.contains("end of stream") {
        return problem.label("a closing quote is missing");
    }
    if info.contains("escape") {
        return problem.label("in double quotes `\\` begins an escape: write `\\\\`, or use single quotes");
    }
    if line.contains("{{") {
        return problem.label("an interpolation is written \"${ … }\", in quotes");
    }
    problem
}

/// Where `${` stands outside of quotes, behind a `{` or `[` of YAML.
fn unquoted(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut flow = false;
    let mut before = ' ';
    for (column, c) in line.chars().enumerate() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{') if before == '$' && flow => return Some(column - 1),
            (None, '{' | '[') => flow = true,
            _ => {}
        }
        before = c;
    }
    None
}

/// Some columns of the line, from 0.
fn columns(here: Span, from: usize, to: usize) -> Span {
    let mark = |column: usize| Mark { column: column as u32 + 1, ..here.start };
    Span { start: mark(from), end: mark(to), ..here }
}
