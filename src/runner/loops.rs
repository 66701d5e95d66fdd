//! `for_each`.

use futures_util::stream::{FuturesOrdered, StreamExt};
use minijinja::value::ValueKind;

use super::failed::{Ended, Failed};
use super::items::{Items, Todo};
use super::journal::io_error;
use super::step::{Outcome, asks_of_items, is_container, name_of};
use super::{Frame, Runner, lock};
use crate::error::Error;
use crate::recipe;
use crate::script::expr::{Scope, Value, text};
use crate::script::model::{ForEach, Step};
use crate::store::{Failure, Found, Read, read_one};
use crate::view::Status;
use crate::walk::{Options, Walk};
use crate::wire::Code;
use crate::znode::ZPath;

/// Characters of an item that are part of a step's identity, at most.
const KEY: usize = 80;

/// What a step is taken with for one item.
pub(super) struct Turn<'a> {
    pub(super) id: String,
    pub(super) scope: Scope,
    pub(super) frame: Frame<'a>,
}

/// What came of the items so far.
pub(super) struct Sum {
    /// What each of them resulted in, where somebody wants to know.
    values: Option<Vec<Value>>,
    changed: bool,
    failed: bool,
    skipped: bool,
}

impl Sum {
    fn new(step: &Step) -> Self {
        let values = step.with.register.is_some().then(Vec::new);
        Self { values, changed: false, failed: false, skipped: true }
    }

    pub(super) fn add(&mut self, outcome: Outcome, item: Value) {
        self.changed |= outcome.changed;
        self.failed |= outcome.failed;
        self.skipped = false;
        if let Some(values) = &mut self.values {
            values.push(with_item(outcome.value, item));
        }
    }

    fn outcome(self) -> Outcome {
        let value = Value::from_pairs([
            ("results", Value::from(self.values.unwrap_or_default())),
            ("changed", Value::from(self.changed)),
            ("failed", Value::from(self.failed)),
            ("skipped", Value::from(self.skipped)),
        ]);
        Outcome { value, changed: self.changed, failed: self.failed }
    }
}

impl Frame<'_> {
    /// Where the steps of a loop stand that are taken for an item.
    pub(super) fn of_item(&self, (index, item): (usize, &Value)) -> Self {
        Frame { suffix: format!("{}[{}]", self.suffix, key(item, index)), ..self.clone() }
    }
}

impl<'a> Runner<'a> {
    /// Takes a step once for each item.
    pub(super) async fn each(
        &self,
        step: &Step,
        each: &ForEach,
        id: &str,
        local: &Scope,
        frame: &Frame<'a>,
    ) -> Result<Outcome, Ended> {
        let known = self.journal.as_ref().and_then(|journal| journal.items_before(id));
        let items = match known {
            Some(items) => items,
            None => {
                let items = self.items(each, local, frame).await?;
                if let Some(journal) = &self.journal {
                    journal.items(id, &items)?;
                }
                items
            }
        };
        let at_once = match &step.with.parallel {
            Some(slot) => usize::try_from(slot.get(local).await?).unwrap_or(1).max(1),
            None => 1,
        };
        let mut sum = Sum::new(step);
        let mut todo = Todo::new(items);
        self.gathered(step, &mut todo, &mut sum, local, frame).await?;
        let mut flight = FuturesOrdered::new();
        let mut ended = None;
        loop {
            while ended.is_none() && flight.len() < at_once {
                if let Some(kind) = self.halted().filter(|_| !frame.last) {
                    ended = Some(Ended::Interrupted(kind));
                    break;
                }
                let Some((index, item)) = todo.pop() else { break };
                flight.push_back(async move {
                    let outcome = self.item(step, (index, &item), local, frame).await?;
                    Ok((outcome, item))
                });
            }
            match flight.next().await {
                None => break,
                Some(Ok((outcome, item))) => sum.add(outcome, item),
                Some(Err(end)) => ended = ended.or(Some(end)),
            }
        }
        match ended {
            Some(ended) => Err(ended),
            None => Ok(sum.outcome()),
        }
    }

    /// What an item is taken with; `frame` is [of the item](Frame::of_item).
    pub(super) fn turn(
        &self,
        step: &Step,
        (index, item): (usize, &Value),
        local: &Scope,
        frame: Frame<'a>,
    ) -> Turn<'a> {
        let id = frame.id(step);
        let mut scope = self.seen(local, &id, &frame);
        scope.set(step.with.item.as_ref().map_or("item", |name| name.text.as_str()), item.clone());
        scope.set("index", index);
        Turn { id, scope, frame }
    }

    /// One turn, unless an earlier run has taken it.
    pub(super) async fn item(
        &self,
        step: &Step,
        (index, item): (usize, &Value),
        local: &Scope,
        frame: &Frame<'a>,
    ) -> Result<Outcome, Ended> {
        let Turn { id, mut scope, frame } =
            self.turn(step, (index, item), local, frame.of_item((index, item)));
        if let Some(registered) = self.journal.as_ref().and_then(|journal| journal.register_before(&id)) {
            super::text::count(&mut lock(&self.told).counts, Status::Done);
            let value = registered.unwrap_or_else(|| Value::from_pairs([("changed", false)]));
            return Ok(Outcome { value, changed: false, failed: false });
        }
        let name = name_of(step, &scope).await?;
        if let Some(when) = step.with.when.as_ref().filter(|_| asks_of_items(step))
            && !self.journal.as_ref().is_some_and(|journal| journal.begun_before(&id))
        {
            if !when.truth(&scope).await? {
                return self.skip_item(step, &id, name).await;
            }
            if let Some(journal) = self.journal.as_ref().filter(|_| is_container(step)) {
                journal.begin_step(&id)?;
            }
        }
        let outcome = self.once(step, &id, name, &mut scope, &frame).await?;
        self.taken(step, &id, &outcome)?;
        self.write_down()?;
        Ok(outcome)
    }

    /// Gives the journal's file what was written down.
    pub(super) fn write_down(&self) -> Result<(), Ended> {
        if let Some(journal) = &self.journal {
            journal.put().map_err(io_error)?;
        }
        Ok(())
    }

    /// Notes for the journal that a step has been taken for an item.
    pub(super) fn taken(&self, step: &Step, id: &str, outcome: &Outcome) -> Result<(), Ended> {
        if let Some(journal) = self.journal.as_ref().filter(|_| !is_container(step)) {
            let secret = step.with.no_log.known().copied().unwrap_or_default();
            let wanted = step.with.register.is_some() && !secret;
            journal.note_step(id, "ok", wanted.then_some(&outcome.value))?;
        }
        Ok(())
    }

    async fn items(&self, each: &ForEach, scope: &Scope, frame: &Frame<'a>) -> Result<Items, Ended> {
        let items = match each {
            ForEach::Items(tree) => list(tree.value(scope).await?),
            ForEach::Expr(expr) => {
                let value = expr.value(scope).await?;
                list(value).map_err(|_| {
                    Ended::from(Failed {
                        span: Some(expr.span),
                        ..Failed::usage(format!("`{}` is neither a list nor a mapping", expr.source))
                    })
                })
            }
            ForEach::Children(slot) => {
                let path = slot.get(scope).await?;
                let store = self.sessions.store(&frame.cluster).await?;
                match read_one(&*store, Read::Children(path.to_string())).await {
                    Ok(Found::Children(names)) => {
                        let mut names: Vec<&str> = names.iter().collect();
                        names.sort_unstable();
                        Ok(names.into_iter().map(Value::from).collect())
                    }
                    Ok(_) => Ok(Vec::new()),
                    Err(failure) => Err(Ended::from(Failed::of(failure, "list", &path))),
                }
            }
            ForEach::Glob(slot) => {
                let glob = slot.get(scope).await?;
                let paths = self.matching(&glob, frame).await?;
                Ok(paths.into_iter().map(|path| Value::from(path.as_str())).collect())
            }
            ForEach::Range(from, to) => {
                let (from, to) = (from.get(scope).await?, to.get(scope).await?);
                if to.saturating_sub(from) > 1_000_000 {
                    return Err(Ended::from(Error::usage("a range has 1,000,000 numbers at most")));
                }
                return Ok(Items::Range(from, to));
            }
        };
        items.map(Items::List)
    }

    /// The paths that a pattern means.
    pub(super) async fn matching(
        &self,
        glob: &crate::script::glob::Glob,
        frame: &Frame<'a>,
    ) -> Result<Vec<ZPath>, Ended> {
        let store = self.sessions.store(&frame.cluster).await?;
        // What stands in front of the first sign need not be looked for.
        let text = glob.as_str();
        let fixed =
            text.find(['*', '?', '[', '{', '\\']).map_or(text, |at| text.get(..at).unwrap_or_default());
        let root = fixed.rsplit_once('/').map_or("", |(above, _)| above);
        let root = if root.is_empty() { ZPath::root() } else { ZPath::from_server(root) };
        let mut walk = Walk::new(&*store, Options::new(root.clone()));
        let mut paths = Vec::new();
        loop {
            match walk.next().await {
                Ok(Some(visits)) => {
                    paths
                        .extend(visits.into_iter().map(|visit| visit.path).filter(|path| glob.matches(path)));
                }
                Ok(None) | Err(Failure::Refused(Code::NO_NODE)) => return Ok(paths),
                Err(failure) => {
                    let failed = recipe::Failed { verb: "list", path: root, failure };
                    return Err(Ended::from(Failed::recipe(failed)));
                }
            }
        }
    }
}

/// A result with the item that it is of.
fn with_item(result: Value, item: Value) -> Value {
    let keys = result.try_iter().into_iter().flatten();
    let fields = keys.map(|key| (key.clone(), result.get_item(&key).unwrap_or_default()));
    Value::from_pairs(fields.chain([(Value::from("item"), item)]))
}

/// What a loop is run for: the items of a list, or the entries of a mapping.
fn list(value: Value) -> Result<Vec<Value>, Ended> {
    match value.kind() {
        ValueKind::Map => {
            let keys = value.try_iter().into_iter().flatten();
            let entry = |key: Value| {
                let item = value.get_item(&key).unwrap_or_default();
                Value::from_pairs([("key", key), ("value", item)])
            };
            Ok(keys.map(entry).collect())
        }
        ValueKind::Seq | ValueKind::Iterable => Ok(value.try_iter().into_iter().flatten().collect()),
        _ => Err(Ended::from(Failed::usage("for_each wants a list or a mapping"))),
    }
}

/// What an item is called in the identity of its step.
fn key(item: &Value, index: usize) -> String {
    let named = text(item).or_else(|| text(&item.get_attr("key").ok()?));
    match named {
        Some(text) if text.chars().count() <= KEY && !text.contains('\n') => text,
        _ => format!("#{index}"),
    }
}
