//! What holds of every connection, whatever comes through it.

use std::net::{IpAddr, Ipv4Addr};

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::{Host, Options};
use crate::store::memory::{Ensemble, Rules};
use crate::wire::arbitrary::{self, damage, edits};
use crate::wire::frame::write_frame;
use crate::wire::{
    Code, ConnectRequest, ConnectResponse, Frames, OpCode, Reader, Reply, ReplyHeader, Request,
    RequestHeader, xid,
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn host() -> Host {
    Host::new(Ensemble::new(Rules::default()), Options::default())
}

fn hello() -> BytesMut {
    let hello = ConnectRequest {
        protocol: 0,
        last_zxid: 0,
        timeout: 10_000,
        session: 0,
        password: Bytes::from_static(&[0; 16]),
        read_only: Some(false),
    };
    let mut out = BytesMut::new();
    write_frame(&mut out, "", |w| hello.encode(w));
    out
}

fn add(out: &mut BytesMut, xid: i32, request: &Request) {
    write_frame(out, "", |w| {
        RequestHeader { xid, op: request.op() as i32 }.encode(w);
        request.encode(w);
    });
}

/// All that a server says to who sends this, in pieces of `step` bytes, and then nothing more.
fn said(host: &Host, stream: &[u8], step: usize) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (ours, theirs) = duplex(64 << 10);
        let (mut read, mut write) = tokio::io::split(ours);
        let mut said = Vec::new();
        let talk = async {
            for piece in stream.chunks(step) {
                // The server may have heard enough.
                if write.write_all(piece).await.is_err() {
                    break;
                }
            }
            let _ = write.shutdown().await;
        };
        let listen = async { read.read_to_end(&mut said).await.unwrap() };
        tokio::join!(host.serve(theirs, HERE), talk, listen);
        said
    })
}

/// The frames of what a server said, all of which must be whole.
fn frames(said: &[u8]) -> Vec<Bytes> {
    let mut cut = Frames::new(said.len());
    cut.buffer().extend_from_slice(said);
    let frames = std::iter::from_fn(|| cut.next().unwrap()).collect();
    assert!(cut.pending().is_empty(), "half a frame");
    frames
}

/// Whether somebody else is answered as ever.
fn still_serves(host: &Host) -> bool {
    let mut stream = hello();
    add(&mut stream, 1, &Request::Exists { path: "/".into(), watch: false });
    let answers = frames(&said(host, &stream, 1 << 10));
    let mut answer = Reader::new(answers[1].clone());
    ReplyHeader::decode(&mut answer).unwrap().code == Code::OK
}

/// A request, or what is left of one.
#[derive(Clone, Debug)]
enum Piece {
    Frame(Bytes),
    Noise(Vec<u8>),
}

fn piece() -> impl Strategy<Value = Piece> {
    let framed = |request: Request| {
        let mut out = BytesMut::new();
        add(&mut out, 1, &request);
        out.freeze()
    };
    // The length is left alone, or nothing behind it would be understood.
    let damaged = move |(request, edits): (Request, _)| {
        let whole = framed(request);
        let mut out = BytesMut::new();
        let body = damage(whole.slice(4..), edits);
        out.extend_from_slice(&(body.len() as u32).to_be_bytes());
        out.extend_from_slice(&body);
        Piece::Frame(out.freeze())
    };
    prop_oneof![
        6 => arbitrary::request().prop_map(move |request| Piece::Frame(framed(request))),
        6 => (arbitrary::request(), edits()).prop_map(damaged),
        1 => vec(any::<u8>(), 0..60).prop_map(Piece::Noise),
    ]
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn whatever_comes_is_answered_by_whole_frames(
        greets in prop::bool::weighted(0.9),
        pieces in vec(piece(), 0..20),
        step in 1..300usize,
    ) {
        let mut stream = if greets { hello() } else { BytesMut::new() };
        for piece in &pieces {
            match piece {
                Piece::Frame(bytes) => stream.extend_from_slice(bytes),
                Piece::Noise(bytes) => stream.extend_from_slice(bytes),
            }
        }
        let host = host();
        let said = said(&host, &stream, step);
        if greets {
            let answers = frames(&said);
            prop_assert!(ConnectResponse::decode(&mut Reader::new(answers[0].clone())).is_ok());
            for answer in &answers[1..] {
                prop_assert!(ReplyHeader::decode(&mut Reader::new(answer.clone())).is_ok());
            }
        }
        prop_assert!(still_serves(&host));
    }

    #[test]
    fn every_request_is_answered_in_its_turn(
        requests in vec(arbitrary::request(), 0..20),
        step in 1..300usize,
    ) {
        let mut stream = hello();
        for (number, request) in requests.iter().enumerate() {
            add(&mut stream, number as i32, request);
        }
        let answers = frames(&said(&host(), &stream, step));
        let mut asked = requests.iter().enumerate();
        let mut over = false;
        for answer in answers.into_iter().skip(1) {
            let mut reader = Reader::new(answer);
            let header = ReplyHeader::decode(&mut reader).unwrap();
            if header.xid == xid::EVENT {
                continue;
            }
            let (number, request) = asked.next().unwrap();
            let op = request.op();
            prop_assert_eq!(header.xid, if op == OpCode::Ping { xid::PING } else { number as i32 });
            prop_assert!(!over, "an answer after the end");
            over = op == OpCode::CloseSession || header.code == Code::AUTH_FAILED;
            if header.code == Code::OK {
                prop_assert!(Reply::decode(op, &mut reader).is_ok());
            }
            prop_assert_eq!(reader.finish(), Ok(()));
        }
        prop_assert!(over || asked.next().is_none(), "no answer");
    }
}
