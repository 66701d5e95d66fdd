//! `run --list-steps`.

use crate::error::Result;
use crate::script::Loaded;
use crate::script::model::{Action, Script, Step};
use crate::view::{Out, Row, ScriptStepRow, Shape};

/// Rows handed over at once.
const ROWS: usize = 256;

/// Lists the steps of a script and of what it includes, in the order of the files.
pub(super) async fn list(loaded: &Loaded, out: &Out) -> Result<()> {
    let mut rows = Vec::new();
    of_script(&loaded.script, loaded, ("", &[]), &mut rows);
    out.begin(Shape::Steps).await?;
    let mut rows = rows.into_iter().map(Row::Step).peekable();
    while rows.peek().is_some() {
        out.rows(rows.by_ref().take(ROWS).collect()).await?;
    }
    out.end().await
}

/// What stands in front of places, and the tags of what steps stand in.
type Around<'a> = (&'a str, &'a [String]);

fn of_script(script: &Script, loaded: &Loaded, around: Around<'_>, rows: &mut Vec<ScriptStepRow>) {
    if let Some(tree) = &script.tree {
        let (file, line) = loaded.sources.line(tree.span);
        let (place, tags) = (format!("{}tree", around.0), around.1.to_vec());
        rows.push(ScriptStepRow { place, id: None, name: None, verb: "apply", tags, file, line });
    }
    of_steps(script.steps(), loaded, around, rows);
    of_steps(script.finally(), loaded, around, rows);
}

fn of_steps(steps: &[Step], loaded: &Loaded, (prefix, above): Around<'_>, rows: &mut Vec<ScriptStepRow>) {
    for step in steps {
        let (file, line) = loaded.sources.line(step.span);
        let tags: Vec<_> =
            above.iter().cloned().chain(step.with.tags.iter().map(|tag| tag.text.clone())).collect();
        let place = format!("{prefix}{}", step.place);
        rows.push(ScriptStepRow {
            place: place.clone(),
            id: step.with.id.clone(),
            name: step.with.name.as_ref().map(|slot| slot.written()),
            verb: step.verb(),
            tags: tags.clone(),
            file,
            line,
        });
        if let Action::Include(include) = &step.action
            && let Some(script) = loaded.include(include)
        {
            of_script(script, loaded, (&format!("{place}/"), &tags), rows);
        }
        for inner in step.action.inner() {
            of_steps(inner, loaded, (prefix, &tags), rows);
        }
    }
}
