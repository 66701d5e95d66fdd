//! Znodes of every release, as they were seen in clusters, in Kafka's own tests, or as its sources write
//! them.

mod brokers;
mod consumers;

use super::*;

/// Reads a sample, and sees that what is printed says the same.
fn read<T: Content + PartialEq + std::fmt::Debug>(text: &str) -> T {
    let content = T::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    let again = T::parse(content.print().as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(again, content, "{text}");
    content
}

fn refusal<T: Content + std::fmt::Debug>(text: &str) -> String {
    T::parse(text.as_bytes()).map_or_else(|error| error.to_string(), |content| panic!("{content:?}"))
}

#[test]
fn topics() {
    let topic: Topic = read(r#"{"version":1,"partitions":{"1":[2,1],"0":[1,2]}}"#);
    assert_eq!(
        topic.partitions.iter().map(|(id, on)| (*id, on.clone())).collect::<Vec<_>>(),
        [(0, vec![1, 2]), (1, vec![2, 1])]
    );
    assert!(!topic.print().contains("adding"));
    let topic: Topic = read(
        r#"{"version":2,"partitions":{"0":[3,4,1,2]},"adding_replicas":{"0":[3,4]},"removing_replicas":{"0":[1,2]}}"#,
    );
    assert_eq!((topic.settled(0), topic.is_moving(0), topic.is_moving(1)), (vec![1, 2], true, false));
    let topic: Topic = read(
        r#"{"removing_replicas":{},"partitions":{"2":[2],"1":[1],"0":[3],"3":[3]},"topic_id":"qCqvWVu9Q6OJ_udtfKYegA","adding_replicas":{},"version":3}"#,
    );
    assert_eq!(topic.id.as_deref(), Some("qCqvWVu9Q6OJ_udtfKYegA"));
    let topic: Topic = read(
        r#"{"partitions":{"0":[0]},"topic_id":"i5lmFi0tS0GZAAA0trfk7g","adding_replicas":{},"removing_replicas":{},"version":3}"#,
    );
    assert_eq!((topic.version, topic.settled(0), topic.settled(7)), (3, vec![0], vec![]));
    assert_eq!(read::<PartitionCount>("4"), PartitionCount(4));
    assert_eq!(
        refusal::<Topic>(r#"{"version":1,"partitions":{"x":[1]}}"#),
        "`partitions.x` is a name, not a number"
    );
    assert_eq!(
        refusal::<Topic>(r#"{"version":1,"partitions":{"0":[1,null]}}"#),
        "`partitions.0[1]` is null, not a whole number of 32 bits"
    );
}

#[test]
fn states() {
    let state: PartitionState =
        read(r#"{"controller_epoch":2,"leader":2,"version":1,"leader_epoch":0,"isr":[2]}"#);
    assert_eq!((state.leader, state.controller_epoch, state.isr), (Some(2), 2, vec![2]));
    let state: PartitionState =
        read(r#"{"controller_epoch":41,"leader":-1,"version":1,"leader_epoch":0,"isr":[1001]}"#);
    assert_eq!((state.leader, state.isr.len()), (None, 1));
    assert!(state.print().contains(r#""leader":-1"#));
    let state: PartitionState =
        read(r#"{"controller_epoch":86,"leader":-1,"version":1,"leader_epoch":56,"isr":[]}"#);
    assert_eq!((state.leader_epoch, state.is_recovering()), (56, false));
    let state: PartitionState = read(
        r#"{"controller_epoch":9,"leader":3,"version":1,"leader_recovery_state":1,"leader_epoch":7,"isr":[3]}"#,
    );
    assert!(state.is_recovering());
    let state: PartitionState =
        read(r#"{ "controller_epoch":1, "isr":[ 1, 2 ], "leader":1, "leader_epoch":0, "version":1 }"#);
    assert_eq!(state.isr, [1, 2]);
    assert_eq!(refusal::<PartitionState>(r#"{"leader":1}"#), "`leader_epoch` is missing");
}

#[test]
fn controllers() {
    assert_eq!(read::<Controller>("0").broker, 0);
    let controller: Controller = read(r#"{"version":1,"brokerid":2,"timestamp":"1673382716473"}"#);
    assert_eq!((controller.version, controller.broker, controller.is_kraft()), (Some(1), 2, false));
    let controller: Controller =
        read(r#"{"version":2,"brokerid":3,"timestamp":"1733881780507","kraftControllerEpoch":-1}"#);
    assert_eq!((controller.timestamp, controller.is_kraft()), (Some(1_733_881_780_507), false));
    let controller: Controller =
        read(r#"{"version":2,"brokerid":3000,"timestamp":"1733881780507","kraftControllerEpoch":5}"#);
    assert!(controller.is_kraft());
    assert_eq!(read::<ControllerEpoch>("1"), ControllerEpoch(1));
    assert_eq!(refusal::<ControllerEpoch>("one"), "`one` is not a number");
}

#[test]
fn the_cluster() {
    let cluster: ClusterId = read(r#"{"version":"1","id":"IOejp_IKSbWbySJc0sRrKw"}"#);
    assert_eq!(cluster.id, "IOejp_IKSbWbySJc0sRrKw");
    assert!(cluster.print().contains(r#""version":"1""#));
    let block: ProducerBlock = read(r#"{"version":1,"broker":35,"block_start":"4000","block_end":"4999"}"#);
    assert_eq!((block.broker, block.start, block.end), (35, 4000, 4999));
    assert!(block.print().contains(r#""block_end":"4999""#));
    let features: Features = read(r#"{"features":{},"status":1,"version":1}"#);
    assert!(features.is_enabled());
    let features: Features =
        read(r#"{"features":{"f":{"max_version_level":3,"min_version_level":1}},"status":0,"version":1}"#);
    assert_eq!(
        (features.features["f"].min, features.features["f"].max, features.is_enabled()),
        (Some(1), 3, false)
    );
    let features: Features = read(r#"{"features":{"f":{"max_version_level":3}},"status":1,"version":2}"#);
    assert_eq!(features.features["f"].min, None);
    let migration: Migration = read(
        r#"{"kraft_metadata_epoch":5,"kraft_controller_epoch":5,"version":0,"kraft_metadata_offset":1432,"kraft_controller_id":3000}"#,
    );
    assert_eq!((migration.version, migration.controller, migration.offset), (0, 3000, 1432));
}

#[test]
fn admin_requests() {
    let reassignment: Reassignment =
        read(r#"{"version":1,"partitions":[{"topic":"iis","partition":0,"replicas":[2,3]}]}"#);
    assert_eq!(
        (reassignment.partitions[0].topic.as_str(), reassignment.partitions[0].replicas.as_slice()),
        ("iis", &[2, 3][..])
    );
    let election: Election = read(r#"{"version":1,"partitions":[{"topic":"t","partition":0}]}"#);
    assert_eq!(election.partitions[0].partition, 0);
    assert_eq!(
        refusal::<Reassignment>(r#"{"version":1,"partitions":[{"topic":"t","partition":0}]}"#),
        "`partitions[0].replicas` is missing"
    );
}

#[test]
fn configurations() {
    for (text, name, value) in [
        (r#"{"version":1,"config":{"retention.ms":"100000"}}"#, "retention.ms", "100000"),
        (
            r#"{"version":1,"config":{"segment.bytes":"104857600","compression.type":"producer","cleanup.policy":"compact"}}"#,
            "cleanup.policy",
            "compact",
        ),
        (
            r#"{"version":1,"config":{"leader.replication.throttled.replicas":"0:1,0:2"}}"#,
            "leader.replication.throttled.replicas",
            "0:1,0:2",
        ),
        (
            r#"{"version":1,"config":{"producer_byte_rate":"1024","consumer_byte_rate":"2048"}}"#,
            "producer_byte_rate",
            "1024",
        ),
        (
            r#"{"version":1,"config":{"leader.replication.throttled.rate":"1048576"}}"#,
            "leader.replication.throttled.rate",
            "1048576",
        ),
        (r#"{"version":1,"config":{"connection_creation_rate":"100"}}"#, "connection_creation_rate", "100"),
        // Not quoted, as hands write it.
        (r#"{"version":1,"config":{"retention.ms":100000}}"#, "retention.ms", "100000"),
    ] {
        assert_eq!(read::<Config>(text).values[name], value);
    }
    assert!(read::<Config>(r#"{"version":1,"config":{}}"#).values.is_empty());
    assert_eq!(refusal::<Config>(r#"{"version":1}"#), "`config` is missing");
}

#[test]
fn secrets_are_masked() {
    let config: Config = read(
        r#"{"version":1,"config":{
            "SCRAM-SHA-256":"salt=c2FsdA==,stored_key=c3RvcmVk,server_key=c2VydmVy,iterations=4096",
            "SCRAM-SHA-512":"c2FsdA==,x",
            "listener.name.x.ssl.key.password":"cipherAlgorithm:AES/CBC/PKCS5Padding,keyFactoryAlgorithm:PBKDF2WithHmacSHA512,keyLength:128,salt:c2FsdA==,iterations:4096,encryptedPassword:cGFzcw==,passwordLength:4,initializationVector:aXY=",
            "listener.name.x.sasl.jaas.config":"org.x required password=\"pass\";",
            "retention.ms":"1"}}"#,
    );
    let shown: Vec<_> = config.masked().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        shown,
        [
            "SCRAM-SHA-256: salt=***,stored_key=***,server_key=***,iterations=4096",
            "SCRAM-SHA-512: ***,***",
            "listener.name.x.sasl.jaas.config: ***",
            "listener.name.x.ssl.key.password: ***",
            "retention.ms: 1",
        ]
    );
    let bad = refusal::<Config>(r#"{"version":1,"config":{"SCRAM-SHA-256":["c2FsdA=="]}}"#);
    assert_eq!(bad, "`config.SCRAM-SHA-256` is a list, not a text");
}

#[test]
fn notices() {
    let change: ConfigChange = read(r#""topic""#);
    assert_eq!((change.version, change.path.as_str()), (None, "topics/topic"));
    assert_eq!(change.print(), r#""topic""#);
    let change: ConfigChange = read(r#"{"version":1,"entity_type":"topics","entity_name":"t"}"#);
    assert_eq!(change.entity().map(|entity| entity.path()), Some("topics/t".into()));
    let change: ConfigChange = read(r#"{"version":2,"entity_path":"topics/test100"}"#);
    assert_eq!((change.version, change.path.as_str()), (Some(2), "topics/test100"));
    let change: ConfigChange = read(r#"{"version":2,"entity_path":"client-metrics/m"}"#);
    assert_eq!(change.entity(), None);
    assert_eq!(refusal::<ConfigChange>(r#"{"version":2}"#), "`entity_path` is missing");
    let change: IsrChange = read(r#"{"version":1,"partitions":[{"topic":"topic-a","partition":0}]}"#);
    assert_eq!(change.partitions[0].topic, "topic-a");
    let event: LogDirEvent = read(r#"{"version":1,"broker":3,"event":1}"#);
    assert_eq!((event.broker, event.event), (3, 1));
    for text in ["Topic:orders", "TOPIC:orders"] {
        let change: AclChange = read(text);
        assert_eq!(
            (resource_kind(&change.kind), change.name.as_str(), change.print().as_str()),
            ("Topic", "orders", text)
        );
    }
    let change: AclChange =
        read(r#"{"version":1,"resourceType":"TOPIC","name":"x","patternType":"PREFIXED"}"#);
    assert_eq!((change.name.as_str(), change.pattern.as_str()), ("x", "PREFIXED"));
    assert_eq!(refusal::<AclChange>("orders"), "`orders` is not a resource like Topic:name");
    assert_eq!(read::<TokenChange>("vY3u").id, "vY3u");
}

#[test]
fn acls_and_tokens() {
    let acls: Acls = read(
        r#"{"version":1,"acls":[{"principal":"User:producer","permissionType":"Allow","operation":"Write","host":"127.0.0.1"}]}"#,
    );
    let acl = &acls.acls[0];
    assert_eq!(
        (acl.principal.as_str(), acl.permission.as_str(), acl.operation.as_str()),
        ("User:producer", "Allow", "Write")
    );
    assert_eq!(resource_kind("TRANSACTIONAL_ID"), "TransactionalId");
    assert_eq!(resource_kind("New"), "New");
    let token: Token = read(
        r#"{"issueTimestamp":1700000000000,"renewers":["User%3Abob"],"tokenRequester":"User%3Aalice","maxTimestamp":1700604800000,"version":3,"tokenId":"vY3u","owner":"User%3Aalice","expiryTimestamp":1700086400000}"#,
    );
    assert_eq!(
        (token.owner.as_str(), token.requester.as_deref(), token.renewers.as_slice()),
        ("User:alice", Some("User:alice"), &["User:bob".to_owned()][..])
    );
    assert!(token.print().contains(r#""owner":"User%3Aalice""#));
    let token: Token = read(
        r#"{"version":1,"owner":"User%3Aa","renewers":[],"issueTimestamp":1,"maxTimestamp":3,"expiryTimestamp":2,"tokenId":"x"}"#,
    );
    assert_eq!((token.requester, token.expires), (None, 2));
}

#[test]
fn nothing_is_an_answer_where_kafka_leaves_nothing() {
    let value = |path: &str, data: Option<&[u8]>| Value::parse(&Place::of(path).unwrap(), data);
    for path in [
        "/brokers/topics/t",
        "/brokers/topics/t/partitions/0",
        "/brokers/seqid",
        "/config/topics/t",
        "/admin/delete_topics/t",
        "/latest_producer_id_block",
        "/consumers/g/offsets/t",
    ] {
        assert_eq!(value(path, None), Ok(Value::Nothing), "{path}");
        assert_eq!(value(path, Some(b"")), Ok(Value::Nothing), "{path}");
    }
    for path in
        ["/brokers/ids/1", "/brokers/topics/t/partitions/0/state", "/controller", "/consumers/g/offsets/t/0"]
    {
        assert_eq!(value(path, None), Err(Malformed::Empty), "{path}");
    }
    // brod writes into the parents too.
    assert_eq!(value("/consumers/g", Some(b"x")), Ok(Value::Foreign(b"x".to_vec())));
    assert_eq!(value("/consumers/g/offsets/t/1-0", Some(b"21")), Ok(Value::Offset(Offset(21))));
}
