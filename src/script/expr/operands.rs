//! What `*` and `~` are given.
//!
//! minijinja's `*` repeats a list for nothing, and its `~` writes out whatever a list stands for, both beyond what
//! fuel pays for. Neither is of use in a script; so both are given texts, numbers and truths alone, as `${ }` in a
//! text is.

use std::ops::Range;

use minijinja::Error;
use minijinja::value::ValueKind;

use super::functions::wrong;
use super::{Value, kind};

/// The filter that refuses lists and mappings. No script has a reason to call it.
pub(super) const SINGLE: &str = "__single";

/// Behind each operand.
const CALL: &str = "|__single";

pub(super) fn single(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            let kind = kind(&value);
            Err(wrong(format!(
                "{kind} can have no `*` and no `~`: `| join` or `| tojson` makes a text of it"
            )))
        }
        _ => Ok(value),
    }
}

/// The expression with the operands of each `*` and `~` looked at; `None` where there is none.
pub(super) fn guarded(source: &str) -> Option<String> {
    let ends = ends(source);
    if ends.is_empty() {
        return None;
    }
    let mut text = source.to_owned();
    for end in ends.iter().rev() {
        text.insert_str(*end, CALL);
    }
    Some(text)
}

/// Where bytes of what [`guarded`] gave stand in the expression itself.
pub(super) fn original(source: &str, range: Range<usize>) -> Range<usize> {
    let ends = ends(source);
    let place = |at: usize| {
        let inserted =
            ends.iter().enumerate().filter(|(before, end)| **end + before * CALL.len() < at).count();
        at.saturating_sub(inserted * CALL.len())
    };
    place(range.start)..place(range.end)
}

/// Where operands of `*` and `~` end, in order.
fn ends(source: &str) -> Vec<usize> {
    let tokens = tokens(source);
    let word = |at: usize| tokens.get(at).and_then(|range| source.get(range.clone())).unwrap_or_default();
    let mut ends = Vec::new();
    for at in 0..tokens.len() {
        let spread = word(at) == "*" && (at == 0 || matches!(word(at - 1), "(" | ","));
        if spread || !matches!(word(at), "*" | "~") {
            continue;
        }
        let behind = behind_operand(&word, at + 1).min(tokens.len());
        let operands = [at.checked_sub(1), behind.checked_sub(1)];
        ends.extend(operands.iter().filter_map(|last| Some(tokens.get((*last)?)?.end)));
    }
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// The token behind the operand that starts with the token `at`.
fn behind_operand<'a>(word: &impl Fn(usize) -> &'a str, mut at: usize) -> usize {
    while word(at) == "-" {
        at += 1;
    }
    at = if matches!(word(at), "(" | "[" | "{") { behind_bracket(word, at) } else { at + 1 };
    loop {
        at = match word(at) {
            "." | "|" => at + 2,
            "(" | "[" => behind_bracket(word, at),
            _ => return at,
        };
    }
}

fn behind_bracket<'a>(word: &impl Fn(usize) -> &'a str, mut at: usize) -> usize {
    let mut depth = 0_usize;
    loop {
        match word(at) {
            "" => return at,
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
}

/// Texts, words and numbers, and signs.
fn tokens(source: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut chars = source.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let mut end = start + c.len_utf8();
        match c {
            _ if c.is_whitespace() => continue,
            '\'' | '"' => {
                let mut escaped = false;
                for (at, inner) in chars.by_ref() {
                    end = at + inner.len_utf8();
                    if inner == c && !escaped {
                        break;
                    }
                    escaped = inner == '\\' && !escaped;
                }
            }
            _ if c.is_alphanumeric() || c == '_' => {
                let number = c.is_ascii_digit();
                let goes_on = |c: char| c.is_alphanumeric() || c == '_';
                while let Some((at, inner)) = chars.next_if(|(at, next)| {
                    let behind = source.get(at + 1..).and_then(|rest| rest.chars().next());
                    goes_on(*next) || number && *next == '.' && behind.is_some_and(|c| c.is_ascii_digit())
                }) {
                    end = at + inner.len_utf8();
                }
            }
            '*' => {
                if let Some((at, _)) = chars.next_if(|(_, next)| *next == '*') {
                    end = at + 1;
                }
            }
            _ => {}
        }
        tokens.push(start..end);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_looked_at() {
        for (source, looked_at) in [
            ("a * b", Some("a|__single * b|__single")),
            ("a.b[0] * -c(1)|length + 1", Some("a.b[0]|__single * -c(1)|length|__single + 1")),
            ("a ~ '*' ~ [b, (c)]", Some("a|__single ~ '*'|__single ~ [b, (c)]|__single")),
            ("2 * 1.5 ** 2", Some("2|__single * 1.5|__single ** 2")),
            ("f(*x) ** '~'", None),
            ("'a\\'* b'", None),
            ("a *", Some("a|__single *|__single")),
        ] {
            assert_eq!(guarded(source).as_deref(), looked_at, "{source}");
        }
    }

    #[test]
    fn places_are_those_of_the_expression() {
        let source = "a * b + c";
        let text = guarded(source).unwrap();
        for name in ["a", "b", "c", "+"] {
            // `single` has none of these letters before the one that is looked for.
            let at = text.rfind(&format!(" {name}")).map_or(0, |at| at + 1);
            assert_eq!(source.get(original(source, at..at + 1)), Some(name));
        }
    }
}
