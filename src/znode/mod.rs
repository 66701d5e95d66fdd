//! What a znode is made of: its path, data, ACL, stat and type. Pure values, no I/O.

pub mod acl;
pub mod data;
pub mod event;
mod globs;
mod like;
pub mod mode;
pub mod names;
pub mod path;
pub mod stat;
pub mod text;

pub use acl::{Acl, Perms};
pub use event::{Event, EventKind};
pub use globs::PathGlob;
pub use like::Like;
pub use mode::CreateMode;
pub use names::Names;
pub use path::ZPath;
pub use stat::{NodeType, Stat};
