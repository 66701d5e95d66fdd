//! One step: whether it is run, for what, how often, and what came of it.

use futures_util::future::BoxFuture;

use super::failed::{Ended, Failed};
use super::sessions::LookUps;

use super::{Frame, Runner, lock, text};

use crate::script::expr::{Expr, Fault, Scope, Value};
use crate::script::model::{Action, Step};
use crate::view::{Status, StepRow, Told};

/// What came of a step.
pub(super) struct Outcome {
    /// What it registers.
    pub(super) value: Value,
    pub(super) changed: bool,
    pub(super) failed: bool,
}

/// What a step registers that is not run.
pub(super) fn skipped() -> Value {
    Value::from_pairs([("skipped", true), ("changed", false), ("failed", false)])
}

/// Whether steps are in it, which are told one by one.
pub(super) fn is_container(step: &Step) -> bool {
    matches!(step.action, Action::Do(_) | Action::Parallel(_) | Action::Lock(_) | Action::Include(_))
}

/// What a step is called, if it has a name.
pub(super) async fn name_of(step: &Step, scope: &Scope) -> Result<Option<String>, Fault> {
    match &step.with.name {
        Some(slot) => Ok(Some(slot.get(scope).await?)),
        None => Ok(None),
    }
}

impl Frame<'_> {
    /// The identity of a step.
    pub(super) fn id(&self, step: &Step) -> String {
        format!("{}{}{}", self.prefix, step.place, self.suffix)
    }
}

impl<'a> Runner<'a> {
    /// Takes steps one after another.
    pub(super) fn steps<'s>(
        &'s self,
        steps: &'s [Step],
        scope: &'s mut Scope,
        frame: &'s Frame<'a>,
    ) -> BoxFuture<'s, Result<(), Ended>>
    where
        'a: 's,
    {
        Box::pin(async move {
            for step in steps {
                if let Some(kind) = self.halted().filter(|_| !frame.last) {
                    return Err(Ended::Interrupted(kind));
                }
                self.step(step, scope, frame).await?;
            }
            Ok(())
        })
    }

    /// Whether the command line chooses this step.
    fn is_chosen(&self, step: &Step, id: &str, frame: &Frame<'_>) -> bool {
        let own = step.with.id.as_deref();
        let reached = self.has_reached(id, own);
        if frame.last || is_container(step) {
            return true;
        }
        let args = self.args;
        let tags = || frame.tags.iter().chain(step.with.tags.iter().map(|tag| &tag.text));
        let only = args
            .only
            .as_deref()
            .is_none_or(|only| only == id || Some(only) == own || id.starts_with(&format!("{only}.")));
        reached
            && only
            && (frame.wanted.is_empty() || tags().any(|tag| frame.wanted.contains(tag)))
            && (args.tags.is_empty() || tags().any(|tag| args.tags.contains(tag)))
            && !tags().any(|tag| args.skip_tags.contains(tag))
    }

    /// Takes one step.
    pub(super) async fn step(&self, step: &Step, scope: &mut Scope, frame: &Frame<'a>) -> Result<(), Ended> {
        let id = frame.id(step);
        if !self.is_chosen(step, &id, frame) {
            return Ok(());
        }
        let with = &step.with;
        let mut frame = frame.clone();
        frame.tags.extend(with.tags.iter().map(|tag| tag.text.clone()));
        if let Some(on) = &with.on {
            frame.cluster.clone_from(&on.text);
        }
        frame.undo = frame.undo.within(with.undo.as_ref());
        let mut local = self.seen(scope, &id, &frame);
        if let Some(registered) = self.journal.as_ref().and_then(|journal| journal.register_before(&id)) {
            return self.restore(step, &id, registered, scope).await;
        }
        let name = match &with.for_each {
            Some(_) => None,
            None => name_of(step, &local).await?,
        };
        // What it has written since may have made the condition false.
        let several = is_container(step) || with.for_each.is_some();
        let begun = several && self.journal.as_ref().is_some_and(|journal| journal.begun_before(&id));
        let fits = match with.when.as_ref().filter(|_| !begun && !asks_of_items(step)) {
            Some(when) => when.truth(&local).await,
            None => Ok(true),
        };
        let asks = self.args.step && !begun && !frame.last && !is_container(step);
        let why = match fits {
            Err(fault) => return self.give_up(step, &id, name, Failed::from(fault)).await,
            Ok(false) => Some("when is false"),
            Ok(true) if asks && !self.is_wanted(step, &id, name.as_deref()).await? => Some("not wanted"),
            Ok(true) => None,
        };
        if let Some(why) = why {
            self.skip(step, &id, name, why, scope).await?;
            // What comes behind it may make its condition true.
            if let Some(journal) = &self.journal {
                journal.step(&id, "skipped", Some(&skipped()))?;
            }
            return Ok(());
        }
        if let Some(journal) = self.journal.as_ref().filter(|_| several && with.when.is_some() && !begun) {
            journal.begin_step(&id)?;
        }
        let result = match &with.for_each {
            Some(each) => self.each(step, each, &id, &local, &frame).await?,
            None => {
                let result = self.once(step, &id, name, &mut local, &frame).await?;
                // What steps inside have registered is seen behind them too.
                if is_container(step) || matches!(step.action, Action::Let(_) | Action::Txn(_)) {
                    text::merge(scope, &local);
                }
                result
            }
        };
        if let Some(register) = &with.register {
            if with.no_log.known() != Some(&false) {
                lock(&self.unlogged).insert(register.text.clone());
            }
            scope.set(&register.text, result.value.clone());
        }
        if !is_container(step) || with.for_each.is_some() {
            self.done(step, &id, &result, scope)?;
        }
        Ok(())
    }

    /// What expressions of a step see.
    pub(super) fn seen(&self, scope: &Scope, id: &str, frame: &Frame<'a>) -> Scope {
        let replay = self.journal.as_ref().and_then(|journal| journal.done_before(id));
        let live = LookUps {
            sessions: self.sessions.clone(),
            cluster: frame.cluster.clone(),
            replay,
            member: frame.member.clone(),
        };
        let mut seen = scope.with_live(std::sync::Arc::new(live));
        seen.draw_for(id, 0);
        seen
    }

    /// Writes down that a step is done.
    fn done(&self, step: &Step, id: &str, result: &Outcome, scope: &Scope) -> Result<(), Ended> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let status = if result.failed { "ignored" } else { "ok" };
        let secret = step.with.no_log.known().copied().unwrap_or_default();
        let lets = match &step.action {
            Action::Let(names) => Some(Value::from_pairs(
                names
                    .iter()
                    .filter_map(|(name, _)| Some((name.text.clone(), scope.get(&name.text)?.clone()))),
            )),
            _ => step.with.register.as_ref().map(|_| result.value.clone()),
        };
        Ok(journal.step(id, status, lets.as_ref().filter(|_| !secret))?)
    }

    /// Gives names the values that an earlier run has found, and tells that the step is done.
    async fn restore(
        &self,
        step: &Step,
        id: &str,
        registered: Option<Value>,
        scope: &mut Scope,
    ) -> Result<(), Ended> {
        match (&step.action, registered) {
            (Action::Let(names), Some(values)) => {
                for (name, _) in names.iter() {
                    if let Ok(value) = values.get_attr(&name.text) {
                        scope.set(&name.text, value);
                    }
                }
            }
            (_, Some(value)) => {
                if let Some(register) = &step.with.register {
                    scope.set(&register.text, value);
                }
            }
            _ => {}
        }
        let row = self.row(step, id, None, Status::Done, "done by an earlier run".into());
        Ok(self.tell(Told::Step(Box::new(row))).await?)
    }

    /// Gives names the values that an earlier run has found in steps that are not gone on with.
    pub(super) fn recall<'s>(
        &'s self,
        steps: &'s [Step],
        scope: &'s mut Scope,
        frame: &'s Frame<'a>,
    ) -> BoxFuture<'s, Result<(), Ended>>
    where
        'a: 's,
    {
        Box::pin(async move {
            for step in steps {
                let id = frame.id(step);
                match self.journal.as_ref().and_then(|journal| journal.register_before(&id)) {
                    Some(registered) => self.restore(step, &id, registered, scope).await?,
                    // What a loop or a script of its own finds within is not seen outside.
                    None if step.with.for_each.is_some() || matches!(step.action, Action::Include(_)) => {}
                    None => {
                        for inner in step.action.inner() {
                            self.recall(inner, scope, frame).await?;
                        }
                    }
                }
            }
            Ok(())
        })
    }

    pub(super) async fn skip(
        &self,
        step: &Step,
        id: &str,
        name: Option<String>,
        why: &str,
        scope: &mut Scope,
    ) -> Result<(), Ended> {
        if let Some(register) = &step.with.register {
            scope.set(&register.text, skipped());
        }
        let row = self.row(step, id, name, Status::Skipped, why.to_owned());
        Ok(self.tell(Told::Step(Box::new(row))).await?)
    }

    /// Tells that a step is not taken for an item; its result.
    pub(super) async fn skip_item(
        &self,
        step: &Step,
        id: &str,
        name: Option<String>,
    ) -> Result<Outcome, Ended> {
        let row = self.row(step, id, name, Status::Skipped, "when is false".to_owned());
        self.tell(Told::Step(Box::new(row))).await?;
        if let Some(journal) = &self.journal {
            journal.step(id, "skipped", Some(&skipped()))?;
        }
        Ok(Outcome { value: skipped(), changed: false, failed: false })
    }

    pub(super) fn row(
        &self,
        step: &Step,
        id: &str,
        name: Option<String>,
        status: Status,
        words: String,
    ) -> StepRow {
        StepRow {
            id: id.to_owned(),
            name,
            verb: step.verb(),
            status,
            words,
            error: None,
            place: self.loaded.sources.line(step.span),
            attempts: 1,
            duration: 0,
            result: None,
            output: String::new(),
        }
    }

    /// Tells that a step failed before it was run.
    async fn give_up(
        &self,
        step: &Step,
        id: &str,
        name: Option<String>,
        failed: Failed,
    ) -> Result<(), Ended> {
        let mut row = self.row(step, id, name, Status::Failed, failed.error.to_string());
        row.error = Some((failed.code.to_owned(), failed.error.to_string()));
        self.tell(Told::Step(Box::new(row))).await?;
        Err(Ended::from(self.placed(step, id, failed)))
    }
}

/// Whether `when` is about the items of a loop, and so to be asked for each of them.
pub(super) fn asks_of_items(step: &Step) -> bool {
    let item = step.with.item.as_ref().map_or("item", |name| name.text.as_str());
    let uses = |when: &Expr| when.uses(item) || when.uses("index");
    step.with.for_each.is_some() && step.with.when.as_ref().is_some_and(uses)
}
