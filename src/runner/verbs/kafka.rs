//! `kafka`: whether a cluster is as it should be.

use super::{At, Done};
use crate::cluster::groups::{GroupScan, GroupState};
use crate::cluster::{Judge, Regime, Status, TopicScan, TopicState};
use crate::error::{Error, Kind};
use crate::runner::failed::{Ended, Failed};
use crate::script::expr::{Scope, Value};
use crate::script::model::{Kafka, list};
use crate::znode::ZPath;

/// What was found, and what of it is not as it should be.
#[derive(Default)]
struct Checks {
    wrong: Vec<String>,
    done: Vec<String>,
    fields: Vec<(&'static str, Value)>,
}

impl Checks {
    fn check(&mut self, holds: bool, right: String, wrong: String) {
        if holds { self.done.push(right) } else { self.wrong.push(wrong) }
    }
}

fn failed(failure: crate::store::Failure) -> Failed {
    Failed::of(failure, "read the cluster below", &ZPath::root())
}

pub(super) async fn kafka(at: &At<'_, '_>, kafka: &Kafka, scope: &Scope) -> Result<Done, Ended> {
    let store = &*at.store;
    let status = Status::read(store, &ZPath::root()).await.map_err(failed)?;
    let mut checks = Checks::default();
    brokers(&status, kafka, scope, &mut checks).await?;
    let reads_topics = kafka.under_replicated_max.is_some()
        || kafka.topic.is_some()
        || kafka.no_leaders_on.is_some()
        || kafka.no_replicas_on.is_some();
    if reads_topics {
        let topics = topics(at, &status).await?;
        partitions(at, &status, &topics, (kafka, scope), &mut checks).await?;
    }
    if let Some(inactive) = &kafka.group_inactive {
        let (name, time) = (inactive.group.get(scope).await?, inactive.quiet_for.get(scope).await?);
        quiet(at, &status, &name, time, &mut checks).await?;
    }
    if let Some(slot) = &kafka.delete_group {
        let name = slot.get(scope).await?;
        if checks.wrong.is_empty() {
            quiet(at, &status, &name, std::time::Duration::ZERO, &mut checks).await?;
        }
        if checks.wrong.is_empty() {
            if status.regime() != Regime::ZooKeeper {
                let error = "this cluster has left ZooKeeper, or is leaving it: groups are not deleted there";
                return Err(Ended::from(Error::new(Kind::Conflict, error)));
            }
            let text = format!("/consumers/{name}");
            let path = ZPath::parse(&text).map_err(|error| Failed::usage(format!("`{text}`: {error}")))?;
            let gone = super::delete::below(at, &path, true, None, true).await?;
            checks
                .done
                .push(format!("group {name} deleted ({})", crate::znode::text::count(gone.len(), "znode")));
        }
    }
    if checks.wrong.is_empty() {
        return Ok(Done { fields: checks.fields, ..Done::said(checks.done.join(", ")) });
    }
    let error = Error::new(Kind::Assertion, checks.wrong.join("; "));
    Err(Ended::from(Failed::new("ASSERT", error)))
}

async fn brokers(status: &Status, kafka: &Kafka, scope: &Scope, checks: &mut Checks) -> Result<(), Failed> {
    let live: Vec<i64> = status.brokers.keys().map(|id| i64::from(*id)).collect();
    checks.fields.push(("brokers", Value::from(live.clone())));
    let mut missing = Vec::new();
    for id in list(&kafka.brokers_online, scope).await? {
        if !live.contains(&id) {
            missing.push(id.to_string());
        }
    }
    if !kafka.brokers_online.is_empty() {
        let wrong = format!("not registered: broker {}", missing.join(", "));
        checks.check(missing.is_empty(), format!("{} brokers online", live.len()), wrong);
    }
    let controller = status.controller.value().map(|controller| i64::from(controller.broker));
    checks.fields.push(("controller", controller.map_or_else(|| Value::from(()), Value::from)));
    if let Some(slot) = &kafka.controller {
        let wanted = slot.get(scope).await?;
        let now = controller.map_or_else(|| "none".to_owned(), |id| id.to_string());
        let holds = controller.is_some() && (wanted == "any" || wanted == now);
        checks.check(holds, format!("controller {now}"), format!("the controller is {now}, not {wanted}"));
    }
    Ok(())
}

async fn topics(at: &At<'_, '_>, status: &Status) -> Result<Vec<TopicState>, Failed> {
    let names = status.topics.iter().map(str::to_owned).collect();
    let mut scan = TopicScan::new(&*at.store, status, names, false);
    let mut all = Vec::new();
    while let Some(topics) = scan.next().await.map_err(failed)? {
        all.extend(topics);
    }
    Ok(all)
}

/// Up to three, and how many more.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 3 { format!("{shown} and {} more", names.len() - 3) } else { shown }
}

async fn partitions(
    at: &At<'_, '_>,
    status: &Status,
    topics: &[TopicState],
    (kafka, scope): (&Kafka, &Scope),
    checks: &mut Checks,
) -> Result<(), Failed> {
    let all =
        || topics.iter().flat_map(|topic| topic.partitions.iter().map(move |partition| (topic, partition)));
    let name = |topic: &TopicState, partition: &crate::cluster::Partition| {
        format!("{}-{}", topic.name, partition.key)
    };
    if let Some(slot) = &kafka.under_replicated_max {
        let max = usize::try_from(slot.get(scope).await?).unwrap_or(usize::MAX);
        let judge = Judge::read(&*at.store, status).await.map_err(failed)?;
        let bad = all().filter(|(topic, partition)| {
            let health = judge.health(topic, partition);
            health.under_replicated || health.offline
        });
        let bad: Vec<_> = bad.map(|(topic, partition)| name(topic, partition)).collect();
        checks.fields.push(("under_replicated", Value::from(bad.clone())));
        let wrong = format!("{} under-replicated, and at most {max} may be: {}", bad.len(), some(&bad));
        checks.check(bad.len() <= max, format!("{} under-replicated", bad.len()), wrong);
    }
    if let Some(wanted) = &kafka.topic {
        let topic_name = wanted.name.get(scope).await?;
        match topics.iter().find(|topic| topic.name == topic_name) {
            None => checks.wrong.push(format!("there is no topic {topic_name}")),
            Some(topic) => {
                let has = topic.partitions.len() as u64;
                let wants = match &wanted.partitions {
                    Some(slot) => slot.get(scope).await?,
                    None => has,
                };
                let wrong = format!("topic {topic_name} has {has} partitions, not {wants}");
                checks.check(has == wants, format!("topic {topic_name} has {has} partitions"), wrong);
            }
        }
    }
    if let Some(slot) = &kafka.no_leaders_on {
        let id = slot.get(scope).await?;
        let led = all().filter(|(_, partition)| partition.leader().map(i64::from) == Some(id));
        let led: Vec<_> = led.map(|(topic, partition)| name(topic, partition)).collect();
        let wrong = format!("broker {id} leads {}: {}", led.len(), some(&led));
        checks.check(led.is_empty(), format!("broker {id} leads nothing"), wrong);
    }
    if let Some(slot) = &kafka.no_replicas_on {
        let id = slot.get(scope).await?;
        let held =
            all().filter(|(_, partition)| partition.replicas.iter().any(|broker| i64::from(*broker) == id));
        let held: Vec<_> = held.map(|(topic, partition)| name(topic, partition)).collect();
        let wrong = format!("broker {id} holds {}: {}", held.len(), some(&held));
        checks.check(held.is_empty(), format!("broker {id} holds nothing"), wrong);
    }
    Ok(())
}

/// Whether a group has no members, and has committed nothing for so long.
async fn quiet(
    at: &At<'_, '_>,
    status: &Status,
    name: &str,
    time: std::time::Duration,
    checks: &mut Checks,
) -> Result<(), Failed> {
    let mut scan = GroupScan::new(&*at.store, status, vec![name.to_owned()]);
    let group = scan.next().await.map_err(failed)?.and_then(|groups| groups.into_iter().next());
    let Some(group) = group else {
        checks.done.push(format!("there is no group {name}"));
        return Ok(());
    };
    if group.state() == GroupState::Active {
        let members = crate::znode::text::count(group.members.len(), "member");
        checks.wrong.push(format!("group {name} is active: {members}"));
        return Ok(());
    }
    let now = jiff::Timestamp::now().as_millisecond();
    let since = group.last_commit().map(|last| now.saturating_sub(last));
    let wanted = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let wrong = format!("group {name} has committed within {}", humantime::format_duration(time));
    checks.check(since.is_none_or(|since| since >= wanted), format!("group {name} is quiet"), wrong);
    Ok(())
}
