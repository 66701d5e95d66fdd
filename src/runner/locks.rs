//! Locks: that of a whole run, and those that steps are done under.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::act::planned;
use super::failed::{Ended, Failed};
use super::marks::Undoing;
use super::recorder::{About, Limits, Recorder, Recording};
use super::{Frame, Runner, verbs};
use crate::command::{holder_name, lock_held, needed_for_lock};
use crate::error::Kind;
use crate::recipe::lock::{Lock as Held, NotGot, make_path};
use crate::script::expr::{Fault, Scope};
use crate::script::model::{Lock, LockSpec, Slot};
use crate::view::{PlannedRow, Told};
use crate::znode::ZPath;

/// What the lock of the whole run is called among steps.
const OF_RUN: &str = "lock";

/// A lock that is wanted.
struct Wanted<'w> {
    /// The step that wants it.
    id: &'w str,
    path: ZPath,
    /// What others see of the holder.
    data: Bytes,
    patience: Duration,
    /// What it is about is nobody's business.
    secret: bool,
}

impl<'w> Wanted<'w> {
    async fn of(
        id: &'w str,
        secret: bool,
        (path, data, timeout): (&Slot<ZPath>, &Option<Slot<String>>, &Slot<Duration>),
        scope: &Scope,
    ) -> Result<Self, Fault> {
        let path = path.get(scope).await?;
        let data = match data {
            Some(slot) => slot.get(scope).await?,
            None => holder_name(),
        };
        Ok(Self { id, path, data: data.into(), patience: timeout.get(scope).await?, secret })
    }
}

impl<'a> Runner<'a> {
    /// Steps under a lock.
    pub(super) async fn under_lock(
        &self,
        spec: &Lock,
        (id, secret): (&str, bool),
        local: &mut Scope,
        frame: &Frame<'a>,
    ) -> Result<verbs::Done, Ended> {
        let wanted = Wanted::of(id, secret, (&spec.path, &spec.data, &spec.timeout), local).await?;
        let path = wanted.path.clone();
        let Some(mut held) = self.get_lock(wanted, frame).await? else {
            self.steps(&spec.steps.0, local, frame).await?;
            return Ok(verbs::Done::default());
        };
        let work = self.steps(&spec.steps.0, local, frame);
        let result = tokio::select! {
            result = work => result,
            how = held.lost() => Err(Ended::from(verbs::lock_lost(&format!("the lock on {path} was lost: {how}")))),
        };
        let released = held.release().await.map_err(Failed::recipe);
        result?;
        released?;
        Ok(verbs::Done::default())
    }

    /// The lock of the whole run; `None` in check mode.
    pub(super) async fn lock_run(
        &self,
        spec: &LockSpec,
        scope: &Scope,
        frame: &Frame<'a>,
    ) -> Result<Option<Held>, Ended> {
        let wanted = Wanted::of(OF_RUN, false, (&spec.path, &spec.data, &spec.timeout), scope).await?;
        self.get_lock(wanted, frame).await
    }

    /// Gets a lock. In check mode nobody has it, and nobody waits, but its path is made as it would be.
    async fn get_lock(&self, wanted: Wanted<'_>, frame: &Frame<'a>) -> Result<Option<Held>, Ended> {
        let Wanted { path, data, patience, .. } = &wanted;
        if self.args.check {
            self.make_path_of(&wanted, frame).await?;
            return Ok(None);
        }
        let store = self.sessions.store(&frame.cluster).await?;
        loop {
            let got = tokio::select! {
                got = Held::get(&store, path, Some(data.clone()), Some(*patience)) => got,
                kind = self.halting(), if !frame.last => return Err(Ended::Interrupted(kind)),
            };
            match got {
                Ok(held) => return Ok(Some(held)),
                Err(NotGot::NoPath) => tokio::select! {
                    made = self.make_path_of(&wanted, frame) => made?,
                    () = self.grace(frame) => {
                        return Err(Ended::Interrupted(self.halted().unwrap_or(Kind::Interrupted)));
                    }
                },
                Err(NotGot::Held(holder)) => {
                    let error = lock_held(path, &holder);
                    return Err(Ended::from(Failed {
                        path: Some(path.clone()),
                        ..Failed::new("CONFLICT", error)
                    }));
                }
                Err(NotGot::Failed(failed)) => return Err(Ended::from(Failed::recipe(failed))),
            }
        }
    }

    /// Makes what is missing of a lock's path, as a step makes what it writes: it is told, written down, and there
    /// to be undone. A guard is about what the steps do, and is not asked.
    async fn make_path_of(&self, wanted: &Wanted<'_>, frame: &Frame<'a>) -> Result<(), Ended> {
        let undo = match &frame.undo {
            // Of the lock around them, the steps that undo something say nothing.
            Undoing::Step(_) => Undoing::Writes,
            undo => undo.clone(),
        };
        let Wanted { id, secret, .. } = *wanted;
        let about =
            About { id: id.to_owned(), cluster: frame.cluster.clone(), secret, undo, gathered: false };
        let limits = Limits { max_changes: u64::MAX, max_deletes: u64::MAX, ..Limits::default() };
        let recording = Recording { limits: Arc::new(limits), ..self.recording.clone() };
        let store = self.sessions.store(&frame.cluster).await?;
        let recorder = Recorder::new(store, recording, about);
        let result = make_path(&recorder, &wanted.path).await;
        let made = recorder.made();
        let shown = made.iter().filter(|_| self.args.diff && !secret);
        for change in shown.filter_map(|made| planned(made, self.settings.show_secrets)) {
            let change = Box::new(PlannedRow { diff: true, ..change });
            self.tell(Told::Change { id: id.to_owned(), change }).await?;
        }
        let paths: Vec<_> = made.into_iter().map(|made| ZPath::from_server(made.written.path)).collect();
        if let Some(words) = needed_for_lock(&paths) {
            let made = if self.args.check { "would make" } else { "made" };
            let text = if secret { "(hidden)".to_owned() } else { format!("note: {made} {words}") };
            self.tell(Told::Print { id: id.to_owned(), text }).await?;
        }
        Ok(result.map(|_| ()).map_err(Failed::recipe)?)
    }
}
