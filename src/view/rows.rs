//! The rows of streamed answers.

use bytes::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::kafka::KafkaRow;
use super::script::ScriptStepRow;
use super::{PlannedRow, RunRow, StatBody, Value, maybe_stat, path};
use crate::znode::{Acl, EventKind, Stat, ZPath};

/// One row of a streamed answer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Row {
    /// `ls -R`: a path.
    Path(PathRow),
    /// `ls -l`: a znode with its stat.
    Long(LongRow),
    /// `tree`.
    Tree(TreeRow),
    /// `watch`, `get -w`…
    Event(EventRow),
    /// `--dry-run`.
    Planned(PlannedRow),
    /// `run`.
    Run(RunRow),
    /// `run --list-steps`.
    Step(ScriptStepRow),
    /// `kafka …`.
    Kafka(Box<KafkaRow>),
}

/// A znode that was found.
#[derive(Clone, Debug, Serialize)]
pub struct PathRow {
    /// Where.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
}

/// A znode of a long listing.
#[derive(Clone, Debug, Serialize)]
pub struct LongRow {
    /// Where.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// People see the whole path instead of the name: in a recursive listing.
    #[serde(skip)]
    pub whole: bool,
    /// Its stat; `None` when it cannot be read.
    #[serde(serialize_with = "maybe_stat")]
    pub stat: Option<Stat>,
    /// For people: what its data mean.
    #[serde(skip)]
    pub words: Option<String>,
}

/// A znode of a tree, drawn under the row before it that is one level higher.
#[derive(Clone, Debug)]
pub struct TreeRow {
    /// Where.
    pub path: ZPath,
    /// Levels below the root of the tree.
    pub depth: usize,
    /// Rows that follow one level deeper, as far as is known.
    pub children: usize,
    /// Children beyond the limit.
    pub omitted: usize,
    /// Its stat; `None` when it cannot be read.
    pub stat: Option<Stat>,
    /// Its data, where asked for; the inner `None` is null.
    pub data: Option<Option<Bytes>>,
    /// What is special about it.
    pub marks: Vec<Mark>,
    /// For people: what its data mean.
    pub words: Option<String>,
}

/// What a tree says of a znode behind its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Goes with this session.
    Ephemeral(i64),
    /// Ends in the ten digits of a sequential create.
    Sequential,
    /// A container.
    Container,
    /// Time to live in milliseconds.
    Ttl(i64),
    /// A quota is set on it.
    Quota(String),
    /// Its ACL does not grant everything to everybody.
    Restricted(Vec<Acl>),
    /// This session may not read it.
    Unreadable,
}

impl Serialize for TreeRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let name = if self.depth == 0 { self.path.as_str() } else { self.path.name() };
        map.serialize_entry("name", name)?;
        map.serialize_entry("path", self.path.as_str())?;
        if let Some(data) = &self.data {
            let value = Value::of(data.as_deref(), false);
            map.serialize_entry("data", &value.text)?;
            map.serialize_entry("encoding", value.encoding)?;
        }
        match &self.stat {
            Some(stat) => map.serialize_entry("stat", &StatBody(stat))?,
            None => map.serialize_entry("unreadable", &true)?,
        }
        for mark in &self.marks {
            match mark {
                Mark::Quota(limits) => map.serialize_entry("quota", limits)?,
                Mark::Restricted(acl) => map.serialize_entry("acl", acl)?,
                _ => {}
            }
        }
        if self.omitted > 0 {
            map.serialize_entry("omitted", &self.omitted)?;
        }
        map.end()
    }
}

/// Something a watch reported.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// When it was received, milliseconds since the epoch.
    pub time: i64,
    /// What happened.
    pub what: Happening,
    /// To which znode; `None` for the connection.
    pub path: Option<ZPath>,
    /// In which transaction, where the server says so.
    pub zxid: Option<i64>,
    /// The value before and after, where asked for; `None` inside is null.
    pub values: Option<(Option<Seen>, Option<Seen>)>,
    /// Children that came and went, where known.
    pub children: Option<(Vec<String>, Vec<String>)>,
    /// Found by looking after a gap, not reported by a watch.
    pub found_later: bool,
    /// For people: what its data mean.
    pub words: Option<String>,
}

/// A value that was read: `None` for null.
pub type Seen = Option<Bytes>;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// To a znode.
    Znode(EventKind),
    /// More changes of a znode than were reported one by one.
    Missed(i32),
    /// The connection was lost.
    Lost(String),
    /// It is back, on this server; the flag says that a new session had to be opened.
    Back(String, bool),
}

impl Happening {
    /// Its name in every format.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Znode(kind) => kind.name(),
            Self::Missed(_) => "Missed",
            Self::Lost(_) => "Disconnected",
            Self::Back(_, false) => "Reconnected",
            Self::Back(_, true) => "SessionRenewed",
        }
    }
}

impl Serialize for EventRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("time", &self.time)?;
        map.serialize_entry("type", self.what.name())?;
        if let Some(path) = &self.path {
            map.serialize_entry("path", path.as_str())?;
        }
        if let Some(zxid) = self.zxid {
            map.serialize_entry("zxid", &zxid)?;
        }
        match &self.what {
            Happening::Missed(changes) => map.serialize_entry("changes", changes)?,
            Happening::Lost(why) => map.serialize_entry("reason", why)?,
            Happening::Back(server, _) => map.serialize_entry("server", server)?,
            Happening::Znode(_) => {}
        }
        if let Some((old, new)) = &self.values {
            for (key, seen) in [("old", old), ("new", new)] {
                if let Some(data) = seen {
                    let value = Value::of(data.as_deref(), false);
                    map.serialize_entry(key, &EncodedValue(value))?;
                }
            }
        }
        if let Some((added, removed)) = &self.children {
            map.serialize_entry("added", added)?;
            map.serialize_entry("removed", removed)?;
        }
        if self.found_later {
            map.serialize_entry("foundLater", &true)?;
        }
        map.end()
    }
}

/// Data beside how it is encoded.
pub(super) struct EncodedValue<'a>(pub(super) Value<'a>);

impl Serialize for EncodedValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("data", &self.0.text)?;
        map.serialize_entry("encoding", self.0.encoding)?;
        map.end()
    }
}
