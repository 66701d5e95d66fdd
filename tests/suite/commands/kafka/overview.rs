//! `kafka`, `kafka overview`, `kafka clusters`, `kafka brokers`.

use super::*;

/// A line by what it begins with, its blanks made one.
fn line(text: &str, label: &str) -> String {
    let found = text.lines().find(|line| line.trim_start().starts_with(label));
    let found = found.unwrap_or_else(|| panic!("no line `{label}` in\n{text}"));
    found.split_whitespace().collect::<Vec<_>>().join(" ")
}

on_every_server! {
    fn a_cluster_in_trouble_is_seen_as_such(lab: &Lab) {
        let _brokers = troubled(lab);
        let shown = run(lab, "kafka overview").success().out();
        assert_eq!(line(&shown, "cluster"), "cluster IOejp_IKSbWbySJc0sRrKw at /");
        assert!(line(&shown, "controller").starts_with("controller broker 2, epoch 7, since 20"), "{shown}");
        assert_eq!(line(&shown, "brokers"), "brokers 2 up (1,2), 1 missing (3)");
        assert_eq!(line(&shown, "topics"), "topics 4 (1 internal)");
        assert_eq!(line(&shown, "partitions"), "partitions 6, 11 replicas");
        assert_eq!(line(&shown, "offline"), "offline 1 (16.7 %)");
        assert_eq!(line(&shown, "under-replicated"), "under-replicated 1 (16.7 %)");
        assert!(line(&shown, "under min ISR").starts_with("under min ISR 1 (16.7 %)"), "{shown}");
        assert_eq!(line(&shown, "at min ISR"), "at min ISR 4 (66.7 %)");
        assert_eq!(line(&shown, "not preferred"), "not preferred 2 (33.3 %)");
        assert_eq!(line(&shown, "reassigning"), "reassigning 1 (16.7 %)");
        assert_eq!(line(&shown, "deleting"), "deleting 1 (old)");
        assert_eq!(line(&shown, "backlog"), "backlog 1 notice not taken yet");
        assert_eq!(run(lab, "kafka").success().out(), shown);
        assert_eq!(run(lab, "kafka overview --check").code(4).out(), shown);
        assert_eq!(run(lab, "kafka --check").code(4).out(), shown);
        let json: serde_json::Value = serde_json::from_str(&run(lab, "-o json kafka").success().out()).unwrap();
        assert_eq!(json["missingBrokers"], serde_json::json!([3]));
        assert_eq!(json["underReplicated"], 1);
        assert_eq!(json["healthy"], false);
        assert_eq!(json["minIsrAssumed"], true);
    }

    fn brokers_say_where_they_are_and_what_they_carry(lab: &Lab) {
        let brokers = troubled(lab);
        let shown = run(lab, "kafka brokers").success().out();
        let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines.len(), 4, "{shown}");
        let session = format!("{:#x}", brokers.session());
        assert_eq!(lines[1][..8], ["1", "up", "5", "5", "5", "+36%", "a", "9999"], "{shown}");
        let listeners = ["IN://k1:9092", "(PLAINTEXT)", "OUT://k1.example.org:9093", "(SSL)"];
        assert_eq!(lines[1][lines[1].len() - 4..], listeners, "{shown}");
        assert_eq!(lines[2][..2], ["2", "controller"]);
        assert!(lines[1].contains(&session.as_str()), "{shown}");
        assert_eq!(lines[3][..2], ["3", "missing"]);
        let rows = run(lab, "-o ndjson kafka brokers").success().out();
        let first: serde_json::Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
        assert_eq!(first["otherKeys"], serde_json::json!(["tags"]));
        assert_eq!((&first["version"], &first["rack"], &first["jmxPort"]), (&"v5".into(), &"a".into(), &9999.into()));
        assert_eq!((&first["preferred"], &first["leaders"]), (&3.into(), &5.into()));
        let bare = run(lab, "-o ndjson kafka brokers --no-load").success().out();
        assert_eq!(bare.lines().count(), 2);
        assert!(!bare.contains("replicas"), "{bare}");
    }

    fn the_layout_of_0_7_is_read(lab: &Lab) {
        let _brokers = ancient(lab);
        let shown = run(lab, "kafka").success().out();
        assert_eq!(line(&shown, "brokers"), "brokers 2 up (0,1)");
        assert_eq!(line(&shown, "partitions"), "partitions 3, 3 replicas");
        assert_eq!(line(&shown, "offline"), "offline 0");
        run(lab, "kafka --check").success();
        let rows = run(lab, "-o ndjson kafka brokers").success().out();
        let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        assert_eq!(rows[0]["version"], "0.7");
        assert_eq!(rows[0]["endpoints"], serde_json::json!(["PLAINTEXT://127.0.0.1:9092"]));
        assert_eq!((&rows[1]["version"], &rows[1]["replicas"]), (&"jafka".into(), &1.into()));
        let topic = run(lab, "kafka topics -p").success().out();
        assert_eq!(topic.lines().count(), 4, "{topic}");
        assert!(topic.lines().nth(1).unwrap().starts_with("demo"), "{topic}");
        assert!(topic.contains("  0-1  "), "{topic}");
    }

    fn the_chroot_is_found(lab: &Lab) {
        let mut truth = lab.truth();
        let nothing = run(lab, "kafka").code(1).stderr;
        assert!(nothing.starts_with("error: no Kafka metadata at / or one level below"), "{nothing}");
        assert!(nothing.contains("KRaft"), "{nothing}");
        for chroot in ["/prod", "/test"] {
            put(&mut truth, &format!("{chroot}/brokers/ids"), "");
            put(&mut truth, &format!("{chroot}/brokers/topics/t"), r#"{"version":1,"partitions":{"0":[1]}}"#);
        }
        put(&mut truth, "/storm/brokers", "");
        let shown = run(lab, "kafka").success();
        let out = shown.out();
        let rows: Vec<Vec<&str>> =
            out.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows, [
            vec!["CHROOT", "ID", "CONTROLLER", "BROKERS", "TOPICS", "NOTE"],
            vec!["/prod", "-", "-", "0", "1"],
            vec!["/test", "-", "-", "0", "1"],
        ]);
        assert_eq!(shown.stderr, "hint: `kafka --kafka /prod` shows one of them\n");
        let both = run(lab, "kafka topics").code(2).stderr;
        assert_eq!(both, "error: several Kafka clusters are here: /prod, /test\nhint: choose one: --kafka /prod\n");
        let one = run(lab, "-o ndjson kafka topics --kafka /prod").success().out();
        assert_eq!(one.lines().count(), 1, "{one}");
        assert_eq!(run(lab, "-o ndjson kafka --kafka /prod topics").success().out(), one);
        run(lab, "kafka topics --kafka /storm").code(1);
    }

    fn a_migration_to_kraft_is_recognised(lab: &Lab) {
        let mut truth = lab.truth();
        put(&mut truth, "/brokers/ids", "");
        put(&mut truth, "/brokers/topics/t", r#"{"version":3,"partitions":{"0":[1]},"topic_id":"i5lmFi0tS0GZAAA0trfk7g"}"#);
        put(&mut truth, "/brokers/topics/t/partitions/0/state", &state(1, &[1]));
        put(&mut truth, "/controller", r#"{"version":2,"brokerid":3000,"timestamp":"1733881780507","kraftControllerEpoch":5}"#);
        let shown = run(lab, "kafka").success().out();
        assert_eq!(line(&shown, "controller"), "controller KRaft node 3000");
        assert_eq!(line(&shown, "offline"), "offline 0");
        assert!(shown.contains("all brokers are on KRaft (controller node 3000)"), "{shown}");
    }

    fn what_cannot_be_read_fails_nothing(lab: &Lab) {
        let mut truth = lab.truth();
        put(&mut truth, "/brokers/ids/1", "{\"version\":5");
        put(&mut truth, "/brokers/ids/x", "");
        put(&mut truth, "/brokers/topics/broken", "[]");
        put(&mut truth, "/brokers/topics/half", r#"{"version":1,"partitions":{"0":[1],"1":[1]}}"#);
        put(&mut truth, "/brokers/topics/half/partitions/0/state", "x");
        put(&mut truth, "/controller", "nobody");
        let shown = run(lab, "kafka").success().out();
        assert_eq!(line(&shown, "unreadable"), "unreadable 2 of the topics");
        assert!(shown.contains("/brokers/ids/x is no broker's id"), "{shown}");
        assert!(shown.contains("/controller: `nobody` is not"), "{shown}");
        let topics = run(lab, "kafka topics").success().out();
        assert!(topics.contains("unreadable: it is a list, not"), "{topics}");
        let brokers = run(lab, "kafka brokers").success().out();
        assert!(brokers.contains("unreadable: it is not valid JSON"), "{brokers}");
        let half = run(lab, "kafka topic half").success().out();
        assert!(half.contains("state unreadable: "), "{half}");
        assert!(half.contains("no state yet: being created, or no controller"), "{half}");
    }
}
