//! Reading ahead of the visits.

use std::cmp::Reverse;

use bytes::Bytes;

use super::{
    FEW, Frame, LISTED, List, Order, Place, Target, Task, UNKNOWN, WINDOW, WINDOW_BYTES, Walk, Want,
};
use crate::store::{Found, Read};
use crate::wire::Code;
use crate::znode::{Names, ZPath};

impl Walk<'_> {
    /// Sends batches until enough is in flight or far enough ahead.
    pub(super) fn ask(&mut self) {
        while self.flight.len() < self.store.in_flight() {
            let batch = self.store.batch().max(1);
            let mut reads = Vec::new();
            let mut targets = Vec::new();
            while reads.len() < batch {
                // What is needed first is always asked for, or a full window could wait for itself.
                let first = self.flight.is_empty() && reads.is_empty();
                match self.tasks.peek() {
                    None => break,
                    Some(Reverse((_, Task::Children(_)))) if self.full() && !first => break,
                    Some(Reverse((_, Task::List(..)))) if self.listed >= LISTED * self.window() && !first => {
                        break;
                    }
                    Some(_) => {}
                }
                match self.tasks.pop() {
                    Some(Reverse((_, Task::List(frame, index)))) => {
                        let expected = self.children_of(frame, index);
                        self.listed += expected;
                        reads.push(Read::Children(self.path(frame, index).into_string()));
                        targets.push(Target { frame, index, list: true, expected });
                    }
                    Some(Reverse((_, Task::Children(frame)))) => {
                        let before = reads.len();
                        self.ask_children(frame, batch, &mut reads, &mut targets);
                        if reads.len() == before {
                            break;
                        }
                    }
                    None => break,
                }
            }
            if reads.is_empty() {
                return;
            }
            self.flight.push_back((self.store.read(reads), targets));
        }
    }

    fn full(&self) -> bool {
        self.ahead >= self.window() || self.ahead_bytes >= WINDOW_BYTES
    }

    fn window(&self) -> usize {
        WINDOW.max(self.store.in_flight() * self.store.batch())
    }

    fn ask_children(&mut self, id: usize, batch: usize, reads: &mut Vec<Read>, targets: &mut Vec<Target>) {
        let level = self.frames.get(id).map_or(0, |frame| frame.place.len());
        let expand = self.options.depth.is_none_or(|depth| level < depth);
        let few = self.tasks.is_empty();
        let most = LISTED * self.window();
        let known = self.levels.get(level).copied().filter(|(lists, _)| *lists > 0);
        loop {
            let Some(frame) = self.frames.get_mut(id) else { return };
            let left = frame.names.len() - frame.issued;
            if left == 0 {
                return;
            }
            if reads.len() >= batch {
                self.push_children(id);
                return;
            }
            let both = few && left + reads.len() <= FEW;
            let expected = known.map_or(0, |(lists, names)| names / lists);
            let enough = match known {
                Some(_) => expected > 0 && self.listed + expected > most,
                None => frame.issued >= UNKNOWN,
            };
            // The first of all is asked for whatever comes of it.
            let first = self.flight.is_empty() && reads.is_empty();
            if self.options.want == Want::Names && enough && !first {
                self.push_children(id);
                return;
            }
            let index = frame.issued;
            frame.issued += 1;
            self.listed -= 1;
            let mut path = self.path(id, index).into_string();
            let list = expand && (self.options.want == Want::Names || both);
            if self.options.want == Want::Data {
                let path = if list { path.clone() } else { std::mem::take(&mut path) };
                reads.push(Read::Data(path));
                targets.push(Target { frame: id, index, list: false, expected: 0 });
            }
            if list {
                self.listed += expected;
                reads.push(Read::Children(path));
                targets.push(Target { frame: id, index, list: true, expected });
            }
            if let Some(frame) = self.frames.get_mut(id) {
                frame.lists.push_back(match (list, expand) {
                    (true, _) => List::Asked,
                    (false, true) => List::Open,
                    (false, false) => List::None,
                });
                if self.options.want == Want::Data {
                    frame.data.push_back(None);
                }
            }
            self.ahead += 1;
        }
    }

    pub(super) fn path(&self, frame: usize, index: usize) -> ZPath {
        let Some(frame) = self.frames.get(frame) else { return self.options.root.clone() };
        match (&frame.path, frame.names.get(index)) {
            (Some(path), Some(name)) => path.join(name),
            _ => self.options.root.clone(),
        }
    }

    /// How many children a znode had when it was read.
    fn children_of(&self, frame: usize, index: usize) -> usize {
        let contents =
            self.frames.get(frame).and_then(|frame| frame.data.get(index.checked_sub(frame.visited)?));
        match contents {
            Some(Some(Ok((_, stat)))) => stat.num_children.unsigned_abs() as usize,
            _ => 0,
        }
    }

    /// Puts an answer where it belongs and notes what is to be asked because of it.
    pub(super) fn take(&mut self, answer: Result<Found, Code>, target: Target) {
        let Target { frame, index, list, expected } = target;
        if list {
            self.listed -= expected;
            let list = match answer {
                Ok(Found::Children(names)) => self.open_frame(frame, index, names),
                Ok(_) => List::None,
                Err(code) => List::Failed(code),
            };
            if let Some(frame) = self.frames.get_mut(frame)
                && let Some(place) = index.checked_sub(frame.visited).and_then(|at| frame.lists.get_mut(at))
            {
                *place = list;
            }
            return;
        }
        let data = match answer {
            Ok(Found::Data(data, stat)) => Ok((data, stat)),
            Ok(_) => Err(Code::API_ERROR),
            Err(code) => Err(code),
        };
        let (bytes, parent) = match &data {
            Ok((data, stat)) => (data.as_ref().map_or(0, Bytes::len), stat.num_children > 0),
            Err(_) => (0, false),
        };
        let Some(siblings) = self.frames.get_mut(frame) else { return };
        let Some(at) = index.checked_sub(siblings.visited) else { return };
        let (Some(contents), Some(list)) = (siblings.data.get_mut(at), siblings.lists.get_mut(at)) else {
            return;
        };
        *contents = Some(data);
        let open = *list == List::Open;
        if open {
            *list = if parent { List::Asked } else { List::None };
        }
        self.ahead_bytes += bytes;
        if open && parent {
            let place = self.place(frame, index);
            self.tasks.push(Reverse((place, Task::List(frame, index))));
        }
    }

    fn place(&self, frame: usize, index: usize) -> Place {
        let mut place = self.frames.get(frame).map(|frame| frame.place.clone()).unwrap_or_default();
        place.push(index as u32);
        place
    }

    /// Notes that the rest of a frame is to be asked for, at the place of the first of them.
    fn push_children(&mut self, id: usize) {
        let issued = self.frames.get(id).map_or(0, |frame| frame.issued);
        let place = self.place(id, issued);
        self.tasks.push(Reverse((place, Task::Children(id))));
    }

    fn open_frame(&mut self, parent: usize, index: usize, mut names: Names) -> List {
        let level = self.frames.get(parent).map_or(0, |frame| frame.place.len());
        if self.levels.len() <= level {
            self.levels.resize(level + 1, (0, 0));
        }
        if let Some((lists, children)) = self.levels.get_mut(level) {
            (*lists, *children) = (*lists + 1, *children + names.len());
        }
        if names.is_empty() {
            return List::None;
        }
        match self.options.order {
            Order::Natural => names.sort_natural(),
            Order::CodePoint => names.sort(),
        }
        let omitted = self.options.limit.map_or(0, |limit| names.truncate(limit));
        self.listed += names.len();
        let place = self.place(parent, index);
        let path = Some(self.path(parent, index));
        let frame = Frame { place, path, names, ..Frame::default() };
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                self.frames.push(Frame::default());
                self.frames.len() - 1
            }
        };
        if let Some(slot) = self.frames.get_mut(id) {
            *slot = frame;
        }
        self.push_children(id);
        List::Frame(id, omitted)
    }
}
