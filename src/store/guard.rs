//! A store that cannot be written to.

use futures_util::future::BoxFuture;

use super::{Answers, Changes, Failure, Outcome, Read, Session, Store, Watched, Write, Written};
use crate::client::Auth;

/// Passes reads on and refuses every write before it is sent.
pub struct ReadOnly<S>(pub S);

impl<S: Store> Store for ReadOnly<S> {
    fn read(&self, reads: Vec<Read>) -> Outcome<'_, Answers> {
        self.0.read(reads)
    }

    fn batch(&self) -> usize {
        self.0.batch()
    }

    fn in_flight(&self) -> usize {
        self.0.in_flight()
    }

    fn write(&self, _: Write) -> Outcome<'_, Written> {
        Box::pin(async { Err(Failure::ReadOnly) })
    }

    fn multi(&self, _: Vec<Write>) -> Outcome<'_, Vec<Written>> {
        Box::pin(async { Err(Failure::ReadOnly) })
    }

    fn sync(&self, path: String) -> Outcome<'_, ()> {
        self.0.sync(path)
    }

    fn identities(&self) -> Outcome<'_, Vec<(String, String)>> {
        self.0.identities()
    }

    fn read_and_watch(&self, read: Read) -> Outcome<'_, Watched> {
        self.0.read_and_watch(read)
    }

    fn watch(&self, path: String, recursive: bool) -> Outcome<'_, Changes> {
        self.0.watch(path, recursive)
    }

    fn ephemerals(&self) -> Outcome<'_, Vec<String>> {
        self.0.ephemerals()
    }

    fn authenticate(&self, auth: Auth) -> Outcome<'_, ()> {
        self.0.authenticate(auth)
    }

    fn session(&self) -> Session {
        self.0.session()
    }

    fn connection(&self) -> Changes {
        self.0.connection()
    }

    fn max_request(&self) -> usize {
        self.0.max_request()
    }

    fn close(&self) -> BoxFuture<'_, bool> {
        self.0.close()
    }
}
