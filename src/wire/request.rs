//! Requests.

use bytes::Bytes;

use super::jute::{Malformed, Reader, Writer};
use super::multi::{self, ReadOp, WriteOp};
use super::op::OpCode;
use crate::znode::{Acl, CreateMode};

/// What precedes every request after the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    /// Chosen by the client; negative ones are in [`super::xid`].
    pub xid: i32,
    /// The operation's number.
    pub op: i32,
}

impl RequestHeader {
    /// Writes the header.
    pub fn encode(self, w: &mut Writer<'_>) {
        w.int(self.xid);
        w.int(self.op);
    }

    /// Reads the header.
    pub fn decode(r: &mut Reader) -> Result<Self, Malformed> {
        Ok(Self { xid: r.int()?, op: r.int()? })
    }
}

/// The modes of `addWatch` (3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddWatchMode {
    /// This znode and its list of children.
    Persistent,
    /// This znode and everything below.
    Recursive,
}

/// Which watches `removeWatches` takes away; numbers from `Watcher.WatcherType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the protocol's")]
pub enum WatcherType {
    Children = 1,
    Data = 2,
    Any = 3,
    Persistent = 4,
    PersistentRecursive = 5,
}

impl WatcherType {
    fn from_wire(number: i32) -> Option<Self> {
        [Self::Children, Self::Data, Self::Any, Self::Persistent, Self::PersistentRecursive]
            .into_iter()
            .find(|t| *t as i32 == number)
    }
}

/// The watches a client had before its connection was lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the protocol's")]
pub struct SetWatches {
    pub relative_zxid: i64,
    pub data: Vec<String>,
    pub exist: Vec<String>,
    pub child: Vec<String>,
    pub persistent: Vec<String>,
    pub recursive: Vec<String>,
}

/// A create, of whichever kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The path, or its beginning for sequential modes.
    pub path: String,
    /// `None` for null.
    pub data: Option<Bytes>,
    /// Must not be empty.
    pub acl: Vec<Acl>,
    /// Decides the operation: containers and TTL znodes have their own.
    pub mode: CreateMode,
    /// Whether to ask for the stat (`create2`, servers from 3.5, though 3.5.10 leaves it out in a
    /// `multi`); containers and TTL znodes always answer with it.
    pub stat: bool,
}

impl Create {
    /// The operation that creates in this mode.
    pub fn op(&self) -> OpCode {
        match self.mode {
            CreateMode::Container => OpCode::CreateContainer,
            CreateMode::Ttl(_) | CreateMode::TtlSequential(_) => OpCode::CreateTtl,
            _ if self.stat => OpCode::Create2,
            _ => OpCode::Create,
        }
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) {
        w.path(&self.path);
        w.buffer(self.data.as_deref());
        w.acl(&self.acl);
        w.int(self.mode.flag());
        if let Some(ttl) = self.mode.ttl() {
            w.long(ttl);
        }
    }

    pub(super) fn decode(op: OpCode, r: &mut Reader) -> Result<Self, Malformed> {
        let path = r.text("path")?;
        let data = r.buffer()?;
        let acl = r.acl()?;
        let flag = r.int()?;
        let ttl = if op == OpCode::CreateTtl { r.long()? } else { 0 };
        let mode = CreateMode::from_flag(flag, ttl).ok_or(Malformed::Mode(flag))?;
        let create = Self { path, data, acl, mode, stat: op != OpCode::Create };
        if create.op() != op {
            // A time to live where there must be none, or none where there must be one.
            let no_mode = op == OpCode::CreateTtl || mode.ttl().is_some();
            // Java's server is lax about the rest and creates what nobody asked for; of a `createTTL`
            // without a mode and with a negative time it even dies for good, since replaying its log
            // fails in the same way.
            let other = Malformed::Number(flag, "create mode of this operation");
            return Err(if no_mode { Malformed::Mode(flag) } else { other });
        }
        Ok(create)
    }
}

/// A request of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the protocol's")]
pub enum Request {
    Create(Create),
    Delete { path: String, version: i32 },
    Exists { path: String, watch: bool },
    GetData { path: String, watch: bool },
    SetData { path: String, data: Option<Bytes>, version: i32 },
    GetAcl { path: String },
    SetAcl { path: String, acl: Vec<Acl>, version: i32 },
    GetChildren { path: String, watch: bool },
    GetChildren2 { path: String, watch: bool },
    Sync { path: String },
    Ping,
    Multi(Vec<WriteOp>),
    MultiRead(Vec<ReadOp>),
    Reconfig { joining: Option<String>, leaving: Option<String>, members: Option<String>, version: i64 },
    CheckWatches { path: String, kind: WatcherType },
    RemoveWatches { path: String, kind: WatcherType },
    AddWatch { path: String, mode: AddWatchMode },
    SetWatches(SetWatches),
    SetWatches2(SetWatches),
    Auth { scheme: String, auth: Option<Bytes> },
    Sasl { token: Option<Bytes> },
    GetEphemerals { prefix: String },
    GetAllChildrenNumber { path: String },
    WhoAmI,
    CloseSession,
}

impl Request {
    /// The operation it is sent as.
    pub fn op(&self) -> OpCode {
        match self {
            Self::Create(create) => create.op(),
            Self::Delete { .. } => OpCode::Delete,
            Self::Exists { .. } => OpCode::Exists,
            Self::GetData { .. } => OpCode::GetData,
            Self::SetData { .. } => OpCode::SetData,
            Self::GetAcl { .. } => OpCode::GetAcl,
            Self::SetAcl { .. } => OpCode::SetAcl,
            Self::GetChildren { .. } => OpCode::GetChildren,
            Self::GetChildren2 { .. } => OpCode::GetChildren2,
            Self::Sync { .. } => OpCode::Sync,
            Self::Ping => OpCode::Ping,
            Self::Multi(_) => OpCode::Multi,
            Self::MultiRead(_) => OpCode::MultiRead,
            Self::Reconfig { .. } => OpCode::Reconfig,
            Self::CheckWatches { .. } => OpCode::CheckWatches,
            Self::RemoveWatches { .. } => OpCode::RemoveWatches,
            Self::AddWatch { .. } => OpCode::AddWatch,
            Self::SetWatches(_) => OpCode::SetWatches,
            Self::SetWatches2(_) => OpCode::SetWatches2,
            Self::Auth { .. } => OpCode::Auth,
            Self::Sasl { .. } => OpCode::Sasl,
            Self::GetEphemerals { .. } => OpCode::GetEphemerals,
            Self::GetAllChildrenNumber { .. } => OpCode::GetAllChildrenNumber,
            Self::WhoAmI => OpCode::WhoAmI,
            Self::CloseSession => OpCode::CloseSession,
        }
    }

    /// Writes the record that follows the header.
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            Self::Create(create) => create.encode(w),
            Self::Delete { path, version } => {
                w.path(path);
                w.int(*version);
            }
            Self::Exists { path, watch }
            | Self::GetData { path, watch }
            | Self::GetChildren { path, watch }
            | Self::GetChildren2 { path, watch } => {
                w.path(path);
                w.bool(*watch);
            }
            Self::SetData { path, data, version } => {
                w.path(path);
                w.buffer(data.as_deref());
                w.int(*version);
            }
            Self::SetAcl { path, acl, version } => {
                w.path(path);
                w.acl(acl);
                w.int(*version);
            }
            Self::GetAcl { path }
            | Self::Sync { path }
            | Self::GetAllChildrenNumber { path }
            | Self::GetEphemerals { prefix: path } => w.path(path),
            Self::Ping | Self::WhoAmI | Self::CloseSession => {}
            Self::Multi(ops) => multi::encode_writes(ops, w),
            Self::MultiRead(ops) => multi::encode_reads(ops, w),
            Self::Reconfig { joining, leaving, members, version } => {
                for list in [joining, leaving, members] {
                    w.buffer(list.as_deref().map(str::as_bytes));
                }
                w.long(*version);
            }
            Self::CheckWatches { path, kind } | Self::RemoveWatches { path, kind } => {
                w.path(path);
                w.int(*kind as i32);
            }
            Self::AddWatch { path, mode } => {
                w.path(path);
                w.int((*mode == AddWatchMode::Recursive).into());
            }
            Self::SetWatches(watches) => encode_watches(watches, false, w),
            Self::SetWatches2(watches) => encode_watches(watches, true, w),
            Self::Auth { scheme, auth } => {
                // The record's type field, which no server reads.
                w.int(0);
                w.string(scheme);
                w.buffer(auth.as_deref());
            }
            Self::Sasl { token } => w.buffer(token.as_deref()),
        }
    }

    /// Reads the record of a request of kind `op`.
    pub fn decode(op: OpCode, r: &mut Reader) -> Result<Self, Malformed> {
        let path = |r: &mut Reader| r.text("path");
        Ok(match op {
            OpCode::Create | OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => {
                Self::Create(Create::decode(op, r)?)
            }
            OpCode::Delete => Self::Delete { path: path(r)?, version: r.int()? },
            OpCode::Exists => Self::Exists { path: path(r)?, watch: r.bool()? },
            OpCode::GetData => Self::GetData { path: path(r)?, watch: r.bool()? },
            OpCode::SetData => Self::SetData { path: path(r)?, data: r.buffer()?, version: r.int()? },
            OpCode::GetAcl => Self::GetAcl { path: path(r)? },
            OpCode::SetAcl => Self::SetAcl { path: path(r)?, acl: r.acl()?, version: r.int()? },
            OpCode::GetChildren => Self::GetChildren { path: path(r)?, watch: r.bool()? },
            OpCode::GetChildren2 => Self::GetChildren2 { path: path(r)?, watch: r.bool()? },
            OpCode::Sync => Self::Sync { path: path(r)? },
            OpCode::Ping => Self::Ping,
            OpCode::Multi => Self::Multi(multi::decode_writes(r)?),
            OpCode::MultiRead => Self::MultiRead(multi::decode_reads(r)?),
            OpCode::Reconfig => Self::Reconfig {
                joining: r.string()?,
                leaving: r.string()?,
                members: r.string()?,
                version: r.long()?,
            },
            OpCode::CheckWatches => Self::CheckWatches { path: path(r)?, kind: watcher_type(r)? },
            OpCode::RemoveWatches => Self::RemoveWatches { path: path(r)?, kind: watcher_type(r)? },
            OpCode::AddWatch => Self::AddWatch {
                path: path(r)?,
                mode: match r.int()? {
                    0 => AddWatchMode::Persistent,
                    1 => AddWatchMode::Recursive,
                    other => return Err(Malformed::Number(other, "addWatch mode")),
                },
            },
            OpCode::SetWatches => Self::SetWatches(decode_watches(false, r)?),
            OpCode::SetWatches2 => Self::SetWatches2(decode_watches(true, r)?),
            OpCode::Auth => {
                r.int()?;
                Self::Auth { scheme: r.text("scheme")?, auth: r.buffer()? }
            }
            OpCode::Sasl => Self::Sasl { token: r.buffer()? },
            // Null is as good as empty here.
            OpCode::GetEphemerals => Self::GetEphemerals { prefix: r.string()?.unwrap_or_default() },
            OpCode::GetAllChildrenNumber => Self::GetAllChildrenNumber { path: path(r)? },
            OpCode::WhoAmI => Self::WhoAmI,
            OpCode::CloseSession => Self::CloseSession,
            OpCode::Check | OpCode::Error => return Err(Malformed::Number(op as i32, "request by itself")),
        })
    }
}

fn watcher_type(r: &mut Reader) -> Result<WatcherType, Malformed> {
    let number = r.int()?;
    WatcherType::from_wire(number).ok_or(Malformed::Number(number, "watcher type"))
}

fn encode_watches(watches: &SetWatches, persistent: bool, w: &mut Writer<'_>) {
    w.long(watches.relative_zxid);
    let mut paths = |list: &[String]| w.vector(list, |w, path| w.path(path));
    paths(&watches.data);
    paths(&watches.exist);
    paths(&watches.child);
    if persistent {
        paths(&watches.persistent);
        paths(&watches.recursive);
    }
}

fn decode_watches(persistent: bool, r: &mut Reader) -> Result<SetWatches, Malformed> {
    let relative_zxid = r.long()?;
    let mut paths = |wanted: bool| if wanted { r.vector(|r| r.text("path")) } else { Ok(Vec::new()) };
    Ok(SetWatches {
        relative_zxid,
        data: paths(true)?,
        exist: paths(true)?,
        child: paths(true)?,
        persistent: paths(persistent)?,
        recursive: paths(persistent)?,
    })
}
