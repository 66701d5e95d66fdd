//! The physical ceiling: prepared frames into a socket, replies out of it, and nothing else.
//!
//! Knows just enough of ZooKeeper's protocol to count answers, shares no code with zkx, and does with
//! blocking reads and writes what a client can do at best. `scripts/dev/bench` runs it beside zkx, and has
//! it make what is measured: trees, storms of changes, a neighbour, distance.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::exit, reason = "a program of its own")]

mod delay;
mod neighbour;
mod reads;
mod session;
mod writes;

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use session::{Fields, GET_DATA, Session, read_request};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "ceiling HOST:PORT MODE …
  get PATH                       one getData, cold
  repeat PATH N IN_FLIGHT        N times getData of one znode
  list PATH                      getChildren; tells the size of the reply
  walk PATH                      getData and getChildren of all below, by multiRead
  walk-singles PATH              getData and getChildren2 of each znode, pipelined
  walk-lean PATH SESSIONS        as zkx does it: a leaf's children are not asked for
  create PATH N BYTES [NAME]     N creates in transactions, with names of so many bytes
  plant PATH N BYTES PARENTS     the same spread below so many parents, and the parents
  storm PATH ZNODES N RATE       N changes of PATH/n0…, so many a second (0: as many as go)
  ping PATH SECONDS              one getData a millisecond; tells the latencies
  delay PORT MILLISECONDS        a proxy on PORT that adds to the round trip";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [addr, mode, first, rest @ ..] = &args[..] else { return Err(USAGE.into()) };
    if *mode == "delay" {
        let [round_trip] = rest else { return Err(USAGE.into()) };
        return delay::serve(addr, first.parse()?, Duration::from_millis(round_trip.parse()?)).map(drop);
    }
    let mut session = Session::open(addr)?;
    let done = work(&mut session, addr, mode, first, rest)?;
    session.close()?;
    eprintln!("{done}");
    Ok(())
}

fn work(session: &mut Session, addr: &str, mode: &str, path: &str, rest: &[&str]) -> Result<usize> {
    match (mode, rest) {
        ("get", []) => {
            session.frame(&read_request(GET_DATA, path));
            session.flush()?;
            let reply = session.reply()?;
            std::io::stdout().write_all(Fields::of(&reply)?.bytes()?)?;
            Ok(1)
        }
        ("repeat", [count, in_flight]) => reads::repeat(session, path, count.parse()?, in_flight.parse()?),
        ("list", []) => {
            let size = reads::list(session, path)?;
            println!("{size}");
            Ok(size)
        }
        ("walk", []) => reads::walk(session, path),
        ("walk-singles", []) => reads::walk_singles(session, path),
        ("walk-lean", [sessions]) => reads::walk_shared(session, addr, path, sessions.parse()?),
        ("create", [count, bytes, name @ ..]) => {
            let name = name.first().map_or(Ok(0), |name| name.parse())?;
            writes::create(session, &writes::flat(path, count.parse()?, name), bytes.parse()?)
        }
        ("plant", [count, bytes, parents]) => {
            writes::create(session, &writes::tree(path, count.parse()?, parents.parse()?), bytes.parse()?)
        }
        ("storm", [znodes, changes, rate]) => {
            let (znodes, changes, rate) = (znodes.parse()?, changes.parse()?, rate.parse()?);
            writes::storm(session, path, &writes::Storm { znodes, changes, rate })
        }
        ("ping", [seconds]) => neighbour::ping(session, path, Duration::from_secs_f64(seconds.parse()?)),
        _ => Err(USAGE.into()),
    }
}
