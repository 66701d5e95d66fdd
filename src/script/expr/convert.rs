//! Between values of expressions, JSON, YAML and text.

use minijinja::value::ValueKind;
use serde_json::Value as Json;

use super::Value;
use crate::script::model::Wrong;

/// What a value is, in a sentence.
pub fn kind(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "what is not defined",
        ValueKind::None => "null",
        ValueKind::Bool => "a truth",
        ValueKind::Number => "a number",
        ValueKind::String => "a text",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a mapping",
        _ => "something else",
    }
}

/// The text of a value that may be part of a text: texts, numbers and truths.
pub fn text(value: &Value) -> Option<String> {
    match value.kind() {
        ValueKind::String => value.as_str().map(ToOwned::to_owned),
        // minijinja writes them as Python does.
        ValueKind::Bool => Some(value.is_true().to_string()),
        ValueKind::Number => Some(value.to_string()),
        _ => None,
    }
}

/// The text that a scalar of another kind is read from.
pub(in crate::script) fn convert_scalar(value: &Value, wanted: &str) -> Result<String, Wrong> {
    text(value).ok_or_else(|| Wrong::new(format!("{} is not {wanted}", kind(value))))
}

/// A value as JSON; `None` where there is no JSON for it: bytes, and numbers without end.
pub fn json(value: &Value) -> Option<Json> {
    Some(match value.kind() {
        ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => serde_json::to_value(value).ok().filter(Json::is_number)?,
        ValueKind::String => Json::String(value.as_str()?.to_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            Json::Array(value.try_iter().ok()?.map(|item| json(&item)).collect::<Option<_>>()?)
        }
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            for key in value.try_iter().ok()? {
                map.insert(text(&key)?, json(&value.get_item(&key).ok()?)?);
            }
            Json::Object(map)
        }
        _ => return None,
    })
}

/// JSON as a value.
pub fn value_of_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Array(items) => Value::from(items.iter().map(value_of_json).collect::<Vec<_>>()),
        Json::Object(map) => {
            Value::from_pairs(map.iter().map(|(key, value)| (key.clone(), value_of_json(value))))
        }
        Json::Bool(value) => Value::from(*value),
        Json::String(text) => Value::from(text.as_str()),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => Value::from(number),
            (_, Some(number), _) => Value::from(number),
            (.., Some(number)) => Value::from(number),
            _ => Value::from(number.to_string()),
        },
    }
}
