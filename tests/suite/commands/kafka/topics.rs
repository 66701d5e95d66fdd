//! `kafka topics`, `kafka topic`.

use super::*;

/// The words of each line.
fn words(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}

on_every_server! {
    fn topics_are_listed_with_what_is_wrong(lab: &Lab) {
        let _brokers = troubled(lab);
        let shown = run(lab, "kafka topics").success().out();
        assert_eq!(words(&shown), [
            vec!["TOPIC", "PARTITIONS", "REPLICATION", "OFFLINE", "UNDER-REPLICATED", "UNDER-MIN-ISR", "NOT-PREFERRED", "CONFIG"],
            vec!["__consumer_offsets", "1", "2", "0", "0", "0", "0"],
            vec!["moving", "1", "1", "0", "0", "0", "1", "reassigning", "1"],
            vec!["old", "1", "1", "0", "0", "0", "0", "marked", "for", "deletion"],
            vec!["orders", "3", "mixed", "1", "1", "1", "1", "min.insync.replicas=2", "retention.ms=100000"],
        ]);
        assert_eq!(words(&run(lab, "kafka topics o*").success().out()).len(), 3);
        assert_eq!(words(&run(lab, "kafka topics --overrides").success().out()).len(), 2);
        assert_eq!(words(&run(lab, "kafka topics -n 2").success().out()).len(), 3);
        assert_eq!(words(&run(lab, "kafka topics -p --limit 2").success().out()).len(), 3);
        run(lab, "kafka topics order").code(1);
    }

    fn filters_show_partitions(lab: &Lab) {
        let _brokers = troubled(lab);
        let row = |option: &str| {
            let shown = run(lab, &format!("-o ndjson kafka topics {option}")).success().out();
            let rows = shown.lines().map(|row| {
                let row: serde_json::Value = serde_json::from_str(row).unwrap();
                format!("{}-{}", row["topic"].as_str().unwrap(), row["partition"])
            });
            rows.collect::<Vec<_>>()
        };
        assert_eq!(row("--offline"), ["orders-2"]);
        assert_eq!(row("--unavailable"), ["orders-2"]);
        assert_eq!(row("--under-replicated"), ["orders-0"]);
        assert_eq!(row("--under-min-isr"), ["orders-2"]);
        assert_eq!(row("--at-min-isr"), ["moving-0", "old-0", "orders-0", "orders-1"]);
        assert_eq!(row("--not-preferred"), ["moving-0", "orders-1"]);
        assert_eq!(row("--reassigning"), ["moving-0"]);
        assert_eq!(row("--offline --under-replicated"), ["orders-0", "orders-2"]);
        assert_eq!(row("-p m*"), ["moving-0"]);
    }

    fn a_topic_is_shown_with_its_partitions(lab: &Lab) {
        let _brokers = troubled(lab);
        let shown = run(lab, "kafka topic orders").success().out();
        let table: Vec<_> = words(&shown).into_iter().skip_while(|line| line[0] != "PARTITION").collect();
        assert_eq!(table, [
            vec!["PARTITION", "LEADER", "REPLICAS", "ISR", "EPOCH", "STATE"],
            vec!["0", "1", "1,2,3!", "1,2", "3", "under-replicated"],
            vec!["1", "1", "2,1", "2,1", "3", "not-preferred"],
            vec!["2", "none", "3", "3", "3", "offline", "under-min-isr"],
        ]);
        assert!(shown.contains("i5lmFi0tS0GZAAA0trfk7g") && shown.contains("min ISR      2\n"), "{shown}");
        let moving = run(lab, "kafka topic moving").success().out();
        assert!(moving.contains("2+,1-"), "{moving}");
        let unknown = run(lab, "kafka topic order").code(1).stderr;
        assert_eq!(unknown, "error: there is no topic order below /\nhint: did you mean `orders`?\n");
    }

    fn a_description_is_that_of_kafkas_own_tool(lab: &Lab) {
        let _brokers = troubled(lab);
        let shown = run(lab, "kafka topic orders --describe").success().out();
        assert_eq!(shown, "Topic: orders\tTopicId: i5lmFi0tS0GZAAA0trfk7g\tPartitionCount: 3\tReplicationFactor: 3\tConfigs: min.insync.replicas=2,retention.ms=100000\n\
            \tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2,3\tIsr: 1,2\n\
            \tTopic: orders\tPartition: 1\tLeader: 1\tReplicas: 2,1\tIsr: 2,1\n\
            \tTopic: orders\tPartition: 2\tLeader: none\tReplicas: 3\tIsr: 3\n");
        let old = run(lab, "kafka topics old --describe").success().out();
        assert_eq!(old, "Topic: old\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: \tMarkedForDeletion: true\n\
            \tTopic: old\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\tMarkedForDeletion: true\n");
    }
}
