//! From the session's one stream of notices to subscriptions.

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use super::{Live, as_read_failure, cause, lock, rearm};
use crate::client::{Answer, Cause, Client, Notice, Pending, RequestError, State, WatchKind};
use crate::store::{Change, Changes, Failure, Store};
use crate::wire::{AddWatchMode, Code, Request};
use crate::znode::{Event, EventKind};

/// Between attempts to open a session in place of one that has expired.
const RENEW_PAUSE: Duration = Duration::from_millis(500);
/// Servers before 3.6 hang up at once after an operation they do not know.
const HANG_UP: Duration = Duration::from_millis(500);

/// Who wants to hear of which znodes.
#[derive(Clone, Default)]
pub(super) struct Subscribers(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    /// By path, for the znode itself.
    exact: HashMap<String, Vec<UnboundedSender<Notice>>>,
    /// By path, for the znode and everything below it.
    below: HashMap<String, Vec<UnboundedSender<Notice>>>,
    /// Somebody reads the notices.
    attended: bool,
}

impl Subscribers {
    /// Adds a subscriber; the first one starts the reading of notices.
    pub(super) fn add(&self, live: &Live, path: &str, recursive: bool) -> UnboundedReceiver<Notice> {
        let (sender, receiver) = unbounded_channel();
        let mut table = lock(&self.0);
        let map = if recursive { &mut table.below } else { &mut table.exact };
        map.entry(path.to_owned()).or_default().push(sender);
        table.attended = true;
        if let Some(mut notices) = lock(&live.notices).take() {
            // What happened before anybody listened is no news.
            while notices.try_recv().is_ok() {}
            tokio::spawn(self.clone().dispatch(notices));
        }
        receiver
    }

    /// Whether somebody still listens to this very path.
    fn has(&self, path: &str, recursive: bool) -> bool {
        let table = lock(&self.0);
        let map = if recursive { &table.below } else { &table.exact };
        map.get(path).is_some_and(|senders| senders.iter().any(|sender| !sender.is_closed()))
    }

    /// Takes over the notices of a new session; keeps them in `spare` while nobody listens.
    pub(super) fn attend(
        &self,
        notices: UnboundedReceiver<Notice>,
        spare: &Mutex<Option<UnboundedReceiver<Notice>>>,
    ) {
        // Held until it is done: a first subscriber must find the notices, or see them attended.
        let table = lock(&self.0);
        if table.attended {
            tokio::spawn(self.clone().dispatch(notices));
        } else {
            *lock(spare) = Some(notices);
        }
    }

    async fn dispatch(self, mut notices: UnboundedReceiver<Notice>) {
        while let Some(notice) = notices.recv().await {
            let mut table = lock(&self.0);
            match &notice {
                Notice::Watch(event) => table.tell(event, &notice),
                Notice::State(_) => table.tell_all(&notice),
            }
        }
    }
}

impl Table {
    fn tell(&mut self, event: &Event, notice: &Notice) {
        tell(&mut self.exact, &event.path, notice);
        if self.below.is_empty() {
            return;
        }
        tell(&mut self.below, "/", notice);
        for ancestor in event.path.lineage() {
            tell(&mut self.below, &ancestor, notice);
        }
    }

    fn tell_all(&mut self, notice: &Notice) {
        for map in [&mut self.exact, &mut self.below] {
            map.retain(|_, senders| {
                senders.retain(|sender| sender.send(notice.clone()).is_ok());
                !senders.is_empty()
            });
        }
    }
}

fn tell(map: &mut HashMap<String, Vec<UnboundedSender<Notice>>>, path: &str, notice: &Notice) {
    if let Some(senders) = map.get_mut(path) {
        senders.retain(|sender| sender.send(notice.clone()).is_ok());
        if senders.is_empty() {
            map.remove(path);
        }
    }
}

/// Sends a request that sets a watch, again after each loss of the connection: a watch that is set
/// twice is one watch.
pub(super) async fn set(
    live: &Live,
    mut send: impl FnMut(&Client) -> Pending,
) -> Result<Answer, RequestError> {
    loop {
        let error = match send(&live.client()).answer().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        match cause(&error) {
            Some(Cause::ConnectionLost(_)) => {}
            Some(Cause::Expired) if live.renew().await.is_ok() => {}
            _ => return Err(error),
        }
    }
}

/// See [`Store::watch`](crate::store::Store::watch).
pub(super) async fn always(live: &Live, path: String, recursive: bool) -> Result<Changes, Failure> {
    let (sender, receiver) = unbounded_channel();
    if !live.no_add_watch.load(Relaxed) {
        let mut notices = live.subscribers.add(live, &path, recursive);
        match add_watch(live, &path, recursive).await {
            Ok(()) => {
                tokio::spawn(forward(live.clone(), path, recursive, notices, sender));
                return Ok(Changes::new(receiver));
            }
            Err(RequestError::Refused { code: Code::UNIMPLEMENTED, .. }) => {
                live.no_add_watch.store(true, Relaxed);
                // As old, and asking would cost a connection.
                live.no_multi_read.store(true, Relaxed);
                settle(live, &mut notices).await;
            }
            Err(error) => return Err(as_read_failure(error)),
        }
    }
    rearm::start(live.clone(), path, recursive, sender).await?;
    Ok(Changes::new(receiver))
}

/// See [`Store::connection`](crate::store::Store::connection).
pub(super) fn connection(live: &Live) -> Changes {
    let (sender, receiver) = unbounded_channel();
    // No event has an empty path.
    let mut notices = live.subscribers.add(live, "", false);
    let live = live.clone();
    tokio::spawn(async move {
        let mut link = Link::default();
        while let Some(notice) = wanted(&mut notices, &sender).await {
            let Notice::State(state) = notice else { continue };
            let Some(change) = link.follow(&live, state).await else { continue };
            let ended = matches!(change, Change::Ended(_));
            if sender.send(change).is_err() || ended {
                break;
            }
        }
    });
    Changes::new(receiver)
}

/// Waits out the loss of the connection that follows a refusal of `addWatch`, which is no news to
/// whoever begins to watch. A server that does not hang up has kept nobody waiting for long.
async fn settle(live: &Live, notices: &mut UnboundedReceiver<Notice>) {
    let mut until = Instant::now() + HANG_UP;
    while let Ok(Some(notice)) = timeout_at(until, notices.recv()).await {
        match notice {
            Notice::State(State::Lost { .. }) => until = Instant::now() + live.config.request_timeout,
            Notice::State(_) => return,
            Notice::Watch(_) => {}
        }
    }
}

async fn add_watch(live: &Live, path: &str, recursive: bool) -> Result<(), RequestError> {
    let (mode, kind) = if recursive {
        (AddWatchMode::Recursive, WatchKind::Recursive)
    } else {
        (AddWatchMode::Persistent, WatchKind::Persistent)
    };
    let request = Request::AddWatch { path: path.to_owned(), mode };
    set(live, |client| client.send_watching(&request, path, kind)).await.map(drop)
}

/// Turns the notices of a persistent watch into changes until nobody wants them.
async fn forward(
    live: Live,
    path: String,
    recursive: bool,
    mut notices: UnboundedReceiver<Notice>,
    changes: UnboundedSender<Change>,
) {
    let mut link = Link::default();
    while let Some(notice) = wanted(&mut notices, &changes).await {
        let change = match notice {
            // A recursive watch reports the children themselves; this is from another watch.
            Notice::Watch(event) if recursive && event.kind == EventKind::NodeChildrenChanged => continue,
            Notice::Watch(event) => Change::Event(event),
            Notice::State(state) => match link.follow(&live, state).await {
                Some(change @ Change::Back { renewed: true, .. }) => {
                    match patiently(&changes, || add_watch(&live, &path, recursive)).await {
                        Ok(()) => change,
                        Err(error) => Change::Ended(as_read_failure(error)),
                    }
                }
                Some(change) => change,
                None => continue,
            },
        };
        let ended = matches!(change, Change::Ended(_));
        if changes.send(change).is_err() || ended {
            break;
        }
    }
    drop(notices);
    // Others may watch the same znode in the same way.
    if !live.subscribers.has(&path, recursive) {
        let kind = if recursive { WatchKind::Recursive } else { WatchKind::Persistent };
        live.client().forget_watch(&path, kind);
    }
}

/// The next notice, unless nobody wants the changes any more.
pub(super) async fn wanted(
    notices: &mut UnboundedReceiver<Notice>,
    changes: &UnboundedSender<Change>,
) -> Option<Notice> {
    tokio::select! {
        () = changes.closed() => None,
        notice = notices.recv() => notice,
    }
}

/// Tries again for as long as there is no connection and somebody wants to know: what watches does
/// not give up because an outage outlasts the deadline of one request.
pub(super) async fn patiently<T, F: Future<Output = Result<T, RequestError>>>(
    changes: &UnboundedSender<Change>,
    mut work: impl FnMut() -> F,
) -> Result<T, RequestError> {
    loop {
        let result = work().await;
        let deadline = result.as_ref().err().and_then(cause);
        if !matches!(deadline, Some(Cause::Deadline(..))) || changes.is_closed() {
            return result;
        }
    }
}

/// Follows the states of the session for one subscription.
#[derive(Default)]
pub(super) struct Link {
    lost: Option<i64>,
    /// A new session was opened; its first `Connected` is no news.
    renewed: bool,
}

impl Link {
    /// What a state means to a subscriber, if anything. An expired session is followed by a new
    /// one, on which the subscriber must set its watches again.
    pub(super) async fn follow(&mut self, live: &Live, state: State) -> Option<Change> {
        match state {
            State::Lost { why, last_zxid } => {
                self.lost.get_or_insert(last_zxid);
                Some(Change::Lost { why })
            }
            State::Connected { server, .. } => {
                if std::mem::take(&mut self.renewed) {
                    return None;
                }
                let last_zxid = self.lost.take()?;
                Some(Change::Back { server, last_zxid: Some(last_zxid), renewed: false })
            }
            State::Expired => {
                let expired = live.client().session();
                let until = Instant::now() + live.config.request_timeout;
                while live.renew().await.is_err() {
                    if Instant::now() >= until {
                        return Some(Change::Ended(Failure::Expired));
                    }
                    tokio::time::sleep(RENEW_PAUSE).await;
                }
                self.renewed = true;
                let server = live.session().server;
                // What the new session has seen says nothing of what this subscription has.
                let last_zxid = self.lost.take().unwrap_or(expired.last_zxid);
                Some(Change::Back { server, last_zxid: Some(last_zxid), renewed: true })
            }
            State::AuthFailed => Some(Change::Ended(Failure::AuthFailed)),
            State::Closed => Some(Change::Ended(Failure::Disconnected("the session is closed".into()))),
        }
    }
}
