//! The file as a tree in which each thing knows where it stands.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::problem::{Problem, Wrong};

/// A value.
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
}

pub(super) enum Value {
    /// Nothing, or an unquoted `~` or `null`.
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

impl Value {
    /// What it is, in a sentence.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// The name of a setting, or whatever else stands before a colon.
pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Span,
}

/// What is open while the events of the parser come.
enum Open {
    List(Vec<Node>, Marker),
    Map(Vec<(Key, Node)>, Option<Key>, Marker),
}

/// Deeper than any configuration is, and shallow enough for recursion.
const DEPTH: usize = 16;

/// The file's one document; `None` when it is empty.
pub(super) fn read(text: &str) -> Result<Option<Node>, Problem> {
    let problem = |at: Marker, wrong: Wrong| Problem::syntax(text, at, wrong);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| problem(*error.marker(), mistake(error.info())))?;
        let refuse =
            |what: &str| problem(span.start, Wrong::new(format!("{what} have no place in a configuration")));
        let done = match event {
            Event::Alias(_) => return Err(refuse("aliases (`*name`)")),
            Event::Scalar(.., Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                return Err(refuse("tags (`!name`)"));
            }
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(problem(span.start, Wrong::new("a configuration is one document")));
                }
                continue;
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if matches!(open.last(), Some(Open::Map(_, None, _))) {
                    return Err(problem(span.start, Wrong::new("a key is a text")));
                }
                if open.len() == DEPTH {
                    return Err(problem(
                        span.start,
                        Wrong::new("nothing in a configuration is as deep as this"),
                    ));
                }
                open.push(match event {
                    Event::SequenceStart(..) => Open::List(Vec::new(), span.start),
                    _ => Open::Map(Vec::new(), None, span.start),
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items, start)) => {
                    Node { value: Value::List(items), span: Span::new(start, span.end) }
                }
                Some(Open::Map(entries, _, start)) => {
                    Node { value: Value::Map(entries), span: Span::new(start, span.end) }
                }
                None => continue,
            },
            Event::Scalar(text, style, ..) => {
                if let Some(Open::Map(_, key @ None, _)) = open.last_mut() {
                    *key = Some(Key { text: text.into_owned(), span });
                    continue;
                }
                let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                Node { value: if null { Value::Null } else { Value::Text(text.into_owned()) }, span }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
        };
        match open.last_mut() {
            Some(Open::List(items, _)) => items.push(done),
            Some(Open::Map(entries, key, _)) => entries.extend(key.take().map(|key| (key, done))),
            None => root = Some(done),
        }
    }
    Ok(root)
}

/// The parser's words, and what mostly is behind them.
fn mistake(info: &str) -> Wrong {
    let wrong = Wrong::new(info);
    if info.starts_with("tabs disallowed") {
        wrong.hint("indent with spaces")
    } else if info.starts_with("mapping values are not allowed") {
        wrong.hint("put quotes around a value that has a colon followed by a space in it")
    } else if info.contains("quoted scalar") && info.ends_with("end of stream") {
        wrong.hint("a closing quote is missing")
    } else {
        wrong
    }
}
