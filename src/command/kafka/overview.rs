use std::collections::BTreeSet;

use clap::Args;

use super::pace::Pace;
use super::{Context, chroots, failure, notes, read};
use crate::cluster::{Judge, Liveness, Regime, Status, TopicScan, TopicState};
use crate::error::{Error, Kind, Result};
use crate::kafka::layout::Queue;
use crate::view::kafka::{ClusterRow, Gathered, KafkaRow, KafkaTable, KafkaView, OverviewView};
use crate::view::{Note, Row, Shape, View};
use crate::znode::ZPath;

/// How the cluster is.
#[derive(Debug, Args)]
pub(super) struct Overview {
    /// Exit with code 4 unless the cluster is healthy: it has a controller, no broker is missing, and no
    /// partition is offline, under-replicated or under its min.insync.replicas
    #[arg(long)]
    pub(super) check: bool,
}

impl Overview {
    /// Its switches may stand before the subcommand as well.
    pub(super) fn or(self, before: Self) -> Self {
        Self { check: self.check || before.check }
    }

    /// `all` says that several clusters are shown as a list, and are no mistake.
    pub(super) async fn run(self, cx: &Context<'_>, at: Option<&ZPath>, all: bool) -> Result<()> {
        let found = chroots(cx, at).await?;
        if found.len() > 1 && !self.check && all {
            list(cx, &found).await?;
            let first = found.first().map_or("/", |chroot| chroot.as_str());
            return cx.out.note(Note::Hint(format!("`kafka --kafka {first}` shows one of them"))).await;
        }
        let [chroot] = found.as_slice() else {
            return Err(Error::usage("several Kafka clusters are here").hint("choose one with --kafka PATH"));
        };
        let status = read(cx, chroot).await?;
        let view = overview(cx, &status).await?;
        let healthy = view.healthy;
        cx.out.value(View::Kafka(Box::new(KafkaView::Overview(view)))).await?;
        // The answer says why.
        if self.check && !healthy { Err(Error::new(Kind::Assertion, String::new())) } else { Ok(()) }
    }
}

/// `kafka clusters`.
pub(super) async fn clusters(cx: &Context<'_>, at: Option<&ZPath>) -> Result<()> {
    let found = chroots(cx, at).await?;
    list(cx, &found).await
}

async fn list(cx: &Context<'_>, chroots: &[ZPath]) -> Result<()> {
    cx.out.begin(Shape::Kafka(KafkaTable::Clusters)).await?;
    for chroot in chroots {
        let status = read(cx, chroot).await?;
        let row = ClusterRow {
            chroot: chroot.to_string(),
            id: status.id.value().map(|id| id.id.clone()),
            controller: status.controller.value().map(|controller| controller.broker),
            brokers: status.brokers.len(),
            topics: status.topics.len(),
            note: notes(&status).into_iter().next(),
        };
        cx.out.rows(vec![Row::Kafka(Box::new(KafkaRow::Cluster(row)))]).await?;
    }
    cx.out.end().await
}

async fn overview(cx: &Context<'_>, status: &Status) -> Result<OverviewView> {
    let explain = |f| failure(f, &status.chroot);
    let judge = Judge::read(cx.store, status).await.map_err(explain)?;
    let names = status.topics.iter().map(str::to_owned).collect();
    let mut scan = TopicScan::new(cx.store, status, names, true);
    let mut gathered = Gathered::default();
    let mut holders = BTreeSet::new();
    let mut old = false;
    let mut pace = Pace::new(status.topics.len());
    while let Some(topics) = scan.next().await.map_err(explain)? {
        pace.read(cx, topics.len()).await?;
        for topic in topics {
            old |= topic.old;
            gather(&mut gathered, &topic);
            for partition in &topic.partitions {
                holders.extend(partition.replicas.iter().copied());
                let health = judge.health(&topic, partition);
                gathered.replicas += partition.replicas.len();
                gathered.offline += usize::from(health.offline);
                gathered.under_replicated += usize::from(health.under_replicated);
                gathered.under_min_isr += usize::from(health.under_min_isr);
                gathered.at_min_isr += usize::from(health.at_min_isr);
                gathered.min_isr_assumed |=
                    judge.min_isr(&topic, partition.leader()).assumed && !partition.old;
                // Whoever is to be deleted is led by anybody.
                gathered.not_preferred += usize::from(health.not_preferred && !topic.deleting);
                gathered.reassigning += usize::from(health.reassigning);
            }
        }
    }
    let mut notes = notes(status);
    let missing: Vec<i32> = holders.into_iter().filter(|id| judge.alive.is_down(*id)).collect();
    // Nobody is elected in 0.7.
    let lost = status.controller.value().is_none() && !old && !status.epoch.is_absent();
    if lost {
        notes.push("no broker is the controller: nothing is elected, created or deleted".to_owned());
    }
    let healthy = !lost
        && missing.is_empty()
        && judge.alive != Liveness::Known(BTreeSet::new())
        && [gathered.offline, gathered.under_replicated, gathered.under_min_isr, gathered.unreadable]
            == [0; 4];
    let controller = status.controller.value();
    Ok(OverviewView {
        chroot: status.chroot.to_string(),
        id: status.id.value().map(|id| id.id.clone()),
        mode: match status.regime() {
            Regime::ZooKeeper => "zookeeper",
            Regime::Migrating { .. } => "migrating",
            Regime::Kraft { .. } => "kraft",
        },
        controller: controller.map(|controller| controller.broker),
        controller_since: controller.and_then(|controller| controller.timestamp),
        controller_epoch: status.epoch.value().map(|epoch| epoch.0),
        brokers: status.brokers.keys().copied().collect(),
        missing_brokers: missing,
        gathered,
        deleting: status.deleting.keys().cloned().collect(),
        election: !status.election.is_absent(),
        backlog: backlog(status),
        healthy,
        notes,
    })
}

fn gather(gathered: &mut Gathered, topic: &TopicState) {
    gathered.topics += 1;
    gathered.internal_topics += usize::from(topic.is_internal());
    gathered.partitions += topic.partitions.len();
    let unreadable = topic.topic.fault().is_some() && !topic.old
        || topic.partitions.iter().any(|partition| partition.state.fault().is_some());
    gathered.unreadable += usize::from(unreadable);
}

/// Notices that somebody should have taken: those on configurations, ACLs and tokens are left for a while.
fn backlog(status: &Status) -> usize {
    let taken_at_once = |queue: Queue| matches!(queue, Queue::Isr | Queue::LogDir);
    let waiting = status.queues.values().filter(|(queue, _)| taken_at_once(*queue));
    waiting.map(|(_, number)| number.unsigned_abs() as usize).sum()
}
