//! What reads and writes are in the protocol, and what its replies mean: for all that speak it.

use super::{Failure, Found, Read, Write};
use crate::wire::{Reply, Request, WriteOp, request::Create};

/// The request of a read, which leaves a watch if `watch`; one of an ACL cannot.
pub(super) fn request(read: &Read, watch: bool) -> Request {
    let path = read.path().to_owned();
    match read {
        Read::Data(_) => Request::GetData { path, watch },
        Read::Children(_) => Request::GetChildren { path, watch },
        Read::Listing(_) => Request::GetChildren2 { path, watch },
        Read::Stat(_) => Request::Exists { path, watch },
        Read::Acl(_) => Request::GetAcl { path },
    }
}

/// What the reply to a read says.
pub(super) fn found(reply: Reply) -> Result<Found, Failure> {
    Ok(match reply {
        Reply::Data(data, stat) => Found::Data(data, stat),
        Reply::Children(names) => Found::Children(names),
        Reply::Children2(names, stat) => Found::Listing(names, stat),
        Reply::Stat(stat) => Found::Stat(stat),
        Reply::Acl(acl, stat) => Found::Acl(acl, stat),
        other => return Err(unexpected(&other)),
    })
}

/// A reply to something else.
pub(super) fn unexpected(reply: &Reply) -> Failure {
    Failure::Protocol(format!("it does not answer the question ({reply:.40?})"))
}

/// What a write is by itself.
pub(super) fn alone(write: Write) -> Request {
    let any = |version: Option<i32>| version.unwrap_or(-1);
    match write {
        // `create2` would give the stat as well, but 3.4 hangs up on it.
        Write::Create { path, data, acl, mode } => {
            Request::Create(Create { path, data, acl, mode, stat: false })
        }
        Write::Set { path, data, version } => Request::SetData { path, data, version: any(version) },
        Write::Delete { path, version } => Request::Delete { path, version: any(version) },
        Write::Check { path, version } => {
            Request::Multi(vec![WriteOp::Check { path, version: any(version) }])
        }
        Write::SetAcl { path, acl, version } => Request::SetAcl { path, acl, version: any(version) },
    }
}

/// What writes are together.
pub(super) fn group(writes: impl IntoIterator<Item = Write>) -> Result<Request, Failure> {
    let mut ops = Vec::new();
    for write in writes {
        match alone(write) {
            Request::Create(create) => ops.push(WriteOp::Create(create)),
            Request::SetData { path, data, version } => ops.push(WriteOp::SetData { path, data, version }),
            Request::Delete { path, version } => ops.push(WriteOp::Delete { path, version }),
            Request::Multi(check) => ops.extend(check),
            _ => {
                return Err(Failure::Unsupported {
                    what: "setAcl inside a transaction",
                    needs: "no server does",
                });
            }
        }
    }
    Ok(Request::Multi(ops))
}
