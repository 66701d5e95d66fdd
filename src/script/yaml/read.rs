//! From the parser's events to the tree.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag as Written};

use super::{Key, Layout, Limits, Node, Scalar, Style, Tag, Value, merge, mistake};
use crate::script::problem::Problem;
use crate::script::source::{Mark, Span};

/// Reads the file that `!include` names.
pub(in crate::script) type Include<'a> = &'a mut dyn FnMut(&str, Span) -> Result<Node, Vec<Problem>>;

/// The one document of a file: nothing where it is empty. What can be read in spite of problems is, and
/// `problems` tells them; after those that end the reading there is nothing.
pub(in crate::script) fn read(
    file: u16,
    text: &str,
    limits: Limits,
    include: Include<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Node> {
    if text.len() > limits.bytes {
        let message =
            format!("the file has {} MiB, and a script has {} at most", text.len() >> 20, limits.bytes >> 20);
        problems.push(Problem::new("E0005", span(file, Marker::new(0, 1, 0), Marker::new(0, 1, 0)), message));
        return None;
    }
    let mut reader = Reader {
        file,
        text,
        limits,
        include,
        problems,
        open: Vec::new(),
        root: None,
        anchors: HashMap::new(),
        nodes: 0,
        aliased: 0,
        aliased_bytes: 0,
        lines: None,
        torn: false,
    };
    match reader.run() {
        Ok(()) => reader.root.filter(|_| !reader.torn),
        Err(problem) => {
            reader.problems.push(*problem);
            None
        }
    }
}

/// A list or a mapping that is not closed yet.
struct Open {
    anchor: usize,
    start: Marker,
    raw: bool,
    size: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Map(Vec<(Key, Node)>, Option<Key>),
}

struct Reader<'a, 'i> {
    file: u16,
    text: &'a str,
    limits: Limits,
    include: Include<'i>,
    problems: &'a mut Vec<Problem>,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    aliased: usize,
    aliased_bytes: usize,
    /// Where lines begin, once somebody asked.
    lines: Option<Vec<usize>>,
    /// Whether a file is missing in it: what it would be then is nobody's business.
    torn: bool,
}

type Fatal<T> = Result<T, Box<Problem>>;

impl Reader<'_, '_> {
    fn run(&mut self) -> Fatal<()> {
        let mut documents = 0;
        for event in Parser::new_from_str(self.text) {
            let (event, at) = event.map_err(|error| {
                Box::new(mistake::of(self.file, self.text, *error.marker(), error.info()))
            })?;
            let here = span(self.file, at.start, at.end);
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(self.fatal(
                            "E0004",
                            here,
                            "a script is one document",
                            "everything from here on belongs in another file",
                        ));
                    }
                }
                Event::SequenceStart(anchor, tag) => self.begin(anchor, tag.as_deref(), at.start, true)?,
                Event::MappingStart(anchor, tag) => self.begin(anchor, tag.as_deref(), at.start, false)?,
                Event::SequenceEnd | Event::MappingEnd => self.end(at.end)?,
                Event::Alias(anchor) => self.alias(anchor, here)?,
                Event::Scalar(text, style, anchor, tag) => {
                    self.scalar(&text, style, anchor, tag.as_deref(), (at.start, at.end))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn fatal(&self, code: &'static str, at: Span, message: &str, label: &str) -> Box<Problem> {
        Box::new(Problem::new(code, at, message).label(label))
    }

    /// Counts a value.
    fn count(&mut self, here: Span, more: usize) -> Fatal<()> {
        self.nodes += more;
        if self.nodes > self.limits.nodes {
            let message = format!("a script has {} values at most", self.limits.nodes);
            return Err(self.fatal("E0003", here, &message, "this one is too many"));
        }
        Ok(())
    }

    fn raw(&self) -> bool {
        self.open.last().is_some_and(|open| open.raw)
    }

    fn begin(&mut self, anchor: usize, tag: Option<&Written>, start: Marker, list: bool) -> Fatal<()> {
        let here = span(self.file, start, start);
        self.count(here, 1)?;
        if let Some(Open { kind: Kind::Map(_, None), .. }) = self.open.last() {
            let braces = self.text.lines().nth(start.line() - 1).is_some_and(|line| line.contains("{{"));
            let label = if braces {
                "an interpolation is written \"${ … }\", in quotes"
            } else {
                "write it as one word"
            };
            return Err(self.fatal("E0101", here, "a key is a text", label));
        }
        if self.open.len() == self.limits.depth {
            let message = format!("a script is {} levels deep at most", self.limits.depth);
            return Err(self.fatal("E0003", here, &message, "this is one more"));
        }
        let mut raw = self.raw();
        match tag.map(name) {
            None => {}
            Some(Name::Raw) => raw = true,
            Some(_) => self.bad_tag(tag, here),
        }
        let kind = if list { Kind::List(Vec::new()) } else { Kind::Map(Vec::new(), None) };
        self.open.push(Open { anchor, start, raw, size: 1, kind });
        Ok(())
    }

    fn bad_tag(&mut self, tag: Option<&Written>, here: Span) {
        let known = "tags are `!raw`, `!env NAME`, `!secret NAME`, `!include FILE` and `!!binary`";
        let tag =
            tag.map(
                |tag| {
                    if tag.handle == "!" { format!("!{}", tag.suffix) } else { format!("!!{}", tag.suffix) }
                },
            );
        let message = format!("the tag `{}` has no meaning here", tag.unwrap_or_default());
        self.problems.push(Problem::new("E0003", here, message).label(known));
    }

    fn end(&mut self, end: Marker) -> Fatal<()> {
        let Some(Open { anchor, start, raw, size, kind }) = self.open.pop() else { return Ok(()) };
        let value = match kind {
            Kind::List(items) => Value::List(items),
            Kind::Map(entries, _) => Value::Map(merge::merged(entries, self.problems)),
        };
        // A block ends where the next thing begins.
        let end = self.trimmed(start, end);
        let node =
            Node { value, span: Span { file: self.file, start: mark(start), end }, tag: None, raw, size };
        self.done(anchor, node)
    }

    /// The end of a block without the white space and comments behind it: its first line's is enough.
    fn trimmed(&self, start: Marker, end: Marker) -> Mark {
        if start.line() == end.line() {
            mark(end)
        } else {
            Mark { line: mark(start).line, column: u32::MAX, at: mark(end).at }
        }
    }

    fn alias(&mut self, anchor: usize, here: Span) -> Fatal<()> {
        if let Some(Open { kind: Kind::Map(_, None), .. }) = self.open.last() {
            return Err(self.fatal("E0101", here, "a key is a text", "write it without `*`"));
        }
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(self.fatal(
                "E0003",
                here,
                "the alias stands for what it is part of",
                "it would have no end",
            ));
        };
        self.aliased += node.size;
        if self.aliased > self.limits.aliased {
            let message = format!("aliases stand for {} values at most", self.limits.aliased);
            return Err(self.fatal("E0003", here, &message, "this one is too many"));
        }
        self.aliased_bytes += node.bytes();
        if self.aliased_bytes > self.limits.aliased_bytes {
            let most = self.limits.aliased_bytes >> 20;
            let message = format!("aliases stand for {most} MiB of text at most");
            return Err(self.fatal("E0003", here, &message, "this one is too many"));
        }
        let node = node.clone();
        self.done(0, node)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Written>,
        (start, end): (Marker, Marker),
    ) -> Fatal<()> {
        let here = span(self.file, start, end);
        self.count(here, 1)?;
        if let Some(Open { kind: Kind::Map(_, key @ None), .. }) = self.open.last_mut() {
            *key = Some(Key { text: text.to_owned(), span: here });
            return Ok(());
        }
        let mut raw = self.raw();
        let meaning = match tag.map(name) {
            None => None,
            Some(Name::Raw) => {
                raw = true;
                None
            }
            Some(Name::Include) => {
                let node = match (self.include)(text, here) {
                    Ok(node) => node,
                    Err(problems) => {
                        self.problems.extend(problems);
                        self.torn = true;
                        self.plain(text, style, here)
                    }
                };
                self.count(here, node.size)?;
                return self.done(anchor, node);
            }
            Some(Name::Tag(tag)) => Some(tag),
            Some(Name::Unknown) => {
                self.bad_tag(tag, here);
                None
            }
        };
        let mut node = self.plain(text, style, here);
        node.tag = meaning;
        node.raw = raw;
        self.done(anchor, node)
    }

    fn plain(&mut self, text: &str, style: ScalarStyle, here: Span) -> Node {
        let layout = self.layout(text, style, here);
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            _ => Style::Block,
        };
        let scalar = Scalar { text: text.to_owned(), style, layout };
        Node { value: Value::Scalar(scalar), span: here, tag: None, raw: false, size: 1 }
    }

    fn layout(&mut self, text: &str, style: ScalarStyle, here: Span) -> Layout {
        let length = (here.end.at - here.start.at) as usize;
        match style {
            ScalarStyle::Literal => self.lines_of(text, here).unwrap_or(Layout::Folded),
            ScalarStyle::Folded => Layout::Folded,
            _ if here.start.line != here.end.line => Layout::Folded,
            ScalarStyle::Plain => Layout::Line { skip: 0 },
            _ if text.chars().count() + 2 == length => Layout::Line { skip: 1 },
            _ => Layout::Folded,
        }
    }

    /// Where the lines of a `|` block are: below the line with the `|`, behind an indentation.
    fn lines_of(&mut self, text: &str, here: Span) -> Option<Layout> {
        let lines = self.lines.get_or_insert_with(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        });
        let first = text.lines().find(|line| !line.is_empty())?;
        let skipped = text.lines().take_while(|line| line.is_empty()).count();
        let at = |number: usize| -> Option<&str> {
            let start = *lines.get(number.checked_sub(1)?)?;
            self.text.get(start..)?.lines().next()
        };
        let number = here.start.line as usize;
        // The span begins at the `|`, or with its content.
        for below in [1, 0] {
            let line = at(number + below + skipped)?;
            if let Some(indent) =
                line.strip_suffix(first).filter(|indent| indent.bytes().all(|byte| byte == b' '))
            {
                return Some(Layout::Lines { line: (number + below) as u32, indent: indent.len() as u32 });
            }
        }
        None
    }

    fn done(&mut self, anchor: usize, node: Node) -> Fatal<()> {
        if anchor > 0 {
            self.count(node.span, node.size)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some(Open { kind, size, .. }) => {
                *size += node.size;
                match kind {
                    Kind::List(items) => items.push(node),
                    Kind::Map(entries, key) => entries.extend(key.take().map(|key| (key, node))),
                }
            }
            None => self.root = Some(node),
        }
        Ok(())
    }
}

/// What a tag says.
enum Name {
    Raw,
    Include,
    Tag(Tag),
    Unknown,
}

fn name(tag: &Written) -> Name {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("!", "raw") => Name::Raw,
        ("!", "include") => Name::Include,
        ("!", "env") => Name::Tag(Tag::Env),
        ("!", "secret") => Name::Tag(Tag::Secret),
        ("tag:yaml.org,2002:" | "!!", "binary") => Name::Tag(Tag::Binary),
        _ => Name::Unknown,
    }
}

fn mark(marker: Marker) -> Mark {
    Mark { line: marker.line() as u32, column: marker.col() as u32 + 1, at: marker.index() as u32 }
}

pub(super) fn span(file: u16, start: Marker, end: Marker) -> Span {
    Span { file, start: mark(start), end: mark(end) }
}
