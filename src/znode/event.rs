//! Watch events as values.

use serde::{Serialize, Serializer};

use super::ZPath;

/// What happened to a znode; numbers and names are the protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// 1
    NodeCreated,
    /// 2
    NodeDeleted,
    /// 3
    NodeDataChanged,
    /// 4
    NodeChildrenChanged,
    /// 5
    DataWatchRemoved,
    /// 6
    ChildWatchRemoved,
    /// 7
    PersistentWatchRemoved,
}

impl EventKind {
    /// Every kind, by number from 1.
    pub const ALL: [Self; 7] = [
        Self::NodeCreated,
        Self::NodeDeleted,
        Self::NodeDataChanged,
        Self::NodeChildrenChanged,
        Self::DataWatchRemoved,
        Self::ChildWatchRemoved,
        Self::PersistentWatchRemoved,
    ];

    /// The kind of a number on the wire.
    pub fn from_wire(number: i32) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::ALL.get(index).copied()
    }

    /// The number on the wire.
    pub fn to_wire(self) -> i32 {
        Self::ALL.iter().position(|k| *k == self).map_or(0, |i| i as i32 + 1)
    }

    /// ZooKeeper's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NodeCreated => "NodeCreated",
            Self::NodeDeleted => "NodeDeleted",
            Self::NodeDataChanged => "NodeDataChanged",
            Self::NodeChildrenChanged => "NodeChildrenChanged",
            Self::DataWatchRemoved => "DataWatchRemoved",
            Self::ChildWatchRemoved => "ChildWatchRemoved",
            Self::PersistentWatchRemoved => "PersistentWatchRemoved",
        }
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One change, as a server reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// To which znode.
    pub path: ZPath,
    /// In which transaction; servers before 3.9 do not say.
    pub zxid: Option<i64>,
}
