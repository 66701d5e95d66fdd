//! A stream on one server.

use std::collections::HashSet;
use std::time::Duration;

use super::answer::{Facts, Meanings};
use super::step::{Act, Ask, Step};
use crate::support::jute::{Body, Reader};
use crate::support::servers::four_letter;
use crate::support::truth::{Acl, Answer, Truth, code, op};

/// Sessions must not expire while others are busy.
const SESSION: Duration = Duration::from_secs(60);
/// Events have this xid.
const EVENT: i32 = -1;
/// What a server has before anybody does anything, with the permissions that everybody has there.
const SPECIAL: [(&str, i32); 4] =
    [("/", 31), ("/zookeeper", 31), ("/zookeeper/quota", 31), ("/zookeeper/config", 1)];

/// What the answers to words must tell alike.
const COUNTED: [(&str, &[&str]); 3] = [
    ("srvr", &["Zxid", "Connections", "Node count"]),
    ("mntr", &["server_state", "num_alive_connections", "znode_count", "ephemerals_count", "zk_watch_count"]),
    // Not compared: how many connections watch anything. A real server goes on counting those whose
    // watches have all fired.
    ("wchs", &["Total watches"]),
];

/// What a step looked like on one side.
#[derive(Default)]
pub(super) struct Seen {
    /// Events that came before the answer, the answer, and whether the server hung up.
    pub(super) lines: Vec<String>,
    /// The answer's code, if there was one.
    pub(super) code: Option<i32>,
    pub(super) facts: Facts,
    /// The newest zxid, counted from the beginning of the stream.
    pub(super) zxid: i64,
    /// Whether a connection is there now.
    pub(super) connected: bool,
}

/// A place for a session.
#[derive(Default)]
struct Slot {
    connection: Option<Truth>,
    /// Its id and password while it lives.
    session: Option<(i64, Vec<u8>)>,
    /// Requests so far, and those of them that were answered: these are xids too.
    asked: i32,
    answered: i32,
}

/// One server, and the sessions of a stream.
pub(super) struct Side {
    addr: String,
    root: String,
    /// Prepares the place of the stream and cleans it up.
    janitor: Truth,
    meanings: Meanings,
    slots: Vec<Slot>,
    /// Transactions that closed sessions. Not compared: which of their ephemerals goes first, which is
    /// up to Java's hash sets.
    closings: HashSet<i64>,
}

impl Side {
    /// Makes the place of a stream; an empty one is the root.
    pub(super) fn begin(addr: &str, root: &str, slots: usize) -> Self {
        let mut janitor = Truth::connect_for(addr, SESSION).expect("a session");
        janitor.auth("digest", "super:test").expect("a superuser");
        if !root.is_empty() {
            janitor.create(root, b"").expect("a place for the stream");
        }
        janitor.send(-2, op::PING, &Body::default()).expect("a connection");
        let mut pong = janitor.frame().expect("an answer");
        pong.int();
        Self {
            addr: addr.to_owned(),
            root: root.to_owned(),
            janitor,
            meanings: Meanings::new(pong.long()),
            slots: std::iter::repeat_with(Slot::default).take(slots).collect(),
            closings: HashSet::new(),
        }
    }

    /// Sends what a step sends, so that the other side can do so too before the answer is awaited.
    pub(super) fn start(&mut self, step: &Step) {
        let asks = match &step.act {
            Act::Ask(ask) => std::slice::from_ref(ask),
            Act::Burst(asks) => asks,
            _ => return,
        };
        let slot = &mut self.slots[step.slot];
        slot.answered = slot.asked;
        for ask in asks {
            slot.asked += 1;
            if let Some(connection) = &mut slot.connection {
                let body = ask.body(&self.root, self.meanings.base());
                // A connection that is over shows when it is read from.
                let _ = connection.send(ask.xid(slot.asked), ask.op, &body);
            }
        }
    }

    /// The rest of a step.
    pub(super) fn finish(&mut self, step: &Step) -> Seen {
        let mut seen = Seen::default();
        match &step.act {
            Act::Open => self.open(step.slot, &mut seen),
            Act::Resume => self.resume(step.slot, true, &mut seen),
            Act::Guess => self.resume(step.slot, false, &mut seen),
            Act::Leave => {
                self.drain(step.slot, &mut seen);
                if let Some(connection) = self.slots[step.slot].connection.take() {
                    connection.abandon();
                }
            }
            Act::Ask(ask) => self.answer(step.slot, ask, &mut seen),
            Act::Count => self.count(&mut seen),
            Act::Burst(asks) => asks.iter().for_each(|ask| self.answer(step.slot, ask, &mut seen)),
        }
        seen.connected = self.slots[step.slot].connection.is_some();
        seen
    }

    fn open(&mut self, slot: usize, seen: &mut Seen) {
        self.close(slot, seen);
        match Truth::connect_for(&self.addr, SESSION) {
            Ok(truth) => {
                let number = self.meanings.opened(truth.session());
                seen.lines.push(format!("session {number} for {:?}", truth.timeout()));
                let session = (truth.session(), truth.password().to_vec());
                self.slots[slot] =
                    Slot { connection: Some(truth), session: Some(session), ..Slot::default() };
            }
            Err(failure) => seen.lines.push(format!("no session: {failure}")),
        }
    }

    fn resume(&mut self, slot: usize, knows: bool, seen: &mut Seen) {
        self.drain(slot, seen);
        let Some((session, mut password)) = self.slots[slot].session.clone() else {
            seen.lines.push("no session to resume".to_owned());
            return;
        };
        if !knows {
            password[0] ^= 1;
        }
        let old = self.slots[slot].connection.take();
        match Truth::resume(&self.addr, SESSION, session, &password) {
            Ok(truth) => {
                seen.lines.push(format!("resumed for {:?}", truth.timeout()));
                self.slots[slot].connection = Some(truth);
            }
            Err(failure) => seen.lines.push(format!("not resumed: {failure}")),
        }
        if let Some(mut old) = old {
            seen.lines.push(format!("the old connection ends: {}", old.hangs_up()));
            old.abandon();
        }
    }

    /// Takes the events that are there, up to the answer to a ping.
    fn drain(&mut self, slot: usize, seen: &mut Seen) {
        if self.slots[slot].connection.is_some() {
            self.ask(slot, Ask::new(op::PING, []), seen);
        }
    }

    fn count(&self, seen: &mut Seen) {
        for (word, keys) in COUNTED {
            let answer = four_letter(&self.addr, word);
            let counted = answer.lines().filter(|line| keys.iter().any(|key| line.contains(key)));
            seen.lines.extend(counted.map(|line| match line.strip_prefix("Zxid: 0x") {
                Some(zxid) => self.meanings.zxid(i64::from_str_radix(zxid, 16).expect("a zxid")),
                None => line.to_owned(),
            }));
        }
        seen.lines.sort_unstable();
    }

    fn close(&mut self, slot: usize, seen: &mut Seen) {
        if self.slots[slot].session.is_none() {
            return;
        }
        if self.slots[slot].connection.is_none() {
            self.resume(slot, true, seen);
        }
        self.ask(slot, Ask::new(op::CLOSE, []), seen);
    }

    fn ask(&mut self, slot: usize, ask: Ask, seen: &mut Seen) {
        self.start(&Step { slot, act: Act::Ask(ask.clone()) });
        self.answer(slot, &ask, seen);
    }

    fn answer(&mut self, slot: usize, ask: &Ask, seen: &mut Seen) {
        let Some(mut connection) = self.slots[slot].connection.take() else {
            seen.lines.push("no connection".to_owned());
            return;
        };
        self.slots[slot].answered += 1;
        let expected = ask.xid(self.slots[slot].answered);
        let mut events = Vec::new();
        let reply = loop {
            let Ok(mut frame) = connection.frame() else { break None };
            let (xid, zxid, code) = (frame.int(), frame.long(), frame.int());
            if xid == EVENT {
                events.push((zxid, self.meanings.event(zxid, code, &mut frame)));
                continue;
            }
            break Some(self.reply(ask, (xid == expected, zxid, code), &mut frame, seen));
        };
        events.chunk_by_mut(|a, b| a.0 == b.0 && self.closings.contains(&a.0)).for_each(<[_]>::sort);
        seen.lines.extend(events.into_iter().map(|(_, event)| event));
        match reply {
            None => {
                seen.lines.push("hung up without an answer".to_owned());
                connection.abandon();
            }
            Some((line, false)) => {
                seen.lines.push(line);
                self.slots[slot].connection = Some(connection);
            }
            Some((line, true)) => {
                seen.lines.push(line);
                seen.lines.push(format!("hangs up: {}", connection.hangs_up()));
                connection.abandon();
            }
        }
        if ask.op == op::CLOSE {
            self.slots[slot].session = None;
        }
    }

    /// A reply in a line, and whether the server should hang up after it.
    fn reply(
        &mut self,
        ask: &Ask,
        (known, zxid, code): (bool, i64, i32),
        frame: &mut Reader,
        seen: &mut Seen,
    ) -> (String, bool) {
        let stranger = if known { "" } else { " for a strange xid" };
        // Not compared: what follows an error. A real server trails the beginning of an answer after a
        // failed multiRead, which no client reads.
        let body = if code == 0 { self.meanings.body(ask.op, frame, &mut seen.facts) } else { String::new() };
        (seen.code, seen.zxid) = (Some(code), zxid - self.meanings.base());
        if ask.op == op::CLOSE {
            self.closings.insert(zxid);
        }
        let unknown = code == code::UNIMPLEMENTED && zxid == -1;
        let over = ask.op == op::CLOSE || code == code::AUTH_FAILED || unknown;
        (format!("{code} at {}{stranger}: {body}", self.meanings.zxid(zxid)), over)
    }

    /// Ends all sessions and leaves the server as it was, except for what nobody can take back.
    pub(super) fn end(mut self) -> Answer<()> {
        for slot in 0..self.slots.len() {
            self.close(slot, &mut Seen::default());
        }
        let janitor = &mut self.janitor;
        for (path, perms) in SPECIAL {
            janitor.set_acl(path, &[Acl::new(perms, "world", "anyone")])?;
        }
        let special = |path: &str| SPECIAL.iter().any(|(known, _)| *known == path);
        // Quotas first: without them nothing is counted while the rest goes.
        for (path, _) in SPECIAL.iter().rev() {
            let (names, _) = janitor.children(path)?;
            for name in names {
                let path = format!("{}/{name}", path.trim_end_matches('/'));
                if !special(&path) {
                    janitor.delete_subtree(&path)?;
                }
            }
        }
        self.janitor.close()
    }
}
