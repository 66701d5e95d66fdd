//! A journal, read: what an earlier run has intended, done and registered.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value as Json;

use super::before::Before;
use super::items::Items;
use super::journal::NAME;
use super::kept;
use super::marks::{Marks, Undoing};
use crate::error::{Error, Kind, Result};
use crate::store::{Write, Written};

/// An entry that was made.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) step: String,
    pub(super) cluster: String,
    pub(super) zxid: i64,
    pub(super) writes: Vec<Write>,
    pub(super) before: Vec<Option<Before>>,
    /// What came of it, where that was still written down.
    pub(super) outcome: Option<Outcome>,
    /// Its data was not written down.
    pub(super) secret: bool,
    /// How it would be undone.
    pub(super) undo: Undoing,
}

/// What came of an intent.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Done(Vec<Written>),
    Refused,
    Unknown,
}

/// A journal, read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) start: Json,
    pub(super) entries: Vec<Entry>,
    pub(super) steps: HashMap<String, Option<Json>>,
    pub(super) items: HashMap<String, Items>,
    pub(super) begun: HashSet<String>,
    pub(super) marks: Marks,
    /// The exit code of the run, if it came to its end.
    pub(super) end: Option<i64>,
}

/// Reads the journal of a run.
pub(super) fn read(runs: &Path, run: &str) -> Result<Read> {
    let path = runs.join(run).join(NAME);
    let file = File::open(&path).map_err(|error| {
        Error::usage(format!("there is no journal of the run {run}: {} cannot be read", path.display()))
            .because(error)
    })?;
    parse(BufReader::new(file), &path)
}

/// Takes in the lines of a journal. One that was cut off, in the midst of a character too, is no line.
pub(super) fn parse(mut lines: impl BufRead, path: &Path) -> Result<Read> {
    let mut read = Read::default();
    let mut places = HashMap::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = lines.read_until(b'\n', &mut line);
        let length = length.map_err(|error| {
            Error::new(Kind::Io, format!("cannot read {}", path.display())).because(error)
        })?;
        if length == 0 {
            return Ok(read);
        }
        let Ok(json) = serde_json::from_slice::<Json>(&line) else { continue };
        let number = || json.get("n").and_then(Json::as_u64);
        let mut settle = |outcome: Outcome| {
            let entry = number().and_then(|number| places.get(&number)).copied();
            if let Some(entry) = entry.and_then(|entry: usize| read.entries.get_mut(entry)) {
                entry.outcome = Some(outcome);
            }
        };
        match json.get("ev").and_then(Json::as_str) {
            Some("start") => read.start = json,
            Some("intent") => {
                let entry = kept::entry(&json).ok_or_else(|| {
                    let line = String::from_utf8_lossy(&line);
                    let what = format!("{} is damaged: {}", path.display(), line.trim_end());
                    Error::new(Kind::Config, what)
                })?;
                places.insert(entry.number, read.entries.len());
                read.entries.push(entry);
            }
            Some("done") => settle(Outcome::Done(kept::all_written(&json))),
            Some("refused") => settle(Outcome::Refused),
            Some("unknown") => settle(Outcome::Unknown),
            Some("step") => {
                if let Some(id) = json.get("id").and_then(Json::as_str)
                    && json.get("status").and_then(Json::as_str) != Some("failed")
                {
                    let register = json.get("register").filter(|register| !register.is_null()).cloned();
                    read.steps.insert(id.to_owned(), register);
                }
            }
            Some("items") => {
                if let (Some(id), Some(items)) =
                    (json.get("id").and_then(Json::as_str), json.get("items").and_then(Items::of))
                {
                    read.items.insert(id.to_owned(), items);
                }
            }
            Some("begin") => {
                read.begun.extend(json.get("id").and_then(Json::as_str).map(ToOwned::to_owned));
            }
            Some("end") => read.end = json.get("exit").and_then(Json::as_i64),
            Some(kind) => read.marks.read(kind, &json, read.entries.len()),
            None => {}
        }
    }
}

/// The runs of a script with this fingerprint, the newest first.
pub(super) fn runs_of(runs: &Path, sha256: &str) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(runs)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|run| {
            let first = File::open(runs.join(run).join(NAME)).ok().and_then(|file| {
                let mut line = String::new();
                BufReader::new(file).read_line(&mut line).ok()?;
                serde_json::from_str::<Json>(&line).ok()
            });
            first.is_some_and(|start| start.get("sha256").and_then(Json::as_str) == Some(sha256))
        })
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn a_line_that_was_cut_off_is_no_line() {
        let begun = |id: &str| format!("{{\"ev\":\"begin\",\"id\":\"{id}\"}}\n");
        let (whole, cut) = (begun("ä"), begun("ö"));
        let at = cut.find('ö').unwrap() + 1;
        for cut in [&cut.as_bytes()[..at], &cut.as_bytes()[..4], b""] {
            let journal = [whole.as_bytes(), cut, b"\n", begun("ü").as_bytes(), cut].concat();
            let read = super::parse(&journal[..], Path::new("journal")).unwrap();
            let mut begun: Vec<_> = read.begun.into_iter().collect();
            begun.sort();
            assert_eq!(begun, ["ä", "ü"]);
        }
    }
}
