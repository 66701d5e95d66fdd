//! What real brokers and consumers write is known, each znode of it.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use zkx::kafka::layout::Place;
use zkx::kafka::model::Value;

use crate::support::kafka::{self, Kafka};
use crate::support::truth::{Truth, code};

/// The znodes of a cluster by path, except those that vanish meanwhile.
fn znodes(kafka: &Kafka) -> BTreeMap<String, Option<Vec<u8>>> {
    fn gather(truth: &mut Truth, path: &str, found: &mut BTreeMap<String, Option<Vec<u8>>>) {
        let read = truth.children(path).and_then(|(names, _)| Ok((names, truth.get(path)?.0)));
        let (names, data) = match read {
            Err(gone) if gone.code() == Some(code::NO_NODE) => return,
            read => read.expect("an answer"),
        };
        for name in names {
            gather(truth, &format!("{}/{name}", path.trim_end_matches('/')), found);
        }
        found.insert(path.to_owned(), data);
    }
    let mut found = BTreeMap::new();
    gather(&mut kafka.truth(), "/", &mut found);
    found.remove("/");
    found
}

/// Reads all znodes of a cluster, and writes them again: how many there are of each kind of value that stays.
#[track_caller]
fn judge(kafka: &Kafka) -> String {
    let mut kinds = BTreeMap::<String, usize>::new();
    let mut wrong = Vec::new();
    for (path, data) in znodes(kafka) {
        match judge_one(&path, data.as_deref()) {
            Ok(Value::Nothing | Value::ConfigChange(_) | Value::AclChange(_)) => {}
            Ok(value) => {
                let debug = format!("{value:?}");
                let kind = debug.split('(').next().unwrap_or_default();
                *kinds.entry(kind.to_owned()).or_default() += 1;
            }
            Err(why) => {
                wrong.push(format!(
                    "{path} = {:?}: {why}",
                    String::from_utf8_lossy(&data.unwrap_or_default())
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    kinds.iter().map(|(kind, count)| format!("{kind} {count}\n")).collect()
}

fn judge_one(path: &str, data: Option<&[u8]>) -> Result<Value, String> {
    let place = Place::of(path).ok_or("this is no place of Kafka's")?;
    let value = Value::parse(&place, data).map_err(|why| why.to_string())?;
    if matches!(value, Value::Foreign(_)) {
        return Err("there should be nothing".to_owned());
    }
    if let Some(extra) = value.extra().filter(|extra| !extra.is_empty()) {
        return Err(format!("unknown are {extra:?}"));
    }
    let json = |data: &[u8]| serde_json::from_slice::<Json>(data).ok();
    let (read, written) = (data.unwrap_or_default(), value.print());
    if read != written && (json(read) != json(&written) || json(read).is_none()) {
        return Err(format!("it would be written as {:?}", String::from_utf8_lossy(&written)));
    }
    Ok(value)
}

#[test]
fn those_of_0_8_are_known() {
    let Some(kafka) = kafka::v0_8() else { return };
    insta::assert_snapshot!(judge(kafka), @"
    Broker 1
    Config 3
    Controller 1
    ControllerEpoch 1
    Member 5
    Offset 10
    Owner 7
    PartitionState 6
    Topic 3
    ");
}

#[test]
fn those_of_1_1_are_known() {
    let Some(kafka) = kafka::v1_1() else { return };
    insta::assert_snapshot!(judge(kafka), @"
    Broker 1
    ClusterId 1
    Config 2
    Controller 1
    ControllerEpoch 1
    Member 5
    Offset 11
    Owner 7
    PartitionState 5
    ProducerBlock 1
    Topic 2
    ");
}

#[test]
fn those_of_3_9_are_known() {
    let Some(kafka) = kafka::v3_9() else { return };
    insta::assert_snapshot!(judge(kafka), @"
    Acls 5
    Broker 3
    ClusterId 1
    Config 7
    Controller 1
    ControllerEpoch 1
    Features 1
    Offset 5
    PartitionState 5
    ProducerBlock 1
    Topic 2
    ");
}

#[test]
fn those_of_0_7_are_known() {
    let Some(kafka) = kafka::jafka() else { return };
    insta::assert_snapshot!(judge(kafka), @"
    Broker 1
    Member 1
    Offset 2
    Owner 2
    PartitionCount 1
    ");
}
