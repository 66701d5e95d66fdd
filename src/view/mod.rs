//! What commands answer: values to be rendered, and streams of rows.
//!
//! An answer is one [`View`], or rows between [`Message::Begin`] and [`Message::End`]. Field names
//! of the serialised forms are the protocol's and stable.

mod out;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub use out::{Flushed, Message, Out, Shape, channel};

use crate::error::Kind;
use crate::znode::{Acl, EventKind, Names, NodeType, Stat, ZPath};

/// A complete answer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum View {
    /// `get`.
    Data(DataView),
    /// `ls`.
    Listing(ListingView),
    /// `stat`.
    Stat(StatView),
    /// `exists`.
    Exists(ExistsView),
    /// `create`.
    Created(CreatedView),
    /// `set`, `setAcl`.
    Changed(ChangedView),
    /// `delete`, `deleteall`.
    Deleted(DeletedView),
    /// `getAcl`.
    Acl(AclView),
    /// `sync`.
    Synced(SyncedView),
    /// `whoami`.
    Identities(IdentitiesView),
}

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
}

/// A path as it is serialised.
fn path<S: Serializer>(path: &ZPath, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(path)
}

fn names<S: Serializer>(names: &Names, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(names.iter())
}

/// A session id or zxid as ZooKeeper writes them.
pub fn hex(number: i64) -> String {
    format!("{number:#x}")
}

/// How `get` shows a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Bytes into a pipe, a readable view on a terminal.
    #[default]
    Auto,
    /// The bytes, even on a terminal.
    Raw,
    /// Base64.
    Base64,
    /// zkCli's hex table.
    Hex,
}

/// A znode's data.
#[derive(Clone, Debug)]
pub struct DataView {
    /// Which znode.
    pub path: ZPath,
    /// `None` for null.
    pub data: Option<Bytes>,
    /// Its stat.
    pub stat: Stat,
    /// Whether people asked to see the stat.
    pub with_stat: bool,
    /// How to show it to them.
    pub form: Form,
}

impl Serialize for DataView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("path", self.path.as_str())?;
        let value = Value::of(self.data.as_deref(), self.form == Form::Base64);
        map.serialize_entry("data", &value.text)?;
        map.serialize_entry("encoding", value.encoding)?;
        map.serialize_entry("stat", &StatBody(&self.stat))?;
        map.end()
    }
}

/// Bytes in a text format: as they are where they are UTF-8, else in base64.
#[derive(Clone, Debug)]
pub struct Value<'a> {
    /// `None` for null.
    pub text: Option<Cow<'a, str>>,
    /// `utf-8`, `base64`, or `null`.
    pub encoding: &'static str,
}

impl<'a> Value<'a> {
    /// Encodes `data`.
    pub fn of(data: Option<&'a [u8]>, base64: bool) -> Self {
        match data {
            None => Self { text: None, encoding: "null" },
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if !base64 => Self { text: Some(text.into()), encoding: "utf-8" },
                _ => Self { text: Some(BASE64.encode(bytes).into()), encoding: "base64" },
            },
        }
    }
}

/// Base64 as zkCli's `get -b` prints it.
pub fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// A stat with the type it encodes.
struct StatBody<'a>(&'a Stat);

impl Serialize for StatBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stat = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("czxid", &stat.czxid)?;
        map.serialize_entry("mzxid", &stat.mzxid)?;
        map.serialize_entry("ctime", &stat.ctime)?;
        map.serialize_entry("mtime", &stat.mtime)?;
        map.serialize_entry("version", &stat.version)?;
        map.serialize_entry("cversion", &stat.cversion)?;
        map.serialize_entry("aversion", &stat.aversion)?;
        // As text: a session id does not fit the numbers of JSON's readers.
        map.serialize_entry("ephemeralOwner", &hex(stat.ephemeral_owner))?;
        map.serialize_entry("dataLength", &stat.data_length)?;
        map.serialize_entry("numChildren", &stat.num_children)?;
        map.serialize_entry("pzxid", &stat.pzxid)?;
        map.serialize_entry("type", stat.node_type().name())?;
        if let NodeType::Ttl(ttl) = stat.node_type() {
            map.serialize_entry("ttl", &ttl)?;
        }
        map.end()
    }
}

fn stat<S: Serializer>(stat: &Stat, serializer: S) -> Result<S::Ok, S::Error> {
    StatBody(stat).serialize(serializer)
}

fn maybe_stat<S: Serializer>(stat: &Option<Stat>, serializer: S) -> Result<S::Ok, S::Error> {
    match stat {
        Some(stat) => serializer.serialize_some(&StatBody(stat)),
        None => serializer.serialize_none(),
    }
}

/// The children of a znode.
#[derive(Clone, Debug, Serialize)]
pub struct ListingView {
    /// Which znode.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// Their names, in the order to show.
    #[serde(serialize_with = "names")]
    pub children: Names,
    /// Its stat, where asked for.
    #[serde(serialize_with = "maybe_stat", skip_serializing_if = "Option::is_none")]
    pub stat: Option<Stat>,
}

/// A znode's stat.
#[derive(Clone, Debug, Serialize)]
pub struct StatView {
    /// Which znode.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// Its stat.
    #[serde(serialize_with = "stat")]
    pub stat: Stat,
}

/// Whether a znode exists.
#[derive(Clone, Debug, Serialize)]
pub struct ExistsView {
    /// Which znode.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// Whether it is there.
    pub exists: bool,
    /// Its stat, if it is.
    #[serde(serialize_with = "maybe_stat")]
    pub stat: Option<Stat>,
}

/// A znode that was created.
#[derive(Clone, Debug, Serialize)]
pub struct CreatedView {
    /// With its number, for a sequential one.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// Parents that had to be created for it, from the top.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
}

/// What of a znode was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Changed {
    /// Its data.
    Data,
    /// Its ACL.
    Acl,
}

/// A znode whose data or ACL was changed.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedView {
    /// Which znode.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// What was changed.
    pub changed: Changed,
    /// The data or ACL version that this change made.
    pub version: i32,
    /// Whether people asked to see the stat.
    #[serde(skip)]
    pub with_stat: bool,
    /// Its stat afterwards.
    #[serde(serialize_with = "stat")]
    pub stat: Stat,
}

/// What was deleted.
#[derive(Clone, Debug, Serialize)]
pub struct DeletedView {
    /// Which znode.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// How many znodes, itself included.
    pub deleted: usize,
    /// Whether everything below went too.
    #[serde(skip)]
    pub recursive: bool,
}

/// A znode's ACL.
#[derive(Clone, Debug, Serialize)]
pub struct AclView {
    /// Which znode.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// Its entries.
    pub acl: Vec<Acl>,
    /// Whether people asked to see the stat.
    #[serde(skip)]
    pub with_stat: bool,
    /// Its stat.
    #[serde(serialize_with = "stat")]
    pub stat: Stat,
}

/// A server that was brought up to date.
#[derive(Clone, Debug, Serialize)]
pub struct SyncedView {
    /// The path that was given.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// Always true.
    pub synced: bool,
}

/// Who this session is.
#[derive(Clone, Debug, Serialize)]
pub struct IdentitiesView {
    /// One entry each.
    pub identities: Vec<Identity>,
}

/// One identity of a session.
#[derive(Clone, Debug, Serialize)]
pub struct Identity {
    /// `ip`, `digest`, `sasl`…
    pub scheme: String,
    /// Who.
    pub user: String,
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
    /// What to call it: its name, or the path in a recursive listing.
    #[serde(skip)]
    pub label: String,
    /// Its stat; `None` when it cannot be read.
    #[serde(serialize_with = "maybe_stat")]
    pub stat: Option<Stat>,
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

struct EncodedValue<'a>(Value<'a>);

impl Serialize for EncodedValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("data", &self.0.text)?;
        map.serialize_entry("encoding", self.0.encoding)?;
        map.end()
    }
}

/// A word for the user beside the answer; printed to standard error.
#[derive(Clone, Debug)]
pub enum Note {
    /// Something to know.
    Info(String),
    /// Something to be careful about.
    Warning(String),
    /// Something to try.
    Hint(String),
    /// A part of the answer that failed; the rest goes on.
    Error(Kind, String),
}
