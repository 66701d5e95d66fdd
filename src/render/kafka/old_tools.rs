//! Groups as the tools of Kafka printed them that read ZooKeeper.

use std::io::{self, Write};

use crate::kafka::layout::PartitionKey;
use crate::view::kafka::{GroupView, ProgressRow};
use crate::znode::text::{sanitise, thousands};

const UNKNOWN: &str = "unknown";

fn or_unknown(number: Option<i64>) -> String {
    number.map_or_else(|| UNKNOWN.to_owned(), |number| number.to_string())
}

/// `kafka.tools.ConsumerOffsetChecker`: partitions in the layout of 0.7 as it printed them then, others
/// as from 0.8 to 0.10.
pub(super) fn checker(view: &GroupView, out: &mut dyn Write) -> io::Result<()> {
    let group = sanitise(&view.group, false);
    let rows = view.partitions.as_deref().unwrap_or_default();
    let (old, new): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| matches!(row.partition, PartitionKey::OnBroker { .. }));
    if !new.is_empty() || old.is_empty() {
        let heading = ["Group", "Topic", "Pid", "Offset", "logSize", "Lag", "Owner"];
        checked(heading.map(str::to_owned), out)?;
    }
    for row in new.iter().filter(|row| row.exists) {
        let topic = sanitise(&row.topic, false).into_owned();
        if row.leader.is_none() {
            writeln!(out, "No broker for partition {topic} - {}", row.partition)?;
            continue;
        }
        let owner = row.owner.as_deref().unwrap_or("none");
        let none = row.offset.is_none() && row.committed.is_none();
        checked(
            [
                group.to_string(),
                topic,
                row.partition.to_string(),
                if none { "-1".to_owned() } else { or_unknown(row.offset) },
                or_unknown(row.log_end),
                or_unknown(row.lag),
                sanitise(owner, false).into_owned(),
            ],
            out,
        )?;
    }
    for row in old.iter().filter(|row| row.offset.is_some()) {
        in_bytes(&group, row, out)?;
    }
    if !old.is_empty() {
        writeln!(out, "BROKER INFO")?;
        for (id, address) in &view.brokers {
            writeln!(out, "{id} -> {address}")?;
        }
    }
    Ok(())
}

fn checked(cells: [String; 7], out: &mut dyn Write) -> io::Result<()> {
    let [group, topic, pid, offset, end, lag, owner] = cells;
    writeln!(out, "{group:<15} {topic:<30} {pid:<3} {offset:<15} {end:<15} {lag:<15} {owner}")
}

/// A partition as 0.7 printed it.
fn in_bytes(group: &str, row: &ProgressRow, out: &mut dyn Write) -> io::Result<()> {
    let topic = sanitise(&row.topic, false);
    writeln!(out, "{group},{topic},{} (Group,Topic,BrokerId-PartitionId)", row.partition)?;
    let owner = row.owner.as_deref().unwrap_or("none");
    writeln!(out, "{:>20}{}", "Owner = ", sanitise(owner, false))?;
    for (label, bytes) in
        [("Consumer offset = ", row.offset), ("Log size = ", row.log_end), ("Consumer lag = ", row.lag)]
    {
        writeln!(out, "{label:>20}{}", or_unknown(bytes))?;
        if let Some(bytes) = bytes {
            let sign = if bytes < 0 { "-" } else { "" };
            let whole = thousands(usize::try_from(bytes.unsigned_abs()).unwrap_or(usize::MAX));
            let giga = bytes as f64 / f64::from(1 << 30);
            writeln!(out, "{:>20}{sign}{whole} ({giga:.2}G)", "= ")?;
        }
    }
    writeln!(out)
}

/// `kafka-consumer-groups --describe` of 1.1.
pub(super) fn groups(view: &GroupView, out: &mut dyn Write) -> io::Result<()> {
    const HEADING: [&str; 6] =
        ["TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID"];
    const LEAST: usize = 15;
    let mut table = vec![HEADING.map(str::to_owned)];
    for row in view.partitions.iter().flatten() {
        table.push([
            sanitise(&row.topic, false).into_owned(),
            row.partition.to_string(),
            super::or_dash(row.offset),
            super::or_dash(row.log_end),
            super::or_dash(row.lag),
            super::or_dash(consumer(row)),
        ]);
    }
    // A member without partitions has a row for each topic that it wants.
    for member in view.members.iter().flatten().filter(|member| member.partitions == 0) {
        for _ in &member.subscription {
            let [a, b, c, d, e] = ["-"; 5].map(str::to_owned);
            table.push([a, b, c, d, e, sanitise(&member.member, false).into_owned()]);
        }
    }
    let width = |column: fn(&[String; 6]) -> &String| {
        table.iter().map(|row| column(row).chars().count()).max().unwrap_or(0).max(LEAST)
    };
    let (topics, consumers) = (width(|row| &row[0]), width(|row| &row[5]));
    writeln!(out)?;
    for [topic, partition, offset, end, lag, consumer] in &table {
        writeln!(
            out,
            "{topic:<topics$} {partition:<10} {offset:<15} {end:<15} {lag:<15} {consumer:<consumers$} "
        )?;
    }
    Ok(())
}

/// The owner without its thread.
fn consumer(row: &ProgressRow) -> Option<String> {
    let owner = row.owner.as_deref()?;
    let id = row.member.as_deref().or_else(|| Some(owner.rsplit_once('-')?.0)).unwrap_or(owner);
    Some(sanitise(id, false).into_owned())
}
