//! A znode's stat, and the type its ephemeral owner encodes.

use serde::{Serialize, Serializer};

/// The eleven fields of the protocol's `Stat`, under the protocol's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stat {
    /// zxid of the transaction that created the znode.
    pub czxid: i64,
    /// zxid of the last change of its data.
    pub mzxid: i64,
    /// Creation time, milliseconds since the epoch.
    pub ctime: i64,
    /// Time of the last change of its data, milliseconds since the epoch.
    pub mtime: i64,
    /// Data version.
    pub version: i32,
    /// Child version.
    pub cversion: i32,
    /// ACL version.
    pub aversion: i32,
    /// Session that owns it; 0 for none, see [`Stat::node_type`] for the encoded types.
    pub ephemeral_owner: i64,
    /// Bytes of data (0 for null too).
    pub data_length: i32,
    /// Number of children.
    pub num_children: i32,
    /// zxid of the last creation or deletion of a child.
    pub pzxid: i64,
}

/// How long a znode lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeType {
    /// Until deleted.
    Persistent,
    /// As long as its session.
    Ephemeral(i64),
    /// Until its last child is gone.
    Container,
    /// Until it has had no child and no change for this many milliseconds.
    Ttl(i64),
}

impl NodeType {
    /// The word the README uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Persistent => "persistent",
            Self::Ephemeral(_) => "ephemeral",
            Self::Container => "container",
            Self::Ttl(_) => "ttl",
        }
    }

    /// What the ephemeral owner of such a znode is.
    pub fn owner(self) -> i64 {
        match self {
            Self::Persistent => 0,
            Self::Ephemeral(session) => session,
            Self::Container => CONTAINER,
            Self::Ttl(ttl) => TTL_MARK as i64 | ttl,
        }
    }
}

impl Serialize for NodeType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

const CONTAINER: i64 = i64::MIN;
/// High byte 0xFF and bits 55–40 zero: the low 40 bits are a TTL (`EphemeralType`, 3.5.4).
const TTL_MARK: u64 = 0xff00_0000_0000_0000;
const TTL_MASK: u64 = 0x0000_00ff_ffff_ffff;

impl Stat {
    /// The type encoded in `ephemeralOwner`.
    pub fn node_type(&self) -> NodeType {
        let owner = self.ephemeral_owner as u64;
        match self.ephemeral_owner {
            0 => NodeType::Persistent,
            CONTAINER => NodeType::Container,
            _ if owner & !TTL_MASK == TTL_MARK => NodeType::Ttl((owner & TTL_MASK) as i64),
            session => NodeType::Ephemeral(session),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NodeType, Stat};

    fn of(owner: u64) -> NodeType {
        Stat { ephemeral_owner: owner as i64, ..Stat::default() }.node_type()
    }

    #[test]
    fn the_owner_tells_the_type() {
        assert_eq!(of(0), NodeType::Persistent);
        assert_eq!(of(0x8000_0000_0000_0000), NodeType::Container);
        assert_eq!(of(0xff00_0000_0000_2710), NodeType::Ttl(10_000));
        assert_eq!(of(0x0100_0000_abcd_0001), NodeType::Ephemeral(0x0100_0000_abcd_0001));
        assert_eq!(of(0xff01_0000_0000_0001), NodeType::Ephemeral(0xff01_0000_0000_0001_u64 as i64));
    }
}
