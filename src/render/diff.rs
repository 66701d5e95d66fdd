//! How a value would change, line by line.

use std::io::{self, Write};

use similar::{ChangeTag, TextDiff};

use super::Palette;
use crate::znode::data::preview;
use crate::znode::text::sanitise;

/// Lines around a change that are shown with it.
const AROUND: usize = 3;
/// Columns of what cannot be shown by lines.
const WIDTH: usize = 60;

/// Writes what is gone and what is new; JSON is spread over lines first.
pub(super) fn write(
    old: Option<&[u8]>,
    new: Option<&[u8]>,
    palette: Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (Some(before), Some(after)) = (lines(old), lines(new)) else {
        writeln!(out, "    {}", palette.old_value().paint(format!("- {}", preview(old, WIDTH))))?;
        return writeln!(out, "    {}", palette.new_value().paint(format!("+ {}", preview(new, WIDTH))));
    };
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    for (at, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if at > 0 {
            writeln!(out, "    {}", palette.dim().paint("…"))?;
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ("-", palette.old_value()),
                ChangeTag::Insert => ("+", palette.new_value()),
                ChangeTag::Equal => (" ", palette.dim()),
            };
            let line = sanitise(change.value().trim_end_matches('\n'), false);
            writeln!(out, "    {}", style.paint(format!("{sign} {line}")))?;
        }
    }
    Ok(())
}

/// The lines of a value; none of one that is no text.
fn lines(value: Option<&[u8]>) -> Option<String> {
    let text = std::str::from_utf8(value?).ok()?;
    if text.contains('\0') {
        return None;
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) => {
            serde_json::to_string_pretty(&json).ok()
        }
        _ => Some(text.to_owned()),
    }
}
