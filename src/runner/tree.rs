//! `tree` in place of steps.

use super::failed::Ended;
use super::{Frame, Runner};
use crate::script::expr::Scope;
use crate::script::model::{Action, Apply, CheckMode, Modifiers, Slot, Step};

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
}
