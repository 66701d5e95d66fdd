//! Verbs that do not change znodes themselves: waiting, Kafka's state, locks, programs, other scripts.

use std::time::Duration;

use super::{Name, Named, Slot, Steps, Tree, WaitFor, WatchMode};
use crate::script::decode::{Fields, define};
use crate::script::expr::Expr;
use crate::script::source::Span;
use crate::znode::ZPath;

define! {
    /// Waits, by watches, until something is so.
    Wait check for_or_until {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// For what: that it exists, is absent, or that its data or children change.
        "for" what: Option<Slot<WaitFor>>;
        /// Until this expression over `node` is true.
        "until" until: Option<Expr>;
        /// How long at most.
        "timeout" timeout: Slot<Duration> = "5m";
        /// How long it must have been so.
        "stable_for" stable_for: Slot<Duration> = "0s";
        /// Whether changes below count too.
        "recursive" recursive: Slot<bool> = "false";
    }
}

fn for_or_until(wait: &Wait, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    if wait.what.is_some() != wait.until.is_some() {
        return Some(());
    }
    let span = fields.span().before();
    fields.cx.problem(span, "E0103", "`wait` wants either `for` or `until`").label("give it one of them");
    None
}

define! {
    /// Prints what happens to a znode.
    Watch short "path" {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// What counts.
        "mode" mode: Slot<WatchMode> = "persistent-recursive";
        /// How long.
        "duration" duration: Option<Slot<Duration>>;
        /// How many events.
        "count" count: Option<Slot<u64>>;
        /// Until this expression over `event` is true.
        "until" until: Option<Expr>;
    }
}

define! {
    /// Waits until the server has seen everything that was done before.
    Sync short "path" {
        /// The znode.
        "path" path: Slot<ZPath>;
    }
}

define! {
    /// Looks whether a Kafka cluster is as it should be.
    Kafka check any_check {
        /// Brokers that must be registered.
        "brokers_online" brokers_online: Vec<Slot<i64>>;
        /// The broker that must be controller, or `any`.
        "controller" controller: Option<Slot<String>>;
        /// Partitions that may lack replicas.
        "under_replicated_max" under_replicated_max: Option<Slot<u64>>;
        /// A topic that must be there.
        "topic" topic: Option<TopicCheck>;
        /// A broker that must lead no partition.
        "no_leaders_on" no_leaders_on: Option<Slot<i64>>;
        /// A broker that must hold no replica.
        "no_replicas_on" no_replicas_on: Option<Slot<i64>>;
        /// A consumer group that must be quiet.
        "group_inactive" group_inactive: Option<GroupInactive>;
        /// A consumer group to delete.
        "delete_group" delete_group: Option<Slot<String>>;
    }
}

fn any_check(kafka: &Kafka, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    let given = !kafka.brokers_online.is_empty()
        || kafka.controller.is_some()
        || kafka.under_replicated_max.is_some()
        || kafka.topic.is_some()
        || kafka.no_leaders_on.is_some()
        || kafka.no_replicas_on.is_some()
        || kafka.group_inactive.is_some()
        || kafka.delete_group.is_some();
    if given {
        return Some(());
    }
    let span = fields.span().before();
    fields.cx.problem(span, "E0102", "`kafka` asks nothing").label("give it a check, like `controller: any`");
    None
}

define! {
    /// A topic that must be there.
    TopicCheck short "name" {
        /// Its name.
        "name" name: Slot<String>;
        /// How many partitions it must have.
        "partitions" partitions: Option<Slot<u64>>;
    }
}

define! {
    /// A consumer group that must be quiet.
    GroupInactive short "group" {
        /// Its name.
        "group" group: Slot<String>;
        /// For how long.
        "for" quiet_for: Slot<Duration> = "0s";
    }
}

define! {
    /// Holds a lock while steps run: an ephemeral sequential znode, as Curator makes them.
    Lock {
        /// The znode below which locks are.
        "path" path: Slot<ZPath>;
        /// How long to wait for it.
        "timeout" timeout: Slot<Duration> = "0s";
        /// Data of the lock's znode.
        "data" data: Option<Slot<String>>;
        /// What is done under the lock.
        "steps" steps: Steps;
    }
}

define! {
    /// Runs a program; needs `guard: {shell: true}` and `--allow-shell`.
    Shell short "argv" check argv_or_script {
        /// The program and its arguments; no shell looks at them.
        "argv" argv: Vec<Slot<String>>;
        /// Lines for `sh`.
        "script" script: Option<Slot<String>>;
        /// Variables of the environment for it.
        "env" env: Named<Slot<String>>;
        /// Its directory, relative to the script.
        "cwd" cwd: Option<Slot<String>>;
        /// Its standard input.
        "stdin" stdin: Option<Slot<String>>;
        /// How long it may take.
        "timeout" timeout: Option<Slot<Duration>>;
    }
}

fn argv_or_script(shell: &Shell, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    if shell.argv.is_empty() == shell.script.is_some() {
        return Some(());
    }
    let span = fields.span().before();
    fields.cx.problem(span, "E0103", "`shell` wants either `argv` or `script`").label("give it one of them");
    None
}

define! {
    /// Runs the steps of another script.
    Include short "file" {
        /// The script, relative to this one.
        "file" file: String;
        /// Values of its variables.
        "vars" vars: Named<Tree>;
        /// Which of its steps: those with one of these tags.
        "tags" tags: Vec<Name>;
        /// The name under which what it registers is seen.
        "as" alias: Option<Name>;
    }
}

/// Lines of the shell, run by the shell's own grammar.
#[derive(Clone, Debug)]
pub struct RunLines {
    /// Where they stand.
    pub span: Span,
    /// Each a line, or several lines in one text.
    pub lines: Vec<Slot<String>>,
}
