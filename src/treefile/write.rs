//! Writing tree files, znode by znode.

use std::io::{self, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{Entry, FORMAT};
use crate::znode::{Acl, NodeType};

/// Writes znodes as YAML, parents right before what is below them.
pub struct Writer<W> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    pub fn new(mut out: W) -> io::Result<Self> {
        writeln!(out, "format: {FORMAT}")?;
        Ok(Self { out })
    }

    /// Adds a znode at `depth`, 0 for those that have no parent in the file; `name` is its last
    /// segment, or empty for the root.
    pub fn node(&mut self, depth: usize, name: &str, entry: &Entry, has_children: bool) -> io::Result<()> {
        let out = &mut self.out;
        let key = quoted_unless_plain(&format!("/{name}"));
        let plain = entry.acl.is_none() && entry.node_type == NodeType::Persistent;
        let (pad, inner) = (depth * 2, depth * 2 + 2);
        write!(out, "{:pad$}{key}:", "")?;
        if plain && !has_children {
            return writeln!(out, " {}", data(entry));
        }
        let mut empty = true;
        let mut property = |out: &mut W, name: &str, value: &str| {
            if std::mem::take(&mut empty) {
                writeln!(out)?;
            }
            writeln!(out, "{:inner$}{name}: {value}", "")
        };
        if entry.data.as_ref().is_none_or(|data| !data.is_empty()) {
            property(out, "data", &data(entry))?;
        }
        if let Some(acl) = &entry.acl {
            property(out, "acl", &quoted(&text(acl)))?;
        }
        match entry.node_type {
            NodeType::Persistent => {}
            NodeType::Ttl(ttl) => {
                property(out, "type", "ttl")?;
                property(out, "ttl", &ttl.to_string())?;
            }
            other => property(out, "type", other.name())?,
        }
        if empty {
            return if has_children { writeln!(out) } else { writeln!(out, " ''") };
        }
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn text(acl: &[Acl]) -> String {
    acl.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn data(entry: &Entry) -> String {
    match &entry.data {
        None => "null".to_owned(),
        Some(data) if data.is_empty() => "''".to_owned(),
        Some(data) => match std::str::from_utf8(data) {
            Ok(text) => quoted(text),
            Err(_) => format!("!!binary {}", BASE64_STANDARD.encode(data)),
        },
    }
}

/// A JSON text is a YAML text too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn quoted_unless_plain(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@=".contains(c);
    if key.chars().all(plain) { key.to_owned() } else { quoted(key) }
}
