//! What holds for any bytes, and for any keys that are unknown here.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::{Extra, Value};
use crate::kafka::layout::Place;

/// A path of each kind of znode that has data, with a sample of it in JSON.
const SAMPLES: &[(&str, &str)] = &[
    ("/brokers/ids/1", r#"{"version":1,"host":"h","port":1}"#),
    ("/brokers/ids/1", r#"{"version":5,"endpoints":["A://h:1"],"rack":"r","features":{},"timestamp":"1"}"#),
    ("/brokers/topics/t", r#"{"version":1,"partitions":{"0":[1]}}"#),
    ("/brokers/topics/t", r#"{"version":3,"partitions":{"0":[1]},"topic_id":"x","adding_replicas":{}}"#),
    (
        "/brokers/topics/t/partitions/0/state",
        r#"{"leader":1,"isr":[1],"leader_epoch":0,"controller_epoch":1}"#,
    ),
    ("/controller", r#"{"version":2,"brokerid":1,"timestamp":"1","kraftControllerEpoch":-1}"#),
    ("/cluster/id", r#"{"version":"1","id":"x"}"#),
    ("/admin/reassign_partitions", r#"{"version":1,"partitions":[]}"#),
    ("/admin/preferred_replica_election", r#"{"version":1,"partitions":[]}"#),
    ("/config/topics/t", r#"{"version":1,"config":{"a":"b"}}"#),
    ("/config/changes/config_change_0000000001", r#"{"version":1,"entity_type":"topics","entity_name":"t"}"#),
    ("/config/changes/config_change_0000000001", r#"{"version":2,"entity_path":"topics/t"}"#),
    ("/isr_change_notification/isr_change_0000000001", r#"{"version":1,"partitions":[]}"#),
    ("/log_dir_event_notification/log_dir_event_0000000001", r#"{"version":1,"broker":1,"event":1}"#),
    (
        "/kafka-acl-extended-changes/acl_changes_0000000001",
        r#"{"version":1,"resourceType":"TOPIC","name":"x","patternType":"PREFIXED"}"#,
    ),
    ("/latest_producer_id_block", r#"{"version":1,"broker":1,"block_start":"0","block_end":"9"}"#),
    ("/feature", r#"{"version":1,"status":1,"features":{}}"#),
    (
        "/migration",
        r#"{"version":0,"kraft_controller_id":1,"kraft_controller_epoch":1,"kraft_metadata_offset":1,"kraft_metadata_epoch":1}"#,
    ),
    ("/kafka-acl/Topic/t", r#"{"version":1,"acls":[]}"#),
    (
        "/delegation_token/tokens/x",
        r#"{"version":3,"tokenId":"x","owner":"a","issueTimestamp":1,"expiryTimestamp":2,"maxTimestamp":3}"#,
    ),
    ("/consumers/g/ids/m", r#"{"version":1,"subscription":{"t":1},"pattern":"static","timestamp":"1"}"#),
];

/// Paths of znodes whose data are no JSON.
const PLAIN: &[&str] = &[
    "/brokers",
    "/brokers/topics/t/1",
    "/controller_epoch",
    "/kafka-acl-changes/acl_changes_0000000001",
    "/delegation_token/token_changes/token_change_0000000001",
    "/consumers/g/owners/t/0",
    "/consumers/g/offsets/t/1-0",
];

fn place(path: &str) -> Place {
    Place::of(path).unwrap_or_else(|| panic!("{path} is unknown"))
}

/// No floats: serde_json reads them only nearly as they were written.
fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((".{0,4}", inner), 0..4)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

/// What is read from what was printed is what was printed.
fn settles(place: &Place, value: &Value) {
    let printed = value.print();
    let again = Value::parse(place, Some(&printed));
    assert_eq!(again.as_ref(), Ok(value), "{}", String::from_utf8_lossy(&printed));
}

proptest! {
    #[test]
    fn unknown_keys_survive(fields in prop::collection::vec(("[x-z].{0,6}", json()), 0..5)) {
        let extra: Extra = fields.into_iter().collect();
        for (path, sample) in SAMPLES {
            let Ok(Json::Object(mut object)) = serde_json::from_str::<Json>(sample) else { panic!("{sample}") };
            // In front, so that they cannot be mistaken for what follows something else.
            let mut data = extra.clone();
            data.append(&mut object);
            let data = Json::Object(data).to_string();
            let value = Value::parse(&place(path), Some(data.as_bytes())).unwrap_or_else(|error| panic!("{data}: {error}"));
            prop_assert_eq!(value.extra(), Some(&extra));
            settles(&place(path), &value);
        }
    }

    #[test]
    fn no_bytes_panic(data in prop::collection::vec(any::<u8>(), 0..60)) {
        for path in SAMPLES.iter().map(|(path, _)| path).chain(PLAIN) {
            if let Ok(value) = Value::parse(&place(path), Some(&data)) {
                settles(&place(path), &value);
            }
        }
    }

    #[test]
    fn no_text_panics(data in r#"[-{}\[\]":,!*#/ \\0-9a-c]{0,24}"#) {
        for path in SAMPLES.iter().map(|(path, _)| path).chain(PLAIN) {
            if let Ok(value) = Value::parse(&place(path), Some(data.as_bytes())) {
                settles(&place(path), &value);
            }
        }
    }

    /// A sample with one value in place of another, which is wrong more often than not.
    #[test]
    fn no_json_panics(at in 0usize..8, json in json()) {
        for (path, sample) in SAMPLES {
            let Ok(Json::Object(mut object)) = serde_json::from_str::<Json>(sample) else { panic!("{sample}") };
            let Some(key) = object.keys().nth(at).cloned() else { continue };
            object.insert(key, json.clone());
            let data = Json::Object(object).to_string();
            match Value::parse(&place(path), Some(data.as_bytes())) {
                Ok(value) => settles(&place(path), &value),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}
