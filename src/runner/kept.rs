//! Writes, znodes and values as a journal keeps them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use minijinja::value::ValueKind;
use serde_json::{Map, Value as Json, json};

use super::journal::Entry;
use super::recorder::Before;
use crate::script::expr::Value;
use crate::store::{Write, Written};
use crate::znode::{Acl, CreateMode, Stat};

/// The key of a mapping that stands for bytes.
const BYTES: &str = "$base64";

fn data(data: Option<&Bytes>, secret: bool) -> Json {
    match data {
        _ if secret => Json::Null,
        None => Json::Null,
        Some(data) => match std::str::from_utf8(data) {
            Ok(text) => Json::from(text),
            Err(_) => json!({ BYTES: BASE64_STANDARD.encode(data) }),
        },
    }
}

fn data_of(json: Option<&Json>) -> Option<Bytes> {
    match json? {
        Json::String(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
        Json::Object(map) => BASE64_STANDARD.decode(map.get(BYTES)?.as_str()?).ok().map(Bytes::from),
        _ => None,
    }
}

fn acl(acl: &[Acl]) -> Json {
    acl.iter().map(|entry| Json::from(entry.to_string())).collect()
}

fn acl_of(json: Option<&Json>) -> Option<Vec<Acl>> {
    let texts = json?.as_array()?.iter();
    let lists = texts.map(|text| Acl::parse_list(text.as_str()?).ok()).collect::<Option<Vec<_>>>()?;
    Some(lists.concat())
}

/// A write.
pub(super) fn write(write: &Write, secret: bool) -> Json {
    match write {
        Write::Create { path, data: new, acl: list, mode } => json!({
            "op": "create", "path": path, "data": data(new.as_ref(), secret), "acl": acl(list),
            "mode": mode.flag(), "ttl": mode.ttl(),
        }),
        Write::Set { path, data: new, version } => {
            json!({"op": "set", "path": path, "data": data(new.as_ref(), secret), "version": version})
        }
        Write::Delete { path, version } => json!({"op": "delete", "path": path, "version": version}),
        Write::SetAcl { path, acl: list, version } => {
            json!({"op": "setAcl", "path": path, "acl": acl(list), "version": version})
        }
        Write::Check { path, version } => json!({"op": "check", "path": path, "version": version}),
    }
}

fn write_of(json: &Json) -> Option<Write> {
    let path = json.get("path")?.as_str()?.to_owned();
    let version = json.get("version").and_then(Json::as_i64).and_then(|version| i32::try_from(version).ok());
    Some(match json.get("op")?.as_str()? {
        "create" => {
            let flag = i32::try_from(json.get("mode")?.as_i64()?).ok()?;
            let ttl = json.get("ttl").and_then(Json::as_i64).unwrap_or_default();
            Write::Create {
                path,
                data: data_of(json.get("data")),
                acl: acl_of(json.get("acl"))?,
                mode: CreateMode::from_flag(flag, ttl)?,
            }
        }
        "set" => Write::Set { path, data: data_of(json.get("data")), version },
        "delete" => Write::Delete { path, version },
        "setAcl" => Write::SetAcl { path, acl: acl_of(json.get("acl"))?, version },
        "check" => Write::Check { path, version },
        _ => return None,
    })
}

fn stat(stat: &Stat) -> Json {
    serde_json::to_value(stat).unwrap_or_default()
}

fn stat_of(json: Option<&Json>) -> Option<Stat> {
    let json = json?.as_object()?;
    let long = |key: &str| json.get(key).and_then(Json::as_i64).unwrap_or_default();
    let int = |key: &str| i32::try_from(long(key)).unwrap_or_default();
    Some(Stat {
        czxid: long("czxid"),
        mzxid: long("mzxid"),
        ctime: long("ctime"),
        mtime: long("mtime"),
        version: int("version"),
        cversion: int("cversion"),
        aversion: int("aversion"),
        ephemeral_owner: long("ephemeralOwner"),
        data_length: int("dataLength"),
        num_children: int("numChildren"),
        pzxid: long("pzxid"),
    })
}

/// A znode before a write.
pub(super) fn before(before: Option<&Before>, secret: bool) -> Json {
    let Some(before) = before else { return Json::Null };
    json!({
        "data": data(before.data.as_ref(), secret),
        "acl": before.acl.as_deref().map(acl),
        "stat": stat(&before.stat),
    })
}

fn before_of(json: &Json) -> Option<Before> {
    let stat = stat_of(json.get("stat"))?;
    Some(Before { data: data_of(json.get("data")), acl: acl_of(json.get("acl")), stat })
}

/// What was written.
pub(super) fn written(written: &Written) -> Json {
    json!({"path": written.path, "stat": written.stat.as_ref().map(stat)})
}

/// All that was written, as a line has it.
pub(super) fn all_written(line: &Json) -> Vec<Written> {
    let one = |json: &Json| {
        let path = json.get("path")?.as_str()?.to_owned();
        Some(Written { path, stat: stat_of(json.get("stat")), verified: false })
    };
    line.get("written").and_then(Json::as_array).into_iter().flatten().filter_map(one).collect()
}

/// An intent, as a line has it.
pub(super) fn entry(line: &Json) -> Option<Entry> {
    let writes = line.get("writes")?.as_array()?.iter().map(write_of).collect::<Option<Vec<_>>>()?;
    Some(Entry {
        number: line.get("n")?.as_u64()?,
        step: line.get("step")?.as_str()?.to_owned(),
        cluster: line.get("cluster")?.as_str()?.to_owned(),
        undo: line.get("undo").and_then(Json::as_bool).unwrap_or(true),
        zxid: line.get("zxid")?.as_i64()?,
        before: line.get("before")?.as_array()?.iter().map(before_of).collect(),
        secret: line.get("secret").and_then(Json::as_bool).unwrap_or_default(),
        writes,
        outcome: None,
    })
}

/// A value of an expression; bytes too, for which JSON has nothing.
pub(super) fn value(value: &Value) -> Json {
    match value.kind() {
        ValueKind::Undefined => Json::Null,
        ValueKind::Bytes => json!({ BYTES: BASE64_STANDARD.encode(value.as_bytes().unwrap_or_default()) }),
        ValueKind::Map => {
            let mut map = Map::new();
            for key in value.try_iter().into_iter().flatten() {
                if let Ok(item) = value.get_item(&key) {
                    map.insert(key.to_string(), self::value(&item));
                }
            }
            Json::Object(map)
        }
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().into_iter().flatten().map(|item| self::value(&item)).collect()
        }
        _ => serde_json::to_value(value).unwrap_or_default(),
    }
}

/// The value that was kept so.
pub(super) fn value_of(json: &Json) -> Value {
    match json {
        Json::Object(map) => match (map.len(), map.get(BYTES).and_then(Json::as_str)) {
            (1, Some(text)) => Value::from_bytes(BASE64_STANDARD.decode(text).unwrap_or_default()),
            _ => Value::from_pairs(map.iter().map(|(key, item)| (key.clone(), value_of(item)))),
        },
        Json::Array(items) => Value::from(items.iter().map(value_of).collect::<Vec<_>>()),
        other => crate::script::expr::value_of_json(other),
    }
}
