//! Where logs begin and end, which only their brokers know.
//!
//! Asked in a request that every broker on ZooKeeper answers, from 0.7 to 3.9, without TLS and SASL: a
//! broker that listens with these only is not asked, and the answer says so.

mod address;
mod dial;
pub mod protocol;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

pub use address::Override;
pub use protocol::End;

use crate::client::Host;
use crate::kafka::model::Broker;
use address::{Dialect, plain};
use protocol::Answers;

/// A partition's log, and the broker that is to be asked: the leader, or in 0.7 the one that has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Log {
    /// The broker.
    pub broker: i32,
    /// Topic.
    pub topic: String,
    /// Which partition of it; in 0.7 which of the broker's.
    pub partition: i32,
}

/// Brokers to be asked.
#[derive(Clone, Debug)]
pub struct Brokers {
    known: BTreeMap<i32, Result<(Vec<Host>, Dialect), String>>,
    limit: Duration,
}

impl Brokers {
    /// Brokers as they registered, or why their registration cannot be read. `overrides` are where they
    /// are reached in truth, registered or not. Connecting may take `limit`, and so may an answer.
    pub fn new(
        registered: impl IntoIterator<Item = (i32, Result<Broker, String>)>,
        overrides: &[Override],
        limit: Duration,
    ) -> Self {
        let mut known = BTreeMap::new();
        for (id, broker) in registered {
            let hosts = match &broker {
                Ok(broker) => plain(broker).map(|hosts| (hosts, Dialect::of(broker))),
                Err(why) => Err(format!("its registration cannot be read: {why}")),
            };
            let given = overrides.iter().filter(|over| over.broker == id);
            let given: Vec<_> = given.map(|over| over.host.clone()).collect();
            let dialect = broker.as_ref().map_or(Dialect::New, Dialect::of);
            known.insert(id, if given.is_empty() { hosts } else { Ok((given, dialect)) });
        }
        for over in overrides {
            known.entry(over.broker).or_insert_with(|| Ok((vec![over.host.clone()], Dialect::New)));
        }
        Self { known, limit }
    }

    /// Asks all brokers at once for an end of `logs`. The answers are in the order of these; for each
    /// either an offset (in 0.7 a byte), or why it is unknown.
    pub async fn ask(&self, logs: &[Log], end: End) -> Vec<Result<i64, String>> {
        let mut questions: BTreeMap<i32, Vec<(String, i32)>> = BTreeMap::new();
        for log in logs {
            questions.entry(log.broker).or_default().push((log.topic.clone(), log.partition));
        }
        let asked = join_all(questions.iter().map(|(id, partitions)| self.ask_one(*id, partitions, end)));
        let told: BTreeMap<i32, _> = questions.keys().copied().zip(asked.await).collect();
        let answer = |log: &Log| {
            let (offsets, failure) = told.get(&log.broker)?;
            Some(match (offsets.get(&log.topic).and_then(|of| of.get(&log.partition)), failure) {
                (Some(Ok(offset)), _) => Ok(*offset),
                (Some(Err(refusal)), _) => Err(format!("broker {}: {refusal}", log.broker)),
                (None, Some(why)) => Err(format!("broker {}: {why}", log.broker)),
                (None, None) => Err(format!("broker {}: its answer leaves the partition out", log.broker)),
            })
        };
        logs.iter().map(|log| answer(log).unwrap_or_else(|| Err("nobody was asked".to_owned()))).collect()
    }

    async fn ask_one(&self, id: i32, partitions: &[(String, i32)], end: End) -> (Answers, Option<String>) {
        match self.known.get(&id) {
            Some(Ok((hosts, dialect))) => dial::ask(hosts, *dialect, partitions, end, self.limit).await,
            Some(Err(why)) => (Answers::new(), Some(why.clone())),
            None => (Answers::new(), Some("it is not registered".to_owned())),
        }
    }
}
