//! Who begins and does not go on, and who does not listen.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{LONGEST, MIB, MORE, SOON, Siege, UNREAD, connect, greet, hello, is_over, push, request};
use crate::support::jute::Body;
use crate::support::truth::{Truth, op};
use crate::support::wait_for;

/// Connections of one attack.
const MANY: usize = 400;
/// What a server of the tests gives a session, at least and at most.
const TICK: [&str; 2] = ["--tick-time", "200"];
/// How long a server waits for a greeting.
const GREETING: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(4);

fn left(streams: &mut [TcpStream]) -> usize {
    streams.iter_mut().filter_map(|stream| (!is_over(stream)).then_some(())).count()
}

/// Waits until the server has hung up on all.
#[track_caller]
fn wait_for_the_end(streams: &mut [TcpStream], timeout: Duration) {
    wait_for("the server to hang up", timeout, || (left(streams) == 0).then_some(()));
}

#[test]
fn who_does_not_greet_is_not_kept() {
    let siege = Siege::begin(&[]);
    let begun = Instant::now();
    let (since, mut silent): (Vec<_>, Vec<_>) =
        (0..MANY).map(|_| (Instant::now(), connect(&siege.addr))).unzip();
    let greeting = hello(4_000);
    for (count, stream) in silent.iter_mut().enumerate() {
        push(stream, &greeting[..count % greeting.len()]);
    }
    for (stream, since) in silent.iter_mut().zip(since) {
        // Where many connect at once, the last may come when the first have had their time.
        let over = is_over(stream);
        assert!(!over || since.elapsed() >= GREETING, "hung up on after {:?}", since.elapsed());
    }
    wait_for_the_end(&mut silent, SOON);
    assert!(begun.elapsed() >= GREETING);
    siege.end(64 * MIB);
}

#[test]
fn halves_of_requests_are_kept_up_to_a_limit_and_as_long_as_their_sessions() {
    let siege = Siege::begin(&TICK);
    let most = (LONGEST as i32).to_be_bytes();
    let half = vec![0; 1_000_000];
    let mut halves: Vec<_> = (0..MANY)
        .map(|_| {
            let mut stream = greet(&siege.addr, LONG);
            push(&mut stream, &most);
            push(&mut stream, &half);
            stream
        })
        .collect();
    let kept = left(&mut halves);
    assert!(kept * half.len() <= UNREAD && kept > MANY / 4, "{kept} of {MANY} are kept");
    wait_for_the_end(&mut halves, SOON);
    siege.end(UNREAD + MORE);
}

#[test]
fn a_request_that_drips_is_not_waited_for_for_ever() {
    let siege = Siege::begin(&TICK);
    let mut slow = greet(&siege.addr, SHORT);
    push(&mut slow, &1_000_i32.to_be_bytes());
    let dripping = || (!push(&mut slow, &[0]) || is_over(&mut slow)).then_some(());
    wait_for("the server to hang up", SOON, dripping);
    siege.end(64 * MIB);
}

#[test]
fn answers_that_nobody_reads_are_kept_up_to_a_limit() {
    let siege = Siege::begin(&TICK);
    let mut truth = Truth::connect(&siege.addr).unwrap();
    truth.create("/large", &vec![b'x'; 1_000_000]).unwrap();
    truth.close().unwrap();
    let read = Body::default().multi_header(op::GET_DATA, false).str("/large").bool(false);
    let reads = (0..20).fold(Body::default(), |body, _| body.then(&read)).multi_header(-1, true);
    // More than a gigabyte of first answers alone.
    let asked = request(op::MULTI_READ, &reads).repeat(1_000);
    let deaf: Vec<_> = (0..60)
        .map(|_| {
            let mut stream = greet(&siege.addr, LONG);
            push(&mut stream, &asked);
            stream
        })
        .collect();
    // A session whose requests wait behind answers is not heard of, and is over when its time is.
    wait_for("the server to hang up", SOON, || (siege.count("zk_num_alive_connections") < 10).then_some(()));
    drop(deaf);
    siege.end(UNREAD + MORE);
}

#[test]
fn events_that_nobody_reads_are_kept_up_to_a_limit() {
    // Sessions live for longer than this takes.
    let siege = Siege::begin(&["--tick-time", "30000"]);
    let watch = request(op::ADD_WATCH, &Body::default().str("/").int(1));
    let deaf: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = greet(&siege.addr, LONG);
            push(&mut stream, &watch);
            stream
        })
        .collect();
    let mut busy = Truth::connect(&siege.addr).unwrap();
    let name = "x".repeat(50_000);
    let path = format!("/{name}");
    for _ in 0..200 {
        busy.create(&path, b"").unwrap();
        busy.delete(&path).unwrap();
    }
    // Two gigabytes of events: some are in the kernel's hands, and whoever has the oldest is gone.
    assert!(siege.count("zk_num_alive_connections") < deaf.len());
    siege.end(UNREAD + MORE);
}
