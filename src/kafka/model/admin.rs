//! `/admin/reassign_partitions` and `/admin/preferred_replica_election`: what the controller is asked to
//! do. The controller deletes these znodes when it is done.

use serde_json::Value as Json;

use super::json::{Fields, Object, Read, list};
use super::{Content, Extra, Malformed};

/// Partitions that are to move. Since 2.4 the controller takes this over into the topics.
#[derive(Clone, Debug, PartialEq)]
pub struct Reassignment {
    /// Version of its form; only 1 was ever written.
    pub version: i64,
    /// Where each is to go.
    pub partitions: Vec<Assignment>,
    /// Whatever else was said.
    pub extra: Extra,
}

/// Where a partition is to go.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Topic.
    pub topic: String,
    /// Which partition of it.
    pub partition: i32,
    /// The brokers, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Whatever else was said.
    pub extra: Extra,
}

/// Partitions that are to be led by their preferred replica.
#[derive(Clone, Debug, PartialEq)]
pub struct Election {
    /// Version of its form; only 1 was ever written.
    pub version: i64,
    /// The partitions.
    pub partitions: Vec<TopicPartition>,
    /// Whatever else was said.
    pub extra: Extra,
}

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicPartition {
    /// Topic.
    pub topic: String,
    /// Which partition of it.
    pub partition: i32,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Content for Reassignment {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self { version: fields.version()?, partitions: fields.need("partitions")?, extra: fields.rest() })
    }

    fn print(&self) -> String {
        Object::default()
            .with("version", self.version)
            .with("partitions", list(&self.partitions, Assignment::json))
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

impl Read for Assignment {
    const WANTED: &'static str = Fields::WANTED;

    fn read(json: Json) -> Result<Self, Malformed> {
        let mut fields = Fields::read(json)?;
        Ok(Self {
            topic: fields.need("topic")?,
            partition: fields.need("partition")?,
            replicas: fields.need("replicas")?,
            extra: fields.rest(),
        })
    }
}

impl Assignment {
    fn json(&self) -> Json {
        Object::default()
            .with("topic", self.topic.clone())
            .with("partition", self.partition)
            .with("replicas", self.replicas.clone())
            .and(&self.extra)
    }
}

impl Content for Election {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self { version: fields.version()?, partitions: fields.need("partitions")?, extra: fields.rest() })
    }

    fn print(&self) -> String {
        partitions(self.version, &self.partitions, &self.extra)
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

/// Partitions as an election and a notice about ISRs have them.
pub(super) fn partitions(version: i64, partitions: &[TopicPartition], extra: &Extra) -> String {
    Object::default()
        .with("version", version)
        .with("partitions", list(partitions, TopicPartition::json))
        .and(extra)
        .to_string()
}

impl Read for TopicPartition {
    const WANTED: &'static str = Fields::WANTED;

    fn read(json: Json) -> Result<Self, Malformed> {
        let mut fields = Fields::read(json)?;
        Ok(Self { topic: fields.need("topic")?, partition: fields.need("partition")?, extra: fields.rest() })
    }
}

impl TopicPartition {
    fn json(&self) -> Json {
        Object::default().with("topic", self.topic.clone()).with("partition", self.partition).and(&self.extra)
    }
}
