use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Context, failure, notes};
use crate::cluster::groups::{Group, GroupScan, GroupState, Row as Progress, names, rows};
use crate::cluster::log_end::{Brokers, End, Override};
use crate::cluster::{Entry, Status, TopicScan, TopicState};
use crate::error::{Error, Kind, Result, did_you_mean};
use crate::kafka::layout::PartitionKey;
use crate::kafka::model::{ConsumerId, Member};
use crate::view::kafka::{
    GroupForm, GroupRow, GroupView, KafkaRow, KafkaTable, KafkaView, LagSum, MemberRow, ProgressRow,
};
use crate::view::{Note, Row, Shape, View, hex};
use crate::znode::Like;

/// The consumer groups that are kept in ZooKeeper.
#[derive(Debug, Args)]
pub(super) struct Groups {
    /// Only groups whose names are like this: `pay*`, `console-consumer-?????`
    #[arg(value_name = "GLOB")]
    glob: Option<String>,

    /// Only groups that have to do with this topic
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,

    /// Only groups in this state
    #[arg(long, value_name = "STATE", value_parser = ["active", "empty", "offsets-only", "unknown"])]
    state: Option<String>,
}

/// A consumer group.
#[derive(Debug, Args)]
pub(super) struct GroupCommand {
    /// Its name
    #[arg(value_name = "GROUP")]
    name: String,

    /// Only this topic
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,

    /// Ask the brokers where the logs end, and show how far the group is behind
    #[arg(long)]
    lag: bool,

    /// Only the members
    #[arg(long, conflicts_with_all = ["lag", "offsets", "format"])]
    members: bool,

    /// Only the partitions
    #[arg(long)]
    offsets: bool,

    /// As a tool of Kafka's printed it, lag included
    #[arg(long, value_name = "TOOL")]
    format: Option<Format>,

    #[command(flatten)]
    asking: Asking,
}

/// A tool of Kafka's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// `kafka.tools.ConsumerOffsetChecker`, 0.7 to 0.10
    Checker,
    /// `kafka-consumer-groups --describe`, 1.1
    Groups,
}

/// How brokers are asked.
#[derive(Debug, Args)]
pub(super) struct Asking {
    /// Where a broker is reached, if not where it registered; may be given for several
    #[arg(long = "broker", value_name = "ID=HOST:PORT")]
    brokers: Vec<Override>,

    /// How long connecting to a broker, and each of its answers, may take
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    timeout: Duration,
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) => Err("no time is too short".to_owned()),
        Err(error) => Err(format!("{error}: write it like 500ms or 5s")),
    }
}

impl Asking {
    /// The brokers of a cluster.
    pub(super) fn of(&self, status: &Status) -> Brokers {
        let registered = status.brokers.iter().map(|(id, entry)| {
            let broker = entry.value().cloned();
            (*id, broker.ok_or_else(|| entry.fault().unwrap_or_default()))
        });
        Brokers::new(registered, &self.brokers, self.timeout)
    }

    /// Finds out where the logs of all rows end.
    pub(super) async fn reach(&self, status: &Status, rows: &mut [Progress]) {
        let logs: Vec<_> = rows.iter().filter_map(|row| row.log.as_ref().ok().cloned()).collect();
        let mut ends = self.of(status).ask(&logs, End::Latest).await.into_iter();
        for row in rows {
            let end = match &row.log {
                Ok(_) => ends.next(),
                Err(why) => Some(Err(why.clone())),
            };
            if let Some(end) = end {
                row.reach(end);
            }
        }
    }
}

impl Groups {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        let explain = |f| failure(f, &status.chroot);
        let all = names(cx.store, status).await.map_err(explain)?;
        let mut names: Vec<String> = all.iter().map(str::to_owned).collect();
        if let Some(glob) = &self.glob {
            let like =
                Like::parse(glob).map_err(|why| Error::usage(format!("`{glob}` is no pattern: {why}")))?;
            names.retain(|name| like.as_ref().map_or(name == glob, |like| like.is_like(name)));
            if names.is_empty() && like.is_none() {
                return Err(unknown(status, glob, all.iter()));
            }
        }
        for note in notes(status) {
            cx.out.note(Note::Warning(note)).await?;
        }
        let none = names.is_empty();
        cx.out.begin(Shape::Kafka(KafkaTable::Groups)).await?;
        let mut scan = GroupScan::new(cx.store, status, names);
        while let Some(groups) = scan.next().await.map_err(explain)? {
            let kept = groups.iter().filter(|group| self.keeps(group));
            let rows: Vec<_> =
                kept.map(|group| Row::Kafka(Box::new(KafkaRow::Group(summary(group))))).collect();
            if !rows.is_empty() {
                cx.out.rows(rows).await?;
            }
        }
        cx.out.end().await?;
        if none && self.glob.is_none() {
            let note = "no consumer group is kept in ZooKeeper: the consumers of 0.9 and later keep theirs in \
                        the brokers, where `kafka-consumer-groups --bootstrap-server` shows them";
            cx.out.note(Note::Info(note.to_owned())).await?;
        }
        Ok(())
    }

    fn keeps(&self, group: &Group) -> bool {
        let state = self.state.as_deref().is_none_or(|state| state == group.state().name());
        state && self.topic.as_ref().is_none_or(|topic| group.topics().contains(topic))
    }
}

fn summary(group: &Group) -> GroupRow {
    let mut problems = faults(group);
    let unreadable = |what: &str, number: usize| match number {
        0 => None,
        number => Some(crate::znode::text::count(number, what) + " unreadable"),
    };
    problems.extend(unreadable("member", group.members.values().filter(|m| m.fault().is_some()).count()));
    let offsets = group.offsets.values().flat_map(BTreeMap::values);
    problems.extend(unreadable("offset", offsets.filter(|offset| offset.fault().is_some()).count()));
    let owners = group.owners.values().flat_map(BTreeMap::values);
    problems.extend(unreadable("owner", owners.filter(|owner| owner.fault().is_some()).count()));
    GroupRow {
        group: group.name.clone(),
        state: group.state().name(),
        members: group.members.len(),
        topics: group.topics().len(),
        offsets: group.offsets.values().map(BTreeMap::len).sum(),
        owned: group.owners.values().map(BTreeMap::len).sum(),
        last_commit: group.last_commit(),
        problems,
    }
}

fn faults(group: &Group) -> Vec<String> {
    group.faults.iter().map(|(path, why)| format!("{path}: {why}")).collect()
}

/// Reads a group that must be there.
pub(super) async fn read(cx: &Context<'_>, status: &Status, name: &str) -> Result<Group> {
    let explain = |f| failure(f, &status.chroot);
    let found = if name.is_empty() || name.contains('/') {
        None
    } else {
        GroupScan::new(cx.store, status, vec![name.to_owned()]).next().await.map_err(explain)?
    };
    match found.and_then(|mut groups| groups.pop()) {
        Some(group) => Ok(group),
        None => Err(unknown(status, name, names(cx.store, status).await.map_err(explain)?.iter())),
    }
}

/// Reads the topics of these names that are there.
pub(super) async fn topics(
    cx: &Context<'_>,
    status: &Status,
    names: Vec<String>,
) -> Result<BTreeMap<String, TopicState>> {
    let mut scan = TopicScan::new(cx.store, status, names, false);
    let mut found = BTreeMap::new();
    while let Some(topics) = scan.next().await.map_err(|f| failure(f, &status.chroot))? {
        found.extend(topics.into_iter().map(|topic| (topic.name.clone(), topic)));
    }
    Ok(found)
}

fn unknown<'a>(status: &Status, name: &str, all: impl IntoIterator<Item = &'a str>) -> Error {
    let error =
        Error::new(Kind::Refused, format!("there is no consumer group {name} below {}", status.chroot));
    match did_you_mean(name, all) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error
            .hint("`kafka groups` lists those in ZooKeeper; the consumers of 0.9 and later keep theirs in the brokers"),
    }
}

impl GroupCommand {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        // Before the ends of the logs: what is committed in between would look like a lag below zero.
        let group = read(cx, status, &self.name).await?;
        let mut names = group.topics();
        if let Some(topic) = &self.topic {
            if !names.contains(topic) {
                return Err(self.foreign(topic, &names));
            }
            names.retain(|name| name == topic);
        }
        let topics = topics(cx, status, names.clone()).await?;
        let mut progress = rows(&group, &names, &topics);
        let asks = self.lag || self.format.is_some();
        if asks {
            self.asking.reach(status, &mut progress).await;
        }
        for note in notes(status) {
            cx.out.note(Note::Warning(note)).await?;
        }
        // Of what should have been asked, and could not be.
        let silent = progress.iter().filter(|row| row.log.is_ok());
        let silent: BTreeSet<_> =
            silent.filter_map(|row| row.end.as_ref()?.as_ref().err().cloned()).collect();
        let view = self.view(&group, progress, asks, status);
        cx.out.value(View::Kafka(Box::new(KafkaView::Group(view)))).await?;
        if self.format.is_some() {
            for why in &silent {
                cx.out.note(Note::Warning(why.clone())).await?;
            }
        }
        // The answer says why.
        if silent.is_empty() { Ok(()) } else { Err(Error::new(Kind::Connection, String::new())) }
    }

    fn foreign(&self, topic: &str, all: &[String]) -> Error {
        let error = Error::new(
            Kind::Refused,
            format!("the group {} has nothing to do with a topic {topic}", self.name),
        );
        match did_you_mean(topic, all.iter().map(String::as_str)) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None => error.hint(format!("its topics are {}", all.join(", "))),
        }
    }

    fn view(&self, group: &Group, progress: Vec<Progress>, asked: bool, status: &Status) -> GroupView {
        let sum = || {
            let lags = progress.iter().filter(|row| row.offset.is_some()).map(Progress::lag);
            lags.fold(LagSum::default(), |sum, lag| match lag {
                Some(lag) => LagSum { known: sum.known.saturating_add(lag), ..sum },
                None => LagSum { unknown: sum.unknown + 1, ..sum },
            })
        };
        let mut problems = faults(group);
        let idle = group.state() == GroupState::Active && progress.iter().all(|row| row.owner.is_none());
        problems.extend(
            (idle && !progress.is_empty())
                .then(|| "its members consume nothing: a rebalance is under way, or failed".to_owned()),
        );
        let old = progress.iter().filter(|row| row.bytes).filter_map(|row| row.leader);
        let brokers = old.collect::<BTreeSet<_>>().into_iter().filter_map(|id| {
            let listeners = status.brokers.get(&id)?.value()?.listeners();
            Some((id, listeners.first()?.endpoint.address()))
        });
        GroupView {
            group: group.name.clone(),
            state: group.state().name(),
            last_commit: group.last_commit(),
            lag: asked.then(sum),
            members: (!self.offsets || self.format.is_some()).then(|| members(group)),
            brokers: brokers.collect(),
            partitions: (!self.members).then(|| progress.into_iter().map(row).collect()),
            problems,
            form: match self.format {
                None => GroupForm::Own,
                Some(Format::Checker) => GroupForm::Checker,
                Some(Format::Groups) => GroupForm::Groups,
            },
        }
    }
}

fn row(row: Progress) -> ProgressRow {
    let lag = row.lag();
    let (log_end, unknown) = match row.end {
        None => (None, None),
        Some(Ok(end)) => (Some(end), None),
        Some(Err(why)) => (None, Some(why)),
    };
    ProgressRow {
        topic: row.topic,
        partition: row.key,
        offset: row.offset,
        log_end,
        lag,
        unit: if row.bytes { "bytes" } else { "messages" },
        unknown,
        committed: row.committed.and_then(|committed| committed.mtime),
        leader: row.leader,
        owner: row.owner,
        member: row.member.map(|(member, _)| member),
        exists: row.exists,
        problems: row.problems,
    }
}

fn members(group: &Group) -> Vec<MemberRow> {
    let mut owned: BTreeMap<&str, BTreeSet<(&str, PartitionKey)>> = BTreeMap::new();
    for (topic, owners) in &group.owners {
        for (key, owner) in owners {
            if let Some(owner) = owner.value() {
                let (member, _) = owner.member(|id| group.members.contains_key(id));
                owned.entry(member).or_default().insert((topic, *key));
            }
        }
    }
    let of = |(id, entry): (&String, &Entry<Member>)| {
        let subscription = entry.value().map(|member| &member.subscription);
        let stat = entry.stat();
        MemberRow {
            host: ConsumerId::parse(&group.name, id).map(|id| id.host.to_owned()),
            pattern: subscription.map(|subscription| subscription.word()),
            subscription: subscription.map_or_else(BTreeMap::new, |it| it.threads().clone()),
            // Not its timestamp, for that is the member's own clock, and in seconds of some clients.
            since: stat.map(|stat| stat.ctime),
            session: stat.filter(|stat| stat.ephemeral_owner != 0).map(|stat| hex(stat.ephemeral_owner)),
            partitions: owned.get(id.as_str()).map_or(0, BTreeSet::len),
            problem: entry.fault(),
            member: id.clone(),
        }
    };
    group.members.iter().map(of).collect()
}
