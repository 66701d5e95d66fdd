//! Paths that are written and do not come from expressions, against the guard.

use crate::script::decode::Cx;
use crate::script::glob::Glob;
use crate::script::model::{Action, NodeName, Nodes, OpKind, Script, Slot, Step, places};
use crate::script::source::Span;
use crate::znode::ZPath;

pub(super) fn check(script: &Script, cx: &mut Cx<'_>) {
    let allowed = script.guard.iter().flat_map(|guard| &guard.paths);
    let Ok(standard) = Glob::new("/zookeeper/**") else { return };
    let denied = match script.guard.as_ref().and_then(|guard| guard.deny.as_ref()) {
        Some(deny) => deny.iter().filter_map(Slot::known).cloned().collect(),
        None => vec![standard],
    };
    let guard = Guarding {
        every: script.guard.iter().flat_map(|guard| &guard.paths).all(|glob| glob.known().is_some()),
        allowed: allowed.filter_map(Slot::known).cloned().collect(),
        denied,
    };
    let mut visit = |step: &Step| {
        let name = step.with.name.as_ref().and_then(|name| name.known());
        let label = name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
        cx.step = Some(format!("step {}{label}", step.place));
        for (path, span) in written(&step.action) {
            guard.judge(&path, span, cx);
        }
        if let Action::Shell(shell) = &step.action
            && script.guard.as_ref().is_none_or(|guard| guard.shell.known() == Some(&false))
        {
            cx.problem(shell.span, "E0206", "the script may not run programs")
                .label("say `guard: {shell: true}`, and run it with --allow-shell");
        }
    };
    places(script.steps(), &mut visit);
    places(script.finally(), &mut visit);
    cx.step = None;
    if let Some(tree) = &script.tree {
        for (path, span) in of_tree(tree.root.known(), &tree.nodes) {
            guard.judge(&path, span, cx);
        }
    }
}

struct Guarding {
    allowed: Vec<Glob>,
    denied: Vec<Glob>,
    /// Whether all of the allowed ones are known.
    every: bool,
}

impl Guarding {
    fn judge(&self, path: &ZPath, span: Span, cx: &mut Cx<'_>) {
        if let Some(glob) = self.denied.iter().find(|glob| glob.matches(path)) {
            cx.problem(span, "E0206", format!("the guard forbids to change {path}"))
                .label(format!("`guard.deny` has {glob}"));
        } else if self.every
            && !self.allowed.is_empty()
            && !self.allowed.iter().any(|glob| glob.matches(path))
        {
            let all: Vec<_> = self.allowed.iter().map(Glob::as_str).collect();
            cx.problem(span, "E0206", format!("the guard does not allow to change {path}"))
                .label(format!("`guard.paths` has {}", all.join(", ")));
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
        Action::Apply(apply) => of_tree(apply.root.known(), &apply.nodes),
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
