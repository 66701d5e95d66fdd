//! Answers and events in a form in which two servers can be compared: a line of text each, with
//! zxids counted from the beginning of the stream and sessions called by their number.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::step::shown;
use crate::support::jute::Reader;
use crate::support::truth::{Stat, op};

/// What an answer said that later steps may build on.
#[derive(Default)]
pub(super) struct Facts {
    /// Paths as created, in order.
    pub(super) created: Vec<Vec<u8>>,
    /// Data versions, in order.
    pub(super) versions: Vec<i32>,
}

/// What the numbers of one server mean.
pub(super) struct Meanings {
    /// The zxid when the stream began.
    base: i64,
    /// Sessions, in the order in which they were opened.
    sessions: HashMap<i64, usize>,
    /// When transactions happened, as far as stats tell.
    times: BTreeMap<i64, i64>,
}

impl Meanings {
    pub(super) fn new(base: i64) -> Self {
        Self { base, sessions: HashMap::new(), times: BTreeMap::new() }
    }

    pub(super) fn base(&self) -> i64 {
        self.base
    }

    pub(super) fn opened(&mut self, session: i64) -> usize {
        let number = self.sessions.len();
        *self.sessions.entry(session).or_insert(number)
    }

    /// Counted from the beginning of the stream; what was before is not told apart, since streams
    /// before this one may be missing when it is replayed.
    pub(super) fn zxid(&self, zxid: i64) -> String {
        match zxid {
            0 | -1 => zxid.to_string(),
            _ if zxid > self.base => format!("+{}", zxid - self.base),
            _ => "old".to_owned(),
        }
    }

    /// All that happened in one transaction has one time, and time does not go back.
    fn at(&mut self, zxid: i64, time: i64) -> &'static str {
        let before = self.times.range(..zxid).next_back().is_none_or(|(_, before)| *before <= time);
        let after = self.times.range(zxid + 1..).next().is_none_or(|(_, after)| *after >= time);
        if *self.times.entry(zxid).or_insert(time) != time || !before || !after {
            return " OUT OF TIME";
        }
        ""
    }

    fn stat(&mut self, stat: &Stat) -> String {
        let owner = match stat.ephemeral_owner {
            0 => "-".to_owned(),
            session => match self.sessions.get(&session) {
                Some(number) => format!("session {number}"),
                None => format!("{session:#x}"),
            },
        };
        format!(
            "{{c {} m {} p {} v{} cv{} av{} owner {owner} length {} children {}{}{}}}",
            self.zxid(stat.czxid),
            self.zxid(stat.mzxid),
            self.zxid(stat.pzxid),
            stat.version,
            stat.cversion,
            stat.aversion,
            stat.data_length,
            stat.num_children,
            self.at(stat.czxid, stat.ctime),
            self.at(stat.mzxid, stat.mtime),
        )
    }

    /// A watch event: its header is read already.
    pub(super) fn event(&self, zxid: i64, code: i32, frame: &mut Reader) -> String {
        let (kind, state) = (frame.int(), frame.int());
        let mut text = format!("event {kind} in state {state} at {} code {code}: ", self.zxid(zxid));
        let _ = shown(frame.buffer().as_deref(), &mut text);
        text + &trailing(frame)
    }

    /// The body of a good answer.
    pub(super) fn body(&mut self, op: i32, frame: &mut Reader, facts: &mut Facts) -> String {
        let mut text = String::new();
        let _ = match op {
            op::CREATE => text.write_str(&created(frame, facts)),
            op::CREATE2 | op::CREATE_CONTAINER | op::CREATE_TTL => {
                write!(text, "{} {}", created(frame, facts), self.stat(&frame.stat()))
            }
            op::EXISTS | op::SET_DATA | op::SET_ACL => text.write_str(&self.version(frame, facts)),
            op::GET_DATA => write!(text, "{} {}", data(frame), self.version(frame, facts)),
            op::GET_ACL => {
                let entry =
                    |frame: &mut Reader| format!("{} for {}:{}", frame.int(), data(frame), data(frame));
                write!(text, "{} {}", list(frame, entry), self.version(frame, facts))
            }
            op::GET_CHILDREN | op::GET_EPHEMERALS => text.write_str(&set(frame, data)),
            op::GET_CHILDREN2 => write!(text, "{} {}", set(frame, data), self.version(frame, facts)),
            op::SYNC | op::SASL => text.write_str(&data(frame)),
            op::MULTI | op::MULTI_READ => text.write_str(&self.results(frame, facts)),
            op::ADD_WATCH | op::GET_ALL_CHILDREN_NUMBER => write!(text, "{}", frame.int()),
            op::WHO_AM_I => text.write_str(&list(frame, |frame| format!("{}:{}", data(frame), data(frame)))),
            _ => Ok(()),
        };
        text + &trailing(frame)
    }

    fn version(&mut self, frame: &mut Reader, facts: &mut Facts) -> String {
        let stat = frame.stat();
        facts.versions.push(stat.version);
        self.stat(&stat)
    }

    fn results(&mut self, frame: &mut Reader, facts: &mut Facts) -> String {
        let mut text = String::new();
        loop {
            let (kind, done, error) = (frame.int(), frame.bool(), frame.int());
            let body = match kind {
                _ if done => return format!("[{text}] {kind} {error}"),
                -1 => frame.int().to_string(),
                op::CREATE => created(frame, facts),
                op::CREATE2 => format!("{} {}", created(frame, facts), self.stat(&frame.stat())),
                op::SET_DATA => self.version(frame, facts),
                op::GET_DATA => format!("{} {}", data(frame), self.stat(&frame.stat())),
                op::GET_CHILDREN => set(frame, data),
                _ => String::new(),
            };
            let _ = write!(text, "<{kind} {error} {body}>");
        }
    }
}

fn created(frame: &mut Reader, facts: &mut Facts) -> String {
    let path = frame.buffer();
    let mut text = String::new();
    let _ = shown(path.as_deref(), &mut text);
    facts.created.extend(path);
    text
}

fn data(frame: &mut Reader) -> String {
    let mut text = String::new();
    let _ = shown(frame.buffer().as_deref(), &mut text);
    text
}

/// Not compared: the order of names and paths, which is up to Java's hash sets too.
fn set(frame: &mut Reader, item: impl Fn(&mut Reader) -> String) -> String {
    let mut items = items(frame, item);
    items.sort_unstable();
    format!("[{}]", items.join(", "))
}

fn list(frame: &mut Reader, item: impl Fn(&mut Reader) -> String) -> String {
    format!("[{}]", items(frame, item).join(", "))
}

fn items(frame: &mut Reader, item: impl Fn(&mut Reader) -> String) -> Vec<String> {
    let count = frame.int();
    (0..count).map(|_| item(frame)).collect()
}

fn trailing(frame: &Reader) -> String {
    match frame.left() {
        0 => String::new(),
        left => format!(" and {left} bytes more"),
    }
}
