//! From the text of a scalar to expressions that compile.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::{Expr, Fault, Piece, Scope, Template, functions, names, operands};
use crate::script::decode::{Cx, Use};
use crate::script::source::Span;
use crate::script::yaml::{Key, Layout, Node, Scalar, Style, Tag, Value};

/// Steps of the machine that one evaluation may take. Every 64 bytes that it makes are a step too.
const FUEL: u64 = 8_000_000;

/// Characters that an expression may have: deeper ones would not fit on the stack.
const LONG: usize = 5_000;

/// The language: minijinja's filters and tests, and the functions of scripts.
pub(super) static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut language = Environment::new();
    language.set_undefined_behavior(UndefinedBehavior::Strict);
    language.set_fuel(Some(FUEL));
    language.set_debug(true);
    functions::add(&mut language);
    language.add_filter(operands::SINGLE, operands::single);
    language
});

impl Expr {
    /// Compiles the bytes `range` of a scalar; what is wrong is told to `cx`.
    pub(in crate::script) fn read(node: &Node, range: Range<usize>, cx: &mut Cx<'_>) -> Option<Self> {
        let text = node.text()?.text.get(range.clone())?;
        let lead = text.len() - text.trim_start().len();
        let source = text.trim();
        let start = range.start + lead;
        let piece = |within: Range<usize>| node.piece(start + within.start..start + within.end);
        let whole = piece(0..source.len());
        if source.is_empty() {
            cx.problem(whole, "E0302", "there is no expression in `${}`").label("`$${` is a `${` that stays");
            return None;
        }
        if source.len() > LONG {
            cx.problem(whole, "E0302", format!("an expression has {LONG} characters at most"));
            return None;
        }
        let known = cx.compiled.get_key_value(source).map(|(source, known)| (source.clone(), known.clone()));
        let compiled = match known {
            Some(known) => Ok(known),
            None => compile(source).map(|compiled| {
                let (source, compiled): (Arc<str>, _) = (source.into(), Arc::new(compiled));
                cx.compiled.insert(Arc::clone(&source), Arc::clone(&compiled));
                (source, compiled)
            }),
        };
        match compiled {
            Ok((source, compiled)) => {
                let expr = Self {
                    source,
                    span: whole,
                    straight: matches!(node.text()?.layout, Layout::Line { .. }),
                    compiled,
                };
                names::unknown_filters(&expr, cx);
                let (place, key) = (cx.place.clone(), cx.key);
                cx.uses.push(Use { expr: expr.clone(), place, key });
                Some(expr)
            }
            Err(error) => {
                let range =
                    error.range().filter(|range| range.end <= source.len()).unwrap_or(0..source.len());
                cx.problem(piece(range), "E0302", format!("in `{source}`: {}", words(&error)))
                    .maybe(advice(source));
                None
            }
        }
    }

    /// A problem of all of it.
    pub(super) fn fault(&self, code: &'static str, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into(), span: self.span }
    }

    /// The place of some bytes of it.
    pub(in crate::script) fn piece(&self, range: Range<usize>) -> Span {
        if !self.straight {
            return self.span;
        }
        let chars = |to: usize| self.source.get(..to).unwrap_or(&self.source).chars().count() as u32;
        let mut span = self.span;
        span.end = span.start;
        for (mark, to) in [(&mut span.start, range.start), (&mut span.end, range.end)] {
            mark.column += chars(to);
            mark.at += chars(to);
        }
        span
    }

    /// Why it has no value.
    pub(super) fn evaluation(&self, error: &Error, scope: &Scope) -> Fault {
        let range = error.range().map(|range| operands::original(&self.source, range));
        let range = range.filter(|range| range.end <= self.source.len());
        let what = range.as_ref().and_then(|range| self.source.get(range.clone())).unwrap_or(&self.source);
        let span = range.clone().map_or(self.span, |range| self.piece(range));
        let (code, message) = match error.kind() {
            ErrorKind::UndefinedError => ("E0310", scope.undefined(what)),
            ErrorKind::OutOfFuel => {
                let steps = FUEL / 1_000_000;
                let message = "takes too long or makes too much: an expression has";
                ("E0314", format!("`{what}` {message} {steps} million steps, and 64 bytes are one"))
            }
            _ => ("E0314", format!("`{}`: {}", self.source, words(error))),
        };
        Fault { code, message, span }
    }
}

/// Compiles it as it stands, for what is wrong with it, and then with its operands looked at.
fn compile(source: &str) -> Result<minijinja::Expression<'static, 'static>, Error> {
    let compiled = LANGUAGE.compile_expression_owned(source.to_owned())?;
    operands::guarded(source).map_or(Ok(compiled), |source| LANGUAGE.compile_expression_owned(source))
}

/// What minijinja says, without where.
fn words(error: &Error) -> String {
    match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

/// What people write who know another language.
fn advice(source: &str) -> Option<String> {
    let has = |words: &str| source.contains(words);
    let advice = if has("&&") {
        "write `and` for `&&`"
    } else if has("||") {
        "write `or` for `||`"
    } else if source.starts_with('!') {
        "write `not` for `!`"
    } else if has("===") {
        "write `==`"
    } else if has(" ? ") {
        "write `a if condition else b`"
    } else if source.starts_with("{{") {
        "write it without `{{` and `}}`"
    } else {
        return None;
    };
    Some(advice.to_owned())
}

impl Template {
    /// Finds the expressions of a scalar: `None` if something is wrong with them, the text alone if there is
    /// none but `$${`.
    pub(in crate::script) fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Result<Self, String>> {
        let text = &node.text()?.text;
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        let mut fine = true;
        while let Some(found) = text.get(at..).and_then(|rest| rest.find("${")) {
            let start = at + found;
            let before = text.get(at..start).unwrap_or_default();
            if let Some(before) = before.strip_suffix('$') {
                plain.push_str(before);
                plain.push_str("${");
                at = start + 2;
                continue;
            }
            plain.push_str(before);
            let Some(length) = text.get(start + 2..).and_then(end_of_expression) else {
                cx.problem(node.piece(start..start + 2), "E0302", "`${` is not closed")
                    .label("`}` is missing; `$${` is a `${` that stays");
                return None;
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            match Expr::read(node, start + 2..start + 2 + length, cx) {
                Some(expr) => pieces.push(Piece::Expr(expr)),
                None => fine = false,
            }
            at = start + 2 + length + 1;
        }
        if !fine {
            return None;
        }
        plain.push_str(text.get(at..).unwrap_or_default());
        if pieces.is_empty() {
            return Some(Err(plain));
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        // A block has a line end behind its expression; it is the expression that is meant.
        let block = node.text()?.style == Style::Block;
        if let [Piece::Expr(_), Piece::Text(end)] = pieces.as_slice()
            && block
            && end == "\n"
        {
            pieces.pop();
        }
        Some(Ok(Self { pieces, span: node.span }))
    }

    /// `!env NAME` and `!secret NAME`.
    pub(in crate::script) fn of_variable(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let name = node.text()?.text.as_str();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            cx.wrong(node, "E0101", "this is no name of a variable").label("write a name like `!env HOME`");
            return None;
        }
        if node.tag == Some(Tag::Secret) {
            cx.secret_variables.push(name.to_owned());
        }
        let source = format!("env('{name}')");
        let compiled = LANGUAGE.compile_expression_owned(source.clone()).ok()?;
        let expr =
            Expr { source: source.into(), span: node.span, straight: false, compiled: Arc::new(compiled) };
        Some(Self { pieces: vec![Piece::Expr(expr)], span: node.span })
    }

    /// The template of a key.
    pub(in crate::script) fn of_key(key: &Key, cx: &mut Cx<'_>) -> Option<Self> {
        let scalar = Scalar { text: key.text.clone(), style: Style::Quoted, layout: Layout::Folded };
        let node = Node { value: Value::Scalar(scalar), span: key.span, tag: None, raw: false, size: 1 };
        match Self::read(&node, cx)? {
            Ok(template) => Some(template),
            Err(text) => Some(Self { pieces: vec![Piece::Text(text)], span: key.span }),
        }
    }
}

/// The bytes before the `}` that ends an expression; braces in texts and of maps do not.
fn end_of_expression(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            _ => {}
        }
    }
    None
}
