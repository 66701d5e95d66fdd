//! Very many at once.

use std::net::TcpStream;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::{MIB, Siege, connect, greet, hangs_up, is_over, push, request};
use crate::support::jute::{Body, Reader};
use crate::support::truth::op;
use crate::support::wait_for;

const CROWD: usize = 10_000;
const LONG: Duration = Duration::from_secs(40);
/// Files that the rest of the tests may have open at the same time.
const OTHERS: usize = 2_000;

/// As many connections as may be open here, up to `wanted`.
fn allowed(wanted: usize) -> usize {
    let most = getrlimit(Resource::RLIMIT_NOFILE).unwrap().1;
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
    let files = usize::try_from(most).unwrap_or(usize::MAX);
    let allowed = wanted.min(files.saturating_sub(OTHERS));
    if allowed < wanted {
        println!("only {files} files may be open here: {allowed} connections instead of {wanted}");
    }
    allowed
}

#[test]
fn ten_thousand_connections_cost_little() {
    let siege = Siege::begin(&["--max-connections", "20000"]);
    let crowd = allowed(CROWD);
    let before = siege.memory("VmRSS");
    let mut streams: Vec<TcpStream> = (0..crowd).map(|_| greet(&siege.addr, LONG)).collect();
    assert!(siege.count("zk_num_alive_connections") > crowd);
    let ask = request(op::GET_DATA, &Body::default().str("/honest").bool(true));
    for stream in &mut streams {
        push(stream, &ask);
    }
    let each = (siege.memory("VmRSS") - before) / crowd;
    println!("{each} bytes for each of {crowd} connections");
    assert!(each < 16 << 10, "{each} bytes for each connection");
    drop(streams);
    siege.end(256 * MIB);
}

#[test]
fn who_is_too_many_is_turned_away() {
    let siege = Siege::begin(&["--max-connections", "100"]);
    // The honest client has one of them.
    let inside: Vec<TcpStream> = (0..99).map(|_| greet(&siege.addr, LONG)).collect();
    for _ in 0..1_000 {
        assert!(hangs_up(&mut connect(&siege.addr)));
    }
    drop(inside);
    wait_for("room for others", LONG, || (!is_over(&mut connect(&siege.addr))).then_some(()));
    siege.end(64 * MIB);
}

#[test]
fn watches_cost_little_and_go_with_their_connection() {
    const WATCHES: usize = 200_000;
    let siege = Siege::begin(&[]);
    let before = siege.memory("VmRSS");
    let mut watcher = greet(&siege.addr, LONG);
    watcher.set_write_timeout(Some(LONG)).unwrap();
    for first in (0..WATCHES).step_by(10_000) {
        let paths = (first..first + 10_000).fold(Body::default().int(10_000), |body, n| {
            body.str(&format!("/some/path/that/is/watched/{n:08}"))
        });
        let none = Body::default().int(0);
        let body = Body::default().long(0).then(&none).then(&paths).then(&none);
        assert!(push(&mut watcher, &request(op::SET_WATCHES, &body)));
        Reader::of_frame(&mut watcher).unwrap();
    }
    assert_eq!(siege.count("zk_watch_count"), WATCHES);
    let each = (siege.memory("VmRSS") - before) / WATCHES;
    println!("{each} bytes for each watch");
    assert!(each < 320, "{each} bytes for each watch");
    drop(watcher);
    wait_for("the watches to go", LONG, || (siege.count("zk_watch_count") == 0).then_some(()));
    siege.end(128 * MIB);
}
