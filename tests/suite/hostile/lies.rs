//! What is no request at all.

use std::io::Write;
use std::time::Duration;

use super::{LONGEST, MIB, Siege, connect, greet, hangs_up, hello, is_over, push, request};
use crate::support::jute::Body;
use crate::support::truth::op;

/// Conversations of noise.
const TALKS: usize = 1_000;

#[test]
fn lengths_that_cannot_be_end_the_connection() {
    let siege = Siege::begin(&[]);
    for length in [-1, -2, i32::MIN, LONGEST as i32 + 1, i32::MAX] {
        let mut fresh = connect(&siege.addr);
        fresh.write_all(&length.to_be_bytes()).unwrap();
        assert!(hangs_up(&mut fresh), "a handshake of {length} bytes");
        let mut known = greet(&siege.addr, Duration::from_secs(4));
        known.write_all(&length.to_be_bytes()).unwrap();
        assert!(hangs_up(&mut known), "a request of {length} bytes");
    }
    let mut long = greet(&siege.addr, Duration::from_secs(4));
    let body = Body::default().str("/honest").buffer(Some(&vec![0; LONGEST - 27])).int(0);
    let longest = request(op::SET_DATA, &body);
    assert_eq!(longest.len(), LONGEST + 4);
    assert!(push(&mut long, &longest) && !is_over(&mut long), "the longest request is taken");
    siege.end(64 * MIB);
}

#[test]
fn counts_and_lengths_inside_a_request_set_nothing_aside() {
    let siege = Siege::begin(&[]);
    let vectors = [op::SET_WATCHES, op::SET_WATCHES2].map(|op| (op, Body::default().long(0)));
    let acls = [(op::SET_ACL, Body::default().str("/honest"))];
    let creates = [op::CREATE, op::CREATE2, op::CREATE_CONTAINER, op::CREATE_TTL]
        .map(|op| (op, Body::default().str("/x").buffer(None)));
    let texts = [op::GET_DATA, op::EXISTS, op::SYNC, op::ADD_WATCH, op::GET_EPHEMERALS]
        .map(|op| (op, Body::default()));
    let multis = [op::MULTI, op::MULTI_READ].map(|op| (op, Body::default().multi_header(op::CREATE, false)));
    for (op, begun) in vectors.into_iter().chain(acls).chain(creates).chain(texts).chain(multis) {
        for count in [i32::MAX, i32::MAX / 4, 0x0100_0000, -2, i32::MIN] {
            let mut stream = greet(&siege.addr, Duration::from_secs(4));
            push(&mut stream, &request(op, &begun.clone().int(count)));
        }
    }
    siege.end(64 * MIB);
}

#[test]
fn noise_is_hung_up_on() {
    let siege = Siege::begin(&[]);
    let mut chance = fastrand::Rng::with_seed(7);
    for _ in 0..TALKS {
        let mut stream = connect(&siege.addr);
        let mut noise: Vec<u8> = if chance.bool() { hello(4_000) } else { Vec::new() };
        let length = chance.usize(..2_000);
        noise.extend(std::iter::repeat_with(|| chance.u8(..)).take(length));
        push(&mut stream, &noise);
        if chance.u8(..) < 8 {
            // What is no frame and no word is over; what may become one is waited for.
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            assert!(hangs_up(&mut stream));
        }
    }
    siege.end(64 * MIB);
}

#[test]
fn words_and_what_looks_like_them_are_answered_or_hung_up_on() {
    let siege = Siege::begin(&[]);
    let mut chance = fastrand::Rng::with_seed(7);
    let words =
        ["ruok", "srvr", "mntr", "dump", "cons", "wchs", "envi", "conf", "isro", "stmk", "ruo", "\0\0"];
    for _ in 0..TALKS {
        let mut stream = connect(&siege.addr);
        let word = words[chance.usize(..words.len())];
        let tail = "ruok".repeat(chance.usize(..100));
        push(&mut stream, format!("{word}{tail}").as_bytes());
        if word.len() == 4 {
            assert!(hangs_up(&mut stream), "{word}");
        }
    }
    siege.end(64 * MIB);
}
