//! What the editor's thread wants to know of the tree, while somebody types.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::cli::complete::PathSource;
use crate::cli::profile::{Config, Configuration};
use crate::store::{Change, Found, Read, Store};
use crate::znode::{Names, Stat, ZPath};

/// How long a key may wait for the ensemble.
const BUDGET: Duration = Duration::from_millis(150);
/// Directories remembered, at most.
const KEPT: usize = 64;

/// Names of children, remembered until a watch says that they changed. An `Err` is a znode that is
/// not there, or whose children may not be read.
type Listing = Result<Arc<Names>, ()>;

/// What is asked of the ensemble.
enum Question {
    /// The children of a znode, for the cache.
    Children(String),
    /// The stats of some znodes, for whoever waits.
    Stats(Vec<String>, mpsc::Sender<Vec<Option<Stat>>>),
}

/// The editor's end.
#[derive(Clone)]
pub(super) struct Lookup {
    questions: UnboundedSender<Question>,
    shared: Arc<Shared>,
    here: Arc<Mutex<ZPath>>,
    configuration: Option<Arc<Configuration>>,
}

#[derive(Default)]
struct Shared {
    cache: Mutex<Cache>,
    /// Told whenever something was added to the cache.
    news: std::sync::Condvar,
}

#[derive(Default)]
struct Cache {
    listings: HashMap<String, Listing>,
    /// Paths in the order in which they came.
    order: std::collections::VecDeque<String>,
    asked: std::collections::HashSet<String>,
}

fn lock(cache: &Mutex<Cache>) -> MutexGuard<'_, Cache> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lookup {
    /// The children of a znode, within the time a key may take.
    fn listing(&self, path: &str) -> Option<Arc<Names>> {
        let mut cache = lock(&self.shared.cache);
        if let Some(listing) = cache.listings.get(path) {
            return listing.clone().ok();
        }
        if cache.asked.insert(path.to_owned()) {
            let _ = self.questions.send(Question::Children(path.to_owned()));
        }
        let absent = |cache: &mut Cache| !cache.listings.contains_key(path) && cache.asked.contains(path);
        let (cache, _) = self
            .shared
            .news
            .wait_timeout_while(cache, BUDGET, absent)
            .unwrap_or_else(PoisonError::into_inner);
        cache.listings.get(path)?.clone().ok()
    }

    /// Whether there is such a znode, as far as that is known without asking.
    pub(super) fn exists(&self, path: &str) -> Option<bool> {
        if path == "/" {
            return Some(true);
        }
        let (parent, name) = path.rsplit_once('/')?;
        let parent = if parent.is_empty() { "/" } else { parent };
        match lock(&self.shared.cache).listings.get(parent)? {
            Ok(names) => Some(names.iter().any(|child| child == name)),
            Err(()) => None,
        }
    }

    /// Forgets everything: another ensemble is asked from now on.
    pub(super) fn clear(&self) {
        *lock(&self.shared.cache) = Cache::default();
    }
}

impl PathSource for Lookup {
    fn children(&self, path: &str) -> Option<Names> {
        self.listing(path).map(|names| (*names).clone())
    }

    fn stats(&self, paths: &[String]) -> Option<Vec<Option<Stat>>> {
        let (sender, stats) = mpsc::channel();
        self.questions.send(Question::Stats(paths.to_vec(), sender)).ok()?;
        stats.recv_timeout(BUDGET).ok()
    }

    fn here(&self) -> Option<ZPath> {
        Some(self.here.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn profiles(&self) -> Vec<(String, Option<String>)> {
        let config = self.configuration.as_ref().and_then(|configuration| configuration.config.as_ref().ok());
        config.map_or_else(Vec::new, Config::summary)
    }
}

/// The end that asks the ensemble.
pub(super) struct Librarian {
    questions: UnboundedReceiver<Question>,
    shared: Arc<Shared>,
}

/// Both ends.
pub(super) fn lookup(
    here: Arc<Mutex<ZPath>>,
    configuration: Option<Arc<Configuration>>,
) -> (Lookup, Librarian) {
    let (sender, questions) = unbounded_channel();
    let shared = Arc::new(Shared::default());
    (
        Lookup { questions: sender, shared: Arc::clone(&shared), here, configuration },
        Librarian { questions, shared },
    )
}

impl Librarian {
    /// Answers questions; `store` is the one in use, if there is any.
    pub(super) async fn serve(mut self, store: impl Fn() -> Option<Arc<dyn Store>>) {
        while let Some(question) = self.questions.recv().await {
            match (question, store()) {
                (Question::Children(path), Some(store)) => {
                    tokio::spawn(answer(store, path, Arc::clone(&self.shared)));
                }
                (Question::Children(path), None) => self.shared.give(path, Err(())),
                (Question::Stats(paths, asker), Some(store)) => {
                    tokio::spawn(async move {
                        let reads = paths.into_iter().map(Read::Stat).collect();
                        let Ok(answers) = store.read(reads).await else { return };
                        let stat =
                            |answer: Result<Found, _>| answer.ok().and_then(|found| found.stat().copied());
                        // Whoever asked may have had no more time.
                        let _ = asker.send(answers.into_iter().map(stat).collect());
                    });
                }
                (Question::Stats(..), None) => {}
            }
        }
    }
}

impl Shared {
    fn give(&self, path: String, listing: Listing) {
        let mut cache = lock(&self.cache);
        cache.asked.remove(&path);
        if cache.listings.insert(path.clone(), listing).is_none() {
            cache.order.push_back(path);
        }
        while cache.order.len() > KEPT {
            if let Some(oldest) = cache.order.pop_front() {
                cache.listings.remove(&oldest);
            }
        }
        drop(cache);
        self.news.notify_all();
    }

    fn forget(&self, path: &str) {
        let mut cache = lock(&self.cache);
        cache.asked.remove(path);
        cache.listings.remove(path);
        cache.order.retain(|kept| kept != path);
        drop(cache);
        self.news.notify_all();
    }

    fn keeps(&self, path: &str) -> bool {
        lock(&self.cache).listings.contains_key(path)
    }
}

/// Reads the children, remembers them, and forgets them when they change.
async fn answer(store: Arc<dyn Store>, path: String, shared: Arc<Shared>) {
    let Ok((answer, mut changes)) = store.read_and_watch(Read::Children(path.clone())).await else {
        return shared.forget(&path);
    };
    let names = match answer {
        Ok(Found::Children(names) | Found::Listing(names, _)) => Ok(Arc::new(names)),
        _ => Err(()),
    };
    if names.is_err() {
        // No watch is left on what is not there: it is asked for again next time.
        shared.give(path.clone(), Err(()));
        tokio::time::sleep(BUDGET).await;
        return shared.forget(&path);
    }
    shared.give(path.clone(), names);
    while shared.keeps(&path) {
        let change = tokio::time::timeout(Duration::from_secs(60), changes.next()).await;
        match change {
            Err(_) => {}
            Ok(Some(Change::Missed { .. })) => {}
            // After an outage nobody knows what was missed.
            Ok(_) => break,
        }
    }
    shared.forget(&path);
}
