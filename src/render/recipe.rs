//! What `wait` and `txn` answer, for people.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use crate::view::{AppliedView, TransactionView, WaitedView};

pub(super) fn waited(view: &WaitedView, path: &str, out: &mut dyn Write) -> io::Result<()> {
    let time = humantime::format_duration(Duration::from_millis(view.waited));
    writeln!(out, "{path}: {} after {time}", view.condition)
}

pub(super) fn transaction<'a>(
    view: &'a TransactionView,
    name: impl Fn(&'a str) -> Cow<'a, str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(not_met) = &view.not_met {
        writeln!(out, "not true: {}; instead:", name(not_met))?;
    }
    for operation in &view.results {
        let path = name(&operation.path);
        match (operation.operation, operation.version) {
            ("create", _) => writeln!(out, "{path}")?,
            ("delete", _) => writeln!(out, "deleted {path}")?,
            ("set", Some(version)) => writeln!(out, "{path}: data version {version}")?,
            ("set", None) => writeln!(out, "{path}: data set")?,
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn applied(view: &AppliedView, out: &mut dyn Write) -> io::Result<()> {
    let AppliedView { created, changed, acls, deleted, .. } = view;
    let lists = if *acls == 1 { "ACL" } else { "ACLs" };
    writeln!(out, "applied: {created} added, {changed} changed, {acls} {lists} set, {deleted} deleted")
}
