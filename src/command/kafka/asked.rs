//! `kafka elect`, `delete-topic`, `cancel-reassignment`: what the controller is asked to do.

use std::collections::BTreeMap;

use clap::Args;

use super::guard::may_write;
use super::{Context, failure};
use crate::cluster::{Entry, Status, TopicScan, TopicState};
use crate::command::failed;
use crate::error::{Error, Kind, Result};
use crate::kafka::layout::{PartitionKey, Place};
use crate::kafka::model::{Content, Election, Extra, TopicPartition};
use crate::store::{Failure, Write};
use crate::view::{CreatedView, DeletedView, Note, View};
use crate::wire::Code;
use crate::znode::text::{count, sanitise};
use crate::znode::{Acl, CreateMode, ZPath};

/// Ask the controller to let the first replicas lead again.
#[derive(Debug, Args)]
pub(super) struct Elect {
    /// Only of this topic, or with `:0,2` only these of its partitions; may be given for several
    #[arg(long = "topic", value_name = "TOPIC[:P,…]")]
    topics: Vec<String>,
}

/// Ask the controller to delete a topic.
#[derive(Debug, Args)]
pub(super) struct DeleteTopic {
    /// The topic
    #[arg(value_name = "TOPIC")]
    topic: String,
}

/// Give up moving partitions, as far as /admin/reassign_partitions asks for it.
#[derive(Debug, Args)]
pub(super) struct CancelReassignment {}

/// Lines of a plan that are shown.
const SHOWN: usize = 20;

/// Whom the znodes that ask are open to: Kafka's own tools make them so without zookeeper.set.acl.
fn create(path: &str, data: Option<&str>) -> Write {
    Write::Create {
        path: path.to_owned(),
        data: data.map(|data| data.to_owned().into()),
        acl: vec![Acl::open()],
        mode: CreateMode::Persistent,
    }
}

/// Without a controller nobody takes what is asked.
fn needs_controller(status: &Status, verb: &str) -> Result<()> {
    may_write(status, verb)?;
    match status.controller {
        Entry::Is(..) => Ok(()),
        _ => Err(Error::new(Kind::Conflict, format!("cannot {verb}: no broker is the controller"))
            .hint("`kafka brokers` shows who is up")),
    }
}

impl Elect {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        let asked = self.asked()?;
        needs_controller(status, "elect leaders")?;
        if !status.election.is_absent() {
            return Err(Error::new(Kind::Conflict, "an election is asked for already, and not done yet")
                .hint("`kafka doctor` says since when"));
        }
        let names = match asked.is_empty() {
            true => status.topics.iter().map(str::to_owned).collect(),
            false => asked.keys().cloned().collect(),
        };
        let explain = |f| failure(f, &status.chroot);
        let alive = status.liveness();
        let mut scan = TopicScan::new(cx.store, status, names, false);
        let mut partitions = Vec::new();
        while let Some(topics) = scan.next().await.map_err(explain)? {
            for topic in topics.iter().filter(|topic| !topic.deleting) {
                let wanted = asked.get(&topic.name).and_then(Option::as_ref);
                for partition in &topic.partitions {
                    let PartitionKey::Plain(id) = partition.key else { continue };
                    let ready = partition.preferred().is_some_and(|first| {
                        partition.isr().is_some_and(|isr| isr.contains(&first)) && !alive.is_down(first)
                    });
                    let asked = wanted.is_none_or(|wanted| wanted.contains(&id));
                    if asked && partition.is_led_by_another() && ready {
                        partitions.push((line(topic, id, partition), of(topic, id)));
                    }
                }
            }
        }
        if partitions.is_empty() {
            return cx
                .out
                .note(Note::Info(
                    "every partition is led by its first replica, or that is not in sync".into(),
                ))
                .await;
        }
        let plan: Vec<String> = partitions.iter().map(|(line, _)| line.clone()).collect();
        let what = format!("ask for an election in {}", count(partitions.len(), "partition"));
        cx.approve(&what, partitions.len(), &shortened(plan)).await?;
        let election = Election {
            version: 1,
            partitions: partitions.into_iter().map(|(_, partition)| partition).collect(),
            extra: Extra::new(),
        };
        let path = status.path(&Place::Election);
        ask(cx, &path, Some(&election.print())).await
    }

    /// The topics that were named, with the partitions of each if some were.
    fn asked(&self) -> Result<BTreeMap<String, Option<Vec<i32>>>> {
        let each = self.topics.iter().map(|text| match text.split_once(':') {
            None => Ok((text.clone(), None)),
            Some((topic, list)) => {
                let ids: Result<Vec<i32>, _> = list.split(',').map(str::parse).collect();
                match ids {
                    Ok(ids) => Ok((topic.to_owned(), Some(ids))),
                    Err(_) => Err(Error::usage(format!("`{text}` is no list of partitions"))
                        .hint(format!("write it like {topic}:0,2"))),
                }
            }
        });
        each.collect()
    }
}

fn line(topic: &TopicState, id: i32, partition: &crate::cluster::Partition) -> String {
    let word = |id: Option<i32>| id.map_or_else(|| "none".to_owned(), |id| id.to_string());
    let (now, then) = (word(partition.leader()), word(partition.preferred()));
    format!("  {}-{id}: leader {now} → {then}", sanitise(&topic.name, false))
}

fn of(topic: &TopicState, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.name.clone(), partition, extra: Extra::new() }
}

fn shortened(mut plan: Vec<String>) -> String {
    let more = plan.len().saturating_sub(SHOWN);
    plan.truncate(SHOWN);
    if more > 0 {
        plan.push(format!("  and {more} more"));
    }
    plan.join("\n")
}

impl DeleteTopic {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        needs_controller(status, "delete a topic")?;
        let name = sanitise(&self.topic, false).into_owned();
        if status.deleting.contains_key(&self.topic) {
            return cx.out.note(Note::Info(format!("the deletion of {name} is asked for already"))).await;
        }
        let mut scan = TopicScan::new(cx.store, status, vec![self.topic.clone()], false);
        let found = scan.next().await.map_err(|f| failure(f, &status.chroot))?;
        let Some(topic) = found.and_then(|mut topics| topics.pop()) else {
            return Err(super::topics::unknown(status, &self.topic));
        };
        if topic.is_internal() {
            return Err(Error::usage(format!("{name} is Kafka's own topic, and is not deleted")));
        }
        let partitions = topic.partitions.len();
        let plan = format!("  {name}: {}, and all its messages", count(partitions, "partition"));
        cx.refuse_protected("delete", &ZPath::from_server(status.path(&Place::Topic(self.topic.clone()))))?;
        cx.approve(&format!("ask for the deletion of the topic {name}"), 1, &plan).await?;
        ask(cx, &status.path(&Place::DeletedTopic(self.topic)), None).await
    }
}

impl CancelReassignment {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        may_write(status, "cancel a reassignment")?;
        let path = ZPath::from_server(status.path(&Place::Reassignment));
        let (stat, plan) = match &status.reassignment {
            Entry::Absent => {
                return Err(Error::new(
                    Kind::Refused,
                    format!("there is no reassignment: {path} does not exist"),
                )
                .hint("since 2.4 topics say themselves what is being moved: `kafka topics --reassigning`"));
            }
            Entry::Is(asked, stat) => {
                let each = asked.partitions.iter().map(|one| {
                    format!("  {}-{} to {:?}", sanitise(&one.topic, false), one.partition, one.replicas)
                });
                (stat, shortened(each.collect()))
            }
            Entry::Empty(stat) | Entry::Malformed(_, stat) => (stat, "  it cannot be read".to_owned()),
            Entry::Refused(code) => {
                return Err(failed(Failure::Refused(*code), "read", &path));
            }
        };
        cx.refuse_protected("delete", &path)?;
        cx.approve("cancel the reassignment", 1, &plan).await?;
        let write = Write::Delete { path: path.to_string(), version: Some(stat.version) };
        match cx.write(write).await {
            Ok(_) => {}
            Err(Failure::Refused(Code::NO_NODE)) => {
                return cx.out.note(Note::Info("it was done before it could be cancelled".into())).await;
            }
            Err(failure) => return Err(cx.explain(failure, "delete", &path).await),
        }
        cx.out.value(View::Deleted(DeletedView { path, deleted: 1, recursive: false })).await?;
        cx.out.note(Note::Hint("a controller that has begun goes on until another is elected: `kafka topics --reassigning` shows what it does".into())).await
    }
}

/// Leaves a request for the controller.
async fn ask(cx: &Context<'_>, path: &str, data: Option<&str>) -> Result<()> {
    let path = ZPath::from_server(path);
    match cx.write(create(&path, data)).await {
        Ok(_) => {
            cx.out.value(View::Created(CreatedView { path, parents: Vec::new() })).await?;
            cx.out.note(Note::Info("the controller takes it away when it is done".into())).await
        }
        Err(Failure::Refused(Code::NODE_EXISTS)) => {
            Err(Error::new(Kind::Conflict, "somebody has asked for one meanwhile")
                .hint("nothing was changed"))
        }
        Err(failure) => Err(cx.explain(failure, "create", &path).await),
    }
}
