//! Notices that Kafka leaves for its brokers.

use serde_json::Value as Json;

use super::admin::partitions;
use super::json::{Fields, Object, Read, json, text};
use super::{Content, Extra, Malformed, TopicPartition};
use crate::kafka::layout::Entity;

/// What was configured is to be read again.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigChange {
    /// Version of its form: 1 has kind and name (0.9), 2 a path (0.10.1); `None` for the name of a topic
    /// and nothing else (0.8.1).
    pub version: Option<i64>,
    /// What it is about, as a path below `/config`.
    pub path: String,
    /// Whatever else was said.
    pub extra: Extra,
}

impl ConfigChange {
    /// What it is about; `None` if that is nothing known here.
    pub fn entity(&self) -> Option<Entity> {
        Entity::of(&self.path)
    }
}

impl Content for ConfigChange {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let json = json(text(data)?)?;
        if let Json::String(topic) = json {
            return Ok(Self { version: None, path: format!("topics/{topic}"), extra: Extra::new() });
        }
        let mut fields = Fields::read(json)?;
        let version = fields.version()?;
        let path = match fields.get("entity_path")? {
            Some(path) => path,
            None if version > 1 => return Err(Malformed::Missing("entity_path".to_owned())),
            None => {
                let kind: String = fields.need("entity_type")?;
                format!("{kind}/{}", fields.need::<String>("entity_name")?)
            }
        };
        Ok(Self { version: Some(version), path, extra: fields.rest() })
    }

    fn print(&self) -> String {
        let Some(version) = self.version else {
            return Json::from(self.path.strip_prefix("topics/").unwrap_or_default()).to_string();
        };
        let object = Object::default().with("version", version);
        let object = match self.path.split_once('/') {
            Some((kind, name)) if version < 2 => object.with("entity_type", kind).with("entity_name", name),
            _ => object.with("entity_path", self.path.clone()),
        };
        object.and(&self.extra).to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

/// A leader changed the sets of replicas in sync of these partitions.
#[derive(Clone, Debug, PartialEq)]
pub struct IsrChange {
    /// Version of its form; only 1 was ever written.
    pub version: i64,
    /// The partitions.
    pub partitions: Vec<TopicPartition>,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Content for IsrChange {
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

/// Something happened to a log directory.
#[derive(Clone, Debug, PartialEq)]
pub struct LogDirEvent {
    /// Version of its form; only 1 was ever written.
    pub version: i64,
    /// On this broker.
    pub broker: i32,
    /// What: 1 is that it failed, and no other event was ever written.
    pub event: i32,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Content for LogDirEvent {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self {
            version: fields.version()?,
            broker: fields.need("broker")?,
            event: fields.need("event")?,
            extra: fields.rest(),
        })
    }

    fn print(&self) -> String {
        Object::default()
            .with("version", self.version)
            .with("broker", self.broker)
            .with("event", self.event)
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

/// The ACLs of a resource are to be read again.
#[derive(Clone, Debug, PartialEq)]
pub struct AclChange {
    /// Version of its form; `None` for `Type:name`, which is about ACLs of one resource.
    pub version: Option<i64>,
    /// The kind of resource, as it was written: `Topic` (until 2.4), `TOPIC` (from 2.5 on).
    pub kind: String,
    /// The resource.
    pub name: String,
    /// `LITERAL` or `PREFIXED`.
    pub pattern: String,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Content for AclChange {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let text = text(data)?;
        if text.starts_with('{') {
            let mut fields = Fields::read(json(text)?)?;
            return Ok(Self {
                version: Some(fields.version()?),
                kind: fields.need("resourceType")?,
                name: fields.need("name")?,
                pattern: fields.need("patternType")?,
                extra: fields.rest(),
            });
        }
        let (kind, name) =
            text.split_once(':').ok_or_else(|| Malformed::text(text, "a resource like Topic:name"))?;
        let (kind, name) = (kind.to_owned(), name.to_owned());
        Ok(Self { version: None, kind, name, pattern: "LITERAL".to_owned(), extra: Extra::new() })
    }

    fn print(&self) -> String {
        let Some(version) = self.version else { return format!("{}:{}", self.kind, self.name) };
        Object::default()
            .with("version", version)
            .with("resourceType", self.kind.clone())
            .with("name", self.name.clone())
            .with("patternType", self.pattern.clone())
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

/// A delegation token is to be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenChange {
    /// The token.
    pub id: String,
}

impl Content for TokenChange {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        Ok(Self { id: text(data)?.to_owned() })
    }

    fn print(&self) -> String {
        self.id.clone()
    }
}
