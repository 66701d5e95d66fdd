//! What Kafka's znodes say, in a line of words.

use std::collections::BTreeMap;

use super::layout::{PartitionKey, Place};
use super::model::{
    Acls, Broker, Controller, Member, PartitionState, Subscription, Topic, TopicPartition, Value,
};

/// Entries shown of a list that may be long.
const SOME: usize = 4;

/// What the znode at a place holds, in words, if it can be read as Kafka's. `since` is when it was created and
/// `now` the time, milliseconds since 1970.
pub fn words(place: &Place, data: Option<&[u8]>, since: i64, now: i64) -> Option<String> {
    let value = Value::parse(place, data).ok()?;
    let age = age(now - since);
    Some(match (&value, place) {
        (Value::Broker(broker), Place::Broker(id)) => format!("broker {id} {}, up {age}", of_broker(broker)),
        (Value::Topic(topic), _) => of_topic(topic),
        (Value::PartitionCount(count), Place::PartitionCount { broker, .. }) => {
            format!("{} on broker {broker}", number(i64::from(count.0), "partition"))
        }
        (Value::PartitionState(state), _) => of_state(state),
        (Value::Controller(controller), _) => format!("{}, for {age}", of_controller(controller)),
        (Value::ControllerEpoch(epoch), _) => format!("controller epoch {}", epoch.0),
        (Value::ClusterId(id), _) => format!("cluster {}", id.id),
        (Value::Reassignment(asked), _) => {
            let all = asked.partitions.iter().map(|one| format!("{}-{}", one.topic, one.partition));
            format!("to be moved: {}", some(all))
        }
        (Value::Election(asked), _) => {
            format!("preferred leaders asked for: {}", partitions(&asked.partitions))
        }
        (Value::Config(config), _) => {
            let all = config.masked().map(|(key, value)| format!("{key}={value}"));
            if config.values.is_empty() { "nothing configured".to_owned() } else { some(all) }
        }
        (Value::ProducerBlock(block), _) => {
            format!("producer ids {} to {}, given to broker {}", block.start, block.end, block.broker)
        }
        (Value::Features(features), _) => {
            let levels = features.features.iter().map(|(name, feature)| format!("{name}={}", feature.max));
            match (features.is_enabled(), features.features.is_empty()) {
                (false, _) => "features are switched off".to_owned(),
                (true, true) => "no features in use".to_owned(),
                (true, false) => some(levels),
            }
        }
        (Value::Migration(migration), _) => format!(
            "migration to KRaft: controller {}, epoch {}, written up to offset {}",
            migration.controller, migration.controller_epoch, migration.offset
        ),
        (Value::Acls(acls), _) => of_acls(acls),
        (Value::Token(token), _) => match token.expires - now {
            left if left < 0 => format!("token of {}, expired", token.owner),
            left => format!("token of {}, expires in {}", token.owner, self::age(left)),
        },
        (Value::Member(member), _) => format!("{}, for {age}", of_member(member)),
        (Value::Owner(owner), _) => format!("owned by {}, for {age}", owner.thread),
        (Value::Offset(offset), Place::Offset { partition: PartitionKey::OnBroker { .. }, .. }) => {
            format!("next byte {} (0.7)", offset.0)
        }
        (Value::Offset(offset), _) => format!("next message {}", offset.0),
        (Value::Nothing, Place::DeletedTopic(topic)) => format!("{topic} shall be deleted"),
        (value, _) => changed(value)?,
    })
}

/// What it means that the znode at a path is gone, if it was one of Kafka's.
pub fn gone(path: &str) -> Option<String> {
    Some(match Place::find(path)? {
        Place::Broker(id) => format!("broker {id} is gone"),
        Place::Controller => "no controller".to_owned(),
        Place::Topic(topic) => format!("topic {topic} is gone"),
        Place::DeletedTopic(topic) => format!("the deletion of {topic} is done"),
        Place::Reassignment => "the reassignment is done".to_owned(),
        Place::Election => "the election is done".to_owned(),
        Place::Member { member, .. } => format!("{member} has left"),
        Place::Owner { .. } => "owned by nobody".to_owned(),
        Place::Notice(..) => "taken".to_owned(),
        _ => return None,
    })
}

/// What a notice says that changed; `None` for what is no notice.
pub fn changed(value: &Value) -> Option<String> {
    Some(match value {
        Value::ConfigChange(change) => format!("configuration of {}", change.path),
        Value::IsrChange(change) => format!("ISR of {}", partitions(&change.partitions)),
        Value::LogDirEvent(event) if event.event == 1 => {
            format!("a log directory of broker {} failed", event.broker)
        }
        Value::LogDirEvent(event) => {
            format!("log directory of broker {}, event {}", event.broker, event.event)
        }
        Value::AclChange(change) => format!("ACLs of {} {} ({})", change.kind, change.name, change.pattern),
        Value::TokenChange(_) => "a delegation token".to_owned(),
        _ => return None,
    })
}

/// A time in its largest unit: `3 d`, `5 h`, `12 min`, `40 s`.
pub fn age(millis: i64) -> String {
    let seconds = millis.max(0) / 1_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn number(count: i64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The first of many, and how many there are besides.
fn some(all: impl Iterator<Item = String>) -> String {
    let all: Vec<_> = all.collect();
    let shown = all.get(..SOME.min(all.len())).unwrap_or_default().join(", ");
    match all.len() {
        0 => "none".to_owned(),
        more if more > SOME => format!("{shown} and {} more", more - SOME),
        _ => shown,
    }
}

fn partitions(all: &[TopicPartition]) -> String {
    some(all.iter().map(|one| format!("{}-{}", one.topic, one.partition)))
}

fn ids(ids: &[i32]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn of_broker(broker: &Broker) -> String {
    let all = broker.listeners();
    let address = |listener: &super::model::Listener| match listener.protocol.as_str() {
        "PLAINTEXT" => listener.endpoint.address(),
        protocol => format!("{} ({protocol})", listener.endpoint.address()),
    };
    let mut words =
        if all.is_empty() { "without a listener".to_owned() } else { some(all.iter().map(address)) };
    if let Some(rack) = &broker.rack {
        words.push_str(&format!(" rack={rack}"));
    }
    words
}

fn of_topic(topic: &Topic) -> String {
    let partitions = topic.partitions.len();
    let mut counts: Vec<_> = topic.partitions.keys().map(|id| topic.settled(*id).len()).collect();
    counts.sort_unstable();
    counts.dedup();
    let replication = match counts.as_slice() {
        [] => String::new(),
        [one] => format!(", replication {one}"),
        _ => ", replication mixed".to_owned(),
    };
    let moving = topic.partitions.keys().filter(|id| topic.is_moving(**id)).count();
    let moving = if moving > 0 { format!(", {moving} being moved") } else { String::new() };
    format!("{}{replication}{moving}", number(partitions as i64, "partition"))
}

fn of_state(state: &PartitionState) -> String {
    let recovering = if state.is_recovering() { ", recovering from an unclean election" } else { "" };
    match state.leader {
        Some(leader) => {
            format!("leader {leader}, ISR {}, epoch {}{recovering}", ids(&state.isr), state.leader_epoch)
        }
        None => format!("no leader, last ISR {}, epoch {}", ids(&state.isr), state.leader_epoch),
    }
}

fn of_controller(controller: &Controller) -> String {
    let node = if controller.is_kraft() { "KRaft node" } else { "broker" };
    format!("controller: {node} {}", controller.broker)
}

fn of_acls(acls: &Acls) -> String {
    let all = acls
        .acls
        .iter()
        .map(|acl| format!("{} {} {} from {}", acl.permission, acl.principal, acl.operation, acl.host));
    some(all)
}

fn of_member(member: &Member) -> String {
    let threads = |threads: &BTreeMap<String, i32>| {
        some(threads.iter().map(|(name, threads)| match threads {
            1 => name.clone(),
            threads => format!("{name} ×{threads}"),
        }))
    };
    match &member.subscription {
        Subscription::Topics(topics) => format!("member for {}", threads(topics)),
        Subscription::White(patterns) => format!("member for topics like {}", threads(patterns)),
        Subscription::Black(patterns) => format!("member for topics unlike {}", threads(patterns)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn said(path: &str, data: &str) -> Option<String> {
        words(&Place::find(path)?, Some(data.as_bytes()), 0, 3 * DAY)
    }

    #[test]
    fn kafkas_znodes_are_said_in_words_below_any_chroot() {
        let broker = r#"{"listener_security_protocol_map":{"A":"PLAINTEXT","B":"SSL"},"endpoints":["A://k1:9092","B://k1:9093"],"rack":"a","host":"k1","version":5,"port":9092,"jmx_port":-1,"timestamp":"1"}"#;
        let words = "broker 1 k1:9092, k1:9093 (SSL) rack=a, up 3 d";
        assert_eq!(said("/brokers/ids/1", broker).as_deref(), Some(words));
        assert_eq!(said("/prod/kafka/brokers/ids/1", broker).as_deref(), Some(words));
        let old = "broker 0 127.0.0.1:9092, up 3 d";
        assert_eq!(said("/brokers/ids/0", "h-1315436360737:127.0.0.1:9092").as_deref(), Some(old));
        let topic = r#"{"version":2,"partitions":{"0":[3,4,1,2],"1":[1,2]},"adding_replicas":{"0":[3,4]},"removing_replicas":{"0":[1,2]}}"#;
        let words = "2 partitions, replication 2, 1 being moved";
        assert_eq!(said("/brokers/topics/t", topic).as_deref(), Some(words));
        let state = r#"{"controller_epoch":41,"leader":-1,"version":1,"leader_epoch":0,"isr":[1001]}"#;
        let words = "no leader, last ISR 1001, epoch 0";
        assert_eq!(said("/brokers/topics/t/partitions/0/state", state).as_deref(), Some(words));
        assert_eq!(said("/consumers/g/offsets/t/0-1", "115").as_deref(), Some("next byte 115 (0.7)"));
        assert_eq!(said("/consumers/g/offsets/t/0", "21").as_deref(), Some("next message 21"));
        assert_eq!(said("/admin/delete_topics/t", "").as_deref(), Some("t shall be deleted"));
        let user = r#"{"version":1,"config":{"SCRAM-SHA-256":"salt=c2VjcmV0,stored_key=c2VjcmV0,server_key=c2VjcmV0,iterations=4096"}}"#;
        let words = said("/config/users/u", user).unwrap_or_default();
        assert!(!words.contains("c2VjcmV0") && words.contains("iterations=4096"), "{words}");
    }

    #[test]
    fn others_are_left_alone() {
        for (path, data) in [
            ("/app/config", "x"),
            ("/brokers", ""),
            ("/brokers/ids/1", "{"),
            ("/brokers/ids/x", ""),
            ("/app/config/users/u", r#"{"name":"u"}"#),
            ("/controller", "my own"),
            ("/", ""),
        ] {
            assert_eq!(said(path, data), None, "{path}");
        }
    }
}
