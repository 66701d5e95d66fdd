//! Values in numbered places.

/// The number of a place; given to another value once the first is gone.
pub(super) type Id = u32;

/// No place.
pub(super) const NONE: Id = u32::MAX;
/// Places in one piece: growing never copies what is there.
const PIECE: usize = 4096;

/// Keeps values, each in a place of its own.
#[derive(Debug)]
pub(super) struct Slab<T> {
    pieces: Vec<Vec<Option<T>>>,
    free: Vec<Id>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let places = self.pieces.len().saturating_sub(1) * PIECE + self.pieces.last().map_or(0, Vec::len);
        places - self.free.len()
    }

    pub(super) fn get(&self, id: Id) -> Option<&T> {
        self.pieces.get(id as usize / PIECE)?.get(id as usize % PIECE)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        self.place(id)?.as_mut()
    }

    fn place(&mut self, id: Id) -> Option<&mut Option<T>> {
        self.pieces.get_mut(id as usize / PIECE)?.get_mut(id as usize % PIECE)
    }

    /// Keeps a value; the place that became free last is taken first.
    pub(super) fn put(&mut self, value: T) -> Id {
        if let Some(id) = self.free.pop() {
            if let Some(place) = self.place(id) {
                *place = Some(value);
            }
            return id;
        }
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(Some(value)),
            _ => {
                // What is small stays small.
                let mut piece = Vec::with_capacity(if self.pieces.is_empty() { 16 } else { PIECE });
                piece.push(Some(value));
                self.pieces.push(piece);
            }
        }
        (self.len() - 1) as Id
    }

    /// Takes a value away.
    pub(super) fn take(&mut self, id: Id) -> Option<T> {
        let value = self.place(id)?.take()?;
        self.free.push(id);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE, Slab};

    #[test]
    fn places_are_given_again_the_last_one_first() {
        let mut slab = Slab::default();
        let places: Vec<_> = (0..2 * PIECE + 1).map(|n| slab.put(n)).collect();
        assert_eq!((slab.len(), slab.get(places[PIECE])), (2 * PIECE + 1, Some(&PIECE)));
        assert_eq!((slab.take(5), slab.take(PIECE as u32), slab.take(5)), (Some(5), Some(PIECE), None));
        assert_eq!((slab.len(), slab.get(5)), (2 * PIECE - 1, None));
        assert_eq!((slab.put(7), slab.put(8), slab.put(9)), (PIECE as u32, 5, 2 * PIECE as u32 + 1));
    }
}
