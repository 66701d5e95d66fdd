//! A client that asks for little and notices how long it takes.

use std::iter::successors;
use std::time::{Duration, Instant};

use crate::Result;
use crate::session::{Fields, GET_DATA, Session, read_request};

/// Between two requests.
const PAUSE: Duration = Duration::from_millis(1);

/// One `getData` at a time, a thousand a second; prints how many there were, and median, 99th percentile
/// and maximum in microseconds.
///
/// A wait of a second counts as if requests had been due all the while, a millisecond apart, and had waited
/// for the rest of it: else a server that stands still would spoil one figure instead of a thousand.
pub(crate) fn ping(session: &mut Session, path: &str, time: Duration) -> Result<usize> {
    let request = read_request(GET_DATA, path);
    let begun = Instant::now();
    let mut due = begun;
    let mut latencies = Vec::new();
    let mut requests = 0;
    while due < begun + time {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let sent = Instant::now();
        session.frame(&request);
        session.flush()?;
        Fields::of(&session.reply()?)?;
        requests += 1;
        let latency = sent.elapsed();
        let waiting = |latency: &Duration| latency.checked_sub(PAUSE).filter(|rest| !rest.is_zero());
        latencies.extend(successors(Some(latency), waiting));
        due = (due + PAUSE).max(Instant::now());
    }
    latencies.sort_unstable();
    let at = |part: usize| {
        latencies.get(latencies.len().saturating_sub(1) * part / 1000).map_or(0, Duration::as_micros)
    };
    println!("{requests} {} {} {}", at(500), at(990), at(1000));
    Ok(requests)
}
