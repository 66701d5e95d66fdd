//! `kafka doctor`.

use super::*;

/// The findings: severity, kind, path, what.
fn findings(lab: &Lab) -> Vec<String> {
    let shown = run(lab, "-o ndjson kafka doctor").success().out();
    let found = shown.lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        assert!(text("advice").len() > 20, "{line}");
        format!("{} {} {}: {}", text("severity"), text("kind"), text("path"), text("what"))
    });
    found.collect()
}

on_every_server! {
    fn what_is_wrong_is_found(lab: &Lab) {
        let mut truth = troubled(lab);
        for (path, text) in [
            ("/brokers/ids/4", r#"{"version":1,"host":"k1","port":9092,"jmx_port":-1}"#),
            ("/brokers/ids/five", ""),
            ("/brokers/topics/bad", "{"),
            ("/brokers/topics/odd", r#"{"version":1,"partitions":{"0":[1,1]}}"#),
            ("/brokers/topics/odd/partitions/0/state", r#"{"controller_epoch":9,"leader":2,"version":1,"leader_epoch":3,"isr":[1,7]}"#),
            ("/brokers/topics/fresh", r#"{"version":1,"partitions":{"0":[1]}}"#),
            ("/admin/delete_topics/gone", ""),
            ("/config/topics/gone", r#"{"version":1,"config":{}}"#),
            ("/consumers/g/ids", ""),
            ("/consumers/g/owners/orders/0", "nobody-0"),
            ("/consumers/g/offsets/orders/0", "5"),
            ("/consumers/g/offsets/lost/0", "5"),
            ("/consumers/g/offsets/orders/1", "x"),
        ] {
            put(&mut truth, path, text);
        }
        assert_eq!(findings(lab), [
            "error persistent-broker /brokers/ids/4: the registration is persistent: it stays when the broker goes",
            "error same-address /brokers/ids/4: brokers 1 and 4 both say that they are at k1:9092",
            "error unreadable-topic /brokers/topics/bad: it is not valid JSON: EOF while parsing an object at line 1 column 1",
            "error double-replica /brokers/topics/odd: partition 0 names a broker twice among its replicas",
            "error foreign-isr /brokers/topics/odd/partitions/0/state: in sync are brokers [7], which are none of its replicas",
            "error leader-not-in-isr /brokers/topics/odd/partitions/0/state: its leader, broker 2, is not in sync with itself",
            "error future-epoch /brokers/topics/odd/partitions/0/state: written in controller epoch 9, and now it is 7",
            "error offline-partition /brokers/topics/orders/partitions/2/state: 1 partition has no leader that lives: orders-2",
            "error no-state /brokers/topics/fresh/partitions/0/state: 1 partition has no state: fresh-0",
            "error missing-broker /brokers/ids/3: broker 3 holds 2 replicas and is not registered",
            "warning foreign-broker /brokers/ids/five: it is no broker's id",
            "warning backlog /isr_change_notification: 1 notice not taken yet",
            "warning under-replicated /brokers/topics/orders/partitions/0/state: 1 partition has fewer replicas in sync than it should: orders-0",
            "warning lost-topic-id /brokers/topics/__consumer_offsets: 5 topics without an id, as __consumer_offsets, beside 1 with one",
            "warning unreadable-partition /consumers/g: group g: its offset cannot be read: `x` is not a number: orders-1",
            "warning owner-without-member /consumers/g: group g: its owner is no member of the group: orders-0",
            "info deletion-left /admin/delete_topics/gone: it asks to delete what is not there",
            "info not-preferred /brokers/topics/moving/partitions/0/state: 3 partitions are not led by their first replica: moving-0, odd-0, orders-1",
            "info orphaned-config /config/topics/gone: there is no such topic any more",
            "info orphaned-offset /consumers/g: group g: there is no such topic: lost-0",
        ]);
        let human = run(lab, "kafka doctor --check").code(4);
        assert!(human.stderr.contains("10 errors, 6 warnings, 4 to know"), "{}", human.stderr);
        assert!(human.out().contains("error    missing-broker  broker 3 holds 2 replicas and is not registered\n         /brokers/ids/3\n         start it;"), "{}", human.out());
    }

    fn a_sound_cluster_gets_no_finding(lab: &Lab) {
        let mut truth = lab.truth();
        put(&mut truth, "/brokers/topics/t", r#"{"version":1,"partitions":{"0":[1]}}"#);
        put(&mut truth, "/brokers/topics/t/partitions/0/state", &state(1, &[1]));
        put(&mut truth, "/config/topics/t", r#"{"version":1,"config":{}}"#);
        put(&mut truth, "/controller_epoch", "7");
        put(&mut truth, "/brokers/ids", "");
        for (path, text) in [
            ("/brokers/ids/1", r#"{"version":1,"host":"k1","port":9092,"jmx_port":-1}"#),
            ("/controller", r#"{"version":1,"brokerid":1,"timestamp":"1"}"#),
        ] {
            truth.create_as(path, Some(text.as_bytes()), &Acl::open(), truth::EPHEMERAL).unwrap();
        }
        let output = run(lab, "kafka doctor --check").success();
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("", "note: nothing found\n"));
        truth.delete("/controller").unwrap();
        assert_eq!(findings(lab), ["error no-controller /controller: 1 broker up, and none is the controller"]);
    }
}
