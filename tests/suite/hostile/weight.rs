//! Requests that are well formed and cost much.

use std::io::Write;
use std::time::Duration;

use super::{LONGEST, MIB, MORE, Siege, UNREAD, greet, hangs_up, push, request};
use crate::support::jute::{Body, Reader};
use crate::support::truth::{Acl, Truth, code, op};

const LONG: Duration = Duration::from_secs(30);

/// The answer to a request.
fn answer(stream: &mut std::net::TcpStream, frame: &[u8]) -> (i32, Reader) {
    stream.set_write_timeout(None).unwrap();
    stream.write_all(frame).unwrap();
    let mut reply = Reader::of_frame(stream).expect("an answer");
    reply.int();
    reply.long();
    (reply.int(), reply)
}

/// As many of these operations as a request may have.
fn filled(op: i32, each: &Body) -> Vec<u8> {
    let one = each.framed().len() - 4;
    let body = (0..(LONGEST - 50) / one).fold(Body::default(), |body, _| body.then(each));
    request(op, &body.multi_header(-1, true))
}

#[test]
fn an_answer_that_is_much_longer_than_its_question_is_refused() {
    let siege = Siege::begin(&[]);
    let mut truth = Truth::connect(&siege.addr).unwrap();
    truth.create("/large", &vec![b'x'; 1_000_000]).unwrap();
    let read = Body::default().multi_header(op::GET_DATA, false).str("/large").bool(false);
    let mut greedy = greet(&siege.addr, LONG);
    // Forty gigabytes, were it answered.
    let (code, _) = answer(&mut greedy, &filled(op::MULTI_READ, &read));
    assert_eq!(code, code::MARSHALLING_ERROR);
    // What a walk asks for is far from that.
    let some = (0..20).fold(Body::default(), |body, _| body.then(&read)).multi_header(-1, true);
    let (code, reply) = answer(&mut greedy, &request(op::MULTI_READ, &some));
    assert!(code == 0 && reply.left() > 20_000_000);
    truth.close().unwrap();
    siege.end(UNREAD + MORE);
}

#[test]
fn the_largest_transactions_are_done_or_undone() {
    let siege = Siege::begin(&[]);
    let open = Acl::open();
    let mut client = greet(&siege.addr, LONG);
    let (code, _) =
        answer(&mut client, &request(op::CREATE, &Body::default().str("/m").buffer(None).acl(&open).int(0)));
    assert_eq!(code, 0);
    let create = Body::default().multi_header(op::CREATE, false).str("/m/n-").buffer(None).acl(&open).int(2);
    let (code, mut reply) = answer(&mut client, &filled(op::MULTI, &create));
    assert_eq!((code, reply.int()), (0, op::CREATE));
    // Sequential creates that fail at the end, for a znode that is not there.
    let mut failing = Body::default();
    for _ in 0..10_000 {
        failing = failing.then(&create);
    }
    let failing = failing.multi_header(op::DELETE, false).str("/none").int(-1).multi_header(-1, true);
    let (code, mut reply) = answer(&mut client, &request(op::MULTI, &failing));
    assert_eq!((code, reply.int()), (0, -1));
    let mut truth = Truth::connect(&siege.addr).unwrap();
    let (names, stat) = truth.children("/m").unwrap();
    assert!(names.len() > 15_000 && stat.num_children as usize == names.len());
    truth.close().unwrap();
    siege.end(128 * MIB);
}

#[test]
fn others_have_their_turn_while_somebody_asks_for_what_takes_long() {
    let siege = Siege::begin(&[]);
    let mut truth = Truth::connect(&siege.addr).unwrap();
    truth.create("/wide", b"").unwrap();
    truth.create_many((0..20_000).map(|n| (format!("/wide/{n}"), Vec::new()))).unwrap();
    let count = request(op::GET_ALL_CHILDREN_NUMBER, &Body::default().str("/wide")).repeat(20_000);
    let mut busy: Vec<_> = (0..4).map(|_| greet(&siege.addr, LONG)).collect();
    for stream in &mut busy {
        push(stream, &count);
    }
    // One request after the other, each behind a slice of the others.
    for _ in 0..20 {
        truth.exists("/wide").unwrap();
    }
    drop(busy);
    truth.close().unwrap();
    siege.end(128 * MIB);
}

#[test]
fn nobody_is_very_many_at_once() {
    let siege = Siege::begin(&[]);
    let mut many = greet(&siege.addr, LONG);
    for n in 0..200 {
        let body = Body::default().int(0).str("digest").buffer(Some(format!("user{n}:x").as_bytes()));
        push(&mut many, &request(op::AUTH, &body));
    }
    assert!(hangs_up(&mut many));
    // Each entry would become as many as there are identities.
    let mut some = Truth::connect(&siege.addr).unwrap();
    for n in 0..90 {
        some.auth("digest", &format!("user{n}:x")).unwrap();
    }
    some.create("/mine", b"").unwrap();
    let acl: Vec<_> = (0..30_000).map(|perms| Acl::new(perms, "auth", "")).collect();
    assert_eq!(some.set_acl("/mine", &acl).unwrap_err().code(), Some(code::INVALID_ACL));
    some.set_acl("/mine", &acl[..100]).unwrap();
    some.close().unwrap();
    siege.end(128 * MIB);
}

#[test]
fn a_long_acl_is_not_copied_for_each_change() {
    let siege = Siege::begin(&[]);
    let mut truth = Truth::connect(&siege.addr).unwrap();
    let guarded: Vec<_> = (0..40_000).map(|perms| Acl::new(perms, "world", "anyone")).collect();
    truth.create_as("/guarded", None, &guarded, 0).unwrap();
    truth.create_many((0..5_000).map(|n| (format!("/guarded/{n}"), Vec::new()))).unwrap();
    truth.close().unwrap();
    siege.end(128 * MIB);
}
