//! How a znode was found.

use crate::kafka::model::{Content, Malformed};
use crate::store::{Failure, Found, Read, Store, read_one};
use crate::wire::Code;
use crate::znode::Stat;

/// A znode of Kafka's, as it was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<T> {
    /// There is none, or none any more.
    Absent,
    /// The server does not let this session read it, or failed to.
    Refused(Code),
    /// It has no data.
    Empty(Stat),
    /// Its data are not what Kafka keeps there.
    Malformed(Malformed, Stat),
    /// It says this.
    Is(T, Stat),
}

impl<T: Content> Entry<T> {
    /// Takes an answer to [`Read::Data`].
    pub fn of(answer: Result<Found, Code>) -> Self {
        match answer {
            Ok(Found::Data(data, stat)) => match data.filter(|data| !data.is_empty()) {
                None => Self::Empty(stat),
                Some(data) => match T::parse(&data) {
                    Ok(value) => Self::Is(value, stat),
                    Err(malformed) => Self::Malformed(malformed, stat),
                },
            },
            Err(Code::NO_NODE) => Self::Absent,
            Err(code) => Self::Refused(code),
            Ok(_) => Self::Refused(Code::MARSHALLING_ERROR),
        }
    }

    /// Reads the znode at a path of the store.
    pub async fn read(store: &dyn Store, path: String) -> Result<Self, Failure> {
        match read_one(store, Read::Data(path)).await {
            Ok(found) => Ok(Self::of(Ok(found))),
            Err(Failure::Refused(code)) => Ok(Self::of(Err(code))),
            Err(failure) => Err(failure),
        }
    }
}

impl<T> Entry<T> {
    /// What it says, where it says anything.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Is(value, _) => Some(value),
            _ => None,
        }
    }

    /// Its stat, where it is there and may be read.
    pub fn stat(&self) -> Option<&Stat> {
        match self {
            Self::Is(_, stat) | Self::Empty(stat) | Self::Malformed(_, stat) => Some(stat),
            Self::Absent | Self::Refused(_) => None,
        }
    }

    /// Whether there is no such znode.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Why it says nothing, where that is a fault; a znode that is not there is none.
    pub fn fault(&self) -> Option<String> {
        match self {
            Self::Is(..) | Self::Absent => None,
            Self::Refused(Code::NO_AUTH) => Some("it may not be read (NoAuth)".to_owned()),
            Self::Refused(code) => Some(format!("it cannot be read: {} ({code})", code.words())),
            Self::Empty(_) => Some(Malformed::Empty.to_string()),
            Self::Malformed(malformed, _) => Some(malformed.to_string()),
        }
    }
}
