//! Frames: a four-byte length and that many bytes.

use bytes::{Buf, Bytes, BytesMut};

use super::jute::Writer;

/// A frame longer than the reader allows, or of negative length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {length} bytes (at most {limit} are taken)")]
pub struct BadLength {
    /// The length that was claimed.
    pub length: i32,
    /// The most that is accepted.
    pub limit: usize,
}

/// Cuts a stream of bytes into frames.
#[derive(Debug)]
pub struct Frames {
    buffer: BytesMut,
    limit: usize,
}

impl Frames {
    /// Accepts frames of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { buffer: BytesMut::new(), limit }
    }

    /// Where to append what a socket gives.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The bytes that are not a whole frame yet.
    pub fn pending(&self) -> &[u8] {
        &self.buffer
    }

    /// The next whole frame, if it has arrived; memory is used only for what has.
    #[expect(clippy::should_implement_trait, reason = "an iterator would end where this only waits")]
    pub fn next(&mut self) -> Result<Option<Bytes>, BadLength> {
        let Some(prefix) = self.buffer.first_chunk::<4>() else {
            return Ok(None);
        };
        let claimed = i32::from_be_bytes(*prefix);
        let length = match usize::try_from(claimed) {
            Ok(length) if length <= self.limit => length,
            _ => {
                return Err(BadLength { length: claimed, limit: self.limit });
            }
        };
        if self.buffer.len() - 4 < length {
            return Ok(None);
        }
        self.buffer.advance(4);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

/// Appends a frame to `out`: what `body` writes, behind its length.
pub fn write_frame(out: &mut BytesMut, root: &str, body: impl FnOnce(&mut Writer<'_>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    body(&mut Writer::rooted(out, root));
    let length = (out.len() - start - 4) as u32;
    if let Some(prefix) = out.get_mut(start..start + 4) {
        prefix.copy_from_slice(&length.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, write_frame};
    use bytes::BytesMut;
    use proptest::prelude::*;

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_it_is_waited_for() {
        let mut frames = Frames::new(8);
        frames.buffer().extend_from_slice(&[0, 0, 0, 9]);
        assert_eq!(frames.next().unwrap_err().length, 9);
        let mut frames = Frames::new(8);
        frames.buffer().extend_from_slice(&[0xff; 4]);
        assert_eq!(frames.next().unwrap_err().length, -1);
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_they_are_split(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
            step in 1..9usize,
        ) {
            let mut stream = BytesMut::new();
            for body in &bodies {
                write_frame(&mut stream, "", |w| body.iter().for_each(|b| w.bool(*b != 0)));
            }
            let mut frames = Frames::new(64);
            let mut seen = Vec::new();
            for piece in stream.chunks(step) {
                frames.buffer().extend_from_slice(piece);
                while let Some(frame) = frames.next().unwrap() {
                    seen.push(frame.to_vec());
                }
            }
            let expected: Vec<Vec<u8>> =
                bodies.iter().map(|b| b.iter().map(|b| u8::from(*b != 0)).collect()).collect();
            prop_assert_eq!(seen, expected);
            prop_assert!(frames.pending().is_empty());
        }
    }
}
