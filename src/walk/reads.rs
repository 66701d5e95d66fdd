//! Many reads of which all are known beforehand, answered in their order, several batches in flight.

use std::collections::VecDeque;

use crate::store::Answers;
use crate::store::{Failure, Found, Outcome, Read, Store};
use crate::wire::Code;

/// What was asked for, and what it is for.
pub type Answered<K> = (K, Result<Found, Code>);

/// Reads under way; each comes with a key that says what it is for.
pub struct Reads<'a, K> {
    store: &'a dyn Store,
    todo: std::vec::IntoIter<(K, Read)>,
    flight: VecDeque<(Outcome<'a, Answers>, Vec<K>)>,
}

impl<'a, K> Reads<'a, K> {
    /// Sends as many as should be in flight.
    pub fn new(store: &'a dyn Store, todo: Vec<(K, Read)>) -> Self {
        let mut reads = Self { store, todo: todo.into_iter(), flight: VecDeque::new() };
        reads.send();
        reads
    }

    fn send(&mut self) {
        while self.flight.len() < self.store.in_flight() {
            let batch = self.todo.by_ref().take(self.store.batch());
            let (keys, reads): (Vec<K>, Vec<Read>) = batch.unzip();
            if keys.is_empty() {
                return;
            }
            self.flight.push_back((self.store.read(reads), keys));
        }
    }

    /// The next answers, in the order of the questions; `None` when there are no more. What is refused
    /// is refused by itself; it fails when the store does.
    pub async fn next(&mut self) -> Result<Option<Vec<Answered<K>>>, Failure> {
        let Some((answers, keys)) = self.flight.pop_front() else { return Ok(None) };
        let answers = answers.await?;
        self.send();
        Ok(Some(keys.into_iter().zip(answers).collect()))
    }

    /// All the answers that are left.
    pub async fn all(mut self) -> Result<Vec<Answered<K>>, Failure> {
        let mut all = Vec::new();
        while let Some(answers) = self.next().await? {
            all.extend(answers);
        }
        Ok(all)
    }
}
