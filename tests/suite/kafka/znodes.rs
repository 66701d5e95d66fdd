//! What real brokers and consumers write is known, each znode of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use zkx::kafka::layout::Place;
use zkx::kafka::model::Value;

use crate::support::kafka::{self, Kafka};
use crate::support::truth::{Truth, code};

/// The znodes of a cluster by path, except those that vanish meanwhile, and groups of other tests.
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
    let group = |path: &str| path.strip_prefix("/consumers/")?.split('/').next().map(str::to_owned);
    found.retain(|path, _| group(path).is_none_or(|group| kafka::GROUPS.contains(&group.as_str())));
    found
}

/// Reads all znodes of a cluster, and writes them again: the kinds of values there are, but for those that do
/// not stay.
#[track_caller]
fn judge(kafka: &Kafka) -> String {
    let mut kinds = BTreeSet::new();
    let mut wrong = Vec::new();
    for (path, data) in znodes(kafka) {
        match judge_one(&path, data.as_deref()) {
            Ok(Value::Nothing | Value::ConfigChange(_) | Value::AclChange(_)) => {}
            Ok(value) => {
                let debug = format!("{value:?}");
                let kind = debug.split('(').next().unwrap_or_default();
                kinds.insert(kind.to_owned());
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
    kinds.into_iter().collect::<Vec<_>>().join(" ")
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
    insta::assert_snapshot!(judge(kafka), @"Broker Config Controller ControllerEpoch Member Offset Owner PartitionState Topic");
}

#[test]
fn those_of_1_1_are_known() {
    let Some(kafka) = kafka::v1_1() else { return };
    insta::assert_snapshot!(judge(kafka), @"Acls Broker ClusterId Config Controller ControllerEpoch Member Offset Owner PartitionState ProducerBlock Topic");
}

#[test]
fn those_of_3_9_are_known() {
    let Some(kafka) = kafka::v3_9() else { return };
    insta::assert_snapshot!(judge(kafka), @"Acls Broker ClusterId Config Controller ControllerEpoch Features Offset PartitionState ProducerBlock Topic");
}

#[test]
fn those_of_0_7_are_known() {
    let Some(kafka) = kafka::jafka() else { return };
    insta::assert_snapshot!(judge(kafka), @"Broker Member Offset Owner PartitionCount");
}
