//! Writes, znodes and values as a journal keeps them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use minijinja::value::ValueKind;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::before::Before;
use super::marks::Undoing;
use super::past::Entry;
use crate::script::expr::Value;
use crate::store::{Write, Written};
use crate::znode::{Acl, CreateMode, Stat};

/// The key of a mapping that stands for bytes.
const BYTES: &str = "$base64";

/// Lines of which there is one for each write or step.
#[derive(Serialize)]
#[serde(tag = "ev", rename_all = "lowercase")]
pub(super) enum Line<'a> {
    Intent {
        n: u64,
        step: &'a str,
        cluster: &'a str,
        zxid: i64,
        secret: bool,
        undo: Json,
        writes: Vec<KeptWrite<'a>>,
        before: Vec<Option<KeptBefore<'a>>>,
    },
    Done {
        n: u64,
        written: Vec<KeptWritten<'a>>,
    },
    Unknown {
        n: u64,
        why: String,
    },
    Refused {
        n: u64,
        why: String,
    },
    Step {
        id: &'a str,
        status: &'a str,
        register: Option<Json>,
    },
}

/// Data, or nothing where it is nobody's business.
pub(super) struct Data<'a>(Option<&'a [u8]>);

impl<'a> Data<'a> {
    fn of(data: Option<&'a Bytes>, secret: bool) -> Self {
        Self(data.filter(|_| !secret).map(|data| &data[..]))
    }
}

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.map(|data| (data, std::str::from_utf8(data))) {
            None => to.serialize_none(),
            Some((_, Ok(text))) => to.serialize_str(text),
            Some((data, Err(_))) => to.collect_map([(BYTES, BASE64_STANDARD.encode(data))]),
        }
    }
}

fn data_of(json: Option<&Json>) -> Option<Bytes> {
    match json? {
        Json::String(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
        Json::Object(map) => BASE64_STANDARD.decode(map.get(BYTES)?.as_str()?).ok().map(Bytes::from),
        _ => None,
    }
}

/// An ACL.
pub(super) struct Acls<'a>(&'a [Acl]);

impl Serialize for Acls<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(Text))
    }
}

/// An entry of an ACL, written into the line at once.
struct Text<'a>(&'a Acl);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self.0)
    }
}

fn acl_of(json: Option<&Json>) -> Option<Vec<Acl>> {
    let texts = json?.as_array()?.iter();
    let lists = texts.map(|text| Acl::parse_list(text.as_str()?).ok()).collect::<Option<Vec<_>>>()?;
    Some(lists.concat())
}

/// A write, as a line has it.
#[derive(Serialize)]
#[serde(tag = "op", rename_all = "camelCase")]
pub(super) enum KeptWrite<'a> {
    Create { path: &'a str, data: Data<'a>, acl: Acls<'a>, mode: i32, ttl: Option<i64> },
    Set { path: &'a str, data: Data<'a>, version: Option<i32> },
    Delete { path: &'a str, version: Option<i32> },
    SetAcl { path: &'a str, acl: Acls<'a>, version: Option<i32> },
    Check { path: &'a str, version: Option<i32> },
}

/// What a line has of a write.
pub(super) fn write(write: &Write, secret: bool) -> KeptWrite<'_> {
    match write {
        Write::Create { path, data, acl, mode } => KeptWrite::Create {
            path,
            data: Data::of(data.as_ref(), secret),
            acl: Acls(acl),
            mode: mode.flag(),
            ttl: mode.ttl(),
        },
        Write::Set { path, data, version } => {
            KeptWrite::Set { path, data: Data::of(data.as_ref(), secret), version: *version }
        }
        Write::Delete { path, version } => KeptWrite::Delete { path, version: *version },
        Write::SetAcl { path, acl, version } => KeptWrite::SetAcl { path, acl: Acls(acl), version: *version },
        Write::Check { path, version } => KeptWrite::Check { path, version: *version },
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

/// A znode before a write, as a line has it.
#[derive(Serialize)]
pub(super) struct KeptBefore<'a> {
    data: Data<'a>,
    acl: Option<Acls<'a>>,
    stat: &'a Stat,
}

/// What a line has of a znode before a write.
pub(super) fn before(before: Option<&Before>, secret: bool) -> Option<KeptBefore<'_>> {
    let Before { data, acl, stat } = before?;
    Some(KeptBefore { data: Data::of(data.as_ref(), secret), acl: acl.as_deref().map(Acls), stat })
}

fn before_of(json: &Json) -> Option<Before> {
    let stat = stat_of(json.get("stat"))?;
    Some(Before { data: data_of(json.get("data")), acl: acl_of(json.get("acl")), stat })
}

/// What was written, as a line has it.
#[derive(Serialize)]
pub(super) struct KeptWritten<'a> {
    path: &'a str,
    stat: Option<&'a Stat>,
}

/// What a line has of what was written.
pub(super) fn written(written: &Written) -> KeptWritten<'_> {
    KeptWritten { path: &written.path, stat: written.stat.as_ref() }
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
        undo: Undoing::of(line.get("undo")),
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
            let mut map = Map::with_capacity(value.len().unwrap_or_default());
            for key in value.try_iter().into_iter().flatten() {
                if let Ok(item) = value.get_item(&key) {
                    let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                    map.insert(key, self::value(&item));
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
