//! Any path is judged, and any data of any of Kafka's znodes read, without panic; what was read can be
//! written and read again, with all that is unknown in it. A line break divides the path from the data.
#![no_main]

mod meter;

use libfuzzer_sys::fuzz_target;
use zkx::kafka::layout::Place;
use zkx::kafka::model::Value;

/// What a value may take while it is read: JSON is read twice where it is not escaped.
const MOST: usize = 64 << 20;

/// One of each kind that has data.
const PATHS: &[&str] = &[
    "/brokers/ids/1",
    "/brokers/topics/t",
    "/brokers/topics/t/1",
    "/brokers/topics/t/partitions/0/state",
    "/controller",
    "/controller_epoch",
    "/cluster/id",
    "/admin/reassign_partitions",
    "/admin/preferred_replica_election",
    "/config/users/u",
    "/config/changes/config_change_0000000001",
    "/isr_change_notification/isr_change_0000000001",
    "/log_dir_event_notification/log_dir_event_0000000001",
    "/kafka-acl-changes/acl_changes_0000000001",
    "/delegation_token/token_changes/token_change_0000000001",
    "/latest_producer_id_block",
    "/feature",
    "/migration",
    "/kafka-acl/Topic/t",
    "/delegation_token/tokens/x",
    "/consumers/g/ids/m",
    "/consumers/g/owners/t/0",
    "/consumers/g/offsets/t/1-0",
];

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (path, data) = input.split_at(at);
    if let Ok(path) = std::str::from_utf8(path)
        && let Some(place) = Place::of(path)
    {
        assert_eq!(place.path(), path);
    }
    for path in PATHS {
        let place = Place::of(path).expect("one of Kafka's");
        meter::within(MOST, || read(&place, data));
    }
});

fn read(place: &Place, data: &[u8]) {
    let value = match Value::parse(place, Some(data)) {
        Ok(value) => value,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let again = Value::parse(place, Some(&value.print())).expect("what was written can be read");
    // Not the values: floats are read only nearly as they were written.
    let keys = |value: &Value| value.extra().map(|extra| extra.keys().cloned().collect::<Vec<_>>());
    assert_eq!(keys(&again), keys(&value));
    assert_eq!(std::mem::discriminant(&again), std::mem::discriminant(&value));
}
