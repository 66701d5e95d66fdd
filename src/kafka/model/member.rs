//! `/consumers/[group]/ids/[member]`: a consumer that lives, and what it wants to read.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::json::{Fields, Object, Read, json, object, text};
use super::{Content, Extra, Malformed};

/// A consumer that lives.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The form of its registration.
    pub form: MemberForm,
    /// What it wants to read.
    pub subscription: Subscription,
    /// When it registered: milliseconds since 1970; of kazoo-go (sarama), seconds.
    pub timestamp: Option<i64>,
    /// Whatever else was said.
    pub extra: Extra,
}

/// How a member is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberForm {
    /// JSON, from 0.8 on.
    Json {
        /// Version of the form; only 1 was ever written.
        version: i64,
    },
    /// 0.7, brod: `{"topic": streams}`, or for a pattern `*streams*pattern` and `!streams!pattern`.
    Old,
    /// pykafka, samsa: the name of a topic.
    Name,
}

/// What a member wants to read, with the number of its threads for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// These topics.
    Topics(BTreeMap<String, i32>),
    /// All topics that match one of these patterns (in truth always one). They are regular
    /// expressions of Java's; 1.1 wrote them escaped twice, so backslashes may be doubled.
    White(BTreeMap<String, i32>),
    /// All topics that match none of these patterns.
    Black(BTreeMap<String, i32>),
}

impl Subscription {
    /// The topics or patterns, with the number of threads for each.
    pub fn threads(&self) -> &BTreeMap<String, i32> {
        match self {
            Self::Topics(threads) | Self::White(threads) | Self::Black(threads) => threads,
        }
    }

    /// The topics that it names; `None` if it has a pattern.
    pub fn topics(&self) -> Option<impl Iterator<Item = &str>> {
        match self {
            Self::Topics(topics) => Some(topics.keys().map(String::as_str)),
            Self::White(_) | Self::Black(_) => None,
        }
    }

    /// Kafka's word for its kind: `static`, `white_list` or `black_list`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Topics(_) => "static",
            Self::White(_) => "white_list",
            Self::Black(_) => "black_list",
        }
    }
}

impl Member {
    fn of_fields(mut fields: Fields) -> Result<Self, Malformed> {
        // A topic of 0.7 may be called `subscription`, and then has a number.
        if !fields.is_object("subscription") {
            let topics = BTreeMap::read(Json::Object(fields.rest()))?;
            return Ok(Self::old(Subscription::Topics(topics)));
        }
        let form = MemberForm::Json { version: fields.version()? };
        let threads = fields.need("subscription")?;
        let subscription = match fields.get::<String>("pattern")?.as_deref() {
            None | Some("static") => Subscription::Topics(threads),
            Some("white_list") => Subscription::White(threads),
            Some("black_list") => Subscription::Black(threads),
            Some(_) => {
                return Err(Malformed::Type {
                    at: "pattern".to_owned(),
                    found: "another word",
                    wanted: "static, white_list or black_list",
                });
            }
        };
        let timestamp = fields.hint("timestamp");
        Ok(Self { form, subscription, timestamp, extra: fields.rest() })
    }

    fn old(subscription: Subscription) -> Self {
        Self { form: MemberForm::Old, subscription, timestamp: None, extra: Extra::new() }
    }

    fn of_pattern(text: &str) -> Option<Self> {
        let mark = text.chars().next()?;
        let (threads, pattern) = text.get(1..)?.split_once(mark)?;
        let patterns = BTreeMap::from([(pattern.to_owned(), threads.parse().ok()?)]);
        match mark {
            '*' => Some(Self::old(Subscription::White(patterns))),
            '!' => Some(Self::old(Subscription::Black(patterns))),
            _ => None,
        }
    }

    fn of_name(text: &str) -> Option<Self> {
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        text.chars().all(name).then(|| Self {
            form: MemberForm::Name,
            subscription: Subscription::Topics(BTreeMap::from([(text.to_owned(), 1)])),
            timestamp: None,
            extra: Extra::new(),
        })
    }
}

impl Content for Member {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let text = text(data)?;
        if text.starts_with('{') {
            return Self::of_fields(Fields::read(json(text)?)?);
        }
        Self::of_pattern(text)
            .or_else(|| Self::of_name(text))
            .ok_or_else(|| Malformed::text(text, "a subscription: neither JSON, nor a pattern or topic"))
    }

    fn print(&self) -> String {
        let threads = self.subscription.threads();
        let (topic, streams) = threads.first_key_value().map_or(("", 0), |(name, n)| (name.as_str(), *n));
        let version = match (self.form, &self.subscription) {
            (MemberForm::Json { version }, _) => version,
            (MemberForm::Name, _) => return topic.to_owned(),
            (MemberForm::Old, Subscription::Topics(_)) => return object(threads, |n| *n).to_string(),
            (MemberForm::Old, Subscription::White(_)) => return format!("*{streams}*{topic}"),
            (MemberForm::Old, Subscription::Black(_)) => return format!("!{streams}!{topic}"),
        };
        Object::default()
            .with("version", version)
            .with("subscription", object(threads, |n| *n))
            .with("pattern", self.subscription.word())
            .with_some("timestamp", self.timestamp.map(|timestamp| timestamp.to_string()))
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}
