//! What the shared clusters hold.

use serde_json::json;

use super::{Kafka, PATIENCE};
use crate::support::wait_for;

const TOPICS: &str = "kafka.admin.TopicCommand";
const CONSUMER: &str = "kafka.tools.ConsoleConsumer";
const CONFIGS: &str = "kafka.admin.ConfigCommand";

/// The groups in the shared clusters; tests may have some of their own beside them.
pub(crate) const GROUPS: [&str; 6] = ["ahead", "archive", "billing", "clicks", "oldies", "spare"];

/// Messages in the partitions of the topics `orders` and `payments.eu`.
const ORDERS: [u64; 3] = [100, 50, 7];
const PAYMENTS: [u64; 2] = [1, 0];

/// Topics `orders`, `payments.eu` with a configuration, and `doomed`, which was deleted where nothing
/// deletes; groups as of [`consumers`].
pub(super) fn v0_8(kafka: &Kafka) {
    let create = |topic: &str, partitions: &str, configs: &[&str]| {
        let words = ["--create", "--replication-factor", "1", "--topic", topic, "--partitions", partitions];
        kafka.old_tool(TOPICS, &[&words, configs].concat());
    };
    create("orders", "3", &[]);
    create("payments.eu", "2", &["--config", "retention.ms=100000", "--config", "cleanup.policy=compact"]);
    create("doomed", "1", &[]);
    kafka.old_tool(TOPICS, &["--delete", "--topic", "doomed"]);
    kafka.ask("produce_0_8", &json!({ "orders": ORDERS, "payments.eu": PAYMENTS }));
    consumers(kafka);
}

/// Topics `orders` and `payments.eu`, the latter with a configuration; configurations and ACLs of a user;
/// groups as of [`consumers`], and `ahead`, whose offset is beyond the end.
pub(super) fn v1_1(kafka: &Kafka) {
    kafka.ask(
        "create",
        &json!({
            "orders": { "num_partitions": 3, "replication_factor": 1 },
            "payments.eu": {
                "num_partitions": 2,
                "replication_factor": 1,
                "configs": { "retention.ms": "100000", "cleanup.policy": "compact" },
            },
        }),
    );
    kafka.ask("produce", &json!({ "orders": ORDERS, "payments.eu": PAYMENTS }));
    kafka.ask("commit", &json!({ "ahead": { "orders": { "2": 70 } } }));
    let configure = |config: &str, entity: &[&str]| {
        kafka.old_tool(CONFIGS, &[&["--alter", "--add-config", config], entity].concat());
    };
    let alice = ["--entity-type", "users", "--entity-name", "CN=alice"];
    configure("SCRAM-SHA-256=[password=secret],producer_byte_rate=1024", &alice);
    configure(
        "request_percentage=50",
        &[&alice[..], &["--entity-type", "clients", "--entity-default"]].concat(),
    );
    let acls = format!("zookeeper.connect={}", kafka.connect_string());
    let words = ["--authorizer-properties", &acls, "--add", "--allow-principal", "User:CN=alice"];
    let what = ["--producer", "--topic", "orders", "--cluster", "--force"];
    kafka.tool("kafka.admin.AclCommand", &[&words[..], &what].concat());
    consumers(kafka);
}

/// The group `billing` lives: a member that named its topic, and one that gave a pattern. Those of
/// `archive` have gone before they had read all. Of `spare`, one of three members has nothing to do.
fn consumers(kafka: &Kafka) {
    let config = |group: &str| {
        let config = kafka.brokers[0].dir.join(format!("{group}.properties"));
        let settings =
            format!("group.id={group}\nauto.commit.interval.ms=500\nzookeeper.session.timeout.ms=30000\n");
        std::fs::write(&config, settings).expect("a file");
        config.to_str().expect("a path in ASCII").to_owned()
    };
    let live = |group: &str, what: &[&str]| {
        kafka.consumer(CONSUMER, group, &[&["--consumer.config", &config(group)], what].concat());
    };
    let words = ["--from-beginning", "--max-messages", "60", "--topic", "orders", "--consumer.config"];
    kafka.old_tool(CONSUMER, &[&words[..], &[&config("archive")]].concat());
    // Only the first of a group may begin where nobody has been.
    live("billing", &["--whitelist", "or.*|pay.*", "--from-beginning"]);
    live("spare", &["--topic", "payments.eu", "--from-beginning"]);
    let read = || {
        settled(kafka, "billing", "orders", &ORDERS);
        settled(kafka, "billing", "payments.eu", &PAYMENTS);
        settled(kafka, "spare", "payments.eu", &PAYMENTS);
    };
    read();
    live("billing", &["--topic", "orders"]);
    live("spare", &["--topic", "payments.eu"]);
    live("spare", &["--topic", "payments.eu"]);
    read();
}

/// Waits until all is consumed, and all partitions were divided again after the last member came.
fn settled(kafka: &Kafka, group: &str, topic: &str, ends: &[u64]) {
    let mut truth = kafka.truth();
    wait_for(&format!("{group} to have read {topic}"), PATIENCE, || {
        let folder = format!("/consumers/{group}");
        let (members, _) = truth.children(&format!("{folder}/ids")).ok()?;
        let born = |member| Some(truth.exists(&format!("{folder}/ids/{member}")).ok()??.czxid);
        let last = members.iter().map(born).collect::<Option<Vec<_>>>()?.into_iter().max()?;
        (0..).zip(ends).try_for_each(|(partition, end): (u32, _)| {
            let offset = truth.text(&format!("{folder}/offsets/{topic}/{partition}"));
            let (owner, taken) = truth.get(&format!("{folder}/owners/{topic}/{partition}")).ok()?;
            let owner = String::from_utf8(owner?).ok()?;
            let read = offset.unwrap_or_else(|_| "0".to_owned()) == end.to_string();
            let alive = members.iter().any(|member| owner.starts_with(member));
            (read && alive && taken.czxid > last).then_some(())
        })
    });
}

/// Topics `orders` and `payments.eu`, the latter with a configuration; configurations of a broker, of all
/// of them, of clients and users; ACLs of every kind; offsets of groups that were committed in
/// ZooKeeper.
pub(super) fn v3_9(kafka: &Kafka) {
    let configs =
        json!({ "retention.ms": "100000", "min.insync.replicas": "2", "cleanup.policy": "compact,delete" });
    kafka.ask(
        "create",
        &json!({
            "orders": { "assignments": { "0": [1, 2, 3], "1": [2, 3, 1], "2": [3, 1, 2] } },
            "payments.eu": { "assignments": { "0": [1, 2], "1": [3, 1] }, "configs": configs },
        }),
    );
    kafka.ask("produce", &json!({ "orders": ORDERS, "payments.eu": PAYMENTS }));
    kafka.ask(
        "commit",
        &json!({
            "clicks": { "orders": { "0": 42, "1": 50, "2": 0 }, "payments.eu": { "0": 1 } },
            "ahead": { "orders": { "2": 70 } },
        }),
    );
    kafka.ask("configure", &json!({ "2": { "log.cleaner.threads": "2" } }));
    kafka.ask(
        "allow",
        &json!([
            ["User:alice", "*", "READ", "ALLOW", "TOPIC", "orders", "LITERAL"],
            ["User:bob", "10.0.0.1", "WRITE", "DENY", "TOPIC", "orders", "LITERAL"],
            ["User:carol", "*", "ALL", "ALLOW", "TOPIC", "pay", "PREFIXED"],
            ["User:alice", "*", "READ", "ALLOW", "GROUP", "*", "LITERAL"],
            ["User:CN=admin,OU=ops", "*", "ALTER", "ALLOW", "CLUSTER", "kafka-cluster", "LITERAL"],
            ["User:alice", "*", "WRITE", "ALLOW", "TRANSACTIONAL_ID", "tx", "LITERAL"],
        ]),
    );
    let configure = |config: &str, entity: &[&str]| {
        kafka.new_tool(CONFIGS, &[&["--alter", "--add-config", config], entity].concat());
    };
    configure("log.cleaner.backoff.ms=20000", &["--entity-type", "brokers", "--entity-default"]);
    let alice = ["--entity-type", "users", "--entity-name", "alice"];
    configure("producer_byte_rate=1024,consumer_byte_rate=2048", &alice);
    configure("SCRAM-SHA-256=[iterations=4096,password=secret]", &alice);
    let app = [
        "--entity-type",
        "users",
        "--entity-name",
        "CN=x y",
        "--entity-type",
        "clients",
        "--entity-name",
        "app",
    ];
    configure("request_percentage=50", &app);
    configure("producer_byte_rate=4096", &["--entity-type", "clients", "--entity-default"]);
}

/// The topic `demo`, on which the one member of `oldies` is at the end.
pub(super) fn jafka(kafka: &Kafka) {
    let messages: String = (1..=20).map(|number| format!("message {number}\n")).collect();
    let broker = format!("0:127.0.0.1:{}", kafka.port(0));
    let words = ["--broker-list", &broker, "--topic", "demo"];
    let _ = kafka.run_tool("io.jafka.console.ConsoleProducer", &words, &messages).success();
    let words = ["--topic", "demo", "--group", "oldies", "--from-beginning"];
    kafka.consumer("io.jafka.console.ConsoleConsumer", "oldies", &words);
    let mut truth = kafka.truth();
    wait_for("oldies to have read demo", PATIENCE, || {
        let read = |partition| {
            let offset = truth.text(&format!("/consumers/oldies/offsets/demo/0-{partition}")).ok()?;
            (offset.parse::<u64>().ok()? > 0).then_some(())
        };
        [0, 1].into_iter().try_for_each(read)
    });
}
