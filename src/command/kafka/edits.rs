//! Making edits of offsets, and showing them.

use std::collections::BTreeSet;

use super::{Context, Error, Kind, Result, Status, failed, failure};
use crate::cluster::groups::{Edit, folders, transactions};
use crate::command::create::note_verified;
use crate::store::{Failure, Read};
use crate::view::kafka::{KafkaRow, KafkaTable, OffsetRow};
use crate::view::{Row, Shape};
use crate::walk::Reads;
use crate::wire::Code;
use crate::znode::text::sanitise;

/// Lines of a plan, or of what is wrong with it, that are shown.
pub(super) const SHOWN: usize = 20;

/// What would be done, line by line.
pub(super) fn plan(edits: &[Edit]) -> String {
    let mut plan: Vec<String> = edits.iter().take(SHOWN).map(line).collect();
    if edits.len() > SHOWN {
        plan.push(format!("  and {} more", edits.len() - SHOWN));
    }
    plan.join("\n")
}

fn line(edit: &Edit) -> String {
    let topic = sanitise(&edit.topic, false);
    let old = match edit.was {
        None => "none".to_owned(),
        Some((None, _)) => "unreadable".to_owned(),
        Some((Some(old), _)) => old.to_string(),
    };
    format!("  {topic} {}: {old} → {}", edit.key, edit.offset)
}

/// Does it, in as few transactions as it takes.
pub(super) async fn write(cx: &Context<'_>, status: &Status, group: &str, edits: &[Edit]) -> Result<()> {
    let explain = |f: Failure| failure(f, &status.chroot);
    let reads = folders(status, group, edits).into_iter().map(|path| (path.clone(), Read::Stat(path)));
    let answers = Reads::new(cx.store, reads.collect::<Vec<_>>()).all().await.map_err(explain)?;
    let there = answers.into_iter().filter(|(_, answer)| *answer != Err(Code::NO_NODE));
    let there: BTreeSet<String> = there.map(|(path, _)| path).collect();
    let transactions = transactions(status, group, edits, &there);
    let all = transactions.len();
    for (done, writes) in transactions.into_iter().enumerate() {
        let paths: Vec<String> = writes.iter().map(|write| write.path().to_owned()).collect();
        match cx.multi(writes).await {
            Ok(written) => {
                let verified = written.iter().any(|written| written.verified);
                note_verified(cx, verified, "set", paths.last().map_or("/", String::as_str)).await?;
            }
            Err(failure) => {
                let error = explain_write(&failure, &paths).unwrap_or_else(|| {
                    failed(failure.clone(), "set", paths.first().map_or("/", String::as_str))
                });
                return Err(match (failure, done, all) {
                    (_, 1.., _) => error.hint(format!("{done} of {all} transactions were made before it")),
                    (Failure::Unknown(_), 0, _) => error,
                    (_, 0, _) => error.hint("nothing was changed"),
                });
            }
        }
    }
    Ok(())
}

/// That somebody else was there first; `None` for any other failure.
fn explain_write(failure: &Failure, paths: &[String]) -> Option<Error> {
    let Failure::Operation { index, code } = failure else { return None };
    let path = paths.get(*index)?;
    Some(match *code {
        Code::BAD_VERSION | Code::NODE_EXISTS | Code::NO_NODE => {
            Error::new(Kind::Conflict, format!("cannot set {path}: somebody has changed it meanwhile"))
        }
        _ => failed(failure.clone(), "set", path),
    })
}

/// What was done.
pub(super) async fn show(cx: &Context<'_>, group: &str, edits: &[Edit]) -> Result<()> {
    cx.out.begin(Shape::Kafka(KafkaTable::Offsets)).await?;
    let rows = edits.iter().map(|edit| {
        Row::Kafka(Box::new(KafkaRow::Offset(OffsetRow {
            group: group.to_owned(),
            topic: edit.topic.clone(),
            partition: edit.key,
            old: edit.old(),
            offset: edit.offset,
        })))
    });
    cx.out.rows(rows.collect()).await?;
    cx.out.end().await
}
