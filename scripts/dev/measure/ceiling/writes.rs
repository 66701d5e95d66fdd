//! Creates in bulk, and changes at a steady rate.

use std::collections::VecDeque;
use std::io::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::session::{CREATE, Fields, MULTI, SET_DATA, Session, header, multi_header, string, zxid};

/// Operations and bytes in one transaction, at most; the server takes one megabyte.
const BATCH: usize = 500;
const BATCH_BYTES: usize = 768 << 10;
/// Transactions in flight.
const IN_FLIGHT: usize = 10;

/// Creates in bulk, in the given order.
pub(crate) fn create(session: &mut Session, paths: &[String], bytes: usize) -> Result<usize> {
    let data = vec![b'x'; bytes];
    let each = bytes + 80 + paths.last().map_or(0, String::len);
    let mut flight = 0;
    let mut batches = paths.chunks(BATCH.min(BATCH_BYTES / each).max(1)).peekable();
    while batches.peek().is_some() || flight > 0 {
        while flight < IN_FLIGHT
            && let Some(batch) = batches.next()
        {
            let mut body = header(MULTI);
            for path in batch {
                multi_header(&mut body, CREATE, false);
                string(&mut body, path);
                body.extend((data.len() as i32).to_be_bytes());
                body.extend(&data);
                body.extend(1i32.to_be_bytes());
                body.extend(31i32.to_be_bytes());
                string(&mut body, "world");
                string(&mut body, "anyone");
                body.extend(0i32.to_be_bytes());
            }
            multi_header(&mut body, -1, true);
            session.frame(&body);
            flight += 1;
        }
        session.flush()?;
        Fields::of_multi(&session.reply()?)?;
        flight -= 1;
    }
    Ok(paths.len())
}

/// `count` znodes in one directory, with names as long as asked.
pub(crate) fn flat(parent: &str, count: usize, name: usize) -> Vec<String> {
    (0..count).map(|n| format!("{parent}/n{n:->width$}", width = name.max(1) - 1)).collect()
}

/// A root, `parents` below it, and `count` znodes spread below those.
pub(crate) fn tree(root: &str, count: usize, parents: usize) -> Vec<String> {
    let above = (0..parents).map(|parent| format!("{root}/d{parent}"));
    let leaves = (0..count).map(|n| format!("{root}/d{}/n{}", n % parents, n / parents));
    [root.to_owned()].into_iter().chain(above).chain(leaves).collect()
}

/// How long a [`storm`] lasts, and how hard it blows.
pub(crate) struct Storm {
    pub(crate) znodes: usize,
    /// Changes in all.
    pub(crate) changes: usize,
    /// Changes a second; 0 is as many as the server takes.
    pub(crate) rate: usize,
}

/// Sets `ROOT/n0`, `ROOT/n1`… in turn, in transactions of which each sets a znode once at most. Prints
/// for each transaction its zxid, how many changes it made and when it went out (milliseconds of the
/// clock), and at last how long it took in seconds.
pub(crate) fn storm(session: &mut Session, root: &str, storm: &Storm) -> Result<usize> {
    let paced = |changes: usize| Duration::from_secs_f64(changes as f64 / storm.rate.max(1) as f64);
    let batch = if storm.rate == 0 { BATCH } else { (storm.rate / 200).clamp(1, BATCH) }.min(storm.znodes);
    let begun = Instant::now();
    let mut flight = VecDeque::new();
    let mut log = std::io::BufWriter::new(std::io::stdout().lock());
    let mut sent = 0;
    loop {
        // Waits for answers only when too many are out: pacing must not depend on them.
        let more = sent < storm.changes;
        if !more || flight.len() >= 4 * IN_FLIGHT {
            let Some((size, time)) = flight.pop_front() else { break };
            let reply = session.reply()?;
            Fields::of_multi(&reply)?;
            writeln!(log, "{} {size} {time}", zxid(&reply)?)?;
            continue;
        }
        if storm.rate > 0 {
            std::thread::sleep((begun + paced(sent)).saturating_duration_since(Instant::now()));
        }
        let size = batch.min(storm.changes - sent);
        let mut body = header(MULTI);
        for change in sent..sent + size {
            multi_header(&mut body, SET_DATA, false);
            string(&mut body, &format!("{root}/n{}", change % storm.znodes));
            string(&mut body, &change.to_string());
            body.extend((-1i32).to_be_bytes());
        }
        multi_header(&mut body, -1, true);
        session.frame(&body);
        session.flush()?;
        flight.push_back((size, SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis()));
        sent += size;
    }
    writeln!(log, "{:.6}", begun.elapsed().as_secs_f64())?;
    log.flush()?;
    Ok(sent)
}
