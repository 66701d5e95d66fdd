//! What expressions ask the znodes: `exists`, `get`, `get_json`, `children`, `stat`.

use bytes::Bytes;
use futures_util::future::BoxFuture;

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
    serde_json::to_value(stat).map_or_else(|_| Value::from(()), |json| super::value_of_json(&json))
}
