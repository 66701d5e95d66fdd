//! The writes that a script certainly makes, so that a guard that allows fewer is told before the first.

use super::lines;
use crate::script::model::{
    Action, Ephemerals, Exists, ForEach, IgnoreErrors, Missing, OnFailure, OpKind, Script, Step, TreeKind,
    Txn, places,
};
use crate::script::{Loaded, Problem};
use crate::store::Write;
use crate::znode::text::count;

/// The fewest writes of a run that neither fails nor leaves out steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Least {
    pub(super) changes: u64,
    /// Those among them that delete.
    pub(super) deletes: u64,
}

impl Least {
    const NONE: Self = Self { changes: 0, deletes: 0 };
    const CHANGE: Self = Self { changes: 1, deletes: 0 };
    const DELETE: Self = Self { changes: 1, deletes: 1 };

    fn add(&mut self, other: Self) {
        self.changes = self.changes.saturating_add(other.changes);
        self.deletes = self.deletes.saturating_add(other.deletes);
    }

    fn times(self, count: u64) -> Self {
        Self { changes: self.changes.saturating_mul(count), deletes: self.deletes.saturating_mul(count) }
    }

    /// Of a script, with what it includes.
    pub(super) fn of(loaded: &Loaded) -> Self {
        let script = &loaded.script;
        let stops = script.on_failure.as_ref().map(|slot| slot.known().copied());
        if let Some(None | Some(OnFailure::Continue)) = stops {
            return Self::NONE;
        }
        of_script(script, loaded).0
    }

    /// What is wrong where no more than so many are allowed.
    pub(super) fn problem(
        self,
        loaded: &Loaded,
        max_changes: Option<u64>,
        max_deletes: Option<u64>,
    ) -> Option<Problem> {
        let guard = loaded.script.guard.as_ref()?;
        let (least, what, key, max, span) = match (max_changes, max_deletes) {
            (Some(max), _) if max < self.changes => {
                (self.changes, "change", "max_changes", max, guard.max_changes.span)
            }
            (_, Some(max)) if max < self.deletes => {
                (self.deletes, "delete", "max_deletes", max, guard.max_deletes.span)
            }
            _ => return None,
        };
        let made = count(usize::try_from(least).unwrap_or(usize::MAX), what);
        let message = format!("the steps make at least {made}, and the guard allows {max}");
        let label = format!("`{key}: {least}` is the least that lets it come to its end");
        Some(Problem::new("E0206", span, message).label(label))
    }
}

/// What a list of steps makes, and whether the run may come to its end within it.
type Made = (Least, bool);

fn of_script(script: &Script, loaded: &Loaded) -> Made {
    let (mut least, ends) = of_steps(script.steps(), loaded);
    least.add(of_steps(script.finally(), loaded).0);
    (least, ends)
}

fn of_steps(steps: &[Step], loaded: &Loaded) -> Made {
    let mut all = Least::NONE;
    for step in steps {
        let (least, ends) = of_step(step, loaded);
        all.add(least);
        if ends {
            return (all, true);
        }
    }
    (all, false)
}

/// How often a step is certainly taken, as far as that is known.
fn times(step: &Step) -> u64 {
    let with = &step.with;
    let fails = match &with.ignore_errors {
        None => true,
        Some(IgnoreErrors::All(slot)) => slot.known() == Some(&false),
        Some(IgnoreErrors::Named(_)) => false,
    };
    if with.when.is_some() || with.failed_when.is_some() || !fails {
        return 0;
    }
    match &with.for_each {
        None => 1,
        Some(ForEach::Range(from, to)) => match (from.known(), to.known()) {
            (Some(from), Some(to)) => u64::try_from(to.saturating_sub(*from).saturating_add(1)).unwrap_or(0),
            _ => 0,
        },
        Some(ForEach::Items(tree)) => match &tree.kind {
            TreeKind::List(items) => items.len() as u64,
            TreeKind::Map(entries) => entries.len() as u64,
            _ => 0,
        },
        Some(_) => 0,
    }
}

fn of_step(step: &Step, loaded: &Loaded) -> Made {
    let (least, ends) = of_action(&step.action, loaded);
    match times(step) {
        0 => (Least::NONE, ends || may_stop(std::slice::from_ref(step), loaded)),
        // A run that ends within the loop does not take all of its turns.
        _ if ends => (least, true),
        times => (least.times(times), false),
    }
}

fn of_action(action: &Action, loaded: &Loaded) -> Made {
    let least = match action {
        Action::Do(block) => {
            let (mut least, mut ends) = of_steps(&block.steps, loaded);
            if !block.rescue.is_empty() {
                // It may fail at its first step, and be none the worse for it.
                least = Least::NONE;
                ends |= may_stop(&block.rescue, loaded);
            }
            let (always, end) = of_steps(&block.always, loaded);
            least.add(always);
            return (least, ends || end);
        }
        Action::Parallel(parallel) => {
            if may_stop(&parallel.steps.0, loaded) {
                return (Least::NONE, true);
            }
            return of_steps(&parallel.steps.0, loaded);
        }
        Action::Lock(lock) => return of_steps(&lock.steps.0, loaded),
        Action::Include(include) => {
            let Some(script) = loaded.include(include) else { return (Least::NONE, false) };
            let (least, ends) = of_script(script, loaded);
            return (if include.tags.is_empty() { least } else { Least::NONE }, ends);
        }
        Action::Txn(txn) => {
            return (of_txn(txn), may_stop(txn.otherwise.as_ref().map_or(&[], |steps| &steps.0), loaded));
        }
        Action::Stop(_) => return (Least::NONE, true),
        Action::Create(create) if create.exists.known() == Some(&Exists::Fail) => Least::CHANGE,
        Action::Set(set) if set.if_changed.known() == Some(&false) => Least::CHANGE,
        Action::Delete(delete)
            if delete.path.is_some()
                && delete.missing.known() == Some(&Missing::Fail)
                && matches!(delete.ephemerals.known(), Some(Ephemerals::Fail | Ephemerals::Delete)) =>
        {
            Least::DELETE
        }
        Action::Run(run) => {
            let mut least = Least::NONE;
            for command in
                run.lines.iter().filter_map(|slot| slot.known()).flat_map(|text| lines::commands(text))
            {
                least.add(match command.single().map(|single| single.write) {
                    Some(Write::Delete { .. }) => Least::DELETE,
                    Some(_) => Least::CHANGE,
                    None => Least::NONE,
                });
            }
            least
        }
        _ => Least::NONE,
    };
    (least, false)
}

/// Its writes, where it fails unless all of them are made.
fn of_txn(txn: &Txn) -> Least {
    let fails = match &txn.fail {
        Some(slot) => slot.known() == Some(&true),
        None => txn.otherwise.is_none(),
    };
    let mut least = Least::NONE;
    if !txn.guards.is_empty() && !fails {
        return least;
    }
    for op in &txn.ops {
        least.add(match op.kind {
            OpKind::Create(_) | OpKind::Set(_) => Least::CHANGE,
            OpKind::Delete(_) => Least::DELETE,
            OpKind::Check(_) => Least::NONE,
        });
    }
    least
}

/// Whether a `stop` is among the steps or in what they include.
fn may_stop(steps: &[Step], loaded: &Loaded) -> bool {
    let mut found = false;
    places(steps, &mut |step| {
        found |= match &step.action {
            Action::Stop(_) => true,
            Action::Include(include) => loaded
                .include(include)
                .is_some_and(|script| may_stop(script.steps(), loaded) || may_stop(script.finally(), loaded)),
            _ => false,
        };
    });
    found
}
