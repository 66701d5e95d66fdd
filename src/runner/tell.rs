//! What a run tells: at once, or several rows together.

use std::sync::Mutex;

use super::{Runner, lock, text};
use crate::error::Result;
use crate::render::Format;
use crate::script::model::Step;
use crate::view::{Counts, Row, RunRow, StepRow, Told};

/// What was told.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    pub(super) steps: Vec<StepRow>,
}

/// Rows that are told together when all of them are known.
#[derive(Default)]
pub(super) struct Held {
    rows: Vec<Row>,
    /// Those who keep them back.
    holders: usize,
}

/// Keeps back what is told, as long as it lives.
pub(super) struct Holding<'r>(&'r Mutex<Held>);

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        lock(self.0).holders -= 1;
    }
}

impl Runner<'_> {
    /// Tells something, with what is secret masked.
    pub(super) async fn tell(&self, mut told: Told) -> Result<()> {
        text::mask(&mut told, &lock(&self.secrets));
        if let Told::Step(step) = &told {
            let mut tally = lock(&self.told);
            text::count(&mut tally.counts, step.status);
            if self.args.junit.is_some() || self.args.tap.is_some() || self.args.github {
                tally.steps.push((**step).clone());
            }
        }
        let time = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let row = Row::Run(RunRow { time, told });
        lock(&self.held).rows.push(row);
        self.tell_held().await
    }

    /// Keeps back what is told from now on, to tell it at once.
    pub(super) fn hold(&self) -> Holding<'_> {
        lock(&self.held).holders += 1;
        Holding(&self.held)
    }

    /// Tells what was kept back, unless somebody still does so.
    pub(super) async fn tell_held(&self) -> Result<()> {
        let rows = {
            let mut held = lock(&self.held);
            if held.holders > 0 { Vec::new() } else { std::mem::take(&mut held.rows) }
        };
        if rows.is_empty() { Ok(()) } else { self.with.out.rows(rows).await }
    }

    /// Whether anybody sees all that a step results in.
    pub(super) fn is_told(&self, step: &Step) -> bool {
        step.with.register.is_some() || self.with.globals.output != Format::Human
    }
}
