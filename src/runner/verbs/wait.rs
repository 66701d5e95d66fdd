//! `wait` and `watch`.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use super::read::views;
use super::{At, Done, stat};
use crate::error::Result as Decided;
use crate::recipe::wait::{Condition, Needs, Node, Patience, Stopped, Until, look, wait as until};
use crate::runner::failed::{Ended, Failed};
use crate::runner::lock;
use crate::script::expr::{Expr, Fault, Scope, Value};
use crate::script::model::{Wait, WaitFor, Watch, WatchMode};
use crate::store::Change;
use crate::view::Told;

/// A znode as expressions see it.
fn node_value(node: Option<&Node>) -> Value {
    let Some(node) = node else { return Value::from_pairs([("exists", Value::from(false))]) };
    let mut pairs = vec![
        ("exists", Value::from(true)),
        ("stat", stat(Some(&node.stat))),
        ("children", Value::from(node.children.iter().map(Value::from).collect::<Vec<_>>())),
    ];
    pairs.extend(views(node.data.as_ref()));
    Value::from_pairs(pairs)
}

/// An expression over `node`.
struct Expression<'e> {
    expr: &'e Expr,
    scope: &'e Scope,
    fault: Mutex<Option<Fault>>,
}

impl Condition for Expression<'_> {
    fn needs(&self) -> Needs {
        Needs { data: true, children: true }
    }

    fn holds<'a>(&'a self, node: Option<&'a Node>) -> BoxFuture<'a, Decided<bool>> {
        Box::pin(async move {
            let mut scope = self.scope.clone();
            scope.forget();
            scope.set("node", node_value(node));
            match self.expr.truth(&scope).await {
                Ok(truth) => Ok(truth),
                // Of a znode that is not there, or not yet what it is to be, little is defined.
                Err(fault) if fault.code == "E0310" || node.is_none() => Ok(false),
                Err(fault) => {
                    let error = crate::error::Error::usage(fault.message.clone());
                    *lock(&self.fault) = Some(fault);
                    Err(error)
                }
            }
        })
    }
}

/// Its data, or its children, are other than at the first look.
struct Other {
    children: bool,
    first: Mutex<Option<(i64, i64)>>,
}

impl Condition for Other {
    fn needs(&self) -> Needs {
        Needs { data: !self.children, children: self.children }
    }

    fn holds<'a>(&'a self, node: Option<&'a Node>) -> BoxFuture<'a, Decided<bool>> {
        let stat = node.map(|node| node.stat).unwrap_or_default();
        let now = (stat.czxid, if self.children { stat.pzxid } else { stat.mzxid });
        let mut first = lock(&self.first);
        let other = *first.get_or_insert(now) != now;
        Box::pin(std::future::ready(Ok(other)))
    }
}

pub(super) async fn wait(at: &At<'_, '_>, verb: &Wait, scope: &Scope) -> Result<Done, Ended> {
    let path = verb.path.get(scope).await?;
    let mut timeout = verb.timeout.get(scope).await?;
    if let Some(slot) = &at.step.with.timeout {
        timeout = timeout.min(slot.get(scope).await?);
    }
    let patience = Patience { stable: verb.stable_for.get(scope).await?, timeout: Some(timeout) };
    let expression = verb.until.as_ref().map(|expr| Expression { expr, scope, fault: Mutex::default() });
    let what = match &verb.what {
        Some(slot) => Some(slot.get(scope).await?),
        None => None,
    };
    let (condition, words): (Box<dyn Condition + '_>, String) = match (&expression, what) {
        (Some(expression), _) => (Box::new(ByRef(expression)), expression.expr.source.to_string()),
        (None, Some(WaitFor::Absent)) => (Box::new(Until::Absent), "absent".into()),
        (None, Some(WaitFor::Data)) => {
            (Box::new(Other { children: false, first: Mutex::default() }), "data changed".into())
        }
        (None, Some(WaitFor::Children)) => {
            (Box::new(Other { children: true, first: Mutex::default() }), "children changed".into())
        }
        (None, _) => (Box::new(Until::Exists), "exists".into()),
    };
    let fault = || expression.as_ref().and_then(|expression| lock(&expression.fault).take());
    if at.check() {
        let node = look(&*at.store, &path, condition.needs()).await;
        let node = node.map_err(|failure| Failed::of(failure, "wait for", &path))?;
        let holds = match condition.holds(node.as_ref()).await {
            Ok(holds) => holds,
            Err(error) => return Err(fault().map_or_else(|| Ended::from(error), Ended::from)),
        };
        let words =
            if holds { format!("{path}: {words}") } else { format!("{path}: would wait for {words}") };
        return Ok(Done { skipped: !holds, ..Done::said(words) }.field("node", node_value(node.as_ref())));
    }
    let waited = tokio::select! {
        waited = until(&*at.store, &path, &*condition, patience) => waited,
        kind = at.runner.halting(), if !at.frame.last => return Err(Ended::Interrupted(kind)),
    };
    match waited {
        Ok(waited) => Ok(Done::said(format!("{path}: {words}"))
            .field("waited_ms", u64::try_from(waited.waited.as_millis()).unwrap_or(u64::MAX))
            .field("events", waited.events)
            .field("node", node_value(waited.node.as_ref()))),
        Err(Stopped::Deadline(_)) => {
            let time = humantime::format_duration(timeout);
            let failed = Failed::timeout(format!("{path} did not become `{words}` within {time}"));
            Err(Ended::from(Failed { path: Some(path), ..failed }))
        }
        Err(Stopped::Failed(failure)) => Err(Ended::from(Failed::of(failure, "wait for", &path))),
        Err(Stopped::Undecided(error)) => Err(fault().map_or_else(|| Ended::from(error), Ended::from)),
    }
}

/// A condition that somebody else keeps.
struct ByRef<'c, C>(&'c C);

impl<C: Condition> Condition for ByRef<'_, C> {
    fn needs(&self) -> Needs {
        self.0.needs()
    }

    fn holds<'a>(&'a self, node: Option<&'a Node>) -> BoxFuture<'a, Decided<bool>> {
        self.0.holds(node)
    }
}

pub(super) async fn watch(at: &At<'_, '_>, verb: &Watch, scope: &Scope) -> Result<Done, Ended> {
    let path = verb.path.get(scope).await?;
    if at.check() {
        return Ok(Done { skipped: true, ..Done::said(format!("{path}: not watched in check mode")) });
    }
    let mode = verb.mode.get(scope).await?;
    let until = match &verb.duration {
        Some(slot) => Some(Instant::now() + slot.get(scope).await?),
        None => None,
    };
    let count = match (&verb.count, mode) {
        (Some(slot), _) => Some(slot.get(scope).await?),
        (None, WatchMode::Data | WatchMode::Children) => Some(1),
        (None, _) => None,
    };
    let recursive = mode == WatchMode::Recursive;
    let changes = at.store.watch(path.to_string(), recursive).await;
    let mut changes = changes.map_err(|failure| Failed::of(failure, "watch", &path))?;
    let mut events: Vec<Value> = Vec::new();
    while count.is_none_or(|count| (events.len() as u64) < count) {
        let end = until.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400 * 365));
        let change = tokio::select! {
            change = timeout_at(end, changes.next()) => change,
            kind = at.runner.halting(), if !at.frame.last => return Err(Ended::Interrupted(kind)),
        };
        let event = match change {
            Err(_) | Ok(None) => break,
            Ok(Some(Change::Event(event))) => event,
            Ok(Some(Change::Ended(failure))) => return Err(Ended::from(Failed::of(failure, "watch", &path))),
            Ok(Some(_)) => continue,
        };
        let text = format!("{} {}", event.kind.name(), event.path);
        at.runner.tell(Told::Print { id: at.id.to_owned(), text }).await?;
        let value = Value::from_pairs([
            ("type", Value::from(event.kind.name())),
            ("path", Value::from(event.path.as_str())),
            ("zxid", event.zxid.map_or_else(|| Value::from(()), Value::from)),
        ]);
        events.push(value.clone());
        if let Some(expr) = &verb.until {
            let mut seen = scope.clone();
            seen.forget();
            seen.set("event", value);
            if expr.truth(&seen).await? {
                break;
            }
        }
    }
    let words = format!("{path}: {}", crate::znode::text::count(events.len(), "event"));
    Ok(Done::said(words).field("events", Value::from(events)))
}
