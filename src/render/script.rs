//! What is said of batch scripts, for people.

use std::io::{self, Write};

use super::Palette;
use crate::view::ValidatedView;
use crate::znode::text::{count, sanitise};

pub(super) fn validated(view: &ValidatedView, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    for problem in &view.problems {
        let text = sanitise(&problem.text, true);
        let (title, excerpt) = text.split_once('\n').unwrap_or((&text, ""));
        let style = if problem.is_warning() { palette.warning() } else { palette.error() };
        writeln!(out, "{}\n{excerpt}\n", style.paint(title))?;
    }
    let file = &view.file;
    let errors = view.problems.iter().filter(|problem| !problem.is_warning()).count();
    match (errors, view.more) {
        (0, _) if view.tree => writeln!(out, "{file}: a tree, nothing wrong"),
        (0, _) => writeln!(out, "{file}: {}, nothing wrong", count(view.steps, "step")),
        (errors, 0) => writeln!(out, "{file}: {}", count(errors, "error")),
        (errors, more) => writeln!(out, "{file}: {}, and {more} more", count(errors, "error")),
    }
}
