//! Persistent watches for servers before 3.6: one-shot watches, set again each time they fire.
//!
//! Between an event and the new watch a second change can slip through. It is not lost silently:
//! the versions tell how many there were ([`Change::Missed`]), and a list of children is compared
//! with the one before.

use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::Live;
use super::once::keep_watching;
use super::subscribe::{Link, wanted};
use crate::client::Notice;
use crate::store::{Change, Failure, Found, Read};
use crate::wire::Code;
use crate::znode::{Event, EventKind, Names, Stat, ZPath};

/// What was last seen of a znode.
struct Known {
    stat: Stat,
    children: HashSet<String>,
}

struct Rearm {
    live: Live,
    root: String,
    recursive: bool,
    known: HashMap<String, Known>,
    changes: UnboundedSender<Change>,
}

/// Watches `path` by one-shot watches and reports to `changes`.
pub(super) async fn start(
    live: Live,
    path: String,
    recursive: bool,
    changes: UnboundedSender<Change>,
) -> Result<(), Failure> {
    let notices = live.subscribers.add(&live, &path, recursive);
    let mut rearm = Rearm { live, root: path.clone(), recursive, known: HashMap::new(), changes };
    rearm.arm(&path, false).await?;
    tokio::spawn(async move {
        if let Err(failure) = rearm.run(notices).await {
            let _ = rearm.changes.send(Change::Ended(failure));
        }
    });
    Ok(())
}

impl Rearm {
    async fn run(&mut self, mut notices: UnboundedReceiver<Notice>) -> Result<(), Failure> {
        let mut link = Link::default();
        while let Some(notice) = wanted(&mut notices, &self.changes).await {
            match notice {
                Notice::Watch(event) => self.event(event).await?,
                Notice::State(state) => {
                    let Some(mut change) = link.follow(&self.live, state).await else { continue };
                    let renewed = matches!(change, Change::Back { renewed: true, .. });
                    let ended = matches!(change, Change::Ended(_));
                    // One-shot watches that are set again fire for what changed meanwhile, so there
                    // is nothing to be caught up with; those of an expired session are gone.
                    if let Change::Back { last_zxid, renewed: false, .. } = &mut change {
                        *last_zxid = None;
                    }
                    if renewed {
                        self.known.clear();
                        self.arm(&self.root.clone(), false).await?;
                    }
                    let _ = self.changes.send(change);
                    if ended {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn report(&self, kind: EventKind, path: &str) {
        let event = Event { kind, path: ZPath::from_server(path), zxid: None };
        let _ = self.changes.send(Change::Event(event));
    }

    async fn event(&mut self, event: Event) -> Result<(), Failure> {
        let path = event.path.to_string();
        match event.kind {
            EventKind::NodeDataChanged => {
                self.report(EventKind::NodeDataChanged, &path);
                self.data(&path).await
            }
            EventKind::NodeChildrenChanged => self.children(&path).await,
            EventKind::NodeCreated => self.arm(&path, true).await,
            EventKind::NodeDeleted => {
                // Data and child watches of one znode both report its end.
                if self.known.remove(&path).is_some() {
                    self.report(EventKind::NodeDeleted, &path);
                }
                // It may be there again, and its parent's list may have been read since.
                self.arm(&path, true).await
            }
            _ => Ok(()),
        }
    }

    /// Sets the data watch again and says what slipped through.
    async fn data(&mut self, path: &str) -> Result<(), Failure> {
        let Ok(Found::Data(_, stat)) =
            keep_watching(&self.live, &Read::Data(path.to_owned()), &self.changes).await?
        else {
            return Ok(());
        };
        if let Some(known) = self.known.get_mut(path) {
            let slipped = stat.version.wrapping_sub(known.stat.version) - 1;
            let same = stat.czxid == known.stat.czxid;
            // What it says of the children belongs to their watch.
            known.stat = Stat { cversion: known.stat.cversion, ..stat };
            if same && slipped > 0 {
                let _ = self.changes.send(Change::Missed { path: path.to_owned(), changes: slipped });
            }
        }
        Ok(())
    }

    /// Sets the child watch again and reports who came and went.
    async fn children(&mut self, path: &str) -> Result<(), Failure> {
        if !self.recursive {
            self.report(EventKind::NodeChildrenChanged, path);
        }
        let listing = Read::Listing(path.to_owned());
        let (names, stat) = match keep_watching(&self.live, &listing, &self.changes).await? {
            Ok(Found::Listing(names, stat)) => (names, stat),
            _ => return Ok(()),
        };
        let Some(known) = self.known.get_mut(path) else { return Ok(()) };
        if !self.recursive {
            // Every child that comes or goes adds one.
            let slipped = stat.cversion.wrapping_sub(known.stat.cversion) - 1;
            known.stat.cversion = stat.cversion;
            if stat.czxid == known.stat.czxid && slipped > 0 {
                let _ = self.changes.send(Change::Missed { path: path.to_owned(), changes: slipped });
            }
            return Ok(());
        }
        let now: HashSet<String> = names.iter().map(str::to_owned).collect();
        let was = std::mem::replace(&mut known.children, now.clone());
        for gone in was.difference(&now) {
            let child = join(path, gone);
            if self.known.remove(&child).is_some() {
                self.report(EventKind::NodeDeleted, &child);
            }
        }
        for child in names.iter().map(|name| join(path, name)) {
            // Not only those that were not in the list before: one may be a new znode of an old
            // name, whose end was reported already.
            if !self.known.contains_key(&child) {
                self.arm(&child, true).await?;
            }
        }
        Ok(())
    }

    /// Sets watches on a znode and, where wanted, on everything below; `report` what is found as
    /// created.
    async fn arm(&mut self, path: &str, report: bool) -> Result<(), Failure> {
        let mut todo = vec![path.to_owned()];
        while !todo.is_empty() {
            let batch = todo.split_off(todo.len().saturating_sub(AT_ONCE));
            let seen = join_all(batch.iter().map(|path| look(&self.live, path, &self.changes))).await;
            for (path, seen) in batch.into_iter().zip(seen) {
                match seen? {
                    Ok((stat, names)) => {
                        if report && !self.known.contains_key(&path) {
                            self.report(EventKind::NodeCreated, &path);
                        }
                        if self.recursive {
                            todo.extend(names.iter().map(|name| join(&path, name)));
                        }
                        let children = names.iter().map(str::to_owned).collect();
                        self.known.insert(path, Known { stat, children });
                    }
                    Err(Code::NO_NODE) if path == self.root => {
                        // `exists` watches what is not there yet; it may be there by now.
                        match keep_watching(&self.live, &Read::Stat(path.clone()), &self.changes).await? {
                            Ok(_) => todo.push(path),
                            Err(Code::NO_NODE) => {}
                            Err(code) => return Err(Failure::Refused(code)),
                        }
                    }
                    Err(code) if path == self.root => return Err(Failure::Refused(code)),
                    // Gone again, or not ours to see.
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }
}

/// Znodes that are armed together.
const AT_ONCE: usize = 128;

/// Reads a znode and its children, and leaves both watches.
async fn look(
    live: &Live,
    path: &str,
    changes: &UnboundedSender<Change>,
) -> Result<Result<(Stat, Names), Code>, Failure> {
    let (data, children) = (Read::Data(path.to_owned()), Read::Listing(path.to_owned()));
    let (data, children) =
        tokio::join!(keep_watching(live, &data, changes), keep_watching(live, &children, changes));
    Ok(match (data?, children?) {
        (Ok(Found::Data(_, stat)), Ok(Found::Listing(names, listed))) => {
            Ok((Stat { cversion: listed.cversion, ..stat }, names))
        }
        (Ok(Found::Data(_, stat)), _) => Ok((stat, Names::default())),
        (Err(code), _) => Err(code),
        _ => Err(Code::API_ERROR),
    })
}

fn join(parent: &str, name: &str) -> String {
    format!("{}/{name}", parent.trim_end_matches('/'))
}
