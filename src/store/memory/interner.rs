//! Values that many znodes share, kept once.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Keeps each different value once and counts its users.
#[derive(Debug)]
pub(super) struct Interner<T: ?Sized> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

#[derive(Debug)]
struct Slot<T: ?Sized> {
    value: Option<Box<T>>,
    users: u32,
}

impl<T: ?Sized> Default for Interner<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<T: ?Sized + Hash + Eq> Interner<T> {
    /// The number of a value that is there.
    pub(super) fn find(&self, value: &T) -> Option<u32> {
        let hash = self.hasher.hash_one(value);
        self.index.find(hash, |&id| self.get(id) == Some(value)).copied()
    }

    /// The number of a value, which has one user more now.
    pub(super) fn take(&mut self, value: &T) -> u32
    where
        Box<T>: for<'a> From<&'a T>,
    {
        if let Some(id) = self.find(value) {
            if let Some(slot) = self.slots.get_mut(id as usize) {
                slot.users += 1;
            }
            return id;
        }
        let slot = Slot { value: Some(Box::from(value)), users: 1 };
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                self.slots.push(Slot { value: None, users: 0 });
                self.slots.len() as u32 - 1
            }
        };
        if let Some(place) = self.slots.get_mut(id as usize) {
            *place = slot;
        }
        let Self { index, slots, hasher, .. } = self;
        let value_of = |id: u32| slots.get(id as usize).and_then(|slot| slot.value.as_deref());
        let hash = |id: &u32| value_of(*id).map_or(0, |value| hasher.hash_one(value));
        index.insert_unique(hasher.hash_one(value), id, hash);
        id
    }

    /// Takes one user away, and the value with the last.
    pub(super) fn release(&mut self, id: u32) {
        let Some(slot) = self.slots.get_mut(id as usize) else { return };
        slot.users = slot.users.saturating_sub(1);
        if slot.users > 0 {
            return;
        }
        let Some(value) = slot.value.take() else { return };
        if let Ok(entry) = self.index.find_entry(self.hasher.hash_one(&*value), |&known| known == id) {
            entry.remove();
        }
        self.free.push(id);
    }

    /// The value with this number.
    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.slots.get(id as usize)?.value.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::Interner;

    #[test]
    fn a_value_is_kept_as_long_as_it_has_users() {
        let mut names = Interner::<str>::default();
        let (a, b) = (names.take("a"), names.take("b"));
        assert_eq!((names.take("a"), names.find("b"), names.find("c")), (a, Some(b), None));
        names.release(a);
        assert_eq!(names.get(a), Some("a"));
        names.release(a);
        assert_eq!((names.get(a), names.find("a"), names.find("b")), (None, None, Some(b)));
        assert_eq!((names.take("c"), names.find("c")), (a, Some(a)));
        for n in 0..1000 {
            names.take(&n.to_string());
        }
        assert!((0..1000).all(|n| names.find(&n.to_string()).is_some()));
    }
}
