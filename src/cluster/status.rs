//! What a cluster says of itself as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Liveness};
use crate::kafka::layout::{BROKER_IDS, DELETE_TOPICS, Place, Queue, TOPICS};
use crate::kafka::model::{
    Broker, ClusterId, Controller, ControllerEpoch, Election, Features, Migration, ProducerBlock,
    Reassignment,
};
use crate::store::{Failure, Found, Read, Store};
use crate::walk::Reads;
use crate::wire::Code;
use crate::znode::{Names, Stat, ZPath};

/// A child of `/brokers/ids`.
pub type Registration = Entry<Broker>;

/// Who governs a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// Its controller is a broker, elected by ZooKeeper; or, in 0.7, there is none.
    ZooKeeper,
    /// KRaft's controller has taken over, and copies what it does to ZooKeeper; some brokers still
    /// register there.
    Migrating {
        /// KRaft's node.
        node: i32,
    },
    /// The same, and no broker registers any more: either KRaft still writes its copy, or the migration is
    /// over and this was left behind. Only the age of `/migration` tells.
    Kraft {
        /// KRaft's node.
        node: i32,
    },
}

/// What a cluster says of itself as a whole: two round trips, whatever its size.
#[derive(Clone, Debug)]
pub struct Status {
    /// Below which znode the cluster is.
    pub chroot: ZPath,
    /// `/cluster/id`.
    pub id: Entry<ClusterId>,
    /// `/controller`.
    pub controller: Entry<Controller>,
    /// `/controller_epoch`.
    pub epoch: Entry<ControllerEpoch>,
    /// `/migration`.
    pub migration: Entry<Migration>,
    /// `/feature`.
    pub features: Entry<Features>,
    /// `/latest_producer_id_block`.
    pub producers: Entry<ProducerBlock>,
    /// `/admin/reassign_partitions`.
    pub reassignment: Entry<Reassignment>,
    /// `/admin/preferred_replica_election`.
    pub election: Entry<Election>,
    /// The brokers that are registered.
    pub brokers: BTreeMap<i32, Registration>,
    /// Children of `/brokers/ids` that are no ids.
    pub strangers: Vec<String>,
    /// Why `/brokers/ids` could not be listed.
    pub unlisted_brokers: Option<Code>,
    /// The topics, in natural order.
    pub topics: Names,
    /// Why they could not be listed.
    pub unlisted_topics: Option<Code>,
    /// The topics that shall be deleted.
    pub deleting: BTreeMap<String, Option<Stat>>,
    /// Notices that wait in each queue that there is.
    pub queues: BTreeMap<&'static str, (Queue, i32)>,
}

impl Status {
    /// Reads it.
    pub async fn read(store: &dyn Store, chroot: &ZPath) -> Result<Self, Failure> {
        let data = |place: &Place| Read::Data(at(chroot, &place.path()));
        let mut reads: Vec<_> = [
            Place::ClusterId,
            Place::Controller,
            Place::ControllerEpoch,
            Place::Migration,
            Place::Features,
            Place::ProducerBlock,
            Place::Reassignment,
            Place::Election,
        ]
        .iter()
        .map(|place| ((), data(place)))
        .collect();
        for folder in [BROKER_IDS, TOPICS, DELETE_TOPICS] {
            reads.push(((), Read::Children(at(chroot, folder))));
        }
        for queue in Queue::ALL {
            reads.push(((), Read::Stat(at(chroot, queue.folder()))));
        }
        let mut answers = Reads::new(store, reads).all().await?.into_iter().map(|(_, answer)| answer);
        let mut next = || answers.next().unwrap_or(Err(Code::NO_NODE));
        let mut status = Self {
            chroot: chroot.clone(),
            id: Entry::of(next()),
            controller: Entry::of(next()),
            epoch: Entry::of(next()),
            migration: Entry::of(next()),
            features: Entry::of(next()),
            producers: Entry::of(next()),
            reassignment: Entry::of(next()),
            election: Entry::of(next()),
            brokers: BTreeMap::new(),
            strangers: Vec::new(),
            unlisted_brokers: None,
            topics: Names::default(),
            unlisted_topics: None,
            deleting: BTreeMap::new(),
            queues: BTreeMap::new(),
        };
        let (ids, refused) = names(next());
        status.unlisted_brokers = refused;
        (status.topics, status.unlisted_topics) = names(next());
        status.topics.sort_natural();
        let (doomed, _) = names(next());
        for queue in Queue::ALL {
            if let Some(stat) = next().ok().as_ref().and_then(Found::stat) {
                status.queues.insert(queue.folder(), (queue, stat.num_children));
            }
        }
        drop(answers);
        status.read_below(store, &ids, &doomed).await?;
        Ok(status)
    }

    async fn read_below(&mut self, store: &dyn Store, ids: &Names, doomed: &Names) -> Result<(), Failure> {
        let mut reads = Vec::new();
        for id in ids.iter() {
            match Place::of(&format!("{BROKER_IDS}/{id}")) {
                Some(place @ Place::Broker(_)) => {
                    let path = self.path(&place);
                    reads.push((place, Read::Data(path)));
                }
                _ => self.strangers.push(id.to_owned()),
            }
        }
        for topic in doomed.iter() {
            let place = Place::DeletedTopic(topic.to_owned());
            let path = self.path(&place);
            reads.push((place, Read::Stat(path)));
        }
        for (place, answer) in Reads::new(store, reads).all().await? {
            match place {
                // Gone since it was listed.
                Place::Broker(_) if answer == Err(Code::NO_NODE) => {}
                Place::Broker(id) => drop(self.brokers.insert(id, Entry::of(answer))),
                Place::DeletedTopic(topic) => {
                    let stat = answer.ok().as_ref().and_then(Found::stat).copied();
                    self.deleting.insert(topic, stat);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Where one of its znodes is in the store.
    pub fn path(&self, place: &Place) -> String {
        at(&self.chroot, &place.path())
    }

    /// Where a path below its chroot is in the store.
    pub fn at(&self, path: &str) -> String {
        at(&self.chroot, path)
    }

    /// Who governs it.
    pub fn regime(&self) -> Regime {
        let Entry::Is(controller, stat) = &self.controller else { return Regime::ZooKeeper };
        let persistent = stat.ephemeral_owner == 0 && controller.version.is_some();
        match controller.broker {
            _ if !controller.is_kraft() && !persistent => Regime::ZooKeeper,
            node if self.brokers.is_empty() => Regime::Kraft { node },
            node => Regime::Migrating { node },
        }
    }

    /// Which brokers live, as far as ZooKeeper can tell: those that went over to KRaft register there.
    pub fn liveness(&self) -> Liveness {
        match (self.regime(), self.unlisted_brokers) {
            (Regime::ZooKeeper, None | Some(Code::NO_NODE)) => {
                Liveness::Known(self.brokers.keys().copied().collect())
            }
            _ => Liveness::Unknown,
        }
    }

    /// The topics of which only the request to delete them is left.
    pub fn gone(&self) -> impl Iterator<Item = &String> {
        let there: BTreeSet<&str> = self.topics.iter().collect();
        self.deleting.keys().filter(move |topic| !there.contains(topic.as_str()))
    }

    /// The partitions that `/admin/reassign_partitions` asks to move.
    pub fn reassigned(&self) -> BTreeSet<(&str, i32)> {
        let asked = self.reassignment.value().map_or(&[][..], |asked| &asked.partitions);
        asked.iter().map(|asked| (asked.topic.as_str(), asked.partition)).collect()
    }
}

fn at(chroot: &ZPath, path: &str) -> String {
    if chroot.is_root() { path.to_owned() } else { format!("{chroot}{path}") }
}

/// The names in an answer; beside them why there are none, if that is a refusal.
fn names(answer: Result<Found, Code>) -> (Names, Option<Code>) {
    match answer {
        Ok(Found::Children(names)) => (names, None),
        Ok(_) => (Names::default(), Some(Code::MARSHALLING_ERROR)),
        Err(code) => (Names::default(), Some(code)),
    }
}
