//! `--step`: somebody is asked before each step.

use super::Runner;
use super::failed::{Ended, Failed};
use crate::error::{Error, Kind};
use crate::script::model::{Slot, Step};

/// What can be answered.
const ANSWERS: &str = "[y]es, [n]o, [a]ll that are left, [q]uit:";

impl Runner<'_> {
    /// Whether a step is to be taken, as somebody says who is asked. Steps that run at the same time ask one
    /// after another.
    pub(super) async fn is_wanted(&self, step: &Step, id: &str, name: Option<&str>) -> Result<bool, Ended> {
        let mut asks = self.asks.lock().await;
        if !*asks {
            return Ok(true);
        }
        if let Some(kind) = self.halted() {
            return Err(Ended::Interrupted(kind));
        }
        self.with.out.flush().await?;
        let (file, line) = self.loaded.sources.line(step.span);
        // That of a loop has a value for each item only.
        let name = name.map(ToOwned::to_owned).or_else(|| step.with.name.as_ref().map(Slot::written));
        let name = name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
        let question = format!("{id} {}{name} ({file}:{line})? {ANSWERS}", step.verb());
        loop {
            let answer = tokio::select! {
                answer = self.with.asker.line(question.clone()) => answer,
                kind = self.halting() => return Err(Ended::Interrupted(kind)),
            };
            let Some(answer) = answer else {
                let error = Error::usage("--step asks before each step, and nobody answers");
                return Err(Ended::from(Failed::from(error)));
            };
            match answer.trim().to_ascii_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                "a" | "all" => {
                    *asks = false;
                    return Ok(true);
                }
                "q" | "quit" => return Err(Ended::Interrupted(Kind::Interrupted)),
                _ => {}
            }
        }
    }
}
