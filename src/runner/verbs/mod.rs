//! The verbs that work on znodes, each by the recipe or the writes of its command.

mod apply;
mod data;
mod delete;
mod kafka;
mod modify;
mod read;
mod shell;
mod txn;
mod wait;
mod write;

use std::path::Path;
use std::sync::Arc;

use super::failed::{Ended, Failed};
use super::{Frame, Runner};
use crate::error::{Error, Kind};
use crate::recipe::make_parents;
use crate::script::expr::{Scope, Value, stat_value};
use crate::script::model::{Action, Step};
use crate::store::{Failure, Found, Read, Store, read_one};
use crate::view::PlannedRow;
use crate::wire::Code;
use crate::znode::{Acl, Stat, ZPath};

/// What came of a verb.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) changed: bool,
    /// It was not done, for the reason in `words`.
    pub(super) skipped: bool,
    /// For people, behind the verb.
    pub(super) words: String,
    /// What it registers beside what every step does.
    pub(super) fields: Vec<(&'static str, Value)>,
    /// What it wrote, where somebody wants to know.
    pub(super) changes: Vec<PlannedRow>,
    /// What people are shown below it.
    pub(super) output: String,
}

impl Done {
    pub(super) fn said(words: impl Into<String>) -> Self {
        Self { words: words.into(), ..Self::default() }
    }

    pub(super) fn with(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.field(name, value)
    }

    fn field(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    fn changed(self) -> Self {
        Self { changed: true, ..self }
    }
}

/// Where a verb works.
pub(super) struct At<'r, 'a> {
    pub(super) runner: &'r Runner<'a>,
    pub(super) step: &'r Step,
    pub(super) id: &'r str,
    pub(super) frame: &'r Frame<'a>,
    pub(super) store: Arc<dyn Store>,
}

impl At<'_, '_> {
    fn check(&self) -> bool {
        self.runner.args.check
    }

    /// The directory of the file that the step stands in: what it names is relative to that.
    fn directory(&self) -> &Path {
        let here = self.runner.loaded.sources.file(self.step.span.file);
        here.and_then(|source| source.path.parent()).unwrap_or(Path::new(""))
    }

    /// The ACL of what is created and says nothing else.
    async fn default_acl(&self, scope: &Scope) -> Result<Vec<Acl>, Failed> {
        match self.frame.script.defaults.as_ref().and_then(|defaults| defaults.acl.as_ref()) {
            Some(list) => Ok(list.get(scope).await?),
            None => Ok(vec![Acl::open()]),
        }
    }

    /// What comes writes more than once: it is not taken together with others.
    fn alone(&self) -> Result<(), Failure> {
        self.frame.member.as_ref().map_or(Ok(()), |member| Err(member.alone()))
    }

    /// Creates what is missing above a znode.
    async fn parents(&self, path: &ZPath) -> Result<(), Failed> {
        if self.frame.member.is_some() {
            let parent = path.parent().unwrap_or_else(ZPath::root);
            return match crate::store::stat(&*self.store, &parent).await {
                Ok(Some(_)) => Ok(()),
                _ => self.alone().map_err(|failure| Failed::of(failure, "create", path)),
            };
        }
        make_parents(&*self.store, path).await.map(|_| ()).map_err(Failed::recipe)
    }

    /// What a znode holds; `None` if it does not exist.
    async fn data(&self, path: &ZPath) -> Result<Option<(Option<bytes::Bytes>, Stat)>, Failed> {
        match read_one(&*self.store, Read::Data(path.to_string())).await {
            Ok(Found::Data(data, stat)) => Ok(Some((data, stat))),
            Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => Ok(None),
            Err(failure) => Err(Failed::of(failure, "get", path)),
        }
    }

    async fn acl(&self, path: &ZPath) -> Result<Option<(Vec<Acl>, Stat)>, Failed> {
        match read_one(&*self.store, Read::Acl(path.to_string())).await {
            Ok(Found::Acl(acl, stat)) => Ok(Some((acl, stat))),
            Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => Ok(None),
            Err(failure) => Err(Failed::of(failure, "read the ACL of", path)),
        }
    }
}

/// A znode that there is not.
fn missing(verb: &str, path: &ZPath) -> Failed {
    Failed::of(Failure::Refused(Code::NO_NODE), verb, path)
}

fn stat(stat: Option<&Stat>) -> Value {
    stat.map_or_else(|| Value::from(()), stat_value)
}

fn acl_value(acl: &[Acl]) -> Value {
    Value::from(acl.iter().map(|entry| Value::from(entry.to_string())).collect::<Vec<_>>())
}

/// A lock that somebody else may have now.
pub(super) fn lock_lost(message: &str) -> Failed {
    Failed::new("LOCK_LOST", Error::new(Kind::Connection, message))
}

/// Does what a verb says.
pub(super) async fn run(at: &At<'_, '_>, scope: &mut Scope) -> Result<Done, Ended> {
    Ok(match &at.step.action {
        Action::Get(get) => read::get(at, get, scope).await?,
        Action::Ls(ls) => read::ls(at, ls, scope).await?,
        Action::Exists(exists) => read::exists(at, exists, scope).await?,
        Action::Assert(assert) => read::assert(at, assert, scope).await?,
        Action::Sync(sync) => read::sync(at, sync, scope).await?,
        Action::Create(create) => write::create(at, create, scope).await?,
        Action::Set(set) => write::set(at, set, scope).await?,
        Action::Ensure(ensure) => write::ensure(at, ensure, scope).await?,
        Action::Acl(acl) => write::acl(at, acl, scope).await?,
        Action::Delete(delete) => delete::delete(at, delete, scope).await?,
        Action::Modify(modify) => modify::modify(at, modify, scope).await?,
        Action::Txn(txn) => txn::txn(at, txn, scope).await?,
        Action::Apply(tree) => apply::apply(at, tree, scope).await?,
        Action::Wait(wait) => wait::wait(at, wait, scope).await?,
        Action::Watch(watch) => wait::watch(at, watch, scope).await?,
        Action::Kafka(kafka) => kafka::kafka(at, kafka, scope).await?,
        Action::Shell(shell) => shell::shell(at, shell, scope).await?,
        Action::Run(lines) => super::lines::run(at, lines, scope).await?,
        _ => return Err(Ended::from(Error::bug("a verb that is no verb of znodes"))),
    })
}
