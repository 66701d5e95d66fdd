//! Items of a loop taken together, so that their writes go out in one transaction.

use futures_util::future::{join, join_all};
use tokio::time::Instant;

use super::failed::Ended;
use super::gather::Gather;
use super::items::Todo;
use super::loops::{Sum, Turn};
use super::step::{asks_of_items, name_of};
use super::{Frame, Runner};
use crate::script::expr::{Scope, Value};
use crate::script::model::{Action, Step, Undo};

/// Items that are taken together at first.
const FEW: usize = 64;
/// The same at most.
const MANY: usize = 512;

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

    /// Takes items together as long as that goes well; the others stay in `todo`.
    pub(super) async fn gathered(
        &self,
        step: &Step,
        todo: &mut Todo,
        sum: &mut Sum,
        local: &Scope,
        frame: &Frame<'a>,
    ) -> Result<(), Ended> {
        let mut size = if self.gathers(step) && todo.next(2).len() > 1 { FEW } else { 0 };
        while size > 1 && todo.next(1).len() > 0 {
            if let Some(kind) = self.halted().filter(|_| !frame.last) {
                return Err(Ended::Interrupted(kind));
            }
            let is_fresh = |(index, item): &&(usize, Value)| !self.is_known(step, (*index, item), frame);
            let fresh = todo.next(size).take_while(is_fresh).count();
            if fresh > 0 {
                let whole = self.together(step, todo, fresh, sum, local, frame).await? == fresh;
                size = if whole { MANY.min(size * 2) } else { size / 2 };
                if whole {
                    continue;
                }
            }
            if let Some((index, item)) = todo.pop() {
                sum.add(self.item(step, (index, &item), local, frame).await?, item);
            }
        }
        Ok(())
    }

    /// Takes as many of the first `count` items together as can be; how many those are.
    async fn together(
        &self,
        step: &Step,
        todo: &mut Todo,
        count: usize,
        sum: &mut Sum,
        local: &Scope,
        frame: &Frame<'a>,
    ) -> Result<usize, Ended> {
        let begun = Instant::now();
        let base = self.sessions.store(&frame.cluster).await?;
        let gather = Gather::new(base, self.journal.clone(), count, self.is_told(step));
        let turns = todo.next(count).enumerate().map(|(place, (index, item))| {
            let frame = Frame { member: Some(gather.member(place)), ..frame.of_item((*index, item)) };
            let mut turn = self.turn(step, (*index, item), local, frame);
            let gather = &gather;
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
        let (outcomes, ()) = join(join_all(turns), gather.drive()).await;
        let taken = gather.taken();
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
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
