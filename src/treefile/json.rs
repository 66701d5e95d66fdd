//! The JSON syntax.

use serde_json::Value as Json;

use super::{BadFile, Builder, Value, wrong};

pub(super) fn read(text: &str, builder: &mut Builder) -> Result<(), BadFile> {
    let json: Json = serde_json::from_str(text)
        .map_err(|error| wrong((error.line(), error.column()), error.to_string()))?;
    let mut todo = vec![(None, json)];
    while let Some((node, json)) = todo.pop() {
        let Json::Object(fields) = json else { continue };
        let mut below = Vec::new();
        for (key, value) in fields {
            // serde_json keeps no places: the key is what can be said.
            let locate = |mut error: BadFile| {
                let at = text.find(&format!("\"{key}\"")).unwrap_or(0);
                let before = text.get(..at).unwrap_or_default();
                error.line = before.matches('\n').count() + 1;
                error.column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
                error
            };
            let place = (0, 0);
            match (key.starts_with('/'), value) {
                (true, object @ Json::Object(_)) => {
                    below.push((Some(builder.begin(node, &key, place).map_err(locate)?), object));
                }
                (true, value) => {
                    let index = builder.begin(node, &key, place).map_err(locate)?;
                    let value = scalar(&key, value).map_err(locate)?;
                    builder.data(index, value, place).map_err(locate)?;
                }
                (false, value) => {
                    let value = scalar(&key, value).map_err(locate)?;
                    builder.property(node, &key, value, place).map_err(locate)?;
                }
            }
        }
        todo.extend(below.into_iter().rev());
    }
    Ok(())
}

fn scalar(key: &str, value: Json) -> Result<Value, BadFile> {
    match value {
        Json::Null => Ok(Value::Null),
        Json::String(text) => Ok(Value::Text(text)),
        Json::Bool(_) | Json::Number(_) => Ok(Value::Text(value.to_string())),
        Json::Array(_) | Json::Object(_) => Err(wrong((0, 0), format!("`{key}` wants a text"))),
    }
}
