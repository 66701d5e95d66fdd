//! Watches that fire once, left by a read.

use std::collections::HashSet;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::subscribe::{Link, patiently, set, wanted};
use super::{Live, as_read_failure};
use crate::client::{Answer, Notice, RequestError, WatchKind};
use crate::store::ask::{found, request};
use crate::store::{Change, Changes, Failure, Found, Read, Watched};
use crate::wire::Code;
use crate::znode::{Event, EventKind, ZPath};

/// See [`Store::read_and_watch`](crate::store::Store::read_and_watch).
pub(super) async fn once(live: &Live, read: Read) -> Result<Watched, Failure> {
    let notices = live.subscribers.add(live, read.path(), false);
    let first = read_watching(live, &read).await?;
    let (sender, receiver) = unbounded_channel();
    let (was, live) = (first.clone(), live.clone());
    tokio::spawn(async move { first_event(live, read, was, notices, sender).await });
    Ok((first, Changes::new(receiver)))
}

async fn read_watching(live: &Live, read: &Read) -> Result<Result<Found, Code>, Failure> {
    answer(try_watching(live, read).await)
}

/// As [`read_watching`], for as long as `changes` are wanted.
pub(super) async fn keep_watching(
    live: &Live,
    read: &Read,
    changes: &UnboundedSender<Change>,
) -> Result<Result<Found, Code>, Failure> {
    answer(patiently(changes, || try_watching(live, read)).await)
}

async fn try_watching(live: &Live, read: &Read) -> Result<Answer, RequestError> {
    let request = request(read, true);
    let kind = match read {
        Read::Children(_) | Read::Listing(_) => WatchKind::Child,
        Read::Data(_) | Read::Stat(_) | Read::Acl(_) => WatchKind::Data,
    };
    set(live, |client| client.send_watching(&request, read.path(), kind)).await
}

fn answer(result: Result<Answer, RequestError>) -> Result<Result<Found, Code>, Failure> {
    match result {
        Ok(answer) => found(answer.reply).map(Ok),
        Err(RequestError::Refused { code, .. }) => Ok(Err(code)),
        Err(error) => Err(as_read_failure(error)),
    }
}

async fn first_event(
    live: Live,
    read: Read,
    was: Result<Found, Code>,
    mut notices: UnboundedReceiver<Notice>,
    changes: UnboundedSender<Change>,
) {
    let children = matches!(read, Read::Children(_) | Read::Listing(_));
    let mut link = Link::default();
    while let Some(notice) = wanted(&mut notices, &changes).await {
        let change = match notice {
            Notice::Watch(event) => {
                let mine = match event.kind {
                    EventKind::NodeChildrenChanged => children,
                    EventKind::NodeCreated | EventKind::NodeDataChanged => !children,
                    _ => true,
                };
                if !mine {
                    continue;
                }
                let _ = changes.send(Change::Event(event));
                return;
            }
            Notice::State(state) => match link.follow(&live, state).await {
                Some(change @ Change::Back { renewed: true, .. }) => {
                    let _ = changes.send(change);
                    // The old session's watch went with it: look whether it would have fired.
                    match keep_watching(&live, &read, &changes).await {
                        Ok(now) => match difference(read.path(), &was, &now, children) {
                            Some(event) => {
                                let _ = changes.send(Change::Event(event));
                                return;
                            }
                            None => continue,
                        },
                        Err(failure) => Change::Ended(failure),
                    }
                }
                Some(change) => change,
                None => continue,
            },
        };
        let ended = matches!(change, Change::Ended(_));
        if changes.send(change).is_err() || ended {
            return;
        }
    }
}

/// The event that leads from one answer to another.
fn difference(
    path: &str,
    was: &Result<Found, Code>,
    now: &Result<Found, Code>,
    children: bool,
) -> Option<Event> {
    let kind = match (was, now) {
        (Err(_), Err(_)) => return None,
        (Err(_), Ok(_)) => EventKind::NodeCreated,
        (Ok(_), Err(_)) => EventKind::NodeDeleted,
        (Ok(was), Ok(now)) => changed(was, now, children)?,
    };
    Some(Event { kind, path: ZPath::from_server(path), zxid: None })
}

fn changed(was: &Found, now: &Found, children: bool) -> Option<EventKind> {
    match (was.stat(), now.stat()) {
        (Some(was), Some(now)) if was.czxid != now.czxid => Some(EventKind::NodeDeleted),
        (Some(was), Some(now)) if children => {
            (was.pzxid != now.pzxid).then_some(EventKind::NodeChildrenChanged)
        }
        (Some(was), Some(now)) => (was.mzxid != now.mzxid).then_some(EventKind::NodeDataChanged),
        // Names alone; two lists of the same ones may still have differed in between.
        _ => {
            let names = |found: &Found| match found {
                Found::Children(names) => names.iter().map(str::to_owned).collect(),
                _ => HashSet::new(),
            };
            (names(was) != names(now)).then_some(EventKind::NodeChildrenChanged)
        }
    }
}
