//! Groups as their writers leave them, whole and in pieces.

use std::collections::BTreeMap;

use super::{Group, GroupScan, GroupState, Row, names, rows};
use crate::cluster::{Status, TopicScan};
use crate::store::memory::{Ensemble, Rules};
use crate::znode::ZPath;

/// A cluster of two brokers of 0.8 or later with `orders` of three partitions, `gone` without any.
const BROKERS: &str = r#"
format: zkx-tree/1
/brokers:
  /ids:
    /1: '{"jmx_port":-1,"timestamp":"1420485325400","host":"k1","version":1,"port":9092}'
    /2: '{"jmx_port":-1,"timestamp":"1420485325400","host":"k2","version":1,"port":9092}'
  /topics:
    /orders:
      data: '{"version":1,"partitions":{"0":[1],"1":[2],"2":[1]}}'
      /partitions:
        /0: {/state: '{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1]}'}
        /1: {/state: '{"controller_epoch":1,"leader":2,"version":1,"leader_epoch":0,"isr":[2]}'}
        /2: {/state: '{"controller_epoch":1,"leader":-1,"version":1,"leader_epoch":0,"isr":[]}'}
"#;

/// What Jafka wrote.
const OLD: &str = r#"
format: zkx-tree/1
/brokers:
  /ids:
    /0: '127.0.0.1-1795340499227:127.0.0.1:29070:true'
  /topics:
    /demo: {data: null, /0: '2'}
    /idle: null
/consumers:
  /oldies:
    /ids: {/oldies_vm-1795340524976-9011ba76: '{"demo":1}'}
    /offsets: {/demo: {/0-0: '115', /0-1: '116', /1-0: '7'}, /idle: {/1-0: '3'}}
    /owners: {/demo: {/0-0: 'oldies_vm-1795340524976-9011ba76-0', /0-1: 'oldies_vm-1795340524976-9011ba76-0'}}
"#;

async fn read(tree: &str) -> (Vec<Group>, Vec<Vec<Row>>) {
    let ensemble = Ensemble::seeded(Rules::default(), tree).unwrap();
    let store = ensemble.store(1 << 20);
    let status = Status::read(&store, &ZPath::root()).await.unwrap();
    let all = names(&store, &status).await.unwrap().iter().map(str::to_owned).collect();
    let groups = GroupScan::new(&store, &status, all).next().await.unwrap().unwrap_or_default();
    let mut tables = Vec::new();
    for group in &groups {
        let found = TopicScan::new(&store, &status, group.topics(), false).next().await.unwrap();
        let topics: BTreeMap<_, _> =
            found.into_iter().flatten().map(|topic| (topic.name.clone(), topic)).collect();
        tables.push(rows(group, &group.topics(), &topics));
    }
    (groups, tables)
}

async fn read_one(group: &str) -> (Group, Vec<Row>) {
    let tree = format!("{BROKERS}/consumers:\n  /g:\n{group}");
    let (groups, rows) = read(&tree).await;
    (groups.into_iter().next().unwrap(), rows.into_iter().next().unwrap())
}

/// Partition, offset, owner, whom to ask or why nobody, what is wrong.
fn table(rows: &[Row]) -> Vec<String> {
    let cell = |row: &Row| {
        let log = match &row.log {
            Ok(log) => format!("ask {} {}-{}", log.broker, log.topic, log.partition),
            Err(why) => why.clone(),
        };
        let offset = row.offset.map_or("-".to_owned(), |offset| offset.to_string());
        let owner = row.owner.as_deref().unwrap_or("-");
        format!("{} {} {offset} {owner} | {log} | {}", row.topic, row.key, row.problems.join("; "))
    };
    rows.iter().map(cell).collect()
}

#[tokio::test]
async fn a_genuine_group_is_read() {
    let (group, rows) = read_one(
        r#"
    /ids:
      /g_vm-1795340437686-65c6f609: '{"version":1,"subscription":{"orders":1},"pattern":"static","timestamp":"1570701004383"}'
    /owners:
      /orders: {/0: g_vm-1795340437686-65c6f609-0, /1: g_vm-1795340437686-65c6f609-0, /2: g_vm-1795340437686-00000000-0}
    /offsets:
      /orders: {/0: '333', /1: '334'}
"#,
    )
    .await;
    assert_eq!((group.state(), group.topics()), (GroupState::Active, vec!["orders".to_owned()]));
    assert!(group.last_commit().is_some());
    assert_eq!(
        table(&rows),
        [
            "orders 0 333 g_vm-1795340437686-65c6f609-0 | ask 1 orders-0 | ",
            "orders 1 334 g_vm-1795340437686-65c6f609-0 | ask 2 orders-1 | ",
            "orders 2 - g_vm-1795340437686-00000000-0 | it has no leader | its owner is no member of the group",
        ]
    );
    assert_eq!(rows[0].member, Some(("g_vm-1795340437686-65c6f609".to_owned(), Some(0))));
    assert!(!rows[0].bytes);
}

#[tokio::test]
async fn partitions_of_0_7_are_counted_for_each_broker() {
    let (groups, tables) = read(OLD).await;
    assert_eq!(groups[0].state(), GroupState::Active);
    let owner = "oldies_vm-1795340524976-9011ba76-0";
    assert_eq!(
        table(&tables[0]),
        [
            format!("demo 0-0 115 {owner} | ask 0 demo-0 | "),
            format!("demo 0-1 116 {owner} | ask 0 demo-1 | "),
            "demo 1-0 7 - | ask 1 demo-0 | no broker holds it just now; nobody consumes it".to_owned(),
            "idle 1-0 3 - | ask 1 idle-0 | no broker holds it just now".to_owned(),
        ]
    );
    assert!(tables[0].iter().all(|row| row.bytes));
}

#[tokio::test]
async fn offsets_alone_are_a_group_too() {
    let (group, rows) = read_one("    /offsets: {/orders: {/0: '42'}, /lost: {/0: '1'}}\n").await;
    assert_eq!(group.state(), GroupState::OffsetsOnly);
    assert_eq!(
        table(&rows),
        [
            "lost 0 1 - | there is no such topic | there is no such topic",
            "orders 0 42 - | ask 1 orders-0 | ",
            "orders 1 - - | ask 2 orders-1 | ",
            "orders 2 - - | it has no leader | ",
        ]
    );
}

#[tokio::test]
async fn groups_in_pieces_are_read_as_far_as_they_go() {
    let (group, rows) = read_one("    data: null\n").await;
    assert_eq!((group.state(), rows), (GroupState::Empty, vec![]));
    let (group, rows) = read_one("    /ids: null\n    /owners: {/orders: null}\n").await;
    assert_eq!((group.state(), rows.len()), (GroupState::Empty, 3));
    // Members without anything else: confluentinc/kafka-rest#178.
    let (group, rows) = read_one("    /ids: {/m: orders}\n").await;
    assert_eq!(group.state(), GroupState::Active);
    assert_eq!(table(&rows)[0], "orders 0 - - | ask 1 orders-0 | nobody consumes it");
}

#[tokio::test]
async fn broken_values_fail_nothing_around_them() {
    let (group, rows) = read_one(
        r#"
    /ids: {/m1: '{"version":1', /m2: '{"version":1,"subscription":{"orders":1}}'}
    /owners: {/orders: {/0: '', /zero: m1-0}}
    /offsets: {/orders: {/0: 'many', /1: '12', /9: '5', /x-1: '6'}}
"#,
    )
    .await;
    assert!(group.members["m1"].fault().is_some());
    assert!(group.members["m2"].fault().is_none());
    assert_eq!(
        group.faults,
        [("owners/orders/zero", "it is no partition"), ("offsets/orders/x-1", "it is no partition")]
            .map(|(path, why)| (path.to_owned(), why.to_owned()))
    );
    let table = table(&rows);
    assert!(table[0].contains("its offset cannot be read: `many` is not"), "{table:?}");
    assert!(table[0].contains("its owner cannot be read: it is empty; nobody consumes it"), "{table:?}");
    assert_eq!(table[1], "orders 1 12 - | ask 2 orders-1 | nobody consumes it");
    assert_eq!(
        table[3],
        "orders 9 5 - | the topic has no such partition | the topic has no such partition; nobody consumes it"
    );
}

/// pykafka's BalancedConsumer on 0.8: `[leader]-[partition]`, a member without threads.
#[tokio::test]
async fn names_of_0_7_in_a_newer_topic_are_its_partitions() {
    let (_, rows) = read_one(
        r#"
    /ids: {'/host:7f3a9c01-aaaa-bbbb': orders}
    /owners: {/orders: {/1-0: 'host:7f3a9c01-aaaa-bbbb', /2-1: 'host:7f3a9c01-aaaa-bbbb', /9-0: other}}
    /offsets: {/orders: {/1-0: '8'}}
"#,
    )
    .await;
    assert_eq!(
        table(&rows),
        [
            "orders 0 8 host:7f3a9c01-aaaa-bbbb | ask 1 orders-0 | ",
            "orders 1 - host:7f3a9c01-aaaa-bbbb | ask 2 orders-1 | ",
            "orders 2 - - | it has no leader | nobody consumes it",
            "orders 9-0 - other | the topic has no such partition | \
             the topic has no such partition; its owner is no member of the group",
        ]
    );
    assert_eq!(rows[0].member, Some(("host:7f3a9c01-aaaa-bbbb".to_owned(), None)));
    assert_eq!(rows[0].committed.unwrap().key.to_string(), "1-0");
}

#[tokio::test]
async fn lag_is_signed_and_unknown_without_either_side() {
    let (_, mut rows) = read_one("    /offsets: {/orders: {/0: '100', /1: '-1'}}\n").await;
    assert_eq!(rows[0].lag(), None);
    rows[0].reach(Ok(90));
    assert_eq!(rows[0].lag(), Some(-10));
    assert_eq!(rows[0].problems, ["the offset is beyond the log end"]);
    rows[1].reach(Ok(5));
    rows[2].reach(Ok(5));
    assert_eq!((rows[1].lag(), rows[2].lag()), (None, None));
    rows[0].reach(Err("no".to_owned()));
    assert_eq!(rows[0].lag(), None);
}
