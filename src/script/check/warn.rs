//! What may be a mistake, and stops no run.

use std::collections::BTreeSet;

use super::Outer;
use crate::script::decode::{Cx, Use};
use crate::script::expr::used;
use crate::script::model::{
    Action, Apply, CheckMode, Exists, Name, Nodes, OnFailure, OpKind, Script, Slot, State, Step, TreeKind,
    Undo, VarKind, VarType,
};

/// Last parts of names that secrets have.
const SECRETS: [&str; 8] =
    ["password", "passwd", "passphrase", "secret", "secrets", "token", "credential", "credentials"];

/// Tells `cx` of what is declared and never used, secrets that are not kept, trees that are open to the world,
/// writes that cannot be undone, and steps that are never run.
pub(super) fn check(script: &Script, uses: &[Use], outer: Option<&Outer>, cx: &mut Cx<'_>) {
    let names: BTreeSet<_> = uses.iter().flat_map(|of| used(&of.expr)).map(|name| name.name).collect();
    variables(script, &names, cx);
    let unused = |name: &Name| !names.contains(&name.text) && !name.text.starts_with('_');
    let undone = matches!(script.on_failure.as_ref().and_then(Slot::known), Some(OnFailure::Rollback));
    let acls = uses_acls(script);
    let open = script.defaults.as_ref().is_none_or(|defaults| defaults.acl.is_none());
    let blind = cx.blind;
    let mut visit = |step: &Step| {
        cx.step = Some(step.label());
        // What includes a script sees all that it registers.
        if let Some(name) =
            step.with.register.as_ref().filter(|name| outer.is_none() && !blind && unused(name))
        {
            cx.problem(name.span, "W203", format!("nothing uses what is registered as `{}`", name.text))
                .label(format!("take it out, or call it `_{}`", name.text));
        }
        if let Action::Apply(apply) = &step.action
            && acls
            && open
        {
            open_tree(apply, cx);
        }
        if undone && step.with.no_log.known() == Some(&true) && is_lost(step) {
            let span = step.with.no_log.span;
            cx.problem(span, "W205", "`on_failure: rollback` cannot undo what this step writes")
                .label("it keeps the data out of the journal; `undo: none` says that this is meant");
        }
    };
    script.each_step(&mut visit);
    cx.step = None;
    if let Some(tree) = script.tree.as_ref().filter(|_| acls && open) {
        open_tree(tree, cx);
    }
    let ends = !matches!(script.on_failure.as_ref().map(Slot::known), Some(None | Some(OnFailure::Continue)));
    unreachable(script.steps(), ends, cx);
    unreachable(script.finally(), true, cx);
}

fn variables(script: &Script, names: &BTreeSet<String>, cx: &mut Cx<'_>) {
    let mut secrets = Vec::new();
    for (name, spec) in script.vars.iter() {
        let text = &name.text;
        if !names.contains(text) && !text.starts_with('_') && !cx.blind {
            cx.problem(name.span, "W202", format!("nothing uses the variable `{text}`"))
                .label(format!("take it out, or call it `_{text}`"));
        }
        let last = text.rsplit('_').next().unwrap_or(text).to_lowercase();
        if !SECRETS.contains(&last.as_str()) {
            continue;
        }
        let (shown, value) = match &spec.kind {
            VarKind::Typed(typed) => {
                let is_text = typed
                    .kind
                    .as_ref()
                    .is_none_or(|kind| matches!(kind.known(), Some(VarType::String | VarType::Bytes)));
                (is_text && typed.secret.known() == Some(&false), typed.default.as_ref())
            }
            VarKind::Value(tree) => match &tree.kind {
                TreeKind::Text(_) | TreeKind::Int(_) | TreeKind::Bytes(_) => (true, Some(tree)),
                _ => (false, None),
            },
        };
        if shown {
            secrets.extend(value.map(|tree| tree.span));
            cx.problem(name.span, "W204", format!("the variable `{text}` is not secret"))
                .label("say `{type: string, secret: true}`, and nobody sees its value");
        }
    }
    cx.secrets.extend(secrets);
}

/// Whether a script says anywhere who may do what, or who it is.
fn uses_acls(script: &Script) -> bool {
    let mut connects = script.connect.iter().chain(script.clusters.iter().map(|(_, connect)| connect));
    let mut found = connects.any(|connect| !connect.auth.is_empty())
        || script.defaults.as_ref().is_some_and(|defaults| defaults.acl.is_some());
    let of_tree = |apply: &Apply| {
        apply.defaults.as_ref().is_some_and(|defaults| defaults.acl.is_some()) || any_acl(&apply.nodes)
    };
    let mut visit = |step: &Step| {
        found |= match &step.action {
            Action::Acl(_) => true,
            Action::Create(create) => create.acl.is_some(),
            Action::Ensure(ensure) => ensure.acl.is_some(),
            Action::Apply(apply) => of_tree(apply),
            Action::Txn(txn) => {
                txn.ops.iter().any(|op| matches!(&op.kind, OpKind::Create(create) if create.acl.is_some()))
            }
            _ => false,
        };
    };
    script.each_step(&mut visit);
    found || script.tree.as_ref().is_some_and(of_tree)
}

fn any_acl(nodes: &Nodes) -> bool {
    nodes.0.iter().any(|(_, spec)| spec.acl.is_some() || spec.children.as_ref().is_some_and(any_acl))
}

/// The first znode of a tree whose ACL nobody says.
fn open_tree(apply: &Apply, cx: &mut Cx<'_>) {
    fn first(nodes: &Nodes) -> Option<crate::script::Span> {
        nodes.0.iter().find_map(|(name, spec)| {
            let open = spec.acl.is_none() && spec.state.known() == Some(&State::Present);
            if open { Some(name.span()) } else { spec.children.as_ref().and_then(first) }
        })
    }
    if apply.defaults.as_ref().is_some_and(|defaults| defaults.acl.is_some()) {
        return;
    }
    if let Some(span) = first(&apply.nodes) {
        cx.problem(span, "W201", "znodes of this tree are open to the world when they are created")
            .label("neither this one nor `defaults` says an `acl`");
    }
}

/// Whether a step overwrites or deletes what the journal has not.
fn is_lost(step: &Step) -> bool {
    if matches!(step.with.undo, Some(Undo::None | Undo::Steps(_))) {
        return false;
    }
    match &step.action {
        Action::Create(create) => create.exists.known() == Some(&Exists::Replace),
        Action::Txn(txn) => txn.ops.iter().any(|op| matches!(op.kind, OpKind::Set(_) | OpKind::Delete(_))),
        Action::Set(_) | Action::Modify(_) | Action::Ensure(_) | Action::Delete(_) => true,
        Action::Acl(_) | Action::Apply(_) => true,
        _ => false,
    }
}

/// Tells of steps behind one that always ends what they stand in. `ends` is whether a failure does.
fn unreachable(steps: &[Step], ends: bool, cx: &mut Cx<'_>) {
    for (step, next) in steps.iter().zip(steps.iter().skip(1)) {
        let with = &step.with;
        let always = with.when.is_none()
            && with.for_each.is_none()
            && with.failed_when.is_none()
            && with.ignore_errors.is_none()
            && with.tags.is_empty()
            && with.check_mode.known() == Some(&CheckMode::Auto);
        let last = match &step.action {
            Action::Stop(_) => always,
            Action::Fail(_) => always && ends,
            _ => false,
        };
        if last {
            let verb = step.verb();
            cx.problem(next.span.before(), "W206", "this step is never run")
                .label(format!("the `{verb}` before it has no `when`"));
            break;
        }
    }
    for step in steps {
        step.action.inner().into_iter().for_each(|inner| unreachable(inner, true, cx));
    }
}
