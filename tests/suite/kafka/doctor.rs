//! `kafka doctor` finds nothing in what real clusters do every day.

use super::rows;
use crate::support::kafka::{self, Kafka};

/// What is found, but for what other tests or the brokers themselves are just making, and the topic that
/// waits to be deleted where nobody will: that is a matter of time.
fn found(kafka: &Kafka) -> Vec<String> {
    let findings = rows(kafka, "kafka doctor --lag");
    let findings = findings.iter().filter(|finding| {
        let path = finding["path"].as_str().unwrap();
        let group = path.strip_prefix("/consumers/").map(|below| below.split('/').next().unwrap());
        let strange = group.is_some_and(|group| !kafka::GROUPS.contains(&group));
        !strange && !path.contains("/__") && !path.starts_with("/admin/delete_topics")
    });
    findings.map(|finding| finding["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn clusters_that_work_are_left_alone() {
    let ahead = ["group ahead: the offset is beyond the log end: orders-2"];
    for (kafka, wrong) in
        [(kafka::v0_8(), &[][..]), (kafka::v1_1(), &ahead), (kafka::v3_9(), &ahead), (kafka::jafka(), &[])]
    {
        let Some(kafka) = kafka else { return };
        assert_eq!(found(kafka), wrong, "{}", kafka.release());
    }
}
