//! JSON as Kafka and its neighbours write it: keys in any order, numbers as texts and the other way
//! round, keys that nobody here knows.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value as Json};

use super::Malformed;

/// Keys of a JSON object that are unknown here, in their order. They are written again as they were.
pub type Extra = Map<String, Json>;

/// The text of a znode, without blanks around it.
pub(super) fn text(data: &[u8]) -> Result<&str, Malformed> {
    match std::str::from_utf8(data).map(str::trim) {
        Ok("") => Err(Malformed::Empty),
        Ok(text) => Ok(text),
        Err(_) => Err(Malformed::Binary),
    }
}

/// The number of a znode that is nothing but a number.
pub(super) fn number<T: FromStr>(data: &[u8]) -> Result<T, Malformed> {
    let text = text(data)?;
    text.parse().map_err(|_| Malformed::text(text, "a number"))
}

/// Reads JSON.
pub(super) fn json(text: &str) -> Result<Json, Malformed> {
    let error = match serde_json::from_str(text) {
        Ok(json) => return Ok(json),
        Err(error) => Malformed::Json(error.to_string()),
    };
    if !text.contains('\\') {
        return Err(error);
    }
    // Before 1.0.1 Kafka escaped nothing; its own reader tries this too.
    serde_json::from_str(&text.replace('\\', "\\\\")).map_err(|_| error)
}

/// Something that is read from JSON.
pub(super) trait Read: Sized {
    /// What is expected, for people.
    const WANTED: &'static str;

    /// Reads it; the error says where within it something else is.
    fn read(json: Json) -> Result<Self, Malformed>;
}

/// What people call this kind of value.
fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "another number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

fn other<T: Read>(json: &Json) -> Malformed {
    Malformed::Type { at: String::new(), found: kind(json), wanted: T::WANTED }
}

impl Read for i64 {
    const WANTED: &'static str = "a whole number";

    fn read(json: Json) -> Result<Self, Malformed> {
        let number = match &json {
            Json::Number(number) => number.as_i64(),
            Json::String(text) => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| other::<Self>(&json))
    }
}

impl Read for i32 {
    const WANTED: &'static str = "a whole number of 32 bits";

    fn read(json: Json) -> Result<Self, Malformed> {
        let number = match &json {
            Json::Number(number) => number.as_i64().and_then(|number| number.try_into().ok()),
            Json::String(text) => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| other::<Self>(&json))
    }
}

/// Numbers and truth values stand for their text: not every writer quotes them.
impl Read for String {
    const WANTED: &'static str = "a text";

    fn read(json: Json) -> Result<Self, Malformed> {
        match json {
            Json::String(text) => Ok(text),
            Json::Number(number) => Ok(number.to_string()),
            Json::Bool(truth) => Ok(truth.to_string()),
            json => Err(other::<Self>(&json)),
        }
    }
}

impl<T: Read> Read for Vec<T> {
    const WANTED: &'static str = "a list";

    fn read(json: Json) -> Result<Self, Malformed> {
        let Json::Array(elements) = json else { return Err(other::<Self>(&json)) };
        let one = |(index, json)| T::read(json).map_err(|error| error.inside(&format!("[{index}]")));
        elements.into_iter().enumerate().map(one).collect()
    }
}

impl<K: FromStr + Ord, T: Read> Read for BTreeMap<K, T> {
    const WANTED: &'static str = "an object";

    fn read(json: Json) -> Result<Self, Malformed> {
        let Json::Object(fields) = json else { return Err(other::<Self>(&json)) };
        let one = |(name, json): (String, Json)| {
            let Ok(key) = name.parse() else {
                return Err(Malformed::Type { at: name, found: "a name", wanted: "a number" });
            };
            Ok((key, T::read(json).map_err(|error| error.inside(&name))?))
        };
        fields.into_iter().map(one).collect()
    }
}

impl Read for Fields {
    const WANTED: &'static str = "an object";

    fn read(json: Json) -> Result<Self, Malformed> {
        match json {
            Json::Object(fields) => Ok(Self(fields)),
            json => Err(other::<Self>(&json)),
        }
    }
}

/// The keys of an object, taken one by one; what is left is unknown.
pub(super) struct Fields(Extra);

impl Fields {
    pub(super) fn parse(data: &[u8]) -> Result<Self, Malformed> {
        Self::read(json(text(data)?)?)
    }

    /// What this key has; `None` also for null, which says the same.
    pub(super) fn get<T: Read>(&mut self, key: &str) -> Result<Option<T>, Malformed> {
        match self.0.shift_remove(key) {
            None | Some(Json::Null) => Ok(None),
            Some(json) => T::read(json).map(Some).map_err(|error| error.inside(key)),
        }
    }

    /// What this key has, without which the rest means nothing.
    pub(super) fn need<T: Read>(&mut self, key: &str) -> Result<T, Malformed> {
        self.get(key)?.ok_or_else(|| Malformed::Missing(key.to_owned()))
    }

    /// The version, 1 where none is said: Kafka's own readers only ask a broker for it.
    pub(super) fn version(&mut self) -> Result<i64, Malformed> {
        Ok(self.get("version")?.unwrap_or(1))
    }

    /// A number that matters to nobody: in another form it is left where it is.
    pub(super) fn hint(&mut self, key: &str) -> Option<i64> {
        let number = i64::read(self.0.get(key)?.clone()).ok();
        if number.is_some() {
            self.0.shift_remove(key);
        }
        number
    }

    pub(super) fn is_object(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(Json::is_object)
    }

    /// What nobody asked for.
    pub(super) fn rest(self) -> Extra {
        self.0
    }
}

/// An object that is written key by key.
#[derive(Default)]
pub(super) struct Object(Extra);

impl Object {
    pub(super) fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    pub(super) fn with_some(self, key: &str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds what is unknown here.
    pub(super) fn and(mut self, extra: &Extra) -> Json {
        self.0.extend(extra.iter().map(|(key, json)| (key.clone(), json.clone())));
        Json::Object(self.0)
    }
}

/// A map as an object.
pub(super) fn object<'a, K: ToString + 'a, T: 'a, J: Into<Json>>(
    map: impl IntoIterator<Item = (&'a K, &'a T)>,
    value: impl Fn(&'a T) -> J,
) -> Json {
    map.into_iter().map(|(key, item)| (key.to_string(), value(item).into())).collect::<Extra>().into()
}

/// A list of things that are no JSON by themselves.
pub(super) fn list<T>(items: &[T], value: impl Fn(&T) -> Json) -> Json {
    items.iter().map(value).collect()
}
