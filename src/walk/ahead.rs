//! Reading ahead of the visits.

use std::cmp::Reverse;

use bytes::Bytes;

use super::{
    FEW, Frame, IN_FLIGHT, List, Order, Place, Slot, Target, Task, WINDOW, WINDOW_BYTES, Walk, Want,
};
use crate::store::{Found, Read};
use crate::wire::Code;
use crate::znode::{Names, ZPath};

impl Walk<'_> {
    /// Sends batches until enough is in flight or far enough ahead.
    pub(super) fn ask(&mut self) {
        while self.flight.len() < IN_FLIGHT {
            let batch = self.store.batch().max(1);
            let mut reads = Vec::new();
            let mut targets = Vec::new();
            while reads.len() < batch {
                // What is needed first is always asked for, or a full window could wait for itself.
                let stop = self.full() && !(self.flight.is_empty() && reads.is_empty());
                match self.tasks.peek() {
                    None => break,
                    Some(Reverse((_, Task::Children(_)))) if stop => break,
                    Some(_) => {}
                }
                match self.tasks.pop() {
                    Some(Reverse((_, Task::List(frame, index)))) => {
                        reads.push(Read::Children(self.path(frame, index).to_string()));
                        targets.push(Target { frame, index, list: true });
                    }
                    Some(Reverse((_, Task::Children(frame)))) => {
                        self.ask_children(frame, batch, &mut reads, &mut targets);
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
        self.ahead >= WINDOW || self.ahead_bytes >= WINDOW_BYTES
    }

    fn ask_children(&mut self, id: usize, batch: usize, reads: &mut Vec<Read>, targets: &mut Vec<Target>) {
        let level = self.frames.get(id).map_or(0, |frame| frame.place.len());
        let expand = self.options.depth.is_none_or(|depth| level < depth);
        let few = self.tasks.is_empty();
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
            let index = frame.issued;
            frame.issued += 1;
            let mut slot = Slot::default();
            let path = self.path(id, index).to_string();
            let list = expand && (self.options.want == Want::Names || both);
            if self.options.want == Want::Data {
                reads.push(Read::Data(path.clone()));
                targets.push(Target { frame: id, index, list: false });
            }
            if list {
                reads.push(Read::Children(path));
                targets.push(Target { frame: id, index, list: true });
                slot.list = List::Asked;
            } else if !expand {
                slot.list = List::None;
            }
            if let Some(frame) = self.frames.get_mut(id) {
                frame.slots.push_back(slot);
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

    fn slot(&mut self, frame: usize, index: usize) -> Option<&mut Slot> {
        let frame = self.frames.get_mut(frame)?;
        frame.slots.get_mut(index.checked_sub(frame.visited)?)
    }

    /// Puts an answer where it belongs and notes what is to be asked because of it.
    pub(super) fn take(&mut self, answer: Result<Found, Code>, target: Target) {
        let Target { frame, index, list } = target;
        if list {
            let list = match answer {
                Ok(Found::Children(names)) => self.open_frame(frame, index, names),
                Ok(_) => List::None,
                Err(code) => List::Failed(code),
            };
            if let Some(slot) = self.slot(frame, index) {
                slot.list = list;
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
        let Some(slot) = self.slot(frame, index) else { return };
        slot.data = Some(data);
        let open = slot.list == List::Open;
        if open {
            slot.list = if parent { List::Asked } else { List::None };
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
        if names.is_empty() {
            return List::None;
        }
        match self.options.order {
            Order::Natural => names.sort_natural(),
            Order::CodePoint => names.sort(),
        }
        let omitted = self.options.limit.map_or(0, |limit| names.truncate(limit));
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
