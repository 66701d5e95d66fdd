//! What commands answer: values to be rendered, and streams of rows.
//!
//! An answer is one [`View`], or rows between [`Message::Begin`] and [`Message::End`]. Field names
//! of the serialised forms are the protocol's and stable.

pub mod kafka;
mod out;
mod plan;
mod profile;
mod recipe;
mod rows;
mod run;
mod script;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub use out::{Flushed, Message, Out, Settled, Shape, channel};
pub use plan::{Planned, PlannedRow};
pub use profile::{
    CheckedView, ConnectionView, ProblemView, ProfileSummary, ProfileView, ProfilesView, SettingView,
};
pub use recipe::{AppliedView, OperationView, TransactionView, WaitedView};
pub use rows::{EventRow, Happening, LongRow, Mark, PathRow, Row, Seen, TreeRow};
pub use run::{Counts, RunRow, Status, StepRow, Told};
pub use script::{ScriptProblemView, ScriptStepRow, ValidatedView};

use crate::error::Kind;
use crate::znode::{Acl, Names, NodeType, Stat, ZPath};

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
    /// `wait`.
    Waited(WaitedView),
    /// `apply`.
    Applied(AppliedView),
    /// `txn`.
    Transaction(TransactionView),
    /// `sync`.
    Synced(SyncedView),
    /// `whoami`.
    Identities(IdentitiesView),
    /// `session`.
    Session(Box<SessionView>),
    /// `watches`.
    Watches(Vec<WatchView>),
    /// What the shell says of itself, in lines.
    Text(Vec<String>),
    /// `completions`.
    Completions(CompletionsView),
    /// `profiles list`.
    Profiles(ProfilesView),
    /// `profiles show`.
    Profile(ProfileView),
    /// `profiles check`.
    Checked(CheckedView),
    /// `run --validate`.
    Validated(ValidatedView),
    /// `kafka …`.
    Kafka(Box<kafka::KafkaView>),
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
    /// Whether rows follow, which begin on a line of their own.
    pub followed: bool,
    /// How to show it to them.
    pub form: Form,
    /// For people on a terminal: what it means.
    pub words: Option<String>,
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
    /// For people on a terminal: what the data of each mean, in the order of the names. Empty where there
    /// is nothing to say.
    #[serde(skip)]
    pub words: Vec<Option<String>>,
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

/// A session of the shell.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// What it was opened with.
    pub servers: String,
    /// The server it is on.
    pub server: String,
    /// `connected`, `read-only`, `lost`, `expired` or `closed`.
    pub state: &'static str,
    /// Its id.
    #[serde(serialize_with = "serialize_hex")]
    pub id: i64,
    /// The timeout that the server granted, in milliseconds.
    pub timeout: u64,
    /// The newest zxid it has seen.
    #[serde(serialize_with = "serialize_hex")]
    pub last_zxid: i64,
    /// Whom it acts for; `None` where the server does not tell.
    pub identities: Option<Vec<Identity>>,
    /// The ephemerals that go with it; `None` where the server does not tell.
    pub ephemerals: Option<Vec<String>>,
    /// How many watches are set.
    pub watches: usize,
}

fn serialize_hex<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(*number))
}

/// A watch of the shell.
#[derive(Clone, Debug, Serialize)]
pub struct WatchView {
    /// Which znode.
    #[serde(serialize_with = "path")]
    pub path: ZPath,
    /// `data`, `children`, `existence`, `persistent` or `recursive`.
    pub kind: &'static str,
    /// When it was set, in milliseconds since 1970.
    pub since: i64,
}

/// What makes a shell complete command lines.
#[derive(Clone, Debug, Serialize)]
pub struct CompletionsView {
    /// What the shell is to read.
    pub script: &'static str,
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
