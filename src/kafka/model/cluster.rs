//! What concerns the cluster as a whole: its id, features, producer ids and migration to KRaft.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::json::{Fields, Object, Read, object};
use super::{Content, Extra, Malformed};

/// `/cluster/id`.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterId {
    /// Version of its form, the only one that Kafka writes as a text.
    pub version: String,
    /// The id: 22 characters of URL-safe base64.
    pub id: String,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Content for ClusterId {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        let version = fields.get("version")?.unwrap_or_else(|| "1".to_owned());
        Ok(Self { version, id: fields.need("id")?, extra: fields.rest() })
    }

    fn print(&self) -> String {
        Object::default()
            .with("version", self.version.clone())
            .with("id", self.id.clone())
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

/// `/latest_producer_id_block`: the producer ids that were given out last.
#[derive(Clone, Debug, PartialEq)]
pub struct ProducerBlock {
    /// Version of its form.
    pub version: i64,
    /// The broker that got them; −1 if the migration to KRaft wrote this.
    pub broker: i32,
    /// The first of them.
    pub start: i64,
    /// The last of them.
    pub end: i64,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Content for ProducerBlock {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self {
            version: fields.version()?,
            broker: fields.need("broker")?,
            start: fields.need("block_start")?,
            end: fields.need("block_end")?,
            extra: fields.rest(),
        })
    }

    fn print(&self) -> String {
        Object::default()
            .with("version", self.version)
            .with("broker", self.broker)
            .with("block_start", self.start.to_string())
            .with("block_end", self.end.to_string())
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

/// `/feature`: what all brokers have agreed upon.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Version of its form: 1, 2 (3.3) without lowest levels.
    pub version: i64,
    /// 0 if they are switched off, 1 if on.
    pub status: i32,
    /// The levels.
    pub features: BTreeMap<String, FinalizedFeature>,
    /// Whatever else was said.
    pub extra: Extra,
}

/// The levels of a feature that are in use.
#[derive(Clone, Debug, PartialEq)]
pub struct FinalizedFeature {
    /// From this, where it is said.
    pub min: Option<i32>,
    /// To this.
    pub max: i32,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Features {
    /// Whether they are switched on.
    pub fn is_enabled(&self) -> bool {
        self.status == 1
    }
}

impl Content for Features {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self {
            version: fields.version()?,
            status: fields.need("status")?,
            features: fields.get("features")?.unwrap_or_default(),
            extra: fields.rest(),
        })
    }

    fn print(&self) -> String {
        Object::default()
            .with("version", self.version)
            .with("status", self.status)
            .with("features", object(&self.features, FinalizedFeature::json))
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

impl Read for FinalizedFeature {
    const WANTED: &'static str = Fields::WANTED;

    fn read(json: Json) -> Result<Self, Malformed> {
        let mut fields = Fields::read(json)?;
        Ok(Self {
            min: fields.get("min_version_level")?,
            max: fields.need("max_version_level")?,
            extra: fields.rest(),
        })
    }
}

impl FinalizedFeature {
    fn json(&self) -> Json {
        Object::default()
            .with_some("min_version_level", self.min)
            .with("max_version_level", self.max)
            .and(&self.extra)
    }
}

/// `/migration`: how far KRaft has written its metadata here. Numbers are −1 before it began.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    /// Version of its form, which begins with 0.
    pub version: i64,
    /// The node of KRaft that is its controller.
    pub controller: i32,
    /// That controller's epoch.
    pub controller_epoch: i32,
    /// The last record that was written here, by its place in the log of metadata.
    pub offset: i64,
    /// The epoch of that record.
    pub epoch: i32,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Content for Migration {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self {
            version: fields.get("version")?.unwrap_or(0),
            controller: fields.need("kraft_controller_id")?,
            controller_epoch: fields.need("kraft_controller_epoch")?,
            offset: fields.need("kraft_metadata_offset")?,
            epoch: fields.need("kraft_metadata_epoch")?,
            extra: fields.rest(),
        })
    }

    fn print(&self) -> String {
        Object::default()
            .with("version", self.version)
            .with("kraft_controller_id", self.controller)
            .with("kraft_controller_epoch", self.controller_epoch)
            .with("kraft_metadata_offset", self.offset)
            .with("kraft_metadata_epoch", self.epoch)
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}
