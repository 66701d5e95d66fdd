//! `/brokers/topics/[topic]`: which brokers hold which partitions.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::json::{Fields, Object, number, object};
use super::{Content, Extra, Malformed};

/// A topic, from 0.8 on.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Version of its form: 1, 2 (2.4) with reassignments, 3 (2.8) with an id.
    pub version: i64,
    /// The brokers that hold each partition, the preferred leader first. During a reassignment those
    /// it goes to, then those that it leaves.
    pub partitions: BTreeMap<i32, Vec<i32>>,
    /// The brokers that each moving partition goes to (2.4+).
    pub adding: BTreeMap<i32, Vec<i32>>,
    /// The brokers that each moving partition leaves (2.4+).
    pub removing: BTreeMap<i32, Vec<i32>>,
    /// Its id, 22 characters of URL-safe base64 (2.8+, once the controller has given it one).
    pub id: Option<String>,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Topic {
    /// The brokers that hold a partition and are not only about to: their number is the true
    /// replication factor, during a reassignment too.
    pub fn settled(&self, partition: i32) -> Vec<i32> {
        let adding = self.adding.get(&partition).map_or(&[][..], Vec::as_slice);
        let replicas = self.partitions.get(&partition).map_or(&[][..], Vec::as_slice);
        replicas.iter().copied().filter(|broker| !adding.contains(broker)).collect()
    }

    /// Whether a partition is being moved, as far as the topic itself says it.
    pub fn is_moving(&self, partition: i32) -> bool {
        let some = |map: &BTreeMap<i32, Vec<i32>>| map.get(&partition).is_some_and(|list| !list.is_empty());
        some(&self.adding) || some(&self.removing)
    }
}

impl Content for Topic {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self {
            version: fields.version()?,
            partitions: fields.need("partitions")?,
            adding: fields.get("adding_replicas")?.unwrap_or_default(),
            removing: fields.get("removing_replicas")?.unwrap_or_default(),
            id: fields.get("topic_id")?,
            extra: fields.rest(),
        })
    }

    fn print(&self) -> String {
        let written =
            |map: &BTreeMap<i32, Vec<i32>>| (self.version > 1 || !map.is_empty()).then(|| lists(map));
        Object::default()
            .with("version", self.version)
            .with("partitions", lists(&self.partitions))
            .with_some("adding_replicas", written(&self.adding))
            .with_some("removing_replicas", written(&self.removing))
            .with_some("topic_id", self.id.clone())
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

fn lists(map: &BTreeMap<i32, Vec<i32>>) -> Json {
    object(map, |brokers| brokers.clone())
}

/// How many partitions of a topic a broker of 0.7 holds: they are called 0, 1, … on each broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionCount(pub u32);

impl Content for PartitionCount {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        number(data).map(Self)
    }

    fn print(&self) -> String {
        self.0.to_string()
    }
}
