//! Draws the steps of a stream: mostly such as mean something, since a stream of refusals proves
//! little, and some of every kind that does not.

mod asks;
mod words;

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;

use super::side::Seen;
use super::step::{Act, Arg, Ask, Step, Text};
use crate::support::truth::op;
use words::{BAD_ENDS, NAMES, ODD_NAMES, WHOLE};

/// Sessions at a time.
pub(super) const SLOTS: usize = 4;

/// What a generator knows of the tree: enough to ask for what is there.
pub(super) struct Chance {
    rng: Rng,
    /// Whether the root and what belongs to the server is meant too.
    whole: bool,
    /// Paths that are there, as far as known, with their versions.
    live: BTreeMap<Text, i32>,
    /// Where the sessions have left watches, the last ones.
    watched: [VecDeque<Text>; SLOTS],
    /// Whose turn it is.
    slot: usize,
    connected: [bool; SLOTS],
    open: [bool; SLOTS],
    zxid: i64,
    planned: VecDeque<Step>,
}

impl Chance {
    pub(super) fn new(seed: u64, whole: bool) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            whole,
            live: BTreeMap::new(),
            watched: Default::default(),
            slot: 0,
            connected: [false; SLOTS],
            open: [false; SLOTS],
            zxid: 0,
            planned: VecDeque::new(),
        }
    }

    /// The next step.
    pub(super) fn step(&mut self) -> Step {
        if let Some(step) = self.planned.pop_front() {
            return step;
        }
        let slot = self.rng.usize(..SLOTS);
        self.slot = slot;
        let act = match self.rng.u32(..1000) {
            _ if !self.open[slot] => Act::Open,
            _ if !self.connected[slot] => {
                if self.rng.u32(..4) > 0 {
                    let ask = Act::Ask(self.set_watches());
                    self.planned.push_back(Step { slot, act: ask });
                }
                Act::Resume
            }
            ..3 => Act::Open,
            3..8 => Act::Ask(Ask::new(op::CLOSE, [])),
            8..14 => Act::Leave,
            14..18 => Act::Resume,
            18..20 => Act::Guess,
            20..24 => {
                self.plan_quota(slot);
                return self.step();
            }
            24..27 => Act::Count,
            27..60 => {
                let count = self.rng.usize(2..9);
                let asks = std::iter::repeat_with(|| self.ask()).filter(Ask::joins).take(count);
                Act::Burst(asks.collect())
            }
            _ => Act::Ask(self.ask()),
        };
        Step { slot, act }
    }

    /// What is known after a step.
    pub(super) fn learn(&mut self, step: &Step, seen: &Seen) {
        self.connected[step.slot] = seen.connected;
        self.zxid = self.zxid.max(seen.zxid);
        if let Act::Ask(Ask { op, args, .. }) = &step.act
            && let ([Arg::Text(path @ Text(Some(_))), Arg::Bool(true)], _)
            | ([Arg::Text(path), Arg::Int(_)], op::ADD_WATCH) = (&args[..], *op)
        {
            let watched = &mut self.watched[step.slot];
            watched.push_front(path.clone());
            watched.truncate(6);
        }
        match &step.act {
            Act::Open => self.open[step.slot] = seen.connected,
            Act::Ask(ask) if ask.op == op::CLOSE => self.open[step.slot] = false,
            Act::Ask(ask) if seen.code == Some(0) => {
                let mut created = seen.facts.created.iter();
                // A multi that failed created nothing, though its header says 0.
                let alone = std::slice::from_ref(ask);
                for ask in if ask.op == op::MULTI { ask.ops() } else { alone } {
                    match (ask.op, ask.path()) {
                        (op::CREATE | op::CREATE2 | op::CREATE_CONTAINER | op::CREATE_TTL, Some(path)) => {
                            if let Some(created) = created.next() {
                                self.live.insert(named_by(path, created), 0);
                            }
                        }
                        (op::DELETE, Some(path)) => drop(self.live.remove(path)),
                        (_, Some(path)) => {
                            if let (Some(known), [version]) =
                                (self.live.get_mut(path), &seen.facts.versions[..])
                            {
                                *known = *version;
                            }
                        }
                        _ => {}
                    }
                }
            }
            Act::Ask(ask) if seen.code == Some(-101) => {
                if let Some(path) = ask.path() {
                    self.live.remove(path);
                }
            }
            _ => {}
        }
    }

    /// The place of the stream.
    fn top(&self) -> Text {
        Text::new(if self.whole { "/" } else { "~" })
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.rng.usize(..list.len())]
    }

    /// One time out of `times`.
    fn rarely(&mut self, times: u32) -> bool {
        self.rng.u32(..times) == 0
    }

    fn existing(&mut self) -> Text {
        let at = self.rng.usize(..=self.live.len());
        self.live.keys().nth(at).cloned().unwrap_or_else(|| self.top())
    }

    fn child(&mut self) -> Text {
        let mut parent = self.existing();
        while parent.depth() > 5 {
            parent = self.existing();
        }
        let name = if self.rarely(12) { self.one_of(&ODD_NAMES) } else { self.one_of(&NAMES) };
        below(&parent, name)
    }

    /// A path that is no good, or one of the server's own.
    fn bad(&mut self) -> Text {
        match self.rng.u32(..10) {
            0 => Text::NULL,
            1..4 => Text::new(self.one_of(&WHOLE)),
            _ => {
                let end = self.one_of(&BAD_ENDS);
                self.existing().with(end)
            }
        }
    }

    /// A path to ask for.
    fn path(&mut self) -> Text {
        match self.rng.u32(..100) {
            ..72 => self.existing(),
            72..92 => self.child(),
            92..94 if self.whole => Text::new(self.one_of(&WHOLE)),
            _ => self.bad(),
        }
    }

    /// As `path`, for operations that say their path back. Not compared: null, of which nobody has any
    /// need here, and what is beyond the basic plane, which a real server writes in a way that no client
    /// reads, its own neither.
    fn path_to_keep(&mut self) -> Text {
        let path = self.path();
        let fine = path.0.as_deref().is_some_and(|path| !path.contains(&b'\xf0'));
        if fine { path } else { self.top() }
    }

    fn version(&mut self, path: &Text) -> i32 {
        let known = self.live.get(path).copied().unwrap_or_default();
        match self.rng.u32(..20) {
            ..11 => -1,
            11..16 => known,
            16 => known + 1,
            17 => known - 1,
            18 => 0,
            _ => self.one_of(&[i32::MAX, i32::MIN, -2]),
        }
    }
}

fn below(parent: &Text, name: &str) -> Text {
    if parent.0.as_deref() == Some(b"/") { parent.with(name) } else { parent.with("/").with(name) }
}

/// The name of what was created: the path that was asked for and, of a sequential one, the number.
fn named_by(asked: &Text, created: &[u8]) -> Text {
    let digits = created.len().checked_sub(10).map(|at| &created[at..]).unwrap_or_default();
    match asked.0.as_deref() {
        Some(asked) if !created.ends_with(tail(asked)) => Text::new(asked).with(digits),
        _ => asked.clone(),
    }
}

/// A path without the place of the stream.
fn tail(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'~').map_or(path, |at| &path[at + 1..])
}
