//! `/controller` and `/controller_epoch`.

use super::json::{Fields, Object, Read, json, number, text};
use super::{Content, Extra, Malformed};

/// Who is the controller.
#[derive(Clone, Debug, PartialEq)]
pub struct Controller {
    /// Version of its form: 1, 2 (3.4) with KRaft's epoch; `None` for the bare id of 0.8's beta.
    pub version: Option<i64>,
    /// The broker; during a migration the node of KRaft.
    pub broker: i32,
    /// When it was elected: milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// The epoch of KRaft's controller; −1 if it is a broker (3.4+).
    pub kraft_epoch: Option<i32>,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Controller {
    /// Whether KRaft has taken over: what is in ZooKeeper is then its copy, and not to be written.
    pub fn is_kraft(&self) -> bool {
        self.kraft_epoch.is_some_and(|epoch| epoch >= 0)
    }
}

impl Content for Controller {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let text = text(data)?;
        if !text.starts_with('{') {
            let broker = number(data)?;
            return Ok(Self {
                version: None,
                broker,
                timestamp: None,
                kraft_epoch: None,
                extra: Extra::new(),
            });
        }
        let mut fields = Fields::read(json(text)?)?;
        Ok(Self {
            version: Some(fields.version()?),
            broker: fields.need("brokerid")?,
            timestamp: fields.hint("timestamp"),
            kraft_epoch: fields.get("kraftControllerEpoch")?,
            extra: fields.rest(),
        })
    }

    fn print(&self) -> String {
        let Some(version) = self.version else { return self.broker.to_string() };
        Object::default()
            .with("version", version)
            .with("brokerid", self.broker)
            .with_some("timestamp", self.timestamp.map(|timestamp| timestamp.to_string()))
            .with_some("kraftControllerEpoch", self.kraft_epoch)
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

/// How many controllers there were; a controller with an older number is none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControllerEpoch(pub i32);

impl Content for ControllerEpoch {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        number(data).map(Self)
    }

    fn print(&self) -> String {
        self.0.to_string()
    }
}
