//! What holds of every record, and of every sequence of bytes that claims to be one.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::arbitrary::{self, damage, edits};
use super::connect::{ConnectRequest, ConnectResponse};
use super::jute::{Malformed, Reader, Writer};
use super::multi::{OpResult, ReadOp, WriteOp};
use super::op::OpCode;
use super::reply::{Reply, ReplyHeader, WatchEvent};
use super::request::{Create, Request, RequestHeader};
use crate::znode::{Acl, Names, Stat};

/// A record of any kind, so that each property is stated once.
#[derive(Clone, Debug, PartialEq)]
enum Record {
    Stat(Stat),
    Acl(Vec<Acl>),
    Names(Names),
    ConnectRequest(ConnectRequest),
    ConnectResponse(ConnectResponse),
    RequestHeader(RequestHeader),
    ReplyHeader(ReplyHeader),
    Request(Request),
    Reply(OpCode, Reply),
    Event(WatchEvent),
}

/// What to take bytes for.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Stat,
    Acl,
    Names,
    ConnectRequest,
    ConnectResponse,
    RequestHeader,
    ReplyHeader,
    Request(OpCode),
    Reply(OpCode),
    Event,
}

impl Kind {
    fn all() -> impl Iterator<Item = Self> {
        [
            Self::Stat,
            Self::Acl,
            Self::Names,
            Self::ConnectRequest,
            Self::ConnectResponse,
            Self::RequestHeader,
            Self::ReplyHeader,
            Self::Event,
        ]
        .into_iter()
        .chain(OpCode::ALL.map(Self::Request))
        .chain(OpCode::ALL.map(Self::Reply))
    }

    fn decode(self, r: &mut Reader) -> Result<Record, Malformed> {
        match self {
            Self::Stat => r.stat().map(Record::Stat),
            Self::Acl => r.acl().map(Record::Acl),
            Self::Names => r.names().map(Record::Names),
            Self::ConnectRequest => ConnectRequest::decode(r).map(Record::ConnectRequest),
            Self::ConnectResponse => ConnectResponse::decode(r).map(Record::ConnectResponse),
            Self::RequestHeader => RequestHeader::decode(r).map(Record::RequestHeader),
            Self::ReplyHeader => ReplyHeader::decode(r).map(Record::ReplyHeader),
            Self::Request(op) => Request::decode(op, r).map(Record::Request),
            Self::Reply(op) => Reply::decode(op, r).map(|reply| Record::Reply(op, reply)),
            Self::Event => WatchEvent::decode(r).map(Record::Event),
        }
    }

    fn decode_whole(self, bytes: Bytes) -> Result<Record, Malformed> {
        self.whole(Reader::new(bytes))
    }

    fn whole(self, mut reader: Reader) -> Result<Record, Malformed> {
        let record = self.decode(&mut reader)?;
        reader.finish()?;
        Ok(record)
    }
}

impl Record {
    fn kind(&self) -> Kind {
        match self {
            Self::Stat(_) => Kind::Stat,
            Self::Acl(_) => Kind::Acl,
            Self::Names(_) => Kind::Names,
            Self::ConnectRequest(_) => Kind::ConnectRequest,
            Self::ConnectResponse(_) => Kind::ConnectResponse,
            Self::RequestHeader(_) => Kind::RequestHeader,
            Self::ReplyHeader(_) => Kind::ReplyHeader,
            Self::Request(request) => Kind::Request(request.op()),
            Self::Reply(op, _) => Kind::Reply(*op),
            Self::Event(_) => Kind::Event,
        }
    }

    fn encode(&self, root: &str) -> Bytes {
        let mut buffer = BytesMut::new();
        let w = &mut Writer::rooted(&mut buffer, root);
        match self {
            Self::Stat(stat) => w.stat(stat),
            Self::Acl(list) => w.acl(list),
            Self::Names(names) => w.names(names),
            Self::ConnectRequest(request) => request.encode(w),
            Self::ConnectResponse(response) => response.encode(w),
            Self::RequestHeader(header) => header.encode(w),
            Self::ReplyHeader(header) => header.encode(w),
            Self::Request(request) => request.encode(w),
            Self::Reply(_, reply) => reply.encode(w),
            Self::Event(event) => event.encode(w),
        }
        buffer.freeze()
    }

    /// The same record with `root` in front of each of its paths.
    fn rooted(mut self, root: &str) -> Self {
        for path in self.paths() {
            *path = if path == "/" { root.to_owned() } else { format!("{root}{path}") };
        }
        self
    }

    fn below(self, root: &str) -> Self {
        match self {
            Self::Reply(op, reply) => Self::Reply(op, reply.below(root)),
            Self::Event(event) => Self::Event(event.below(root)),
            other => other,
        }
    }

    fn paths(&mut self) -> Vec<&mut String> {
        match self {
            Self::Request(request) => request_paths(request),
            Self::Reply(_, reply) => reply_paths(reply),
            Self::Event(event) => vec![&mut event.path],
            _ => Vec::new(),
        }
    }
}

fn request_paths(request: &mut Request) -> Vec<&mut String> {
    match request {
        Request::Create(Create { path, .. })
        | Request::Delete { path, .. }
        | Request::Exists { path, .. }
        | Request::GetData { path, .. }
        | Request::SetData { path, .. }
        | Request::GetAcl { path }
        | Request::SetAcl { path, .. }
        | Request::GetChildren { path, .. }
        | Request::GetChildren2 { path, .. }
        | Request::Sync { path }
        | Request::CheckWatches { path, .. }
        | Request::RemoveWatches { path, .. }
        | Request::AddWatch { path, .. }
        | Request::GetEphemerals { prefix: path }
        | Request::GetAllChildrenNumber { path } => vec![path],
        Request::Multi(ops) => ops
            .iter_mut()
            .map(|op| match op {
                WriteOp::Create(Create { path, .. })
                | WriteOp::Delete { path, .. }
                | WriteOp::SetData { path, .. }
                | WriteOp::Check { path, .. } => path,
            })
            .collect(),
        Request::MultiRead(ops) => ops
            .iter_mut()
            .map(|op| match op {
                ReadOp::Data(path) | ReadOp::Children(path) => path,
            })
            .collect(),
        Request::SetWatches(watches) | Request::SetWatches2(watches) => [
            &mut watches.data,
            &mut watches.exist,
            &mut watches.child,
            &mut watches.persistent,
            &mut watches.recursive,
        ]
        .into_iter()
        .flatten()
        .collect(),
        Request::Ping
        | Request::Reconfig { .. }
        | Request::Auth { .. }
        | Request::Sasl { .. }
        | Request::WhoAmI
        | Request::CloseSession => Vec::new(),
    }
}

fn reply_paths(reply: &mut Reply) -> Vec<&mut String> {
    match reply {
        Reply::Created(path, _) | Reply::Synced(path) => vec![path],
        Reply::Ephemerals(paths) => paths.iter_mut().collect(),
        Reply::Multi(results) => results
            .iter_mut()
            .filter_map(|result| match result {
                OpResult::Created(path, _) => Some(path),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        1 => arbitrary::stat().prop_map(Record::Stat),
        1 => arbitrary::acl().prop_map(Record::Acl),
        1 => arbitrary::names().prop_map(Record::Names),
        1 => arbitrary::connect_request().prop_map(Record::ConnectRequest),
        1 => arbitrary::connect_response().prop_map(Record::ConnectResponse),
        1 => arbitrary::request_header().prop_map(Record::RequestHeader),
        1 => arbitrary::reply_header().prop_map(Record::ReplyHeader),
        12 => arbitrary::request().prop_map(Record::Request),
        12 => arbitrary::reply().prop_map(|(op, reply)| Record::Reply(op, reply)),
        1 => arbitrary::watch_event().prop_map(Record::Event),
    ]
}

/// Takes `bytes` for a record of every kind: either they are refused, or what they say is worth no
/// more than them and can be said again.
fn refused_or_kept(bytes: &Bytes) -> Result<(), TestCaseError> {
    // What servers send, and what clients send.
    for reader in [Reader::new, Reader::of_client] {
        for kind in Kind::all() {
            let mut read = reader(bytes.clone());
            let Ok(record) = kind.decode(&mut read) else {
                continue;
            };
            let again = record.encode("");
            // Only a byte that is no text grows: into the three of U+FFFD.
            prop_assert!(again.len() <= 3 * read.position(), "{:?} of {}", record, read.position());
            prop_assert_eq!(kind.whole(reader(again)), Ok(record));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_record_comes_back_as_it_was_written(record in record()) {
        let (kind, bytes) = (record.kind(), record.encode(""));
        if let Record::Reply(_, reply) = &record && reply.size() > 0 {
            prop_assert!(bytes.len() <= reply.size() + 9, "{} bytes", bytes.len());
        }
        prop_assert_eq!(kind.whole(Reader::of_client(bytes.clone())), Ok(record.clone()));
        prop_assert_eq!(kind.decode_whole(bytes), Ok(record));
    }

    #[test]
    fn below_a_root_only_the_paths_change(record in record()) {
        let root = "/chroot/ä";
        let read = record.kind().decode_whole(record.encode(root));
        prop_assert_eq!(&read, &Ok(record.clone().rooted(root)));
        if let Ok(answer @ (Record::Reply(..) | Record::Event(_))) = read {
            prop_assert_eq!(answer.below(root), record);
        }
    }

    #[test]
    fn the_beginning_of_a_record_is_no_record(record in record()) {
        let bytes = record.encode("");
        let without_flag = match record.clone() {
            Record::ConnectRequest(request) if request.read_only.is_some() => {
                Some(Record::ConnectRequest(ConnectRequest { read_only: None, ..request }))
            }
            Record::ConnectResponse(response) if response.read_only.is_some() => {
                Some(Record::ConnectResponse(ConnectResponse { read_only: None, ..response }))
            }
            _ => None,
        };
        for end in 0..bytes.len() {
            let read = record.kind().decode_whole(bytes.slice(..end));
            let shorter = without_flag.clone().filter(|_| end + 1 == bytes.len());
            prop_assert_eq!(read, shorter.ok_or(Malformed::Short(end)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn damaged_records_are_refused_or_kept(record in record(), edits in edits()) {
        refused_or_kept(&damage(record.encode(""), edits))?;
    }

    #[test]
    fn noise_is_refused_or_kept(bytes in prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..120)) {
        refused_or_kept(&Bytes::from(bytes))?;
    }
}

#[test]
fn a_root_is_a_segment_and_not_only_letters() {
    let paths = |list: &[&str]| Reply::Ephemerals(list.iter().map(ToString::to_string).collect());
    assert_eq!(paths(&["/a", "/a/b", "/ab/c"]).below("/a"), paths(&["/", "/b"]));
    let event = WatchEvent { kind: -1, state: 0, path: String::new() };
    assert_eq!(event.clone().below("/a"), event);
}
