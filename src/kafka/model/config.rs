//! `/config/…`: what was configured at run time.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::json::{Fields, Object, object};
use super::{Content, Extra, Malformed};

/// What is configured for a topic, broker, client, user or address, quotas among it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Version of its form; only 1 was ever written.
    pub version: i64,
    /// The values, all of them texts.
    pub values: BTreeMap<String, String>,
    /// Whatever else was said.
    pub extra: Extra,
}

/// In place of a secret.
const MASK: &str = "***";

/// Ends of the names of options that are passwords (`ConfigDef.Type.PASSWORD` of Kafka's brokers).
const PASSWORDS: [&str; 5] =
    [".password", "jaas.config", "ssl.keystore.key", "encoder.secret", "encoder.old.secret"];

impl Config {
    /// The values with all that could help to guess a password hidden: what SCRAM keeps of it but for
    /// the iterations, encrypted passwords of brokers, options whose value is one.
    pub fn masked(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.values.iter().map(|(name, value)| (name.as_str(), masked(name, value)))
    }
}

fn masked<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if name.starts_with("SCRAM-") {
        let field = |field: &str| match field.split_once('=') {
            Some(("iterations", _)) => field.to_owned(),
            Some((key @ ("salt" | "stored_key" | "server_key"), _)) => format!("{key}={MASK}"),
            _ => MASK.to_owned(),
        };
        return Cow::Owned(value.split(',').map(field).collect::<Vec<_>>().join(","));
    }
    let secret = value.contains("encryptedPassword:") || PASSWORDS.iter().any(|end| name.ends_with(end));
    Cow::Borrowed(if secret { MASK } else { value })
}

impl Content for Config {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self { version: fields.version()?, values: fields.need("config")?, extra: fields.rest() })
    }

    fn print(&self) -> String {
        Object::default()
            .with("version", self.version)
            .with("config", object(&self.values, String::as_str))
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}
