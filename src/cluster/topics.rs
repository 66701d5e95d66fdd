//! Topics with the states of their partitions.

use std::collections::VecDeque;

use super::{Entry, Status};
use crate::kafka::layout::{Entity, Name, PartitionKey, Place};
use crate::kafka::model::{Config, PartitionCount, PartitionState, Topic};
use crate::store::{Failure, Found, Read, Store};
use crate::walk::Reads;

/// A topic, as it was found.
#[derive(Clone, Debug)]
pub struct TopicState {
    /// Its name.
    pub name: String,
    /// `/brokers/topics/[topic]`.
    pub topic: Entry<Topic>,
    /// Its partitions, in their order.
    pub partitions: Vec<Partition>,
    /// Whether it is in the layout of 0.7: partitions are counted for each broker, and have no replicas.
    pub old: bool,
    /// What was configured for it; `None` if that was not read.
    pub config: Option<Entry<Config>>,
    /// Whether `/admin/delete_topics` names it.
    pub deleting: bool,
}

/// A partition, as it was found.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Which.
    pub key: PartitionKey,
    /// The brokers that hold it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those that it is being moved to.
    pub adding: Vec<i32>,
    /// Those that it leaves.
    pub removing: Vec<i32>,
    /// Its state; absent in 0.7.
    pub state: Entry<PartitionState>,
    /// Whether it is one of 0.7: its broker holds it, leads it, and is all that there is.
    pub old: bool,
}

impl Partition {
    /// The broker that leads it, alive or not.
    pub fn leader(&self) -> Option<i32> {
        if self.old {
            return self.preferred();
        }
        self.state.value()?.leader
    }

    /// The broker that should lead it.
    pub fn preferred(&self) -> Option<i32> {
        self.replicas.first().copied()
    }

    /// Whether it is led, and by another than should lead it.
    pub fn is_led_by_another(&self) -> bool {
        self.leader().is_some_and(|leader| Some(leader) != self.preferred())
    }

    /// The brokers that hold it and are not only about to.
    pub fn settled(&self) -> impl Iterator<Item = i32> {
        self.replicas.iter().copied().filter(|broker| !self.adding.contains(broker))
    }

    /// The replicas that are in sync; `None` if that is not known.
    pub fn isr(&self) -> Option<&[i32]> {
        self.state.value().map(|state| state.isr.as_slice())
    }

    fn of_topic(topic: &Topic, id: i32, replicas: &[i32]) -> Self {
        let moving = |lists: &std::collections::BTreeMap<i32, Vec<i32>>| lists.get(&id).cloned();
        Self {
            key: PartitionKey::Plain(id),
            replicas: replicas.to_vec(),
            adding: moving(&topic.adding).unwrap_or_default(),
            removing: moving(&topic.removing).unwrap_or_default(),
            state: Entry::Absent,
            old: false,
        }
    }

    fn on_broker(broker: i32, partition: i32) -> Self {
        Self {
            key: PartitionKey::OnBroker { broker, partition },
            replicas: vec![broker],
            adding: Vec::new(),
            removing: Vec::new(),
            state: Entry::Absent,
            old: true,
        }
    }
}

impl TopicState {
    /// How many replicas its partitions have, where all have as many.
    pub fn replication(&self) -> Option<usize> {
        let mut counts = self.partitions.iter().map(|partition| partition.settled().count());
        let first = counts.next()?;
        counts.all(|count| count == first).then_some(first)
    }

    /// Whether Kafka made it for itself.
    pub fn is_internal(&self) -> bool {
        matches!(self.name.as_str(), "__consumer_offsets" | "__transaction_state")
    }
}

/// Topics read in their order, some at a time: memory does not grow with their number.
pub struct TopicScan<'a> {
    store: &'a dyn Store,
    status: &'a Status,
    names: std::vec::IntoIter<String>,
    configs: bool,
}

/// Topics read together.
const TOGETHER: usize = 512;
/// Partitions of which a topic may have so many before it is read by itself.
const PARTITIONS: usize = 1 << 20;

impl<'a> TopicScan<'a> {
    /// Of these topics. `configs` says whether to read what was configured for each.
    pub fn new(store: &'a dyn Store, status: &'a Status, names: Vec<String>, configs: bool) -> Self {
        Self { store, status, names: names.into_iter(), configs }
    }

    /// The next topics; `None` at the end. One that is gone by now is left out, unless it is asked for
    /// by `/admin/delete_topics` as well.
    pub async fn next(&mut self) -> Result<Option<Vec<TopicState>>, Failure> {
        let names: Vec<String> = self.names.by_ref().take(TOGETHER).collect();
        if names.is_empty() {
            return Ok(None);
        }
        let mut topics = self.topics(names).await?;
        self.old_layouts(&mut topics).await?;
        self.states(&mut topics).await?;
        if self.configs {
            self.configs(&mut topics).await?;
        }
        Ok(Some(topics))
    }

    async fn topics(&self, names: Vec<String>) -> Result<Vec<TopicState>, Failure> {
        let reads = names.into_iter().map(|name| {
            let path = self.status.path(&Place::Topic(name.clone()));
            (name, Read::Data(path))
        });
        let answers = Reads::new(self.store, reads.collect()).all().await?;
        let topics = answers.into_iter().filter_map(|(name, answer)| {
            let deleting = self.status.deleting.contains_key(&name);
            let topic = Entry::<Topic>::of(answer);
            if topic.is_absent() && !deleting {
                return None;
            }
            let mut partitions = Vec::new();
            if let Some(topic) = topic.value() {
                let all = topic.partitions.iter().take(PARTITIONS);
                partitions.extend(all.map(|(id, replicas)| Partition::of_topic(topic, *id, replicas)));
            }
            Some(TopicState { name, topic, partitions, old: false, config: None, deleting })
        });
        Ok(topics.collect())
    }

    /// A topic of 0.7 has no data, and a child for each broker that holds some of it.
    async fn old_layouts(&self, topics: &mut [TopicState]) -> Result<(), Failure> {
        let empty = topics.iter().enumerate().filter(|(_, topic)| matches!(topic.topic, Entry::Empty(_)));
        let reads: Vec<_> = empty
            .map(|(index, topic)| {
                (index, Read::Children(self.status.path(&Place::Topic(topic.name.clone()))))
            })
            .collect();
        let mut counts = Vec::new();
        for (index, answer) in Reads::new(self.store, reads).all().await? {
            let (Ok(Found::Children(names)), Some(topic)) = (answer, topics.get(index)) else { continue };
            for name in names.iter() {
                let path = format!("{}/{name}", Place::Topic(topic.name.clone()).path());
                if let Some(Place::PartitionCount { broker, .. }) = Place::of(&path) {
                    counts.push(((index, broker), Read::Data(self.status.at(&path))));
                }
            }
        }
        for ((index, broker), answer) in Reads::new(self.store, counts).all().await? {
            let Some(topic) = topics.get_mut(index) else { continue };
            topic.old = true;
            if let Some(PartitionCount(count)) = Entry::<PartitionCount>::of(answer).value() {
                let count = i32::try_from(*count).unwrap_or(i32::MAX).min(PARTITIONS as i32);
                topic.partitions.extend((0..count).map(|partition| Partition::on_broker(broker, partition)));
            }
        }
        for topic in topics.iter_mut().filter(|topic| topic.old) {
            topic.partitions.sort_by_key(|partition| partition.key);
        }
        Ok(())
    }

    async fn states(&self, topics: &mut [TopicState]) -> Result<(), Failure> {
        let mut answers = VecDeque::new();
        {
            let reads = topics.iter().filter(|topic| !topic.old).flat_map(|topic| {
                topic.partitions.iter().filter_map(|partition| match partition.key {
                    PartitionKey::Plain(id) => {
                        let place = Place::PartitionState(topic.name.clone(), id);
                        Some(((), Read::Data(self.status.path(&place))))
                    }
                    PartitionKey::OnBroker { .. } => None,
                })
            });
            let mut reads = Reads::new(self.store, reads.collect());
            while let Some(some) = reads.next().await? {
                answers.extend(some.into_iter().map(|(_, answer)| Entry::<PartitionState>::of(answer)));
            }
        }
        for partition in topics.iter_mut().filter(|topic| !topic.old).flat_map(|topic| &mut topic.partitions)
        {
            if let Some(state) = answers.pop_front() {
                partition.state = state;
            }
        }
        Ok(())
    }

    async fn configs(&self, topics: &mut [TopicState]) -> Result<(), Failure> {
        let reads = topics.iter().map(|topic| {
            let place = Place::Config(Entity::Topic(Name::of_znode(&topic.name)));
            ((), Read::Data(self.status.path(&place)))
        });
        let answers = Reads::new(self.store, reads.collect()).all().await?;
        for (topic, (_, answer)) in topics.iter_mut().zip(answers) {
            topic.config = Some(Entry::of(answer));
        }
        Ok(())
    }
}
