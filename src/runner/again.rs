//! How long a step may take, how often it is tried, and which failures do not count.

use std::time::Duration;

use super::failed::{Ended, Failed};
use super::step::is_container;
use super::{Frame, Runner};
use crate::error::Kind;
use crate::script::expr::Scope;
use crate::script::model::{Action, FailureName, IgnoreErrors, Retry, Step};

/// How long a step may take unless something is said.
const USUAL: Duration = Duration::from_secs(30);
/// The same for one that may have much to do.
const LONG: Duration = Duration::from_secs(300);

impl Runner<'_> {
    pub(super) async fn limit(
        &self,
        step: &Step,
        local: &Scope,
        frame: &Frame<'_>,
    ) -> Result<Option<Duration>, Ended> {
        let defaults = frame.script.defaults.as_ref().and_then(|defaults| defaults.timeout.as_ref());
        // They keep to it themselves.
        if matches!(step.action, Action::Wait(_) | Action::Shell(_)) {
            return Ok(None);
        }
        if let Some(slot) = &step.with.timeout {
            return Ok(Some(slot.get(local).await?));
        }
        if is_container(step) {
            return Ok(None);
        }
        Ok(match (&step.action, defaults) {
            // They have times of their own.
            (
                Action::Wait(_) | Action::Watch(_) | Action::Sleep(_) | Action::Confirm(_) | Action::Shell(_),
                _,
            ) => None,
            (_, Some(slot)) => Some(slot.get(local).await?),
            (Action::Apply(_) | Action::Delete(_) | Action::Run(_), None) => Some(LONG),
            _ => Some(USUAL),
        })
    }

    pub(super) async fn is_ignored(
        &self,
        step: &Step,
        failed: &Failed,
        local: &Scope,
    ) -> Result<bool, Ended> {
        Ok(match &step.with.ignore_errors {
            None => false,
            Some(IgnoreErrors::All(slot)) => slot.get(local).await?,
            Some(IgnoreErrors::Named(names)) => {
                let mut ignored = false;
                for slot in names {
                    ignored |= names_failure(slot.get(local).await?, failed);
                }
                ignored
            }
        })
    }

    pub(super) async fn retry(&self, step: &Step, local: &Scope, frame: &Frame<'_>) -> Result<Again, Ended> {
        let defaults = frame.script.defaults.as_ref().and_then(|defaults| defaults.retry.as_ref());
        let mut again = Again {
            attempts: 1,
            delay: Duration::from_secs(1),
            max: Duration::from_secs(30),
            backoff: 2.0,
            jitter: true,
            on: Vec::new(),
            until: step.with.until.is_some() || matches!(step.action, Action::Assert(_)),
        };
        // Writing down each attempt of a block would make it another.
        match step.with.retry.as_ref().or(defaults.filter(|_| !is_container(step))) {
            None if step.with.until.is_some() => again.attempts = 30,
            None => {}
            Some(Retry::Attempts(slot)) => again.attempts = slot.get(local).await?.max(1),
            Some(Retry::Policy(policy)) => {
                again.attempts = policy.attempts.get(local).await?.max(1);
                again.delay = policy.delay.get(local).await?;
                again.max = policy.max_delay.get(local).await?;
                again.backoff = policy.backoff.get(local).await?.max(1.0);
                again.jitter = policy.jitter.get(local).await?;
                for slot in &policy.on {
                    again.on.push(slot.get(local).await?);
                }
            }
        }
        Ok(again)
    }
}

/// How a step is tried again.
pub(super) struct Again {
    pub(super) attempts: u64,
    delay: Duration,
    max: Duration,
    backoff: f64,
    jitter: bool,
    on: Vec<FailureName>,
    /// What is awaited may come true: that counts too.
    until: bool,
}

impl Again {
    /// Whether this failure is worth another attempt.
    pub(super) fn fits(&self, failed: &Failed) -> bool {
        if failed.is_final() {
            return false;
        }
        match self.on.as_slice() {
            [] => failed.is_transient() || self.until && matches!(failed.code, "TIMEOUT" | "ASSERT"),
            names => names.iter().any(|name| names_failure(*name, failed)),
        }
    }

    /// The pause behind this attempt.
    pub(super) fn pause(&self, attempt: u64) -> Duration {
        let power = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = (self.delay.as_secs_f64() * self.backoff.powi(power)).min(self.max.as_secs_f64());
        let share = if self.jitter { 0.75 + fastrand::f64() / 2.0 } else { 1.0 };
        Duration::try_from_secs_f64(seconds * share).unwrap_or(self.max)
    }
}

fn names_failure(name: FailureName, failed: &Failed) -> bool {
    match name {
        FailureName::Any => true,
        FailureName::Transient => failed.is_transient(),
        FailureName::Conflict => failed.error.kind() == Kind::Conflict,
        name => name.word() == failed.code,
    }
}
