//! A batch script, for people.

use std::io::{self, Write};
use std::time::Duration;

use super::Palette;
use crate::view::{Counts, Status, StepRow, Told};
use crate::znode::text::sanitise;

/// A step that takes longer is slow, and its time is told.
const SLOW: u64 = 2000;

/// Takes back the line of what was under way.
pub(super) fn clear(out: &mut dyn Write) -> io::Result<()> {
    write!(out, "\r\x1b[K")
}

/// Writes a line; nothing for what is rendered as rows of another kind are.
pub(super) fn write(told: &Told, palette: Palette, width: usize, out: &mut dyn Write) -> io::Result<()> {
    match told {
        Told::Start { script, name, servers, check, .. } => {
            let check = if *check { ", checked only" } else { "" };
            let name = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            let line = format!("{script}{name} on {servers}{check}");
            writeln!(out, "{}", palette.label().paint(sanitise(&line, false)))
        }
        Told::UnderWay { id, name, seconds } => {
            let time = humantime::format_duration(Duration::from_secs(*seconds));
            let line = format!("… {id} {} ({time})", sanitise(name, false));
            // A line that is broken in two could not be taken back.
            let line: String = line.chars().take(width.saturating_sub(1)).collect();
            write!(out, "{}", palette.dim().paint(line))
        }
        Told::Attempt { id, attempt, error } => {
            let error = sanitise(error, false);
            writeln!(out, "{} {id} attempt {attempt}: {error}", palette.warning().paint("↻"))
        }
        Told::Print { text, .. } => writeln!(out, "{}", sanitise(text, true)),
        Told::Step(step) => self::step(step, palette, out),
        Told::Undo { path, words, undone } => self::undone(path, words, *undone, palette, out),
        Told::UndoStep { id, words, undone } => {
            self::undone(&format!("step {id}"), words, *undone, palette, out)
        }
        Told::End { counts, stopped, check, .. } => {
            if let Some(reason) = stopped {
                writeln!(out, "stopped: {}", sanitise(reason, false))?;
            }
            writeln!(out, "{}", summary(counts, *check))
        }
        Told::Change { .. } => Ok(()),
    }
}

fn undone(what: &str, words: &str, undone: bool, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let mark = if undone { palette.new_value().paint("↶") } else { palette.error().paint("✗") };
    writeln!(out, "{mark} {}: {}", sanitise(what, false), sanitise(words, false))
}

fn step(step: &StepRow, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    // What it says is there already.
    if step.verb == "print" && step.status == Status::Ok {
        return Ok(());
    }
    let (mark, style) = match step.status {
        Status::Changed => ("✓", palette.new_value()),
        Status::Ok => ("·", palette.dim()),
        Status::Skipped => ("↷", palette.dim()),
        Status::Done => ("=", palette.dim()),
        Status::Failed => ("✗", palette.error()),
        Status::Ignored => ("✗", palette.warning()),
    };
    let what = step.name.as_deref().unwrap_or(step.verb);
    write!(out, "{} {} {}", style.paint(mark), sanitise(&step.id, false), sanitise(what, false))?;
    // Why something failed may take several lines; elsewhere a line's end is one of the data's.
    let (words, more) = match step.status {
        Status::Failed | Status::Ignored => step.words.split_once('\n').unwrap_or((&step.words, "")),
        _ => (step.words.as_str(), ""),
    };
    if !words.is_empty() {
        write!(out, ": {}", sanitise(words, false))?;
    }
    if step.status == Status::Ignored {
        write!(out, " (ignored)")?;
    }
    if step.duration >= SLOW {
        let time = humantime::format_duration(Duration::from_millis(step.duration / 100 * 100));
        write!(out, "  {}", palette.dim().paint(format!("({time})")))?;
    }
    writeln!(out)?;
    let mut below = more.lines().map(str::trim_start).chain(step.output.lines());
    below.try_for_each(|line| writeln!(out, "    {}", sanitise(line, false)))
}

fn summary(counts: &Counts, check: bool) -> String {
    let Counts { changed, ok, skipped, failed, ignored, done } = counts;
    let would = if check { "would change" } else { "changed" };
    let mut parts = vec![format!("{changed} {would}"), format!("{ok} unchanged")];
    for (count, what) in
        [(skipped, "skipped"), (done, "done before"), (ignored, "ignored"), (failed, "failed")]
    {
        if *count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}
