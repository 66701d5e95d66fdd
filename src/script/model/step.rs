//! Steps, blocks and what modifies them.

use std::time::Duration;

use super::{Action, CheckMode, FailureName, Name, Slot, Tree};
use crate::script::decode::define;
use crate::script::expr::Expr;
use crate::script::glob::Glob;
use crate::script::source::Span;
use crate::znode::ZPath;

/// A step: one verb, and what modifies it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it stands.
    pub span: Span,
    /// Its place among the steps of its file: `3`, `3.1`, `3.rescue.1`, `finally.1`. With the place of the
    /// `include` that led to the file before it, and the key of the loop behind it, it is the step's identity.
    pub place: String,
    /// What it does.
    pub action: Action,
    /// What modifies it.
    pub with: Modifiers,
}

impl Step {
    /// The verb, as it is written.
    pub fn verb(&self) -> &'static str {
        self.action.verb()
    }

    /// What it is called where something is wrong: its place, and its name where that is known.
    pub fn label(&self) -> String {
        match self.with.name.as_ref().and_then(|name| name.known()) {
            Some(name) => format!("step {} \"{name}\"", self.place),
            None => format!("step {}", self.place),
        }
    }
}

define! {
    /// What modifies a step, whatever its verb.
    Modifiers {
        /// What people call it.
        "name" name: Option<Slot<String>>;
        /// Its name for `--only` and `--from`.
        "id" id: Option<String>;
        /// Whether it is run at all: an expression that is true or false.
        "when" when: Option<Expr>;
        /// Runs it once for each item: a list, a mapping, an expression, or one of `{children: PATH}`,
        /// `{glob: PATTERN}` and `{range: [FROM, TO]}`.
        "for_each" for_each: Option<ForEach>;
        /// What the item is called.
        "as" item: Option<Name>;
        /// How many items of `for_each` are worked on at once.
        "parallel" parallel: Option<Slot<u64>>;
        /// The name under which later steps see the result.
        "register" register: Option<Name>;
        /// The cluster it works on.
        "on" on: Option<Name>;
        /// How long it may take, with all attempts.
        "timeout" timeout: Option<Slot<Duration>>;
        /// How often it is tried, or more precisely when and how.
        "retry" retry: Option<Retry>;
        /// Repeats it until this expression over its result is true.
        "until" until: Option<Expr>;
        /// Goes on after its failure, or after those failures.
        "ignore_errors" ignore_errors: Option<IgnoreErrors>;
        /// Whether it has failed: an expression over its result.
        "failed_when" failed_when: Option<Expr>;
        /// Whether it has changed something: an expression over its result.
        "changed_when" changed_when: Option<Expr>;
        /// What it does under `--check`.
        "check_mode" check_mode: Slot<CheckMode> = "auto";
        /// Words by which `--tags` and `--skip-tags` choose steps.
        "tags" tags: Vec<Name>;
        /// Keeps its data out of output and journal.
        "no_log" no_log: Slot<bool> = "false";
        /// Asks before it is run.
        "confirm" confirm: Option<Slot<String>>;
        /// How it is undone: auto, none, or by steps.
        "undo" undo: Option<Undo>;
    }
}

/// Steps, one at least.
#[derive(Clone, Debug)]
pub struct Steps(pub Vec<Step>);

/// `do`, with `rescue` and `always`.
#[derive(Clone, Debug)]
pub struct Block {
    /// What is done.
    pub steps: Vec<Step>,
    /// What is done when that fails; `error` is defined in it.
    pub rescue: Vec<Step>,
    /// What is done at the end, whatever happened.
    pub always: Vec<Step>,
}

define! {
    /// Runs steps at the same time; none may read what another registers.
    Parallel {
        /// How many at once.
        "limit" limit: Slot<u64> = "8";
        /// Whether those that have not begun are left out when one fails.
        "fail_fast" fail_fast: Slot<bool> = "true";
        /// The steps.
        "steps" steps: Steps;
    }
}

/// What a step is run for.
#[derive(Clone, Debug)]
pub enum ForEach {
    /// The items of a list or a mapping.
    Items(Tree),
    /// What an expression results in.
    Expr(Expr),
    /// The names of the children of a znode.
    Children(Slot<ZPath>),
    /// The paths that match.
    Glob(Slot<Glob>),
    /// The numbers from the first to the second, which is included.
    Range(Slot<i64>, Slot<i64>),
}

/// How a step is tried again.
#[derive(Clone, Debug)]
pub enum Retry {
    /// Attempts, the first included; all else as usual.
    Attempts(Slot<u64>),
    /// In detail.
    Policy(Box<RetryPolicy>),
}

define! {
    /// How a step is tried again.
    RetryPolicy {
        /// How often, the first time included.
        "attempts" attempts: Slot<u64>;
        /// The pause before the second attempt.
        "delay" delay: Slot<Duration> = "1s";
        /// No pause is longer.
        "max_delay" max_delay: Slot<Duration> = "30s";
        /// By what each pause is longer than the one before.
        "backoff" backoff: Slot<f64> = "2";
        /// Whether pauses vary, so that many do not come back at the same moment.
        "jitter" jitter: Slot<bool> = "true";
        /// After which failures; those of arguments and permissions never.
        "on" on: Vec<Slot<FailureName>>;
    }
}

/// Which failures do not count.
#[derive(Clone, Debug)]
pub enum IgnoreErrors {
    /// All or none.
    All(Slot<bool>),
    /// These.
    Named(Vec<Slot<FailureName>>),
}

/// How a step is undone.
#[derive(Clone, Debug)]
pub enum Undo {
    /// By what was there before.
    Auto,
    /// Not at all.
    None,
    /// By these steps.
    Steps(Vec<Step>),
}

/// All steps with those in them, in the order of the file; those by which others are undone are not among them.
pub fn places<'a>(steps: &'a [Step], visit: &mut dyn FnMut(&'a Step)) {
    for step in steps {
        visit(step);
        for inner in step.action.inner() {
            places(inner, visit);
        }
    }
}

/// All steps with those in them and those by which they are undone.
pub(super) fn places_and_undo<'a>(steps: &'a [Step], visit: &mut dyn FnMut(&'a Step)) {
    places(steps, &mut |step| {
        visit(step);
        if let Some(Undo::Steps(steps)) = &step.with.undo {
            places_and_undo(steps, visit);
        }
    });
}
