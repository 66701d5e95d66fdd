//! `txn`.

use super::{At, Done, data, stat, write};
use crate::error::{Error, Kind};
use crate::recipe::txn::{Ended as Committed, Guard, Stopped, commit};
use crate::runner::failed::{Ended, Failed};
use crate::script::Span;
use crate::script::expr::{Scope, Value};
use crate::script::model::{Guarded, OpKind, Txn};
use crate::store::{Failure, Write};
use crate::znode::ZPath;
use crate::znode::text::count;

pub(super) async fn txn(at: &At<'_, '_>, txn: &Txn, scope: &mut Scope) -> Result<Done, Ended> {
    let mut guards = Vec::new();
    for guard in &txn.guards {
        let path = guard.path().get(scope).await?;
        guards.push(match guard {
            Guarded::Exists(_) => Guard::Exists(path),
            Guarded::Absent(_) => Guard::Absent(path),
            Guarded::Version(version) => Guard::Version(path, version.is.get(scope).await?),
            Guarded::Data(data) => Guard::Data(path, Some(data.equals.get(scope).await?.into())),
        });
    }
    let (mut writes, mut spans) = (Vec::new(), Vec::new());
    for op in &txn.ops {
        writes.push(write_of(at, &op.kind, scope).await?);
        spans.push(op.span);
    }
    let committed = commit(&*at.store, &guards, writes.clone())
        .await
        .map_err(|stopped| failed(stopped, &writes, &spans))?;
    let index = match committed {
        Committed::Committed(written) => {
            let results = written.iter().map(|written| {
                Value::from_pairs([
                    ("path", Value::from(written.path.as_str())),
                    ("stat", stat(written.stat.as_ref())),
                ])
            });
            let results: Vec<_> = results.collect();
            let zxid = written.iter().filter_map(|written| written.stat).map(|stat| stat.mzxid).max();
            return Ok(Done::said(count(writes.len(), "write"))
                .field("committed", true)
                .field("zxid", zxid.map_or_else(|| Value::from(()), Value::from))
                .field("results", Value::from(results)));
        }
        Committed::NotMet { guard, .. } => guard,
    };
    let what = guards.get(index).map(ToString::to_string).unwrap_or_default();
    if let Some(steps) = &txn.otherwise {
        at.runner.steps(&steps.0, scope, at.frame).await?;
    }
    let fails = match &txn.fail {
        Some(slot) => slot.get(scope).await?,
        None => txn.otherwise.is_none(),
    };
    if fails {
        let path = guards.get(index).map_or_else(ZPath::root, |guard| guard.path().clone());
        let failed = Failed::conflict(&path, format!("nothing was changed: not true: {what}"));
        return Err(Ended::from(failed));
    }
    Ok(Done::said(format!("not true: {what}"))
        .field("committed", false)
        .field("results", Value::from(Vec::<Value>::new())))
}

async fn write_of(at: &At<'_, '_>, kind: &OpKind, scope: &Scope) -> Result<Write, Failed> {
    Ok(match kind {
        OpKind::Create(create) => write::write_of(at, create, scope).await?,
        OpKind::Set(set) => {
            let path = set.path.get(scope).await?.to_string();
            let data = data::bytes(at, &set.data, scope).await?;
            let data = data.ok_or_else(|| Failed::usage(format!("`set` of {path} says no data")))?;
            let mut version = set.version.get(scope).await?.0;
            if let Some(slot) = set.expect.as_ref().and_then(|expect| expect.version.as_ref()) {
                version = Some(slot.get(scope).await?);
            }
            Write::Set { path, data, version }
        }
        OpKind::Delete(delete) => {
            let slot = delete.path.as_ref().ok_or_else(|| Failed::usage("a delete in a `txn` has a path"))?;
            let version = delete.version.get(scope).await?.0;
            Write::Delete { path: slot.get(scope).await?.to_string(), version }
        }
        OpKind::Check(check) => Write::Check {
            path: check.path.get(scope).await?.to_string(),
            version: Some(check.is.get(scope).await?),
        },
    })
}

fn failed(stopped: Stopped, writes: &[Write], spans: &[Span]) -> Failed {
    match stopped {
        Stopped::Refused { index, code } => {
            let write = writes.get(index);
            let verb = match write {
                Some(Write::Create { .. }) => "create",
                Some(Write::Set { .. }) => "set",
                Some(Write::Check { .. }) => "check",
                _ => "delete",
            };
            let path = ZPath::from_server(write.map_or("/", Write::path));
            let failed = Failed::of(Failure::Refused(code), verb, &path);
            let message =
                format!("nothing was changed: operation {} was refused: {}", index + 1, failed.error);
            let error = Error::new(failed.error.kind(), message);
            Failed { error, span: spans.get(index).copied(), ..failed }
        }
        Stopped::Guard(recipe) => Failed::recipe(recipe),
        Stopped::Failed(Failure::Unknown(why)) => {
            let message = format!("whether the transaction was done is unknown: {why}");
            Failed::new("UNKNOWN", Error::new(Kind::Unknown, message))
        }
        Stopped::Failed(failure) => {
            let path = ZPath::from_server(writes.first().map_or("/", Write::path));
            Failed::of(failure, "commit a transaction on", &path)
        }
    }
}
