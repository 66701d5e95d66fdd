//! `kafka overview`, `kafka clusters`.

use std::io::{self, Write};

use super::{Cell, Clock, Column, Options, Palette, ids, or_dash};
use crate::view::kafka::{ClusterRow, OverviewView};
use crate::znode::text::{count, sanitise, thousands};

pub(super) const CLUSTERS: &[Column] = &[
    Column::Left("CHROOT"),
    Column::Left("ID"),
    Column::Right("CONTROLLER"),
    Column::Right("BROKERS"),
    Column::Right("TOPICS"),
    Column::Left("NOTE"),
];

pub(super) fn cluster(row: &ClusterRow, options: &Options) -> Vec<Cell> {
    let note = row.note.clone().unwrap_or_default();
    vec![
        (&row.chroot).into(),
        or_dash(row.id.as_ref()).into(),
        or_dash(row.controller).into(),
        row.brokers.into(),
        row.topics.into(),
        Cell::styled(note, options.palette.warning()),
    ]
}

pub(super) fn write(
    view: &OverviewView,
    options: &Options,
    clock: &Clock,
    out: &mut dyn Write,
) -> io::Result<()> {
    let palette = options.palette;
    let mut line = |label: &str, text: String| {
        let label = format!("{label:<12}");
        writeln!(out, "{} {text}", palette.dim().paint(label))
    };
    let id = view.id.as_ref().map_or_else(String::new, |id| format!("{id}  "));
    line("cluster", sanitise(&format!("{id}at {}", view.chroot), false).into_owned())?;
    line("controller", controller(view, palette, clock))?;
    line("brokers", brokers(view, palette))?;
    let gathered = &view.gathered;
    let internal = match gathered.internal_topics {
        0 => String::new(),
        internal => format!(" ({internal} internal)"),
    };
    line("topics", format!("{}{internal}", thousands(gathered.topics)))?;
    let replicas = count(gathered.replicas, "replica");
    line("partitions", format!("{}, {replicas}", thousands(gathered.partitions)))?;
    let (error, warning) = (palette.error(), palette.warning());
    for (word, number, style) in [
        ("offline", gathered.offline, error),
        ("under-replicated", gathered.under_replicated, error),
        ("under min ISR", gathered.under_min_isr, error),
        ("at min ISR", gathered.at_min_isr, warning),
        ("not preferred", gathered.not_preferred, warning),
        ("reassigning", gathered.reassigning, warning),
    ] {
        let assumed = if gathered.min_isr_assumed && word == "under min ISR" {
            let why = "  (min.insync.replicas assumed 1 where no znode says it)";
            palette.dim().paint(why).to_string()
        } else {
            String::new()
        };
        let number = match number {
            0 => "0".to_owned(),
            some => {
                let share = 100.0 * some as f64 / gathered.partitions as f64;
                format!("{}  ({share:.1} %)", style.paint(thousands(some)))
            }
        };
        line(&format!("  {word:<17}"), format!("{number}{assumed}"))?;
    }
    if gathered.unreadable > 0 {
        let number = error.paint(thousands(gathered.unreadable));
        line("unreadable", format!("{number} of the topics"))?;
    }
    if !view.deleting.is_empty() {
        let some: Vec<_> = view.deleting.iter().take(SOME).map(String::as_str).collect();
        let more = if view.deleting.len() > some.len() { ", …" } else { "" };
        let some = some.join(", ");
        line("deleting", format!("{} ({}{more})", view.deleting.len(), sanitise(&some, false)))?;
    }
    if view.election {
        line("election", "of preferred leaders asked for".to_owned())?;
    }
    if view.backlog > 0 {
        line("backlog", format!("{} not taken yet", count(view.backlog, "notice")))?;
    }
    for note in &view.notes {
        writeln!(out, "{} {}", warning.paint("note:"), sanitise(note, false))?;
    }
    Ok(())
}

/// Names shown of a list that may be long.
const SOME: usize = 5;

fn controller(view: &OverviewView, palette: Palette, clock: &Clock) -> String {
    match (view.controller, view.mode) {
        (Some(node), "zookeeper") => {
            let epoch = view.controller_epoch.map_or_else(String::new, |epoch| format!(", epoch {epoch}"));
            let since = view.controller_since.map(|since| format!(", since {}", clock.short(since)));
            format!("broker {node}{epoch}{}", since.unwrap_or_default())
        }
        (Some(node), _) => palette.warning().paint(format!("KRaft node {node}")).to_string(),
        (None, _) => palette.error().paint("none").to_string(),
    }
}

fn brokers(view: &OverviewView, palette: Palette) -> String {
    let up = match view.brokers.as_slice() {
        [] => palette.error().paint("none up").to_string(),
        some => format!("{} up ({})", some.len(), ids(some)),
    };
    match view.missing_brokers.as_slice() {
        [] => up,
        missing => {
            let missing = format!("{} missing ({})", missing.len(), ids(missing));
            format!("{up}, {}", palette.error().paint(missing))
        }
    }
}
