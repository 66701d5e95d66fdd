//! `kafka …`: a Kafka cluster as its administrators think of it, from its znodes.

mod asked;
mod brokers;
mod delete_group;
mod doctor;
mod edits;
mod groups;
mod guard;
mod offsets;
mod overview;
mod pace;
mod settings;
mod topics;
mod watch;

use clap::{Args, Subcommand};

use super::{Context, failed, path};
use crate::cluster::{self, Regime, Status};
use crate::error::{Error, Kind, Result};
use crate::store::Failure;
use crate::view::kafka::{KafkaRow, KafkaTable};
use crate::view::{Row, Shape};
use crate::znode::ZPath;

/// Rows given to the renderer at once.
const TOGETHER: usize = 256;

/// Show a Kafka cluster, from its znodes alone
///
/// In every layout from 0.7 to 3.9. Without a subcommand this is `kafka overview`.
#[derive(Debug, Args)]
pub struct Kafka {
    /// The znode below which the cluster is, its chroot [default: found at / or one level below]
    #[arg(long = "kafka", visible_alias = "chroot", value_name = "PATH", value_parser = path, global = true)]
    chroot: Option<ZPath>,

    #[command(flatten)]
    overview: overview::Overview,

    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Brokers, controller, partitions: how the cluster is
    Overview(overview::Overview),
    /// The clusters of this ensemble
    Clusters,
    /// The brokers: where they listen, since when they are up, what they carry
    Brokers(brokers::Brokers),
    /// The topics, or partitions that something is wrong with
    Topics(topics::Topics),
    /// A topic with its partitions
    Topic(topics::Topic),
    /// What was configured at run time for topics, brokers, users, clients and addresses
    Configs(settings::Configs),
    /// The ACLs
    Acls,
    /// The users that have a password for SCRAM
    Users,
    /// The quotas of users, clients and addresses
    Quotas,
    /// The delegation tokens
    Tokens,
    /// Notices that wait for the brokers
    Changes,
    /// The features that are in use, and what each broker can do
    Features,
    /// The producer ids that were given out last
    Producers,
    /// The consumer groups that are kept in ZooKeeper
    Groups(groups::Groups),
    /// A consumer group: its members, who consumes what, how far it is
    Group(groups::GroupCommand),
    /// Set, export or copy the offsets of a consumer group
    Offsets(offsets::Offsets),
    /// Delete a consumer group that has no members, its offsets included
    DeleteGroup(delete_group::DeleteGroup),
    /// Ask the controller to let the first replicas lead again
    Elect(asked::Elect),
    /// Ask the controller to delete a topic
    DeleteTopic(asked::DeleteTopic),
    /// Give up moving partitions, as far as /admin/reassign_partitions asks for it
    CancelReassignment(asked::CancelReassignment),
    /// Show what happens: brokers, leaders, ISRs, controllers, groups and their offsets, as it comes
    Watch(watch::Watch),
    /// What contradicts itself, is left behind or does not get on, and what to do about it
    Doctor(doctor::Doctor),
}

impl Kafka {
    /// Whether it reads standard input to its end.
    pub(super) fn reads_input(&self) -> bool {
        matches!(&self.what, Some(What::Offsets(offsets)) if offsets.reads_input())
    }

    /// Whether it changes znodes.
    pub(super) fn writes(&self) -> bool {
        match &self.what {
            Some(What::Offsets(offsets)) => offsets.writes(),
            Some(
                What::DeleteGroup(_) | What::Elect(_) | What::DeleteTopic(_) | What::CancelReassignment(_),
            ) => true,
            _ => false,
        }
    }

    /// Whether it goes on until it is stopped.
    pub(super) fn waits(&self) -> bool {
        matches!(self.what, Some(What::Watch(_)))
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let at = self.chroot.as_ref();
        if self.overview.check && !matches!(self.what, None | Some(What::Overview(_))) {
            return Err(Error::usage("--check belongs to `kafka overview`"));
        }
        match self.what {
            None => self.overview.run(cx, at, true).await,
            Some(What::Overview(overview)) => overview.or(self.overview).run(cx, at, false).await,
            Some(What::Clusters) => overview::clusters(cx, at).await,
            Some(What::Brokers(brokers)) => brokers.run(cx, &status(cx, at).await?).await,
            Some(What::Topics(topics)) => topics.run(cx, &status(cx, at).await?).await,
            Some(What::Topic(topic)) => topic.run(cx, &status(cx, at).await?).await,
            Some(What::Configs(configs)) => configs.run(cx, &status(cx, at).await?).await,
            Some(What::Acls) => settings::acls(cx, &status(cx, at).await?).await,
            Some(What::Users) => settings::users(cx, &status(cx, at).await?).await,
            Some(What::Quotas) => settings::quotas(cx, &status(cx, at).await?).await,
            Some(What::Tokens) => settings::tokens(cx, &status(cx, at).await?).await,
            Some(What::Changes) => settings::changes(cx, &status(cx, at).await?).await,
            Some(What::Features) => settings::features(cx, &status(cx, at).await?).await,
            Some(What::Elect(elect)) => elect.run(cx, &status(cx, at).await?).await,
            Some(What::DeleteTopic(topic)) => topic.run(cx, &status(cx, at).await?).await,
            Some(What::CancelReassignment(cancel)) => cancel.run(cx, &status(cx, at).await?).await,
            Some(What::Watch(watch)) => watch.run(cx, &status(cx, at).await?).await,
            Some(What::Doctor(doctor)) => doctor.run(cx, &status(cx, at).await?).await,
            Some(What::Producers) => settings::producers(cx, &status(cx, at).await?).await,
            Some(What::Groups(groups)) => groups.run(cx, &status(cx, at).await?).await,
            Some(What::Group(group)) => group.run(cx, &status(cx, at).await?).await,
            Some(What::Offsets(offsets)) => offsets.run(cx, &status(cx, at).await?).await,
            Some(What::DeleteGroup(group)) => group.run(cx, &status(cx, at).await?).await,
        }
    }
}

/// The clusters to show: the one that was named, or all that are found.
async fn chroots(cx: &Context<'_>, at: Option<&ZPath>) -> Result<Vec<ZPath>> {
    let found = match at {
        Some(path) if cluster::is_kafka(cx.store, path).await.map_err(|f| failure(f, path))? => {
            vec![path.clone()]
        }
        Some(_) => Vec::new(),
        None => cluster::find(cx.store).await.map_err(|f| failure(f, "/"))?,
    };
    if !found.is_empty() {
        return Ok(found);
    }
    let looked = match at {
        Some(path) => format!("no Kafka metadata below {path}: there is neither brokers nor controller"),
        None => {
            "no Kafka metadata at / or one level below: there is neither brokers nor controller".to_owned()
        }
    };
    Err(Error::new(Kind::Refused, looked)
        .hint("--kafka PATH says below which znode a cluster is")
        .hint("a cluster in KRaft mode keeps nothing in ZooKeeper: ask it by its bootstrap servers"))
}

/// What the cluster that is meant says of itself.
async fn status(cx: &Context<'_>, at: Option<&ZPath>) -> Result<Status> {
    let chroots = chroots(cx, at).await?;
    let [chroot] = chroots.as_slice() else {
        let all: Vec<_> = chroots.iter().map(|chroot| chroot.as_str()).collect();
        return Err(Error::usage(format!("several Kafka clusters are here: {}", all.join(", ")))
            .hint(format!("choose one: --kafka {}", all.first().unwrap_or(&"/"))));
    };
    read(cx, chroot).await
}

async fn read(cx: &Context<'_>, chroot: &ZPath) -> Result<Status> {
    Status::read(cx.store, chroot).await.map_err(|f| failure(f, chroot))
}

/// A failure of the store while a cluster was read.
fn failure(failure: Failure, chroot: &str) -> Error {
    failed(failure, "read the Kafka cluster below", chroot)
}

/// Answers with a table.
async fn rows(cx: &Context<'_>, table: KafkaTable, rows: impl Iterator<Item = KafkaRow>) -> Result<()> {
    cx.out.begin(Shape::Kafka(table)).await?;
    let rows: Vec<_> = rows.map(|row| Row::Kafka(Box::new(row))).collect();
    for some in rows.chunks(TOGETHER) {
        cx.out.rows(some.to_vec()).await?;
    }
    cx.out.end().await
}

/// What there is to know before anything of a cluster is believed.
fn notes(status: &Status) -> Vec<String> {
    let mut notes = Vec::new();
    match status.regime() {
        Regime::ZooKeeper => {}
        Regime::Migrating { node } => notes.push(format!(
            "KRaft node {node} is the controller, ZooKeeper is a copy: brokers that went over to KRaft are \
             missing here, and are not down"
        )),
        Regime::Kraft { node } => notes.push(format!(
            "all brokers are on KRaft (controller node {node}): the migration is in its last phase, or is over \
             and this was left behind"
        )),
    }
    if let Some(code) = status.unlisted_brokers.filter(|code| *code != crate::wire::Code::NO_NODE) {
        notes.push(format!("the brokers cannot be listed: {} ({code})", code.words()));
    }
    if let Some(code) = status.unlisted_topics.filter(|code| *code != crate::wire::Code::NO_NODE) {
        notes.push(format!("the topics cannot be listed: {} ({code})", code.words()));
    }
    for (path, fault) in [
        ("/controller", status.controller.fault()),
        ("/controller_epoch", status.epoch.fault()),
        ("/cluster/id", status.id.fault()),
        ("/admin/reassign_partitions", status.reassignment.fault()),
    ] {
        notes.extend(fault.map(|fault| format!("{path}: {fault}")));
    }
    for stranger in &status.strangers {
        notes.push(format!("/brokers/ids/{stranger} is no broker's id"));
    }
    notes
}
