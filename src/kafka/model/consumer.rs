//! `/consumers/[group]/owners` and `offsets`: who consumes a partition, and how far the group is.

use super::json::{number, text};
use super::{Content, Malformed};

/// Who consumes a partition: a thread of a member, `[member]-[thread]`; pykafka and kafka-node name the
/// member alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// As it was written.
    pub thread: String,
}

impl Owner {
    /// The member among the group's that live, and which of its threads; with no such member all that
    /// was written.
    pub fn member(&self, lives: impl Fn(&str) -> bool) -> (&str, Option<u32>) {
        let split = self.thread.rsplit_once('-');
        match split.and_then(|(member, thread)| Some((member, thread.parse().ok()?))) {
            Some((member, thread)) if lives(member) => (member, Some(thread)),
            _ => (&self.thread, None),
        }
    }
}

impl Content for Owner {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        Ok(Self { thread: text(data)?.to_owned() })
    }

    fn print(&self) -> String {
        self.thread.clone()
    }
}

/// How far a group is in a partition: the next message to read, by number, or in 0.7 the byte of the
/// log where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset(pub i64);

impl Content for Offset {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        number(data).map(Self)
    }

    fn print(&self) -> String {
        self.0.to_string()
    }
}

/// A member's id as Kafka's own consumer makes it: `[group]_[host]-[milliseconds]-[8 hexadecimals]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerId<'a> {
    /// Where it runs.
    pub host: &'a str,
    /// When it started: milliseconds since 1970.
    pub started: i64,
}

impl<'a> ConsumerId<'a> {
    /// Reads a member's id; `None` if somebody chose it, or it is another client's.
    pub fn parse(group: &str, member: &'a str) -> Option<Self> {
        let (rest, random) = member.strip_prefix(group)?.strip_prefix('_')?.rsplit_once('-')?;
        let (host, started) = rest.rsplit_once('-')?;
        let hexadecimal = random.len() == 8 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal || host.is_empty() {
            return None;
        }
        Some(Self { host, started: started.parse().ok()? })
    }
}
