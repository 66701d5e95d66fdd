//! Watches that outlive the line which set them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;
use tokio::task::AbortHandle;

use crate::command::{Armed, Background, Context, Nobody, Progress, Settings, WatchedPart};
use crate::error::Result;
use crate::store::Store;
use crate::view::{Message, Note, Out, Shape, channel};
use crate::znode::ZPath;

/// One watch that is set.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) path: ZPath,
    pub(super) kind: WatchedPart,
    /// Since when.
    pub(super) since: Timestamp,
    number: u64,
    task: AbortHandle,
}

/// All of them; clones share them.
#[derive(Clone, Default)]
pub(super) struct Watches(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    watches: Vec<Watch>,
    next: u64,
    silent: bool,
}

impl Watches {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are set now, the oldest first.
    pub(super) fn list(&self) -> Vec<Watch> {
        self.table().watches.clone()
    }

    /// Takes away those that fit; how many those were.
    pub(super) fn remove(&self, fits: impl Fn(&Watch) -> bool) -> usize {
        let mut table = self.table();
        let (gone, kept): (Vec<_>, Vec<_>) = table.watches.drain(..).partition(fits);
        table.watches = kept;
        for watch in &gone {
            watch.task.abort();
        }
        gone.len()
    }

    /// Whether their reports are shown.
    pub(super) fn printed(&self) -> bool {
        !self.table().silent
    }

    /// Shows their reports, or does not.
    pub(super) fn print(&self, on: bool) {
        self.table().silent = !on;
    }

    fn add(&self, path: ZPath, kind: WatchedPart, start: impl FnOnce(u64) -> AbortHandle) {
        let mut table = self.table();
        table.next += 1;
        let number = table.next;
        // It cannot end before it is in the table, which is locked.
        let task = start(number);
        table.watches.push(Watch { path, kind, since: Timestamp::now(), number, task });
    }

    fn ended(&self, number: u64) {
        self.table().watches.retain(|watch| watch.number != number);
    }
}

/// Keeps the watches of one session.
pub(super) struct Keeper {
    pub(super) store: Arc<dyn Store>,
    pub(super) watches: Watches,
    pub(super) settings: Settings,
    /// Shows what is reported, one report at a time.
    pub(super) out: Arc<tokio::sync::Mutex<Out>>,
}

impl Background for Keeper {
    fn keep(&self, armed: Armed) {
        let (store, settings) = (Arc::clone(&self.store), self.settings.clone());
        let (watches, shown) = (self.watches.clone(), Arc::clone(&self.out));
        self.watches.add(armed.path, armed.kind, |number| {
            let work = async move {
                let (out, reports) = channel();
                let report = async {
                    let out = out;
                    let progress = Progress::default();
                    let cx = Context {
                        store: &*store,
                        shared: &store,
                        out: &out,
                        settings: &settings,
                        // Not while something else is typed.
                        asker: &Nobody,
                        progress: &progress,
                        background: None,
                        configured: None,
                    };
                    (armed.report)(&cx).await
                };
                let (result, _) = tokio::join!(report, pass_on(reports, &shown, &watches));
                if let Err(error) = result {
                    let note = Note::Error(error.kind(), error.to_string());
                    let _ = shown.lock().await.note(note).await;
                }
                watches.ended(number);
            };
            tokio::spawn(work).abort_handle()
        });
    }
}

/// Shows the reports of one watch among those of others.
async fn pass_on(
    mut reports: Receiver<Message>,
    shown: &tokio::sync::Mutex<Out>,
    watches: &Watches,
) -> Result<()> {
    while let Some(message) = reports.recv().await {
        let printed = watches.printed();
        match message {
            Message::Rows(rows) if printed => {
                let out = shown.lock().await;
                out.begin(Shape::List).await?;
                out.rows(rows).await?;
                out.end().await?;
            }
            Message::Note(note) if printed => shown.lock().await.note(note).await?,
            Message::Flush(done) => drop(done.send(())),
            Message::Settle(done) => drop(done.send(None)),
            _ => {}
        }
    }
    Ok(())
}
