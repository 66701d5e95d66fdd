//! Stores that stand before others.

use super::{Answers, Failure, Outcome, Read, Store, Watched, Write, Written};

/// Methods of a [`Store`] that pass on to another: all but those that read data, or write.
macro_rules! pass_on {
    ($self:ident => $to:expr) => {
        fn batch(&$self) -> usize {
            $to.batch()
        }

        fn in_flight(&$self) -> usize {
            $to.in_flight()
        }

        fn sync(&$self, path: String) -> $crate::store::Outcome<'_, ()> {
            $to.sync(path)
        }

        fn identities(&$self) -> $crate::store::Outcome<'_, Vec<(String, String)>> {
            $to.identities()
        }

        fn ephemerals(&$self) -> $crate::store::Outcome<'_, Vec<String>> {
            $to.ephemerals()
        }

        fn authenticate(&$self, auth: $crate::client::Auth) -> $crate::store::Outcome<'_, ()> {
            $to.authenticate(auth)
        }

        fn watch(
            &$self,
            path: String,
            recursive: bool,
        ) -> $crate::store::Outcome<'_, $crate::store::Changes> {
            $to.watch(path, recursive)
        }

        fn session(&$self) -> $crate::store::Session {
            $to.session()
        }

        fn connection(&$self) -> $crate::store::Changes {
            $to.connection()
        }

        fn max_request(&$self) -> usize {
            $to.max_request()
        }

        fn close(&$self) -> futures_util::future::BoxFuture<'_, bool> {
            $to.close()
        }
    };
}

pub(crate) use pass_on;

/// Passes reads on and refuses every write before it is sent.
pub struct ReadOnly<S>(pub S);

impl<S: Store> Store for ReadOnly<S> {
    pass_on!(self => self.0);

    fn read(&self, reads: Vec<Read>) -> Outcome<'_, Answers> {
        self.0.read(reads)
    }

    fn read_and_watch(&self, read: Read) -> Outcome<'_, Watched> {
        self.0.read_and_watch(read)
    }

    fn write(&self, _: Write) -> Outcome<'_, Written> {
        Box::pin(async { Err(Failure::ReadOnly) })
    }

    fn multi(&self, _: Vec<Write>) -> Outcome<'_, Vec<Written>> {
        Box::pin(async { Err(Failure::ReadOnly) })
    }
}
