//! The data of znodes, kept by length.
//!
//! Most data is short, and there are millions of it. Each by itself on the heap takes up a fifth more
//! than it holds, and leaves holes as long as the requests that came meanwhile, which fit nothing else.

use super::slab::{Id, Slab};

/// Data of up to so many bytes lies beside other data of about the same length.
const SHORT: usize = 512;
/// Lengths are rounded up to multiples of this.
const STEP: usize = 8;
/// Bytes of one board of a shelf.
const BOARD: usize = 16 << 10;

/// Where data is kept, or that it is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    place: Id,
    length: u32,
}

impl Kept {
    /// Null data.
    pub(super) const NULL: Self = Self { place: 0, length: u32::MAX };

    /// How many bytes it has; null has none.
    pub(super) fn len(self) -> usize {
        if self == Self::NULL { 0 } else { self.length as usize }
    }
}

/// All data.
#[derive(Debug)]
pub(super) struct Shelves {
    short: Vec<Shelf>,
    long: Slab<Box<[u8]>>,
}

/// Data of about one length.
#[derive(Debug, Default)]
struct Shelf {
    boards: Vec<Box<[u8]>>,
    /// Places that were taken at any time.
    taken: u32,
    free: Vec<u32>,
}

/// The shelf for data of this length, which is not empty.
fn shelf(length: usize) -> usize {
    (length - 1) / STEP
}

/// Where a place is on a shelf: which board, and which byte there.
fn spot(shelf: usize, place: u32) -> (usize, usize) {
    let each = (shelf + 1) * STEP;
    let on_a_board = BOARD / each;
    (place as usize / on_a_board, place as usize % on_a_board * each)
}

impl Default for Shelves {
    fn default() -> Self {
        let short = std::iter::repeat_with(Shelf::default).take(SHORT / STEP).collect();
        Self { short, long: Slab::default() }
    }
}

impl Shelves {
    /// Keeps data.
    pub(super) fn put(&mut self, data: Option<&[u8]>) -> Kept {
        let Some(data) = data else { return Kept::NULL };
        let length = data.len() as u32;
        let place = match data.len() {
            0 => 0,
            1..=SHORT => {
                let number = shelf(data.len());
                let Some(shelf) = self.short.get_mut(number) else { return Kept::NULL };
                let place = shelf.free.pop().unwrap_or_else(|| {
                    shelf.taken += 1;
                    shelf.taken - 1
                });
                let (board, at) = spot(number, place);
                if board == shelf.boards.len() {
                    shelf.boards.push(vec![0; BOARD].into());
                }
                let board = shelf.boards.get_mut(board);
                if let Some(spot) = board.and_then(|board| board.get_mut(at..at + data.len())) {
                    spot.copy_from_slice(data);
                }
                place
            }
            _ => self.long.put(data.into()),
        };
        Kept { place, length }
    }

    /// The data; `None` is null.
    pub(super) fn get(&self, kept: Kept) -> Option<&[u8]> {
        match kept.len() {
            _ if kept == Kept::NULL => None,
            0 => Some(&[]),
            length @ 1..=SHORT => {
                let number = shelf(length);
                let (board, at) = spot(number, kept.place);
                self.short.get(number)?.boards.get(board)?.get(at..at + length)
            }
            _ => self.long.get(kept.place).map(|data| &**data),
        }
    }

    /// Forgets data.
    pub(super) fn free(&mut self, kept: Kept) {
        match kept.len() {
            0 => {}
            length @ 1..=SHORT => {
                let Some(shelf) = self.short.get_mut(shelf(length)) else { return };
                shelf.free.push(kept.place);
                if shelf.free.len() == shelf.taken as usize {
                    *shelf = Shelf::default();
                }
            }
            _ => drop(self.long.take(kept.place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, SHORT, Shelves};

    #[test]
    fn data_of_any_length_comes_back() {
        let mut shelves = Shelves::default();
        let data = |n: usize| vec![n as u8; n % (SHORT + 100)];
        let kept: Vec<_> = (0..5000).map(|n| shelves.put(Some(&data(n)))).collect();
        assert_eq!((shelves.put(None), shelves.get(Kept::NULL)), (Kept::NULL, None));
        for (n, kept) in kept.iter().enumerate().filter(|(n, _)| n % 3 == 0) {
            assert_eq!(shelves.get(*kept), Some(&data(n)[..]));
            shelves.free(*kept);
        }
        let again: Vec<_> = (0..5000).map(|n| shelves.put(Some(&data(n + 1)))).collect();
        for (n, kept) in again.iter().enumerate() {
            assert_eq!(shelves.get(*kept), Some(&data(n + 1)[..]));
        }
        for (n, kept) in kept.iter().enumerate().filter(|(n, _)| n % 3 != 0) {
            assert_eq!(shelves.get(*kept), Some(&data(n)[..]));
            shelves.free(*kept);
        }
        again.into_iter().for_each(|kept| shelves.free(kept));
        assert!(shelves.short.iter().all(|shelf| shelf.boards.is_empty()) && shelves.long.len() == 0);
    }
}
