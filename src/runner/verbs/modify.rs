//! `modify`: reads, changes and writes, until nobody else was faster.

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use super::{At, Done, missing, stat};
use crate::runner::failed::Failed;
use crate::script::expr::{Scope, Value, json, text};
use crate::script::model::{Modify, Tree};
use crate::store::{Failure, Write};
use crate::wire::Code;

pub(super) async fn modify(at: &At<'_, '_>, modify: &Modify, scope: &Scope) -> Result<Done, Failed> {
    let path = modify.path.get(scope).await?;
    let attempts = modify.attempts.get(scope).await?.max(1);
    for attempt in 1..=attempts {
        let Some((old, node)) = at.data(&path).await? else { return Err(missing("modify", &path)) };
        let wrong =
            || Failed { path: Some(path.clone()), ..Failed::usage(format!("the data of {path} is no text")) };
        let current = std::str::from_utf8(old.as_deref().unwrap_or_default()).map_err(|_| wrong())?;
        let new = change(modify, current, scope).await?;
        let previous =
            Value::from_pairs([("text", Value::from(current)), ("version", Value::from(node.version))]);
        let done = |version: i32| {
            Done::said(format!("{path}: data version {version}")).field("previous", previous.clone())
        };
        if new == current && old.is_some() {
            return Ok(done(node.version).field("stat", stat(Some(&node))));
        }
        let data = Some(Bytes::from(new));
        let write = Write::Set { path: path.to_string(), data, version: Some(node.version) };
        match at.store.write(write).await {
            Ok(written) => {
                let now = written.stat.map_or(node.version + 1, |stat| stat.version);
                return Ok(done(now).changed().field("stat", stat(written.stat.as_ref())));
            }
            // Somebody else was faster.
            Err(Failure::Refused(Code::BAD_VERSION)) if attempt < attempts => {}
            Err(failure) => return Err(Failed::of(failure, "modify", &path)),
        }
    }
    Err(Failed::conflict(&path, format!("{path} was changed by others {attempts} times in between")))
}

async fn change(modify: &Modify, current: &str, scope: &Scope) -> Result<String, Failed> {
    let parsed = || -> Result<Json, String> {
        let text = if current.trim().is_empty() { "null" } else { current };
        serde_json::from_str(text).map_err(|error| format!("its data is not JSON: {error}"))
    };
    if let Some(tree) = &modify.json_merge {
        let merged = merge(parsed().map_err(Failed::usage)?, value(tree, scope).await?);
        return Ok(merged.to_string());
    }
    if let Some(tree) = &modify.json_patch {
        let patched =
            patch(parsed().map_err(Failed::usage)?, &value(tree, scope).await?).map_err(Failed::usage)?;
        return Ok(patched.to_string());
    }
    if let Some(tree) = &modify.yaml_merge {
        let old = crate::script::yaml_value(current).map_err(Failed::usage)?;
        let merged = merge(json(&old).unwrap_or_default(), value(tree, scope).await?);
        return crate::script::yaml_text(&merged)
            .map_err(|_| Failed::usage("this cannot be written as YAML"));
    }
    if let Some(replace) = &modify.replace {
        let regex = replace.regex.get(scope).await?.0;
        let with = replace.with.get(scope).await?;
        let count = usize::try_from(replace.count.get(scope).await?).unwrap_or(usize::MAX);
        return Ok(regex.replacen(current, count, with.as_str()).into_owned());
    }
    let Some(expr) = &modify.value else { return Err(Failed::usage("`modify` changes nothing")) };
    let mut seen = scope.clone();
    seen.set("current", current);
    let value = expr.value(&seen).await?;
    match text(&value) {
        Some(text) => Ok(text),
        None => json(&value)
            .map(|json| json.to_string())
            .ok_or_else(|| Failed::usage("this value cannot be data")),
    }
}

async fn value(tree: &Tree, scope: &Scope) -> Result<Json, Failed> {
    let value = tree.value(scope).await?;
    json(&value).ok_or_else(|| Failed::usage("this value cannot be written as JSON"))
}

/// RFC 7386.
fn merge(target: Json, patch: Json) -> Json {
    let Json::Object(patch) = patch else { return patch };
    let mut target = match target {
        Json::Object(map) => map,
        _ => Map::new(),
    };
    for (key, value) in patch {
        if value.is_null() {
            target.shift_remove(&key);
        } else {
            let old = target.get(&key).cloned().unwrap_or_default();
            target.insert(key, merge(old, value));
        }
    }
    Json::Object(target)
}

/// RFC 6902.
fn patch(mut target: Json, operations: &Json) -> Result<Json, String> {
    let operations = operations.as_array().ok_or("a JSON patch is a list of operations")?;
    for operation in operations {
        let text = |key: &str| operation.get(key).and_then(Json::as_str);
        let path = text("path").ok_or("an operation of a JSON patch has a `path`")?;
        let from = || text("from").ok_or("`move` and `copy` have a `from`");
        let value = || operation.get("value").cloned().ok_or("the operation has no `value`");
        let gone = |path: &str| format!("there is nothing at `{path}`");
        match text("op").unwrap_or_default() {
            "add" => add(&mut target, path, value()?)?,
            "replace" => *target.pointer_mut(path).ok_or_else(|| gone(path))? = value()?,
            "remove" => drop(remove(&mut target, path)?),
            "move" => {
                let moved = remove(&mut target, from()?)?;
                add(&mut target, path, moved)?;
            }
            "copy" => {
                let copied = target.pointer(from()?).cloned().ok_or_else(|| gone(path))?;
                add(&mut target, path, copied)?;
            }
            "test" if target.pointer(path) == Some(&value()?) => {}
            "test" => return Err(format!("the test of `{path}` fails")),
            op => return Err(format!("`{op}` is no operation of a JSON patch")),
        }
    }
    Ok(target)
}

/// The value above, and the last part of the path.
fn above<'a>(target: &'a mut Json, path: &str) -> Result<(&'a mut Json, String), String> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(|| format!("`{path}` is no place in JSON"))?;
    let last = last.replace("~1", "/").replace("~0", "~");
    Ok((target.pointer_mut(parent).ok_or_else(|| format!("there is nothing at `{parent}`"))?, last))
}

fn add(target: &mut Json, path: &str, value: Json) -> Result<(), String> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    match above(target, path)? {
        (Json::Object(map), key) => drop(map.insert(key, value)),
        (Json::Array(items), key) if key == "-" => items.push(value),
        (Json::Array(items), key) => match key.parse() {
            Ok(at) if at <= items.len() => items.insert(at, value),
            _ => return Err(format!("there is no place `{path}`")),
        },
        _ => return Err(format!("there is no place `{path}`")),
    }
    Ok(())
}

fn remove(target: &mut Json, path: &str) -> Result<Json, String> {
    let gone = || format!("there is nothing at `{path}`");
    match above(target, path)? {
        (Json::Object(map), key) => map.shift_remove(&key).ok_or_else(gone),
        (Json::Array(items), key) => match key.parse() {
            Ok(at) if at < items.len() => Ok(items.remove(at)),
            _ => Err(gone()),
        },
        _ => Err(gone()),
    }
}

#[cfg(test)]
mod tests {
    use super::{merge, patch};
    use serde_json::json;

    #[test]
    fn merging_is_as_the_rfc_has_it() {
        let merged =
            merge(json!({"a": 1, "b": {"c": 2, "d": 3}}), json!({"a": null, "b": {"c": 4}, "e": [1]}));
        assert_eq!(merged, json!({"b": {"c": 4, "d": 3}, "e": [1]}));
        assert_eq!(merge(json!([1]), json!({"a": 1})), json!({"a": 1}));
    }

    #[test]
    fn patches_are_as_the_rfc_has_them() {
        let target = json!({"a": [1, 2], "b": {"c/d": 3}});
        let operations = json!([
            {"op": "test", "path": "/a/0", "value": 1},
            {"op": "add", "path": "/a/1", "value": 9},
            {"op": "add", "path": "/a/-", "value": 8},
            {"op": "remove", "path": "/a/0"},
            {"op": "move", "from": "/b/c~1d", "path": "/e"},
            {"op": "copy", "from": "/e", "path": "/f"},
            {"op": "replace", "path": "/e", "value": "x"},
        ]);
        assert_eq!(patch(target, &operations), Ok(json!({"a": [9, 2, 8], "b": {}, "e": "x", "f": 3})));
        assert!(patch(json!({}), &json!([{"op": "remove", "path": "/a"}])).is_err());
        assert!(patch(json!({}), &json!([{"op": "test", "path": "/a", "value": 1}])).is_err());
    }
}
