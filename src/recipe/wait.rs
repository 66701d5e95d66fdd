//! Waiting until a znode is as it should be.
//!
//! A watch tells when to look again; nothing is asked in between. What a watch tells is never believed,
//! only looked at: so a lost connection, a renewed session and events that come together cost nothing
//! but another look.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use crate::error::Result as Decided;
use crate::store::{Change, Changes, Failure, Found, Read, Store};
use crate::wire::Code;
use crate::znode::{Names, Stat, ZPath};

/// A znode as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its data, where that was asked for; `None` is null.
    pub data: Option<Bytes>,
    /// Its stat.
    pub stat: Stat,
    /// The names of its children, where those were asked for.
    pub children: Names,
}

/// What a condition has to know of a znode beside its stat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Its data.
    pub data: bool,
    /// The names of its children.
    pub children: bool,
}

/// What is waited for.
pub trait Condition: Send + Sync {
    /// What it has to know.
    fn needs(&self) -> Needs;

    /// Whether a znode is so; `None` is one that does not exist.
    fn holds<'a>(&'a self, node: Option<&'a Node>) -> BoxFuture<'a, Decided<bool>>;
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Compare {
    Less,
    AtMost,
    Equal,
    Unequal,
    AtLeast,
    Greater,
}

impl Compare {
    /// Longer signs before those that they begin with.
    const SIGNS: [(&'static str, Self); 8] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("!=", Self::Unequal),
        ("==", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
        ("=", Self::Equal),
        ("≥", Self::AtLeast),
    ];

    fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::AtLeast => left >= right,
            Self::Greater => left > right,
        }
    }

    /// Splits `children>=3` behind its first word.
    fn split(text: &str) -> Option<(Self, &str)> {
        Self::SIGNS.iter().find_map(|(sign, compare)| Some((*compare, text.strip_prefix(sign)?)))
    }
}

/// The conditions that need no language.
#[derive(Debug)]
pub enum Until {
    /// It is there.
    Exists,
    /// It is not.
    Absent,
    /// It, its data or its list of children is no longer what it was at the first look.
    Changed(Mutex<Option<Option<Mark>>>),
    /// It has so many children.
    Children(Compare, i64),
    /// Its data has such a version.
    Version(Compare, i64),
    /// Its data is this text, or with `false` another.
    Data(String, bool),
}

/// What tells one state of a znode from another: the transactions that made it.
pub type Mark = (i64, i64, i64);

impl Until {
    /// Reads a condition as people write it; the error says how that is.
    pub fn parse(text: &str) -> Result<Self, String> {
        const FORMS: &str = "exists, absent, changed, children>=N, version>=N, data=TEXT or data!=TEXT";
        match text {
            "exists" => return Ok(Self::Exists),
            "absent" => return Ok(Self::Absent),
            "changed" => return Ok(Self::Changed(Mutex::default())),
            _ => {}
        }
        let number = |rest: &str| -> Result<(Compare, i64), String> {
            let (compare, number) =
                Compare::split(rest).ok_or("behind it comes a comparison, like >=3, =0 or <10")?;
            let number = number.trim().parse().map_err(|_| format!("`{}` is no number", number.trim()))?;
            Ok((compare, number))
        };
        if let Some(rest) = text.strip_prefix("children") {
            let (compare, count) = number(rest.trim_start())?;
            return Ok(Self::Children(compare, count));
        }
        if let Some(rest) = text.strip_prefix("version") {
            let (compare, version) = number(rest.trim_start())?;
            return Ok(Self::Version(compare, version));
        }
        if let Some(rest) = text.strip_prefix("data") {
            return match Compare::split(rest) {
                Some((Compare::Equal, text)) => Ok(Self::Data(text.to_owned(), true)),
                Some((Compare::Unequal, text)) => Ok(Self::Data(text.to_owned(), false)),
                _ => Err("data is compared with = or !=, like data=ready".into()),
            };
        }
        Err(format!("it is one of {FORMS}"))
    }

    fn decide(&self, node: Option<&Node>) -> bool {
        match (self, node) {
            (Self::Exists, node) => node.is_some(),
            (Self::Absent, node) => node.is_none(),
            (Self::Changed(first), node) => {
                let mark = node.map(|node| (node.stat.czxid, node.stat.mzxid, node.stat.pzxid));
                let mut first = first.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                *first.get_or_insert(mark) != mark
            }
            (_, None) => false,
            (Self::Children(compare, count), Some(node)) => {
                compare.holds(i64::from(node.stat.num_children), *count)
            }
            (Self::Version(compare, version), Some(node)) => {
                compare.holds(i64::from(node.stat.version), *version)
            }
            (Self::Data(text, is), Some(node)) => (node.data.as_deref() == Some(text.as_bytes())) == *is,
        }
    }
}

/// As it is written.
impl std::fmt::Display for Until {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = |compare: &Compare| {
            let found = Compare::SIGNS.iter().rev().find(|(_, known)| known == compare);
            found.map_or("?", |(sign, _)| if *sign == "≥" { ">=" } else { sign })
        };
        match self {
            Self::Exists => f.write_str("exists"),
            Self::Absent => f.write_str("absent"),
            Self::Changed(_) => f.write_str("changed"),
            Self::Children(compare, count) => write!(f, "children{}{count}", sign(compare)),
            Self::Version(compare, version) => write!(f, "version{}{version}", sign(compare)),
            Self::Data(text, true) => write!(f, "data={text}"),
            Self::Data(text, false) => write!(f, "data!={text}"),
        }
    }
}

impl Condition for Until {
    fn needs(&self) -> Needs {
        Needs { data: matches!(self, Self::Data(..)), children: false }
    }

    fn holds<'a>(&'a self, node: Option<&'a Node>) -> BoxFuture<'a, Decided<bool>> {
        Box::pin(std::future::ready(Ok(self.decide(node))))
    }
}

/// How long to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    /// The condition has to hold for so long without a break.
    pub stable: Duration,
    /// For so long at most.
    pub timeout: Option<Duration>,
}

/// What came of waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waited {
    /// The znode at the last look.
    pub node: Option<Node>,
    /// How long it took.
    pub waited: Duration,
    /// How often something happened to it meanwhile.
    pub events: u64,
}

/// Why waiting came to nothing.
#[derive(Debug)]
pub enum Stopped {
    /// The time was over; what was seen last.
    Deadline(Box<Waited>),
    /// The store failed.
    Failed(Failure),
    /// The condition cannot be decided.
    Undecided(crate::error::Error),
}

/// Looks at a znode once.
pub async fn look(store: &dyn Store, path: &ZPath, needs: Needs) -> Result<Option<Node>, Failure> {
    let mut reads =
        vec![if needs.data { Read::Data(path.to_string()) } else { Read::Stat(path.to_string()) }];
    if needs.children {
        reads.push(Read::Children(path.to_string()));
    }
    let mut node = Node::default();
    for answer in store.read(reads).await? {
        match answer {
            Ok(Found::Data(data, stat)) => (node.data, node.stat) = (data, stat),
            Ok(Found::Stat(stat)) => node.stat = stat,
            Ok(Found::Children(children)) => node.children = children,
            Ok(_) => {}
            Err(Code::NO_NODE) => return Ok(None),
            Err(code) => return Err(Failure::Refused(code)),
        }
    }
    Ok(Some(node))
}

/// Waits until a znode is as `condition` wants it.
pub async fn wait(
    store: &dyn Store,
    path: &ZPath,
    condition: &dyn Condition,
    patience: Patience,
) -> Result<Waited, Stopped> {
    let begun = Instant::now();
    let deadline = patience.timeout.map(|timeout| begun + timeout);
    let mut waiting = Waiting { store, path, condition, seen: None, since: None, events: 0 };
    let work = waiting.until(patience.stable);
    let ended = match deadline {
        Some(deadline) => timeout_at(deadline, work).await,
        None => Ok(work.await),
    };
    let node = waiting.seen.flatten();
    let waited = Waited { node, waited: begun.elapsed(), events: waiting.events };
    match ended {
        Ok(Ok(())) => Ok(waited),
        Ok(Err(stopped)) => Err(stopped),
        Err(_) => Err(Stopped::Deadline(Box::new(waited))),
    }
}

struct Waiting<'a> {
    store: &'a dyn Store,
    path: &'a ZPath,
    condition: &'a dyn Condition,
    /// What the last look found.
    seen: Option<Option<Node>>,
    /// Since when the condition holds.
    since: Option<Instant>,
    events: u64,
}

impl Waiting<'_> {
    async fn until(&mut self, stable: Duration) -> Result<(), Stopped> {
        let watch = self.store.watch(self.path.to_string(), false);
        let mut changes = watch.await.map_err(Stopped::Failed)?;
        loop {
            match look(self.store, self.path, self.condition.needs()).await {
                Ok(node) => self.judge(node).await?,
                // Nothing is known until the connection is back, which the watch will tell.
                Err(Failure::Disconnected(_)) => self.since = None,
                Err(failure) => return Err(Stopped::Failed(failure)),
            }
            let change = match self.since {
                Some(since) if since.elapsed() >= stable => return Ok(()),
                Some(since) => timeout_at(since + stable, changes.next()).await,
                None => Ok(changes.next().await),
            };
            match change {
                // It held for long enough.
                Err(_) => return Ok(()),
                Ok(change) => self.take(change, &mut changes)?,
            }
        }
    }

    async fn judge(&mut self, node: Option<Node>) -> Result<(), Stopped> {
        let unseen = self.seen.as_ref().is_some_and(|seen| missed(seen.as_ref(), node.as_ref()));
        let holds = self.condition.holds(node.as_ref()).await.map_err(Stopped::Undecided)?;
        if unseen || !holds {
            self.since = None;
        }
        if holds {
            self.since.get_or_insert_with(Instant::now);
        }
        self.seen = Some(node);
        Ok(())
    }

    /// Takes a change, and those that have come with it.
    fn take(&mut self, first: Option<Change>, changes: &mut Changes) -> Result<(), Stopped> {
        let mut next = first;
        if next.is_none() {
            return Err(Stopped::Failed(Failure::Disconnected("the watch has ended".into())));
        }
        while let Some(change) = next {
            match change {
                Change::Event(_) | Change::Missed { .. } => self.events += 1,
                Change::Lost { .. } | Change::Back { .. } => self.since = None,
                Change::Ended(failure) => return Err(Stopped::Failed(failure)),
            }
            next = changes.ready();
        }
        Ok(())
    }
}

/// Whether there was a state between two looks that neither saw, in which the condition may not have
/// held.
fn missed(was: Option<&Node>, now: Option<&Node>) -> bool {
    match (was, now) {
        (Some(was), Some(now)) => {
            was.stat.czxid != now.stat.czxid
                || now.stat.version.wrapping_sub(was.stat.version) > 1
                || now.stat.cversion.wrapping_sub(was.stat.cversion) > 1
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Until;

    #[test]
    fn conditions_read_as_they_are_written() {
        for text in [
            "exists",
            "absent",
            "changed",
            "children>=3",
            "children=0",
            "version<7",
            "data=a b",
            "data!=x",
            "data=",
        ] {
            assert_eq!(Until::parse(text).unwrap().to_string(), text);
        }
        for text in ["there", "children", "children>=x", "data", "data>3", ""] {
            assert!(Until::parse(text).is_err(), "{text}");
        }
    }
}
