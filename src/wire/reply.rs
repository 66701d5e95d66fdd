//! Replies and watch events.

use bytes::Bytes;

use super::code::Code;
use super::jute::{Malformed, Reader, Writer};
use super::multi::{self, OpResult, ReadResult};
use super::op::OpCode;
use crate::znode::{Acl, Names, Stat};

/// What precedes every reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyHeader {
    /// The request's xid, or one of [`super::xid`].
    pub xid: i32,
    /// The last transaction the server had processed, or the one that caused an event. No
    /// transaction is named by 0 (answers to `auth`) and −1 (events before 3.9, operations that the
    /// server does not know).
    pub zxid: i64,
    /// The outcome; only after [`Code::OK`] is what follows an answer. Other codes are mostly the
    /// end of the frame, but a failed `sasl` or `multiRead` trails an empty record.
    pub code: Code,
}

impl ReplyHeader {
    /// Writes the header.
    pub fn encode(self, w: &mut Writer<'_>) {
        w.int(self.xid);
        w.long(self.zxid);
        w.int(self.code.0);
    }

    /// Reads the header.
    pub fn decode(r: &mut Reader) -> Result<Self, Malformed> {
        Ok(Self { xid: r.int()?, zxid: r.long()?, code: Code(r.int()?) })
    }
}

/// Bytes of a stat, and of a length.
const STAT: usize = 68 + 4;

/// The body of a successful reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `create`, `create2`, `createContainer`, `createTTL`.
    Created(String, Option<Stat>),
    /// `exists`, `setData`, `setACL`.
    Stat(Stat),
    /// `getData`, `reconfig`.
    Data(Option<Bytes>, Stat),
    /// `getACL`.
    Acl(Vec<Acl>, Stat),
    /// `getChildren`.
    Children(Names),
    /// `getChildren2`.
    Children2(Names, Stat),
    /// `sync`.
    Synced(String),
    /// `multi`.
    Multi(Vec<OpResult>),
    /// `multiRead`.
    MultiRead(Vec<ReadResult>),
    /// `addWatch`: an error number that repeats the header's.
    WatchAdded(i32),
    /// `sasl`.
    Sasl(Option<Bytes>),
    /// `getEphemerals`.
    Ephemerals(Vec<String>),
    /// `getAllChildrenNumber`.
    Count(i32),
    /// `whoAmI`: scheme and user of each identity.
    Identities(Vec<(String, String)>),
    /// Operations whose answer has no body.
    Nothing,
}

impl Reply {
    /// Takes `root` off the front of every path, as [`Writer::rooted`] put it there.
    #[must_use]
    pub fn below(mut self, root: &str) -> Self {
        if root.is_empty() {
            return self;
        }
        match &mut self {
            Self::Created(path, _) | Self::Synced(path) => {
                strip(path, root);
            }
            // The server compares letters, not segments: `/kafka2/a` begins with `/kafka` too.
            Self::Ephemerals(paths) => paths.retain_mut(|path| strip(path, root)),
            Self::Multi(results) => results.iter_mut().for_each(|result| {
                if let OpResult::Created(path, _) = result {
                    strip(path, root);
                }
            }),
            _ => {}
        }
        self
    }

    /// About how many bytes the record takes, if it is long: room for it is best made at once.
    pub fn size(&self) -> usize {
        let data = |data: &Option<Bytes>| data.as_ref().map_or(0, Bytes::len) + STAT;
        match self {
            Self::Data(bytes, _) => data(bytes),
            Self::Children(names) | Self::Children2(names, _) => names.size() + STAT,
            Self::MultiRead(results) => results
                .iter()
                .map(|result| match result {
                    ReadResult::Data(bytes, _) => data(bytes) + multi::HEADER,
                    ReadResult::Children(names) => names.size() + 4 + multi::HEADER,
                    ReadResult::Failed(_) => 4 + multi::HEADER,
                })
                .sum(),
            _ => 0,
        }
    }

    /// Writes the record that follows the header.
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            Self::Created(path, stat) => {
                w.path(path);
                if let Some(stat) = stat {
                    w.stat(stat);
                }
            }
            Self::Stat(stat) => w.stat(stat),
            Self::Data(data, stat) => {
                w.buffer(data.as_deref());
                w.stat(stat);
            }
            Self::Acl(acl, stat) => {
                w.acl(acl);
                w.stat(stat);
            }
            Self::Children(names) => w.names(names),
            Self::Children2(names, stat) => {
                w.names(names);
                w.stat(stat);
            }
            Self::Synced(path) => w.path(path),
            Self::Multi(results) => multi::encode_results(results, w),
            Self::MultiRead(results) => multi::encode_read_results(results, w),
            Self::WatchAdded(number) | Self::Count(number) => w.int(*number),
            Self::Sasl(token) => w.buffer(token.as_deref()),
            Self::Ephemerals(paths) => w.vector(paths, |w, path| w.path(path)),
            Self::Identities(list) => w.vector(list, |w, (scheme, user)| {
                w.string(scheme);
                w.string(user);
            }),
            Self::Nothing => {}
        }
    }

    /// Reads the record of a successful answer to `op`.
    pub fn decode(op: OpCode, r: &mut Reader) -> Result<Self, Malformed> {
        Ok(match op {
            OpCode::Create => Self::Created(r.text("path")?, None),
            OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => {
                Self::Created(r.text("path")?, Some(r.stat()?))
            }
            OpCode::Exists | OpCode::SetData | OpCode::SetAcl => Self::Stat(r.stat()?),
            OpCode::GetData | OpCode::Reconfig => Self::Data(r.buffer()?, r.stat()?),
            OpCode::GetAcl => Self::Acl(r.acl()?, r.stat()?),
            OpCode::GetChildren => Self::Children(r.names()?),
            OpCode::GetChildren2 => Self::Children2(r.names()?, r.stat()?),
            OpCode::Sync => Self::Synced(r.text("path")?),
            OpCode::Multi => Self::Multi(multi::decode_results(r)?),
            OpCode::MultiRead => Self::MultiRead(multi::decode_read_results(r)?),
            OpCode::AddWatch => Self::WatchAdded(r.int()?),
            OpCode::Sasl => Self::Sasl(r.buffer()?),
            OpCode::GetEphemerals => Self::Ephemerals(r.vector(|r| r.text("path"))?),
            OpCode::GetAllChildrenNumber => Self::Count(r.int()?),
            OpCode::WhoAmI => {
                Self::Identities(r.vector(|r| Ok((r.text("scheme")?, r.string()?.unwrap_or_default())))?)
            }
            OpCode::Delete
            | OpCode::Ping
            | OpCode::Check
            | OpCode::CheckWatches
            | OpCode::RemoveWatches
            | OpCode::Auth
            | OpCode::SetWatches
            | OpCode::SetWatches2
            | OpCode::CloseSession
            | OpCode::Error => Self::Nothing,
        })
    }
}

/// Whether the path was below the root, and so was changed.
fn strip(path: &mut String, root: &str) -> bool {
    let below = match path.strip_prefix(root) {
        Some("") => "/".to_owned(),
        Some(below) if below.starts_with('/') => below.to_owned(),
        _ => return false,
    };
    *path = below;
    true
}

/// The record of a watch event; `kind` and `state` are the numbers of `Watcher.Event`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchEvent {
    /// What happened: see [`crate::znode::EventKind`].
    pub kind: i32,
    /// State of the connection; 3 is connected.
    pub state: i32,
    /// Which znode.
    pub path: String,
}

impl WatchEvent {
    /// Writes the record.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.int(self.kind);
        w.int(self.state);
        w.path(&self.path);
    }

    /// Takes `root` off the front of the path, as [`Reply::below`] does.
    #[must_use]
    pub fn below(mut self, root: &str) -> Self {
        if !root.is_empty() {
            strip(&mut self.path, root);
        }
        self
    }

    /// Reads the record.
    pub fn decode(r: &mut Reader) -> Result<Self, Malformed> {
        Ok(Self { kind: r.int()?, state: r.int()?, path: r.string()?.unwrap_or_default() })
    }
}
