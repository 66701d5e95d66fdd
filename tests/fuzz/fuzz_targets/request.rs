//! A request of any operation: refused, or worth no more than its bytes and written again as it was
//! read.
#![no_main]

mod meter;

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use zkx::wire::{OpCode, Reader, Request, Writer};

fuzz_target!(|input: &[u8]| {
    let Some((op, body)) = input.split_first() else {
        return;
    };
    let op = OpCode::ALL[usize::from(*op) % OpCode::ALL.len()];
    let mut reader = Reader::new(Bytes::copy_from_slice(body));
    let Ok(request) = meter::within(meter::decoded(body.len()), || Request::decode(op, &mut reader)) else {
        return;
    };
    assert_eq!(request.op(), op);
    let mut buffer = BytesMut::new();
    request.encode(&mut Writer::new(&mut buffer));
    let mut again = Reader::new(buffer.freeze());
    assert_eq!(Request::decode(op, &mut again), Ok(request));
    assert_eq!(again.finish(), Ok(()));
});
