//! `delete`.

use super::{At, Done, missing};
use crate::runner::failed::{Ended, Failed};
use crate::script::expr::{Scope, Value};
use crate::script::model::{Delete, Ephemerals, Missing};
use crate::store::{Failure, Write};
use crate::walk::{Options, Walk, Want};
use crate::wire::Code;
use crate::znode::text::count;
use crate::znode::{NodeType, ZPath};

/// Passes over a subtree in which others create meanwhile.
const ROUNDS: usize = 3;

pub(super) async fn delete(at: &At<'_, '_>, delete: &Delete, scope: &Scope) -> Result<Done, Ended> {
    let recursive = delete.recursive.get(scope).await?;
    let optional = delete.missing.get(scope).await? == Missing::Ok;
    let max = usize::try_from(delete.max.get(scope).await?).unwrap_or(usize::MAX);
    let ephemerals = delete.ephemerals.get(scope).await?;
    let version = delete.version.get(scope).await?.0;
    let (roots, what) = match (&delete.path, &delete.pattern) {
        (Some(slot), _) => {
            let path = slot.get(scope).await?;
            (vec![path.clone()], path.to_string())
        }
        (None, Some(slot)) => {
            let glob = slot.get(scope).await?;
            (at.runner.matching(&glob, at.frame).await?, glob.to_string())
        }
        (None, None) => return Err(Ended::from(Failed::usage("`delete` says no path"))),
    };
    let mut doomed = Vec::new();
    for root in &roots {
        if recursive {
            doomed.extend(gather(at, root, ephemerals, optional || delete.pattern.is_some()).await?);
        } else {
            doomed.push(root.clone());
        }
    }
    doomed.dedup();
    if (recursive || delete.pattern.is_some()) && doomed.len() > max {
        let message = format!("{} would be deleted, and `max` is {max}", count(doomed.len(), "znode"));
        return Err(Ended::from(Failed::usage(message)));
    }
    let mut deleted = Vec::new();
    if delete.atomic.get(scope).await? && doomed.len() > 1 {
        let write = |path: &ZPath| Write::Delete { path: path.to_string(), version: None };
        let writes = doomed.iter().map(write).collect();
        at.store.multi(writes).await.map_err(|failure| match failure {
            Failure::Operation { index, code } => {
                let path = doomed.get(index).cloned().unwrap_or_else(ZPath::root);
                Failed::of(Failure::Refused(code), "delete", &path)
            }
            other => Failed::of(other, "delete", &doomed.first().cloned().unwrap_or_else(ZPath::root)),
        })?;
        deleted = doomed;
    } else {
        for path in doomed {
            let version = version.filter(|_| roots.contains(&path));
            if one(at, &path, version, optional || recursive).await? {
                deleted.push(path);
            }
        }
        if recursive && ephemerals != Ephemerals::Skip {
            for root in &roots {
                deleted.extend(below(at, root, true, None, true).await?);
            }
        }
    }
    let words = match deleted.len() {
        0 => format!("{what}: was absent"),
        1 => what,
        more => format!("{what}: {}", count(more, "znode")),
    };
    let paths: Vec<_> = deleted.iter().map(|path| Value::from(path.as_str())).collect();
    Ok(Done::said(words).field("deleted", Value::from(paths)))
}

/// A znode and what is below it, from below, as far as that goes.
async fn gather(
    at: &At<'_, '_>,
    root: &ZPath,
    ephemerals: Ephemerals,
    optional: bool,
) -> Result<Vec<ZPath>, Failed> {
    let mut walk =
        Walk::new(&*at.store, Options { post: true, want: Want::Data, ..Options::new(root.clone()) });
    let mut found: Vec<ZPath> = Vec::new();
    let mut kept: Vec<ZPath> = Vec::new();
    loop {
        let visits = match walk.next().await {
            Ok(Some(visits)) => visits,
            Ok(None) => return Ok(found),
            Err(Failure::Refused(Code::NO_NODE)) if optional => return Ok(Vec::new()),
            Err(failure) => return Err(Failed::of(failure, "delete", root)),
        };
        for visit in visits {
            let stat = visit.node.ok().and_then(|node| node.stat).unwrap_or_default();
            let ephemeral = matches!(stat.node_type(), NodeType::Ephemeral(_));
            match ephemerals {
                Ephemerals::Fail if ephemeral => {
                    let what = format!("{} is an ephemeral: `ephemerals: delete` or `skip`", visit.path);
                    return Err(Failed::conflict(&visit.path, what));
                }
                Ephemerals::Skip if ephemeral || kept.iter().any(|kept| kept.is_within(&visit.path)) => {
                    kept.push(visit.path);
                }
                _ => found.push(visit.path),
            }
        }
    }
}

/// Deletes one; whether it was there.
async fn one(at: &At<'_, '_>, path: &ZPath, version: Option<i32>, optional: bool) -> Result<bool, Failed> {
    match at.store.write(Write::Delete { path: path.to_string(), version }).await {
        Ok(_) => Ok(true),
        Err(Failure::Refused(Code::NO_NODE)) if optional => Ok(false),
        Err(Failure::Refused(Code::NO_NODE)) => Err(missing("delete", path)),
        Err(Failure::Refused(Code::NOT_EMPTY)) if optional => Ok(false),
        Err(failure) => Err(Failed::of(failure, "delete", path)),
    }
}

/// Deletes a znode, and with `recursive` what is below it, until nothing is left.
pub(super) async fn below(
    at: &At<'_, '_>,
    path: &ZPath,
    recursive: bool,
    version: Option<i32>,
    optional: bool,
) -> Result<Vec<ZPath>, Failed> {
    if !recursive {
        let there = crate::store::stat(&*at.store, path).await;
        if there.map_err(|failure| Failed::of(failure, "look at", path))?.is_none() && optional {
            return Ok(Vec::new());
        }
        return match at.store.write(Write::Delete { path: path.to_string(), version }).await {
            Ok(_) => Ok(vec![path.clone()]),
            Err(Failure::Refused(Code::NO_NODE)) if optional => Ok(Vec::new()),
            Err(failure) => Err(Failed::of(failure, "delete", path)),
        };
    }
    let mut deleted = Vec::new();
    for _ in 0..ROUNDS {
        let doomed = gather(at, path, Ephemerals::Delete, true).await?;
        if doomed.is_empty() {
            return Ok(deleted);
        }
        for path in doomed {
            if one(at, &path, None, true).await? {
                deleted.push(path);
            }
        }
    }
    match crate::store::stat(&*at.store, path).await {
        Ok(None) => Ok(deleted),
        _ => Err(Failed::of(Failure::Refused(Code::NOT_EMPTY), "delete", path)),
    }
}
