//! Several executions of a step whose writes go out together.
//!
//! The executions are under way at the same time, and each goes on until it writes. When all have come
//! there, their writes are made in one transaction, in their order: a loop of thousands of creates takes
//! some dozens of round trips. What comes of it is as if they had been taken one after another: where one
//! cannot be made, those before it are, and it and those behind it are put off, to begin anew. So is one
//! that has read what another before it is about to change, or that writes in another way.
//!
//! While the writes of some are under way, others behind them may come to theirs. Those are sent when the
//! first are done; whatever has read or is to write what the first change is put off.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::journal::Journal;
use crate::store::{Answers, Failure, Outcome, Read, Store, Watched, Write, Written, pass_on};
use crate::znode::{CreateMode, Stat};

/// Bytes of data, paths and ACLs in one transaction, about: more keep the ensemble from all others.
const LARGE: usize = 256 * 1024;

type Result<T> = std::result::Result<T, Failure>;

/// How far an execution has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It goes on.
    Running,
    /// It waits for its write.
    Waiting,
    /// Its write was sent, or is about to be.
    Sent,
    /// It is over, and has sent nothing.
    Over,
    /// It is to begin anew.
    PutOff,
}

/// A write that an execution waits for.
#[derive(Debug)]
struct Pending {
    place: usize,
    write: Write,
    answer: oneshot::Sender<Result<Written>>,
}

impl Pending {
    fn answer(self, result: Result<Written>) {
        // Whoever has run out of time does not want to know.
        let _ = self.answer.send(result);
    }
}

/// Executions whose writes go out together.
pub(super) struct Gather {
    base: Arc<dyn Store>,
    journal: Option<Arc<Journal>>,
    /// Somebody wants to know the stats of what is written.
    stats: bool,
    turns: Mutex<Turns>,
    /// None of them is running any more.
    ready: Notify,
    /// All of their writes are on their way.
    sent: Notify,
}

#[derive(Debug)]
struct Turns {
    turns: Vec<Turn>,
    /// How many are running.
    running: usize,
    /// Those that have come to their end.
    over: Vec<bool>,
    /// The znodes that each has read.
    reads: Vec<Vec<String>>,
    waiting: Vec<Pending>,
    /// The writes have been sent: what still comes is no part of them.
    committed: bool,
    /// The znodes that look other after the writes.
    touched: HashSet<String>,
    /// The same of those whose writes were under way when these began.
    earlier: HashSet<String>,
}

impl Gather {
    /// For so many executions, which may begin while others, `earlier`, are still being written.
    pub(super) fn new(
        base: Arc<dyn Store>,
        journal: Option<Arc<Journal>>,
        count: usize,
        stats: bool,
        earlier: Option<&Self>,
    ) -> Arc<Self> {
        let turns = Turns {
            turns: vec![Turn::Running; count],
            running: count,
            over: vec![false; count],
            reads: vec![Vec::new(); count],
            waiting: Vec::with_capacity(count),
            committed: false,
            touched: HashSet::new(),
            earlier: earlier.map(|earlier| std::mem::take(&mut earlier.turns().touched)).unwrap_or_default(),
        };
        let turns = Mutex::new(turns);
        Arc::new(Self { base, journal, stats, turns, ready: Notify::new(), sent: Notify::new() })
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store of one of them.
    pub(super) fn member(self: &Arc<Self>, place: usize) -> Arc<Member> {
        Arc::new(Member { gather: Arc::clone(self), place })
    }

    /// Waits until all of their writes are on their way, and none is left for later.
    pub(super) async fn are_sent(&self) {
        self.sent.notified().await;
    }

    /// Has all of them begin anew. None of their writes may be on its way.
    pub(super) fn give_up(&self) {
        let waiting = {
            let mut turns = self.turns();
            turns.put_off_from(0);
            std::mem::take(&mut turns.waiting)
        };
        waiting.into_iter().for_each(|pending| pending.answer(Err(put_off())));
    }

    /// How many of them, from the first, are as if they had been taken alone. The next could not be, and is
    /// to begin anew, as all behind it.
    pub(super) fn taken(&self) -> usize {
        let turns = self.turns();
        turns.turns.iter().position(|turn| *turn == Turn::PutOff).unwrap_or(turns.turns.len())
    }

    /// Notes how far one has come, and says so when none is running any more.
    fn note(&self, place: usize, now: Turn) {
        let mut turns = self.turns();
        if !matches!(turns.turns.get(place), Some(Turn::Sent | Turn::PutOff)) {
            turns.set(place, now);
        }
        if turns.running == 0 {
            self.ready.notify_one();
        }
    }

    /// Notes that one is over.
    pub(super) fn over(&self, place: usize, failed: bool) {
        if let Some(over) = self.turns().over.get_mut(place) {
            *over = true;
        }
        self.note(place, if failed { Turn::PutOff } else { Turn::Over });
    }

    /// Makes the writes when all are there.
    pub(super) async fn drive(&self) {
        self.ready.notified().await;
        let most = LARGE.min(self.base.max_request() / 2);
        let mut todo = self.turns().collect(most);
        let mut at_once = todo.len() == 1 && self.taken() == self.turns().turns.len();
        while let Some(mut group) = todo.pop_front() {
            if let Err(failure) = self.secure().await {
                return self.put_off(group.into_iter().chain(todo.into_iter().flatten()), &failure);
            }
            let writes = group.iter().map(|pending| pending.write.clone()).collect();
            let writing = self.base.multi(writes);
            if std::mem::take(&mut at_once) {
                self.sent.notify_one();
            }
            let failure = match writing.await {
                Ok(mut written) => {
                    self.look(&group, &mut written).await;
                    group.into_iter().zip(written).for_each(|(pending, written)| pending.answer(Ok(written)));
                    continue;
                }
                Err(failure) => failure,
            };
            if let Failure::Unknown(_) = failure {
                group.into_iter().for_each(|pending| pending.answer(Err(failure.clone())));
                return self.put_off(todo.into_iter().flatten(), &failure);
            }
            let index = match failure {
                Failure::Operation { index, .. } => index.min(group.len() - 1),
                _ => 0,
            };
            let rest = group.split_off(index);
            self.put_off(rest.into_iter().chain(todo.drain(..).flatten()), &failure);
            if !group.is_empty() {
                todo.push_front(group);
            }
        }
    }

    /// Waits until the journal has for certain what is about to be sent, and that what is put off is not.
    async fn secure(&self) -> Result<()> {
        while self.turns().are_ending() {
            self.ready.notified().await;
        }
        match &self.journal {
            Some(journal) => journal.secure().await,
            None => Ok(()),
        }
    }

    /// Adds the stats that the server has not said, where they are wanted and can be had: those that the
    /// znodes had at once, before what was created below them by writes that followed.
    async fn look(&self, group: &[Pending], written: &mut [Written]) {
        let unknown = |(_, written): &(_, &mut Written)| self.stats && written.stat.is_none();
        let mut unknown: Vec<_> = group.iter().zip(written).filter(unknown).collect();
        let reads: Vec<_> = unknown.iter().map(|(_, written)| Read::Stat(written.path.clone())).collect();
        if reads.is_empty() {
            return;
        }
        for ((pending, written), answer) in
            unknown.iter_mut().zip(self.base.read(reads).await.unwrap_or_default())
        {
            let now = answer.ok().and_then(|found| found.stat().copied());
            written.stat = match &pending.write {
                Write::Create { data, .. } => {
                    now.map(|now| born(&now, data.as_ref().map_or(0, |data| data.len())))
                }
                _ => now,
            };
        }
    }

    /// They are to begin anew, and whatever stands behind them.
    fn put_off(&self, pending: impl Iterator<Item = Pending>, why: &Failure) {
        let mut first = usize::MAX;
        for pending in pending {
            first = first.min(pending.place);
            pending.answer(Err(why.clone()));
        }
        self.turns().put_off_from(first);
    }
}

impl Turns {
    /// The writes that wait, in groups for one transaction each. Whatever has read what one before it
    /// writes is put off, and all behind it.
    fn collect(&mut self, most: usize) -> VecDeque<Vec<Pending>> {
        self.committed = true;
        self.waiting.sort_unstable_by_key(|pending| pending.place);
        let (mut written, mut touched) = (HashSet::new(), HashSet::<&str>::new());
        let is_other =
            |path: &str, touched: &HashSet<&str>| touched.contains(path) || self.earlier.contains(path);
        let mut writes = self.waiting.iter().peekable();
        let mut turns = self.turns.iter().zip(&self.reads).enumerate();
        let stop = turns.position(|(place, (turn, reads))| {
            let mut stops = *turn == Turn::PutOff;
            stops |= reads.iter().any(|path| is_other(path, &touched));
            if let Some(pending) = writes.next_if(|pending| pending.place == place) {
                let path = pending.write.path();
                stops |= !written.insert(path) || self.earlier.contains(path);
                touched.extend(touches(&pending.write));
            }
            stops
        });
        let stop = stop.unwrap_or(self.turns.len());
        self.touched = touched.into_iter().map(str::to_owned).collect();
        let mut waiting = std::mem::take(&mut self.waiting);
        for pending in waiting.split_off(waiting.partition_point(|pending| pending.place < stop)) {
            pending.answer(Err(put_off()));
        }
        self.put_off_from(stop);
        let (mut groups, mut size): (VecDeque<Vec<_>>, _) = (VecDeque::new(), 0);
        for pending in waiting {
            self.set(pending.place, Turn::Sent);
            let own = weight(&pending.write);
            size += own;
            match groups.back_mut() {
                Some(group) if size <= most => group.push(pending),
                _ => {
                    groups.push_back(vec![pending]);
                    size = own;
                }
            }
        }
        groups
    }

    /// Notes how far one has come.
    fn set(&mut self, place: usize, now: Turn) {
        let Some(turn) = self.turns.get_mut(place) else { return };
        if std::mem::replace(turn, now) == Turn::Running {
            self.running -= 1;
        }
    }

    fn put_off_from(&mut self, place: usize) {
        (place..self.turns.len()).for_each(|place| self.set(place, Turn::PutOff));
    }

    /// Whether some that are put off have not come to their end.
    fn are_ending(&self) -> bool {
        self.turns.iter().zip(&self.over).any(|(turn, over)| *turn == Turn::PutOff && !over)
    }
}

/// The znodes that look other after a write.
fn touches(write: &Write) -> [&str; 2] {
    let parent = write.path().rsplit_once('/').map_or("", |(parent, _)| parent);
    [write.path(), if parent.is_empty() { "/" } else { parent }]
}

/// The stat that a persistent znode had when it was created, from a later one.
fn born(now: &Stat, length: usize) -> Stat {
    Stat {
        czxid: now.czxid,
        mzxid: now.czxid,
        pzxid: now.czxid,
        ctime: now.ctime,
        mtime: now.ctime,
        data_length: i32::try_from(length).unwrap_or(i32::MAX),
        ..Stat::default()
    }
}

/// Bytes that a write takes in a request, about.
fn weight(write: &Write) -> usize {
    let data = match write {
        Write::Create { data, .. } | Write::Set { data, .. } => data.as_ref().map_or(0, |data| data.len()),
        _ => 0,
    };
    64 + write.path().len() + data
}

/// What an execution that is to begin anew is given for an answer.
fn put_off() -> Failure {
    Failure::Disconnected("put off: it is taken again, alone".into())
}

/// The store of one execution of several.
pub(super) struct Member {
    gather: Arc<Gather>,
    place: usize,
}

impl Member {
    /// Notes that it has read a znode.
    pub(super) fn reads(&self, read: &Read) {
        let mut turns = self.gather.turns();
        if !turns.committed
            && let Some(reads) = turns.reads.get_mut(self.place)
        {
            reads.push(read.path().to_owned());
        }
    }

    /// Begins anew, alone: what comes cannot be done together with others.
    pub(super) fn alone(&self) -> Failure {
        self.gather.note(self.place, Turn::PutOff);
        put_off()
    }

    async fn submit(&self, write: Write) -> Result<Written> {
        let simple = matches!(
            write,
            Write::Create { mode: CreateMode::Persistent, .. } | Write::Set { .. } | Write::Delete { .. }
        );
        if !simple {
            return Err(self.alone());
        }
        let (answer, answered) = oneshot::channel();
        let late = {
            let mut turns = self.gather.turns();
            if turns.turns.get(self.place) == Some(&Turn::PutOff) {
                return Err(put_off());
            }
            if turns.committed {
                Some(write)
            } else {
                turns.waiting.push(Pending { place: self.place, write, answer });
                None
            }
        };
        if let Some(write) = late {
            return self.gather.base.write(write).await;
        }
        self.gather.note(self.place, Turn::Waiting);
        answered.await.unwrap_or_else(|_| Err(put_off()))
    }
}

impl Store for Member {
    pass_on!(self => self.gather.base);

    fn read(&self, reads: Vec<Read>) -> Outcome<'_, Answers> {
        reads.iter().for_each(|read| self.reads(read));
        self.gather.base.read(reads)
    }

    fn read_and_watch(&self, read: Read) -> Outcome<'_, Watched> {
        self.reads(&read);
        self.gather.base.read_and_watch(read)
    }

    fn write(&self, write: Write) -> Outcome<'_, Written> {
        Box::pin(self.submit(write))
    }

    fn multi(&self, _: Vec<Write>) -> Outcome<'_, Vec<Written>> {
        Box::pin(async { Err(self.alone()) })
    }
}
