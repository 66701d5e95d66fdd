//! What data mean, beside them.

use super::Context;
use crate::kafka::layout::Place;
use crate::kafka::words;
use crate::store::{Found, Read};
use crate::view::{EventRow, Happening};
use crate::znode::{EventKind, Names, Stat, ZPath};

/// Children of a list that are looked at for what they mean, at most.
const LOOKED_AT: usize = 1_000;

/// What the data of a znode mean, where something is known of such.
pub(super) fn aside(path: &str, data: Option<&[u8]>, stat: &Stat) -> Option<String> {
    // The time only where there is something to say: this is asked of every znode of a tree.
    let place = Place::find(path)?;
    words::words(&place, data, stat.ctime, now())
}

/// Whether something may be known of the data of a znode at this path.
pub(super) fn is_known(path: &str) -> bool {
    Place::find(path).is_some()
}

/// What the children of a znode mean: nothing, unless it is one of which something is known.
pub(super) async fn of_children(cx: &Context<'_>, parent: &ZPath, names: &Names) -> Vec<Option<String>> {
    let known = names.get(0).is_some_and(|first| is_known(&parent.join(first)));
    if !known || names.len() > LOOKED_AT {
        return Vec::new();
    }
    let paths: Vec<ZPath> = names.iter().map(|name| parent.join(name)).collect();
    let reads = paths.iter().map(|path| Read::Data(path.to_string())).collect();
    // It is beside the point: what fails here is left out.
    let Ok(answers) = cx.store.read(reads).await else { return Vec::new() };
    let each = paths.iter().zip(answers).map(|(path, answer)| match answer {
        Ok(Found::Data(data, stat)) => aside(path, data.as_deref(), &stat),
        _ => None,
    });
    each.collect()
}

/// Says what events mean.
pub(super) async fn of_events(cx: &Context<'_>, rows: Vec<&mut EventRow>) {
    let mut asked = Vec::new();
    for row in rows {
        let (Some(path), Happening::Znode(kind)) = (&row.path, &row.what) else { continue };
        match kind {
            EventKind::NodeDeleted => row.words = words::gone(path),
            EventKind::NodeCreated | EventKind::NodeDataChanged if is_known(path) => asked.push(row),
            _ => {}
        }
    }
    if asked.is_empty() {
        return;
    }
    let path = |row: &&mut EventRow| row.path.as_ref().map(ToString::to_string).unwrap_or_default();
    let reads = asked.iter().map(|row| Read::Data(path(row))).collect();
    let Ok(answers) = cx.store.read(reads).await else { return };
    for (row, answer) in asked.into_iter().zip(answers) {
        if let (Some(path), Ok(Found::Data(data, stat))) = (&row.path, answer) {
            row.words = aside(path, data.as_deref(), &stat);
        }
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
