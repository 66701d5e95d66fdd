//! `kafka elect`, `delete-topic`, `cancel-reassignment`.

use super::*;
use crate::commands::{data, exists};

on_every_server! {
    fn an_election_is_asked_for_where_it_helps(lab: &Lab) {
        let _brokers = troubled(lab);
        let refused = run(lab, "kafka elect").code(2).stderr;
        assert!(refused.contains("orders-1: leader 1 → 2") && refused.contains("--yes"), "{refused}");
        assert!(!exists(lab, "/admin/preferred_replica_election"));
        let plan = run(lab, "--dry-run --yes kafka elect").success().out();
        assert!(plan.contains("/admin/preferred_replica_election"), "{plan}");
        assert!(!exists(lab, "/admin/preferred_replica_election"));
        assert_eq!(run(lab, "--yes kafka elect --topic orders:1").success().out(), "/admin/preferred_replica_election\n");
        let asked = data(lab, "/admin/preferred_replica_election").unwrap();
        assert_eq!(String::from_utf8(asked).unwrap(), r#"{"version":1,"partitions":[{"topic":"orders","partition":1}]}"#);
        let again = run(lab, "--yes kafka elect").code(8).stderr;
        assert!(again.contains("asked for already"), "{again}");
        let none = run(lab, "--yes kafka elect --topic orders:x").code(2).stderr;
        assert!(none.contains("write it like orders:0,2"), "{none}");
    }

    fn a_topic_is_deleted_by_the_controller_alone(lab: &Lab) {
        let mut truth = troubled(lab);
        run(lab, "kafka delete-topic orders").code(2);
        assert!(!exists(lab, "/admin/delete_topics/orders"));
        assert_eq!(run(lab, "--yes kafka delete-topic orders").success().out(), "/admin/delete_topics/orders\n");
        assert_eq!(data(lab, "/admin/delete_topics/orders"), None);
        assert!(exists(lab, "/brokers/topics/orders"));
        let already = run(lab, "--yes kafka delete-topic orders").success();
        assert!(already.stderr.contains("asked for already"), "{}", already.stderr);
        run(lab, "--yes kafka delete-topic __consumer_offsets").code(2);
        let unknown = run(lab, "--yes kafka delete-topic movin").code(1).stderr;
        assert!(unknown.contains("did you mean `moving`?"), "{unknown}");
        truth.delete("/controller").unwrap();
        let nobody = run(lab, "--yes kafka delete-topic moving").code(8).stderr;
        assert!(nobody.contains("no broker is the controller"), "{nobody}");
        put(&mut truth, "/controller", r#"{"version":2,"brokerid":3000,"timestamp":"1","kraftControllerEpoch":5}"#);
        let kraft = run(lab, "--yes kafka delete-topic moving").code(8).stderr;
        assert!(kraft.contains("KRaft node 3000 is the controller"), "{kraft}");
        assert!(!exists(lab, "/admin/delete_topics/moving"));
    }

    fn a_reassignment_is_given_up(lab: &Lab) {
        let mut truth = troubled(lab);
        let none = run(lab, "--yes kafka cancel-reassignment").code(1).stderr;
        assert!(none.contains("there is no reassignment"), "{none}");
        put(&mut truth, "/admin/reassign_partitions", r#"{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[2,3]}]}"#);
        let asked = run(lab, "kafka cancel-reassignment").code(2).stderr;
        assert!(asked.contains("orders-0 to [2, 3]"), "{asked}");
        assert_eq!(run(lab, "--yes kafka cancel-reassignment").success().out(), "deleted /admin/reassign_partitions\n");
        assert!(!exists(lab, "/admin/reassign_partitions"));
    }
}
