//! What a journal has beside writes and steps: how far blocks and attempts have come.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::journal::Journal;
use super::kept;
use crate::error::Result;
use crate::script::expr::Value;

/// Such lines, read.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// What `error` is in blocks whose `rescue` has begun.
    rescues: HashMap<String, Json>,
    /// How often steps were tried that were tried again.
    attempts: HashMap<String, u64>,
}

impl Marks {
    /// Takes in a line.
    pub(super) fn read(&mut self, kind: &str, line: &Json) {
        let Some(id) = line.get("id").and_then(Json::as_str) else { return };
        match kind {
            "rescue" => {
                self.rescues.extend(line.get("error").map(|error| (id.to_owned(), error.clone())));
            }
            "attempt" => {
                // It begins at its beginning then.
                self.rescues.remove(id);
                let number = line.get("attempt").and_then(Json::as_u64);
                self.attempts.extend(number.map(|number| (id.to_owned(), number)));
            }
            _ => {}
        }
    }

    /// Forgets the others.
    pub(super) fn retain(&mut self, stays: &dyn Fn(&String) -> bool) {
        self.rescues.retain(|id, _| stays(id));
        self.attempts.retain(|id, _| stays(id));
    }
}

impl Journal {
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
}
