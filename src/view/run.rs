//! What a batch script tells while it runs.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::PlannedRow;

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It did something, and changed something.
    Changed,
    /// It did what it says, and nothing is other than before.
    Ok,
    /// It was not run.
    Skipped,
    /// It failed.
    Failed,
    /// It failed, which does not matter.
    Ignored,
    /// An earlier run has done it.
    Done,
}

/// A step that is over.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// Its identity: its place, and behind it what it was run for.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Its verb.
    pub verb: &'static str,
    /// What became of it.
    pub status: Status,
    /// That in words.
    pub words: String,
    /// Why it failed: a name, and a sentence.
    pub error: Option<(String, String)>,
    /// The file and line that it stands in.
    pub place: (String, u32),
    /// How often it was tried.
    pub attempts: u64,
    /// How long it took, milliseconds.
    pub duration: u64,
    /// What it results in, where that may be shown.
    pub result: Option<serde_json::Value>,
    /// What people see of that below it; programs have the result.
    pub output: String,
}

/// How many steps ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub changed: usize,
    pub ok: usize,
    pub skipped: usize,
    pub failed: usize,
    pub ignored: usize,
    pub done: usize,
}

/// Something that a script tells.
#[derive(Clone, Debug)]
pub enum Told {
    /// It begins.
    Start {
        /// Its file.
        script: String,
        /// Its name.
        name: Option<String>,
        /// The ensemble.
        servers: String,
        /// Nothing is written.
        check: bool,
        /// The name of the run, where there is a journal.
        run: Option<String>,
    },
    /// A step takes its time: only for people on a terminal, who see it until something else is told.
    UnderWay {
        /// Which.
        id: String,
        /// What people call it, or its verb.
        name: String,
        /// For how long.
        seconds: u64,
    },
    /// A step has failed and will be tried again.
    Attempt {
        /// Which.
        id: String,
        /// How often it was tried.
        attempt: u64,
        /// Why it failed.
        error: String,
    },
    /// A step changes a znode.
    Change {
        /// Which.
        id: String,
        /// How.
        change: Box<PlannedRow>,
    },
    /// A step has something to say.
    Print {
        /// Which.
        id: String,
        /// What.
        text: String,
    },
    /// A step is over.
    Step(Box<StepRow>),
    /// Something was undone, or could not be.
    Undo {
        /// Which znode.
        path: String,
        /// What was done to it.
        words: String,
        /// Whether it is as it was.
        undone: bool,
    },
    /// A step was undone by the steps that it says for that, or is not undone.
    UndoStep {
        /// Which.
        id: String,
        /// What was done.
        words: String,
        /// Whether it was undone.
        undone: bool,
    },
    /// It ends.
    End {
        /// How many steps ended how.
        counts: Counts,
        /// The exit code.
        exit: u8,
        /// Why it ended before its end, in success.
        stopped: Option<String>,
        /// Nothing was written.
        check: bool,
    },
}

/// A line of what a script tells.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Milliseconds since the beginning.
    pub time: u64,
    /// What.
    pub told: Told,
}

impl Serialize for RunRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("v", &1)?;
        map.serialize_entry("t", &self.time)?;
        match &self.told {
            Told::Start { script, name, servers, check, run } => {
                map.serialize_entry("ev", "run_start")?;
                map.serialize_entry("script", script)?;
                map.serialize_entry("name", name)?;
                map.serialize_entry("servers", servers)?;
                map.serialize_entry("check", check)?;
                map.serialize_entry("run", run)?;
            }
            Told::UnderWay { id, seconds, .. } => {
                map.serialize_entry("ev", "under_way")?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("seconds", seconds)?;
            }
            Told::Attempt { id, attempt, error } => {
                map.serialize_entry("ev", "attempt")?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("attempt", attempt)?;
                map.serialize_entry("error", error)?;
            }
            Told::Change { id, change } => {
                map.serialize_entry("ev", "diff")?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("change", change)?;
            }
            Told::Print { id, text } => {
                map.serialize_entry("ev", "print")?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("text", text)?;
            }
            Told::Step(step) => {
                map.serialize_entry("ev", "step_end")?;
                map.serialize_entry("id", &step.id)?;
                map.serialize_entry("name", &step.name)?;
                map.serialize_entry("verb", step.verb)?;
                map.serialize_entry("file", &step.place.0)?;
                map.serialize_entry("line", &step.place.1)?;
                map.serialize_entry("status", &step.status)?;
                map.serialize_entry("words", &step.words)?;
                map.serialize_entry("attempts", &step.attempts)?;
                map.serialize_entry("durationMs", &step.duration)?;
                if let Some((code, message)) = &step.error {
                    map.serialize_entry("error", &serde_json::json!({"code": code, "message": message}))?;
                }
                if let Some(result) = &step.result {
                    map.serialize_entry("result", result)?;
                }
            }
            Told::Undo { path, words, undone } => {
                map.serialize_entry("ev", "undo")?;
                map.serialize_entry("path", path)?;
                map.serialize_entry("words", words)?;
                map.serialize_entry("undone", undone)?;
            }
            Told::UndoStep { id, words, undone } => {
                map.serialize_entry("ev", "undo")?;
                map.serialize_entry("step", id)?;
                map.serialize_entry("words", words)?;
                map.serialize_entry("undone", undone)?;
            }
            Told::End { counts, exit, stopped, check } => {
                map.serialize_entry("ev", "run_end")?;
                map.serialize_entry("counts", counts)?;
                map.serialize_entry("check", check)?;
                if let Some(stopped) = stopped {
                    map.serialize_entry("stopped", stopped)?;
                }
                map.serialize_entry("exit", exit)?;
            }
        }
        map.end()
    }
}
