use clap::Args;

use super::plan::{Declaration, show};
use super::{Context, failure};
use crate::error::{Error, Kind, Result};
use crate::recipe::declared::apply::stale;
use crate::recipe::declared::{Change, Plan, apply};
use crate::view::{AppliedView, Note, View};
use crate::znode::Perms;
use crate::znode::text::{count, thousands};

/// Make the tree of a tree file true, or carry out a plan
///
/// Every write is made under the versions that were seen: what somebody else changes meanwhile is not
/// written over. Deleting and setting ACLs is asked for first.
#[derive(Debug, Args)]
pub struct Apply {
    #[command(flatten)]
    declaration: Declaration,

    /// Show what is done, and line by line how data changes
    #[arg(long)]
    diff: bool,
}

impl Apply {
    pub(super) fn reads_input(&self) -> bool {
        self.declaration.reads_input()
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let (text, name) = self.declaration.text().await?;
        let kept = Plan::is_json(&text);
        let plan = if kept {
            if !self.declaration.is_bare() {
                return Err(Error::usage(format!("{name} is a plan: what is pruned was decided with it")));
            }
            let plan = Plan::from_json(&text)
                .map_err(|why| Error::new(Kind::Config, format!("{name} cannot be read: {why}")))?;
            refuse_stale(cx, &plan, &name).await?;
            plan
        } else {
            self.declaration.plan(cx, &text, &name).await?
        };
        refuse(cx, &plan)?;
        let decided = kept || cx.settings.yes || !destroys(&plan);
        if self.diff || !decided {
            show(cx, &plan, self.diff).await?;
        }
        if plan.steps.is_empty() {
            cx.out.note(Note::Info("nothing to do".into())).await?;
        } else if !decided {
            decide(cx, &plan).await?;
        }
        let transactions = plan.transactions();
        if transactions > 1 {
            let note = format!("this takes {transactions} transactions: others may see it half done");
            cx.out.note(Note::Info(note)).await?;
        }
        match apply(cx.writing(), &plan).await {
            Ok(applied) => {
                let counts = plan.counts();
                let view = AppliedView {
                    created: counts.create,
                    changed: counts.set,
                    acls: counts.acl,
                    deleted: counts.delete,
                    transactions: applied.transactions,
                };
                cx.out.value(View::Applied(view)).await
            }
            Err(stopped) => Err(explain(stopped)),
        }
    }
}

/// Why a plan was not carried out to its end.
pub fn explain(stopped: crate::recipe::declared::apply::Stopped) -> Error {
    let failed = stopped.failed;
    let error = failure::error(failed.failure, failed.verb, &failed.path);
    let error = if stopped.stale {
        Error::new(Kind::Conflict, format!("the plan is stale: {error}"))
            .hint("somebody has changed it since: plan again")
    } else {
        error
    };
    match stopped.done {
        0 => error,
        done => error.hint(format!("{} of the plan were done before", count(done, "step"))),
    }
}

/// Whether it takes something away.
fn destroys(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| matches!(step.change, Change::Delete { .. } | Change::SetAcl { .. }))
}

fn refuse(cx: &Context<'_>, plan: &Plan) -> Result<()> {
    let mut deletes = 0;
    for step in &plan.steps {
        cx.refuse_within_protected("apply to", &step.path)?;
        match &step.change {
            Change::Delete { .. } => deletes += 1,
            Change::SetAcl { new, .. } | Change::Create { acl: new, .. } => {
                if !new.iter().any(|entry| entry.perms.contains(Perms::ADMIN)) && !cx.settings.yes {
                    let what =
                        format!("nobody could change the ACL of {} again, for no entry has `a`", step.path);
                    return Err(Error::usage(what).hint("add --yes if that is meant"));
                }
            }
            Change::Set { .. } => {}
        }
    }
    if deletes > cx.cap() {
        let what = format!("the plan deletes more than {} znodes", thousands(cx.cap()));
        return Err(Error::usage(what).hint("raise the limit with --max-nodes N if that is meant"));
    }
    Ok(())
}

async fn decide(cx: &Context<'_>, plan: &Plan) -> Result<()> {
    let question = format!("apply this: {}?", plan.counts());
    cx.out.flush().await?;
    match cx.asker.confirm(question.clone()).await {
        Some(true) => Ok(()),
        Some(false) => Err(Error::usage("not confirmed, nothing was changed")),
        None => Err(Error::usage(format!("not confirmed, nothing was changed: {question}"))
            .hint("add --yes to do it without being asked")),
    }
}

async fn refuse_stale(cx: &Context<'_>, plan: &Plan, name: &str) -> Result<()> {
    let stale = stale(cx.store, plan).await;
    let stale = stale.map_err(|failed| failure::error(failed.failure, failed.verb, &failed.path))?;
    let Some((path, why)) = stale.first() else { return Ok(()) };
    let more = match stale.len() - 1 {
        0 => String::new(),
        more => format!(", and {} more", count(more, "znode")),
    };
    Err(Error::new(Kind::Conflict, format!("{name} is stale, nothing was changed: {path}: {why}{more}"))
        .hint("plan again"))
}
