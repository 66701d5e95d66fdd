use clap::Args;

use super::pace::Pace;
use super::{Context, failure, notes};
use crate::cluster::{Health, Judge, Partition, Status, TopicScan, TopicState};
use crate::error::{Error, Kind, Result, did_you_mean};
use crate::view::kafka::{KafkaRow, KafkaTable, KafkaView, PartitionRow, TopicRow, TopicView};
use crate::view::{Note, Row, Shape, View};
use crate::znode::Like;

/// The topics.
#[derive(Debug, Args)]
pub(super) struct Topics {
    /// Only topics whose names are like this: `pay*`, `log-?`
    #[arg(value_name = "GLOB")]
    glob: Option<String>,

    /// The partitions with fewer replicas in sync than they have
    #[arg(long)]
    under_replicated: bool,

    /// The partitions without a leader that lives
    #[arg(long, visible_alias = "unavailable")]
    offline: bool,

    /// The partitions with fewer replicas in sync than min.insync.replicas
    #[arg(long)]
    under_min_isr: bool,

    /// The partitions with just as many replicas in sync as min.insync.replicas
    #[arg(long)]
    at_min_isr: bool,

    /// The partitions that are not led by their first replica
    #[arg(long)]
    not_preferred: bool,

    /// The partitions that are being moved
    #[arg(long)]
    reassigning: bool,

    /// Only topics that something is configured for
    #[arg(long)]
    overrides: bool,

    /// So many lines and no more; the topics behind them are not read
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,

    /// All partitions
    #[arg(short = 'p', long)]
    partitions: bool,

    /// As `kafka-topics --describe` prints them
    #[arg(long, conflicts_with_all = ["partitions", "overrides"])]
    describe: bool,
}

/// A topic.
#[derive(Debug, Args)]
pub(super) struct Topic {
    /// Its name
    #[arg(value_name = "TOPIC")]
    name: String,

    /// As `kafka-topics --describe` prints it
    #[arg(long)]
    describe: bool,
}

/// Topics as they are shown.
struct Views<'a>(Judge<'a>);

impl<'a> Views<'a> {
    async fn of(cx: &Context<'_>, status: &'a Status) -> Result<Self> {
        Judge::read(cx.store, status).await.map(Self).map_err(|f| failure(f, &status.chroot))
    }

    fn health(&self, topic: &TopicState, partition: &Partition) -> Health {
        self.0.health(topic, partition)
    }

    fn row(&self, topic: &TopicState) -> TopicRow {
        let all: Vec<Health> =
            topic.partitions.iter().map(|partition| self.health(topic, partition)).collect();
        let number = |holds: fn(&Health) -> bool| all.iter().filter(|health| holds(health)).count();
        let config = topic.config.as_ref().and_then(|config| config.value());
        let masked = config.into_iter().flat_map(|config| config.masked());
        let fault = if topic.old { None } else { topic.topic.fault() };
        let config_fault = topic.config.as_ref().and_then(|config| config.fault());
        TopicRow {
            topic: topic.name.clone(),
            id: topic.topic.value().and_then(|topic| topic.id.clone()),
            partitions: topic.partitions.len(),
            replication: topic.replication(),
            offline: number(|health| health.offline),
            under_replicated: number(|health| health.under_replicated),
            under_min_isr: number(|health| health.under_min_isr),
            not_preferred: number(|health| health.not_preferred),
            reassigning: number(|health| health.reassigning),
            deleting: topic.deleting,
            internal: topic.is_internal(),
            config: masked.map(|(key, value)| (key.to_owned(), value.into_owned())).collect(),
            problem: match (fault, config_fault) {
                _ if topic.topic.is_absent() => Some("gone: only its deletion is left".to_owned()),
                (Some(fault), _) => Some(format!("unreadable: {fault}")),
                (None, Some(fault)) => Some(format!("configuration unreadable: {fault}")),
                (None, None) => None,
            },
        }
    }

    fn partition(&self, topic: &TopicState, partition: &Partition) -> PartitionRow {
        let state = partition.state.value();
        let absent = partition.state.is_absent() && !partition.old;
        PartitionRow {
            topic: topic.name.clone(),
            partition: partition.key,
            leader: partition.leader(),
            replicas: partition.replicas.clone(),
            isr: partition.isr().map(<[i32]>::to_vec),
            adding: partition.adding.clone(),
            removing: partition.removing.clone(),
            leader_epoch: state.map(|state| state.leader_epoch),
            controller_epoch: state.map(|state| state.controller_epoch),
            partition_epoch: partition.state.stat().map(|stat| stat.version),
            health: self.health(topic, partition).words(),
            down: partition.replicas.iter().copied().filter(|id| self.0.alive.is_down(*id)).collect(),
            problem: match partition.state.fault() {
                Some(fault) => Some(format!("state unreadable: {fault}")),
                None if absent => Some("no state yet: being created, or no controller".to_owned()),
                None => None,
            },
        }
    }

    fn view(&self, topic: &TopicState, as_kafka: bool) -> TopicView {
        let leader = topic.partitions.first().and_then(Partition::leader);
        let min_isr = self.0.min_isr(topic, leader);
        TopicView {
            topic: self.row(topic),
            created: topic.topic.stat().map(|stat| stat.ctime),
            min_insync_replicas: min_isr.value,
            min_insync_replicas_assumed: min_isr.assumed,
            states: topic.partitions.iter().map(|partition| self.partition(topic, partition)).collect(),
            as_kafka,
        }
    }
}

impl Topics {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        let names = self.names(status)?;
        let views = Views::of(cx, status).await?;
        for note in notes(status) {
            cx.out.note(Note::Warning(note)).await?;
        }
        let by_partition = self.partitions || self.filters();
        let table = match () {
            () if self.describe => KafkaTable::Described,
            () if by_partition => KafkaTable::Partitions,
            () => KafkaTable::Topics,
        };
        cx.out.begin(Shape::Kafka(table)).await?;
        let mut pace = Pace::new(names.len());
        let mut left = self.limit.unwrap_or(usize::MAX);
        let mut scan = TopicScan::new(cx.store, status, names, true);
        while left > 0
            && let Some(topics) = scan.next().await.map_err(|f| failure(f, &status.chroot))?
        {
            pace.read(cx, topics.len()).await?;
            let mut rows = Vec::new();
            for topic in &topics {
                let configured = topic.config.as_ref().and_then(|config| config.value());
                if self.overrides && configured.is_none_or(|config| config.values.is_empty()) {
                    continue;
                }
                if self.describe {
                    let mut view = views.view(topic, true);
                    if self.filters() {
                        let kept = |partition: &&Partition| self.keeps(&views.health(topic, partition));
                        let kept = topic.partitions.iter().filter(kept);
                        view.states = kept.map(|partition| views.partition(topic, partition)).collect();
                        if view.states.is_empty() {
                            continue;
                        }
                    }
                    rows.push(KafkaRow::Described(view));
                } else if by_partition {
                    let kept = |partition: &&Partition| self.keeps(&views.health(topic, partition));
                    let kept = topic.partitions.iter().filter(kept);
                    rows.extend(kept.map(|partition| KafkaRow::Partition(views.partition(topic, partition))));
                } else {
                    rows.push(KafkaRow::Topic(views.row(topic)));
                }
            }
            rows.truncate(left);
            left -= rows.len();
            if !rows.is_empty() {
                cx.out.rows(rows.into_iter().map(|row| Row::Kafka(Box::new(row))).collect()).await?;
            }
        }
        cx.out.end().await
    }

    /// The topics to read: those that are there, and those of which only the deletion is left.
    fn names(&self, status: &Status) -> Result<Vec<String>> {
        let mut names: Vec<String> = status.topics.iter().map(str::to_owned).collect();
        names.extend(status.gone().cloned());
        let Some(glob) = &self.glob else { return Ok(names) };
        let like = Like::parse(glob).map_err(|why| Error::usage(format!("`{glob}` is no pattern: {why}")))?;
        names.retain(|name| like.as_ref().map_or(name == glob, |like| like.is_like(name)));
        if names.is_empty() && like.is_none() {
            return Err(unknown(status, glob));
        }
        Ok(names)
    }

    fn filters(&self) -> bool {
        self.under_replicated
            || self.offline
            || self.under_min_isr
            || self.at_min_isr
            || self.not_preferred
            || self.reassigning
    }

    /// Whether a partition is asked for: by any of the filters.
    fn keeps(&self, health: &Health) -> bool {
        !self.filters()
            || self.under_replicated && health.under_replicated
            || self.offline && health.offline
            || self.under_min_isr && health.under_min_isr
            || self.at_min_isr && health.at_min_isr
            || self.not_preferred && health.not_preferred
            || self.reassigning && health.reassigning
    }
}

impl Topic {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        let views = Views::of(cx, status).await?;
        let mut scan = TopicScan::new(cx.store, status, vec![self.name.clone()], true);
        let found = scan.next().await.map_err(|f| failure(f, &status.chroot))?;
        let Some(topic) = found.and_then(|mut topics| topics.pop()) else {
            return Err(unknown(status, &self.name));
        };
        for note in notes(status) {
            cx.out.note(Note::Warning(note)).await?;
        }
        let view = views.view(&topic, self.describe);
        cx.out.value(View::Kafka(Box::new(KafkaView::Topic(view)))).await
    }
}

pub(super) fn unknown(status: &Status, name: &str) -> Error {
    let error = Error::new(Kind::Refused, format!("there is no topic {name} below {}", status.chroot));
    match did_you_mean(name, status.topics.iter()) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error.hint("`kafka topics` lists them"),
    }
}
