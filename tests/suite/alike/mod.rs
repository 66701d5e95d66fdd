//! The ensemble in memory beside a real ZooKeeper 3.9: streams of random operations of several
//! sessions, asked of both, and everything compared that comes back.
//!
//! Each step is sent to both servers and both answers are awaited before the next one, so that both
//! see one order. Compared are: errors, results, every field of every stat, the zxid in every
//! answer (so what takes one and what does not), the events that come before each answer with
//! their zxids, and whether the server hangs up. Zxids count from the beginning of a stream,
//! sessions have numbers, times must belong to their transactions and not go back.
//!
//! What is left out has its reason where it is left out: look for "Not compared".
//!
//! The normal run takes 20,000 steps. The long one, a million:
//!
//! ```sh
//! ALIKE_STEPS=1000000 cargo test --test suite alike:: -- --nocapture
//! ```
//!
//! A difference is shrunk to the steps that it needs and printed with both sides' answers and the
//! seed; `ALIKE_SEED=…` begins with that stream again.

mod answer;
mod chance;
mod ends;
mod hello;
mod side;
mod step;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use chance::{Chance, SLOTS};
use side::{Seen, Side};
use step::{Act, Step};

use crate::support::memory::Memory;
use crate::support::servers::{self, Version};
use crate::support::truth::op;

/// Steps of one stream: enough for a tree with a history, and few enough to be shrunk soon.
const STREAM: usize = 500;
/// For what takes a server a moment.
const SOON: Duration = Duration::from_secs(2);
/// Time to look for a shorter stream that differs too.
const SHRINK: Duration = Duration::from_secs(60);

/// What a private server must not do by itself meanwhile: expire sessions, collect containers.
const TICK: Duration = Duration::from_secs(5);
const NEVER: Duration = Duration::from_secs(100_000);
const SETTINGS: &str = "tickTime=5000\nreconfigEnabled=false\n";
const JVM: &str = "-Dznode.container.checkIntervalMs=100000000\n-Dfile.encoding=UTF-8\n";

/// Both servers.
struct Pair {
    real: servers::Server,
    memory: Memory,
    streams: usize,
    /// Of the stream that runs.
    seed: u64,
}

/// Where the two parted.
struct Difference {
    /// The steps up to there with what was seen on both sides.
    history: Vec<(Step, [Vec<String>; 2])>,
}

/// Outcomes without which a stream proves little: every operation done, every way to refuse one.
const NEEDED: &str = "create 0, create -5, create -8, create -101, create -102, create -108, create -110, \
    create -114, create2 0, createContainer 0, createTTL 0, createTTL -8, delete 0, delete -103, \
    delete -111, setData 0, setData -103, setACL 0, setACL -103, multi 0, multi -5, failed multi 0, \
    multiRead 0, exists 0, exists -8, getData 0, getData -102, getACL 0, getChildren 0, getChildren2 0, \
    sync 0, getEphemerals 0, getAllChildrenNumber 0, whoAmI 0, addWatch 0, checkWatches 0, \
    checkWatches -121, removeWatches 0, removeWatches -121, auth 0, auth -115, setWatches 0, \
    setWatches2 0, closeSession 0, ping 0, sasl 0, reconfig -123, check -6, event 1, event 2, event 3, \
    event 4";

/// How often each operation had each outcome, and each kind of event came.
type Outcomes = BTreeMap<String, usize>;

impl Pair {
    /// Runs what `next` makes of what was seen on the real server before.
    fn run(
        &mut self,
        whole: bool,
        mut next: impl FnMut(Option<(&Step, &Seen)>) -> Option<Step>,
    ) -> Result<Outcomes, Difference> {
        self.streams += 1;
        let root = if whole { String::new() } else { format!("/alike-{}", self.streams) };
        let addresses = [self.real.addr(), self.memory.addr()];
        let mut sides = addresses.map(|addr| Side::begin(&addr, &root, SLOTS));
        let mut outcomes = Outcomes::new();
        let mut history: Vec<(Step, [Vec<String>; 2])> = Vec::new();
        let mut wanted = next(None);
        while let Some(step) = wanted {
            sides.iter_mut().for_each(|side| side.start(&step));
            let mut finish = || sides.each_mut().map(|side| side.finish(&step));
            let [mut real, mut memory] = finish();
            // Connections that have gone are counted until somebody notices.
            let end = Instant::now() + SOON;
            while matches!(step.act, Act::Count) && real.lines != memory.lines && Instant::now() < end {
                [real, memory] = finish();
            }
            if let (Act::Ask(ask), Some(code)) = (&step.act, real.code) {
                let failed = ask.op == op::MULTI && real.lines.iter().any(|line| line.contains("<-1 "));
                let name = if failed { "failed multi".to_owned() } else { ask.name() };
                *outcomes.entry(format!("{name} {code}")).or_default() += 1;
            }
            for event in real.lines.iter().filter_map(|line| line.get(.."event 0".len())) {
                if event.starts_with("event") {
                    *outcomes.entry(event.to_owned()).or_default() += 1;
                }
            }
            wanted = next(Some((&step, &real)));
            let alike = real.lines == memory.lines;
            history.push((step, [real.lines, memory.lines]));
            if !alike {
                break;
            }
        }
        let ended = sides.into_iter().try_for_each(Side::end);
        let difference = Difference { history };
        if let Err(failure) = ended {
            let log = fs::read_to_string(self.real.dir().join("log")).unwrap_or_default();
            panic!("{failure}\n{}\nThe real server said:\n{}", difference.show(self.seed), tail(&log));
        }
        if difference.differs() { Err(difference) } else { Ok(outcomes) }
    }

    fn draw(&mut self, seed: u64, steps: usize) -> Result<Outcomes, Difference> {
        // Some streams have the whole tree for themselves: the root, and what is the server's own.
        let whole = seed.is_multiple_of(4);
        self.seed = seed;
        let mut chance = Chance::new(seed, whole);
        let mut left = steps;
        self.run(whole, |before| {
            if let Some((step, seen)) = before {
                chance.learn(step, seen);
            }
            left = left.checked_sub(1)?;
            Some(chance.step())
        })
    }

    /// Leaves out what the difference does not need. A stream that had the whole tree for itself has
    /// left its difference there, and cannot be tried again.
    fn shrink(&mut self, whole: bool, difference: Difference) -> Difference {
        if whole {
            return difference;
        }
        let end = Instant::now() + SHRINK;
        let mut shortest = difference;
        let mut size = shortest.history.len() / 2;
        while size > 0 && Instant::now() < end {
            let mut at = 0;
            while at < shortest.history.len() && Instant::now() < end {
                let steps: Vec<_> = shortest.history.iter().map(|(step, _)| step.clone()).collect();
                let rest = steps.iter().take(at).chain(steps.iter().skip(at + size));
                let mut rest = rest.cloned();
                match self.run(whole, |_| rest.next()) {
                    Err(shorter) => shortest = shorter,
                    Ok(_) => at += size,
                }
            }
            size /= 2;
        }
        shortest
    }
}

/// The last lines.
fn tail(log: &str) -> &str {
    let start = log.rmatch_indices('\n').nth(60).map_or(0, |(at, _)| at + 1);
    &log[start..]
}

impl Difference {
    fn differs(&self) -> bool {
        self.history.last().is_some_and(|(_, [real, memory])| real != memory)
    }

    fn show(&self, seed: u64) -> String {
        let mut text = format!("the two differ (ALIKE_SEED={seed}), after {} steps:\n", self.history.len());
        for (step, [real, memory]) in &self.history {
            let mut lines = |who: &str, lines: &[String]| {
                lines.iter().for_each(|line| text.push_str(&format!("{who:>8} {line}\n")));
            };
            lines("", &[step.to_string()]);
            if real == memory {
                lines("both:", real);
            } else {
                lines("real:", real);
                lines("memory:", memory);
            }
        }
        text
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no other configuration")]
fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn streams_are_answered_alike() {
    let Some(real) = servers::private_server_with(Version::V3_9, SETTINGS, JVM) else { return };
    let steps = number("ALIKE_STEPS", 20_000) as usize;
    let first = number("ALIKE_SEED", 1);
    let mut pair = Pair { real, memory: Memory::start(TICK, NEVER), streams: 0, seed: first };
    let started = Instant::now();
    let mut outcomes = Outcomes::new();
    for (seed, done) in (first..).zip((0..steps).step_by(STREAM)) {
        match pair.draw(seed, STREAM.min(steps - done)) {
            Ok(found) => {
                found.into_iter().for_each(|(key, count)| *outcomes.entry(key).or_default() += count)
            }
            Err(difference) => panic!("{}", pair.shrink(seed.is_multiple_of(4), difference).show(seed)),
        }
    }
    let mut table = String::new();
    for (outcome, count) in &outcomes {
        let _ = writeln!(table, "{outcome}: {count}");
    }
    let missing: Vec<_> = NEEDED.split(", ").filter(|outcome| !outcomes.contains_key(*outcome)).collect();
    assert!(steps < 20_000 || missing.is_empty(), "{missing:?} did not come up");
    let _ = writeln!(std::io::stderr(), "{table}{steps} steps in {:.1?}", started.elapsed());
}

#[test]
fn connections_begin_and_end_alike() {
    let Some(real) = servers::private_server_with(Version::V3_9, SETTINGS, JVM) else { return };
    let memory = Memory::start(TICK, NEVER);
    let wrong: Vec<_> = std::thread::scope(|scope| {
        let talks = hello::talks().into_iter().map(|(name, talk)| {
            let addresses = [real.addr(), memory.addr()];
            scope.spawn(move || (name, addresses.map(|addr| hello::held(&addr, &talk))))
        });
        let talks: Vec<_> = talks.collect();
        let held = talks.into_iter().map(|talk| talk.join().expect("a talk"));
        held.filter(|(_, [real, memory])| real != memory).collect()
    });
    let shown =
        wrong.iter().map(|(name, [real, memory])| format!("{name}\n  real: {real}\nmemory: {memory}\n"));
    assert!(wrong.is_empty(), "\n{}", shown.collect::<String>());
}

#[test]
fn sessions_containers_and_ttls_end_alike() {
    let Some(real) = servers::private_server(Version::V3_9) else { return };
    let memory = Memory::start(Duration::from_millis(200), Duration::from_secs(1));
    let [real, memory] = std::thread::scope(|scope| {
        let both = [real.addr(), memory.addr()].map(|addr| scope.spawn(move || ends::told(&addr)));
        both.map(|told| told.join().expect("a story"))
    });
    assert!(real == memory, "real:\n{real}\nmemory:\n{memory}");
}
