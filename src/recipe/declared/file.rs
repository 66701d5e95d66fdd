//! Plans that are kept: JSON, with the versions that were seen.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::plan::{Change, Plan, Step};
use crate::znode::{Acl, NodeType, ZPath};

/// The version of the format that is written and read.
pub const FORMAT: &str = "zkx-plan/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    /// Where it was made, for people.
    server: String,
    steps: Vec<Kept>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", deny_unknown_fields)]
enum Kept {
    Create {
        path: String,
        data: Data,
        acl: Vec<String>,
        #[serde(rename = "type")]
        node_type: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl: Option<i64>,
    },
    Set {
        path: String,
        old: Data,
        new: Data,
        czxid: i64,
        version: i32,
    },
    SetAcl {
        path: String,
        old: Vec<String>,
        new: Vec<String>,
        czxid: i64,
        version: i32,
    },
    Delete {
        path: String,
        czxid: i64,
        version: i32,
        pruned: bool,
    },
}

/// Text, `{"base64": …}` or null.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Data {
    Null,
    Text(String),
    Binary { base64: String },
}

impl Data {
    fn of(data: Option<&Bytes>) -> Self {
        match data.map(|data| (data, std::str::from_utf8(data))) {
            None => Self::Null,
            Some((_, Ok(text))) => Self::Text(text.to_owned()),
            Some((data, Err(_))) => Self::Binary { base64: BASE64_STANDARD.encode(data) },
        }
    }

    fn bytes(self) -> Result<Option<Bytes>, String> {
        Ok(match self {
            Self::Null => None,
            Self::Text(text) => Some(text.into()),
            Self::Binary { base64 } => {
                Some(BASE64_STANDARD.decode(base64).map_err(|error| error.to_string())?.into())
            }
        })
    }
}

fn texts(acl: &[Acl]) -> Vec<String> {
    acl.iter().map(ToString::to_string).collect()
}

fn acl(texts: &[String]) -> Result<Vec<Acl>, String> {
    let mut acl = Vec::new();
    for text in texts {
        acl.extend(Acl::parse_list(text).map_err(|error| error.to_string())?);
    }
    Ok(acl)
}

impl Plan {
    /// As a file keeps it; `server` says where it was made.
    pub fn to_json(&self, server: &str) -> String {
        let kept = |step: &Step| {
            let path = step.path.to_string();
            match &step.change {
                Change::Create { data, acl, node_type } => Kept::Create {
                    path,
                    data: Data::of(data.as_ref()),
                    acl: texts(acl),
                    node_type: node_type.name().to_owned(),
                    ttl: if let NodeType::Ttl(ttl) = node_type { Some(*ttl) } else { None },
                },
                Change::Set { old, new, seen: (czxid, version) } => Kept::Set {
                    path,
                    old: Data::of(old.as_ref()),
                    new: Data::of(new.as_ref()),
                    czxid: *czxid,
                    version: *version,
                },
                Change::SetAcl { old, new, seen: (czxid, version) } => {
                    Kept::SetAcl { path, old: texts(old), new: texts(new), czxid: *czxid, version: *version }
                }
                Change::Delete { seen: (czxid, version), pruned } => {
                    Kept::Delete { path, czxid: *czxid, version: *version, pruned: *pruned }
                }
            }
        };
        let file = File {
            format: FORMAT.to_owned(),
            server: server.to_owned(),
            steps: self.steps.iter().map(kept).collect(),
        };
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Whether a text means to be a plan.
    pub fn is_json(text: &str) -> bool {
        text.trim_start().starts_with('{') && text.contains("\"zkx-plan/")
    }

    /// Reads a plan that was kept; the error says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.format != FORMAT {
            return Err(format!("its format is {}, and this zkx reads {FORMAT}", file.format));
        }
        let step = |kept: Kept| {
            let parse = |path: &str| ZPath::parse(path).map_err(|error| format!("{path}: {error}"));
            Ok(match kept {
                Kept::Create { path, data, acl: list, node_type, ttl } => {
                    let node_type = match (node_type.as_str(), ttl) {
                        ("container", _) => NodeType::Container,
                        ("ttl", Some(ttl)) => NodeType::Ttl(ttl),
                        ("persistent", _) => NodeType::Persistent,
                        (other, _) => return Err(format!("{path}: `{other}` is no type")),
                    };
                    let change = Change::Create { data: data.bytes()?, acl: acl(&list)?, node_type };
                    Step { path: parse(&path)?, change }
                }
                Kept::Set { path, old, new, czxid, version } => Step {
                    path: parse(&path)?,
                    change: Change::Set { old: old.bytes()?, new: new.bytes()?, seen: (czxid, version) },
                },
                Kept::SetAcl { path, old, new, czxid, version } => Step {
                    path: parse(&path)?,
                    change: Change::SetAcl { old: acl(&old)?, new: acl(&new)?, seen: (czxid, version) },
                },
                Kept::Delete { path, czxid, version, pruned } => {
                    Step { path: parse(&path)?, change: Change::Delete { seen: (czxid, version), pruned } }
                }
            })
        };
        let steps = file.steps.into_iter().map(step).collect::<Result<_, String>>()?;
        Ok(Self { steps, ..Self::default() })
    }
}
