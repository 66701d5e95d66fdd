//! What is to be done so that a declared tree is true.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::same::{same, same_acl};
use super::{Declared, Prune, Wanted};
use crate::recipe::Failed;
use crate::store::{Failure, Found, Read, Store, read_one};
use crate::walk::{Options, Reads, Walk, Want};
use crate::wire::Code;
use crate::znode::{Acl, NodeType, PathGlob, Stat, ZPath};

/// What is to be done to one znode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which one.
    pub path: ZPath,
    /// What.
    pub change: Change,
}

/// A change. Versions are those that were seen; a write is refused when they are no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is created.
    Create {
        /// Its data.
        data: Option<Bytes>,
        /// Its ACL.
        acl: Vec<Acl>,
        /// Its type.
        node_type: NodeType,
    },
    /// Its data is set.
    Set {
        /// What it is.
        old: Option<Bytes>,
        /// What it will be.
        new: Option<Bytes>,
        /// The transaction that created it, and the version of its data.
        seen: (i64, i32),
    },
    /// Its ACL is set.
    SetAcl {
        /// What it is.
        old: Vec<Acl>,
        /// What it will be.
        new: Vec<Acl>,
        /// The transaction that created it, and the version of its ACL.
        seen: (i64, i32),
    },
    /// It is deleted.
    Delete {
        /// The transaction that created it, and the version of its data.
        seen: (i64, i32),
        /// Only because it is not declared.
        pruned: bool,
    },
}

/// What is to be done, in an order in which it can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Creates from the top, then data, then deletes from below, then ACLs from below.
    pub steps: Vec<Step>,
    /// Ephemerals that were found where everything else would go: they and what is above them stay.
    pub ephemerals: Vec<ZPath>,
    /// Znodes that were declared before and stay, for what is below them is not ours.
    pub kept: Vec<ZPath>,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Znodes that are created.
    pub create: usize,
    /// Znodes whose data is set.
    pub set: usize,
    /// Znodes whose ACL is set.
    pub acl: usize,
    /// Znodes that are deleted.
    pub delete: usize,
}

impl Plan {
    /// How many of each.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            *match step.change {
                Change::Create { .. } => &mut counts.create,
                Change::Set { .. } => &mut counts.set,
                Change::SetAcl { .. } => &mut counts.acl,
                Change::Delete { .. } => &mut counts.delete,
            } += 1;
        }
        counts
    }
}

/// `4 to add, 1 to change, 2 ACLs, 0 to delete`.
impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { create, set, acl, delete } = self;
        let acls = if *acl == 1 { "ACL" } else { "ACLs" };
        write!(f, "{create} to add, {set} to change, {acl} {acls}, {delete} to delete")
    }
}

/// Why there is no plan.
#[derive(Debug)]
pub enum NotPlanned {
    /// The store failed.
    Failed(Failed),
    /// What is there is in the way.
    Conflict(ZPath, String),
    /// More would be pruned than may be.
    TooMany {
        /// So many.
        pruned: usize,
        /// So many may be.
        max: usize,
    },
}

/// Compares a declared tree with what is there.
pub async fn make(store: &dyn Store, declared: &Declared) -> Result<Plan, NotPlanned> {
    let mut planning = Planning {
        store,
        declared,
        plan: Plan::default(),
        deletes: BTreeMap::new(),
        acls: Vec::new(),
        created: HashSet::new(),
    };
    planning.compare().await?;
    let owned = planning.owned().await?;
    planning.prune(&owned).await?;
    planning.finish(owned).await
}

/// What the znode that remembers holds: the format, and the paths.
const INVENTORY: &str = "zkx-inventory/1";

struct Planning<'a> {
    store: &'a dyn Store,
    declared: &'a Declared,
    plan: Plan,
    deletes: BTreeMap<ZPath, ((i64, i32), bool)>,
    acls: Vec<Step>,
    created: HashSet<ZPath>,
}

fn failed(verb: &'static str, path: &ZPath, failure: Failure) -> NotPlanned {
    NotPlanned::Failed(Failed::new(verb, path, failure))
}

impl Planning<'_> {
    /// Looks at every declared znode, a batch at a time.
    async fn compare(&mut self) -> Result<(), NotPlanned> {
        let reads = self.declared.nodes.iter().flat_map(|wanted| {
            let path = || wanted.path.to_string();
            let first = if wanted.data.is_some() { Read::Data(path()) } else { Read::Stat(path()) };
            let acl = (wanted.acl.is_some() && !wanted.absent).then(|| (wanted, Read::Acl(path())));
            std::iter::once((wanted, first)).chain(acl)
        });
        let reads: Vec<(&Wanted, Read)> = reads.collect();
        let mut reads = Reads::new(self.store, reads);
        let mut sets = Vec::new();
        loop {
            let root = ZPath::root();
            let Some(answers) = reads.next().await.map_err(|failure| failed("read", &root, failure))? else {
                break;
            };
            for (wanted, answer) in answers {
                match answer {
                    Ok(Found::Acl(old, stat)) => self.compare_acl(wanted, old, &stat),
                    Err(Code::NO_NODE) if !self.created.contains(&wanted.path) => self.create(wanted),
                    Err(Code::NO_NODE) => {}
                    Err(code) => return Err(failed("read", &wanted.path, Failure::Refused(code))),
                    Ok(Found::Data(data, stat)) => self.present(wanted, Some(data), stat, &mut sets).await?,
                    Ok(found) => {
                        let stat = found.stat().copied().unwrap_or_default();
                        self.present(wanted, None, stat, &mut sets).await?;
                    }
                }
            }
        }
        self.plan.steps.append(&mut sets);
        Ok(())
    }

    fn create(&mut self, wanted: &Wanted) {
        if wanted.absent {
            return;
        }
        self.created.insert(wanted.path.clone());
        let default = || self.declared.default_acl.clone().unwrap_or_else(|| vec![Acl::open()]);
        let change = Change::Create {
            data: wanted.data.clone().unwrap_or_else(|| Some(Bytes::new())),
            acl: wanted.acl.clone().unwrap_or_else(default),
            node_type: wanted.node_type.unwrap_or(NodeType::Persistent),
        };
        self.plan.steps.push(Step { path: wanted.path.clone(), change });
    }

    async fn present(
        &mut self,
        wanted: &Wanted,
        data: Option<Option<Bytes>>,
        stat: Stat,
        sets: &mut Vec<Step>,
    ) -> Result<(), NotPlanned> {
        let path = &wanted.path;
        if wanted.absent {
            return self.delete_below(path, false).await;
        }
        if !wanted.named {
            return Ok(());
        }
        if let NodeType::Ephemeral(session) = stat.node_type() {
            let what = format!("it is an ephemeral of session {session:#x}");
            return Err(NotPlanned::Conflict(path.clone(), what));
        }
        // Clients do not see which znodes are containers or have a TTL: the type cannot be compared.
        if let (Some(new), Some(old)) = (&wanted.data, data)
            && !same(new.as_deref(), old.as_deref(), wanted.compare)
        {
            // Copied: a slice would keep the whole reply it came in.
            let old = old.map(|old| Bytes::copy_from_slice(&old));
            let change = Change::Set { old, new: new.clone(), seen: (stat.czxid, stat.version) };
            sets.push(Step { path: path.clone(), change });
        }
        Ok(())
    }

    fn compare_acl(&mut self, wanted: &Wanted, old: Vec<Acl>, stat: &Stat) {
        let Some(new) = wanted.acl.clone().filter(|new| !same_acl(new, &old)) else { return };
        let change = Change::SetAcl { old, new, seen: (stat.czxid, stat.aversion) };
        self.acls.push(Step { path: wanted.path.clone(), change });
    }

    /// Takes a znode and all below it into what is deleted.
    async fn delete_below(&mut self, path: &ZPath, pruned: bool) -> Result<(), NotPlanned> {
        let mut walk = Walk::new(self.store, Options { want: Want::Data, ..Options::new(path.clone()) });
        loop {
            let visits = match walk.next().await {
                Ok(Some(visits)) => visits,
                Ok(None) | Err(Failure::Refused(Code::NO_NODE)) => return Ok(()),
                Err(failure) => return Err(failed("list", path, failure)),
            };
            for visit in visits {
                let node = visit.node.map_err(|code| failed("read", &visit.path, Failure::Refused(code)))?;
                let stat = node.stat.unwrap_or_default();
                if matches!(stat.node_type(), NodeType::Ephemeral(_)) {
                    let what = format!("{} below it is an ephemeral", visit.path);
                    return Err(NotPlanned::Conflict(path.clone(), what));
                }
                self.deletes.insert(visit.path, ((stat.czxid, stat.version), pruned));
            }
        }
    }

    /// What was declared before.
    async fn owned(&self) -> Result<Option<(BTreeSet<ZPath>, Stat, Option<Bytes>)>, NotPlanned> {
        let Some(path) = &self.declared.inventory else { return Ok(None) };
        match read_one(self.store, Read::Data(path.to_string())).await {
            Ok(Found::Data(data, stat)) => {
                let conflict =
                    || NotPlanned::Conflict(path.clone(), format!("it is no inventory ({INVENTORY})"));
                let known: Json =
                    serde_json::from_slice(data.as_deref().unwrap_or_default()).map_err(|_| conflict())?;
                if known.get("format").and_then(Json::as_str) != Some(INVENTORY) {
                    return Err(conflict());
                }
                let paths = known.get("paths").and_then(Json::as_array).into_iter().flatten();
                let paths = paths.filter_map(|path| ZPath::parse(path.as_str()?).ok());
                Ok(Some((paths.collect(), stat, data)))
            }
            Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => Ok(None),
            Err(failure) => Err(failed("read", path, failure)),
        }
    }

    async fn prune(
        &mut self,
        owned: &Option<(BTreeSet<ZPath>, Stat, Option<Bytes>)>,
    ) -> Result<(), NotPlanned> {
        let declared: HashMap<&ZPath, &Wanted> =
            self.declared.nodes.iter().map(|wanted| (&wanted.path, wanted)).collect();
        match (&self.declared.prune, owned) {
            (Prune::Nothing, _) | (Prune::Owned, None) => return Ok(()),
            (Prune::Owned, Some((owned, ..))) => {
                let gone = |path: &&ZPath| !declared.contains_key(path);
                let candidates: BTreeSet<ZPath> = owned.iter().filter(gone).cloned().collect();
                self.prune_owned(&candidates).await?;
            }
            (Prune::All(keep), _) => {
                for root in &self.declared.roots {
                    self.prune_below(root, &declared, keep).await?;
                }
            }
        }
        let pruned = self.deletes.values().filter(|(_, pruned)| *pruned).count();
        let max = self.declared.max_pruned;
        if pruned > max { Err(NotPlanned::TooMany { pruned, max }) } else { Ok(()) }
    }

    /// Deletes those that have nothing below them but each other.
    async fn prune_owned(&mut self, candidates: &BTreeSet<ZPath>) -> Result<(), NotPlanned> {
        for path in candidates.iter().rev() {
            let listing = match read_one(self.store, Read::Listing(path.to_string())).await {
                Ok(Found::Listing(names, stat)) => Some((names, stat)),
                Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => None,
                Err(failure) => return Err(failed("list", path, failure)),
            };
            let Some((names, stat)) = listing else { continue };
            if names.iter().all(|name| self.deletes.contains_key(&path.join(name)))
                && !matches!(stat.node_type(), NodeType::Ephemeral(_))
            {
                self.deletes.insert(path.clone(), ((stat.czxid, stat.version), true));
            } else {
                self.plan.kept.push(path.clone());
            }
        }
        Ok(())
    }

    /// Deletes what is not declared below `root`, but what is kept and what is above that.
    async fn prune_below(
        &mut self,
        root: &ZPath,
        declared: &HashMap<&ZPath, &Wanted>,
        keep: &[PathGlob],
    ) -> Result<(), NotPlanned> {
        let options = Options { want: Want::Data, post: true, ..Options::new(root.clone()) };
        let mut walk = Walk::new(self.store, options);
        // Znodes below which something stays.
        let mut stays: HashSet<ZPath> = HashSet::new();
        let foreign: Vec<&ZPath> =
            declared.values().filter(|wanted| wanted.foreign).map(|wanted| &wanted.path).collect();
        loop {
            let visits = match walk.next().await {
                Ok(Some(visits)) => visits,
                Ok(None) | Err(Failure::Refused(Code::NO_NODE)) => return Ok(()),
                Err(failure) => return Err(failed("list", root, failure)),
            };
            for visit in visits {
                let path = visit.path;
                let stat = visit.node.ok().and_then(|node| node.stat);
                let ephemeral = stat.is_some_and(|stat| matches!(stat.node_type(), NodeType::Ephemeral(_)));
                let wanted = declared.contains_key(&path);
                let kept = stays.contains(&path)
                    || ephemeral
                    || keep.iter().any(|glob| glob.matches(&path))
                    || foreign.iter().any(|foreign| path.is_within(foreign))
                    || path.as_str() == "/zookeeper"
                    || path.as_str().starts_with("/zookeeper/");
                match stat.filter(|_| !wanted && !kept && !self.deletes.contains_key(&path)) {
                    Some(stat) => drop(self.deletes.insert(path, ((stat.czxid, stat.version), true))),
                    None if self.deletes.contains_key(&path) => {}
                    None => {
                        if ephemeral && !wanted {
                            self.plan.ephemerals.push(path.clone());
                        }
                        stays.extend(path.parent());
                    }
                }
            }
        }
    }

    /// Puts everything into its order.
    async fn finish(
        mut self,
        owned: Option<(BTreeSet<ZPath>, Stat, Option<Bytes>)>,
    ) -> Result<Plan, NotPlanned> {
        let deletes = std::mem::take(&mut self.deletes);
        for (path, (seen, pruned)) in deletes.into_iter().rev() {
            self.plan.steps.push(Step { path, change: Change::Delete { seen, pruned } });
        }
        self.remember(owned).await?;
        self.acls.sort_by(|a, b| b.path.cmp(&a.path));
        self.plan.steps.append(&mut self.acls);
        Ok(self.plan)
    }

    /// Adds what keeps the inventory.
    async fn remember(
        &mut self,
        owned: Option<(BTreeSet<ZPath>, Stat, Option<Bytes>)>,
    ) -> Result<(), NotPlanned> {
        let Some(inventory) = self.declared.inventory.clone() else { return Ok(()) };
        let before = owned.as_ref().map(|(paths, ..)| paths);
        let ours = |wanted: &&Wanted| {
            let made = self.created.contains(&wanted.path);
            !wanted.absent
                && (wanted.named || made || before.is_some_and(|before| before.contains(&wanted.path)))
        };
        let mut paths: BTreeSet<&ZPath> =
            self.declared.nodes.iter().filter(ours).map(|wanted| &wanted.path).collect();
        if self.declared.prune != Prune::Owned {
            // What nobody prunes stays ours.
            paths.extend(before.into_iter().flatten().filter(|path| {
                !self.declared.nodes.iter().any(|wanted| wanted.absent && path.is_within(&wanted.path))
            }));
        }
        paths.extend(&self.plan.kept);
        let text =
            json!({"format": INVENTORY, "paths": paths.iter().map(|path| path.as_str()).collect::<Vec<_>>()});
        let new = Some(Bytes::from(text.to_string()));
        match owned {
            Some((_, _, old)) if old == new => {}
            Some((_, stat, old)) => {
                let change = Change::Set { old, new, seen: (stat.czxid, stat.version) };
                self.plan.steps.push(Step { path: inventory, change });
            }
            None => {
                for ancestor in inventory.lineage() {
                    let there = crate::store::stat(self.store, &ancestor).await;
                    if there.map_err(|failure| failed("look at", &ancestor, failure))?.is_some()
                        || self.created.contains(&ancestor)
                    {
                        continue;
                    }
                    let data = if ancestor == inventory { new.clone() } else { Some(Bytes::new()) };
                    let change =
                        Change::Create { data, acl: vec![Acl::open()], node_type: NodeType::Persistent };
                    self.plan.steps.push(Step { path: ancestor, change });
                }
            }
        }
        Ok(())
    }
}
