//! `kafka doctor`: a paragraph for each finding, for what is to be done does not fit a column.

use std::io::{self, Write};

use super::Options;
use crate::view::kafka::FindingRow;
use crate::znode::text::sanitise;

pub(super) fn write(row: &FindingRow, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let palette = options.palette;
    let style = match row.severity {
        "error" => palette.error(),
        "warning" => palette.warning(),
        _ => palette.dim(),
    };
    let severity = style.paint(format!("{:<7}", row.severity));
    writeln!(out, "{severity}  {}  {}", palette.label().paint(row.kind), sanitise(&row.what, false))?;
    writeln!(out, "         {}", palette.dim().paint(sanitise(&row.path, false)))?;
    writeln!(out, "         {}", palette.hint().paint(row.advice))
}
