//! A request of any operation, read as a server reads it or as anybody does: refused, or worth no more than
//! its bytes and written again as it was read.
#![no_main]

mod meter;

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use zkx::wire::{OpCode, Reader, Request, Writer};

fuzz_target!(|input: &[u8]| {
    let Some((op, body)) = input.split_first() else {
        return;
    };
    let reader = if *op < 128 { Reader::new } else { Reader::of_client };
    let op = OpCode::ALL[usize::from(*op) % 128 % OpCode::ALL.len()];
    let mut bytes = reader(Bytes::copy_from_slice(body));
    let Ok(request) = meter::within(meter::decoded(body.len()), || Request::decode(op, &mut bytes)) else {
        return;
    };
    assert_eq!(request.op(), op);
    let mut buffer = BytesMut::new();
    request.encode(&mut Writer::new(&mut buffer));
    let mut again = reader(buffer.freeze());
    assert_eq!(Request::decode(op, &mut again), Ok(request));
    assert_eq!(again.finish(), Ok(()));
});
