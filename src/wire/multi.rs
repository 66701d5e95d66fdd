//! The envelope of `multi` and `multiRead`: operations one after another, each behind a header,
//! closed by a header that says so.

use bytes::Bytes;

use super::code::Code;
use super::jute::{Malformed, Reader, Writer};
use super::op::OpCode;
use super::request::Create;
use crate::znode::{Names, Stat};

/// One operation of a `multi`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the protocol's")]
pub enum WriteOp {
    Create(Create),
    Delete { path: String, version: i32 },
    SetData { path: String, data: Option<Bytes>, version: i32 },
    Check { path: String, version: i32 },
}

/// What became of one operation of a `multi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpResult {
    /// Created, at this path; with the stat if that was asked for.
    Created(String, Option<Stat>),
    /// Deleted.
    Deleted,
    /// Set.
    Set(Stat),
    /// The version was the expected one.
    Checked,
    /// Nothing of the multi was done. The operation that failed has its own code, those before it
    /// 0 and those after it [`Code::RUNTIME_INCONSISTENCY`].
    Failed(Code),
}

/// One read of a `multiRead` (3.6); the server takes no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadOp {
    /// Data and stat.
    Data(String),
    /// Names of the children.
    Children(String),
}

/// What one read of a `multiRead` gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadResult {
    /// Data and stat.
    Data(Option<Bytes>, Stat),
    /// Names of the children.
    Children(Names),
    /// The read failed, by itself.
    Failed(Code),
}

/// Bytes of a header.
pub(super) const HEADER: usize = 9;

fn header(w: &mut Writer<'_>, op: OpCode, done: bool, error: i32) {
    w.int(op as i32);
    w.bool(done);
    w.int(error);
}

fn end(w: &mut Writer<'_>) {
    header(w, OpCode::Error, true, -1);
}

/// Bytes of an item with its header, when it holds little: so a vector seldom grows, which was a
/// quarter of the time that decoding took.
const SMALL_ITEM: usize = 81;
/// No more than these are expected beforehand, whatever the length of the frame.
const MANY_ITEMS: usize = 10_000;

/// Reads headers and their bodies up to the closing one.
fn each<T>(
    r: &mut Reader,
    mut body: impl FnMut(OpCode, &mut Reader) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut items = Vec::with_capacity((r.remaining() / SMALL_ITEM).min(MANY_ITEMS));
    loop {
        let op = r.int()?;
        let done = r.bool()?;
        let _error = r.int()?;
        if done {
            return Ok(items);
        }
        let op = OpCode::from_wire(op).ok_or(Malformed::Number(op, "operation of a multi"))?;
        items.push(body(op, r)?);
    }
}

pub(super) fn encode_writes(ops: &[WriteOp], w: &mut Writer<'_>) {
    for op in ops {
        match op {
            WriteOp::Create(create) => {
                header(w, create.op(), false, -1);
                create.encode(w);
            }
            WriteOp::Delete { path, version } => {
                header(w, OpCode::Delete, false, -1);
                w.path(path);
                w.int(*version);
            }
            WriteOp::SetData { path, data, version } => {
                header(w, OpCode::SetData, false, -1);
                w.path(path);
                w.buffer(data.as_deref());
                w.int(*version);
            }
            WriteOp::Check { path, version } => {
                header(w, OpCode::Check, false, -1);
                w.path(path);
                w.int(*version);
            }
        }
    }
    end(w);
}

pub(super) fn decode_writes(r: &mut Reader) -> Result<Vec<WriteOp>, Malformed> {
    each(r, |op, r| {
        Ok(match op {
            OpCode::Create | OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => {
                WriteOp::Create(Create::decode(op, r)?)
            }
            OpCode::Delete => WriteOp::Delete { path: r.text("path")?, version: r.int()? },
            OpCode::SetData => {
                WriteOp::SetData { path: r.text("path")?, data: r.buffer()?, version: r.int()? }
            }
            OpCode::Check => WriteOp::Check { path: r.text("path")?, version: r.int()? },
            other => return Err(Malformed::Number(other as i32, "operation of a multi")),
        })
    })
}

pub(super) fn encode_reads(ops: &[ReadOp], w: &mut Writer<'_>) {
    for op in ops {
        let (code, path) = match op {
            ReadOp::Data(path) => (OpCode::GetData, path),
            ReadOp::Children(path) => (OpCode::GetChildren, path),
        };
        header(w, code, false, -1);
        w.path(path);
        w.bool(false);
    }
    end(w);
}

pub(super) fn decode_reads(r: &mut Reader) -> Result<Vec<ReadOp>, Malformed> {
    each(r, |op, r| {
        let path = r.text("path")?;
        r.bool()?;
        match op {
            OpCode::GetData => Ok(ReadOp::Data(path)),
            OpCode::GetChildren => Ok(ReadOp::Children(path)),
            other => Err(Malformed::Number(other as i32, "operation of a multiRead")),
        }
    })
}

pub(super) fn encode_results(results: &[OpResult], w: &mut Writer<'_>) {
    for result in results {
        match result {
            OpResult::Created(path, None) => {
                header(w, OpCode::Create, false, 0);
                w.path(path);
            }
            OpResult::Created(path, Some(stat)) => {
                header(w, OpCode::Create2, false, 0);
                w.path(path);
                w.stat(stat);
            }
            OpResult::Deleted => header(w, OpCode::Delete, false, 0),
            OpResult::Set(stat) => {
                header(w, OpCode::SetData, false, 0);
                w.stat(stat);
            }
            OpResult::Checked => header(w, OpCode::Check, false, 0),
            OpResult::Failed(code) => {
                header(w, OpCode::Error, false, code.0);
                w.int(code.0);
            }
        }
    }
    end(w);
}

pub(super) fn decode_results(r: &mut Reader) -> Result<Vec<OpResult>, Malformed> {
    each(r, |op, r| {
        Ok(match op {
            OpCode::Create => OpResult::Created(r.text("path")?, None),
            OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => {
                OpResult::Created(r.text("path")?, Some(r.stat()?))
            }
            OpCode::Delete => OpResult::Deleted,
            OpCode::SetData => OpResult::Set(r.stat()?),
            OpCode::Check => OpResult::Checked,
            OpCode::Error => OpResult::Failed(Code(r.int()?)),
            other => return Err(Malformed::Number(other as i32, "result of a multi")),
        })
    })
}

pub(super) fn encode_read_results(results: &[ReadResult], w: &mut Writer<'_>) {
    for result in results {
        match result {
            ReadResult::Data(data, stat) => {
                header(w, OpCode::GetData, false, 0);
                w.buffer(data.as_deref());
                w.stat(stat);
            }
            ReadResult::Children(names) => {
                header(w, OpCode::GetChildren, false, 0);
                w.names(names);
            }
            ReadResult::Failed(code) => {
                header(w, OpCode::Error, false, code.0);
                w.int(code.0);
            }
        }
    }
    end(w);
}

pub(super) fn decode_read_results(r: &mut Reader) -> Result<Vec<ReadResult>, Malformed> {
    each(r, |op, r| {
        Ok(match op {
            OpCode::GetData => ReadResult::Data(r.buffer()?, r.stat()?),
            OpCode::GetChildren => ReadResult::Children(r.names()?),
            OpCode::Error => ReadResult::Failed(Code(r.int()?)),
            other => return Err(Malformed::Number(other as i32, "result of a multiRead")),
        })
    })
}
