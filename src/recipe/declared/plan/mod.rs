//! What is to be done so that a declared tree is true.

mod inventory;
mod prune;

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;

use self::inventory::Inventory;
use super::same::{same, same_acl};
use super::{Declared, Wanted};
use crate::recipe::Failed;
use crate::store::{Failure, Found, Read, Store};
use crate::walk::Reads;
use crate::wire::Code;
use crate::znode::{Acl, NodeType, Stat, ZPath};

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
    let known = planning.inventory().await?;
    planning.prune(known.as_ref()).await?;
    planning.finish(known).await
}

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
            return self.delete_below(path).await;
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

    /// Puts everything into its order.
    async fn finish(mut self, known: Option<Inventory>) -> Result<Plan, NotPlanned> {
        let deletes = std::mem::take(&mut self.deletes);
        for (path, (seen, pruned)) in deletes.into_iter().rev() {
            self.plan.steps.push(Step { path, change: Change::Delete { seen, pruned } });
        }
        self.remember(known).await?;
        self.acls.sort_by(|a, b| b.path.cmp(&a.path));
        self.plan.steps.append(&mut self.acls);
        Ok(self.plan)
    }
}
