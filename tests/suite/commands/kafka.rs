//! `kafka …` on znodes as Kafka writes them, laid by hand on every server: what a real Kafka cannot be
//! made to leave on command. Real ones are in `crate::kafka`.

use super::run;
use crate::support::lab::Lab;
use crate::support::truth::{self, Acl, Truth};

mod asked;
mod doctor;
mod groups;
mod offsets;
mod overview;
mod settings;
mod topics;
mod watch;
mod words;

/// A cluster of 3.9 in trouble: brokers 1 and 2 of three are up, `orders` has lost one replica of
/// partition 0 and the leader of partition 2, `moving` is being reassigned, `old` is to be deleted.
/// The brokers are up as long as what is returned lives.
fn troubled(lab: &Lab) -> Truth {
    let mut truth = lab.truth();
    for (path, text) in [
        ("/cluster/id", r#"{"version":"1","id":"IOejp_IKSbWbySJc0sRrKw"}"#),
        ("/controller_epoch", "7"),
        ("/brokers/seqid", ""),
        (
            "/brokers/topics/orders",
            r#"{"partitions":{"0":[1,2,3],"1":[2,1],"2":[3]},"topic_id":"i5lmFi0tS0GZAAA0trfk7g","adding_replicas":{},"removing_replicas":{},"version":3}"#,
        ),
        ("/brokers/topics/orders/partitions/0/state", &state(1, &[1, 2])),
        ("/brokers/topics/orders/partitions/1/state", &state(1, &[2, 1])),
        ("/brokers/topics/orders/partitions/2/state", &state(-1, &[3])),
        (
            "/brokers/topics/moving",
            r#"{"version":2,"partitions":{"0":[2,1]},"adding_replicas":{"0":[2]},"removing_replicas":{"0":[1]}}"#,
        ),
        ("/brokers/topics/moving/partitions/0/state", &state(1, &[1])),
        ("/brokers/topics/old", r#"{"version":1,"partitions":{"0":[1]}}"#),
        ("/brokers/topics/old/partitions/0/state", &state(1, &[1])),
        ("/brokers/topics/__consumer_offsets", r#"{"version":1,"partitions":{"0":[1,2]}}"#),
        ("/brokers/topics/__consumer_offsets/partitions/0/state", &state(1, &[1, 2])),
        (
            "/config/topics/orders",
            r#"{"version":1,"config":{"min.insync.replicas":"2","retention.ms":"100000"}}"#,
        ),
        ("/config/brokers/<default>", r#"{"version":1,"config":{}}"#),
        ("/admin/delete_topics/old", ""),
        ("/isr_change_notification/isr_change_0000000001", r#"{"version":1,"partitions":[]}"#),
    ] {
        put(&mut truth, path, text);
    }
    truth.create_parents("/brokers/ids").unwrap();
    let broker = |id: i32, rack: &str| {
        format!(
            r#"{{"features":{{}},"listener_security_protocol_map":{{"IN":"PLAINTEXT","OUT":"SSL"}},"endpoints":["IN://k{id}:9092","OUT://k{id}.example.org:9093"],"rack":"{rack}","jmx_port":9999,"port":9092,"host":"k{id}","version":5,"timestamp":"1700000000000","tags":{{}}}}"#
        )
    };
    for (path, text) in [
        ("/brokers/ids/1", broker(1, "a")),
        ("/brokers/ids/2", broker(2, "b")),
        (
            "/controller",
            r#"{"version":2,"brokerid":2,"timestamp":"1700000000000","kraftControllerEpoch":-1}"#.into(),
        ),
    ] {
        truth.create_as(path, Some(text.as_bytes()), &Acl::open(), truth::EPHEMERAL).unwrap();
    }
    truth
}

fn state(leader: i32, isr: &[i32]) -> String {
    format!(r#"{{"controller_epoch":7,"leader":{leader},"version":1,"leader_epoch":3,"isr":{isr:?}}}"#)
}

/// A cluster of 0.7, as the broker wrote it; its brokers are up as long as what is returned lives.
fn ancient(lab: &Lab) -> Truth {
    let mut truth = lab.truth();
    for path in ["/brokers/ids", "/brokers/topics/demo", "/consumers"] {
        put(&mut truth, path, "");
    }
    for (path, text) in [
        ("/brokers/ids/0", "127.0.0.1-1315436360737:127.0.0.1:9092"),
        ("/brokers/ids/1", "host-1315436360900:[::1]:9093:true"),
        ("/brokers/topics/demo/0", "2"),
        ("/brokers/topics/demo/1", "1"),
    ] {
        truth.create_as(path, Some(text.as_bytes()), &Acl::open(), truth::EPHEMERAL).unwrap();
    }
    truth
}

fn put(truth: &mut Truth, path: &str, text: &str) {
    truth.create_parents(path).unwrap();
    truth.set(path, text.as_bytes()).unwrap();
}
