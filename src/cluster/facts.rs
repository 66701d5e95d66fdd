//! What of a cluster is watched, and what a change of it means.

use std::collections::BTreeMap;

use crate::kafka::layout::{PartitionKey, Place};
use crate::kafka::model::{Malformed, Value};

/// What a znode said when it was last read, as far as changes are told by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A broker: where it is, in words.
    Broker(String),
    /// The controller.
    Controller(i32),
    /// A topic: its partitions, and how many of them are being moved.
    Topic(usize, usize),
    /// A partition: leader, epoch and ISR.
    State(Option<i32>, i32, Vec<i32>),
    /// A member lives.
    Member,
    /// The thread that owns a partition.
    Owner(String),
    /// An offset.
    Offset(i64),
    /// Something is asked of the controller: what, in words.
    Asked(String),
    /// A notice: what changed, in words.
    Notice(String),
    /// There, and not readable as what it should be.
    Unreadable,
}

/// A change in a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// What kind it is, always in the same words: `leader-changed`.
    pub kind: &'static str,
    /// What it is about: `broker 1`, `orders-0`, `group g`.
    pub subject: String,
    /// In words.
    pub what: String,
}

impl Fact {
    /// What the data of a znode say; `None` for znodes whose changes mean nothing by themselves.
    pub fn of(place: &Place, data: Option<&[u8]>) -> Option<Self> {
        let watched = matches!(
            place,
            Place::Broker(_)
                | Place::Controller
                | Place::Topic(_)
                | Place::PartitionState(..)
                | Place::Member { .. }
                | Place::Owner { .. }
                | Place::Offset { .. }
                | Place::Reassignment
                | Place::Election
                | Place::DeletedTopic(_)
                | Place::Notice(..)
        );
        if !watched {
            return None;
        }
        let value = match Value::parse(place, data) {
            Ok(value) => value,
            // Created, and about to be filled.
            Err(Malformed::Empty) => return None,
            Err(_) => return Some(Self::Unreadable),
        };
        Some(match value {
            Value::Broker(broker) => {
                let at: Vec<_> = broker.listeners().iter().map(|one| one.endpoint.address()).collect();
                Self::Broker(at.join(", "))
            }
            Value::Controller(controller) => Self::Controller(controller.broker),
            Value::Topic(topic) => {
                let moving = topic.partitions.keys().filter(|id| topic.is_moving(**id)).count();
                Self::Topic(topic.partitions.len(), moving)
            }
            Value::PartitionState(state) => Self::State(state.leader, state.leader_epoch, state.isr),
            Value::Member(_) => Self::Member,
            Value::Owner(owner) => Self::Owner(owner.thread),
            Value::Offset(offset) => Self::Offset(offset.0),
            Value::Reassignment(asked) => Self::Asked(format!("{} partitions", asked.partitions.len())),
            Value::Election(asked) => Self::Asked(format!("{} partitions", asked.partitions.len())),
            Value::Nothing if matches!(place, Place::DeletedTopic(_)) => Self::Asked(String::new()),
            Value::Nothing => Self::Topic(0, 0),
            other => match crate::kafka::words::changed(&other) {
                Some(words) => Self::Notice(words),
                None => Self::Unreadable,
            },
        })
    }
}

fn partition(topic: &str, key: &PartitionKey) -> String {
    format!("{topic}-{key}")
}

/// What it means that a znode said `old` and says `new`; `None` where it is not there.
pub fn happened(place: &Place, old: Option<&Fact>, new: Option<&Fact>) -> Option<Happened> {
    if old == new {
        return None;
    }
    let (kind, subject, what) = match (place, old, new) {
        (_, _, Some(Fact::Unreadable)) => {
            ("unreadable", place.path(), "it cannot be read as what Kafka keeps there".to_owned())
        }
        (Place::Broker(id), old, new) => match (old, new) {
            (_, None) => ("broker-down", format!("broker {id}"), "is gone".to_owned()),
            (None, Some(Fact::Broker(at))) => ("broker-up", format!("broker {id}"), format!("is up at {at}")),
            (Some(_), Some(Fact::Broker(at))) => {
                ("broker-changed", format!("broker {id}"), format!("registered again, at {at}"))
            }
            _ => return None,
        },
        (Place::Controller, _, None) => {
            ("controller-gone", "controller".to_owned(), "there is none".to_owned())
        }
        (Place::Controller, _, Some(Fact::Controller(id))) => {
            ("controller-elected", "controller".to_owned(), format!("is broker {id}"))
        }
        (Place::Topic(topic), old, new) => of_topic(topic, old, new)?,
        (Place::PartitionState(topic, id), old, new) => {
            let (kind, what) = of_state(old, new)?;
            (kind, format!("{topic}-{id}"), what)
        }
        (Place::Member { group, member }, _, new) => {
            let (kind, verb) =
                if new.is_some() { ("member-joined", "joined") } else { ("member-left", "left") };
            (kind, format!("group {group}"), format!("{member} {verb}"))
        }
        (Place::Owner { group, topic, partition: key }, _, new) => {
            let which = partition(topic, key);
            let (kind, what) = match new {
                Some(Fact::Owner(thread)) => ("owner-changed", format!("{which} is consumed by {thread}")),
                _ => ("owner-gone", format!("{which} is consumed by nobody")),
            };
            (kind, format!("group {group}"), what)
        }
        (Place::Offset { group, topic, partition: key }, old, new) => {
            let which = partition(topic, key);
            let (kind, what) = match (old, new) {
                (Some(Fact::Offset(old)), Some(Fact::Offset(new))) => {
                    ("offset-committed", format!("{which} {old} → {new} ({:+})", new.saturating_sub(*old)))
                }
                (_, Some(Fact::Offset(new))) => ("offset-committed", format!("{which} {new}")),
                _ => ("offset-deleted", which),
            };
            (kind, format!("group {group}"), what)
        }
        (Place::DeletedTopic(topic), _, new) => match new {
            Some(_) => ("deletion-asked", topic.clone(), "shall be deleted".to_owned()),
            None => ("deletion-done", topic.clone(), "is no longer to be deleted".to_owned()),
        },
        (Place::Reassignment, _, Some(Fact::Asked(what))) => {
            ("reassignment-asked", "reassignment".to_owned(), format!("of {what}"))
        }
        (Place::Reassignment, ..) => ("reassignment-done", "reassignment".to_owned(), "is done".to_owned()),
        (Place::Election, _, Some(Fact::Asked(what))) => {
            ("election-asked", "preferred leaders".to_owned(), format!("of {what}"))
        }
        (Place::Election, ..) => ("election-done", "preferred leaders".to_owned(), "were elected".to_owned()),
        (Place::Notice(queue, _), _, Some(Fact::Notice(what))) => {
            ("notice", queue.folder().to_owned(), what.clone())
        }
        _ => return None,
    };
    Some(Happened { kind, subject, what })
}

fn of_topic(topic: &str, old: Option<&Fact>, new: Option<&Fact>) -> Option<(&'static str, String, String)> {
    let (kind, what) = match (old, new) {
        (_, None) => ("topic-deleted", "is gone".to_owned()),
        (None, Some(Fact::Topic(partitions, _))) => ("topic-created", format!("has {partitions} partitions")),
        (Some(Fact::Topic(were, moved)), Some(Fact::Topic(are, moving)))
            if were != are || moved == moving =>
        {
            ("topic-changed", format!("has {are} partitions, had {were}"))
        }
        (_, Some(Fact::Topic(_, 0))) => {
            ("reassignment-done", "nothing of it is being moved any more".to_owned())
        }
        (_, Some(Fact::Topic(_, moving))) => ("reassigning", format!("{moving} partitions are being moved")),
        _ => return None,
    };
    Some((kind, topic.to_owned(), what))
}

fn of_state(old: Option<&Fact>, new: Option<&Fact>) -> Option<(&'static str, String)> {
    let list = |isr: &[i32]| isr.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let Some(Fact::State(leader, epoch, isr)) = new else {
        return Some(("partition-gone", "has no state any more".to_owned()));
    };
    let name = |leader: &Option<i32>| leader.map_or_else(|| "none".to_owned(), |leader| leader.to_string());
    let Some(Fact::State(had, _, was)) = old else {
        return Some(("partition-created", format!("leader {}, ISR {}", name(leader), list(isr))));
    };
    let change = format!("ISR {} → {}", list(was), list(isr));
    Some(match (leader, isr.len().cmp(&was.len())) {
        (None, _) if had.is_some() => {
            ("partition-offline", format!("lost its leader {}, last ISR {}", name(had), list(isr)))
        }
        (Some(_), _) if leader != had => {
            let isr = if isr == was { format!("ISR {}", list(isr)) } else { change };
            ("leader-changed", format!("leader {} → {}, epoch {epoch}, {isr}", name(had), name(leader)))
        }
        (_, std::cmp::Ordering::Less) => ("isr-shrunk", change),
        (_, std::cmp::Ordering::Greater) => ("isr-expanded", change),
        _ if isr != was => ("isr-changed", change),
        _ => ("leader-elected", format!("leader {} again, epoch {epoch}", name(leader))),
    })
}

/// What is known of a cluster, by paths below its chroot.
pub type Facts = BTreeMap<String, Fact>;

/// What happened between two looks at the same paths, in their order.
pub fn between(old: &Facts, new: &Facts) -> Vec<(String, Happened)> {
    let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let change = |path: &String| {
        let place = Place::of(path)?;
        Some((path.clone(), happened(&place, old.get(path), new.get(path))?))
    };
    paths.into_iter().filter_map(change).collect()
}
