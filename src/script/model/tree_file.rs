//! What znodes are to be: the verb `apply`, and `tree` in place of steps.

use std::time::Duration;

use super::{
    AclList, Action, Atomic, Compare, Data, Name, OnConflict, PruneScope, Script, Slot, State, Step,
};
use crate::script::decode::define;
use crate::script::expr::{Fault, Scope, Template};
use crate::script::glob::Glob;
use crate::script::source::Span;
use crate::znode::ZPath;

define! {
    /// Makes a tree what it is described to be.
    Apply {
        /// Where the names below begin.
        "root" root: Slot<ZPath>;
        /// What holds for znodes that say nothing else.
        "defaults" defaults: Option<TreeDefaults>;
        /// What is deleted: nothing, or what `scope` says.
        "prune" prune: Option<Prune>;
        /// The znode that records what is ours.
        "inventory" inventory: Option<Slot<ZPath>>;
        /// Whether all is done by one transaction.
        "atomic" atomic: Slot<Atomic> = "auto";
        /// What is done when a znode changed after the plan was made.
        "on_conflict" on_conflict: Slot<OnConflict> = "fail";
        /// The znodes, by path below the root; `/` is the root itself.
        "nodes" nodes: Nodes;
    }
}

define! {
    /// What holds for znodes that say nothing else.
    TreeDefaults {
        /// The ACL of what is created.
        "acl" acl: Option<AclList>;
        /// What kind is created.
        "mode" mode: Option<TreeMode>;
    }
}

impl Apply {
    /// The znode that records what is ours where the script, which has this name, names none. The error is a
    /// sentence.
    pub fn own_inventory(&self, script: Option<&str>, root: &ZPath) -> Result<ZPath, String> {
        let name = match script {
            Some(name) => name.to_owned(),
            None => root.as_str().trim_matches('/').replace('/', "."),
        };
        let text = format!("{INVENTORIES}/{}", name.replace(['/', ' '], "-"));
        ZPath::parse(&text).map_err(|error| format!("`{text}`: {error}"))
    }
}

/// The znode below which inventories are that no script names.
const INVENTORIES: &str = "/zkx/inventory";

impl Script {
    /// The znodes that zkx itself may write to record what is this script's, and those above them, as far as
    /// they are known before it is run.
    pub fn own_inventories(&self) -> Vec<ZPath> {
        let mut found = Vec::new();
        let mut add = |apply: &Apply| {
            let own = apply.inventory.is_none() && matches!(apply.prune, Some(Prune::Some(_)));
            let root = apply.root.known().cloned().or_else(|| self.name.as_ref().map(|_| ZPath::root()));
            if let Some(path) =
                root.filter(|_| own).and_then(|root| apply.own_inventory(self.name.as_deref(), &root).ok())
            {
                found.extend(path.lineage());
            }
        };
        let mut visit = |step: &Step| {
            if let Action::Apply(apply) = &step.action {
                add(apply);
            }
        };
        self.each_step(&mut visit);
        self.tree.iter().for_each(add);
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What is deleted.
#[derive(Clone, Debug)]
pub enum Prune {
    /// `false`
    Nothing,
    /// `{scope: …}`
    Some(Box<PruneSpec>),
}

define! {
    /// What is deleted.
    PruneSpec {
        /// What the inventory says is ours, or everything.
        "scope" scope: Slot<PruneScope>;
        /// What stays.
        "keep" keep: Vec<Slot<Glob>>;
        /// No more than these.
        "max" max: Slot<u64> = "50";
    }
}

/// Znodes by the path below the one they belong to, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Nodes(pub Vec<(NodeName, NodeSpec)>);

/// The name of a znode: the one key that is interpolated.
#[derive(Clone, Debug)]
pub enum NodeName {
    /// As it is written.
    Fixed(Name),
    /// With expressions in it.
    Template(Template),
}

impl NodeName {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Fixed(name) => name.span,
            Self::Template(template) => template.span,
        }
    }

    /// The name: a path without `/` at its beginning, or `/` alone.
    pub async fn get(&self, scope: &Scope) -> Result<String, Fault> {
        match self {
            Self::Fixed(name) => Ok(name.text.clone()),
            Self::Template(template) => template.text(scope).await,
        }
    }
}

define! {
    /// What a znode is to be.
    NodeSpec {
        /// Its ACL; left alone where nothing is said.
        "acl" acl: Option<AclList>;
        /// What kind: persistent, container, or `{ttl: DURATION}`.
        "mode" mode: Option<TreeMode>;
        /// Whether it is to be.
        "state" state: Slot<State> = "present";
        /// Whether it may be made anew where it is of another kind.
        "replace" replace: Slot<bool> = "false";
        /// False: nothing below it is ever pruned.
        "owner" owner: Slot<bool> = "true";
        /// The znodes below it.
        "children" children: Option<Nodes>;
        .. /// Its data; left alone where nothing is said.
        data: Data;
    }
}

/// What kind of znode a tree may have.
#[derive(Clone, Debug)]
pub enum TreeMode {
    /// Stays until it is deleted.
    Persistent,
    /// Is deleted when its last child is.
    Container,
    /// Is deleted when it has not changed for so long and has no children.
    Ttl(Slot<Duration>),
}

impl NodeSpec {
    /// How its data is compared with what is there.
    pub fn compare(&self) -> Option<&Slot<Compare>> {
        self.data.compare.as_ref()
    }
}
