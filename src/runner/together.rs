//! Items of a loop taken together, so that their writes go out in one transaction. While it is under way,
//! those behind them come to their writes.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, MaybeDone, join, join_all, maybe_done};
use tokio::time::Instant;

use super::failed::Ended;
use super::gather::Gather;
use super::items::Todo;
use super::loops::{Sum, Turn};
use super::step::{asks_of_items, name_of};
use super::verbs::Done;
use super::{Frame, Runner};
use crate::script::expr::{Scope, Value};
use crate::script::model::{Action, Step, Undo};

/// Items that are taken together at first.
const FEW: usize = 64;
/// The same at most.
const MANY: usize = 512;

/// What came of an item, with its name and whether its data is nobody's business.
type Taken<'a> = (Turn<'a>, (Option<String>, bool), Result<Done, Ended>);

/// Items that are taken together.
struct Group<'g, 'a> {
    gather: Arc<Gather>,
    count: usize,
    begun: Instant,
    turns: MaybeDone<BoxFuture<'g, Vec<Taken<'a>>>>,
}

impl Group<'_, '_> {
    /// Puts all of them off, and waits until the journal has that.
    async fn give_up(mut self) {
        self.gather.give_up();
        (&mut self.turns).await;
    }
}

impl<'a> Runner<'a> {
    /// Whether a step of this kind can be taken for several items at a time: it writes once, and nobody
    /// asks or judges in between.
    fn gathers(&self, step: &Step) -> bool {
        let with = &step.with;
        let writes_once =
            matches!(step.action, Action::Create(_) | Action::Set(_) | Action::Ensure(_) | Action::Modify(_));
        let judged = with.until.is_some() || with.failed_when.is_some() || with.changed_when.is_some();
        let simple = !matches!(with.undo, Some(Undo::Steps(_)));
        simple && writes_once && !judged && with.confirm.is_none() && !asks_of_items(step) && !self.args.check
    }

    /// Whether items may come to their writes while those before them are written: not where one has a
    /// time, which would run meanwhile.
    fn hurries(step: &Step, frame: &Frame<'_>) -> bool {
        let defaults = frame.script.defaults.as_ref();
        step.with.timeout.is_none() && defaults.is_none_or(|defaults| defaults.timeout.is_none())
    }

    /// Takes items together as long as that goes well; the others stay in `todo`.
    pub(super) async fn gathered(
        &self,
        step: &Step,
        todo: &mut Todo,
        sum: &mut Sum,
        local: &Scope,
        frame: &Frame<'a>,
    ) -> Result<(), Ended> {
        if !self.gathers(step) || todo.next(2).len() < 2 {
            return Ok(());
        }
        let mut ahead = None;
        let result = self.groups(step, todo, sum, local, frame, &mut ahead).await;
        if let Some(ahead) = ahead {
            ahead.give_up().await;
        }
        result
    }

    /// The same; `ahead` is left to be given up.
    async fn groups<'g>(
        &'g self,
        step: &'g Step,
        todo: &mut Todo,
        sum: &mut Sum,
        local: &'g Scope,
        frame: &'g Frame<'a>,
        ahead: &mut Option<Group<'g, 'a>>,
    ) -> Result<(), Ended> {
        let (mut size, mut goes_well) = (FEW, true);
        while size > 1 && todo.next(1).len() > 0 {
            if let Some(kind) = self.halted().filter(|_| !frame.last) {
                return Err(Ended::Interrupted(kind));
            }
            let group = match ahead.take() {
                Some(group) => Some(group),
                None => self.group(step, todo.next(size), local, frame, None).await?,
            };
            if let Some(mut group) = group {
                let (count, larger) = (group.count, MANY.min(size * 2));
                let behind = async {
                    group.gather.are_sent().await;
                    // Requests leave while nobody else has something to do.
                    tokio::task::yield_now().await;
                    let items = todo.next(count + larger).skip(count);
                    let begun = self.group(step, items, local, frame, Some(&group.gather)).await;
                    // What has hindered it will do so again when its turn comes.
                    if let Some(begun) = begun.ok().flatten() {
                        (&mut ahead.insert(begun).turns).await;
                    }
                    std::future::pending::<()>().await;
                };
                tokio::select! {
                    biased;
                    _ = join(&mut group.turns, group.gather.drive()) => {}
                    () = behind, if goes_well && Self::hurries(step, frame) => {}
                }
                goes_well = self.told(step, todo, sum, group).await? == count;
                if goes_well {
                    size = larger;
                    continue;
                }
                size /= 2;
                if let Some(ahead) = ahead.take() {
                    ahead.give_up().await;
                }
            }
            if let Some((index, item)) = todo.pop() {
                sum.add(self.item(step, (index, &item), local, frame).await?, item);
            }
        }
        Ok(())
    }

    /// Begins to take items together that are new to the journal; `None` where the first is not.
    async fn group<'g>(
        &'g self,
        step: &'g Step,
        items: impl Iterator<Item = &(usize, Value)>,
        local: &'g Scope,
        frame: &'g Frame<'a>,
        earlier: Option<&Gather>,
    ) -> Result<Option<Group<'g, 'a>>, Ended> {
        let begun = Instant::now();
        let is_fresh = |(index, item): &&(usize, Value)| !self.is_known(step, (*index, item), frame);
        let items: Vec<_> = items.take_while(is_fresh).collect();
        if items.is_empty() {
            return Ok(None);
        }
        let count = items.len();
        let base = self.sessions.store(&frame.cluster).await?;
        let gather = Gather::new(base, self.journal.clone(), count, self.is_told(step), earlier);
        let turns = items.into_iter().enumerate().map(|(place, (index, item))| {
            let frame = Frame { member: Some(gather.member(place)), ..frame.of_item((*index, item)) };
            let mut turn = self.turn(step, (*index, item), local, frame);
            let gather = Arc::clone(&gather);
            async move {
                let mut about = (None, true);
                let result = async {
                    about = self.about(step, &turn.scope).await?;
                    turn.scope.draw_for(&turn.id, 0);
                    self.attempt(step, &turn.id, &mut turn.scope, &turn.frame, about.1).await
                };
                let result = result.await;
                gather.over(place, result.is_err());
                (turn, about, result)
            }
        });
        let turns = maybe_done(join_all(turns).boxed());
        Ok(Some(Group { gather, count, begun, turns }))
    }

    /// Tells what came of items that were taken together; how many of them, from the first, are done.
    async fn told(
        &self,
        step: &Step,
        todo: &mut Todo,
        sum: &mut Sum,
        mut group: Group<'_, 'a>,
    ) -> Result<usize, Ended> {
        let taken = group.gather.taken();
        let outcomes = Pin::new(&mut group.turns).take_output().unwrap_or_default();
        let took = u64::try_from(group.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut ended = None;
        let holding = self.hold();
        for (Turn { id, scope, .. }, (name, secret), result) in outcomes.into_iter().take(taken) {
            let Some((_, item)) = todo.pop() else { break };
            let outcome = self.conclude(step, (&id, name, secret), (1, took), result, &scope).await;
            match outcome.and_then(|outcome| self.taken(step, &id, &outcome).map(|()| outcome)) {
                Ok(outcome) => sum.add(outcome, item),
                Err(end) => ended = ended.or(Some(end)),
            }
        }
        self.write_down()?;
        drop(holding);
        self.tell_held().await?;
        match ended {
            Some(ended) => Err(ended),
            None => Ok(taken),
        }
    }

    /// What a step is called for an item, and whether its data is nobody's business.
    async fn about(&self, step: &Step, scope: &Scope) -> Result<(Option<String>, bool), Ended> {
        Ok((name_of(step, scope).await?, step.with.no_log.get(scope).await?))
    }

    /// Whether an earlier run has done something for this item.
    fn is_known(&self, step: &Step, item: (usize, &Value), frame: &Frame<'_>) -> bool {
        let resumed = self.journal.as_ref().filter(|journal| journal.is_resumed());
        resumed.is_some_and(|journal| journal.knows(&frame.of_item(item).id(step)))
    }
}
