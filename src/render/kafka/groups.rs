//! `kafka groups`, `kafka group`.

use std::io::{self, Write};

use super::{Cell, Clock, Column, Options, Table, or_dash};
use crate::cluster::groups::offset_file::Exported;
use crate::view::kafka::{GroupRow, GroupView, LagSum, MemberRow, OffsetRow, ProgressRow};
use crate::znode::text::{count, sanitise, thousands};

pub(super) const GROUPS: &[Column] = &[
    Column::Left("GROUP"),
    Column::Left("STATE"),
    Column::Right("MEMBERS"),
    Column::Right("TOPICS"),
    Column::Right("OFFSETS"),
    Column::Right("OWNED"),
    Column::Left("LAST-COMMIT"),
    Column::Left("PROBLEM"),
];

pub(super) const OFFSETS: &[Column] = &[
    Column::Left("TOPIC"),
    Column::Right("PARTITION"),
    Column::Right("OLD"),
    Column::Right("NEW"),
    Column::Right("CHANGE"),
];

const PARTITIONS: &[Column] = &[
    Column::Left("TOPIC"),
    Column::Right("PARTITION"),
    Column::Right("OFFSET"),
    Column::Right("LEADER"),
    Column::Left("COMMITTED"),
    Column::Left("OWNER"),
    Column::Left("PROBLEM"),
];

const LAGS: &[Column] = &[
    Column::Left("TOPIC"),
    Column::Right("PARTITION"),
    Column::Right("OFFSET"),
    Column::Right("LOG-END"),
    Column::Right("LAG"),
    Column::Right("LEADER"),
    Column::Left("COMMITTED"),
    Column::Left("OWNER"),
    Column::Left("PROBLEM"),
];

const MEMBERS: &[Column] = &[
    Column::Left("MEMBER"),
    Column::Left("SUBSCRIPTION"),
    Column::Right("PARTITIONS"),
    Column::Left("SINCE"),
    Column::Left("SESSION"),
    Column::Left("PROBLEM"),
];

pub(super) fn cells(row: &GroupRow, options: &Options, clock: &Clock) -> Vec<Cell> {
    let palette = options.palette;
    let state = match row.state {
        "active" => Cell::styled(row.state, palette.new_value()),
        "unknown" => Cell::styled(row.state, palette.warning()),
        state => state.into(),
    };
    vec![
        (&row.group).into(),
        state,
        row.members.into(),
        row.topics.into(),
        row.offsets.into(),
        row.owned.into(),
        or_dash(row.last_commit.map(|at| clock.short(at))).into(),
        Cell::styled(row.problems.join("; "), palette.error()),
    ]
}

pub(super) fn offset(row: &OffsetRow) -> Vec<Cell> {
    let change = row.old.map(|old| format!("{:+}", row.offset.saturating_sub(old)));
    vec![
        (&row.topic).into(),
        row.partition.into(),
        or_dash(row.old).into(),
        row.offset.into(),
        or_dash(change).into(),
    ]
}

/// A line as Kafka's tools read it.
pub(super) fn exported(row: &OffsetRow, out: &mut dyn Write) -> io::Result<()> {
    let exported = Exported { group: None, topic: row.topic.clone(), key: row.partition, offset: row.offset };
    writeln!(out, "{}", exported.line(&row.group))
}

pub(super) fn write(
    view: &GroupView,
    options: &Options,
    clock: &Clock,
    out: &mut dyn Write,
) -> io::Result<()> {
    let palette = options.palette;
    let mut line = |label: &str, text: String| {
        let label = format!("{label:<12}");
        writeln!(out, "{} {}", palette.dim().paint(label), sanitise(&text, false))
    };
    line("group", view.group.clone())?;
    line("state", view.state.to_owned())?;
    line("last commit", or_dash(view.last_commit.map(|at| clock.short(at))))?;
    let rows = view.partitions.as_deref().unwrap_or_default();
    if let Some(lag) = view.lag {
        line("lag", sum(lag, rows))?;
    }
    for problem in &view.problems {
        line("problem", problem.clone())?;
    }
    if view.partitions.is_some() {
        partitions(rows, view.lag.is_some(), options, clock, out)?;
    }
    if let Some(members) = view.members.as_deref().filter(|members| !members.is_empty()) {
        if !rows.is_empty() {
            writeln!(out)?;
        }
        let mut table = Table::new(MEMBERS, options);
        for row in members {
            table.row(member(row, options, clock), out)?;
        }
        table.flush(out)?;
    }
    Ok(())
}

fn sum(lag: LagSum, rows: &[ProgressRow]) -> String {
    let unit = rows.first().map_or("messages", |row| row.unit);
    let sign = if lag.known < 0 { "-" } else { "" };
    let known = thousands(usize::try_from(lag.known.unsigned_abs()).unwrap_or(usize::MAX));
    let offsets = rows.iter().filter(|row| row.offset.is_some()).count();
    match lag.unknown {
        unknown if unknown > 0 && unknown == offsets => "unknown".to_owned(),
        0 => format!("{sign}{known} {unit}"),
        unknown => format!("{sign}{known} {unit}, and what {} may add", count(unknown, "partition")),
    }
}

fn partitions(
    rows: &[ProgressRow],
    asked: bool,
    options: &Options,
    clock: &Clock,
    out: &mut dyn Write,
) -> io::Result<()> {
    let palette = options.palette;
    let mut table = Table::new(if asked { LAGS } else { PARTITIONS }, options);
    for row in rows {
        let mut cells: Vec<Cell> =
            vec![(&row.topic).into(), row.partition.into(), or_dash(row.offset).into()];
        if asked {
            cells.push(or_dash(row.log_end).into());
            cells.push(match row.lag {
                Some(lag @ i64::MIN..0) => Cell::styled(lag.to_string(), palette.error()),
                lag => or_dash(lag).into(),
            });
        }
        cells.push(or_dash(row.leader).into());
        cells.push(or_dash(row.committed.map(|at| clock.short(at))).into());
        cells.push(or_dash(row.owner.as_ref()).into());
        let mut words = row.problems.clone();
        // Most that keeps a broker from being asked is a problem of the partition already.
        words.extend(row.unknown.iter().filter(|why| !row.problems.contains(why)).cloned());
        cells.push(Cell::styled(words.join("; "), palette.error()));
        table.row(cells, out)?;
    }
    table.flush(out)
}

fn member(row: &MemberRow, options: &Options, clock: &Clock) -> Vec<Cell> {
    let threads: Vec<_> =
        row.subscription.iter().map(|(topic, threads)| format!("{topic}:{threads}")).collect();
    let kind = match row.pattern {
        Some("white_list") => "like ",
        Some("black_list") => "not like ",
        _ => "",
    };
    vec![
        (&row.member).into(),
        if row.pattern.is_some() { format!("{kind}{}", threads.join(",")) } else { "-".to_owned() }.into(),
        row.partitions.into(),
        or_dash(row.since.map(|at| clock.short(at))).into(),
        row.session.clone().unwrap_or_else(|| "none".to_owned()).into(),
        Cell::styled(row.problem.clone().unwrap_or_default(), options.palette.error()),
    ]
}
