//! What a journal has beside writes and steps: how far blocks and attempts have come, and what undoing goes by.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering::Relaxed;

use serde_json::{Map, Value as Json, json};

use super::journal::Journal;
use super::kept;
use crate::error::Result;
use crate::script::expr::Value;
use crate::script::model::Undo;

/// How something would be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Undoing {
    /// By what was there before.
    Writes,
    /// Not at all.
    Nothing,
    /// By what the step with this identity says of itself.
    Step(String),
}

impl Undoing {
    /// That of a step within, which says this of itself; steps of its own are another matter.
    pub(super) fn within(&self, said: Option<&Undo>) -> Self {
        match (self, said) {
            (Self::Step(_), _) => self.clone(),
            (_, Some(Undo::None)) => Self::Nothing,
            (_, Some(Undo::Auto | Undo::Steps(_))) => Self::Writes,
            (_, None) => self.clone(),
        }
    }

    /// As a journal has it.
    pub(super) fn kept(&self) -> Json {
        match self {
            Self::Writes => true.into(),
            Self::Nothing => false.into(),
            Self::Step(id) => id.as_str().into(),
        }
    }

    /// What was kept so.
    pub(super) fn of(kept: Option<&Json>) -> Self {
        match kept {
            Some(Json::String(id)) => Self::Step(id.clone()),
            Some(Json::Bool(false)) => Self::Nothing,
            _ => Self::Writes,
        }
    }
}

/// Something that is no write, and has its place where a run is undone.
#[derive(Debug)]
pub(super) struct Mark {
    /// How many entries there were before it.
    pub(super) at: usize,
    /// The step.
    pub(super) id: String,
    pub(super) what: Marked,
}

#[derive(Debug)]
pub(super) enum Marked {
    /// It says by which steps it is undone, and has begun.
    Begun(Begun),
    /// It has started a program.
    Program(Undoing),
}

/// Where a step stands that says how it is undone.
#[derive(Debug, Default)]
pub(super) struct Begun {
    /// The script: 0, or that which is included as the first, second and so on.
    pub(super) script: usize,
    pub(super) place: String,
    pub(super) prefix: String,
    pub(super) suffix: String,
    pub(super) cluster: String,
    /// The names that its steps for this need, so far as they may be kept.
    pub(super) names: Map<String, Json>,
}

/// Such lines, read.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// What `error` is in blocks whose `rescue` has begun.
    rescues: HashMap<String, Json>,
    /// How often steps were tried that were tried again.
    attempts: HashMap<String, u64>,
    /// In the order of the journal.
    pub(super) marks: Vec<Mark>,
    /// Steps that were undone by steps.
    pub(super) undone_steps: HashSet<String>,
    /// The run was undone, or some of it.
    pub(super) undone: bool,
}

impl Marks {
    /// Takes in a line that stands behind so many entries.
    pub(super) fn read(&mut self, kind: &str, line: &Json, at: usize) {
        if kind == "undoing" {
            self.undone = true;
        }
        let text = |key: &str| line.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let id = text("id");
        match kind {
            "rescue" => self.rescues.extend(line.get("error").map(|error| (id, error.clone()))),
            "attempt" => {
                // It begins at its beginning then.
                self.rescues.remove(&id);
                let number = line.get("attempt").and_then(Json::as_u64);
                self.attempts.extend(number.map(|number| (id, number)));
            }
            "undo"
                if !self.marks.iter().any(|mark| mark.id == id && matches!(mark.what, Marked::Begun(_))) =>
            {
                let script = line.get("script").and_then(Json::as_u64).unwrap_or_default();
                let begun = Begun {
                    script: usize::try_from(script).unwrap_or(usize::MAX),
                    place: text("place"),
                    prefix: text("prefix"),
                    suffix: text("suffix"),
                    cluster: text("cluster"),
                    names: line.get("names").and_then(Json::as_object).cloned().unwrap_or_default(),
                };
                self.marks.push(Mark { at, id, what: Marked::Begun(begun) });
            }
            "program" => {
                let undoing = Undoing::of(line.get("undo"));
                self.marks.push(Mark { at, id, what: Marked::Program(undoing) });
            }
            "undone" => drop(self.undone_steps.insert(id)),
            _ => {}
        }
    }

    /// Forgets what others have begun.
    pub(super) fn retain(&mut self, stays: &dyn Fn(&String) -> bool) {
        self.rescues.retain(|id, _| stays(id));
        self.attempts.retain(|id, _| stays(id));
    }
}

impl Journal {
    /// Whether something was done that is there to be undone.
    pub(super) fn has_changed(&self) -> bool {
        self.changed.load(Relaxed)
    }

    /// Notes that something was done.
    pub(super) fn note_change(&self) {
        self.changed.store(true, Relaxed);
    }

    /// Writes down that a block has failed and goes on in its `rescue`.
    pub(super) fn begin_rescue(&self, id: &str, error: &Value) -> Result<()> {
        self.put_down(&json!({"ev": "rescue", "id": id, "error": kept::value(error)}))
    }

    /// What `error` was in a block whose `rescue` an earlier run has begun. That is told once: when the block
    /// is tried again, it begins at its beginning.
    pub(super) fn rescue_before(&self, id: &str) -> Option<Value> {
        let error = self.known().marks.rescues.remove(id);
        error.map(|error| kept::value_of(&error))
    }

    /// Writes down that a step is tried again, and for which time.
    pub(super) fn attempt(&self, id: &str, number: u64) -> Result<()> {
        self.put_down(&json!({"ev": "attempt", "id": id, "attempt": number}))
    }

    /// How often an earlier run had tried a step when it began the attempt that is gone on with.
    pub(super) fn attempts_before(&self, id: &str) -> u64 {
        self.known().marks.attempts.get(id).map_or(0, |number| number.saturating_sub(1))
    }

    /// Writes down that a step begins that says by which steps it is undone.
    pub(super) fn begin_undoable(&self, id: &str, begun: &Begun) -> Result<()> {
        let Begun { script, place, prefix, suffix, cluster, names } = begun;
        self.put_down(&json!({"ev": "undo", "id": id, "script": script, "place": place, "prefix": prefix,
                              "suffix": suffix, "cluster": cluster, "names": names}))
    }

    /// Writes down that a program is about to be started.
    pub(super) fn program(&self, id: &str, undo: &Undoing) -> Result<()> {
        self.note_change();
        self.put_down(&json!({"ev": "program", "id": id, "undo": undo.kept()}))
    }

    /// Writes down that the run is about to be undone.
    pub(super) fn undoing(&self) -> Result<()> {
        self.put_down(&json!({"ev": "undoing"}))
    }

    /// Writes down that a step was undone by steps.
    pub(super) fn undone(&self, id: &str) -> Result<()> {
        self.put_down(&json!({"ev": "undone", "id": id}))
    }
}
