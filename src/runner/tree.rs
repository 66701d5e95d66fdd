//! `tree` in place of steps, and what a script requires of its servers.

use super::failed::{Ended, Failed};
use super::{Frame, Runner};
use crate::error::{Error, Kind};
use crate::script::expr::Scope;
use crate::script::model::{Action, Apply, CheckMode, Modifiers, Script, Slot, Step};

impl<'a> Runner<'a> {
    /// The tree of a script, as if it were the one step of its kind.
    pub(super) async fn tree(&self, tree: &Apply, scope: &mut Scope, frame: &Frame<'a>) -> Result<(), Ended> {
        let span = tree.span;
        let with = Modifiers {
            span,
            name: None,
            id: None,
            when: None,
            for_each: None,
            item: None,
            parallel: None,
            register: None,
            on: None,
            timeout: None,
            retry: None,
            until: None,
            ignore_errors: None,
            failed_when: None,
            changed_when: None,
            check_mode: Slot::fixed(span, CheckMode::Auto),
            tags: Vec::new(),
            no_log: Slot::fixed(span, false),
            confirm: None,
            undo: None,
        };
        let step = Step { span, place: "tree".into(), action: Action::Apply(tree.clone()), with };
        self.step(&step, scope, frame).await
    }

    /// Refuses to begin where the servers are not what the script needs.
    pub(super) async fn require(&self, script: &Script, scope: &Scope) -> Result<(), Ended> {
        let Some(guard) = &script.guard else { return Ok(()) };
        if guard.server.is_none() && guard.require.is_empty() {
            return Ok(());
        }
        for slot in guard.server.iter() {
            slot.get(scope).await?;
        }
        let message =
            "`guard.server` and `guard.require` cannot be looked at: servers do not tell their version here";
        Err(Ended::from(Failed::from(Error::new(Kind::Config, message))))
    }
}
