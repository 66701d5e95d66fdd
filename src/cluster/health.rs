//! What is wrong with a partition, by Kafka's own rules.

use std::collections::BTreeSet;

use super::{MinIsr, MinIsrs, Partition, Status, TopicState};
use crate::kafka::layout::PartitionKey;
use crate::store::{Failure, Store};

/// Which brokers live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// These.
    Known(BTreeSet<i32>),
    /// ZooKeeper cannot tell, during a migration or where the list may not be read.
    Unknown,
}

impl Liveness {
    /// Whether a broker is known to be down.
    pub fn is_down(&self, broker: i32) -> bool {
        matches!(self, Self::Known(live) if !live.contains(&broker))
    }
}

/// What the partitions of a cluster are judged by.
pub struct Judge<'a> {
    /// Which brokers live.
    pub alive: Liveness,
    asked: BTreeSet<(&'a str, i32)>,
    min_isrs: MinIsrs,
}

impl<'a> Judge<'a> {
    /// Of a cluster.
    pub async fn read(store: &dyn Store, status: &'a Status) -> Result<Self, Failure> {
        let min_isrs = MinIsrs::read(store, status).await?;
        Ok(Self { alive: status.liveness(), asked: status.reassigned(), min_isrs })
    }

    /// What is wrong with a partition of a topic.
    pub fn health(&self, topic: &TopicState, partition: &Partition) -> Health {
        let asked = match partition.key {
            PartitionKey::Plain(id) => self.asked.contains(&(topic.name.as_str(), id)),
            PartitionKey::OnBroker { .. } => false,
        };
        Health::of(partition, &self.alive, &self.min_isr(topic, partition.leader()), asked)
    }

    /// How many replicas of a topic's partitions must be in sync where this broker leads.
    pub fn min_isr(&self, topic: &TopicState, leader: Option<i32>) -> MinIsr {
        self.min_isrs.of(topic, leader)
    }
}

/// What is wrong with a partition: the rules of Kafka's own tools (`TopicCommand.PartitionDescription`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// It has no leader that lives.
    pub offline: bool,
    /// Fewer replicas are in sync than it has settled ones.
    pub under_replicated: bool,
    /// It has no leader, or fewer replicas in sync than `min.insync.replicas`.
    pub under_min_isr: bool,
    /// It has just as many, even though none of them may live.
    pub at_min_isr: bool,
    /// It is led by another than its first replica.
    pub not_preferred: bool,
    /// Replicas are coming and going.
    pub reassigning: bool,
    /// Its leader was not in sync when it was elected.
    pub recovering: bool,
}

impl Health {
    /// Judges a partition. `asked` says that `/admin/reassign_partitions` names it.
    fn of(partition: &Partition, alive: &Liveness, min_isr: &MinIsr, asked: bool) -> Self {
        if partition.old {
            return Self::default();
        }
        let state = partition.state.value();
        let leader = partition.leader();
        let isr = state.map_or(0, |state| state.isr.len());
        // A state that cannot be read says nothing; one that is not there says that nobody leads.
        let known = state.is_some() || partition.state.is_absent();
        let wanted = usize::try_from(min_isr.value).unwrap_or(0);
        Self {
            offline: known && leader.is_none_or(|leader| alive.is_down(leader)),
            under_replicated: known && isr < partition.settled().count(),
            under_min_isr: known && (leader.is_none() || isr < wanted),
            at_min_isr: known && isr == wanted,
            not_preferred: partition.is_led_by_another(),
            reassigning: asked || !partition.adding.is_empty() || !partition.removing.is_empty(),
            recovering: state.is_some_and(|state| state.is_recovering()),
        }
    }

    /// What is wrong, in words, worst first.
    pub fn words(&self) -> Vec<&'static str> {
        let all = [
            (self.offline, "offline"),
            (self.under_min_isr, "under-min-isr"),
            (self.under_replicated, "under-replicated"),
            (self.recovering, "recovering"),
            (self.reassigning, "reassigning"),
            (self.not_preferred, "not-preferred"),
        ];
        all.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect()
    }
}
