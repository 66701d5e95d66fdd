//! What is said of batch scripts, for people.

use std::io::{self, Write};

use super::feed::Feed;
use super::table::{Column, Table};
use super::{Options, Palette};
use crate::view::{Row, ValidatedView};
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
    let wrong = match view.problems.len() - errors {
        0 => "nothing wrong".to_owned(),
        warnings => count(warnings, "warning"),
    };
    match (errors, view.more) {
        (0, _) if view.tree => writeln!(out, "{file}: a tree, {wrong}"),
        (0, _) => writeln!(out, "{file}: {}, {wrong}", count(view.steps, "step")),
        (errors, 0) => writeln!(out, "{file}: {}", count(errors, "error")),
        (errors, more) => writeln!(out, "{file}: {}, and {more} more", count(errors, "error")),
    }
}

/// The steps of a script.
pub(super) fn steps(feed: &mut Feed, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    use Column::Left;
    let columns = [Left("place"), Left("verb"), Left("id"), Left("name"), Left("tags"), Left("stands in")];
    let mut table = Table::new(&columns, options);
    while let Some(rows) = feed.rows(out)? {
        for row in rows {
            let Row::Step(step) = row else { continue };
            let place = format!("{}:{}", step.file, step.line);
            let (id, name) = (step.id.unwrap_or_default(), step.name.unwrap_or_default());
            let cells = [step.place, step.verb.to_owned(), id, name, step.tags.join(","), place];
            table.row(cells.into_iter().map(Into::into).collect(), out)?;
        }
    }
    table.flush(out)
}
