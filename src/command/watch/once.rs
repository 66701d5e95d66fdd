//! Watches that fire once: `get -w` and its like.

use super::memory::Memory;
use super::{connection_row, event_row};
use crate::command::{Armed, Context, Report, WatchedPart, failure};
use crate::error::Result;
use crate::store::{Change, Changes, Failure, Found, Read};
use crate::view::{Happening, Row, Shape};
use crate::wire::Code;
use crate::znode::ZPath;

/// What a read found, or why the server refused it.
type Answer = Result<Found, Code>;

/// Reads, and where wanted leaves a watch; a refusal is explained.
pub(in crate::command) async fn read(
    cx: &Context<'_>,
    read: Read,
    watching: bool,
    verb: &str,
    path: &ZPath,
) -> Result<(Found, Option<Changes>)> {
    match try_read(cx, read, watching, verb, path).await? {
        (Ok(found), changes) => Ok((found, changes)),
        (Err(code), _) => Err(cx.explain(Failure::Refused(code), verb, path).await),
    }
}

/// Reads, and where wanted leaves a watch.
pub(in crate::command) async fn try_read(
    cx: &Context<'_>,
    read: Read,
    watching: bool,
    verb: &str,
    path: &ZPath,
) -> Result<(Answer, Option<Changes>)> {
    let result = if watching {
        cx.store.read_and_watch(read).await.map(|(found, changes)| (found, Some(changes)))
    } else {
        match crate::store::read_one(cx.store, read).await {
            Ok(found) => Ok((Ok(found), None)),
            Err(Failure::Refused(code)) => Ok((Err(code), None)),
            Err(failure) => Err(failure),
        }
    };
    match result {
        Ok(answer) => Ok(answer),
        Err(failure) => Err(cx.explain(failure, verb, path).await),
    }
}

/// Waits for the one event of a watch that [`read`] left, and shows it with what it changed. Where
/// the session outlives the command, that is done when the event comes.
pub(in crate::command) async fn first_change(
    cx: &Context<'_>,
    changes: Option<Changes>,
    path: &ZPath,
    found: Found,
) -> Result<()> {
    let Some(changes) = changes else { return Ok(()) };
    let Some(background) = cx.background else { return report(cx, changes, path, found).await };
    let kind = match found {
        Found::Data(..) => WatchedPart::Data,
        Found::Children(_) | Found::Listing(..) => WatchedPart::Children,
        Found::Stat(_) | Found::Acl(..) => WatchedPart::Existence,
    };
    let watched = path.clone();
    let report: Report =
        Box::new(move |cx| Box::pin(async move { report(cx, changes, &watched, found).await }));
    background.keep(Armed { path: path.clone(), kind, report });
    Ok(())
}

async fn report(cx: &Context<'_>, mut changes: Changes, path: &ZPath, found: Found) -> Result<()> {
    let mut memory = Memory::of(path, found);
    cx.out.begin(Shape::List).await?;
    cx.out.flush().await?;
    while let Some(change) = changes.next().await {
        let last = matches!(change, Change::Event(_));
        let mut row = match change {
            Change::Event(event) => event_row(event),
            Change::Missed { .. } => continue,
            Change::Lost { .. } | Change::Back { .. } if cx.in_background() => continue,
            Change::Lost { why } => connection_row(Happening::Lost(why)),
            Change::Back { server, renewed, .. } => connection_row(Happening::Back(server, renewed)),
            Change::Ended(failure) => return Err(failure::error(failure, "watch", path)),
        };
        memory.look(cx, &mut row).await?;
        cx.out.rows(vec![Row::Event(row)]).await?;
        if last {
            break;
        }
    }
    cx.out.end().await
}
