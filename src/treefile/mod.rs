//! Tree files: znodes as YAML or JSON, for people to write and for programs to keep.
//!
//! ```yaml
//! format: zkx-tree/1
//! /app:
//!   data: hello               # the data of /app
//!   acl: world:anyone:r       # where it is not world:anyone:cdrwa
//!   /config: jdbc:mysql://x   # a znode with data and nothing else
//!   /empty: ''                # empty data …
//!   /nothing: null            # … and none are two things
//!   /icon: !!binary iVBORw0=  # bytes that are no text; in JSON {"base64": "iVBORw0="}
//!   /workers:
//!     type: container         # persistent unless said: container, ephemeral, ttl
//!     /w-1: {type: ttl, ttl: 60000, data: busy}
//! /brokers/ids/1: {}          # the znodes between are made, empty
//! ```
//!
//! A key that begins with `/` is a znode below, at any depth; any other is a property: no name of a
//! znode can be one. Data is empty where nothing is said. Numbers and truths need no quotes, since
//! data is text anyway. A JSON file has the same shape.

mod json;
mod write;
mod yaml;

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;

use crate::znode::{Acl, NodeType, ZPath};

pub use write::Writer;

/// The version of the format that is written and read.
pub const FORMAT: &str = "zkx-tree/1";

/// A znode of a tree file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where, from the root of the file.
    pub path: ZPath,
    /// Its data; `None` is null.
    pub data: Option<Bytes>,
    /// `None` for the open one.
    pub acl: Option<Vec<Acl>>,
    /// An ephemeral's session is 0: the file knows none.
    pub node_type: NodeType,
    /// The line that names it, from 1; 0 where there is none.
    pub line: usize,
    /// What of this the file says, and what is only so because nothing is said.
    pub said: Said,
}

/// What a file says of a znode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its name, not only that of something below.
    pub name: bool,
    /// Its data.
    pub data: bool,
    /// Its ACL.
    pub acl: bool,
    /// Its type.
    pub node_type: bool,
}

/// Why a text is not a tree file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct BadFile {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// Reads a tree file. Parents come before their children, otherwise znodes keep the file's order.
pub fn parse(text: &str) -> Result<Vec<Entry>, BadFile> {
    let mut builder = Builder::default();
    // YAML is nearly JSON's superset, but it lacks pairs of `\u` escapes.
    if text.trim_start().starts_with('{') {
        json::read(text, &mut builder)?;
    } else {
        yaml::read(text, &mut builder)?;
    }
    Ok(builder.entries)
}

/// Where something stands in a file: line and column, from 1.
type Place = (usize, usize);

fn wrong(place: Place, message: impl Into<String>) -> BadFile {
    BadFile { line: place.0, column: place.1, message: message.into() }
}

/// A scalar as either syntax gives it.
enum Value {
    Null,
    Text(String),
    Binary(String),
}

/// Gathers znodes while a file is read.
#[derive(Default)]
struct Builder {
    entries: Vec<Entry>,
    /// Index by path.
    known: HashMap<ZPath, usize>,
    /// Named by the file itself, not only between others.
    named: Vec<bool>,
}

impl Builder {
    /// A znode `key` below `parent`; returns its index.
    fn begin(&mut self, parent: Option<usize>, key: &str, place: Place) -> Result<usize, BadFile> {
        let above = parent.and_then(|index| self.entries.get(index)).map(|entry| entry.path.clone());
        let text = match &above {
            Some(above) if key != "/" => format!("{}{key}", above.as_str().trim_end_matches('/')),
            _ => key.to_owned(),
        };
        let path = ZPath::parse(&text).map_err(|error| wrong(place, format!("`{key}`: {error}")))?;
        for between in path.lineage() {
            if between != path {
                self.entry(between, place.0);
            }
        }
        let index = self.entry(path.clone(), place.0);
        if let Some(named) = self.named.get_mut(index)
            && std::mem::replace(named, true)
        {
            let first = self.entries.get(index).map_or(0, |entry| entry.line);
            return Err(wrong(place, format!("{path} is in line {first} already")));
        }
        if let Some(entry) = self.entries.get_mut(index) {
            entry.line = place.0;
            entry.said.name = true;
        }
        Ok(index)
    }

    fn entry(&mut self, path: ZPath, line: usize) -> usize {
        if let Some(index) = self.known.get(&path) {
            return *index;
        }
        self.known.insert(path.clone(), self.entries.len());
        let data = Some(Bytes::new());
        let (node_type, said) = (NodeType::Persistent, Said::default());
        self.entries.push(Entry { path, data, acl: None, node_type, line, said });
        self.named.push(false);
        self.entries.len() - 1
    }

    /// The value of a znode that is nothing but data.
    fn data(&mut self, index: usize, value: Value, place: Place) -> Result<(), BadFile> {
        let data = match value {
            Value::Null => None,
            Value::Text(text) => Some(Bytes::from(text)),
            Value::Binary(text) => Some(binary(&text, place)?),
        };
        if let Some(entry) = self.entries.get_mut(index) {
            entry.data = data;
            entry.said.data = true;
        }
        Ok(())
    }

    /// A property of a znode, or of the file.
    fn property(
        &mut self,
        index: Option<usize>,
        key: &str,
        value: Value,
        place: Place,
    ) -> Result<(), BadFile> {
        let Some(index) = index else {
            return match (key, &value) {
                ("format", Value::Text(text)) if text == FORMAT => Ok(()),
                ("format", _) => Err(wrong(place, format!("this zkx reads `format: {FORMAT}`"))),
                _ => Err(unknown(key, &["format"], place)),
            };
        };
        match (key, value) {
            ("data", value) => return self.data(index, value, place),
            ("base64", Value::Text(text)) => return self.data(index, Value::Binary(text), place),
            (key, Value::Text(text)) => {
                let Some(entry) = self.entries.get_mut(index) else { return Ok(()) };
                let type_now = entry.node_type;
                match key {
                    "acl" => {
                        let acl = Acl::parse_list(&text).map_err(|error| wrong(place, error.to_string()))?;
                        entry.acl = (acl != [Acl::open()]).then_some(acl);
                        entry.said.acl = true;
                    }
                    "type" => {
                        entry.said.node_type = true;
                        entry.node_type = match (text.as_str(), type_now) {
                            ("persistent", _) => NodeType::Persistent,
                            ("ephemeral", _) => NodeType::Ephemeral(0),
                            ("container", _) => NodeType::Container,
                            ("ttl", known @ NodeType::Ttl(_)) => known,
                            ("ttl", _) => NodeType::Ttl(0),
                            _ => {
                                let types = "persistent, ephemeral, container or ttl";
                                return Err(wrong(place, format!("`{text}` is no type: {types}")));
                            }
                        };
                    }
                    "ttl" => match text.parse() {
                        Ok(ttl) if ttl > 0 => entry.node_type = NodeType::Ttl(ttl),
                        _ => return Err(wrong(place, format!("`{text}` is no time in milliseconds"))),
                    },
                    _ => return Err(unknown(key, &PROPERTIES, place)),
                }
            }
            (key, _) if PROPERTIES.contains(&key) => {
                return Err(wrong(place, format!("`{key}` wants a text")));
            }
            (key, _) => return Err(unknown(key, &PROPERTIES, place)),
        }
        Ok(())
    }
}

const PROPERTIES: [&str; 5] = ["data", "base64", "acl", "type", "ttl"];

fn unknown(key: &str, known: &[&str], place: Place) -> BadFile {
    let instead = match crate::error::did_you_mean(key, known.iter().copied()) {
        Some(known) => format!("did you mean `{known}`, or the znode `/{key}`?"),
        None => format!("a znode is written `/{key}`, and properties are {}", known.join(", ")),
    };
    wrong(place, format!("`{key}` is no property: {instead}"))
}

fn binary(text: &str, place: Place) -> Result<Bytes, BadFile> {
    let text: String = text.split_whitespace().collect();
    let bytes = BASE64_STANDARD.decode(text).map_err(|error| wrong(place, format!("not base64: {error}")))?;
    Ok(Bytes::from(bytes))
}

#[cfg(test)]
mod tests;
