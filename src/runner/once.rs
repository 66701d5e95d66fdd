//! One execution of a step: its attempts, and what came of it.

use std::time::Duration;

use tokio::time::Instant;

use super::failed::{Ended, Failed};
use super::step::{Outcome, is_container, skipped};
use super::verbs::Done;
use super::{Frame, Runner, text};
use crate::error::Error;
use crate::script::expr::{Scope, Value};
use crate::script::model::{Action, CheckMode, Step};
use crate::view::{Status, Told};

const SECOND: Duration = Duration::from_secs(1);

impl<'a> Runner<'a> {
    /// Takes a step for one item, or for none.
    pub(super) async fn once(
        &self,
        step: &Step,
        id: &str,
        name: Option<String>,
        local: &mut Scope,
        frame: &Frame<'a>,
    ) -> Result<Outcome, Ended> {
        let begun = Instant::now();
        let mode = step.with.check_mode.get(local).await?;
        if self.args.check && mode == CheckMode::Never {
            let mut unseen = local.clone();
            self.skip(step, id, name, "not in check mode", &mut unseen).await?;
            return Ok(Outcome { value: skipped(), changed: false, failed: false });
        }
        let secret = step.with.no_log.get(local).await?;
        if let Some(slot) = &step.with.confirm {
            let question = slot.get(local).await?;
            if let Err(refused) = self.confirm(question).await {
                return self.conclude(step, (id, name, secret), (1, 0), Err(refused), local).await;
            }
        }
        let within = self.begin_undoable(step, id, secret, local, frame)?;
        let frame = within.as_ref().unwrap_or(frame);
        let retry = self.retry(step, local, frame).await?;
        let mut attempt = 0;
        // One that is gone on with in its third attempt is to come to the names that it had drawn there.
        let before = self.journal.as_ref().map_or(0, |journal| journal.attempts_before(id));
        local.draw_for(id, before);
        let outcome = loop {
            attempt += 1;
            local.forget();
            if let Some(journal) = self.journal.as_ref().filter(|_| attempt > 1) {
                journal.attempt(id, before + attempt)?;
            }
            let work = self.attempt(step, id, local, frame, secret);
            let outcome = self.shown(step, id, name.as_deref(), begun, work).await;
            let again = match &outcome {
                Err(Ended::Failed(failed)) => attempt < retry.attempts && retry.fits(failed),
                _ => false,
            };
            let Err(Ended::Failed(failed)) = &outcome else { break outcome };
            if !again {
                break outcome;
            }
            let error = failed.error.to_string();
            self.tell(Told::Attempt { id: id.to_owned(), attempt, error }).await?;
            let pause =
                self.shown(step, id, name.as_deref(), begun, tokio::time::sleep(retry.pause(attempt)));
            tokio::select! {
                () = pause => {}
                kind = self.halting(), if !frame.last => break Err(Ended::Interrupted(kind)),
            }
        };
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.conclude(step, (id, name, secret), (attempt, took), outcome, local).await
    }

    /// Does something, and tells people on a terminal from second to second that it is under way.
    async fn shown<T>(
        &self,
        step: &Step,
        id: &str,
        name: Option<&str>,
        begun: Instant,
        work: impl Future<Output = T>,
    ) -> T {
        // Steps inside it are told themselves, and a question is to stand.
        if !self.with.watched || is_container(step) || matches!(step.action, Action::Confirm(_)) {
            return work.await;
        }
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::time::sleep(SECOND) => {
                    let (id, name) = (id.to_owned(), name.unwrap_or(step.verb()).to_owned());
                    // Who has closed the terminal will be noticed by the next row.
                    let _ = self.tell(Told::UnderWay { id, name, seconds: begun.elapsed().as_secs() }).await;
                }
            }
        }
    }

    /// Tells what came of a step.
    pub(super) async fn conclude(
        &self,
        step: &Step,
        (id, name, secret): (&str, Option<String>, bool),
        (attempts, duration): (u64, u64),
        outcome: Result<Done, Ended>,
        local: &Scope,
    ) -> Result<Outcome, Ended> {
        let (mut done, failed) = match outcome {
            Ok(done) => (done, None),
            Err(Ended::Failed(failed)) => (Done::default(), Some(*failed)),
            Err(other) => return Err(other),
        };
        let ignored = match &failed {
            Some(failed) => self.is_ignored(step, failed, local).await?,
            None => false,
        };
        let status = match (&failed, ignored) {
            (Some(_), true) => Status::Ignored,
            (Some(_), false) => Status::Failed,
            (None, _) if done.skipped => Status::Skipped,
            (None, _) if done.changed => Status::Changed,
            (None, _) => Status::Ok,
        };
        let hidden = |text: String| if secret { "(hidden)".to_owned() } else { text };
        let words = match &failed {
            Some(failed) => failed.error.to_string(),
            None => hidden(done.words.clone()),
        };
        let value = match &step.with.register {
            Some(_) => text::result(&done, failed.as_ref(), attempts, duration, self.args.check),
            None => Value::UNDEFINED,
        };
        for change in std::mem::take(&mut done.changes) {
            self.tell(Told::Change { id: id.to_owned(), change: Box::new(change) }).await?;
        }
        // A block has told its steps already.
        let tells = !is_container(step) || failed.as_ref().is_some_and(|failed| failed.at.is_none());
        if tells {
            let mut row = self.row(step, id, name, status, words);
            row.attempts = attempts;
            row.output = if secret { String::new() } else { done.output.clone() };
            row.duration = duration;
            row.error = failed.as_ref().map(|failed| (failed.code.to_owned(), failed.error.to_string()));
            row.result =
                (!secret && !done.fields.is_empty() && self.is_told(step)).then(|| text::shown(&done));
            self.tell(Told::Step(Box::new(row))).await?;
        }
        match failed.filter(|_| !ignored) {
            None => Ok(Outcome { value, changed: done.changed, failed: ignored }),
            Some(failed) => {
                if let Some(journal) = &self.journal
                    && tells
                {
                    journal.step(id, "failed", None)?;
                }
                Err(Ended::from(self.placed(step, id, failed)))
            }
        }
    }

    /// Says which step failed, unless that is said already.
    pub(super) fn placed(&self, step: &Step, id: &str, mut failed: Failed) -> Failed {
        let span = failed.span.unwrap_or(step.span);
        failed.at.get_or_insert_with(|| (self.loaded.sources.place(span), id.to_owned()));
        failed
    }

    /// Takes a step once, within its time, and looks whether it has failed or changed something.
    pub(super) async fn attempt(
        &self,
        step: &Step,
        id: &str,
        local: &mut Scope,
        frame: &Frame<'a>,
        secret: bool,
    ) -> Result<Done, Ended> {
        local.next_attempt();
        let limit = self.limit(step, local, frame).await?;
        let work = self.act(step, id, local, frame, secret);
        let mut done = match limit {
            Some(limit) => match tokio::time::timeout(limit, work).await {
                Ok(done) => done?,
                Err(_) => {
                    let time = humantime::format_duration(limit);
                    return Err(Ended::from(Failed::timeout(format!("it took longer than {time}"))));
                }
            },
            None => work.await?,
        };
        let with = &step.with;
        if with.until.is_none() && with.failed_when.is_none() && with.changed_when.is_none() {
            return Ok(done);
        }
        let value = text::result(&done, None, 1, 0, self.args.check);
        let mut seen = local.clone();
        seen.set("result", value.clone());
        if let Some(register) = &with.register {
            seen.set(&register.text, value);
        }
        if let Some(expr) = &with.changed_when {
            done.changed = expr.truth(&seen).await?;
        }
        if let Some(expr) = &with.failed_when
            && expr.truth(&seen).await?
        {
            return Err(Ended::from(Failed::fail(format!("failed_when is true: {}", expr.source))));
        }
        if let Some(expr) = &with.until
            && !expr.truth(&seen).await?
        {
            return Err(Ended::from(Failed::timeout(format!("until is not true: {}", expr.source))));
        }
        Ok(done)
    }

    /// Asks, unless somebody has answered beforehand.
    pub(super) async fn confirm(&self, question: String) -> Result<(), Ended> {
        if self.args.check || self.with.globals.yes {
            return Ok(());
        }
        self.with.out.flush().await?;
        match self.with.asker.confirm(question.clone()).await {
            Some(true) => Ok(()),
            Some(false) => Err(Ended::from(Failed::usage(format!("not confirmed: {question}")))),
            None => {
                let error = Error::usage(format!("not confirmed: {question}"));
                Err(Ended::from(error.hint("add --yes to do it without being asked")))
            }
        }
    }
}
