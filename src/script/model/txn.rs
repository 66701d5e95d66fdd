//! The verb `txn`: all or nothing.

use super::{Create, Delete, Set, Slot, Steps};
use crate::script::decode::define;
use crate::script::source::Span;
use crate::znode::ZPath;

define! {
    /// Makes several writes, all or none of them.
    Txn {
        /// What must hold.
        "if" guards: Vec<Guarded>;
        /// The writes, in order.
        "do" ops: Vec<Op>;
        /// What is done instead where a guard does not hold.
        "else" otherwise: Option<Steps>;
        /// Whether the step fails where a guard does not hold: true without `else`.
        "fail" fail: Option<Slot<bool>>;
    }
}

define! {
    /// A version to be matched.
    VersionIs {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// Its version.
        "is" is: Slot<i32>;
    }
}

define! {
    /// Data to be matched.
    DataIs {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// Its data, as text.
        "equals" equals: Slot<String>;
    }
}

/// What must hold for a transaction to be made.
#[derive(Clone, Debug)]
pub enum Guarded {
    /// `version: {path, is}`
    Version(VersionIs),
    /// `exists: path`
    Exists(Slot<ZPath>),
    /// `absent: path`
    Absent(Slot<ZPath>),
    /// `data: {path, equals}`
    Data(DataIs),
}

impl Guarded {
    /// The znode.
    pub fn path(&self) -> &Slot<ZPath> {
        match self {
            Self::Version(version) => &version.path,
            Self::Exists(path) | Self::Absent(path) => path,
            Self::Data(data) => &data.path,
        }
    }
}

/// A write of a transaction.
#[derive(Clone, Debug)]
pub struct Op {
    /// Where it stands.
    pub span: Span,
    /// What it does.
    pub kind: OpKind,
}

/// What a write of a transaction does.
#[derive(Clone, Debug)]
pub enum OpKind {
    /// `create`
    Create(Box<Create>),
    /// `set`
    Set(Box<Set>),
    /// `delete`
    Delete(Box<Delete>),
    /// `check: {path, is}`
    Check(VersionIs),
}
