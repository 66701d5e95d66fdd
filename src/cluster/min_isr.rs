//! `min.insync.replicas`, as far as znodes tell it.

use std::collections::BTreeMap;

use super::{Folders, Status, TopicState};
use crate::kafka::layout::{Entity, Name};
use crate::kafka::model::Config;
use crate::store::{Failure, Store};

const KEY: &str = "min.insync.replicas";

/// How many replicas must be in sync for a write with `acks=all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinIsr {
    /// So many.
    pub value: i32,
    /// No znode says so: the file of the broker may say something else than Kafka's default of 1.
    pub assumed: bool,
}

/// What was configured for brokers at run time.
#[derive(Clone, Debug, Default)]
pub(super) struct MinIsrs {
    brokers: BTreeMap<String, i32>,
}

impl MinIsrs {
    /// Reads it. What may not be read says nothing: `/config/brokers` may hold passwords.
    pub(super) async fn read(store: &dyn Store, status: &Status) -> Result<Self, Failure> {
        let listed = Folders::new(store, status).configs("brokers").await?;
        let each = listed.found.iter().filter_map(|(entity, config)| match entity {
            Entity::Broker(name) => Some((name.znode().to_owned(), config.value().and_then(configured)?)),
            _ => None,
        });
        let brokers = each.collect();
        Ok(Self { brokers })
    }

    /// What holds for the partitions of a topic that this broker leads: what is configured for the topic,
    /// the broker, all brokers, in this order.
    pub(super) fn of(&self, topic: &TopicState, leader: Option<i32>) -> MinIsr {
        let of_topic = topic.config.as_ref().and_then(|config| config.value()).and_then(configured);
        let of_leader = || self.brokers.get(&leader?.to_string()).copied();
        let of_all = || self.brokers.get(Name::DEFAULT).copied();
        match of_topic.or_else(of_leader).or_else(of_all) {
            Some(value) => MinIsr { value, assumed: false },
            None => MinIsr { value: 1, assumed: true },
        }
    }
}

fn configured(config: &Config) -> Option<i32> {
    config.values.get(KEY)?.parse().ok()
}
