//! A listing of children, kept as one buffer: a hundred thousand names cost no allocation each.

use std::cmp::Ordering;

use bytes::Bytes;

/// The names of a znode's children.
///
/// Holds the reply's own bytes and eight bytes for each name, because a listing can have millions
/// and zkx promises memory in proportion to the reply.
#[derive(Clone, Debug, Default)]
pub struct Names {
    text: Bytes,
    spans: Vec<(u32, u32)>,
}

impl Names {
    /// Wraps `text` with the `(offset, length)` of each name; `None` unless each lies inside `text`
    /// and is UTF-8.
    pub fn from_spans(text: Bytes, spans: Vec<(u32, u32)>) -> Option<Self> {
        let names = Self { text, spans };
        let sound = names.spans.iter().all(|&(at, len)| {
            let end = (at as usize).saturating_add(len as usize);
            names.text.get(at as usize..end).is_some_and(|name| std::str::from_utf8(name).is_ok())
        });
        sound.then_some(names)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Bytes that they take.
    pub fn size(&self) -> usize {
        self.text.len() + self.spans.len() * size_of::<(u32, u32)>()
    }

    /// The name at `index`.
    pub fn get(&self, index: usize) -> Option<&str> {
        self.spans.get(index).map(|&span| self.text_at(span))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        self.spans.iter().map(|&span| self.text_at(span))
    }

    /// Sorts by [`natural`] order, so that `10` comes after `9`.
    pub fn sort_natural(&mut self) {
        self.sort_by(natural_bytes);
    }

    /// Sorts by code points, as zkCli does.
    pub fn sort(&mut self) {
        self.sort_by(<[u8]>::cmp);
    }

    /// Compares bytes, whose order is that of the code points: to make a `str` of each at every
    /// comparison took a tenth of a whole walk. What all names begin with is passed over; it is most
    /// of each where names are long.
    fn sort_by(&mut self, order: impl Fn(&[u8], &[u8]) -> Ordering) {
        let mut spans = std::mem::take(&mut self.spans);
        let bytes = |(at, len): (u32, u32)| {
            self.text.get(at as usize..at as usize + len as usize).unwrap_or_default()
        };
        let first = spans.first().map_or(&[][..], |span| bytes(*span));
        let alike = spans.iter().fold(first.len(), |alike, span| common(first, bytes(*span)).min(alike));
        let alike = alike - trailing_digits(first, alike);
        let rest = |span| bytes(span).get(alike..).unwrap_or_default();
        spans.sort_unstable_by(|&a, &b| order(rest(a), rest(b)));
        self.spans = spans;
    }

    /// Keeps the first `limit` names and says how many went.
    pub fn truncate(&mut self, limit: usize) -> usize {
        let gone = self.spans.len().saturating_sub(limit);
        self.spans.truncate(limit);
        gone
    }

    fn text_at(&self, (at, len): (u32, u32)) -> &str {
        self.text
            .get(at as usize..at as usize + len as usize)
            .and_then(|name| std::str::from_utf8(name).ok())
            .unwrap_or_default()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Names {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut text = String::new();
        let spans = names
            .into_iter()
            .map(|name| {
                let at = text.len() as u32;
                text.push_str(name.as_ref());
                (at, name.as_ref().len() as u32)
            })
            .collect();
        Self { text: Bytes::from(text), spans }
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Names {}

/// Compares texts with runs of digits by their value: `b9 < b10`, `b09 < b9` only by length.
pub fn natural(a: &str, b: &str) -> Ordering {
    natural_bytes(a.as_bytes(), b.as_bytes())
}

fn natural_bytes(a: &[u8], b: &[u8]) -> Ordering {
    // What is alike at the beginning decides nothing, except for a number that goes on behind it.
    let alike = common(a, b);
    let alike = alike - trailing_digits(a, alike);
    let rest = |text| <[u8]>::get(text, alike..).unwrap_or_default();
    let (mut left, mut right) = (rest(a), rest(b));
    loop {
        match (left.split_first(), right.split_first()) {
            (None, None) => return a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some((x, left_rest)), Some((y, right_rest))) => {
                if x.is_ascii_digit() && y.is_ascii_digit() {
                    let (number_a, rest_a) = split_number(left);
                    let (number_b, rest_b) = split_number(right);
                    let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
                    if order != Ordering::Equal {
                        return order;
                    }
                    (left, right) = (rest_a, rest_b);
                } else if x != y {
                    return x.cmp(y);
                } else {
                    (left, right) = (left_rest, right_rest);
                }
            }
        }
    }
}

/// How many bytes are the same at the beginning.
fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

/// How many digits end at `end`: a number is compared whole.
fn trailing_digits(text: &[u8], end: usize) -> usize {
    text.iter().take(end).rev().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Splits off a run of digits, its leading zeros dropped.
fn split_number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let zeros = number.iter().position(|b| *b != b'0').unwrap_or(number.len());
    (number.split_at(zeros).1, rest)
}

#[cfg(test)]
mod tests {
    use super::{Names, natural};
    use bytes::Bytes;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    #[test]
    fn ten_comes_after_nine() {
        let mut names: Names =
            ["10", "9", "b2", "b10", "a", "lock-0000000010", "lock-0000000009"].into_iter().collect();
        names.sort_natural();
        let sorted: Vec<_> = names.iter().collect();
        assert_eq!(sorted, ["9", "10", "a", "b2", "b10", "lock-0000000009", "lock-0000000010"]);
    }

    #[test]
    fn a_span_outside_its_buffer_is_refused() {
        assert!(Names::from_spans(Bytes::from_static(b"abc"), vec![(1, 3)]).is_none());
        assert!(Names::from_spans(Bytes::from_static(b"\xff"), vec![(0, 1)]).is_none());
    }

    proptest! {
        #[test]
        fn natural_is_a_total_order(a in "[a-b0-9]{0,6}", b in "[a-b0-9]{0,6}", c in "[a-b0-9]{0,6}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b) == Ordering::Equal, a == b);
            if natural(&a, &b) == Ordering::Less && natural(&b, &c) == Ordering::Less {
                prop_assert_eq!(natural(&a, &c), Ordering::Less);
            }
        }
    }
}
