//! The cluster as a whole: controller, brokers, what is asked of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Findings, LONG, SOON, Severity};
use crate::cluster::{Liveness, Regime, Status};
use crate::kafka::layout::{BROKER_IDS, DELETE_TOPICS, Place, Queue};
use crate::kafka::words::age;
use crate::znode::text::count;

/// Notices in a queue that are too many even where they are kept for a while.
const MANY: i32 = 1_000;

/// What is to be said of the cluster as a whole. `now` is milliseconds since 1970.
pub fn whole(status: &Status, now: i64) -> Vec<Finding> {
    let mut findings = Findings::default();
    regime(status, &mut findings);
    controller(status, &mut findings);
    brokers(status, &mut findings);
    asked(status, now, &mut findings);
    queues(status, &mut findings);
    findings.0
}

fn regime(status: &Status, findings: &mut Findings) {
    let (what, advice) = match status.regime() {
        Regime::ZooKeeper => return,
        Regime::Migrating { node } => (
            format!("KRaft node {node} is the controller: ZooKeeper is a copy"),
            "finish the migration: what concerns brokers is only partly to be seen here meanwhile",
        ),
        Regime::Kraft { node } => (
            format!("KRaft node {node} is the controller, and no broker registers here any more"),
            "if the migration is over, these znodes were left behind: ask the cluster by its bootstrap servers",
        ),
    };
    findings.add(Severity::Info, "kraft", "/controller", what, advice);
}

fn controller(status: &Status, findings: &mut Findings) {
    let path = "/controller";
    if let Some(fault) = status.controller.fault() {
        let advice = "look at it with `get /controller`; without it no broker knows the controller";
        findings.add(Severity::Error, "unreadable-controller", path, fault, advice);
        return;
    }
    match status.controller.value() {
        // There is none in 0.7.
        None if status.epoch.is_absent() => {}
        None if status.brokers.is_empty() => {}
        None => findings.add(
            Severity::Error,
            "no-controller",
            path,
            format!("{} up, and none is the controller", count(status.brokers.len(), "broker")),
            "nothing is elected, created or deleted: look into the logs of the brokers for failed elections",
        ),
        Some(controller) if status.regime() == Regime::ZooKeeper => {
            let registered = status.brokers.contains_key(&controller.broker);
            if !registered && status.unlisted_brokers.is_none() {
                findings.add(
                    Severity::Error,
                    "unregistered-controller",
                    path,
                    format!("the controller is broker {}, which is not registered", controller.broker),
                    "its session may be about to expire; if this stays, restart that broker",
                );
            }
        }
        Some(_) => {}
    }
}

fn brokers(status: &Status, findings: &mut Findings) {
    if status.brokers.is_empty() && status.regime() == Regime::ZooKeeper && status.unlisted_brokers.is_none()
    {
        let advice = "start them; if they run, they use another chroot or ensemble";
        findings.add(Severity::Error, "no-brokers", BROKER_IDS, "no broker is registered", advice);
    }
    for stranger in &status.strangers {
        let path = format!("{BROKER_IDS}/{stranger}");
        let advice = "no release of Kafka writes such a name: find out who did, and delete it";
        findings.add(Severity::Warning, "foreign-broker", path, "it is no broker's id", advice);
    }
    let mut addresses: BTreeMap<String, i32> = BTreeMap::new();
    for (id, entry) in &status.brokers {
        let path = Place::Broker(*id).path();
        if let Some(fault) = entry.fault() {
            let advice = "clients cannot reach this broker: restart it, and look who else writes here";
            findings.add(Severity::Error, "unreadable-broker", &path, fault, advice);
        }
        if entry.stat().is_some_and(|stat| stat.ephemeral_owner == 0) {
            let what = "the registration is persistent: it stays when the broker goes";
            let advice = "no broker writes it so: if the broker is not running, delete it";
            findings.add(Severity::Error, "persistent-broker", &path, what, advice);
        }
        for listener in entry.value().into_iter().flat_map(|broker| broker.listeners()) {
            let address = listener.endpoint.address();
            if let Some(other) = addresses.insert(address.clone(), *id).filter(|other| other != id) {
                findings.add(
                    Severity::Error,
                    "same-address",
                    &path,
                    format!("brokers {other} and {id} both say that they are at {address}"),
                    "set advertised.listeners of one of them to where it is",
                );
            }
        }
    }
}

/// What was asked of the controller, and when.
fn asked(status: &Status, now: i64, findings: &mut Findings) {
    let pending = |entry: Option<i64>, limit: i64| entry.map(|since| now - since).filter(|age| *age > limit);
    let since = |stat: Option<&crate::znode::Stat>| stat.map(|stat| stat.mtime);
    if let Some(late) = pending(since(status.reassignment.stat()), LONG) {
        findings.add(
            Severity::Warning,
            "stuck-reassignment",
            "/admin/reassign_partitions",
            format!("partitions are being moved for {}", age(late)),
            "see what does not get on with `kafka topics --reassigning`; `kafka cancel-reassignment` gives it up",
        );
    }
    if let Some(late) = pending(since(status.election.stat()), SOON) {
        findings.add(
            Severity::Warning,
            "stuck-election",
            "/admin/preferred_replica_election",
            format!("an election of preferred leaders is asked for since {}", age(late)),
            "the controller takes it at once: see that there is one, and restart it if there is",
        );
    }
    for (path, fault, kind) in [
        ("/admin/reassign_partitions", status.reassignment.fault(), "unreadable-reassignment"),
        ("/admin/preferred_replica_election", status.election.fault(), "unreadable-election"),
    ] {
        if let Some(fault) = fault {
            let advice = "the controller cannot read it either: delete it and ask again";
            findings.add(Severity::Warning, kind, path, fault, advice);
        }
    }
    let gone: BTreeSet<&String> = status.gone().collect();
    for (topic, stat) in &status.deleting {
        let path = format!("{DELETE_TOPICS}/{topic}");
        if gone.contains(topic) {
            let advice = "the topic is gone already: delete this znode";
            findings.add(
                Severity::Info,
                "deletion-left",
                path,
                "it asks to delete what is not there",
                advice,
            );
        } else if let Some(late) = pending(since(stat.as_ref()), SOON) {
            findings.add(
                Severity::Warning,
                "stuck-deletion",
                path,
                format!("its deletion is asked for since {}", age(late)),
                "all its replicas must be up and it must not be moved; before 1.0 delete.topic.enable was off",
            );
        }
    }
}

fn queues(status: &Status, findings: &mut Findings) {
    let alive = match status.liveness() {
        Liveness::Known(live) => !live.is_empty(),
        Liveness::Unknown => false,
    };
    for (queue, waiting) in status.queues.values() {
        let at_once = matches!(queue, Queue::Isr | Queue::LogDir);
        let limit = if at_once { 0 } else { MANY };
        if *waiting > limit && alive {
            findings.add(
                Severity::Warning,
                "backlog",
                queue.folder(),
                format!("{} not taken yet", count(waiting.unsigned_abs() as usize, "notice")),
                if at_once {
                    "the controller takes them at once: if they stay, there is none, or it hangs"
                } else {
                    "brokers take them away after a quarter of an hour: look for one that hangs"
                },
            );
        }
    }
}
