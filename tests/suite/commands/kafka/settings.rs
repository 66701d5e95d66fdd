//! `kafka configs`, `users`, `quotas`, `acls`, `tokens`, `changes`, `features`, `producers`.

use super::*;

fn cluster(lab: &Lab) -> Truth {
    let mut truth = lab.truth();
    for (path, text) in [
        ("/config/topics/orders", r#"{"version":1,"config":{"retention.ms":"100000"}}"#),
        ("/config/topics/plain", r#"{"version":1,"config":{}}"#),
        ("/config/topics/bad", "{"),
        ("/config/brokers/1", r#"{"version":1,"config":{"listener.name.x.ssl.key.password":"hunter2"}}"#),
        (
            "/config/users/CN%3Dx",
            r#"{"version":1,"config":{"SCRAM-SHA-256":"salt=aHVudGVy,stored_key=aHVudGVy,server_key=aHVudGVy,iterations=4096","producer_byte_rate":"1024"}}"#,
        ),
        ("/config/users/CN%3Dx/clients/c%2A", r#"{"version":1,"config":{"consumer_byte_rate":"2048"}}"#),
        ("/config/clients/<default>", r#"{"version":1,"config":{"request_percentage":"200"}}"#),
        (
            "/kafka-acl/Topic/orders",
            r#"{"version":1,"acls":[{"principal":"User:p","permissionType":"Allow","operation":"Write","host":"127.0.0.1"},{"principal":"User:q","permissionType":"Deny","operation":"All","host":"*"}]}"#,
        ),
        (
            "/kafka-acl-extended/prefixed/Group/app-",
            r#"{"version":1,"acls":[{"principal":"User:p","permissionType":"Allow","operation":"Read","host":"*"}]}"#,
        ),
        ("/kafka-acl/Cluster/kafka-cluster", "x"),
        (
            "/delegation_token/tokens/vY3uHUNTER",
            r#"{"issueTimestamp":1700000000000,"renewers":["User%3Abob"],"tokenRequester":"User%3Aalice","maxTimestamp":1700604800000,"version":3,"tokenId":"vY3uHUNTER","owner":"User%3Aalice","expiryTimestamp":1700086400000}"#,
        ),
        ("/config/changes/config_change_0000000003", r#"{"version":2,"entity_path":"topics/orders"}"#),
        (
            "/isr_change_notification/isr_change_0000000001",
            r#"{"version":1,"partitions":[{"topic":"a","partition":0}]}"#,
        ),
        ("/feature", r#"{"features":{"f":{"max_version_level":3}},"status":1,"version":2}"#),
        ("/latest_producer_id_block", r#"{"version":1,"broker":35,"block_start":"4000","block_end":"4999"}"#),
        ("/brokers/topics", ""),
        (
            "/brokers/ids/1",
            r#"{"version":5,"endpoints":["PLAINTEXT://k1:9092"],"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"features":{"f":{"min_version":1,"max_version":2}},"jmx_port":-1,"port":9092,"host":"k1","timestamp":"1"}"#,
        ),
    ] {
        put(&mut truth, path, text);
    }
    truth
}

/// The words of each line but the first.
fn words(text: &str) -> Vec<String> {
    text.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

on_every_server! {
    fn what_was_configured_is_listed_without_secrets(lab: &Lab) {
        let _cluster = cluster(lab);
        let shown = run(lab, "kafka configs").success().out();
        assert_eq!(words(&shown), [
            "topic bad unreadable: it is not valid JSON: EOF while parsing an object at line 1 column 1",
            "topic orders retention.ms 100000",
            "broker 1 listener.name.x.ssl.key.password ***",
            "user CN=x SCRAM-SHA-256 salt=***,stored_key=***,server_key=***,iterations=4096",
            "user CN=x producer_byte_rate 1024",
            "user client CN=x/c* consumer_byte_rate 2048",
            "client <default> request_percentage 200",
        ]);
        let secrets = run(lab, "--show-secrets kafka configs brokers 1").success().out();
        assert_eq!(words(&secrets), ["broker 1 listener.name.x.ssl.key.password hunter2"]);
        assert_eq!(words(&run(lab, "kafka configs topics orders").success().out()).len(), 1);
        assert_eq!(words(&run(lab, "kafka users").success().out()).len(), 1);
        let quotas = run(lab, "kafka quotas").success().out();
        assert_eq!(words(&quotas), [
            "user CN=x producer_byte_rate 1024",
            "user client CN=x/c* consumer_byte_rate 2048",
            "client <default> request_percentage 200",
        ]);
        run(lab, "kafka configs things").code(2);
    }

    fn what_may_not_be_listed_is_said_and_the_rest_shown(lab: &Lab) {
        let mut truth = cluster(lab);
        truth.set_acl("/config/users", &[Acl::new(31, "ip", "10.0.0.1")]).unwrap();
        let output = run(lab, "kafka configs").success();
        assert_eq!(output.stderr, "warning: /config/users may not be listed: the ACL does not allow it (NoAuth)\n");
        assert_eq!(words(&output.out()).len(), 4);
    }

    fn acls_tokens_and_the_rest_are_listed(lab: &Lab) {
        let _cluster = cluster(lab);
        assert_eq!(words(&run(lab, "kafka acls").success().out()), [
            "Cluster kafka-cluster LITERAL unreadable: it is not valid JSON: expected value at line 1 column 1 - - -",
            "Topic orders LITERAL User:p Allow Write 127.0.0.1",
            "Topic orders LITERAL User:q Deny All *",
            "Group app- PREFIXED User:p Allow Read *",
        ]);
        let tokens = run(lab, "kafka tokens").success().out();
        assert_eq!(words(&tokens), ["vY3u*** User:alice User:alice User:bob 2023-11-14 22:13:20 2023-11-15 22:13:20 2023-11-21 22:13:20"]);
        let changes = run(lab, "-o ndjson kafka changes").success().out();
        assert!(changes.contains("\"what\":\"configuration of topics/orders\""), "{changes}");
        assert!(changes.contains("\"what\":\"ISR of a-0\""), "{changes}");
        assert_eq!(words(&run(lab, "kafka features").success().out()), ["f 3 1: 1-2"]);
        let producers = run(lab, "kafka producers").success().out();
        assert_eq!(producers, "producer ids 4000 to 4999, given out last, to broker 35\n");
    }
}
