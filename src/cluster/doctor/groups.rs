//! Consumer groups.

use std::collections::BTreeMap;

use super::{Finding, Findings, Severity};
use crate::cluster::groups::{Group, Row};
use crate::kafka::layout::{CONSUMERS, Place};

/// What is to be said of a group; `rows` are its partitions.
pub fn group(group: &Group, rows: &[Row]) -> Vec<Finding> {
    let mut findings = Findings::default();
    let path = format!("{CONSUMERS}/{}", group.name);
    for (below, fault) in &group.faults {
        let advice = "give credentials that may read it; what is not Kafka's there can go";
        findings.add(Severity::Info, "unreadable-group", format!("{path}/{below}"), fault, advice);
    }
    for (id, member) in &group.members {
        if let Some(fault) = member.fault() {
            let place = Place::Member { group: group.name.clone(), member: id.clone() };
            let advice = "the group cannot rebalance: restart that consumer";
            findings.add(Severity::Warning, "unreadable-member", place.path(), fault, advice);
        }
    }
    // Once for all partitions that have the same.
    let mut problems: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        for problem in &row.problems {
            problems.entry(problem).or_default().push(row);
        }
    }
    for (problem, rows) in problems {
        let (severity, kind, advice) = judged(problem);
        let names: Vec<_> = rows.iter().take(3).map(|row| format!("{}-{}", row.topic, row.key)).collect();
        let more = if rows.len() > 3 { format!(" and {} more", rows.len() - 3) } else { String::new() };
        let what = format!("group {}: {problem}: {}{more}", group.name, names.join(", "));
        findings.add(severity, kind, &path, what, advice);
    }
    findings.0
}

/// How bad it is, and what to do.
fn judged(problem: &str) -> (Severity, &'static str, &'static str) {
    match problem {
        "nobody consumes it" => (
            Severity::Warning,
            "no-owner",
            "the group is rebalancing, or has a member that cannot: see its logs, restart it",
        ),
        "its owner is no member of the group" => (
            Severity::Warning,
            "owner-without-member",
            "the owner's znode was left behind, and blocks the partition: delete it when no such consumer runs",
        ),
        "the offset is beyond the log end" => (
            Severity::Warning,
            "offset-beyond-end",
            "the topic was created anew, or lost messages: set it with `kafka offsets GROUP --to-latest`",
        ),
        "there is no such topic" | "the topic has no such partition" => (
            Severity::Info,
            "orphaned-offset",
            "left behind by a topic that is gone: delete it, or the group if it is dead",
        ),
        _ => (Severity::Warning, "unreadable-partition", "look at it with `get`, and who wrote it"),
    }
}
