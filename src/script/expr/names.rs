//! What an expression uses: names, filters and tests, with their places.

use std::ops::Range;

use minijinja::value::Value;

use super::compile::LANGUAGE;
use super::{Expr, functions};
use crate::error::did_you_mean;
use crate::script::decode::Cx;

/// The functions of scripts.
pub(in crate::script) const FUNCTIONS: &[&str] = &[
    "env",
    "now",
    "file",
    "json",
    "yaml",
    "tojson",
    "toyaml",
    "b64encode",
    "b64decode",
    "gzip",
    "gunzip",
    "sha256",
    "digest_acl",
    "basename",
    "dirname",
    "join",
    "lines",
    "regex_match",
    "regex_replace",
    "days",
    "hours",
    "minutes",
    "uuid",
    "exists",
    "get",
    "get_json",
    "children",
    "stat",
    "range",
    "dict",
    "namespace",
    "debug",
];

/// What a word of an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Name,
    Call,
    Filter,
    Test,
}

/// A name that an expression uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::script) struct Used {
    pub(in crate::script) name: String,
    pub(in crate::script) range: Range<usize>,
    /// Whether it is called: `name(…)`.
    pub(in crate::script) call: bool,
    /// Whether it is asked for only if it is defined.
    pub(in crate::script) guarded: bool,
}

/// The names that an expression needs from outside, each where it stands first.
pub(in crate::script) fn used(expr: &Expr) -> Vec<Used> {
    let free = expr.compiled.undeclared_variables(false);
    let words = words(&expr.source);
    let mut used: Vec<Used> = Vec::new();
    for (at, (role, range)) in words.iter().enumerate() {
        let call = *role == Role::Call;
        let Some(name) = expr.source.get(range.clone()) else { continue };
        if !matches!(role, Role::Name | Role::Call) || !(free.contains(name) || call) {
            continue;
        }
        if used.iter().any(|known| known.name == name && known.call == call) {
            continue;
        }
        let next = words.get(at + 1).and_then(|(role, range)| Some((role, expr.source.get(range.clone())?)));
        let guarded = matches!(
            next,
            Some((Role::Test, "defined" | "undefined")) | Some((Role::Filter, "default" | "d"))
        );
        used.push(Used { name: name.to_owned(), range: range.clone(), call, guarded });
    }
    used
}

impl Expr {
    /// Whether it needs the value of this name.
    pub fn uses(&self, name: &str) -> bool {
        used(self).iter().any(|used| used.name == name)
    }
}

/// Tells filters and tests that there are not.
pub(super) fn unknown_filters(expr: &Expr, cx: &mut Cx<'_>) {
    for (role, range) in words(&expr.source) {
        let Some(name) = expr.source.get(range.clone()) else { continue };
        let (kind, what) = match role {
            Role::Filter => ("filter", "filter"),
            Role::Test => ("test", "test"),
            _ => continue,
        };
        let known = LANGUAGE.empty_state().perform_test(kind, &[Value::from(name)]);
        if !known.unwrap_or(true) {
            let label =
                did_you_mean(name, functions::filters()).map(|meant| format!("did you mean `{meant}`?"));
            cx.problem(expr.piece(range), "E0307", format!("there is no {what} `{name}`")).maybe(label);
        }
    }
}

/// The words of an expression, and what each is; keywords, attributes and names of arguments left out.
fn words(source: &str) -> Vec<(Role, Range<usize>)> {
    const KEYWORDS: [&str; 12] =
        ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False"];
    let mut found = Vec::new();
    let mut chars = source.char_indices().peekable();
    let mut before = "";
    while let Some((at, c)) = chars.next() {
        if c == '\'' || c == '"' {
            let mut escaped = false;
            for (_, inner) in chars.by_ref() {
                match inner {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    inner if inner == c => break,
                    _ => {}
                }
            }
            before = "'";
        } else if c.is_alphabetic() || c == '_' {
            let mut end = at + c.len_utf8();
            while let Some((next, c)) =
                chars.peek().copied().filter(|(_, c)| c.is_alphanumeric() || *c == '_')
            {
                end = next + c.len_utf8();
                chars.next();
            }
            let word = source.get(at..end).unwrap_or_default();
            let rest = source.get(end..).unwrap_or_default().trim_start();
            let argument = rest.starts_with('=') && !rest.starts_with("==") && matches!(before, "(" | ",");
            if !KEYWORDS.contains(&word) && word != "None" && before != "." && !argument {
                let role = match before {
                    "|" => Role::Filter,
                    "is" | "is not" => Role::Test,
                    _ if rest.starts_with('(') => Role::Call,
                    _ => Role::Name,
                };
                found.push((role, at..end));
            }
            before = match (before, word) {
                ("is", "not") => "is not",
                (_, "is") => "is",
                _ => "word",
            };
        } else if c.is_ascii_digit() {
            while chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '_').is_some() {}
            before = "0";
        } else if !c.is_whitespace() {
            before = source.get(at..at + c.len_utf8()).unwrap_or_default();
        }
    }
    found
}
