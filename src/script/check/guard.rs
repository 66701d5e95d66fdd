//! Paths that are written and do not come from expressions, against the guard.

use crate::script::decode::Cx;
use crate::script::glob::Glob;
use crate::script::model::{
    Action, Apply, Delete, Guard, Kafka, NodeName, Nodes, OpKind, Script, Slot, Step,
};
use crate::script::source::Span;
use crate::znode::ZPath;

/// Judges the steps of a script by the guard of `guarded`: its own, or that of one that includes it.
pub(in crate::script) fn check(script: &Script, guarded: &Script, cx: &mut Cx<'_>) {
    let guard = Guarding::of(guarded);
    let mut visit = |step: &Step| {
        cx.step = Some(step.label());
        for (path, span) in written(&step.action) {
            guard.judge(&path, span, cx);
        }
        if let Action::Delete(Delete { pattern: Some(slot), .. }) = &step.action {
            guard.judge_pattern(slot, cx);
        }
        if let Action::Shell(shell) = &step.action
            && guarded.guard.as_ref().is_none_or(|guard| guard.shell.known() == Some(&false))
        {
            cx.problem(shell.span, "E0206", "the script may not run programs")
                .label("say `guard: {shell: true}`, and run it with --allow-shell");
        }
    };
    script.each_step_and_undo(&mut visit);
    cx.step = None;
    if let Some(tree) = &script.tree {
        for (path, span) in of_apply(tree) {
            guard.judge(&path, span, cx);
        }
    }
}

/// What a guard says of paths, as far as it is known before anything runs.
pub(in crate::script) struct Guarding {
    allowed: Vec<Glob>,
    denied: Vec<Glob>,
    /// Whether all of the allowed ones are known.
    every: bool,
}

impl Guarding {
    pub(in crate::script) fn of(script: &Script) -> Self {
        let guard = script.guard.as_ref();
        let known = |slots: &[Slot<Glob>]| slots.iter().filter_map(Slot::known).cloned().collect();
        Self {
            every: guard.iter().flat_map(|guard| &guard.paths).all(|glob| glob.known().is_some()),
            allowed: guard.map(|guard| known(&guard.paths)).unwrap_or_default(),
            denied: match guard.and_then(|guard| guard.deny.as_ref()) {
                Some(deny) => known(deny),
                None => Guard::usual_deny(),
            },
        }
    }

    /// Why a path may not be changed, and what the guard says.
    pub(in crate::script) fn refusal(&self, path: &str) -> Option<(String, String)> {
        if let Some(glob) = self.denied.iter().find(|glob| glob.matches(path)) {
            return Some((format!("the guard forbids to change {path}"), format!("`guard.deny` has {glob}")));
        }
        if !self.every || self.allowed.is_empty() || self.allowed.iter().any(|glob| glob.matches(path)) {
            return None;
        }
        let all: Vec<_> = self.allowed.iter().map(Glob::as_str).collect();
        let label = format!("`guard.paths` has {}", all.join(", "));
        Some((format!("the guard does not allow to change {path}"), label))
    }

    fn judge(&self, path: &ZPath, span: Span, cx: &mut Cx<'_>) {
        if let Some((message, label)) = self.refusal(path) {
            cx.problem(span, "E0206", message).label(label);
        }
    }

    /// A pattern below a znode of which everything is denied matches nothing else.
    fn judge_pattern(&self, slot: &Slot<Glob>, cx: &mut Cx<'_>) {
        let Some(pattern) = slot.known() else { return };
        let whole = |glob: &&Glob| glob.as_str().ends_with("/**") && glob.matches(pattern.above());
        if let Some(glob) = self.denied.iter().find(whole) {
            cx.problem(slot.span, "E0206", format!("the guard forbids to change all that matches {pattern}"))
                .label(format!("`guard.deny` has {glob}"));
        }
    }
}

type Written = Vec<(ZPath, Span)>;

fn slot(slot: &Slot<ZPath>) -> Option<(ZPath, Span)> {
    slot.known().map(|path| (path.clone(), slot.span))
}

/// The paths that a verb changes, as far as they are known.
fn written(action: &Action) -> Written {
    match action {
        Action::Create(create) => {
            create.path.known().map(|path| (path.0.clone(), create.path.span)).into_iter().collect()
        }
        Action::Set(set) => slot(&set.path).into_iter().collect(),
        Action::Modify(modify) => slot(&modify.path).into_iter().collect(),
        Action::Ensure(ensure) => slot(&ensure.path).into_iter().collect(),
        Action::Delete(delete) => delete.path.iter().filter_map(slot).collect(),
        Action::Acl(acl) => slot(&acl.path).into_iter().collect(),
        Action::Apply(apply) => of_apply(apply),
        Action::Kafka(Kafka { delete_group: Some(group), .. }) => {
            let path = group.known().and_then(|group| ZPath::parse(&format!("/consumers/{group}")).ok());
            path.map(|path| (path, group.span)).into_iter().collect()
        }
        Action::Txn(txn) => {
            let path = |kind: &OpKind| match kind {
                OpKind::Create(create) => create.path.known().map(|path| (path.0.clone(), create.path.span)),
                OpKind::Set(set) => slot(&set.path),
                OpKind::Delete(delete) => delete.path.as_ref().and_then(slot),
                OpKind::Check(_) => None,
            };
            txn.ops.iter().filter_map(|op| path(&op.kind)).collect()
        }
        _ => Vec::new(),
    }
}

/// The znodes of a tree, and the one that it names to record which are ours.
fn of_apply(apply: &Apply) -> Written {
    let mut found = of_tree(apply.root.known(), &apply.nodes);
    found.extend(apply.inventory.as_ref().and_then(slot));
    found
}

fn of_tree(root: Option<&ZPath>, nodes: &Nodes) -> Written {
    let Some(root) = root else { return Vec::new() };
    let mut found = Vec::new();
    for (name, spec) in &nodes.0 {
        let NodeName::Fixed(name) = name else { continue };
        let path = if name.text == "/" { root.clone() } else { root.join(&name.text) };
        if let Some(children) = &spec.children {
            found.extend(of_tree(Some(&path), children));
        }
        found.push((path, name.span));
    }
    found
}
