//! Topics and their partitions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Findings, Severity};
use crate::cluster::{Entry, Judge, Partition, Status, TopicState};
use crate::kafka::layout::{Entity, Name, PartitionKey, Place};
use crate::znode::text::count;

/// Partitions named of many.
const NAMED: usize = 3;

/// What is found in topics, one after another; much of it is said once for all partitions.
pub struct TopicFindings<'a> {
    status: &'a Status,
    judge: &'a Judge<'a>,
    findings: Findings,
    kinds: BTreeMap<&'static str, Vec<String>>,
    down: BTreeMap<i32, usize>,
    with_id: usize,
    without_id: Vec<String>,
}

/// What is said once for all partitions: how bad, what of one and of several, and what to do.
const SUMMED: [(&str, Severity, &str, &str, &str); 6] = [
    (
        "offline-partition",
        Severity::Error,
        "has no leader that lives",
        "have no leader that lives",
        "start the brokers that hold them; with all replicas lost, unclean.leader.election.enable is the last resort",
    ),
    (
        "under-min-isr",
        Severity::Error,
        "has fewer replicas in sync than min.insync.replicas",
        "have fewer replicas in sync than min.insync.replicas",
        "producers with acks=all are refused: bring their brokers back",
    ),
    (
        "under-replicated",
        Severity::Warning,
        "has fewer replicas in sync than it should",
        "have fewer replicas in sync than they should",
        "see which broker is behind with `kafka topics --under-replicated`",
    ),
    (
        "recovering",
        Severity::Warning,
        "recovers from an unclean election: messages were lost",
        "recover from an unclean election: messages were lost",
        "tell those who rely on them",
    ),
    (
        "no-state",
        Severity::Error,
        "has no state",
        "have no state",
        "they are being created just now, or no controller works on them",
    ),
    (
        "not-preferred",
        Severity::Info,
        "is not led by its first replica",
        "are not led by their first replica",
        "`kafka elect` asks for it; Kafka does it by itself above 10 % (auto.leader.rebalance.enable)",
    ),
];

impl<'a> TopicFindings<'a> {
    /// Begins.
    pub fn new(status: &'a Status, judge: &'a Judge<'a>) -> Self {
        Self {
            status,
            judge,
            findings: Findings::default(),
            kinds: BTreeMap::new(),
            down: BTreeMap::new(),
            with_id: 0,
            without_id: Vec::new(),
        }
    }

    /// Looks at a topic.
    pub fn look(&mut self, topic: &TopicState) {
        if topic.old {
            return;
        }
        let path = Place::Topic(topic.name.clone()).path();
        if topic.topic.is_absent() {
            return;
        }
        if let Some(fault) = topic.topic.fault() {
            let advice =
                "no broker can read it either: restore it from a backup, or delete what is left of it";
            self.findings.add(Severity::Error, "unreadable-topic", path, fault, advice);
            return;
        }
        let config = topic.config.as_ref();
        if let Some(fault) =
            config.and_then(Entry::fault).filter(|_| !matches!(config, Some(Entry::Empty(_))))
        {
            let path = Place::Config(Entity::Topic(Name::of_znode(&topic.name))).path();
            let advice = "the broker's defaults hold instead: configure the topic again";
            self.findings.add(Severity::Warning, "unreadable-config", path, fault, advice);
        }
        if let Some(known) = topic.topic.value() {
            match known.id {
                Some(_) => self.with_id += 1,
                None => self.without_id.push(topic.name.clone()),
            }
        }
        if topic.partitions.is_empty() {
            let advice = "delete the topic, or restore its partitions from a backup";
            self.findings.add(Severity::Error, "no-partitions", path, "it has no partitions", advice);
        }
        for partition in &topic.partitions {
            self.partition(topic, partition);
        }
    }

    fn partition(&mut self, topic: &TopicState, partition: &Partition) {
        let PartitionKey::Plain(id) = partition.key else { return };
        let health = self.judge.health(topic, partition);
        let name = format!("{}-{id}", topic.name);
        let absent = partition.state.is_absent();
        for (kind, holds) in [
            ("no-state", absent && !topic.deleting),
            ("offline-partition", health.offline && !absent),
            ("under-min-isr", health.under_min_isr && !health.offline),
            ("under-replicated", health.under_replicated && !absent),
            ("recovering", health.recovering),
            ("not-preferred", health.not_preferred && !topic.deleting),
        ] {
            if holds {
                self.kinds.entry(kind).or_default().push(name.clone());
            }
        }
        for replica in &partition.replicas {
            if self.judge.alive.is_down(*replica) {
                *self.down.entry(*replica).or_default() += 1;
            }
        }
        self.contradictions(topic, partition, id);
    }

    fn contradictions(&mut self, topic: &TopicState, partition: &Partition, id: i32) {
        let path = Place::PartitionState(topic.name.clone(), id).path();
        if let Some(fault) = partition.state.fault() {
            let advice = "the controller cannot read it either: a new election writes it again";
            self.findings.add(Severity::Error, "unreadable-state", path, fault, advice);
            return;
        }
        let distinct: BTreeSet<_> = partition.replicas.iter().collect();
        if distinct.len() < partition.replicas.len() {
            let path = Place::Topic(topic.name.clone()).path();
            let what = format!("partition {id} names a broker twice among its replicas");
            let advice = "move the partition to a list without doubles";
            self.findings.add(Severity::Error, "double-replica", path, what, advice);
        }
        let Some(state) = partition.state.value() else { return };
        let strangers: Vec<_> =
            state.isr.iter().filter(|broker| !partition.replicas.contains(broker)).collect();
        if !strangers.is_empty() {
            let what = format!("in sync are brokers {strangers:?}, which are none of its replicas");
            let advice = "topic and state were written by different hands: an election puts it right";
            self.findings.add(Severity::Error, "foreign-isr", &path, what, advice);
        }
        if let Some(leader) = state.leader
            && !state.isr.contains(&leader)
        {
            let what = format!("its leader, broker {leader}, is not in sync with itself");
            let advice = "an election puts it right; if not, restart the controller";
            self.findings.add(Severity::Error, "leader-not-in-isr", &path, what, advice);
        }
        if let Some(epoch) = self.status.epoch.value()
            && state.controller_epoch > epoch.0
            && self.status.regime() == crate::cluster::Regime::ZooKeeper
        {
            let what =
                format!("written in controller epoch {}, and now it is {}", state.controller_epoch, epoch.0);
            let advice =
                "/controller_epoch was set back: brokers refuse the controller until it is higher again";
            self.findings.add(Severity::Error, "future-epoch", path, what, advice);
        }
    }

    /// What was found, when all topics were looked at. `configured` are the topics that something is
    /// configured for.
    pub fn finish(mut self, configured: &BTreeSet<String>) -> Vec<Finding> {
        for (kind, severity, of_one, of_several, advice) in SUMMED {
            let Some(names) = self.kinds.get(kind) else { continue };
            let shown: Vec<_> = names.iter().take(NAMED).map(String::as_str).collect();
            let more = names.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let what = if names.len() == 1 { of_one } else { of_several };
            let what = format!("{} {what}: {}{more}", count(names.len(), "partition"), shown.join(", "));
            let first = names.first().and_then(|name| name.rsplit_once('-'));
            let path = first.map_or_else(String::new, |(topic, id)| {
                format!("/brokers/topics/{topic}/partitions/{id}/state")
            });
            self.findings.add(severity, kind, path, what, advice);
        }
        for (broker, replicas) in &self.down {
            let replicas = count(*replicas, "replica");
            let what = format!("broker {broker} holds {replicas} and is not registered");
            let advice = "start it; if it will not come back, move its replicas to others";
            let path = Place::Broker(*broker).path();
            self.findings.add(Severity::Error, "missing-broker", path, what, advice);
        }
        if let (1.., Some(first)) = (self.with_id, self.without_id.first()) {
            let (without, with) = (count(self.without_id.len(), "topic"), self.with_id);
            let what = format!("{without} without an id, as {first}, beside {with} with one");
            let advice =
                "an old tool wrote them and dropped it (KAFKA-14190): the controller gives them new ones";
            let path = Place::Topic(first.clone()).path();
            self.findings.add(Severity::Warning, "lost-topic-id", path, what, advice);
        }
        let known: BTreeSet<&str> = self.status.topics.iter().collect();
        if self.status.unlisted_topics.is_none() {
            for topic in configured.iter().filter(|topic| !known.contains(topic.as_str())) {
                let path = Place::Config(Entity::Topic(Name::of_znode(topic))).path();
                let advice = "a topic created by this name would have it: delete it";
                let what = "there is no such topic any more";
                self.findings.add(Severity::Info, "orphaned-config", path, what, advice);
            }
        }
        self.findings.0
    }
}
