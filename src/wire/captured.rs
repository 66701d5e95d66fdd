//! Frames as Java's client 3.9.5 and real servers put them on the wire (3.9.5 where no other version is
//! named), so that a mistake made in both directions cannot hide.

use bytes::{Bytes, BytesMut};

use super::code::Code;
use super::connect::{ConnectRequest, ConnectResponse};
use super::jute::{Reader, Writer};
use super::multi::{OpResult, ReadOp, ReadResult, WriteOp};
use super::op::OpCode;
use super::reply::{Reply, ReplyHeader, WatchEvent};
use super::request::{AddWatchMode, Create, Request, RequestHeader, SetWatches, WatcherType};
use super::xid;
use crate::znode::{Acl, CreateMode, Names, Perms, Stat};

/// `'…'` is text, everything else hexadecimal.
fn frame(words: &str) -> Bytes {
    let mut bytes = Vec::new();
    for word in words.split_whitespace() {
        match word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
            Some(text) => bytes.extend_from_slice(text.as_bytes()),
            None => bytes.extend(
                (0..word.len()).step_by(2).map(|at| u8::from_str_radix(&word[at..at + 2], 16).unwrap()),
            ),
        }
    }
    Bytes::from(bytes)
}

fn written(write: impl FnOnce(&mut Writer<'_>)) -> Bytes {
    let mut buffer = BytesMut::new();
    write(&mut Writer::new(&mut buffer));
    buffer.freeze()
}

fn read_request(words: &str) -> (i32, Request) {
    let mut reader = Reader::new(frame(words));
    let header = RequestHeader::decode(&mut reader).unwrap();
    let request = Request::decode(OpCode::from_wire(header.op).unwrap(), &mut reader).unwrap();
    reader.finish().unwrap();
    (header.xid, request)
}

fn read_reply(op: OpCode, words: &str) -> (i32, i64, Reply) {
    let mut reader = Reader::new(frame(words));
    let header = ReplyHeader::decode(&mut reader).unwrap();
    assert_eq!(header.code, Code::OK);
    let reply = Reply::decode(op, &mut reader).unwrap();
    reader.finish().unwrap();
    (header.xid, header.zxid, reply)
}

/// A request that is read and written as `words`.
fn request(words: &str, xid: i32, request: Request) {
    let bytes = written(|w| {
        RequestHeader { xid, op: request.op() as i32 }.encode(w);
        request.encode(w);
    });
    assert_eq!(bytes, frame(words));
    assert_eq!(read_request(words), (xid, request));
}

/// A reply that is read and written as `words`.
fn reply(words: &str, op: OpCode, xid: i32, zxid: i64, reply: Reply) {
    let bytes = written(|w| {
        ReplyHeader { xid, zxid, code: Code::OK }.encode(w);
        reply.encode(w);
    });
    assert_eq!(bytes, frame(words));
    assert_eq!(read_reply(op, words), (xid, zxid, reply));
}

fn path(text: &str) -> String {
    text.to_owned()
}

fn value(text: &'static str) -> Option<Bytes> {
    Some(Bytes::from_static(text.as_bytes()))
}

fn create(path: &str, data: Option<Bytes>, mode: CreateMode, stat: bool) -> Create {
    Create { path: path.to_owned(), data, acl: vec![Acl::open()], mode, stat }
}

/// The stat of a znode that nothing happened to since.
fn created(zxid: i64, time: i64, data_length: i32) -> Stat {
    Stat { czxid: zxid, mzxid: zxid, pzxid: zxid, ctime: time, mtime: time, data_length, ..Stat::default() }
}

/// The stat of `/n`, below which a znode was created.
fn parent() -> Stat {
    Stat { cversion: 1, num_children: 1, pzxid: 6, ..created(2, 0x1a2_02c8_4924, 0) }
}

#[test]
fn handshake_of_a_session_that_moves_on() {
    let password = frame("7507bbc15e7cc6a7 db33e895d71efbbf");
    let session = 0x0100_0019_4bf1_0000;
    let words = "00000000 000000000000000c 00000fa0 010000194bf10000 \
         00000010 7507bbc15e7cc6a7 db33e895d71efbbf 00";
    let request = ConnectRequest {
        protocol: 0,
        last_zxid: 12,
        timeout: 4000,
        session,
        password: password.clone(),
        read_only: Some(false),
    };
    assert_eq!(written(|w| request.encode(w)), frame(words));
    assert_eq!(ConnectRequest::decode(&mut Reader::new(frame(words))), Ok(request));

    let words = "00000000 00000fa0 010000194bf10000 00000010 7507bbc15e7cc6a7 db33e895d71efbbf 00";
    let response = ConnectResponse { protocol: 0, timeout: 4000, session, password, read_only: Some(false) };
    assert_eq!(written(|w| response.encode(w)), frame(words));
    assert_eq!(ConnectResponse::decode(&mut Reader::new(frame(words))), Ok(response));
}

#[test]
fn handshakes_of_a_client_without_the_flag_and_of_a_lost_session() {
    let words = "00000000 00000fa0 0100001ae5380001 00000010 cd30f1c75f4b3ff9 1d8d21467454882f";
    let response = ConnectResponse::decode(&mut Reader::new(frame(words))).unwrap();
    assert_eq!((response.timeout, response.read_only), (4000, None));
    assert_eq!(written(|w| response.encode(w)), frame(words));

    let words = "00000000 00000000 0000000000000000 00000010 0000000000000000 0000000000000000 00";
    let response = ConnectResponse::decode(&mut Reader::new(frame(words))).unwrap();
    assert_eq!((response.timeout, response.session, response.read_only), (0, 0, Some(false)));
}

#[test]
fn creates() {
    request(
        "00000001 00000001 00000002 '/n' ffffffff \
         00000001 0000001f 00000005 'world' 00000006 'anyone' 00000000",
        1,
        Request::Create(create("/n", None, CreateMode::Persistent, false)),
    );
    request(
        "00000002 0000000f 00000002 '/e' 00000000 \
         00000001 0000001f 00000005 'world' 00000006 'anyone' 00000000",
        2,
        Request::Create(create("/e", value(""), CreateMode::Persistent, true)),
    );
    request(
        "00000003 00000015 00000002 '/t' 00000001 'v' \
         00000001 0000001f 00000005 'world' 00000006 'anyone' 00000005 000000000000ea60",
        3,
        Request::Create(create("/t", value("v"), CreateMode::Ttl(60_000), true)),
    );
    request(
        "00000004 00000013 00000002 '/c' 00000001 'v' \
         00000001 0000001f 00000005 'world' 00000006 'anyone' 00000004",
        4,
        Request::Create(create("/c", value("v"), CreateMode::Container, true)),
    );
    reply(
        "00000002 0000000000000003 00000000 00000002 '/e' 0000000000000003 0000000000000003 \
         000001a202c84970 000001a202c84970 00000000 00000000 00000000 0000000000000000 00000000 00000000 \
         0000000000000003",
        OpCode::Create2,
        2,
        3,
        Reply::Created(path("/e"), Some(created(3, 0x1a2_02c8_4970, 0))),
    );
    // The owner that marks a TTL stays in the server: clients are shown 0.
    reply(
        "00000003 0000000000000004 00000000 00000002 '/t' 0000000000000004 0000000000000004 \
         000001a202c849b7 000001a202c849b7 00000000 00000000 00000000 0000000000000000 00000001 00000000 \
         0000000000000004",
        OpCode::CreateTtl,
        3,
        4,
        Reply::Created(path("/t"), Some(created(4, 0x1a2_02c8_49b7, 1))),
    );
    reply(
        "00000005 0000000000000006 00000000 0000000f '/n/q-0000000000'",
        OpCode::Create,
        5,
        6,
        Reply::Created(path("/n/q-0000000000"), None),
    );
}

#[test]
fn data_that_is_null_and_data_that_is_empty() {
    reply(
        "00000007 0000000000000006 00000000 ffffffff 0000000000000002 0000000000000002 000001a202c84924 \
         000001a202c84924 00000000 00000001 00000000 0000000000000000 00000000 00000001 0000000000000006",
        OpCode::GetData,
        7,
        6,
        Reply::Data(None, parent()),
    );
    reply(
        "00000008 0000000000000006 00000000 00000000 0000000000000003 0000000000000003 000001a202c84970 \
         000001a202c84970 00000000 00000000 00000000 0000000000000000 00000000 00000000 0000000000000003",
        OpCode::GetData,
        8,
        6,
        Reply::Data(value(""), created(3, 0x1a2_02c8_4970, 0)),
    );
}

#[test]
fn every_field_of_a_stat_has_its_place() {
    let words = "0000000000000001 0000000000000002 0000000000000003 0000000000000004 00000005 00000006 \
         00000007 0000000000000008 00000009 0000000a 000000000000000b";
    let stat = Stat {
        czxid: 1,
        mzxid: 2,
        ctime: 3,
        mtime: 4,
        version: 5,
        cversion: 6,
        aversion: 7,
        ephemeral_owner: 8,
        data_length: 9,
        num_children: 10,
        pzxid: 11,
    };
    assert_eq!(written(|w| w.stat(&stat)), frame(words));
    assert_eq!(Reader::new(frame(words)).stat(), Ok(stat));

    // `exists` of an ephemeral znode, 3.8.6.
    let stat = Stat { ephemeral_owner: 0x0100_001b_a685_0000, ..created(4, 0x1a2_02ca_a076, 0) };
    reply(
        "00000006 0000000000000004 00000000 0000000000000004 0000000000000004 000001a202caa076 \
         000001a202caa076 00000000 00000000 00000000 0100001ba6850000 00000000 00000000 0000000000000004",
        OpCode::Exists,
        6,
        4,
        Reply::Stat(stat),
    );
    // `setData`.
    let stat = Stat { mzxid: 10, mtime: 0x1a2_02c8_4f45, version: 1, ..parent() };
    reply(
        "00000017 000000000000000a 00000000 0000000000000002 000000000000000a 000001a202c84924 \
         000001a202c84f45 00000001 00000001 00000000 0000000000000000 00000000 00000001 0000000000000006",
        OpCode::SetData,
        23,
        10,
        Reply::Stat(stat),
    );
}

#[test]
fn children() {
    let names: Names = ["q-0000000000"].into_iter().collect();
    request("00000009 00000008 00000002 '/n' 01", 9, Request::GetChildren { path: path("/n"), watch: true });
    reply(
        "00000009 0000000000000006 00000000 00000001 0000000c 'q-0000000000'",
        OpCode::GetChildren,
        9,
        6,
        Reply::Children(names.clone()),
    );
    request(
        "0000000a 0000000c 00000002 '/n' 00",
        10,
        Request::GetChildren2 { path: path("/n"), watch: false },
    );
    reply(
        "0000000a 0000000000000006 00000000 00000001 0000000c 'q-0000000000' 0000000000000002 \
         0000000000000002 000001a202c84924 000001a202c84924 00000000 00000001 00000000 0000000000000000 \
         00000000 00000001 0000000000000006",
        OpCode::GetChildren2,
        10,
        6,
        Reply::Children2(names, parent()),
    );
    request("00000011 00000068 00000002 '/n'", 17, Request::GetAllChildrenNumber { path: path("/n") });
    reply(
        "00000011 0000000000000007 00000000 00000001",
        OpCode::GetAllChildrenNumber,
        17,
        7,
        Reply::Count(1),
    );
    request("0000000f 00000067 00000001 '/'", 15, Request::GetEphemerals { prefix: path("/") });
    reply(
        "0000000f 0000000000000007 00000000 00000001 0000000f '/n/q-0000000000'",
        OpCode::GetEphemerals,
        15,
        7,
        Reply::Ephemerals(vec![path("/n/q-0000000000")]),
    );
}

#[test]
fn identities() {
    request(
        "fffffffc 00000064 00000000 00000006 'digest' 00000003 'u:p'",
        xid::AUTH,
        Request::Auth { scheme: "digest".into(), auth: Some(Bytes::from_static(b"u:p")) },
    );
    reply("fffffffc 0000000000000000 00000000", OpCode::Auth, xid::AUTH, 0, Reply::Nothing);
    request("0000000c 0000006b", 12, Request::WhoAmI);
    reply(
        "0000000c 0000000000000006 00000000 \
         00000002 00000002 'ip' 00000009 '127.0.0.1' 00000006 'digest' 00000001 'u'",
        OpCode::WhoAmI,
        12,
        6,
        Reply::Identities(vec![("ip".into(), "127.0.0.1".into()), ("digest".into(), "u".into())]),
    );
}

/// Java writes a surrogate pair as two characters: its client sends such an id, and its server answers
/// with such a user even to one who gave it as UTF-8.
#[test]
fn characters_outside_the_basic_plane() {
    let (_, request) = read_request(
        "0000000d 00000007 00000002 '/e' 00000002 0000001f 00000005 'world' 00000006 'anyone' \
         00000001 00000006 'digest' 00000009 eda0bd edb880 ':x=' 00000000",
    );
    let reader = Acl { scheme: "digest".into(), id: "😀:x=".into(), perms: Perms::READ };
    assert_eq!(request, Request::SetAcl { path: path("/e"), acl: vec![Acl::open(), reader], version: 0 });

    let (_, _, reply) = read_reply(
        OpCode::WhoAmI,
        "00000002 0000000000000010 00000000 \
         00000002 00000002 'ip' 00000009 '127.0.0.1' 00000006 'digest' 00000006 eda0bd edb880",
    );
    let both = [("ip".into(), "127.0.0.1".into()), ("digest".into(), "😀".into())];
    assert_eq!(reply, Reply::Identities(both.into()));
}

#[test]
fn an_acl() {
    let id = "\u{fffd}\u{fffd}:x=".to_owned();
    let reader = Acl { scheme: "digest".into(), id, perms: Perms::READ };
    reply(
        "0000000e 0000000000000007 00000000 00000002 0000001f 00000005 'world' 00000006 'anyone' \
         00000001 00000006 'digest' 00000009 efbfbd efbfbd ':x=' 0000000000000003 0000000000000003 \
         000001a202c84970 000001a202c84970 00000000 00000000 00000001 0000000000000000 00000000 00000000 \
         0000000000000003",
        OpCode::GetAcl,
        14,
        7,
        Reply::Acl(vec![Acl::open(), reader], Stat { aversion: 1, ..created(3, 0x1a2_02c8_4970, 0) }),
    );
}

#[test]
fn watches() {
    let watch = |at: &str, mode| Request::AddWatch { path: path(at), mode };
    request("00000012 0000006a 00000002 '/w' 00000001", 18, watch("/w", AddWatchMode::Recursive));
    request("00000013 0000006a 00000002 '/p' 00000000", 19, watch("/p", AddWatchMode::Persistent));
    reply("00000012 0000000000000007 00000000 00000000", OpCode::AddWatch, 18, 7, Reply::WatchAdded(0));
    request(
        "0000001c 00000012 00000002 '/n' 00000001",
        28,
        Request::RemoveWatches { path: path("/n"), kind: WatcherType::Children },
    );
    reply("0000001c 000000000000000c 00000000", OpCode::RemoveWatches, 28, 12, Reply::Nothing);
    request(
        "0000001d 00000069 000000000000000c 00000001 00000002 '/w' 00000001 00000005 '/none' 00000000 \
         00000001 00000002 '/p' 00000001 00000002 '/w'",
        29,
        Request::SetWatches2(SetWatches {
            relative_zxid: 12,
            data: vec![path("/w")],
            exist: vec![path("/none")],
            child: vec![],
            persistent: vec![path("/p")],
            recursive: vec![path("/w")],
        }),
    );
}

#[test]
fn events() {
    // 3.9.5 says which transaction it was, 3.4.14 to 3.8.6 do not.
    for (words, zxid, on) in [
        ("ffffffff 000000000000000a 00000000 00000003 00000003 00000002 '/n'", 10, "/n"),
        ("ffffffff ffffffffffffffff 00000000 00000003 00000003 00000002 '/u'", -1, "/u"),
    ] {
        let header = ReplyHeader { xid: xid::EVENT, zxid, code: Code::OK };
        let event = WatchEvent { kind: 3, state: 3, path: path(on) };
        let mut reader = Reader::new(frame(words));
        assert_eq!(ReplyHeader::decode(&mut reader), Ok(header));
        assert_eq!(WatchEvent::decode(&mut reader), Ok(event.clone()));
        let bytes = written(|w| {
            header.encode(w);
            event.encode(w);
        });
        assert_eq!(bytes, frame(words));
    }
}

#[test]
fn a_multi_that_fails() {
    request(
        "00000014 0000000e 00000001 00 ffffffff 00000002 '/m' ffffffff \
         00000001 0000001f 00000005 'world' 00000006 'anyone' 00000000 \
         0000000d 00 ffffffff 00000002 '/e' 00000007 \
         00000002 00 ffffffff 00000002 '/n' ffffffff ffffffff 01 ffffffff",
        20,
        Request::Multi(vec![
            WriteOp::Create(create("/m", None, CreateMode::Persistent, false)),
            WriteOp::Check { path: path("/e"), version: 7 },
            WriteOp::Delete { path: path("/n"), version: -1 },
        ]),
    );
    // The same from 3.4.14 on.
    reply(
        "00000014 0000000000000008 00000000 ffffffff 00 00000000 00000000 \
         ffffffff 00 ffffff99 ffffff99 ffffffff 00 fffffffe fffffffe ffffffff 01 ffffffff",
        OpCode::Multi,
        20,
        8,
        Reply::Multi(vec![
            OpResult::Failed(Code::OK),
            OpResult::Failed(Code::BAD_VERSION),
            OpResult::Failed(Code::RUNTIME_INCONSISTENCY),
        ]),
    );
}

#[test]
fn a_multi_of_everything() {
    request(
        "00000015 0000000e 0000000d 00 ffffffff 00000002 '/e' 00000000 \
         00000001 00 ffffffff 00000002 '/m' 00000001 'v' \
         00000001 0000001f 00000005 'world' 00000006 'anyone' 00000000 \
         00000013 00 ffffffff 00000003 '/mc' 00000001 'v' \
         00000001 0000001f 00000005 'world' 00000006 'anyone' 00000004 \
         00000015 00 ffffffff 00000003 '/mt' 00000001 'v' \
         00000001 0000001f 00000005 'world' 00000006 'anyone' 00000005 00000000000003e8 \
         00000005 00 ffffffff 00000002 '/m' 00000000 ffffffff \
         00000002 00 ffffffff 00000002 '/m' 00000001 ffffffff 01 ffffffff",
        21,
        Request::Multi(vec![
            WriteOp::Check { path: path("/e"), version: 0 },
            WriteOp::Create(create("/m", value("v"), CreateMode::Persistent, false)),
            WriteOp::Create(create("/mc", value("v"), CreateMode::Container, true)),
            WriteOp::Create(create("/mt", value("v"), CreateMode::Ttl(1000), true)),
            WriteOp::SetData { path: path("/m"), data: value(""), version: -1 },
            WriteOp::Delete { path: path("/m"), version: 1 },
        ]),
    );
    let new = created(9, 0x1a2_02c8_4ebd, 1);
    reply(
        "00000015 0000000000000009 00000000 0000000d 00 00000000 00000001 00 00000000 00000002 '/m' \
         0000000f 00 00000000 00000003 '/mc' 0000000000000009 0000000000000009 000001a202c84ebd \
         000001a202c84ebd 00000000 00000000 00000000 0000000000000000 00000001 00000000 0000000000000009 \
         0000000f 00 00000000 00000003 '/mt' 0000000000000009 0000000000000009 000001a202c84ebd \
         000001a202c84ebd 00000000 00000000 00000000 0000000000000000 00000001 00000000 0000000000000009 \
         00000005 00 00000000 0000000000000009 0000000000000009 000001a202c84ebd 000001a202c84ebd \
         00000001 00000000 00000000 0000000000000000 00000000 00000000 0000000000000009 \
         00000002 00 00000000 ffffffff 01 ffffffff",
        OpCode::Multi,
        21,
        9,
        Reply::Multi(vec![
            OpResult::Checked,
            OpResult::Created(path("/m"), None),
            OpResult::Created(path("/mc"), Some(new)),
            OpResult::Created(path("/mt"), Some(new)),
            OpResult::Set(Stat { version: 1, data_length: 0, ..new }),
            OpResult::Deleted,
        ]),
    );
    // A `create2` as 3.5.10 answers it: as if it were a `create`.
    reply(
        "00000009 0000000000000008 00000000 00000001 00 00000000 00000003 '/m2' ffffffff 01 ffffffff",
        OpCode::Multi,
        9,
        8,
        Reply::Multi(vec![OpResult::Created(path("/m2"), None)]),
    );
}

#[test]
fn a_multi_read_with_one_failure() {
    request(
        "00000016 00000016 00000004 00 ffffffff 00000002 '/n' 00 00000008 00 ffffffff 00000002 '/n' 00 \
         00000004 00 ffffffff 00000005 '/none' 00 00000004 00 ffffffff 00000002 '/e' 00 \
         ffffffff 01 ffffffff",
        22,
        Request::MultiRead(vec![
            ReadOp::Data(path("/n")),
            ReadOp::Children(path("/n")),
            ReadOp::Data(path("/none")),
            ReadOp::Data(path("/e")),
        ]),
    );
    reply(
        "00000016 0000000000000009 00000000 00000004 00 00000000 ffffffff 0000000000000002 \
         0000000000000002 000001a202c84924 000001a202c84924 00000000 00000001 00000000 0000000000000000 \
         00000000 00000001 0000000000000006 00000008 00 00000000 00000001 0000000c 'q-0000000000' \
         ffffffff 00 ffffff9b ffffff9b 00000004 00 00000000 00000000 0000000000000003 0000000000000003 \
         000001a202c84970 000001a202c84970 00000000 00000000 00000001 0000000000000000 00000000 00000000 \
         0000000000000003 ffffffff 01 ffffffff",
        OpCode::MultiRead,
        22,
        9,
        Reply::MultiRead(vec![
            ReadResult::Data(None, parent()),
            ReadResult::Children(["q-0000000000"].into_iter().collect()),
            ReadResult::Failed(Code::NO_NODE),
            ReadResult::Data(value(""), Stat { aversion: 1, ..created(3, 0x1a2_02c8_4970, 0) }),
        ]),
    );
}

#[test]
fn a_reconfiguration() {
    request(
        "00000004 00000010 ffffffff 00000001 '2' ffffffff ffffffffffffffff",
        4,
        Request::Reconfig { joining: None, leaving: Some("2".into()), members: None, version: -1 },
    );
    let stat = Stat {
        mzxid: 0x1_0000_0004,
        mtime: 0x1a2_02c9_e315,
        version: -1,
        aversion: -1,
        data_length: 0x4c,
        ..Stat::default()
    };
    let config = "server.1=127.0.0.1:29431:29432:participant;127.0.0.1:29415\nversion=100000004";
    reply(
        "00000004 0000000100000004 00000000 0000004c \
         'server.1=127.0.0.1:29431:29432:participant;127.0.0.1:29415' 0a 'version=100000004' \
         0000000000000000 0000000100000004 0000000000000000 000001a202c9e315 ffffffff 00000000 ffffffff \
         0000000000000000 0000004c 00000000 0000000000000000",
        OpCode::Reconfig,
        4,
        0x1_0000_0004,
        Reply::Data(value(config), stat),
    );
}

#[test]
fn pings_and_the_end() {
    request("fffffffe 0000000b", xid::PING, Request::Ping);
    reply("fffffffe 000000000000000d 00000000", OpCode::Ping, xid::PING, 13, Reply::Nothing);
    request("0000001e fffffff5", 30, Request::CloseSession);
    reply("0000001e 000000000000000e 00000000", OpCode::CloseSession, 30, 14, Reply::Nothing);
}

#[test]
fn refusals() {
    for (words, xid, zxid, code, rest) in [
        ("00000006 0000000000000006 ffffff9b", 6, 6, Code::NO_NODE, 0),
        // `whoAmI` in 3.5.10, which hangs up afterwards: its zxid is no zxid.
        ("0000000b ffffffffffffffff fffffffa", 11, -1, Code::UNIMPLEMENTED, 0),
        // A `multiRead` with a `delete` in it: the end of the results that there are not.
        ("00000001 0000000000000015 fffffffb ffffffff 01 ffffffff", 1, 21, Code::MARSHALLING_ERROR, 9),
    ] {
        let mut reader = Reader::new(frame(words));
        assert_eq!(ReplyHeader::decode(&mut reader), Ok(ReplyHeader { xid, zxid, code }));
        assert_eq!(reader.remaining(), rest);
    }
}
