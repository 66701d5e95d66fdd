//! Steps that say by which steps they are undone.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use super::failed::{Ended, Failed};
use super::journal::Journal;
use super::marks::{Begun, Undoing};
use super::recorder::Recording;
use super::{Frame, Runner, kept, lock, text, world};
use crate::error::{Error, Result};
use crate::script::expr::Scope;
use crate::script::model::{Script, Step, Undo};

impl<'a> Runner<'a> {
    /// Writes down that a step begins that says by which steps it is undone, unless one around it does; the
    /// frame that is its own then.
    pub(super) fn begin_undoable(
        &self,
        step: &Step,
        id: &str,
        secret: bool,
        local: &Scope,
        frame: &Frame<'a>,
    ) -> Result<Option<Frame<'a>>> {
        let Some(Undo::Steps(_)) = step.with.undo else { return Ok(None) };
        let Some(journal) = self.journal.as_ref().filter(|_| !matches!(frame.undo, Undoing::Step(_))) else {
            return Ok(None);
        };
        let mut begun = Begun {
            script: self.number(frame.script),
            place: step.place.clone(),
            prefix: frame.prefix.clone(),
            suffix: frame.suffix.clone(),
            cluster: frame.cluster.clone(),
            ..Begun::default()
        };
        let own = step.with.register.as_ref().map(|name| &name.text);
        let names = self.loaded.undo_names.get(&step.place).into_iter().flatten();
        let names = names.filter(|name| Some(*name) != own);
        for name in names.filter(|name| !secret && !matches!(name.as_str(), "run" | "script")) {
            if lock(&self.unlogged).contains(name) {
                continue;
            }
            let Some(value) = local.get(name).map(kept::value) else { continue };
            let shown = value.to_string();
            if !lock(&self.secrets).iter().any(|secret| shown.contains(secret.as_str())) {
                begun.names.insert(name.clone(), value);
            }
        }
        journal.begin_undoable(id, &begun)?;
        Ok(Some(Frame { undo: Undoing::Step(id.to_owned()), ..frame.clone() }))
    }

    /// What a script is called in a journal.
    fn number(&self, script: &Script) -> usize {
        let place = self.loaded.included.iter().position(|(_, included)| std::ptr::eq(included, script));
        place.map_or(0, |place| place + 1)
    }

    /// One that undoes what this one has done. What it writes is known afterwards, and in no journal that
    /// would be undone itself.
    pub(super) async fn undoer(&self, scope: &Scope) -> Result<Self> {
        let limits = text::limits(self.loaded, scope).await;
        let limits = limits.map_err(|failed| text::explain(failed, &self.loaded.sources))?;
        let journal = Some(Arc::new(Journal::in_memory(&self.beginning.run)));
        Ok(Self {
            loaded: self.loaded,
            args: self.args,
            with: self.with,
            sessions: Arc::clone(&self.sessions),
            recording: Recording {
                limits: Arc::new(limits),
                journal: journal.clone(),
                diff: self.recording.diff,
            },
            journal,
            settings: self.settings.clone(),
            halt: self.halt.clone(),
            begun: self.begun,
            beginning: self.beginning.clone(),
            secrets: Mutex::new(lock(&self.secrets).clone()),
            unlogged: Mutex::default(),
            shell: self.shell,
            told: Mutex::default(),
            held: Mutex::default(),
            reached: AtomicBool::new(true),
            asks: tokio::sync::Mutex::new(false),
        })
    }

    /// Undoes a step by the steps that it says for that; why it is not undone, if it is not. `registered` is what
    /// it has registered, if anything.
    pub(super) async fn undo_by_steps(
        &self,
        begun: &Begun,
        registered: Option<&Json>,
        scope: &Scope,
    ) -> Result<Result<(), String>> {
        let gone = || Error::usage("the journal names a step that the script does not have");
        let (script, mut seen) = match begun.script.checked_sub(1) {
            None => (&self.loaded.script, scope.clone()),
            Some(place) => {
                let (path, script) = self.loaded.included.get(place).ok_or_else(gone)?;
                let directory = path.parent().unwrap_or(Path::new(""));
                // Nothing of the script around it but what was kept.
                let mut fresh = Scope::new(Arc::new(world(self.with, directory, &self.beginning)));
                for name in ["run", "script"] {
                    if let Some(value) = scope.get(name) {
                        fresh.set(name, value.clone());
                    }
                }
                (script, fresh)
            }
        };
        for (name, value) in &begun.names {
            seen.set(name, kept::value_of(value));
        }
        let mut found = None;
        let mut visit = |step: &'a Step| match &step.with.undo {
            Some(Undo::Steps(steps)) if step.place == begun.place => found = Some((step, steps)),
            _ => {}
        };
        script.each_step(&mut visit);
        let (step, steps) = found.ok_or_else(gone)?;
        if let (Some(register), Some(registered)) = (&step.with.register, registered) {
            seen.set(&register.text, kept::value_of(registered));
        }
        let frame = Frame {
            prefix: begun.prefix.clone(),
            suffix: begun.suffix.clone(),
            cluster: begun.cluster.clone(),
            last: true,
            ..self.frame(script)
        };
        Ok(match self.steps(steps, &mut seen, &frame).await {
            Ok(()) | Err(Ended::Stop(_)) => Ok(()),
            Err(Ended::Failed(failed)) => Err(why(*failed)),
            Err(Ended::Interrupted(kind)) => return Err(Error::new(kind, "interrupted while it was undone")),
        })
    }
}

/// What failed, in which step.
fn why(failed: Failed) -> String {
    match &failed.at {
        Some((_, step)) => format!("step {step}: {}", failed.error),
        None => failed.error.to_string(),
    }
}
