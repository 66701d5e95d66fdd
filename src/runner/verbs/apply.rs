//! `apply`, and `tree` in place of steps.

use std::collections::HashMap;

use futures_util::future::BoxFuture;

use super::{At, Done, data};
use crate::command::{not_applied, not_planned};
use crate::recipe::declared::plan::make;
use crate::recipe::declared::{self, Declared, MAX_PRUNED, Plan, Wanted};
use crate::runner::failed::Failed;
use crate::script::expr::{Scope, Value};
use crate::script::model::{Apply, Atomic, NodeSpec, Nodes, OnConflict, Prune, PruneScope, State, TreeMode};
use crate::znode::{NodeType, PathGlob, ZPath};

/// Plans made again at most, where others change the tree meanwhile.
const AGAIN: usize = 5;

async fn node_type(mode: Option<&TreeMode>, scope: &Scope) -> Result<Option<NodeType>, Failed> {
    Ok(match mode {
        None => None,
        Some(TreeMode::Persistent) => Some(NodeType::Persistent),
        Some(TreeMode::Container) => Some(NodeType::Container),
        Some(TreeMode::Ttl(slot)) => {
            Some(NodeType::Ttl(i64::try_from(slot.get(scope).await?.as_millis()).unwrap_or(i64::MAX)))
        }
    })
}

/// Znodes, parents before their children.
#[derive(Default)]
struct Gathered {
    nodes: Vec<Wanted>,
    known: HashMap<ZPath, usize>,
}

impl Gathered {
    /// Adds a znode, and those above it that nothing is said of.
    fn push(&mut self, wanted: Wanted) {
        for between in wanted.path.lineage() {
            if between != wanted.path && !wanted.absent && !self.known.contains_key(&between) {
                self.known.insert(between.clone(), self.nodes.len());
                self.nodes.push(Wanted::there(between));
            }
        }
        match self.known.get(&wanted.path).and_then(|at| self.nodes.get_mut(*at)) {
            Some(known) => *known = wanted,
            None => {
                self.known.insert(wanted.path.clone(), self.nodes.len());
                self.nodes.push(wanted);
            }
        }
    }
}

fn gather<'f>(
    at: &'f At<'_, '_>,
    above: &'f ZPath,
    specs: &'f Nodes,
    usual: Option<NodeType>,
    scope: &'f Scope,
    nodes: &'f mut Gathered,
) -> BoxFuture<'f, Result<(), Failed>> {
    Box::pin(async move {
        for (name, spec) in &specs.0 {
            let name = name.get(scope).await?;
            let path = match name.trim_matches('/') {
                "" => above.clone(),
                below => {
                    let text = format!("{}/{below}", above.as_str().trim_end_matches('/'));
                    ZPath::parse(&text).map_err(|error| Failed::usage(format!("`{text}`: {error}")))?
                }
            };
            nodes.push(wanted(at, path.clone(), spec, usual, scope).await?);
            if let Some(children) = &spec.children {
                gather(at, &path, children, usual, scope, nodes).await?;
            }
        }
        Ok(())
    })
}

async fn wanted(
    at: &At<'_, '_>,
    path: ZPath,
    spec: &NodeSpec,
    usual: Option<NodeType>,
    scope: &Scope,
) -> Result<Wanted, Failed> {
    Ok(Wanted {
        named: true,
        data: data::bytes(at, &spec.data, scope).await?,
        compare: data::compare(&spec.data, scope).await?,
        acl: match &spec.acl {
            Some(list) => Some(list.get(scope).await?),
            None => None,
        },
        node_type: node_type(spec.mode.as_ref(), scope).await?.or(usual),
        absent: spec.state.get(scope).await? == State::Absent,
        foreign: !spec.owner.get(scope).await?,
        ..Wanted::there(path)
    })
}

/// What a script says that znodes are to be.
async fn declared(at: &At<'_, '_>, tree: &Apply, scope: &Scope) -> Result<Declared, Failed> {
    let root = tree.root.get(scope).await?;
    let mut gathered = Gathered::default();
    if !root.is_root() {
        gathered.push(Wanted { named: true, ..Wanted::there(root.clone()) });
    }
    let usual = node_type(tree.defaults.as_ref().and_then(|defaults| defaults.mode.as_ref()), scope).await?;
    gather(at, &root, &tree.nodes, usual, scope, &mut gathered).await?;
    let default_acl = match tree.defaults.as_ref().and_then(|defaults| defaults.acl.as_ref()) {
        Some(list) => Some(list.get(scope).await?),
        None => Some(at.default_acl(scope).await?),
    };
    let (mut prune, mut max_pruned) = (declared::Prune::Nothing, MAX_PRUNED);
    if let Some(Prune::Some(spec)) = &tree.prune {
        let mut keep = Vec::new();
        for slot in &spec.keep {
            keep.push(PathGlob::parse(slot.get(scope).await?.as_str()).map_err(Failed::usage)?);
        }
        max_pruned = usize::try_from(spec.max.get(scope).await?).unwrap_or(usize::MAX);
        prune = match spec.scope.get(scope).await? {
            PruneScope::Owned => declared::Prune::Owned,
            PruneScope::All => declared::Prune::All(keep),
        };
    }
    let inventory = match (&tree.inventory, &prune) {
        (Some(slot), _) => Some(slot.get(scope).await?),
        (None, declared::Prune::Owned) => {
            let name = at.frame.script.name.as_deref();
            Some(tree.own_inventory(name, &root).map_err(Failed::usage)?)
        }
        _ => None,
    };
    Ok(Declared { nodes: gathered.nodes, roots: vec![root], default_acl, prune, max_pruned, inventory })
}

pub(super) async fn plan(at: &At<'_, '_>, tree: &Apply, scope: &Scope) -> Result<Plan, Failed> {
    let declared = declared(at, tree, scope).await?;
    make(&*at.store, &declared).await.map_err(|not| Failed::from(not_planned(not)))
}

pub(super) async fn apply(at: &At<'_, '_>, tree: &Apply, scope: &Scope) -> Result<Done, Failed> {
    let atomic = tree.atomic.get(scope).await?;
    let again = tree.on_conflict.get(scope).await? == OnConflict::Retry;
    let root = tree.root.get(scope).await?;
    for attempt in 1.. {
        let plan = plan(at, tree, scope).await?;
        let transactions = plan.transactions();
        if atomic == Atomic::Yes && transactions > 1 {
            let what = format!("the tree takes {transactions} transactions, and `atomic` allows one");
            return Err(Failed::usage(what));
        }
        match declared::apply(&*at.store, &plan).await {
            Ok(_) => return Ok(said(&root, &plan)),
            Err(stopped) if stopped.stale && again && attempt < AGAIN => {}
            Err(stopped) => {
                let path = stopped.failed.path.clone();
                return Err(Failed { path: Some(path), ..Failed::from(not_applied(stopped)) });
            }
        }
    }
    Err(Failed::conflict(&root, format!("the tree below {root} was changed by others again and again")))
}

fn said(root: &ZPath, plan: &Plan) -> Done {
    let counts = plan.counts();
    let words = if plan.steps.is_empty() { "as it is to be".to_owned() } else { counts.to_string() };
    let paths: Vec<_> = plan.steps.iter().map(|step| Value::from(step.path.as_str())).collect();
    Done { changed: !plan.steps.is_empty(), ..Done::said(format!("{root}: {words}")) }
        .field("added", counts.create)
        .field("set", counts.set)
        .field("deleted", counts.delete)
        .field("acl_changed", counts.acl)
        .field("plan", Value::from(paths))
}
