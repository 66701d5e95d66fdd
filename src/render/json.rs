//! JSON, as one document or one a line.

use std::io::{self, Write};

use super::Renderer;
use super::feed::Feed;
use crate::view::{Row, Shape, View};

pub(super) struct Json {
    lines: bool,
}

impl Json {
    pub(super) fn pretty() -> Self {
        Self { lines: false }
    }

    pub(super) fn lines() -> Self {
        Self { lines: true }
    }
}

impl Renderer for Json {
    fn value(&mut self, view: &View, out: &mut dyn Write) -> io::Result<()> {
        if self.lines {
            serde_json::to_writer(&mut *out, view)?;
        } else {
            serde_json::to_writer_pretty(&mut *out, view)?;
        }
        out.write_all(b"\n")
    }

    fn stream(&mut self, shape: Shape, feed: &mut Feed, out: &mut dyn Write) -> io::Result<()> {
        match shape {
            _ if self.lines => lines(feed, out),
            Shape::Tree { .. } => nested(feed, out),
            Shape::List | Shape::Table | Shape::Kafka(_) | Shape::Steps => list(feed, out),
        }
    }
}

fn lines(feed: &mut Feed, out: &mut dyn Write) -> io::Result<()> {
    while let Some(rows) = feed.rows(out)? {
        for row in rows {
            serde_json::to_writer(&mut *out, &row)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

fn list(feed: &mut Feed, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut first = true;
    while let Some(rows) = feed.rows(out)? {
        for row in rows {
            out.write_all(if first { b"\n  " } else { b",\n  " })?;
            first = false;
            serde_json::to_writer(&mut *out, &row)?;
        }
    }
    out.write_all(if first { b"]\n" } else { b"\n]\n" })
}

/// Each znode an object, its children in `children`; written as the rows come, so that a tree of any
/// size needs no memory.
fn nested(feed: &mut Feed, out: &mut dyn Write) -> io::Result<()> {
    // For each open object, whether its list of children is open.
    let mut open: Vec<bool> = Vec::new();
    while let Some(rows) = feed.rows(out)? {
        for row in rows {
            let Row::Tree(row) = row else { continue };
            while open.len() > row.depth {
                close(&mut open, out)?;
            }
            if let Some(children) = open.last_mut() {
                out.write_all(if *children { b",\n" } else { b",\"children\":[\n" })?;
                *children = true;
            }
            indent(open.len(), out)?;
            let object = serde_json::to_vec(&row)?;
            out.write_all(object.strip_suffix(b"}").unwrap_or(&object))?;
            open.push(false);
        }
    }
    while !open.is_empty() {
        close(&mut open, out)?;
    }
    out.write_all(b"\n")
}

fn close(open: &mut Vec<bool>, out: &mut dyn Write) -> io::Result<()> {
    if open.pop() == Some(true) {
        out.write_all(b"\n")?;
        indent(open.len(), out)?;
        out.write_all(b"]")?;
    }
    out.write_all(b"}")
}

fn indent(levels: usize, out: &mut dyn Write) -> io::Result<()> {
    (0..levels).try_for_each(|_| out.write_all(b"  "))
}
