//! ZooKeeper's client protocol, 3.4 to 3.9, as plain types: shared by the client, servers and
//! readers of files. No sockets, no printing; decoding trusts no length and no byte.
//!
//! The records are those of `zookeeper.jute` in the server's sources; the rules that no record
//! shows (negative xids, the multi envelope, `-1` for null) are stated where they are coded.

pub mod code;
pub mod connect;
pub mod frame;
pub mod jute;
pub mod multi;
pub mod op;
pub mod reply;
pub mod request;

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod captured;
#[cfg(test)]
mod properties;

pub use code::Code;
pub use connect::{ConnectRequest, ConnectResponse};
pub use frame::Frames;
pub use jute::{Malformed, Reader, Writer};
pub use multi::{OpResult, ReadOp, ReadResult, WriteOp};
pub use op::OpCode;
pub use reply::{Reply, ReplyHeader, WatchEvent};
pub use request::{AddWatchMode, Request, RequestHeader, WatcherType};

/// Frame ids that are not a request's: from Java's `ClientCnxn`.
pub mod xid {
    /// A watch event.
    pub const EVENT: i32 = -1;
    /// A ping and its answer.
    pub const PING: i32 = -2;
    /// An `auth` packet and its answer.
    pub const AUTH: i32 = -4;
    /// `setWatches`, `setWatches2` and their answer.
    pub const SET_WATCHES: i32 = -8;
    /// The `closeSession` of this client, so that its answer is known without looking further.
    pub const CLOSE: i32 = -11;
}
