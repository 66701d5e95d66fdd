//! Views of Kafka, for people.

mod brokers;
mod doctor;
mod groups;
mod old_tools;
mod overview;
mod settings;
mod topics;

use std::io::{self, Write};

use super::feed::Feed;
use super::table::{Cell, Column, Table};
use super::times::Clock;
use super::{Options, Palette};
use crate::view::Row;
use crate::view::kafka::{GroupForm, HappenedRow, KafkaRow, KafkaTable, KafkaView};
use crate::znode::text::sanitise;

pub(super) fn value(
    view: &KafkaView,
    options: &Options,
    clock: &Clock,
    out: &mut dyn Write,
) -> io::Result<()> {
    match view {
        KafkaView::Overview(view) => overview::write(view, options, clock, out),
        KafkaView::Topic(view) if view.as_kafka => topics::describe(view, out),
        KafkaView::Topic(view) => topics::write(view, options, clock, out),
        KafkaView::Producers(view) => settings::producers(view, out),
        KafkaView::Group(view) => match view.form {
            GroupForm::Own => groups::write(view, options, clock, out),
            GroupForm::Checker => old_tools::checker(view, out),
            GroupForm::Groups => old_tools::groups(view, out),
        },
    }
}

/// Writes rows until they end.
pub(super) fn rows(
    table: KafkaTable,
    feed: &mut Feed,
    options: &Options,
    clock: &Clock,
    out: &mut dyn Write,
) -> io::Result<()> {
    let exported = table == KafkaTable::Exported;
    let columns: &[Column] = match table {
        KafkaTable::Clusters => overview::CLUSTERS,
        KafkaTable::Brokers => brokers::COLUMNS,
        KafkaTable::Topics => topics::TOPICS,
        KafkaTable::Partitions => topics::PARTITIONS,
        KafkaTable::Configs => settings::CONFIGS,
        KafkaTable::Acls => settings::ACLS,
        KafkaTable::Tokens => settings::TOKENS,
        KafkaTable::Changes => settings::CHANGES,
        KafkaTable::Features => settings::FEATURES,
        KafkaTable::Described | KafkaTable::Findings | KafkaTable::Happened | KafkaTable::Exported => &[],
        KafkaTable::Groups => groups::GROUPS,
        KafkaTable::Offsets => groups::OFFSETS,
    };
    let mut table = Table::new(columns, options);
    while let Some(rows) = feed.rows(out)? {
        for row in rows {
            let Row::Kafka(row) = row else { continue };
            let cells: Vec<Cell> = match &*row {
                KafkaRow::Cluster(row) => overview::cluster(row, options),
                KafkaRow::Broker(row) => brokers::cells(row, options, clock),
                KafkaRow::Topic(row) => topics::cells(row, options),
                KafkaRow::Partition(row) => topics::partition(row, options),
                KafkaRow::Config(row) => settings::config(row, options),
                KafkaRow::Acl(row) => settings::acl(row, options),
                KafkaRow::Token(row) => settings::token(row, options, clock),
                KafkaRow::Change(row) => settings::change(row, clock),
                KafkaRow::Feature(row) => settings::feature(row, options),
                KafkaRow::Group(row) => groups::cells(row, options, clock),
                KafkaRow::Offset(row) if exported => {
                    groups::exported(row, out)?;
                    continue;
                }
                KafkaRow::Offset(row) => groups::offset(row),
                KafkaRow::Happened(row) => {
                    happened(row, options, clock, out)?;
                    continue;
                }
                KafkaRow::Finding(row) => {
                    doctor::write(row, options, out)?;
                    continue;
                }
                KafkaRow::Described(view) => {
                    topics::describe(view, out)?;
                    continue;
                }
            };
            table.row(cells, out)?;
        }
    }
    table.flush(out)
}

/// A line of `kafka watch`.
fn happened(row: &HappenedRow, options: &Options, clock: &Clock, out: &mut dyn Write) -> io::Result<()> {
    let palette = options.palette;
    let style = match row.kind {
        "broker-down" | "controller-gone" | "partition-offline" | "isr-shrunk" | "unreadable" => {
            palette.error()
        }
        "broker-up" | "isr-expanded" | "topic-created" | "member-joined" => palette.new_value(),
        "offset-committed" => palette.dim(),
        _ => palette.warning(),
    };
    let time = palette.dim().paint(clock.exact(row.time));
    let kind = style.paint(format!("{:<18}", row.kind));
    let what = format!("{}  {}", row.subject, row.what);
    writeln!(out, "{time}  {kind}  {}", sanitise(&what, false))
}

/// What there is, or a dash.
fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Ids as Kafka's tools list them.
fn ids(ids: &[i32]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
