//! Values that many znodes share, kept once.

use std::hash::{BuildHasher, Hash};
use std::num::NonZeroU32;
use std::ops::Deref;

use hashbrown::{DefaultHashBuilder, HashTable};

/// The number of a kept value. Never zero, so that what holds one has room for `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(NonZeroU32);

impl Key {
    /// That of the first value of all.
    pub(super) const FIRST: Self = Self(NonZeroU32::MIN);

    fn of(place: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(place as u32))
    }

    fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Keeps each different value once, in a `P`, and counts its users.
#[derive(Debug)]
pub(super) struct Interner<P> {
    slots: Vec<Slot<P>>,
    free: Vec<Key>,
    index: HashTable<Key>,
    hasher: DefaultHashBuilder,
}

#[derive(Debug)]
struct Slot<P> {
    value: Option<P>,
    users: u32,
}

impl<P> Default for Interner<P> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<P: Deref<Target: Hash + Eq>> Interner<P> {
    /// The number of a value that is there.
    pub(super) fn find(&self, value: &P::Target) -> Option<Key> {
        let is_it = |key: &Key| self.get(*key).is_some_and(|kept| **kept == *value);
        self.index.find(self.hasher.hash_one(value), is_it).copied()
    }

    /// The number of a value, which has one user more now.
    pub(super) fn take(&mut self, value: &P::Target) -> Key
    where
        P: for<'a> From<&'a P::Target>,
    {
        if let Some(key) = self.find(value) {
            if let Some(slot) = self.slots.get_mut(key.place()) {
                slot.users += 1;
            }
            return key;
        }
        let slot = Slot { value: Some(P::from(value)), users: 1 };
        let key = match self.free.pop() {
            Some(key) => key,
            None => {
                self.slots.push(Slot { value: None, users: 0 });
                Key::of(self.slots.len() - 1)
            }
        };
        if let Some(place) = self.slots.get_mut(key.place()) {
            *place = slot;
        }
        let Self { index, slots, hasher, .. } = self;
        let value_of = |key: &Key| slots.get(key.place()).and_then(|slot| slot.value.as_deref());
        let hash = |key: &Key| value_of(key).map_or(0, |value| hasher.hash_one(value));
        index.insert_unique(hasher.hash_one(value), key, hash);
        key
    }

    /// Takes one user away, and the value with the last.
    pub(super) fn release(&mut self, key: Key) {
        let Some(slot) = self.slots.get_mut(key.place()) else { return };
        slot.users = slot.users.saturating_sub(1);
        if slot.users > 0 {
            return;
        }
        let Some(value) = slot.value.take() else { return };
        if let Ok(entry) = self.index.find_entry(self.hasher.hash_one(&*value), |&known| known == key) {
            entry.remove();
        }
        self.free.push(key);
    }

    /// The value with this number.
    pub(super) fn get(&self, key: Key) -> Option<&P> {
        self.slots.get(key.place())?.value.as_ref()
    }
}

/// A text that is on the heap only when it is long: names are the most part of a tree of empty
/// znodes, and most of them are short.
#[derive(Clone, Debug)]
pub(super) enum Text {
    Short { length: u8, bytes: [u8; Text::SHORT] },
    Long(Box<str>),
}

impl Text {
    /// As many bytes as there is room for beside the length where else there would be a pointer.
    const SHORT: usize = 22;
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; Self::SHORT];
        match bytes.get_mut(..text.len()) {
            Some(place) => {
                place.copy_from_slice(text.as_bytes());
                Self::Short { length: text.len() as u8, bytes }
            }
            None => Self::Long(text.into()),
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Short { length, bytes } => bytes
                .get(..usize::from(*length))
                .and_then(|text| str::from_utf8(text).ok())
                .unwrap_or_default(),
            Self::Long(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Interner, Slot, Text};

    #[test]
    fn a_value_is_kept_as_long_as_it_has_users() {
        let mut names = Interner::<Text>::default();
        let (a, b) = (names.take("a"), names.take("b"));
        assert_eq!((names.take("a"), names.find("b"), names.find("c")), (a, Some(b), None));
        names.release(a);
        assert_eq!(names.get(a).map(|text| &**text), Some("a"));
        names.release(a);
        assert!(names.get(a).is_none());
        assert_eq!((names.find("a"), names.find("b")), (None, Some(b)));
        assert_eq!((names.take("c"), names.find("c")), (a, Some(a)));
        for n in 0..1000 {
            names.take(&n.to_string());
        }
        assert!((0..1000).all(|n| names.find(&n.to_string()).is_some()));
    }

    #[test]
    fn texts_of_any_length_come_back() {
        for length in [0, 1, Text::SHORT - 1, Text::SHORT, Text::SHORT + 1, 1000] {
            let text = "x".repeat(length);
            assert_eq!(*Text::from(text.as_str()), *text);
        }
        let wide = "ß".repeat(Text::SHORT / 2);
        assert_eq!(*Text::from(wide.as_str()), *wide);
        assert_eq!(size_of::<Slot<Text>>(), 32);
    }
}
