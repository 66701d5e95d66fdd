//! What each verb is, and those that have steps in them.

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::failed::{Ended, Failed};
use super::recorder::{About, Recorder};
use super::verbs::{self, At, Done};
use super::{Frame, Runner, lock, text};
use crate::script::expr::{Scope, Value};
use crate::script::model::{Action, Block, Include, Parallel, Script, Step};
use crate::script::vars::{Given, Settled, settle};
use crate::store::Store;
use crate::view::{Planned, PlannedRow, Told};
use crate::znode::{Acl, ZPath};

impl<'a> Runner<'a> {
    /// Does what a step's verb says.
    pub(super) fn act<'s>(
        &'s self,
        step: &'s Step,
        id: &'s str,
        local: &'s mut Scope,
        frame: &'s Frame<'a>,
        secret: bool,
    ) -> BoxFuture<'s, Result<Done, Ended>>
    where
        'a: 's,
    {
        Box::pin(async move {
            match &step.action {
                Action::Do(block) => self.block(step, block, local, frame).await,
                Action::Parallel(parallel) => self.parallel(parallel, local, frame).await,
                Action::Lock(lock) => self.under_lock(lock, (id, secret), local, frame).await,
                Action::Include(include) => self.include(include, id, local, frame).await,
                Action::Print(slot) => {
                    let text = slot.get(local).await?;
                    let shown = if secret { "(hidden)".to_owned() } else { text };
                    self.tell(Told::Print { id: id.to_owned(), text: shown }).await?;
                    Ok(Done::default())
                }
                Action::Fail(slot) => Err(Ended::from(Failed::fail(slot.get(local).await?))),
                Action::Stop(slot) => Err(Ended::Stop(slot.get(local).await?)),
                Action::Sleep(slot) => {
                    let time = slot.get(local).await?;
                    if !self.args.check {
                        tokio::select! {
                            () = tokio::time::sleep(time) => {}
                            kind = self.halting(), if !frame.last => return Err(Ended::Interrupted(kind)),
                        }
                    }
                    Ok(Done::said(humantime::format_duration(time).to_string()))
                }
                Action::Confirm(slot) => {
                    let question = slot.get(local).await?;
                    self.confirm(question.clone()).await?;
                    Ok(Done::said(question))
                }
                Action::Let(names) => {
                    for (name, tree) in names.iter() {
                        let value = tree.value(local).await?;
                        local.set(&name.text, value);
                    }
                    let names: Vec<_> = names.iter().map(|(name, _)| name.text.as_str()).collect();
                    Ok(Done::said(names.join(", ")))
                }
                _ => self.on_store(step, id, local, frame, secret).await,
            }
        })
    }

    /// Does what a verb says that works on znodes.
    async fn on_store(
        &self,
        step: &Step,
        id: &str,
        local: &mut Scope,
        frame: &Frame<'a>,
        secret: bool,
    ) -> Result<Done, Ended> {
        let base: std::sync::Arc<dyn Store> = match &frame.member {
            Some(member) => member.clone(),
            None => self.sessions.store(&frame.cluster).await?,
        };
        let gathered = frame.member.is_some();
        let (cluster, undo) = (frame.cluster.clone(), frame.undo.clone());
        let about = About { id: id.to_owned(), cluster, secret, undo, gathered };
        let recorder = Recorder::new(base, self.recording.clone(), about);
        let recorder = std::sync::Arc::new(recorder);
        let store: std::sync::Arc<dyn Store> = recorder.clone();
        let at = At { runner: self, step, id, frame, store };
        let work = verbs::run(&at, local);
        let result = tokio::select! {
            result = work => result,
            () = self.grace(frame) => Err(Ended::Interrupted(self.halted().unwrap_or(crate::error::Kind::Interrupted))),
        };
        let made = recorder.made();
        let mut changes = Vec::new();
        if !secret && self.args.diff {
            let planned = made.iter().filter_map(|made| planned(made, self.settings.show_secrets));
            changes.extend(planned.map(|change| PlannedRow { diff: true, ..change }));
        }
        let failed = match result {
            Ok(done) => return Ok(Done { changed: done.changed || !made.is_empty(), changes, ..done }),
            Err(failed) => failed,
        };
        for change in changes {
            self.tell(Told::Change { id: id.to_owned(), change: Box::new(change) }).await?;
        }
        match (failed, recorder.violation()) {
            (Ended::Failed(_), Some(why)) => Err(Ended::from(Failed::usage(why))),
            (failed, _) => Err(failed),
        }
    }

    /// Waits until somebody has interrupted, and what is under way has had its time.
    pub(super) async fn grace(&self, frame: &Frame<'_>) {
        if frame.last {
            return std::future::pending().await;
        }
        self.halting().await;
        tokio::time::sleep(super::GRACE).await;
    }

    async fn block(
        &self,
        step: &Step,
        block: &Block,
        local: &mut Scope,
        frame: &Frame<'a>,
    ) -> Result<Done, Ended> {
        let id = frame.id(step);
        let rescued = self.journal.as_ref().and_then(|journal| journal.rescue_before(&id));
        let mut ended = match &rescued {
            Some(error) => {
                self.recall(&block.steps, local, frame).await?;
                local.set("error", error.clone());
                self.steps(&block.rescue, local, frame).await
            }
            None => self.steps(&block.steps, local, frame).await,
        };
        if rescued.is_none()
            && let Err(Ended::Failed(failed)) = &ended
            && !block.rescue.is_empty()
        {
            let (file, line) = self.loaded.sources.line(step.span);
            let error = text::error(failed, &file, line);
            if let Some(journal) = &self.journal {
                journal.begin_rescue(&id, &error)?;
            }
            local.set("error", error);
            {
                let mut tally = lock(&self.told);
                tally.counts.failed = tally.counts.failed.saturating_sub(1);
                tally.counts.ignored += 1;
            }
            ended = self.steps(&block.rescue, local, frame).await;
        }
        if !block.always.is_empty() {
            let last = Frame { last: true, ..frame.clone() };
            let always = self.steps(&block.always, local, &last).await;
            ended = ended.and(always);
        }
        ended.map(|()| Done::default())
    }

    async fn parallel(
        &self,
        parallel: &Parallel,
        local: &mut Scope,
        frame: &Frame<'a>,
    ) -> Result<Done, Ended> {
        let limit = usize::try_from(parallel.limit.get(local).await?).unwrap_or(1).max(1);
        let fail_fast = parallel.fail_fast.get(local).await?;
        let mut todo = parallel.steps.0.iter();
        let mut flight = FuturesUnordered::new();
        let mut ended = None;
        let mut scopes = Vec::new();
        loop {
            while flight.len() < limit && !(fail_fast && ended.is_some()) {
                let Some(step) = todo.next() else { break };
                let mut scope = local.clone();
                flight.push(async move {
                    let result = self.step(step, &mut scope, frame).await;
                    (scope, result)
                });
            }
            match flight.next().await {
                None => break,
                Some((scope, Ok(()))) => scopes.push(scope),
                Some((_, Err(end))) => ended = ended.or(Some(end)),
            }
        }
        for scope in &scopes {
            text::merge(local, scope);
        }
        match ended {
            Some(ended) => Err(ended),
            None => Ok(Done::default()),
        }
    }

    async fn include(
        &self,
        include: &Include,
        id: &str,
        local: &mut Scope,
        frame: &Frame<'a>,
    ) -> Result<Done, Ended> {
        let script: &'a Script =
            self.loaded.include(include).ok_or_else(|| Failed::usage("the included script was not read"))?;
        let file =
            self.loaded.sources.file(include.span.file).map(|source| source.path.clone()).unwrap_or_default();
        let directory = file.parent().map(|dir| dir.join(&include.file)).unwrap_or_default();
        let directory = directory.parent().map(ToOwned::to_owned).unwrap_or_default();
        let mut values = Vec::new();
        for (name, tree) in include.vars.iter() {
            values.push((name.text.clone(), tree.value(local).await?));
        }
        // Nothing of the script around it but what it is given.
        let mut fresh = Scope::new(std::sync::Arc::new(super::world(self.with, &directory, &self.beginning)));
        fresh.draw_for(id, 0);
        for name in ["run", "script"] {
            if let Some(value) = local.get(name) {
                fresh.set(name, value.clone());
            }
        }
        let Settled { scope: mut inner, secrets } =
            settle(script, &Given { values, ..Given::default() }, fresh).await?;
        lock(&self.secrets).extend(secrets);
        let within = Frame {
            script,
            prefix: format!("{id}/"),
            suffix: String::new(),
            tags: frame.tags.clone(),
            wanted: include.tags.iter().map(|tag| tag.text.clone()).collect(),
            cluster: frame.cluster.clone(),
            last: frame.last,
            member: None,
            undo: frame.undo.clone(),
        };
        let result = match &script.tree {
            Some(tree) => self.tree(tree, &mut inner, &within).await,
            None => self.steps(script.steps(), &mut inner, &within).await,
        };
        let last = Frame { last: true, ..within };
        let finally = self.steps(script.finally(), &mut inner, &last).await;
        result.and(finally)?;
        if let Some(alias) = &include.alias {
            let names = inner.names().filter(|(name, _)| !matches!(*name, "run" | "script"));
            let names: Vec<_> = names.map(|(name, value)| (name.to_owned(), value.clone())).collect();
            local.set(&alias.text, Value::from_pairs(names));
        }
        Ok(Done::default())
    }
}

/// A write as people are shown it.
pub(super) fn planned(made: &super::recorder::Made, show_secrets: bool) -> Option<PlannedRow> {
    use crate::store::Write;
    let shown = |acl: Vec<Acl>| if show_secrets { acl } else { crate::command::masked(acl) };
    let path = ZPath::from_server(made.written.path.clone());
    let before = made.before.clone().unwrap_or_default();
    let what = match &made.write {
        Write::Create { data, acl, .. } => {
            Planned::Created { data: data.clone(), acl: (*acl != [Acl::open()]).then(|| shown(acl.clone())) }
        }
        Write::Set { data, .. } => Planned::Changed { data: Some((before.data, data.clone())), acl: None },
        Write::SetAcl { acl, .. } => Planned::Changed {
            data: None,
            acl: Some((shown(before.acl.unwrap_or_default()), shown(acl.clone()))),
        },
        Write::Delete { .. } => Planned::Deleted { znodes: 1 },
        Write::Check { .. } => return None,
    };
    Some(PlannedRow { path, what, diff: false })
}
