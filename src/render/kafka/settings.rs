//! `kafka configs`, `acls`, `tokens`, `changes`, `features`, `producers`.

use std::io::{self, Write};

use super::{Cell, Clock, Column, Options, or_dash};
use crate::view::kafka::{AclRow, ChangeRow, ConfigRow, FeatureRow, ProducersView, TokenRow};

pub(super) const CONFIGS: &[Column] =
    &[Column::Left("KIND"), Column::Left("NAME"), Column::Left("SETTING"), Column::Left("VALUE")];

pub(super) const ACLS: &[Column] = &[
    Column::Left("RESOURCE"),
    Column::Left("NAME"),
    Column::Left("PATTERN"),
    Column::Left("PRINCIPAL"),
    Column::Left("PERMISSION"),
    Column::Left("OPERATION"),
    Column::Left("HOST"),
];

pub(super) const TOKENS: &[Column] = &[
    Column::Left("TOKEN"),
    Column::Left("OWNER"),
    Column::Left("REQUESTER"),
    Column::Left("RENEWERS"),
    Column::Left("ISSUED"),
    Column::Left("EXPIRES"),
    Column::Left("ENDS"),
];

pub(super) const CHANGES: &[Column] =
    &[Column::Left("SINCE"), Column::Left("QUEUE"), Column::Left("NOTICE"), Column::Left("WHAT")];

pub(super) const FEATURES: &[Column] =
    &[Column::Left("FEATURE"), Column::Right("LEVEL"), Column::Left("BROKERS CAN")];

fn unreadable(problem: &str, options: &Options) -> Cell {
    Cell::styled(format!("unreadable: {problem}"), options.palette.error())
}

pub(super) fn config(row: &ConfigRow, options: &Options) -> Vec<Cell> {
    let key = match &row.problem {
        Some(problem) => unreadable(problem, options),
        None => or_dash(row.key.as_ref()).into(),
    };
    vec![row.kind.into(), (&row.name).into(), key, row.value.clone().unwrap_or_default().into()]
}

pub(super) fn acl(row: &AclRow, options: &Options) -> Vec<Cell> {
    let principal = match &row.problem {
        Some(problem) => unreadable(problem, options),
        None => or_dash(row.principal.as_ref()).into(),
    };
    let permission = or_dash(row.permission_type.as_ref());
    let style = if permission == "Deny" { options.palette.warning() } else { nu_ansi_term::Style::new() };
    vec![
        (&row.resource_type).into(),
        (&row.name).into(),
        row.pattern_type.into(),
        principal,
        Cell::styled(permission, style),
        or_dash(row.operation.as_ref()).into(),
        or_dash(row.host.as_ref()).into(),
    ]
}

pub(super) fn token(row: &TokenRow, options: &Options, clock: &Clock) -> Vec<Cell> {
    let time = |time: Option<i64>| Cell::from(or_dash(time.map(|time| clock.short(time))));
    let owner = match &row.problem {
        Some(problem) => unreadable(problem, options),
        None => or_dash(row.owner.as_ref()).into(),
    };
    vec![
        (&row.id).into(),
        owner,
        or_dash(row.requester.as_ref()).into(),
        row.renewers.join(",").into(),
        time(row.issued),
        time(row.expires),
        time(row.ends),
    ]
}

pub(super) fn change(row: &ChangeRow, clock: &Clock) -> Vec<Cell> {
    let since = or_dash(row.since.map(|since| clock.short(since)));
    vec![since.into(), row.queue.into(), (&row.name).into(), (&row.what).into()]
}

pub(super) fn feature(row: &FeatureRow, options: &Options) -> Vec<Cell> {
    let within = |range: &(i32, i32, i32)| row.level.is_none_or(|level| (range.1..=range.2).contains(&level));
    let brokers: Vec<_> = row.brokers.iter().map(|(id, min, max)| format!("{id}: {min}-{max}")).collect();
    let palette = options.palette;
    let style = if row.brokers.iter().all(within) { nu_ansi_term::Style::new() } else { palette.error() };
    vec![(&row.feature).into(), or_dash(row.level).into(), Cell::styled(brokers.join(", "), style)]
}

pub(super) fn producers(view: &ProducersView, out: &mut dyn Write) -> io::Result<()> {
    match (view.broker, view.start, view.end, &view.problem) {
        (.., Some(problem)) => writeln!(out, "unreadable: {problem}"),
        (Some(broker), Some(start), Some(end), None) => {
            let to =
                if broker < 0 { "the migration to KRaft".to_owned() } else { format!("broker {broker}") };
            writeln!(out, "producer ids {start} to {end}, given out last, to {to}")
        }
        _ => writeln!(out, "no producer ids were given out"),
    }
}
