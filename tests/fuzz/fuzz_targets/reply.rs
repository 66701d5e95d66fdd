//! A reply of any operation: refused, or worth no more than its bytes and written again as it was read.
#![no_main]

mod meter;

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use zkx::wire::{OpCode, Reader, Reply, Writer};

fuzz_target!(|input: &[u8]| {
    let Some((op, body)) = input.split_first() else {
        return;
    };
    let op = OpCode::ALL[usize::from(*op) % OpCode::ALL.len()];
    let mut reader = Reader::new(Bytes::copy_from_slice(body));
    let Ok(reply) = meter::within(meter::decoded(body.len()), || Reply::decode(op, &mut reader)) else {
        return;
    };
    for root in ["", "/root"] {
        let mut buffer = BytesMut::new();
        reply.encode(&mut Writer::rooted(&mut buffer, root));
        let mut again = Reader::new(buffer.freeze());
        let read = Reply::decode(op, &mut again).map(|read| read.below(root));
        // Without a root any text is a path; below one it must begin with a slash to be told apart.
        if root.is_empty() {
            assert_eq!(read.as_ref(), Ok(&reply));
        }
        assert!(read.is_ok() && again.finish().is_ok());
    }
});
