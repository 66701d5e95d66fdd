//! Trees for people, drawn by ptree while the walk still runs.
//!
//! ptree asks each item for its children right after writing it; here that pulls rows from the feed,
//! which come in the order in which they are drawn.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Write};

use nu_ansi_term::Style;
use ptree::print_config::{ASCII_CHARS_TICK, PrintConfig, StyleWhen, UTF_CHARS};
use ptree::{TreeItem, write_tree_with};
use unicode_width::UnicodeWidthStr;

use super::Options;
use super::feed::Feed;
use crate::view::{Mark, Row, TreeRow, hex};
use crate::znode::data::preview;
use crate::znode::text::{sanitise, size, thousands};

/// What all items share: where rows come from and where lines go.
struct Drawing<'a> {
    feed: &'a mut Feed,
    out: &'a mut dyn Write,
    options: &'a Options,
    sizes: bool,
    rows: VecDeque<TreeRow>,
    ended: bool,
    /// The line being written: it may turn out not to be wanted.
    line: Vec<u8>,
    drop_line: bool,
    /// Children of the row written last, and how many are left out.
    below: (usize, usize),
}

/// Draws the rows of `feed`.
pub(super) fn draw(
    feed: &mut Feed,
    out: &mut dyn Write,
    options: &Options,
    ascii: bool,
    sizes: bool,
) -> io::Result<()> {
    let drawing = RefCell::new(Drawing {
        feed,
        out,
        options,
        sizes,
        rows: VecDeque::new(),
        ended: false,
        line: Vec::new(),
        drop_line: false,
        below: (0, 0),
    });
    let config = PrintConfig {
        depth: u32::MAX,
        characters: if ascii { ASCII_CHARS_TICK.into() } else { UTF_CHARS.into() },
        indent: 4,
        padding: 1,
        styled: StyleWhen::Never,
        ..PrintConfig::default()
    };
    let root = Item { drawing: &drawing, depth: 0, what: What::Znode { last: true } };
    match write_tree_with(&root, Lines(&drawing), &config) {
        Err(_) if drawing.borrow().ended => Ok(()),
        result => result,
    }
}

#[derive(Clone, Copy)]
enum What {
    Znode {
        last: bool,
    },
    /// Stands for children that are not shown.
    Omitted(usize),
}

#[derive(Clone, Copy)]
struct Item<'a, 'b> {
    drawing: &'a RefCell<Drawing<'b>>,
    depth: usize,
    what: What,
}

impl TreeItem for Item<'_, '_> {
    type Child = Self;

    fn write_self<W: Write>(&self, f: &mut W, _: &ptree::Style) -> io::Result<()> {
        let label = self.drawing.borrow_mut().label(self.depth, self.what)?;
        f.write_all(label.as_bytes())
    }

    fn children(&self) -> Cow<'_, [Self]> {
        let (children, omitted) = std::mem::take(&mut self.drawing.borrow_mut().below);
        let depth = self.depth + 1;
        let total = children + usize::from(omitted > 0);
        (1..=total)
            .map(|nth| match nth {
                nth if nth > children => What::Omitted(omitted),
                nth => What::Znode { last: nth == total },
            })
            .map(|what| Self { drawing: self.drawing, depth, what })
            .collect()
    }
}

impl Drawing<'_> {
    /// What to write for the next item; takes its row.
    fn label(&mut self, depth: usize, what: What) -> io::Result<String> {
        if let What::Omitted(omitted) = what {
            let more = format!("… {} more", thousands(omitted));
            return Ok(self.options.palette.dim().paint(more).to_string());
        }
        while self.rows.is_empty() && !self.ended {
            match self.feed.rows(self.out)? {
                Some(rows) => self.rows.extend(rows.into_iter().filter_map(|row| match row {
                    Row::Tree(row) => Some(row),
                    _ => None,
                })),
                None => self.ended = true,
            }
        }
        let next = self.rows.front().map(|row| row.depth);
        match (next, what) {
            (Some(next), _) if next == depth => {
                let row = self.rows.pop_front();
                Ok(row.map_or_else(String::new, |row| self.describe(&row)))
            }
            // A child that was listed and then not found. Its line is left out, except where the
            // branch ends with it.
            (Some(_), What::Znode { last: false }) => {
                self.drop_line = true;
                Ok(String::new())
            }
            (Some(_), _) => Ok(self.vanished()),
            (None, What::Znode { last }) if last && depth > 0 => Ok(self.vanished()),
            // The walk broke off, or all that was still to come has vanished.
            (None, _) => {
                self.line.clear();
                Err(io::Error::other("no more rows"))
            }
        }
    }

    fn vanished(&self) -> String {
        self.options.palette.dim().paint("(vanished while being read)").to_string()
    }

    fn describe(&mut self, row: &TreeRow) -> String {
        let palette = self.options.palette;
        self.below = (row.children, row.omitted);
        let name = if row.depth == 0 { row.path.as_str() } else { row.path.name() };
        let has_children = row.stat.is_some_and(|stat| stat.num_children > 0);
        let passing = row.marks.iter().any(|m| matches!(m, Mark::Ephemeral(_)));
        let style = match (has_children, passing) {
            (true, _) => palette.parent(),
            (_, true) => palette.passing(),
            _ => Style::new(),
        };
        let name = sanitise(name, false);
        let mut used = row.depth * 4 + name.width();
        let mut label = style.paint(name).to_string();
        let mut add = |text: String| {
            used += 2 + text.width();
            label.push_str(&format!("  {}", palette.dim().paint(text)));
        };
        if !row.marks.is_empty() {
            let marks: Vec<_> = row.marks.iter().map(mark).collect();
            add(sanitise(&format!("({})", marks.join(", ")), false).into_owned());
        }
        if self.sizes
            && let Some(stat) = &row.stat
        {
            add(size(u64::from(stat.data_length.unsigned_abs())));
        }
        if let Some(words) = &row.words {
            add(sanitise(words, false).into_owned());
        }
        if let Some(data) = &row.data {
            let width = self.options.width.saturating_sub(used + 3).max(20);
            label.push_str(&format!("  {}", preview(data.as_deref(), width)));
        }
        label
    }
}

fn mark(mark: &Mark) -> String {
    match mark {
        Mark::Ephemeral(session) => format!("ephemeral {}", hex(*session)),
        Mark::Sequential => "sequential".into(),
        Mark::Container => "container".into(),
        Mark::Ttl(ttl) => {
            let time = std::time::Duration::from_millis(ttl.unsigned_abs());
            format!("ttl {}", humantime::format_duration(time))
        }
        Mark::Quota(limits) => format!("quota {limits}"),
        Mark::Restricted(acl) => {
            let entries: Vec<_> = acl.iter().map(ToString::to_string).collect();
            format!("acl {}", entries.join(" "))
        }
        Mark::Unreadable => "no permission to read".into(),
    }
}

/// Collects what ptree writes into lines, so that one can be dropped when it is complete.
struct Lines<'a, 'b>(&'a RefCell<Drawing<'b>>);

impl Write for Lines<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let drawing = &mut *self.0.borrow_mut();
        drawing.line.extend_from_slice(bytes);
        if drawing.line.ends_with(b"\n") {
            if !std::mem::take(&mut drawing.drop_line) {
                drawing.out.write_all(&drawing.line)?;
            }
            drawing.line.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
