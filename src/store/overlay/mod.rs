//! A copy-on-write overlay over any store: writes stay in memory, reads fall through.
//!
//! An ensemble in memory holds what writes touched. Before a write, the znodes that decide about it
//! (the znode, its parent, their ACLs) are taken over from below, and then the ensemble does what a
//! server would do: versions, ACLs, sequential names and errors are its own. What no write touched is
//! read from below, so a walk of a huge tree costs the overlay nothing.
//!
//! Two things it cannot know: what other clients change below after a znode was taken over, and as
//! which address the servers know this client, so ACLs by `ip` may be judged wrongly.

mod adopt;
mod layer;
mod plan;
mod serve;

use std::collections::HashSet;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;

use super::memory::{Ensemble, Memory, Rules};
use super::{Answers, Changes, Failure, Found, Outcome, Read, Session, Store, Watched, Write, Written};
use crate::client::Auth;
use crate::wire::Code;
use crate::znode::Names;
use layer::Layer;
pub use plan::{Planned, What};

/// An overlay over a store.
pub struct Overlay {
    below: Arc<dyn Store>,
    above: Memory,
    ensemble: Ensemble,
    shared: Arc<Shared>,
}

/// What the sessions of one overlay have in common.
#[derive(Default)]
struct Shared {
    layer: Mutex<Layer>,
    /// One write takes over and changes at a time.
    writing: tokio::sync::Mutex<()>,
    /// What is below, as each of the sessions is allowed to read it.
    below: Mutex<Vec<Arc<dyn Store>>>,
}

impl Overlay {
    /// An overlay that nothing was written to.
    pub fn new(below: Arc<dyn Store>, rules: Rules) -> Self {
        let ensemble = Ensemble::bare(rules);
        Self::on(ensemble, Arc::default(), below)
    }

    /// Another session with this overlay, by somebody else, who sees what is below through `below`: the same
    /// znodes, though other ones of them may be readable.
    #[must_use]
    pub fn beside(&self, below: Arc<dyn Store>) -> Self {
        Self::on(self.ensemble.clone(), Arc::clone(&self.shared), below)
    }

    fn on(ensemble: Ensemble, shared: Arc<Shared>, below: Arc<dyn Store>) -> Self {
        let above = ensemble.store(below.max_request());
        shared.below.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&below));
        Self { below, above, ensemble, shared }
    }

    /// What is below, as the other sessions may read it.
    fn others(&self) -> Vec<Arc<dyn Store>> {
        let below = self.shared.below.lock().unwrap_or_else(PoisonError::into_inner);
        below.iter().filter(|store| !Arc::ptr_eq(store, &self.below)).cloned().collect()
    }

    /// Reads what is below, whichever session may.
    async fn read_below(&self, reads: Vec<Read>) -> Result<Answers, Failure> {
        let mut answers = self.below.read(reads.clone()).await?;
        for other in self.others() {
            let refused: Vec<usize> =
                (0..answers.len()).filter(|at| answers.get(*at) == Some(&Err(Code::NO_AUTH))).collect();
            let again: Vec<Read> = refused.iter().filter_map(|at| reads.get(*at).cloned()).collect();
            if again.is_empty() {
                break;
            }
            for (at, found) in refused.into_iter().zip(other.read(again).await?) {
                if let Some(answer) = answers.get_mut(at) {
                    *answer = found;
                }
            }
        }
        Ok(answers)
    }

    /// Proves who somebody is, for the ACLs above.
    pub fn identify(&self, credentials: &[Auth]) -> Result<(), Failure> {
        self.above.identify(credentials)
    }

    fn layer(&self) -> MutexGuard<'_, Layer> {
        self.shared.layer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read_all(&self, reads: Vec<Read>) -> Result<Answers, Failure> {
        let mut answers: Vec<Option<Result<Found, Code>>> = Vec::with_capacity(reads.len());
        let mut below: Vec<(usize, Read)> = Vec::new();
        // Who may read what was taken over, its ACL tells, and not who took it over.
        let others = !self.others().is_empty();
        for read in reads {
            let path = read.path();
            if self.ensemble.has(path) {
                if others || matches!(read, Read::Acl(_)) {
                    self.adopt_acls(vec![path.to_owned()]).await?;
                }
                let lists = matches!(read, Read::Children(_) | Read::Listing(_));
                if lists && !self.layer().is_created(path) {
                    below.push((answers.len(), Read::Children(path.to_owned())));
                }
                let mut answer = self.above.read(vec![read]).await?;
                answers.push(answer.pop());
            } else if self.layer().is_gone(path) {
                answers.push(Some(Err(Code::NO_NODE)));
            } else {
                below.push((answers.len(), read));
                answers.push(None);
            }
        }
        let (places, reads): (Vec<_>, Vec<_>) = below.into_iter().unzip();
        if !reads.is_empty() {
            let paths: Vec<String> = reads.iter().map(|read| read.path().to_owned()).collect();
            let found = self.below.read(reads).await?;
            for ((place, path), found) in places.into_iter().zip(paths).zip(found) {
                let Some(answer) = answers.get_mut(place) else { continue };
                *answer = Some(match answer.take() {
                    None => found,
                    Some(Ok(above)) if others && found == Err(Code::NO_AUTH) => {
                        let found = self.read_below(vec![Read::Children(path.clone())]).await?.pop();
                        Ok(self.merged(&path, above, found.unwrap_or(Err(Code::NO_AUTH))))
                    }
                    Some(Ok(above)) => Ok(self.merged(&path, above, found)),
                    Some(refused) => refused,
                });
            }
        }
        Ok(answers.into_iter().map(|answer| answer.unwrap_or(Err(Code::NO_NODE))).collect())
    }

    /// The children above and below together.
    fn merged(&self, path: &str, above: Found, below: Result<Found, Code>) -> Found {
        match (above, below) {
            (Found::Children(above), Ok(Found::Children(below))) => {
                Found::Children(self.merged_names(path, &above, &below))
            }
            (Found::Listing(above, stat), Ok(Found::Children(below))) => {
                Found::Listing(self.merged_names(path, &above, &below), stat)
            }
            (above, _) => above,
        }
    }

    fn merged_names(&self, path: &str, above: &Names, below: &Names) -> Names {
        let prefix = if path == "/" { "" } else { path };
        let layer = self.layer();
        let known: HashSet<&str> = above.iter().collect();
        let hidden = |name: &&str| known.contains(name) || layer.is_gone(&format!("{prefix}/{name}"));
        above.iter().chain(below.iter().filter(|name| !hidden(name))).collect()
    }

    async fn written(&self, writes: Vec<Write>, all: bool) -> Result<Vec<Written>, Failure> {
        let _alone = self.shared.writing.lock().await;
        self.adopt_for(&writes).await?;
        let done = if all {
            self.above.multi(writes.clone()).await?
        } else {
            let mut done = Vec::with_capacity(writes.len());
            for write in &writes {
                done.push(self.above.write(write.clone()).await?);
            }
            done
        };
        let mut layer = self.layer();
        for (write, written) in writes.iter().zip(&done) {
            layer.note(write, &written.path);
        }
        Ok(done)
    }
}

impl Store for Overlay {
    fn read(&self, reads: Vec<Read>) -> Outcome<'_, Answers> {
        // Where nothing was written, nothing stands between: several batches stay in flight.
        if self.layer().is_empty() {
            return self.below.read(reads);
        }
        Box::pin(self.read_all(reads))
    }

    fn batch(&self) -> usize {
        self.below.batch()
    }

    fn in_flight(&self) -> usize {
        self.below.in_flight()
    }

    fn write(&self, write: Write) -> Outcome<'_, Written> {
        Box::pin(async move {
            let done = self.written(vec![write], false).await?.pop();
            done.ok_or_else(|| Failure::Protocol("a result is missing".into()))
        })
    }

    fn multi(&self, writes: Vec<Write>) -> Outcome<'_, Vec<Written>> {
        Box::pin(self.written(writes, true))
    }

    fn sync(&self, path: String) -> Outcome<'_, ()> {
        self.below.sync(path)
    }

    fn identities(&self) -> Outcome<'_, Vec<(String, String)>> {
        self.below.identities()
    }

    fn read_and_watch(&self, read: Read) -> Outcome<'_, Watched> {
        if self.ensemble.has(read.path()) {
            self.above.read_and_watch(read)
        } else {
            self.below.read_and_watch(read)
        }
    }

    fn watch(&self, path: String, recursive: bool) -> Outcome<'_, Changes> {
        if self.layer().is_empty() {
            self.below.watch(path, recursive)
        } else {
            self.above.watch(path, recursive)
        }
    }

    fn ephemerals(&self) -> Outcome<'_, Vec<String>> {
        self.above.ephemerals()
    }

    fn authenticate(&self, auth: Auth) -> Outcome<'_, ()> {
        Box::pin(ready(self.identify(&[auth])))
    }

    fn session(&self) -> Session {
        self.below.session()
    }

    fn connection(&self) -> Changes {
        self.below.connection()
    }

    fn max_request(&self) -> usize {
        self.below.max_request()
    }

    fn close(&self) -> BoxFuture<'_, bool> {
        self.below.close()
    }
}
