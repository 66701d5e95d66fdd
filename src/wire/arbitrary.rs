//! Strategies for every record, as wide as the wire allows: numbers of any size, texts of any
//! character, null apart from empty.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use super::code::Code;
use super::connect::{ConnectRequest, ConnectResponse};
use super::multi::{OpResult, ReadOp, ReadResult, WriteOp};
use super::op::OpCode;
use super::reply::{Reply, ReplyHeader, WatchEvent};
use super::request::{AddWatchMode, Create, Request, RequestHeader, SetWatches, WatcherType};
use crate::znode::{Acl, CreateMode, Names, Perms, Stat};

pub(super) fn path() -> impl Strategy<Value = String> {
    prop_oneof![1 => Just("/".to_owned()), 9 => "(/[a-z0-9._ ß中😀-]{1,6}){1,4}"]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z:=]{0,8}", "\\PC{0,6}"]
}

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..24).prop_map(Bytes::from)
}

fn data() -> impl Strategy<Value = Option<Bytes>> {
    option::weighted(0.7, bytes())
}

pub(super) fn stat() -> impl Strategy<Value = Stat> {
    any::<([i64; 6], [i32; 5])>().prop_map(
        |(
            [czxid, mzxid, ctime, mtime, ephemeral_owner, pzxid],
            [version, cversion, aversion, data_length, num_children],
        )| Stat {
            czxid,
            mzxid,
            ctime,
            mtime,
            version,
            cversion,
            aversion,
            ephemeral_owner,
            data_length,
            num_children,
            pzxid,
        },
    )
}

pub(super) fn acl() -> impl Strategy<Value = Vec<Acl>> {
    let entry = (any::<i32>(), text(), text());
    vec(entry.prop_map(|(perms, scheme, id)| Acl { perms: Perms(perms), scheme, id }), 0..4)
}

pub(super) fn names() -> impl Strategy<Value = Names> {
    vec(text(), 0..6).prop_map(Names::from_iter)
}

fn code() -> impl Strategy<Value = Code> {
    prop_oneof![prop::sample::select(Code::ALL), any::<i32>().prop_map(Code)]
}

fn create(op: OpCode) -> BoxedStrategy<Create> {
    let mode = match op {
        OpCode::CreateContainer => Just(CreateMode::Container).boxed(),
        OpCode::CreateTtl => any::<(i64, bool)>()
            .prop_map(|(ttl, sequential)| match sequential {
                true => CreateMode::TtlSequential(ttl),
                false => CreateMode::Ttl(ttl),
            })
            .boxed(),
        _ => prop::sample::select(vec![
            CreateMode::Persistent,
            CreateMode::Ephemeral,
            CreateMode::PersistentSequential,
            CreateMode::EphemeralSequential,
        ])
        .boxed(),
    };
    let stat = op != OpCode::Create;
    (path(), data(), acl(), mode)
        .prop_map(move |(path, data, acl, mode)| Create { path, data, acl, mode, stat })
        .boxed()
}

fn write_op() -> impl Strategy<Value = WriteOp> {
    const CREATES: [OpCode; 4] =
        [OpCode::Create, OpCode::Create2, OpCode::CreateContainer, OpCode::CreateTtl];
    prop_oneof![
        prop::sample::select(&CREATES[..]).prop_flat_map(create).prop_map(WriteOp::Create),
        (path(), any::<i32>()).prop_map(|(path, version)| WriteOp::Delete { path, version }),
        (path(), data(), any::<i32>()).prop_map(|(path, data, version)| WriteOp::SetData {
            path,
            data,
            version
        }),
        (path(), any::<i32>()).prop_map(|(path, version)| WriteOp::Check { path, version }),
    ]
}

fn read_op() -> impl Strategy<Value = ReadOp> {
    prop_oneof![path().prop_map(ReadOp::Data), path().prop_map(ReadOp::Children)]
}

fn op_result() -> impl Strategy<Value = OpResult> {
    prop_oneof![
        (path(), option::of(stat())).prop_map(|(path, stat)| OpResult::Created(path, stat)),
        Just(OpResult::Deleted),
        stat().prop_map(OpResult::Set),
        Just(OpResult::Checked),
        code().prop_map(OpResult::Failed),
    ]
}

fn read_result() -> impl Strategy<Value = ReadResult> {
    prop_oneof![
        (data(), stat()).prop_map(|(data, stat)| ReadResult::Data(data, stat)),
        names().prop_map(ReadResult::Children),
        code().prop_map(ReadResult::Failed),
    ]
}

fn watcher_type() -> impl Strategy<Value = WatcherType> {
    prop::sample::select(vec![
        WatcherType::Children,
        WatcherType::Data,
        WatcherType::Any,
        WatcherType::Persistent,
        WatcherType::PersistentRecursive,
    ])
}

fn set_watches(persistent: bool) -> impl Strategy<Value = SetWatches> {
    let paths = |most: usize| vec(path(), 0..=most);
    let most = if persistent { 2 } else { 0 };
    (any::<i64>(), paths(2), paths(2), paths(2), paths(most), paths(most)).prop_map(
        |(relative_zxid, data, exist, child, persistent, recursive)| SetWatches {
            relative_zxid,
            data,
            exist,
            child,
            persistent,
            recursive,
        },
    )
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    prop::sample::select(&OpCode::ALL[..]).prop_flat_map(request_of)
}

fn request_of(op: OpCode) -> BoxedStrategy<Request> {
    let watched = (path(), any::<bool>());
    let kind = (path(), watcher_type());
    match op {
        OpCode::Create | OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => {
            create(op).prop_map(Request::Create).boxed()
        }
        OpCode::Delete => {
            (path(), any::<i32>()).prop_map(|(path, version)| Request::Delete { path, version }).boxed()
        }
        OpCode::Exists => watched.prop_map(|(path, watch)| Request::Exists { path, watch }).boxed(),
        OpCode::GetData => watched.prop_map(|(path, watch)| Request::GetData { path, watch }).boxed(),
        OpCode::SetData => (path(), data(), any::<i32>())
            .prop_map(|(path, data, version)| Request::SetData { path, data, version })
            .boxed(),
        OpCode::GetAcl => path().prop_map(|path| Request::GetAcl { path }).boxed(),
        OpCode::SetAcl => (path(), acl(), any::<i32>())
            .prop_map(|(path, acl, version)| Request::SetAcl { path, acl, version })
            .boxed(),
        OpCode::GetChildren => watched.prop_map(|(path, watch)| Request::GetChildren { path, watch }).boxed(),
        OpCode::GetChildren2 => {
            watched.prop_map(|(path, watch)| Request::GetChildren2 { path, watch }).boxed()
        }
        OpCode::Sync => path().prop_map(|path| Request::Sync { path }).boxed(),
        OpCode::Multi => vec(write_op(), 0..5).prop_map(Request::Multi).boxed(),
        OpCode::MultiRead => vec(read_op(), 0..5).prop_map(Request::MultiRead).boxed(),
        OpCode::Reconfig => (option::of(text()), option::of(text()), option::of(text()), any::<i64>())
            .prop_map(|(joining, leaving, members, version)| Request::Reconfig {
                joining,
                leaving,
                members,
                version,
            })
            .boxed(),
        OpCode::CheckWatches => kind.prop_map(|(path, kind)| Request::CheckWatches { path, kind }).boxed(),
        OpCode::RemoveWatches => kind.prop_map(|(path, kind)| Request::RemoveWatches { path, kind }).boxed(),
        OpCode::AddWatch => {
            let mode = prop::sample::select(vec![AddWatchMode::Persistent, AddWatchMode::Recursive]);
            (path(), mode).prop_map(|(path, mode)| Request::AddWatch { path, mode }).boxed()
        }
        OpCode::SetWatches => set_watches(false).prop_map(Request::SetWatches).boxed(),
        OpCode::SetWatches2 => set_watches(true).prop_map(Request::SetWatches2).boxed(),
        OpCode::Auth => (text(), data()).prop_map(|(scheme, auth)| Request::Auth { scheme, auth }).boxed(),
        OpCode::Sasl => data().prop_map(|token| Request::Sasl { token }).boxed(),
        OpCode::GetEphemerals => path().prop_map(|prefix| Request::GetEphemerals { prefix }).boxed(),
        OpCode::GetAllChildrenNumber => {
            path().prop_map(|path| Request::GetAllChildrenNumber { path }).boxed()
        }
        OpCode::WhoAmI => Just(Request::WhoAmI).boxed(),
        OpCode::CloseSession => Just(Request::CloseSession).boxed(),
        // No requests by themselves; a ping stands in.
        OpCode::Ping | OpCode::Check | OpCode::Error => Just(Request::Ping).boxed(),
    }
}

/// A reply with the operation that it answers.
pub(super) fn reply() -> impl Strategy<Value = (OpCode, Reply)> {
    prop::sample::select(&OpCode::ALL[..]).prop_flat_map(|op| (Just(op), reply_to(op)))
}

fn reply_to(op: OpCode) -> BoxedStrategy<Reply> {
    match op {
        OpCode::Create => path().prop_map(|path| Reply::Created(path, None)).boxed(),
        OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => {
            (path(), stat()).prop_map(|(path, stat)| Reply::Created(path, Some(stat))).boxed()
        }
        OpCode::Exists | OpCode::SetData | OpCode::SetAcl => stat().prop_map(Reply::Stat).boxed(),
        OpCode::GetData | OpCode::Reconfig => {
            (data(), stat()).prop_map(|(data, stat)| Reply::Data(data, stat)).boxed()
        }
        OpCode::GetAcl => (acl(), stat()).prop_map(|(acl, stat)| Reply::Acl(acl, stat)).boxed(),
        OpCode::GetChildren => names().prop_map(Reply::Children).boxed(),
        OpCode::GetChildren2 => {
            (names(), stat()).prop_map(|(names, stat)| Reply::Children2(names, stat)).boxed()
        }
        OpCode::Sync => path().prop_map(Reply::Synced).boxed(),
        OpCode::Multi => vec(op_result(), 0..5).prop_map(Reply::Multi).boxed(),
        OpCode::MultiRead => vec(read_result(), 0..5).prop_map(Reply::MultiRead).boxed(),
        OpCode::AddWatch => any::<i32>().prop_map(Reply::WatchAdded).boxed(),
        OpCode::Sasl => data().prop_map(Reply::Sasl).boxed(),
        OpCode::GetEphemerals => vec(path(), 0..5).prop_map(Reply::Ephemerals).boxed(),
        OpCode::GetAllChildrenNumber => any::<i32>().prop_map(Reply::Count).boxed(),
        OpCode::WhoAmI => vec((text(), text()), 0..4).prop_map(Reply::Identities).boxed(),
        OpCode::Delete
        | OpCode::Ping
        | OpCode::Check
        | OpCode::CheckWatches
        | OpCode::RemoveWatches
        | OpCode::Auth
        | OpCode::SetWatches
        | OpCode::SetWatches2
        | OpCode::CloseSession
        | OpCode::Error => Just(Reply::Nothing).boxed(),
    }
}

pub(super) fn connect_request() -> impl Strategy<Value = ConnectRequest> {
    (any::<(i32, i64, i32, i64)>(), bytes(), any::<Option<bool>>()).prop_map(
        |((protocol, last_zxid, timeout, session), password, read_only)| ConnectRequest {
            protocol,
            last_zxid,
            timeout,
            session,
            password,
            read_only,
        },
    )
}

pub(super) fn connect_response() -> impl Strategy<Value = ConnectResponse> {
    (any::<(i32, i32, i64)>(), bytes(), any::<Option<bool>>()).prop_map(
        |((protocol, timeout, session), password, read_only)| ConnectResponse {
            protocol,
            timeout,
            session,
            password,
            read_only,
        },
    )
}

pub(super) fn request_header() -> impl Strategy<Value = RequestHeader> {
    any::<(i32, i32)>().prop_map(|(xid, op)| RequestHeader { xid, op })
}

pub(super) fn reply_header() -> impl Strategy<Value = ReplyHeader> {
    (any::<(i32, i64)>(), code()).prop_map(|((xid, zxid), code)| ReplyHeader { xid, zxid, code })
}

pub(super) fn watch_event() -> impl Strategy<Value = WatchEvent> {
    (any::<(i32, i32)>(), path()).prop_map(|((kind, state), path)| WatchEvent { kind, state, path })
}

/// What goes wrong with bytes.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Set(u8),
    Insert(u8),
    Remove,
    /// The numbers that lengths, counts, flags and kinds of operations go wrong at.
    Number(i32),
}

/// A few things that go wrong, each somewhere.
pub(crate) fn edits() -> impl Strategy<Value = Vec<(Index, Edit)>> {
    let numbers = vec![i32::MIN, -11, -2, -1, 0, 1, 5, 19, 0x100, 0x0100_0000, i32::MAX];
    let edit = prop_oneof![
        any::<u8>().prop_map(Edit::Set),
        any::<u8>().prop_map(Edit::Insert),
        Just(Edit::Remove),
        prop::sample::select(numbers).prop_map(Edit::Number),
    ];
    prop::collection::vec((any::<Index>(), edit), 1..=8)
}

/// The bytes after all of that.
pub(crate) fn damage(bytes: Bytes, edits: Vec<(Index, Edit)>) -> Bytes {
    let mut bytes = Vec::from(bytes);
    for (at, edit) in edits {
        let at = at.index(bytes.len() + 1);
        let end = bytes.len();
        let upto = |width: usize| at..end.min(at + width);
        match edit {
            Edit::Set(byte) => bytes[upto(1)].fill(byte),
            Edit::Insert(byte) => bytes.insert(at, byte),
            Edit::Remove => drop(bytes.drain(upto(1))),
            Edit::Number(number) => drop(bytes.splice(upto(4), number.to_be_bytes())),
        }
    }
    Bytes::from(bytes)
}
