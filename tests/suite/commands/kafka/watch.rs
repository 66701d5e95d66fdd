//! `kafka watch`.

use super::*;
use crate::commands::{SOON, start};

on_every_server! {
    fn what_happens_is_told_as_it_comes(lab: &Lab) {
        let mut truth = troubled(lab);
        put(&mut truth, "/consumers/g/ids", "");
        put(&mut truth, "/consumers/g/owners/orders", "");
        put(&mut truth, "/consumers/g/offsets/orders/0", "20");
        put(&mut truth, "/config/changes", "");
        let watch = start(lab, "kafka watch", "watching the Kafka cluster below /");
        let told = |text: &str| {
            let line = watch.wait_line_containing(text, SOON);
            assert!(line.starts_with("20"), "{line}");
        };
        truth.set("/brokers/topics/orders/partitions/0/state", state(1, &[1, 2, 3]).as_bytes()).unwrap();
        told("isr-expanded        orders-0  ISR 1,2 → 1,2,3");
        truth.set("/brokers/topics/orders/partitions/0/state", state(2, &[2, 3]).as_bytes()).unwrap();
        told("leader-changed      orders-0  leader 1 → 2, epoch 3, ISR 1,2,3 → 2,3");
        truth.set("/brokers/topics/orders/partitions/0/state", state(-1, &[2]).as_bytes()).unwrap();
        told("partition-offline   orders-0  lost its leader 2, last ISR 2");
        truth.delete("/brokers/ids/2").unwrap();
        told("broker-down         broker 2  is gone");
        truth.delete("/controller").unwrap();
        told("controller-gone     controller  there is none");
        put(&mut truth, "/brokers/ids/9", "h-1315436360737:10.0.0.1:9092");
        told("broker-up           broker 9  is up at 10.0.0.1:9092");
        put(&mut truth, "/controller", r#"{"version":1,"brokerid":1,"timestamp":"1"}"#);
        told("controller-elected  controller  is broker 1");
        truth.set("/consumers/g/offsets/orders/0", b"25").unwrap();
        told("offset-committed    group g  orders-0 20 → 25 (+5)");
        truth.create("/consumers/g/owners/orders/0", b"g_h-1-0").unwrap();
        told("owner-changed       group g  orders-0 is consumed by g_h-1-0");
        truth.delete("/admin/delete_topics/old").unwrap();
        told("deletion-done       old  is no longer to be deleted");
        let new = r#"{"version":1,"partitions":{"0":[1],"1":[1]}}"#;
        truth.create("/brokers/topics/new", new.as_bytes()).unwrap();
        told("topic-created       new  has 2 partitions");
        watch.stop().code(130);
    }

    fn a_watch_can_be_narrowed_and_counted(lab: &Lab) {
        let mut truth = troubled(lab);
        put(&mut truth, "/consumers/g/offsets/orders/0", "20");
        let watch = start(lab, "-o ndjson kafka watch -n 1 --only broker --only leader-changed", "watching");
        truth.set("/consumers/g/offsets/orders/0", b"25").unwrap();
        truth.set("/brokers/topics/orders/partitions/0/state", state(1, &[1]).as_bytes()).unwrap();
        truth.delete("/brokers/ids/2").unwrap();
        let output = watch.finish(SOON).success().out();
        let row: serde_json::Value = serde_json::from_str(&output).unwrap();
        assert_eq!((&row["kind"], &row["subject"]), (&"broker-down".into(), &"broker 2".into()), "{output}");
        assert_eq!(row["path"], "/brokers/ids/2");
        let none = run(lab, "kafka watch -n 1 --timeout 200ms").code(5).stderr;
        assert!(none.ends_with("error: only 0 of 1 changes within 200ms\n"), "{none}");
    }
}
