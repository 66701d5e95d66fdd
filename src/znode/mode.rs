//! The modes a znode can be created in.

/// How to create a znode; the flag numbers are the protocol's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CreateMode {
    /// Flag 0.
    #[default]
    Persistent,
    /// Flag 1.
    Ephemeral,
    /// Flag 2.
    PersistentSequential,
    /// Flag 3.
    EphemeralSequential,
    /// Flag 4; servers from 3.5.1.
    Container,
    /// Flag 5, time to live in milliseconds; servers from 3.5.3 with extended types enabled.
    Ttl(i64),
    /// Flag 6.
    TtlSequential(i64),
}

impl CreateMode {
    /// The largest TTL the server accepts, in milliseconds.
    pub const MAX_TTL: i64 = 0xff_ffff_ffff;

    /// The number on the wire.
    pub fn flag(self) -> i32 {
        match self {
            Self::Persistent => 0,
            Self::Ephemeral => 1,
            Self::PersistentSequential => 2,
            Self::EphemeralSequential => 3,
            Self::Container => 4,
            Self::Ttl(_) => 5,
            Self::TtlSequential(_) => 6,
        }
    }

    /// The mode of a flag number; `ttl` counts only where the mode has one.
    pub fn from_flag(flag: i32, ttl: i64) -> Option<Self> {
        Some(match flag {
            0 => Self::Persistent,
            1 => Self::Ephemeral,
            2 => Self::PersistentSequential,
            3 => Self::EphemeralSequential,
            4 => Self::Container,
            5 => Self::Ttl(ttl),
            6 => Self::TtlSequential(ttl),
            _ => return None,
        })
    }

    /// The TTL in milliseconds, where the mode has one.
    pub fn ttl(self) -> Option<i64> {
        match self {
            Self::Ttl(ttl) | Self::TtlSequential(ttl) => Some(ttl),
            _ => None,
        }
    }

    /// Whether the server appends a number to the name.
    pub fn is_sequential(self) -> bool {
        matches!(self, Self::PersistentSequential | Self::EphemeralSequential | Self::TtlSequential(_))
    }

    /// Whether the znode goes with its session.
    pub fn is_ephemeral(self) -> bool {
        matches!(self, Self::Ephemeral | Self::EphemeralSequential)
    }
}
