//! What expressions ask the znodes: `exists`, `get`, `get_json`, `children`, `stat`.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use minijinja::value::{Enumerator, Object};

use super::Value;
use crate::error::Result;
use crate::znode::{Stat, ZPath};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Whether it is there, and its stat: `exists` and `stat`.
    Stat,
    /// Its data: `get` and `get_json`.
    Data,
    /// The names of its children.
    Children,
}

/// What an expression asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// What of it.
    pub what: What,
    /// Which znode.
    pub path: ZPath,
    /// The cluster, if it is not that of the step.
    pub cluster: Option<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is no such znode.
    Absent,
    /// To [`What::Stat`].
    Stat(Stat),
    /// To [`What::Data`]; `None` is null.
    Data(Option<Bytes>),
    /// To [`What::Children`], in any order.
    Children(Vec<String>),
}

/// Who answers.
pub trait Live: Send + Sync {
    /// Asks, on the session of the step that is run. An absent znode is an answer, no error.
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Answer>>;
}

/// A stat as expressions see it: under the names that the protocol has for its fields.
pub fn stat_value(stat: &Stat) -> Value {
    Value::from_object(Fields(*stat))
}

/// A stat whose fields are looked up when somebody asks: most steps have one, few are asked.
#[derive(Debug)]
struct Fields(Stat);

const NAMES: &[&str] = &[
    "czxid",
    "mzxid",
    "ctime",
    "mtime",
    "version",
    "cversion",
    "aversion",
    "ephemeralOwner",
    "dataLength",
    "numChildren",
    "pzxid",
];

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let Stat { czxid, mzxid, ctime, mtime, version, cversion, aversion, .. } = self.0;
        Some(match key {
            "czxid" => czxid.into(),
            "mzxid" => mzxid.into(),
            "ctime" => ctime.into(),
            "mtime" => mtime.into(),
            "version" => version.into(),
            "cversion" => cversion.into(),
            "aversion" => aversion.into(),
            "ephemeralOwner" => self.0.ephemeral_owner.into(),
            "dataLength" => self.0.data_length.into(),
            "numChildren" => self.0.num_children.into(),
            "pzxid" => self.0.pzxid.into(),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(NAMES)
    }
}
