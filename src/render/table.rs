//! Tables whose columns fit what is in them.

use std::io::{self, Write};

use nu_ansi_term::Style;
use unicode_width::UnicodeWidthStr;

use super::Options;
use crate::znode::text::sanitise;

/// Rows that decide the widths; those of rows behind them only grow.
const MEASURED: usize = 1_000;
/// Blanks between columns.
const GAP: usize = 2;

/// A column, by its heading.
#[derive(Clone, Copy)]
pub(super) enum Column {
    /// Words.
    Left(&'static str),
    /// Numbers.
    Right(&'static str),
}

impl Column {
    fn heading(self) -> &'static str {
        match self {
            Self::Left(heading) | Self::Right(heading) => heading,
        }
    }
}

/// What stands in a column of a row.
#[derive(Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A cell that stands out.
    pub(super) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

impl<T: ToString> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.to_string(), style: Style::new() }
    }
}

/// A table being written.
pub(super) struct Table<'a> {
    columns: &'a [Column],
    options: &'a Options,
    widths: Vec<usize>,
    waiting: Vec<Vec<Cell>>,
    begun: bool,
}

impl<'a> Table<'a> {
    pub(super) fn new(columns: &'a [Column], options: &'a Options) -> Self {
        let widths = columns.iter().map(|column| column.heading().width()).collect();
        Self { columns, options, widths, waiting: Vec::new(), begun: false }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, mut cells: Vec<Cell>, out: &mut dyn Write) -> io::Result<()> {
        for (cell, width) in cells.iter_mut().zip(&mut self.widths) {
            if self.options.terminal
                && let std::borrow::Cow::Owned(safe) = sanitise(&cell.text, false)
            {
                cell.text = safe;
            }
            *width = (*width).max(cell.text.width());
        }
        self.waiting.push(cells);
        if self.begun || self.waiting.len() == MEASURED { self.flush(out) } else { Ok(()) }
    }

    /// Writes what waits, the headings before all of it.
    pub(super) fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !self.begun && !self.waiting.is_empty() {
            self.begun = true;
            let style = self.options.palette.label();
            let headings = self.columns.iter().map(|column| Cell::styled(column.heading(), style)).collect();
            self.line(headings, out)?;
        }
        for row in std::mem::take(&mut self.waiting) {
            self.line(row, out)?;
        }
        Ok(())
    }

    fn line(&self, cells: Vec<Cell>, out: &mut dyn Write) -> io::Result<()> {
        // Blanks are written in front of what follows them, so that no line ends with any.
        let mut blanks = 0;
        for ((cell, column), width) in cells.iter().zip(self.columns).zip(&self.widths) {
            let pad = width.saturating_sub(cell.text.width());
            let (before, behind) = match column {
                Column::Left(_) => (0, pad),
                Column::Right(_) => (pad, 0),
            };
            if !cell.text.is_empty() {
                write!(out, "{:1$}{2}", "", blanks + before, cell.style.paint(&cell.text))?;
                blanks = 0;
            } else {
                blanks += before;
            }
            blanks += behind + GAP;
        }
        writeln!(out)
    }
}
