//! Walking a subtree of any store: in order, in batches, in flat memory.
//!
//! Visits come out in document order (a znode, then each child with all that is below it), or with
//! [`Options::post`] children before their parent. Reads run ahead of that order: what is needed
//! soonest is asked first, several batches are in flight, and a window bounds how far ahead the
//! reads may be, so memory depends on the longest lists of children on the current path and not on
//! the size of the tree.
//!
//! A znode that vanishes between being listed and being read is skipped and counted.

mod ahead;
mod reads;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use bytes::Bytes;

use crate::store::{Answers, Failure, Outcome, Store};
use crate::wire::Code;
use crate::znode::{Names, Stat, ZPath};
pub use reads::{Answered, Reads};

/// Znodes read and not visited yet, at most, unless more are in flight: over a long way a walk takes as
/// many round trips as its bytes need, and not as its znodes would.
const WINDOW: usize = 4 << 10;
/// Znodes of a level that are asked for children before it is known how many those have, at most.
const UNKNOWN: usize = 64;
/// Names listed, or expected in answers, whose znodes were not asked for yet, at most, in windows.
/// Without this bound a thousand siblings with a thousand children each were all listed at once: memory
/// grew with the tree, and the server had to make an answer of ten megabytes.
const LISTED: usize = 2;
/// Their data, at most, bytes.
const WINDOW_BYTES: usize = 8 << 20;
/// Visits handed out at once, at most.
const VISITS: usize = 256;
/// Where so few znodes are asked for, their children are asked for with them: each level of a
/// narrow tree then costs one round trip instead of two.
const FEW: usize = 32;

/// What to read of each znode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Want {
    /// Only that it is there: one read a znode.
    #[default]
    Names,
    /// Data and stat.
    Data,
}

/// Order among siblings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// `node-9` before `node-10`.
    #[default]
    Natural,
    /// By code points, as zkCli sorts.
    CodePoint,
}

/// How to walk.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to begin.
    pub root: ZPath,
    /// Levels below the root, `None` for all.
    pub depth: Option<usize>,
    /// What to read.
    pub want: Want,
    /// Order among siblings.
    pub order: Order,
    /// Children visited of one znode, at most; the rest is counted in [`Visit::omitted`].
    pub limit: Option<usize>,
    /// Children before their parent.
    pub post: bool,
}

impl Options {
    /// Names of everything at and below `root`, in document order.
    pub fn new(root: ZPath) -> Self {
        Self { root, depth: None, want: Want::default(), order: Order::default(), limit: None, post: false }
    }
}

/// One znode of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Where it is.
    pub path: ZPath,
    /// Levels below the root of the walk.
    pub depth: usize,
    /// What was read, or why it could not be.
    pub node: Result<Node, Code>,
    /// Children that will be visited, as far as is known now.
    pub children: usize,
    /// Children beyond the limit.
    pub omitted: usize,
}

/// What was read of a znode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its data; `None` for null, and when only names are wanted.
    pub data: Option<Bytes>,
    /// Its stat, unless only names are wanted.
    pub stat: Option<Stat>,
}

/// A walk under way.
pub struct Walk<'a> {
    store: &'a dyn Store,
    options: Options,
    frames: Vec<Frame>,
    free: Vec<usize>,
    /// What is to be asked, soonest needed first.
    tasks: BinaryHeap<Reverse<(Place, Task)>>,
    flight: VecDeque<(Outcome<'a, Answers>, Vec<Target>)>,
    /// The frames from the root to the znode that is visited next.
    stack: Vec<usize>,
    ahead: usize,
    ahead_bytes: usize,
    listed: usize,
    /// By level, znodes whose children were listed, and how many children those had in all: those of
    /// a level are alike.
    levels: Vec<(usize, usize)>,
    vanished: usize,
}

/// Where in document order: the index among its siblings at each level.
type Place = Vec<u32>;

/// The children of one znode.
#[derive(Debug, Default)]
struct Frame {
    place: Place,
    path: Option<ZPath>,
    names: Names,
    /// Children before this one were asked for.
    issued: usize,
    /// Children before this one were visited.
    visited: usize,
    /// Those in between: their children, and what was read of them where anything is to be.
    lists: VecDeque<List>,
    data: VecDeque<Option<Contents>>,
    /// The znode itself, when it comes after its children.
    last: Option<Visit>,
}

/// Data and stat, or why not.
type Contents = Result<(Option<Bytes>, Stat), Code>;

#[derive(Debug, Default, PartialEq, Eq)]
enum List {
    #[default]
    Open,
    Asked,
    None,
    Frame(usize, usize),
    Failed(Code),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    /// Ask for the list of children of a znode.
    List(usize, usize),
    /// Ask for the children of a frame.
    Children(usize),
}

/// What an answer is for.
#[derive(Clone, Copy, Debug)]
struct Target {
    frame: usize,
    index: usize,
    list: bool,
    /// Names that the answer is expected to have.
    expected: usize,
}

impl<'a> Walk<'a> {
    /// Begins a walk; nothing is asked before the first [`next`](Self::next).
    pub fn new(store: &'a dyn Store, options: Options) -> Self {
        let top = Frame { names: [""].into_iter().collect(), ..Frame::default() };
        Self {
            store,
            options,
            frames: vec![top],
            free: Vec::new(),
            tasks: BinaryHeap::from([Reverse((Vec::new(), Task::Children(0)))]),
            flight: VecDeque::new(),
            stack: vec![0],
            ahead: 0,
            ahead_bytes: 0,
            listed: 1,
            levels: Vec::new(),
            vanished: 0,
        }
    }

    /// How many znodes vanished between being listed and being read, so far.
    pub fn vanished(&self) -> usize {
        self.vanished
    }

    /// The next visits, as many as are ready; `None` at the end. Fails when the root cannot be read
    /// because it does not exist, or when the store fails.
    pub async fn next(&mut self) -> Result<Option<Vec<Visit>>, Failure> {
        let mut visits = Vec::new();
        loop {
            self.ask();
            self.collect(&mut visits)?;
            if !visits.is_empty() {
                return Ok(Some(visits));
            }
            let Some((answers, targets)) = self.flight.pop_front() else {
                return Ok(None);
            };
            for (answer, target) in answers.await?.into_iter().zip(targets) {
                self.take(answer, target);
            }
        }
    }

    /// Moves what is complete and next in order to `visits`.
    fn collect(&mut self, visits: &mut Vec<Visit>) -> Result<(), Failure> {
        while visits.len() < VISITS {
            let Some(&id) = self.stack.last() else { return Ok(()) };
            let Some(frame) = self.frames.get_mut(id) else { return Ok(()) };
            if frame.visited == frame.names.len() {
                visits.extend(frame.last.take());
                *frame = Frame::default();
                self.free.push(id);
                self.stack.pop();
                continue;
            }
            if let Some(None) = frame.data.front() {
                return Ok(());
            }
            let listed = frame.lists.pop_front_if(|list| !matches!(list, List::Open | List::Asked));
            let Some(list) = listed else { return Ok(()) };
            let contents = frame.data.pop_front().flatten();
            let index = frame.visited;
            frame.visited += 1;
            self.ahead -= 1;
            if let Some(Ok((Some(data), _))) = &contents {
                self.ahead_bytes -= data.len();
            }
            self.visit(id, index, (contents, list), visits)?;
        }
        Ok(())
    }

    fn visit(
        &mut self,
        frame: usize,
        index: usize,
        (contents, list): (Option<Contents>, List),
        visits: &mut Vec<Visit>,
    ) -> Result<(), Failure> {
        let path = self.path(frame, index);
        let depth = self.stack.len() - 1;
        let node = match (contents, &list) {
            (Some(Err(code)), _) => Err(code),
            (_, List::Failed(Code::NO_NODE)) => Err(Code::NO_NODE),
            (None, List::Failed(code)) => Err(*code),
            (Some(Ok((data, stat))), _) => Ok(Node { data, stat: Some(stat) }),
            (None, _) => Ok(Node::default()),
        };
        if node == Err(Code::NO_NODE) {
            if depth == 0 {
                return Err(Failure::Refused(Code::NO_NODE));
            }
            self.vanished += 1;
            return Ok(());
        }
        let mut visit = Visit { path, depth, node, children: 0, omitted: 0 };
        match list {
            List::Frame(id, omitted) => {
                visit.omitted = omitted;
                visit.children = self.frames.get(id).map_or(0, |frame| frame.names.len());
                self.stack.push(id);
                if !self.options.post {
                    visits.push(visit);
                } else if let Some(frame) = self.frames.get_mut(id) {
                    frame.last = Some(visit);
                }
            }
            _ => visits.push(visit),
        }
        Ok(())
    }
}
