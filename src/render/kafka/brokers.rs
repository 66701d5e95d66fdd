//! `kafka brokers`.

use super::{Cell, Clock, Column, Options, or_dash};
use crate::view::kafka::BrokerRow;

pub(super) const COLUMNS: &[Column] = &[
    Column::Right("ID"),
    Column::Left("STATE"),
    Column::Right("LEADERS"),
    Column::Right("REPLICAS"),
    Column::Right("IN-SYNC"),
    Column::Right("SKEW"),
    Column::Left("RACK"),
    Column::Right("JMX"),
    Column::Left("FORM"),
    Column::Left("UP-SINCE"),
    Column::Left("SESSION"),
    // Last, for it may be longer than a screen is wide.
    Column::Left("ENDPOINTS"),
];

pub(super) fn cells(row: &BrokerRow, options: &Options, clock: &Clock) -> Vec<Cell> {
    let palette = options.palette;
    let state = match (row.up, row.controller) {
        (true, true) => Cell::styled("controller", palette.new_value()),
        (true, false) => "up".into(),
        (false, _) => Cell::styled("missing", palette.error()),
    };
    let endpoints = match &row.problem {
        Some(problem) => Cell::styled(format!("unreadable: {problem}"), palette.error()),
        None => endpoints(row).into(),
    };
    let load = row.load.as_ref();
    let skew = load.and_then(|load| load.skew).map(|skew| format!("{skew:+}%"));
    vec![
        row.id.into(),
        state,
        or_dash(load.map(|load| load.leaders)).into(),
        or_dash(load.map(|load| load.replicas)).into(),
        or_dash(load.map(|load| load.in_sync)).into(),
        or_dash(skew).into(),
        or_dash(row.rack.as_ref()).into(),
        or_dash(row.jmx_port).into(),
        or_dash(row.version.as_ref()).into(),
        or_dash(row.since.map(|since| clock.short(since))).into(),
        or_dash(row.session.as_ref()).into(),
        endpoints,
    ]
}

/// Each endpoint, with its protocol where its listener is called otherwise.
fn endpoints(row: &BrokerRow) -> String {
    let each = row.endpoints.iter().zip(&row.protocols).map(|(endpoint, protocol)| {
        let listener = endpoint.split("://").next().unwrap_or_default();
        if listener == protocol { endpoint.clone() } else { format!("{endpoint} ({protocol})") }
    });
    let each: Vec<_> = each.collect();
    if each.is_empty() { "-".to_owned() } else { each.join(" ") }
}
