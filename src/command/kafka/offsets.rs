use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Context;
use super::edits::{SHOWN, plan, show, write};
use super::groups::{Asking, read, topics};
use super::guard::{may_write, must_be_idle, stays_idle};
use crate::cluster::Status;
use crate::cluster::groups::offset_file::{self, Exported};
use crate::cluster::groups::{Edit, Group, Row as Progress, rows};
use crate::cluster::log_end::{End, Log};
use crate::command::input::file_or_stdin;
use crate::error::{Error, Kind, Result};
use crate::kafka::layout::{PartitionKey, Place};
use crate::view::kafka::{KafkaRow, KafkaTable, OffsetRow};
use crate::view::{Note, Row, Shape};
use crate::znode::ZPath;
use crate::znode::text::{count, sanitise};

/// Set, export or copy the offsets of a consumer group.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(super) struct Offsets {
    /// The group
    #[arg(value_name = "GROUP")]
    group: String,

    /// Only this topic, or these partitions of it; may be given for several
    #[arg(long = "topic", value_name = "TOPIC[:P,…]", value_parser = Target::parse)]
    targets: Vec<Target>,

    /// Set to this offset
    #[arg(long, value_name = "N", group = "what", value_parser = clap::value_parser!(i64).range(0..))]
    to_offset: Option<i64>,

    /// Move by so many messages, back where it is below zero
    #[arg(long, value_name = "N", group = "what", allow_negative_numbers = true)]
    shift_by: Option<i64>,

    /// Set to the ends of the logs: what is there already is skipped
    #[arg(long, group = "what")]
    to_latest: bool,

    /// Set to the first messages that are still there
    #[arg(long, group = "what")]
    to_earliest: bool,

    /// Set as a file says, - is standard input: lines of --export, of Kafka's ExportZkOffsets, or of
    /// kafka-consumer-groups --export
    #[arg(long, value_name = "FILE", group = "what")]
    from_file: Option<PathBuf>,

    /// Set the same offsets for this group
    #[arg(long, value_name = "GROUP", group = "what")]
    copy_to: Option<String>,

    /// Print the offsets, or write them to a new file: a line each, as ExportZkOffsets does
    #[arg(long, value_name = "FILE", group = "what", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    export: Option<PathBuf>,

    /// What to do with offsets that the log does not reach, or not any more
    #[arg(long, value_name = "HOW", default_value = "refuse")]
    out_of_range: OutOfRange,

    #[command(flatten)]
    asking: Asking,
}

/// What is done with offsets that the log does not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OutOfRange {
    /// Set none at all
    Refuse,
    /// Set the nearest that the log has
    Clamp,
    /// Set them: no broker is asked
    Allow,
}

/// A topic, or partitions of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    topic: String,
    partitions: Vec<PartitionKey>,
}

impl Target {
    fn parse(text: &str) -> Result<Self, String> {
        let (topic, partitions) = text.split_once(':').unwrap_or((text, ""));
        if topic.is_empty() || topic.contains('/') || text.ends_with(':') {
            return Err("write it like orders or orders:0,2".to_owned());
        }
        let key = |text: &str| {
            PartitionKey::parse(text.trim())
                .ok_or_else(|| format!("`{text}` is no partition: write it like orders:0,2"))
        };
        let partitions = partitions.split(',').filter(|text| !text.is_empty()).map(key);
        Ok(Self { topic: topic.to_owned(), partitions: partitions.collect::<Result<_, _>>()? })
    }
}

impl Offsets {
    pub(super) fn writes(&self) -> bool {
        self.export.is_none()
    }

    pub(super) fn reads_input(&self) -> bool {
        self.from_file.as_ref().is_some_and(|file| file.as_os_str() == "-")
    }

    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        if let Some(file) = &self.export {
            return self.export(cx, status, file).await;
        }
        may_write(status, "set offsets")?;
        let (group, edits) = match (&self.from_file, &self.copy_to) {
            (Some(file), _) => self.restored(cx, status, file).await?,
            (None, Some(target)) => self.copied(cx, status, target).await?,
            (None, None) => {
                let group = read(cx, status, &self.group).await?;
                must_be_idle(&group, VERB)?;
                let edits = self.moved(cx, status, &group).await?;
                (group, edits)
            }
        };
        let mut edits: Vec<_> = edits.into_iter().filter(|edit| edit.old() != Some(edit.offset)).collect();
        edits.sort_by(|a, b| (&a.topic, a.key).cmp(&(&b.topic, b.key)));
        if edits.is_empty() {
            let note =
                format!("nothing to change: the offsets of the group {} are there already", group.name);
            show(cx, &group.name, &edits).await?;
            return cx.out.note(Note::Info(note)).await;
        }
        self.confirm(cx, status, &group, &edits).await?;
        // Somebody may have thought about it for long.
        maybe(cx, status, &group.name).await?;
        write(cx, status, &group.name, &edits).await?;
        show(cx, &group.name, &edits).await?;
        stays_idle(cx, status, &group).await
    }

    /// The rows that are meant: of the topics and partitions that are named, or else all that have an
    /// offset.
    async fn meant(&self, cx: &Context<'_>, status: &Status, group: &Group) -> Result<Vec<Progress>> {
        if self.targets.is_empty() {
            let names: Vec<String> = group.offsets.keys().cloned().collect();
            let found = topics(cx, status, names.clone()).await?;
            let mut all = rows(group, &names, &found);
            all.retain(|row| row.committed.is_some());
            return Ok(all);
        }
        let names: BTreeSet<String> = self.targets.iter().map(|target| target.topic.clone()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let found = topics(cx, status, names.clone()).await?;
        let all = rows(group, &names, &found);
        for target in &self.targets {
            let of_topic: Vec<_> = all.iter().filter(|row| row.topic == target.topic).collect();
            if of_topic.is_empty() {
                return Err(missing(&format!("topic {}", target.topic)));
            }
            if let Some(key) = target.partitions.iter().find(|key| !of_topic.iter().any(|row| is(row, **key)))
            {
                return Err(missing(&format!("partition {key} of {}", target.topic)));
            }
        }
        let named = |row: &Progress| {
            let of = self.targets.iter().filter(|target| target.topic == row.topic);
            of.into_iter().any(|target| {
                target.partitions.is_empty() || target.partitions.iter().any(|key| is(row, *key))
            })
        };
        Ok(all.into_iter().filter(named).collect())
    }

    /// Where `--to-…` and `--shift-by` lead.
    async fn moved(&self, cx: &Context<'_>, status: &Status, group: &Group) -> Result<Vec<Edit>> {
        let mut meant = self.meant(cx, status, group).await?;
        if self.shift_by.is_some() {
            meant.retain(|row| row.offset.is_some());
        }
        let to_end = self.to_latest || self.to_earliest;
        let mut wanted = Vec::new();
        for row in meant {
            let offset = match (self.to_offset, self.shift_by, row.offset) {
                (Some(offset), ..) => offset,
                (None, Some(by), Some(old)) => old.saturating_add(by),
                _ => 0,
            };
            wanted.push((row, offset));
        }
        if !to_end {
            return self.in_range(status, wanted).await;
        }
        let end = if self.to_latest { End::Latest } else { End::Earliest };
        let logs = wanted.iter().map(|(row, _)| log(row)).collect::<Result<Vec<_>>>()?;
        let ends = self.asking.of(status).ask(&logs, end).await;
        let edits = wanted.into_iter().zip(ends).map(|((row, _), end)| match end {
            Ok(offset) => edit(&row, offset),
            Err(why) => Err(unknown_end(&row, &why)),
        });
        edits.collect()
    }

    /// What `--from-file` says.
    async fn restored(&self, cx: &Context<'_>, status: &Status, file: &Path) -> Result<(Group, Vec<Edit>)> {
        let text = file_or_stdin(file).await?;
        let entries = offset_file::parse(&text)
            .map_err(|why| Error::new(Kind::Config, format!("{}: {why}", file.display())))?;
        let other = |entry: &&Exported| entry.group.as_ref().is_some_and(|group| *group != self.group);
        if let Some(Exported { group: Some(other), .. }) = entries.iter().find(other) {
            return Err(Error::usage(format!(
                "{} has offsets of the group {other}, not only of {}",
                file.display(),
                self.group
            ))
            .hint("change the names in the file if that is meant"));
        }
        let group = maybe(cx, status, &self.group).await?;
        let named = |entry: &Exported| {
            self.targets.is_empty()
                || self.targets.iter().any(|target| {
                    target.topic == entry.topic
                        && (target.partitions.is_empty() || target.partitions.contains(&entry.key))
                })
        };
        let entries: Vec<_> = entries.into_iter().filter(named).collect();
        let names: BTreeSet<String> = entries.iter().map(|entry| entry.topic.clone()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let found = topics(cx, status, names.clone()).await?;
        let all = rows(&group, &names, &found);
        let mut wanted = Vec::new();
        for entry in entries {
            let row = all.iter().find(|row| row.topic == entry.topic && is(row, entry.key));
            match row {
                Some(row) => wanted.push((row.clone(), entry.offset)),
                None => return Err(missing(&format!("partition {} of a topic {}", entry.key, entry.topic))),
            }
        }
        let edits = self.in_range(status, wanted).await?;
        Ok((group, edits))
    }

    /// What makes the offsets of another group the same.
    async fn copied(&self, cx: &Context<'_>, status: &Status, target: &str) -> Result<(Group, Vec<Edit>)> {
        if target == self.group || target.is_empty() || target.contains('/') {
            return Err(Error::usage(format!(
                "the offsets of {} cannot be copied to `{target}`",
                self.group
            ))
            .hint("name another group"));
        }
        let source = read(cx, status, &self.group).await?;
        let group = maybe(cx, status, target).await?;
        let mut edits = Vec::new();
        for (row, key) in
            self.meant(cx, status, &source).await?.iter().filter_map(|row| Some((row, row.committed?.key)))
        {
            let offset = row.offset.ok_or_else(|| unreadable(row))?;
            let old = group.offsets.get(&row.topic).and_then(|offsets| offsets.get(&key));
            let was = match old {
                None => None,
                Some(old) => {
                    let stat = old.stat().ok_or_else(|| unreadable(row))?;
                    Some((old.value().map(|offset| offset.0), stat.version))
                }
            };
            edits.push(Edit { topic: row.topic.clone(), key, was, offset });
        }
        Ok((group, edits))
    }

    /// The edits, if the logs reach there.
    async fn in_range(&self, status: &Status, wanted: Vec<(Progress, i64)>) -> Result<Vec<Edit>> {
        if self.out_of_range == OutOfRange::Allow {
            return wanted.iter().map(|(row, offset)| edit(row, (*offset).max(0))).collect();
        }
        let logs = wanted.iter().map(|(row, _)| log(row)).collect::<Result<Vec<_>>>()?;
        let brokers = self.asking.of(status);
        let first = brokers.ask(&logs, End::Earliest).await;
        let last = brokers.ask(&logs, End::Latest).await;
        let (mut edits, mut outside) = (Vec::new(), Vec::new());
        for (((row, offset), first), last) in wanted.iter().zip(first).zip(last) {
            let first = first.map_err(|why| unknown_end(row, &why))?;
            let last = last.map_err(|why| unknown_end(row, &why))?;
            if self.out_of_range == OutOfRange::Refuse && !(first..=last).contains(offset) {
                outside.push(format!("{} {}: {offset} is not in {first}..{last}", row.topic, row.key));
            }
            edits.push(edit(row, (*offset).min(last).max(first))?);
        }
        if outside.is_empty() {
            return Ok(edits);
        }
        let more = outside.len().saturating_sub(SHOWN);
        outside.truncate(SHOWN);
        if more > 0 {
            outside.push(format!("and {more} more"));
        }
        Err(Error::usage(format!("the logs do not reach there: {}", outside.join("; ")))
            .hint("--out-of-range clamp takes the nearest offset that is there"))
    }

    async fn confirm(&self, cx: &Context<'_>, status: &Status, group: &Group, edits: &[Edit]) -> Result<()> {
        let path = ZPath::from_server(status.path(&Place::Group(group.name.clone())));
        cx.refuse_protected("set offsets below", &path)?;
        let what =
            format!("set {} of the group {}", count(edits.len(), "offset"), sanitise(&group.name, false));
        cx.approve(&what, edits.len(), &plan(edits)).await
    }

    async fn export(&self, cx: &Context<'_>, status: &Status, file: &Path) -> Result<()> {
        let group = read(cx, status, &self.group).await?;
        let mut exported = Vec::new();
        for row in self.meant(cx, status, &group).await? {
            let Some(committed) = row.committed else { continue };
            match row.offset {
                Some(offset) => exported.push((row.topic, committed.key, offset)),
                None => cx.out.note(Note::Error(Kind::Refused, unreadable(&row).to_string())).await?,
            }
        }
        if file.as_os_str() != "-" {
            let lines: String = exported
                .iter()
                .map(|(topic, key, offset)| {
                    let exported = Exported { group: None, topic: topic.clone(), key: *key, offset: *offset };
                    exported.line(&group.name) + "\n"
                })
                .collect();
            create(file, lines).await?;
            let note = format!(
                "wrote {} of the group {} to {}",
                count(exported.len(), "offset"),
                group.name,
                file.display()
            );
            return cx.out.note(Note::Info(note)).await;
        }
        cx.out.begin(Shape::Kafka(KafkaTable::Exported)).await?;
        let rows = exported.into_iter().map(|(topic, partition, offset)| {
            let group = group.name.clone();
            Row::Kafka(Box::new(KafkaRow::Offset(OffsetRow { group, topic, partition, old: None, offset })))
        });
        cx.out.rows(rows.collect()).await?;
        cx.out.end().await
    }
}

const VERB: &str = "set its offsets";

/// Whether a row is of a partition that is named so.
fn is(row: &Progress, key: PartitionKey) -> bool {
    row.key == key || row.committed.is_some_and(|committed| committed.key == key)
}

fn missing(what: &str) -> Error {
    Error::new(Kind::Refused, format!("there is no {what}"))
}

fn unreadable(row: &Progress) -> Error {
    Error::new(Kind::Refused, format!("the offset of {} {} cannot be read", row.topic, row.key))
}

fn unknown_end(row: &Progress, why: &str) -> Error {
    Error::new(Kind::Connection, format!("where the log of {} {} ends is unknown: {why}", row.topic, row.key))
        .hint("--broker ID=HOST:PORT says where a broker is reached from here")
        .hint("--out-of-range allow sets offsets without asking")
}

fn log(row: &Progress) -> Result<Log> {
    row.log.clone().map_err(|why| unknown_end(row, &why))
}

fn edit(row: &Progress, offset: i64) -> Result<Edit> {
    let was = match row.committed {
        None => None,
        // Without a version it could only be written over blindly.
        Some(committed) => Some((row.offset, committed.version.ok_or_else(|| unreadable(row))?)),
    };
    let key = row.committed.map_or(row.key, |committed| committed.key);
    Ok(Edit { topic: row.topic.clone(), key, was, offset })
}

/// A group that may have to be created.
async fn maybe(cx: &Context<'_>, status: &Status, name: &str) -> Result<Group> {
    match read(cx, status, name).await {
        Ok(group) => must_be_idle(&group, VERB).map(|()| group),
        Err(error) if error.kind() == Kind::Refused && !name.is_empty() && !name.contains('/') => {
            Ok(Group::new(name.to_owned()))
        }
        Err(error) => Err(error),
    }
}

async fn create(file: &Path, text: String) -> Result<()> {
    let path = file.to_owned();
    let written = tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        std::fs::File::create_new(path)?.write_all(text.as_bytes())
    });
    match written.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            Err(Error::new(Kind::Io, format!("cannot write {}", file.display())).because(error))
        }
        Err(error) => Err(Error::bug("the file was not written").because(error)),
    }
}
