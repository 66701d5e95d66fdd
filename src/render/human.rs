//! Answers for people.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::feed::Feed;
use super::times::Clock;
use super::{Options, Renderer, data, kafka, profiles, recipe, run, script, tree};
use crate::view::{
    Changed, EventRow, Happening, Identity, ListingView, LongRow, Planned, PlannedRow, Row, Seen,
    SessionView, Shape, Told, View, hex,
};
use crate::znode::data::preview;
use crate::znode::text::{count, sanitise, size};
use crate::znode::{Acl, NodeType, Stat};

pub(super) struct Human {
    options: Options,
    clock: Clock,
}

impl Human {
    pub(super) fn new(options: &Options) -> Self {
        Self { options: options.clone(), clock: Clock::default() }
    }

    /// A name or path: safe on a terminal, exact in a pipe.
    fn name<'a>(&self, name: &'a str) -> std::borrow::Cow<'a, str> {
        if self.options.terminal { sanitise(name, false) } else { name.into() }
    }

    /// What something means, beside it.
    fn aside(&self, words: &str) -> String {
        self.options.palette.dim().paint(sanitise(words, false)).to_string()
    }

    fn stat(&self, stat: &Stat, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "cZxid = {}", hex(stat.czxid))?;
        writeln!(out, "ctime = {}", self.clock.full(stat.ctime))?;
        writeln!(out, "mZxid = {}", hex(stat.mzxid))?;
        writeln!(out, "mtime = {}", self.clock.full(stat.mtime))?;
        writeln!(out, "pZxid = {}", hex(stat.pzxid))?;
        writeln!(out, "cversion = {}", stat.cversion)?;
        writeln!(out, "dataVersion = {}", stat.version)?;
        writeln!(out, "aclVersion = {}", stat.aversion)?;
        let kind = match stat.node_type() {
            NodeType::Persistent => String::new(),
            NodeType::Ephemeral(_) => " (session)".into(),
            NodeType::Container => " (container)".into(),
            NodeType::Ttl(ttl) => format!(" (ttl {ttl} ms)"),
        };
        writeln!(out, "ephemeralOwner = {}{kind}", hex(stat.ephemeral_owner))?;
        writeln!(out, "dataLength = {}", stat.data_length)?;
        writeln!(out, "numChildren = {}", stat.num_children)
    }

    fn listing(&self, view: &ListingView, out: &mut dyn Write) -> io::Result<()> {
        if self.options.terminal && view.words.iter().any(Option::is_some) {
            let widest = view.children.iter().map(|name| self.name(name).width()).max().unwrap_or(0);
            for (name, words) in view.children.iter().zip(&view.words) {
                let name = self.name(name);
                let blanks = " ".repeat(widest - name.width());
                match words {
                    Some(words) => writeln!(out, "{name}{blanks}  {}", self.aside(words))?,
                    None => writeln!(out, "{name}")?,
                }
            }
        // Columns help where a screen holds them all, and are in the way otherwise.
        } else if self.options.terminal && view.children.len() <= 1000 {
            let names: Vec<_> = view.children.iter().map(|name| self.name(name)).collect();
            columns(&names, self.options.width, out)?;
        } else {
            for name in view.children.iter() {
                writeln!(out, "{}", self.name(name))?;
            }
        }
        match &view.stat {
            Some(stat) => self.stat(stat, out),
            None => Ok(()),
        }
    }

    fn long(&self, row: &LongRow, out: &mut dyn Write) -> io::Result<()> {
        let name = self.name(if row.whole { &row.path } else { row.path.name() });
        let Some(stat) = &row.stat else {
            return writeln!(
                out,
                "{:<10}  {:>7}  {:>8}  {:>10}  {:<19}  {name}",
                "unreadable", "-", "-", "-", "-"
            );
        };
        write!(
            out,
            "{:<10}  {:>7}  {:>8}  {:>10}  {:<19}  {name}{}",
            stat.node_type().name(),
            stat.version,
            stat.num_children,
            size(u64::from(stat.data_length.unsigned_abs())),
            self.clock.short(stat.mtime),
            match stat.node_type() {
                NodeType::Ephemeral(session) => format!("  (session {})", hex(session)),
                NodeType::Ttl(ttl) => format!("  (ttl {ttl} ms)"),
                _ => String::new(),
            }
        )?;
        match &row.words {
            Some(words) => writeln!(out, "  {}", self.aside(words)),
            None => writeln!(out),
        }
    }

    fn event(&self, row: &EventRow, out: &mut dyn Write) -> io::Result<()> {
        let palette = self.options.palette;
        let time = self.clock.exact(row.time);
        write!(out, "{}  {:<19}", palette.dim().paint(time), row.what.name())?;
        if let Some(path) = &row.path {
            write!(out, "  {}", self.name(path))?;
        }
        match &row.what {
            Happening::Znode(_) => {}
            Happening::Missed(changes) => {
                write!(out, "  {} between two watches", count(changes.unsigned_abs() as usize, "change"))?;
            }
            Happening::Lost(why) => write!(out, "  {why}; nothing is seen until it is back")?,
            Happening::Back(server, false) => write!(out, "  to {server}, same session")?,
            Happening::Back(server, true) => write!(out, "  on {server}: the old session expired")?,
        }
        if let Some((old, new)) = &row.values {
            self.values(old.as_ref(), new.as_ref(), out)?;
        }
        if let Some((added, removed)) = &row.children {
            for (sign, names, style) in
                [("+", added, palette.new_value()), ("-", removed, palette.old_value())]
            {
                for name in names {
                    let name = format!("{sign}{}", sanitise(name, false));
                    write!(out, "  {}", style.paint(name))?;
                }
            }
        }
        if let Some(words) = &row.words {
            write!(out, "  {}", self.aside(words))?;
        }
        if row.found_later && matches!(row.what, Happening::Znode(_)) {
            write!(out, "  {}", palette.dim().paint("(found after the reconnection)"))?;
        }
        writeln!(out)
    }

    fn planned(&self, row: &PlannedRow, out: &mut dyn Write) -> io::Result<()> {
        let palette = self.options.palette;
        let path = self.name(&row.path);
        match &row.what {
            Planned::Created { data, acl } => {
                write!(out, "{} {path}", palette.new_value().paint("+"))?;
                self.values(None, Some(data), out)?;
                if let Some(acl) = acl {
                    write!(out, "  acl {}", self.name(&list(acl)))?;
                }
            }
            Planned::Deleted { znodes } => {
                write!(out, "{} {path}", palette.old_value().paint("-"))?;
                if *znodes > 1 {
                    write!(out, "  ({})", count(*znodes, "znode"))?;
                }
            }
            Planned::Changed { data, acl } => {
                write!(out, "{} {path}", palette.warning().paint("~"))?;
                if let Some((old, new)) = data {
                    if row.diff {
                        writeln!(out)?;
                        return super::diff::write(old.as_deref(), new.as_deref(), palette, out);
                    }
                    self.values(Some(old), Some(new), out)?;
                }
                if let Some((old, new)) = acl {
                    let (old, new) = (list(old), list(new));
                    let old = palette.old_value().paint(self.name(&old));
                    write!(out, "  acl {old} → {}", palette.new_value().paint(self.name(&new)))?;
                }
            }
        }
        writeln!(out)
    }

    fn session(&self, view: &SessionView, out: &mut dyn Write) -> io::Result<()> {
        let label = self.options.palette.label();
        let mut line = |name: &str, value: &str| {
            writeln!(out, "{}{:pad$} {}", label.paint(name), "", self.name(value), pad = 12 - name.len())
        };
        line("servers", &view.servers)?;
        line("connected to", if view.server.is_empty() { "none" } else { &view.server })?;
        line("state", view.state)?;
        line("session", &hex(view.id))?;
        // An ensemble in memory keeps its sessions.
        line("timeout", &if view.timeout == 0 { "none".into() } else { format!("{} ms", view.timeout) })?;
        line("last zxid", &hex(view.last_zxid))?;
        line("watches", &view.watches.to_string())?;
        match &view.identities {
            Some(identities) => {
                for Identity { scheme, user } in identities {
                    line("identity", &format!("{scheme}:{user}"))?;
                }
            }
            None => line("identity", "this server does not tell")?,
        }
        match &view.ephemerals {
            Some(paths) if paths.is_empty() => line("ephemerals", "none"),
            Some(paths) => paths.iter().try_for_each(|path| line("ephemeral", path)),
            None => line("ephemerals", "this server does not tell"),
        }
    }

    /// `old → new`, as far as they are known.
    fn values(&self, old: Option<&Seen>, new: Option<&Seen>, out: &mut dyn Write) -> io::Result<()> {
        const WIDTH: usize = 60;
        let palette = self.options.palette;
        let show = |seen: &Seen| preview(seen.as_deref(), WIDTH);
        if let Some(old) = old {
            write!(out, "  {}", palette.old_value().paint(show(old)))?;
        }
        match (old, new) {
            (Some(_), Some(new)) => write!(out, " → {}", palette.new_value().paint(show(new))),
            (None, Some(new)) => write!(out, "  {}", palette.new_value().paint(show(new))),
            _ => Ok(()),
        }
    }
}

impl Renderer for Human {
    fn value(&mut self, view: &View, out: &mut dyn Write) -> io::Result<()> {
        match view {
            View::Data(view) => {
                data::write(view, &self.options, out)?;
                if view.with_stat { self.stat(&view.stat, out) } else { Ok(()) }
            }
            View::Listing(view) => self.listing(view, out),
            View::Stat(view) => self.stat(&view.stat, out),
            View::Exists(view) => writeln!(out, "{}", view.exists),
            View::Created(view) => writeln!(out, "{}", self.name(&view.path)),
            View::Changed(view) => {
                let what = match view.changed {
                    Changed::Data => "data",
                    Changed::Acl => "ACL",
                };
                writeln!(out, "{}: {what} version {}", self.name(&view.path), view.version)?;
                if view.with_stat { self.stat(&view.stat, out) } else { Ok(()) }
            }
            View::Deleted(view) if view.recursive => {
                let what = count(view.deleted, "znode");
                writeln!(out, "deleted {}: {what}", self.name(&view.path))
            }
            View::Deleted(view) => writeln!(out, "deleted {}", self.name(&view.path)),
            View::Acl(view) => {
                for acl in &view.acl {
                    writeln!(out, "{}", self.name(&acl.to_string()))?;
                }
                if view.with_stat { self.stat(&view.stat, out) } else { Ok(()) }
            }
            View::Waited(view) => recipe::waited(view, &self.name(&view.path), out),
            View::Applied(view) => recipe::applied(view, out),
            View::Transaction(view) => recipe::transaction(view, |name| self.name(name), out),
            View::Synced(view) => writeln!(out, "synced {}", self.name(&view.path)),
            View::Completions(view) => out.write_all(view.script.as_bytes()),
            View::Identities(view) => view.identities.iter().try_for_each(|identity| {
                writeln!(out, "{}", self.name(&format!("{}:{}", identity.scheme, identity.user)))
            }),
            View::Session(view) => self.session(view, out),
            View::Watches(watches) => watches.iter().try_for_each(|watch| {
                let since = self.clock.short(watch.since);
                writeln!(out, "{:<10}  {}  since {since}", watch.kind, self.name(&watch.path))
            }),
            View::Text(lines) => lines.iter().try_for_each(|line| writeln!(out, "{}", self.name(line))),
            View::Profiles(view) => profiles::list(view, self.options.palette, out),
            View::Profile(view) => profiles::show(view, self.options.palette, out),
            View::Checked(view) => profiles::check(view, self.options.palette, out),
            View::Validated(view) => script::validated(view, self.options.palette, out),
            View::Kafka(view) => kafka::value(view, &self.options, &self.clock, out),
        }
    }

    fn stream(&mut self, shape: Shape, feed: &mut Feed, out: &mut dyn Write) -> io::Result<()> {
        match shape {
            Shape::Tree { ascii, sizes } => return tree::draw(feed, out, &self.options, ascii, sizes),
            Shape::Steps => return script::steps(feed, &self.options, out),
            Shape::Kafka(table) => return kafka::rows(table, feed, &self.options, &self.clock, out),
            Shape::Table if self.options.terminal => {
                let heading = format!(
                    "{:<10}  {:>7}  {:>8}  {:>10}  {:<19}  name",
                    "type", "version", "children", "size", "modified"
                );
                writeln!(out, "{}", self.options.palette.label().paint(heading))?;
            }
            Shape::Table | Shape::List => {}
        }
        let mut under_way = false;
        while let Some(rows) = feed.rows(out)? {
            for row in &rows {
                if std::mem::take(&mut under_way) {
                    run::clear(out)?;
                }
                match row {
                    Row::Path(row) => writeln!(out, "{}", self.name(&row.path))?,
                    Row::Long(row) => self.long(row, out)?,
                    Row::Event(row) => self.event(row, out)?,
                    Row::Planned(row) => self.planned(row, out)?,
                    Row::Run(row) => match &row.told {
                        Told::Change { change, .. } => {
                            write!(out, "    ")?;
                            self.planned(change, out)?;
                        }
                        told => {
                            under_way = matches!(told, Told::UnderWay { .. });
                            run::write(told, self.options.palette, self.options.width, out)?;
                        }
                    },
                    Row::Tree(_) | Row::Kafka(_) | Row::Step(_) => {}
                }
            }
        }
        if under_way {
            run::clear(out)?;
        }
        Ok(())
    }
}

/// An ACL on one line.
fn list(acl: &[Acl]) -> String {
    acl.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Writes names in as many columns as fit, down and then across, as `ls` does.
fn columns(names: &[impl AsRef<str>], width: usize, out: &mut dyn Write) -> io::Result<()> {
    const GAP: usize = 2;
    let widths: Vec<usize> = names.iter().map(|name| name.as_ref().width()).collect();
    let widest = widths.iter().max().copied().unwrap_or(0) + GAP;
    let across = ((width + GAP) / widest.max(1)).max(1);
    let down = names.len().div_ceil(across);
    for line in 0..down {
        let mut cells = names.iter().zip(&widths).skip(line).step_by(down.max(1)).peekable();
        while let Some((name, width)) = cells.next() {
            let pad = if cells.peek().is_some() { widest - width } else { 0 };
            write!(out, "{}{:pad$}", name.as_ref(), "")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
