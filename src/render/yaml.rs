//! YAML.

use std::io::{self, Write};

use saphyr::{Mapping, Scalar, YamlEmitter};
use serde::Serialize;
use serde_json::Value;

use super::Renderer;
use super::feed::Feed;
use crate::view::{Row, Shape, View};

#[derive(Default)]
pub(super) struct Yaml {
    begun: bool,
}

impl Yaml {
    /// Parts an answer from the one before it: `get -w` has two.
    fn document(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) { out.write_all(b"---\n") } else { Ok(()) }
    }
}

impl Renderer for Yaml {
    fn value(&mut self, view: &View, out: &mut dyn Write) -> io::Result<()> {
        self.document(out)?;
        out.write_all(text(view)?.as_bytes())
    }

    fn stream(&mut self, shape: Shape, feed: &mut Feed, out: &mut dyn Write) -> io::Result<()> {
        self.document(out)?;
        let nested = matches!(shape, Shape::Tree { .. });
        let mut empty = true;
        while let Some(rows) = feed.rows(out)? {
            for row in rows {
                empty = false;
                match &row {
                    Row::Tree(tree) if nested => {
                        match (tree.depth * 4).checked_sub(2) {
                            Some(level) => item(&text(tree)?, level, out)?,
                            None => out.write_all(text(tree)?.as_bytes())?,
                        }
                        if tree.children > 0 {
                            writeln!(out, "{:level$}children:", "", level = tree.depth * 4)?;
                        }
                    }
                    row => item(&text(row)?, 0, out)?,
                }
            }
        }
        if empty {
            out.write_all(b"[]\n")?;
        }
        Ok(())
    }
}

/// Writes a mapping as the item of a list that is indented by `level`.
fn item(text: &str, level: usize, out: &mut dyn Write) -> io::Result<()> {
    for (i, line) in text.lines().enumerate() {
        let mark = if i == 0 { "- " } else { "  " };
        writeln!(out, "{:level$}{mark}{line}", "")?;
    }
    Ok(())
}

/// A value as block YAML, without the line that begins a document.
fn text(value: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_value(value)?;
    let mut text = String::new();
    let mut emitter = YamlEmitter::new(&mut text);
    emitter.dump(&yaml(&json)).map_err(io::Error::other)?;
    let body = text.strip_prefix("---\n").unwrap_or(&text);
    Ok(if body.ends_with('\n') { body.to_owned() } else { format!("{body}\n") })
}

fn yaml(value: &Value) -> saphyr::Yaml<'_> {
    let scalar = |scalar| saphyr::Yaml::Value(scalar);
    match value {
        Value::Null => scalar(Scalar::Null),
        Value::Bool(truth) => scalar(Scalar::Boolean(*truth)),
        Value::Number(number) => match number.as_i64() {
            Some(number) => scalar(Scalar::Integer(number)),
            None => scalar(Scalar::FloatingPoint(number.as_f64().unwrap_or_default().into())),
        },
        Value::String(text) => scalar(Scalar::String(text.as_str().into())),
        Value::Array(items) => saphyr::Yaml::Sequence(items.iter().map(yaml).collect()),
        Value::Object(fields) => {
            let mut mapping = Mapping::new();
            for (key, value) in fields {
                mapping.insert(scalar(Scalar::String(key.as_str().into())), yaml(value));
            }
            saphyr::Yaml::Mapping(mapping)
        }
    }
}
