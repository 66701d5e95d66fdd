use super::*;

fn listeners(broker: &Broker) -> Vec<String> {
    let shown = |listener: &Listener| format!("{} {}", listener.endpoint, listener.protocol);
    broker.listeners().iter().map(shown).collect()
}

fn version(broker: &Broker) -> Option<i64> {
    match broker.form {
        BrokerForm::Json { version } => Some(version),
        _ => None,
    }
}

#[test]
fn brokers_with_one_address() {
    let broker: Broker =
        read(r#"{"jmx_port":-1,"timestamp":"1420485325400","host":"172.16.8.243","version":1,"port":9091}"#);
    assert_eq!(
        (version(&broker), broker.jmx_port, broker.timestamp),
        (Some(1), None, Some(1_420_485_325_400))
    );
    assert_eq!(listeners(&broker), ["PLAINTEXT://172.16.8.243:9091 PLAINTEXT"]);
    // As 0.8.0 wrote it; its beta without a time.
    let broker: Broker =
        read(r#"{ "host":"h", "jmx_port":9999, "port":9092, "timestamp":"1", "version":1 }"#);
    assert_eq!((broker.jmx_port, broker.port), (Some(9999), Some(9092)));
    let broker: Broker = read(r#"{ "host":"::1", "port":9092, "version":1 }"#);
    assert_eq!(listeners(&broker), ["PLAINTEXT://[::1]:9092 PLAINTEXT"]);
}

#[test]
fn brokers_with_endpoints() {
    let broker: Broker = read(
        r#"{"jmx_port":-1,"timestamp":"1449000000000","endpoints":["PLAINTEXT://k1:9092","SSL://k1:9093"],"host":"k1","version":2,"port":9092}"#,
    );
    assert_eq!(listeners(&broker), ["PLAINTEXT://k1:9092 PLAINTEXT", "SSL://k1:9093 SSL"]);
    let broker: Broker = read(
        r#"{"jmx_port":-1,"timestamp":"1571666399659","endpoints":["PLAINTEXT://c1198-node4.squadron.support.hortonworks.com:6667"],"host":"c1198-node4.squadron.support.hortonworks.com","version":3,"port":6667,"rack":"/default-rack"}"#,
    );
    assert_eq!((version(&broker), broker.rack.as_deref()), (Some(3), Some("/default-rack")));
    let broker: Broker = read(
        r#"{"jmx_port":9393,"timestamp":"1487207559594","endpoints":["SASL_PLAINTEXT://host003.test.local:9092"],"host":null,"version":3,"port":-1}"#,
    );
    assert_eq!((&broker.host, broker.port, broker.plaintext()), (&None, None, None));
    assert_eq!(listeners(&broker), ["SASL_PLAINTEXT://host003.test.local:9092 SASL_PLAINTEXT"]);
    assert!(broker.print().contains(r#""host":null,"port":-1"#));
}

#[test]
fn brokers_with_named_listeners() {
    let broker: Broker = read(
        r#"{"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://zjj101:9092"],"jmx_port":-1,"host":"zjj101","timestamp":"1614570663881","port":9092,"version":4}"#,
    );
    assert_eq!(version(&broker), Some(4));
    let broker: Broker = read(
        r#"{"listener_security_protocol_map":{"INTERNAL":"SSL","EXTERNAL":"SSL"},"endpoints":["INTERNAL://h:9091","EXTERNAL://h:9092"],"rack":"r1","jmx_port":19999,"host":null,"timestamp":"1522162718367","port":-1,"version":4}"#,
    );
    assert_eq!(listeners(&broker), ["INTERNAL://h:9091 SSL", "EXTERNAL://h:9092 SSL"]);
    let broker: Broker = read(
        r#"{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://kafka:9092"],"jmx_port":-1,"port":9092,"host":"kafka","version":5,"timestamp":"1647406227247"}"#,
    );
    assert_eq!(
        (version(&broker), broker.features.as_ref().map(|features| features.len())),
        (Some(5), Some(0))
    );
    let broker: Broker = read(
        r#"{"listener_security_protocol_map":{"PUBLIC_SASL":"SASL_PLAINTEXT","PUBLIC_PLAIN":"PLAINTEXT"},"endpoints":["PUBLIC_SASL://192.168.181.2:5011","PUBLIC_PLAIN://192.168.181.2:5010"],"jmx_port":-1,"features":{},"host":"192.168.181.2","timestamp":"1658485899402","port":5010,"version":5}"#,
    );
    assert_eq!(broker.plaintext().map(|endpoint| endpoint.address()), Some("192.168.181.2:5010".into()));
    let broker: Broker = read(
        r#"{"endpoints":["PLAINTEXT://[::1]:9092","X://:9093"],"features":{"f":{"min_version":1,"max_version":3,"first_active_version":2}},"version":5}"#,
    );
    assert_eq!(listeners(&broker), ["PLAINTEXT://[::1]:9092 PLAINTEXT", "X://:9093 X"]);
    let range = &broker.features.as_ref().unwrap()["f"];
    assert_eq!((range.min, range.max, range.extra.len()), (1, 3, 1));
}

#[test]
fn brokers_of_vendors_and_of_the_future() {
    // Confluent's tags; Hortonworks' word for a protocol.
    let broker: Broker =
        read(r#"{"version":5,"endpoints":["PLAINTEXTSASL://h:6667"],"host":null,"port":-1,"tags":{}}"#);
    assert_eq!(listeners(&broker), ["PLAINTEXTSASL://h:6667 PLAINTEXTSASL"]);
    assert_eq!(Vec::from_iter(broker.extra.keys()), ["tags"]);
    let broker: Broker = read(r#"{"version":100,"endpoints":["PLAINTEXT://h:1"],"new":[1]}"#);
    assert_eq!((version(&broker), broker.extra.len()), (Some(100), 1));
}

#[test]
fn brokers_of_0_7() {
    let broker: Broker = read("127.0.0.1-1315436360737:127.0.0.1:9092");
    assert_eq!(broker.form, BrokerForm::Text { creator: "127.0.0.1-1315436360737".into() });
    assert_eq!(
        (broker.host.as_deref(), broker.port, broker.timestamp),
        (Some("127.0.0.1"), Some(9092), Some(1_315_436_360_737))
    );
    assert_eq!(broker.print(), "127.0.0.1-1315436360737:127.0.0.1:9092");
    let broker: Broker = read("::1-1315436360737:::1:9092");
    assert_eq!(broker.host.as_deref(), Some("::1"));
    let broker: Broker = read("my-host-1315436360737:my-host-2:9092");
    assert_eq!(broker.host.as_deref(), Some("my-host-2"));
    let broker: Broker = read("somebody:h:9092");
    assert_eq!((broker.host.as_deref(), broker.timestamp), (Some("h"), None));
    let broker: Broker = read("a#b-1335436360737:::1:9092:true".replace(":::1:", ":##1:").as_str());
    assert_eq!(broker.form, BrokerForm::Jafka { creator: "a:b-1335436360737".into(), autocreated: true });
    assert_eq!(broker.host.as_deref(), Some("::1"));
    assert_eq!(broker.print(), "a#b-1335436360737:##1:9092:true");
}

#[test]
fn bad_brokers_say_why() {
    for (text, why) in [
        ("", "it is empty"),
        ("hello", "`hello` is not a registration: neither JSON nor creator:host:port, as 0.7 wrote it"),
        (
            "a-1:h:port",
            "`a-1:h:port` is not a registration: neither JSON nor creator:host:port, as 0.7 wrote it",
        ),
        ("{", "it is not valid JSON: EOF while parsing an object at line 1 column 1"),
        ("{}", "`version` is missing"),
        (r#"{"version":0}"#, "version 0: the versions of Kafka begin with 1"),
        (r#"{"version":1,"port":1}"#, "`host` is missing"),
        (r#"{"version":1,"host":"h","port":-1}"#, "`port` is missing"),
        (r#"{"version":2,"host":"h","port":1}"#, "`endpoints` is missing"),
        (r#"{"version":2,"endpoints":"x"}"#, "`endpoints` is a text, not a list"),
        (
            r#"{"version":2,"endpoints":["A://h:1","x"]}"#,
            "`endpoints[1]` is another text, not an address like PLAINTEXT://host:9092",
        ),
        (r#"{"version":1,"host":"h","port":70000}"#, "`port` is another number, not a port"),
        (
            r#"{"version":5,"endpoints":[],"features":{"f":{"min_version":1}}}"#,
            "`features.f.max_version` is missing",
        ),
    ] {
        assert_eq!(refusal::<Broker>(text), why);
    }
    assert_eq!(Broker::parse(b"\xff"), Err(Malformed::Binary));
}
