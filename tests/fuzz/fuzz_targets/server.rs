//! What clients send to a server of an ensemble in memory, byte by byte or request by request: it answers
//! with whole frames or hangs up, holds no more than what it was sent is worth, and goes on serving others.
#![no_main]

mod meter;

use std::net::{IpAddr, Ipv4Addr};

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use zkx::server::{Host, Options};
use zkx::store::memory::{Ensemble, Rules};
use zkx::wire::frame::write_frame;
use zkx::wire::{Code, ConnectRequest, Frames, OpCode, Reader, ReplyHeader, Request, Writer};

/// What a few kilobytes may come to: each may be asked for as often as another few fit in.
const MOST: usize = 16 << 20;

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

fn frame(out: &mut BytesMut, op: OpCode, body: &[u8]) {
    out.extend_from_slice(&(body.len() as u32 + 8).to_be_bytes());
    out.extend_from_slice(&1_i32.to_be_bytes());
    out.extend_from_slice(&(op as i32).to_be_bytes());
    out.extend_from_slice(body);
}

/// All that a server says to this, piece by piece, and then nothing more.
fn said(host: &Host, stream: &[u8], step: usize) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let (ours, theirs) = duplex(64 << 10);
        let (mut read, mut write) = tokio::io::split(ours);
        let talk = async {
            for piece in stream.chunks(step) {
                if write.write_all(piece).await.is_err() {
                    break;
                }
            }
            let _ = write.shutdown().await;
        };
        let mut said = Vec::new();
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let (_, (), heard) = tokio::join!(host.serve(theirs, here), talk, read.read_to_end(&mut said));
        heard.expect("the end");
        said
    })
}

fn frames(said: &[u8]) -> Vec<Bytes> {
    let mut cut = Frames::new(said.len());
    cut.buffer().extend_from_slice(said);
    let mut whole = Vec::new();
    while let Some(frame) = cut.next().expect("a length") {
        whole.push(frame);
    }
    assert!(cut.pending().is_empty(), "half a frame");
    whole
}

fn still_serves(host: &Host) {
    let mut stream = hello();
    let mut body = BytesMut::new();
    Request::Exists { path: "/".into(), watch: false }.encode(&mut Writer::new(&mut body));
    frame(&mut stream, OpCode::Exists, &body);
    let answers = frames(&said(host, &stream, 1 << 10));
    let mut answer = Reader::new(answers[1].clone());
    assert_eq!(ReplyHeader::decode(&mut answer).map(|header| header.code), Ok(Code::OK));
}

/// Requests of any kind: an operation, a length, and as many bytes for its record.
fn requests(mut input: &[u8]) -> BytesMut {
    let mut stream = hello();
    while let [op, length, rest @ ..] = input {
        let (body, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        frame(&mut stream, OpCode::ALL[usize::from(*op) % OpCode::ALL.len()], body);
        input = rest;
    }
    stream
}

fuzz_target!(|input: &[u8]| {
    let [how, step, rest @ ..] = input else {
        return;
    };
    let stream = match how % 4 {
        0 => BytesMut::from(rest),
        1 => {
            let mut stream = hello();
            stream.extend_from_slice(rest);
            stream
        }
        _ => requests(rest),
    };
    let host = Host::new(Ensemble::new(Rules::default()), Options::default());
    let said = meter::within(MOST, || said(&host, &stream, usize::from(*step) + 1));
    if how % 4 != 0 {
        for answer in frames(&said).into_iter().skip(1) {
            assert!(ReplyHeader::decode(&mut Reader::new(answer)).is_ok());
        }
    }
    still_serves(&host);
});
