//! How brokers are asked for the ends of their logs: `ListOffsets` 0, which every broker from 0.8 to 3.9
//! answers, and 0.7's request of the same purpose.
//!
//! Numbers are big-endian, strings have their length in 16 bits; a frame has its own in 32 before it.
//!
//! ```text
//! 0.8+  request   i16 2 | i16 0 | i32 id | str client | i32 −1 | n { str topic | n { i32 partition | i64 time | i32 1 } }
//!       response  i32 id | n { str topic | n { i32 partition | i16 error | n × i64 } }
//! 0.7   request   i16 4 | str topic | i32 partition | i64 time | i32 1
//!       response  i16 error | n × i64
//! ```

use std::collections::BTreeMap;
use std::fmt;

use bytes::{Buf, BufMut, BytesMut};

/// Which end of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where the next message will be.
    Latest,
    /// The first message that is still there.
    Earliest,
}

impl End {
    fn time(self) -> i64 {
        match self {
            Self::Latest => -1,
            Self::Earliest => -2,
        }
    }
}

/// An error that a broker answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(pub i16);

impl Refusal {
    const NONE: i16 = 0;

    /// In words, and with Kafka's own name.
    fn words(self) -> Option<&'static str> {
        Some(match self.0 {
            -1 => "the broker failed (UNKNOWN_SERVER_ERROR)",
            1 => "the log does not reach there (OFFSET_OUT_OF_RANGE)",
            3 => "the broker does not know the partition (UNKNOWN_TOPIC_OR_PARTITION)",
            5 => "the partition has no leader just now (LEADER_NOT_AVAILABLE)",
            6 => "the broker does not lead the partition any more (NOT_LEADER_FOR_PARTITION)",
            7 => "the broker ran out of time (REQUEST_TIMED_OUT)",
            9 => "the broker has no replica of the partition (REPLICA_NOT_AVAILABLE)",
            29 => "the broker does not allow it (TOPIC_AUTHORIZATION_FAILED)",
            35 => "the broker does not know the request (UNSUPPORTED_VERSION)",
            56 => "the broker's disk failed (KAFKA_STORAGE_ERROR)",
            _ => return None,
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words() {
            Some(words) => f.write_str(words),
            None => write!(f, "the broker answered with error {}", self.0),
        }
    }
}

/// Why the bytes of an answer are not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It ends inside a field.
    #[error("its answer ends inside a field")]
    Short,
    /// It goes on behind its end.
    #[error("its answer has {0} bytes too many")]
    Trailing(usize),
    /// It answers another request.
    #[error("it answered another request than was sent")]
    Correlation,
    /// A number of items below zero, or a text that is none.
    #[error("its answer is not Kafka's")]
    Foreign,
}

impl From<bytes::TryGetError> for Malformed {
    fn from(_: bytes::TryGetError) -> Self {
        Self::Short
    }
}

/// What was found out about one partition.
pub type Answer = Result<i64, Refusal>;

/// Answers by topic and partition.
pub type Answers = BTreeMap<String, BTreeMap<i32, Answer>>;

const CLIENT: &str = "zkx";

/// The request for an end of `partitions`, by topic, as a whole frame; `id` comes back with the answer.
pub fn request(id: i32, partitions: &BTreeMap<&str, Vec<i32>>, end: End) -> BytesMut {
    frame(|out| {
        out.put_i16(2);
        out.put_i16(0);
        out.put_i32(id);
        put_text(out, CLIENT);
        out.put_i32(-1);
        put_count(out, partitions.len());
        for (topic, partitions) in partitions {
            put_text(out, topic);
            put_count(out, partitions.len());
            for partition in partitions {
                out.put_i32(*partition);
                out.put_i64(end.time());
                out.put_i32(1);
            }
        }
    })
}

/// 0.7's request, for one partition.
pub fn old_request(topic: &str, partition: i32, end: End) -> BytesMut {
    frame(|out| {
        out.put_i16(4);
        put_text(out, topic);
        out.put_i32(partition);
        out.put_i64(end.time());
        out.put_i32(1);
    })
}

/// What a broker answered to the request `id`. A partition without an offset is left out, as one that is
/// not mentioned.
pub fn response(mut bytes: &[u8], id: i32) -> Result<Answers, Malformed> {
    let mut found = Answers::new();
    if bytes.try_get_i32()? != id {
        return Err(Malformed::Correlation);
    }
    for _ in 0..count(&mut bytes)? {
        let topic = found.entry(text(&mut bytes)?).or_default();
        for _ in 0..count(&mut bytes)? {
            let partition = bytes.try_get_i32()?;
            if let Some(answer) = answer(&mut bytes)? {
                topic.insert(partition, answer);
            }
        }
    }
    finish(bytes, found)
}

/// What a broker of 0.7 answered; `None` is no offset.
pub fn old_response(mut bytes: &[u8]) -> Result<Option<Answer>, Malformed> {
    let answer = answer(&mut bytes)?;
    finish(bytes, answer)
}

fn finish<T>(rest: &[u8], read: T) -> Result<T, Malformed> {
    if rest.is_empty() { Ok(read) } else { Err(Malformed::Trailing(rest.len())) }
}

/// An error, and of the offsets the first.
fn answer(bytes: &mut &[u8]) -> Result<Option<Answer>, Malformed> {
    let error = bytes.try_get_i16()?;
    let mut first = None;
    for _ in 0..count(bytes)? {
        let offset = bytes.try_get_i64()?;
        first.get_or_insert(offset);
    }
    Ok(if error == Refusal::NONE { first.map(Ok) } else { Some(Err(Refusal(error))) })
}

/// A number of items. Whoever reads them comes to the end of the bytes first, if it is a lie.
fn count(bytes: &mut &[u8]) -> Result<i32, Malformed> {
    let count = bytes.try_get_i32()?;
    if count < 0 { Err(Malformed::Foreign) } else { Ok(count) }
}

fn text(bytes: &mut &[u8]) -> Result<String, Malformed> {
    let length = usize::try_from(bytes.try_get_i16()?).map_err(|_| Malformed::Foreign)?;
    let (text, rest) = bytes.split_at_checked(length).ok_or(Malformed::Short)?;
    *bytes = rest;
    std::str::from_utf8(text).map(str::to_owned).map_err(|_| Malformed::Foreign)
}

/// Names of topics are at most 255 characters long; a longer text is cut, and no topic of a broker.
fn put_text(out: &mut BytesMut, text: &str) {
    let bytes = text.as_bytes();
    let length = i16::try_from(bytes.len()).unwrap_or(i16::MAX);
    out.put_i16(length);
    out.extend(bytes.iter().take(length.unsigned_abs().into()));
}

fn put_count(out: &mut BytesMut, count: usize) {
    out.put_i32(i32::try_from(count).unwrap_or(i32::MAX));
}

fn frame(body: impl FnOnce(&mut BytesMut)) -> BytesMut {
    let mut out = BytesMut::new();
    body(&mut out);
    let mut framed = BytesMut::with_capacity(out.len() + 4);
    put_count(&mut framed, out.len());
    framed.unsplit(out);
    framed
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{Answer, Answers, End, Malformed, Refusal, old_request, old_response, request, response};

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    fn one(topic: &str, partition: i32, answer: Answer) -> Answers {
        BTreeMap::from([(topic.to_owned(), BTreeMap::from([(partition, answer)]))])
    }

    /// What brokers 0.8.2.2, 1.1.1 and 3.9.1 answered.
    #[test]
    fn a_real_answer_is_read() {
        let answer =
            bytes("00000007 00000001 0006 6f7264657273 00000001 00000000 0000 00000001 00000000000003e8");
        let found = response(&answer, 7).unwrap();
        assert_eq!(found, one("orders", 0, Ok(1000)));
        assert_eq!(response(&answer, 8), Err(Malformed::Correlation));
    }

    #[test]
    fn requests_are_kafkas() {
        let partitions = BTreeMap::from([("orders", vec![0])]);
        let expected = bytes(
            "00000031 0002 0000 00000007 0003 7a6b78 ffffffff 00000001 0006 6f7264657273 \
             00000001 00000000 ffffffffffffffff 00000001",
        );
        assert_eq!(request(7, &partitions, End::Latest), expected);
        let expected = bytes("0000001a 0004 0006 6f7264657273 00000003 fffffffffffffffe 00000001");
        assert_eq!(old_request("orders", 3, End::Earliest), expected);
    }

    #[test]
    fn errors_are_told_from_offsets() {
        let refused = bytes("00000001 00000001 0001 74 00000001 00000002 0006 00000000");
        let found = response(&refused, 1).unwrap();
        assert_eq!(found, one("t", 2, Err(Refusal(6))));
        assert_eq!(old_response(&bytes("0000 00000001 0000000000000073")), Ok(Some(Ok(115))));
        assert_eq!(old_response(&bytes("0003 00000000")), Ok(Some(Err(Refusal(3)))));
        assert_eq!(old_response(&bytes("0000 00000000")), Ok(None));
        assert_eq!(Refusal(77).to_string(), "the broker answered with error 77");
    }

    #[test]
    fn lies_about_lengths_are_found_out() {
        for (lie, why) in [
            ("", Malformed::Short),
            ("00000001", Malformed::Short),
            ("00000001 7fffffff", Malformed::Short),
            ("00000001 ffffffff", Malformed::Foreign),
            ("00000001 00000001 7fff 74", Malformed::Short),
            ("00000001 00000001 ffff 74", Malformed::Foreign),
            ("00000001 00000001 0001 ff 00000000", Malformed::Foreign),
            ("00000001 00000001 0001 74 00000001 00000000 0000 7fffffff 0000000000000001", Malformed::Short),
            ("00000001 00000000 00", Malformed::Trailing(1)),
        ] {
            assert_eq!(response(&bytes(lie), 1), Err(why), "{lie}");
        }
    }

    /// As a broker writes it.
    fn print(id: i32, answers: &Answers) -> Vec<u8> {
        let mut out = id.to_be_bytes().to_vec();
        out.extend((answers.len() as i32).to_be_bytes());
        for (topic, partitions) in answers {
            out.extend((topic.len() as i16).to_be_bytes());
            out.extend(topic.as_bytes());
            out.extend((partitions.len() as i32).to_be_bytes());
            for (partition, answer) in partitions {
                out.extend(partition.to_be_bytes());
                match answer {
                    Ok(offset) => {
                        out.extend([0, 0, 0, 0, 0, 1]);
                        out.extend(offset.to_be_bytes());
                    }
                    Err(Refusal(code)) => {
                        out.extend(code.to_be_bytes());
                        out.extend([0; 4]);
                    }
                }
            }
        }
        out
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            id: i32,
            answers in prop::collection::btree_map(
                "[a-z.]{1,9}",
                prop::collection::btree_map(
                    any::<i32>(),
                    prop_oneof![any::<i64>().prop_map(Ok), (1i16..100).prop_map(|code| Err(Refusal(code)))],
                    0..4,
                ),
                0..4,
            ),
            cut: prop::sample::Index,
        ) {
            let printed = print(id, &answers);
            prop_assert_eq!(&response(&printed, id).unwrap(), &answers);
            let end = cut.index(printed.len());
            prop_assert!(response(&printed[..end], id).is_err());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = old_response(&bytes);
            let id = bytes.first_chunk().map_or(0, |id| i32::from_be_bytes(*id));
            let _ = response(&bytes, id);
        }
    }
}
