//! A connection's bytes: the frames in them do not depend on how they arrive, and each is a handshake,
//! an event or an answer, or refused.
#![no_main]

mod meter;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use zkx::wire::frame::BadLength;
use zkx::wire::{ConnectRequest, ConnectResponse, Frames, Reader, ReplyHeader, RequestHeader, WatchEvent};

fn cut(limit: usize, pieces: impl Iterator<Item = impl AsRef<[u8]>>) -> (Vec<Bytes>, Option<BadLength>) {
    let mut frames = Frames::new(limit);
    let mut whole = Vec::new();
    for piece in pieces {
        frames.buffer().extend_from_slice(piece.as_ref());
        loop {
            match frames.next() {
                Ok(Some(frame)) => whole.push(frame),
                Ok(None) => break,
                Err(bad) => return (whole, Some(bad)),
            }
        }
    }
    (whole, None)
}

fn read(frame: &Bytes) {
    let reader = || Reader::new(frame.clone());
    let _ = ConnectRequest::decode(&mut reader());
    let _ = ConnectResponse::decode(&mut reader());
    let _ = RequestHeader::decode(&mut reader());
    let mut answer = reader();
    if ReplyHeader::decode(&mut answer).is_ok() {
        let _ = WatchEvent::decode(&mut answer);
    }
    let _ = reader().names();
    let _ = reader().acl();
}

fuzz_target!(|input: &[u8]| {
    let [limit, step, stream @ ..] = input else {
        return;
    };
    let limit = usize::from(*limit);
    let at_once = cut(limit, [stream].into_iter());
    assert!(at_once.0.iter().all(|frame| frame.len() <= limit));
    assert_eq!(cut(limit, stream.chunks(usize::from(*step) + 1)), at_once);
    for frame in &at_once.0 {
        meter::within(meter::decoded(frame.len()), || read(frame));
    }
});
