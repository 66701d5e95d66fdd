//! `kafka topics`, `kafka topic`.

use std::io::{self, Write};

use super::{Cell, Clock, Column, Options, Table, ids, or_dash};
use crate::view::kafka::{PartitionRow, TopicRow, TopicView};
use crate::znode::text::sanitise;

pub(super) const TOPICS: &[Column] = &[
    Column::Left("TOPIC"),
    Column::Right("PARTITIONS"),
    Column::Right("REPLICATION"),
    Column::Right("OFFLINE"),
    Column::Right("UNDER-REPLICATED"),
    Column::Right("UNDER-MIN-ISR"),
    Column::Right("NOT-PREFERRED"),
    Column::Left("CONFIG"),
];

pub(super) const PARTITIONS: &[Column] = &[
    Column::Left("TOPIC"),
    Column::Right("PARTITION"),
    Column::Right("LEADER"),
    Column::Left("REPLICAS"),
    Column::Left("ISR"),
    Column::Right("EPOCH"),
    Column::Left("STATE"),
];

pub(super) fn cells(row: &TopicRow, options: &Options) -> Vec<Cell> {
    let palette = options.palette;
    let bad = |number: usize| match number {
        0 => Cell::from(0),
        _ => Cell::styled(number.to_string(), palette.error()),
    };
    let preferred = match row.not_preferred {
        0 => Cell::from(0),
        number => Cell::styled(number.to_string(), palette.warning()),
    };
    vec![
        (&row.topic).into(),
        row.partitions.into(),
        row.replication.map_or_else(|| "mixed".to_owned(), |n| n.to_string()).into(),
        bad(row.offline),
        bad(row.under_replicated),
        bad(row.under_min_isr),
        preferred,
        words(row).into(),
    ]
}

/// What there is to say of a topic beside its numbers.
fn words(row: &TopicRow) -> String {
    let mut words = Vec::new();
    words.extend(row.deleting.then(|| "marked for deletion".to_owned()));
    words.extend((row.reassigning > 0).then(|| format!("reassigning {}", row.reassigning)));
    words.extend(row.problem.clone());
    words.extend(row.config.iter().map(|(key, value)| format!("{key}={value}")));
    words.join(" ")
}

pub(super) fn partition(row: &PartitionRow, options: &Options) -> Vec<Cell> {
    let palette = options.palette;
    let isr = row.isr.as_deref().unwrap_or_default();
    let known = row.isr.is_some();
    let replica = |id: &i32| {
        let mark = match () {
            () if row.adding.contains(id) => "+",
            () if row.removing.contains(id) => "-",
            () if known && !isr.contains(id) => "!",
            () => "",
        };
        format!("{id}{mark}")
    };
    let replicas: Vec<_> = row.replicas.iter().map(replica).collect();
    let leader = match row.leader {
        Some(leader) if row.down.contains(&leader) => {
            Cell::styled(format!("{leader} (down)"), palette.error())
        }
        Some(leader) => leader.into(),
        None => Cell::styled("none", palette.error()),
    };
    let serious =
        row.health.iter().any(|word| matches!(*word, "offline" | "under-replicated" | "under-min-isr"));
    let style = if serious { palette.error() } else { palette.warning() };
    let state = match &row.problem {
        Some(problem) => Cell::styled(problem, palette.error()),
        None => Cell::styled(row.health.join(" "), style),
    };
    vec![
        (&row.topic).into(),
        row.partition.into(),
        leader,
        replicas.join(",").into(),
        row.isr.as_deref().map_or_else(|| "-".to_owned(), ids).into(),
        or_dash(row.leader_epoch).into(),
        state,
    ]
}

pub(super) fn write(
    view: &TopicView,
    options: &Options,
    clock: &Clock,
    out: &mut dyn Write,
) -> io::Result<()> {
    let palette = options.palette;
    let mut line = |label: &str, text: String| {
        let label = format!("{label:<12}");
        writeln!(out, "{} {}", palette.dim().paint(label), sanitise(&text, false))
    };
    let topic = &view.topic;
    line("topic", topic.topic.clone())?;
    if let Some(id) = &topic.id {
        line("id", id.clone())?;
    }
    if let Some(created) = view.created {
        line("created", clock.short(created))?;
    }
    let replication = topic.replication.map_or_else(|| "mixed".to_owned(), |n| n.to_string());
    line("partitions", format!("{}, replication {replication}", topic.partitions))?;
    let assumed = if view.min_insync_replicas_assumed { " (assumed: no znode says it)" } else { "" };
    line("min ISR", format!("{}{assumed}", view.min_insync_replicas))?;
    for (key, value) in &topic.config {
        line("config", format!("{key}={value}"))?;
    }
    if topic.deleting {
        line("state", "marked for deletion".to_owned())?;
    }
    if let Some(problem) = &topic.problem {
        line("problem", problem.clone())?;
    }
    let mut table = Table::new(PARTITIONS.get(1..).unwrap_or_default(), options);
    for row in &view.states {
        let mut cells = partition(row, options);
        cells.remove(0);
        table.row(cells, out)?;
    }
    table.flush(out)
}

/// As `kafka-topics --describe` prints it: the form of 2.8 to 3.9, but for what only a broker knows.
pub(super) fn describe(view: &TopicView, out: &mut dyn Write) -> io::Result<()> {
    let topic = &view.topic;
    let name = sanitise(&topic.topic, false);
    write!(out, "Topic: {name}")?;
    if let Some(id) = &topic.id {
        write!(out, "\tTopicId: {id}")?;
    }
    let replication =
        view.states.first().map_or(0, |first| first.replicas.len().saturating_sub(first.adding.len()));
    let configs: Vec<_> = topic.config.iter().map(|(key, value)| format!("{key}={value}")).collect();
    write!(out, "\tPartitionCount: {}\tReplicationFactor: {replication}", topic.partitions)?;
    write!(out, "\tConfigs: {}", configs.join(","))?;
    let doomed = if topic.deleting { "\tMarkedForDeletion: true" } else { "" };
    writeln!(out, "{doomed}")?;
    for row in &view.states {
        let leader = row.leader.map_or_else(|| "none".to_owned(), |leader| leader.to_string());
        write!(out, "\tTopic: {name}\tPartition: {}\tLeader: {leader}", row.partition)?;
        write!(out, "\tReplicas: {}", ids(&row.replicas))?;
        write!(out, "\tIsr: {}", row.isr.as_deref().map_or_else(String::new, ids))?;
        if !row.adding.is_empty() {
            write!(out, "\tAdding Replicas: {}", ids(&row.adding))?;
        }
        if !row.removing.is_empty() {
            write!(out, "\tRemoving Replicas: {}", ids(&row.removing))?;
        }
        writeln!(out, "{doomed}")?;
    }
    Ok(())
}
