//! Walks and reads.

use std::collections::VecDeque;

use crate::Result;
use crate::session::{
    Fields, GET_CHILDREN, GET_CHILDREN2, GET_DATA, MULTI_READ, Session, header, multi_header, read_request,
    string,
};

/// Reads in one `multiRead`, and `multiRead`s in flight.
const BATCH: usize = 500;
const IN_FLIGHT: usize = 4;
/// Znodes asked for in single requests at a time.
const PIPELINE: usize = 256;

/// The same `getData` again and again, so many in flight.
pub(crate) fn repeat(session: &mut Session, path: &str, count: usize, in_flight: usize) -> Result<usize> {
    let request = read_request(GET_DATA, path);
    let (mut sent, mut answered) = (0, 0);
    while answered < count {
        while sent < count && sent - answered < in_flight {
            session.frame(&request);
            sent += 1;
        }
        session.flush()?;
        Fields::of(&session.reply()?)?;
        answered += 1;
    }
    Ok(count)
}

/// One list of children; tells the size of the reply.
pub(crate) fn list(session: &mut Session, path: &str) -> Result<usize> {
    session.frame(&read_request(GET_CHILDREN, path));
    session.flush()?;
    let reply = session.reply()?;
    Fields::of(&reply)?;
    Ok(reply.len())
}

/// Data first, children where the stat has any: what zkx does too.
pub(crate) fn walk(session: &mut Session, root: &str) -> Result<usize> {
    let mut data = vec![root.to_owned()];
    let mut lists: Vec<String> = Vec::new();
    let mut flight: VecDeque<Vec<(bool, String)>> = VecDeque::new();
    let mut seen = 0;
    loop {
        while flight.len() < IN_FLIGHT && !(data.is_empty() && lists.is_empty()) {
            let mut batch = Vec::new();
            let mut body = header(MULTI_READ);
            while batch.len() < BATCH {
                let (list, path) = match (lists.pop(), data.is_empty()) {
                    (Some(path), _) => (true, path),
                    (None, false) => (false, data.pop().unwrap_or_default()),
                    (None, true) => break,
                };
                multi_header(&mut body, if list { GET_CHILDREN } else { GET_DATA }, false);
                string(&mut body, &path);
                body.push(0);
                batch.push((list, path));
            }
            multi_header(&mut body, -1, true);
            session.frame(&body);
            flight.push_back(batch);
        }
        session.flush()?;
        let Some(batch) = flight.pop_front() else { return Ok(seen) };
        let reply = session.reply()?;
        let mut fields = Fields::of(&reply)?;
        for (list, path) in batch {
            let op = fields.int()?;
            fields.skip(5)?;
            match (op, list) {
                (GET_CHILDREN, true) => fields.names(&path, &mut data)?,
                (GET_DATA, false) => {
                    seen += 1;
                    fields.bytes()?;
                    if fields.children_in_stat()? > 0 {
                        lists.push(path);
                    }
                }
                _ => drop(fields.int()?),
            }
        }
    }
}

/// Data and children of every znode, in single requests.
pub(crate) fn walk_singles(session: &mut Session, root: &str) -> Result<usize> {
    let mut todo = vec![root.to_owned()];
    let mut flight: VecDeque<String> = VecDeque::new();
    let mut seen = 0;
    loop {
        while flight.len() < PIPELINE
            && let Some(path) = todo.pop()
        {
            session.frame(&read_request(GET_DATA, &path));
            session.frame(&read_request(GET_CHILDREN2, &path));
            flight.push_back(path);
        }
        session.flush()?;
        let Some(path) = flight.pop_front() else { return Ok(seen) };
        Fields::of(&session.reply()?)?;
        let reply = session.reply()?;
        Fields::of(&reply)?.names(&path, &mut todo)?;
        seen += 1;
    }
}

/// Data of every znode, children only of those that have any, in single requests.
fn walk_lean(session: &mut Session, roots: Vec<String>) -> Result<usize> {
    let mut todo: Vec<_> = roots.into_iter().map(|path| (false, path)).collect();
    let mut flight: VecDeque<(bool, String)> = VecDeque::new();
    let mut seen = 0;
    let mut names = Vec::new();
    loop {
        while flight.len() < PIPELINE
            && let Some((list, path)) = todo.pop()
        {
            session.frame(&read_request(if list { GET_CHILDREN } else { GET_DATA }, &path));
            flight.push_back((list, path));
        }
        session.flush()?;
        let Some((list, path)) = flight.pop_front() else { return Ok(seen) };
        let reply = session.reply()?;
        let mut fields = Fields::of(&reply)?;
        if list {
            fields.names(&path, &mut names)?;
            todo.extend(names.drain(..).map(|name| (false, name)));
            continue;
        }
        seen += 1;
        fields.bytes()?;
        if fields.children_in_stat()? > 0 {
            todo.push((true, path));
        }
    }
}

/// The lean walk, by several sessions on one server that share the root's children.
pub(crate) fn walk_shared(session: &mut Session, addr: &str, root: &str, sessions: usize) -> Result<usize> {
    if sessions < 2 {
        return walk_lean(session, vec![root.to_owned()]);
    }
    session.frame(&read_request(GET_CHILDREN, root));
    session.flush()?;
    let mut below = Vec::new();
    Fields::of(&session.reply()?)?.names(root, &mut below)?;
    let share = below.len().div_ceil(sessions).max(1);
    std::thread::scope(|scope| {
        let walks: Vec<_> = below
            .chunks(share)
            .map(|roots| {
                scope.spawn(move || {
                    let walk = || {
                        let mut session = Session::open(addr)?;
                        let seen = walk_lean(&mut session, roots.to_vec())?;
                        session.close()?;
                        Ok(seen)
                    };
                    walk().map_err(|error: Box<dyn std::error::Error>| error.to_string())
                })
            })
            .collect();
        // The root itself.
        let mut seen = 1;
        for walk in walks {
            seen += walk.join().map_err(|_| "a session's thread failed")??;
        }
        Ok(seen)
    })
}
