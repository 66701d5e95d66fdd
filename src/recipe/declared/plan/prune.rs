//! What is deleted: what is declared absent, and what is not declared.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::inventory::Inventory;
use super::{NotPlanned, Planning, failed};
use crate::recipe::declared::{Prune, Wanted};
use crate::store::{Failure, Found, Read};
use crate::walk::{Options, Reads, Visit, Walk, Want};
use crate::wire::Code;
use crate::znode::{NodeType, PathGlob, ZPath};

/// The next visits of a walk; `None` at its end, and where its root does not exist.
async fn visits(walk: &mut Walk<'_>, root: &ZPath) -> Result<Option<Vec<Visit>>, NotPlanned> {
    match walk.next().await {
        Err(Failure::Refused(Code::NO_NODE)) => Ok(None),
        visits => visits.map_err(|failure| failed("list", root, failure)),
    }
}

impl Planning<'_> {
    /// Takes a znode that is declared absent, and all below it, into what is deleted.
    pub(super) async fn delete_below(&mut self, path: &ZPath) -> Result<(), NotPlanned> {
        let mut walk = Walk::new(self.store, Options { want: Want::Data, ..Options::new(path.clone()) });
        while let Some(visits) = visits(&mut walk, path).await? {
            for visit in visits {
                let node = visit.node.map_err(|code| failed("read", &visit.path, Failure::Refused(code)))?;
                let stat = node.stat.unwrap_or_default();
                if matches!(stat.node_type(), NodeType::Ephemeral(_)) {
                    let what = format!("{} below it is an ephemeral", visit.path);
                    return Err(NotPlanned::Conflict(path.clone(), what));
                }
                self.deletes.insert(visit.path, ((stat.czxid, stat.version), false));
            }
        }
        Ok(())
    }

    /// Takes what is not declared into what is deleted, as far as the tree wants that.
    pub(super) async fn prune(&mut self, known: Option<&Inventory>) -> Result<(), NotPlanned> {
        let declared: HashMap<&ZPath, &Wanted> =
            self.declared.nodes.iter().map(|wanted| (&wanted.path, wanted)).collect();
        match (&self.declared.prune, known) {
            (Prune::Nothing, _) | (Prune::Owned, None) => return Ok(()),
            (Prune::Owned, Some(known)) => {
                let gone: BTreeSet<&ZPath> =
                    known.paths.iter().filter(|path| !declared.contains_key(path)).collect();
                self.prune_owned(&gone).await?;
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
    async fn prune_owned(&mut self, candidates: &BTreeSet<&ZPath>) -> Result<(), NotPlanned> {
        // What is below comes first.
        let todo = candidates.iter().rev().map(|path| (*path, Read::Listing(path.to_string()))).collect();
        let mut listings = Reads::new(self.store, todo);
        loop {
            let root = ZPath::root();
            let Some(answers) = listings.next().await.map_err(|failure| failed("list", &root, failure))?
            else {
                return Ok(());
            };
            for (path, answer) in answers {
                match answer {
                    Ok(Found::Listing(names, stat)) => {
                        let all = names.iter().all(|name| self.deletes.contains_key(&path.join(name)));
                        if all && !matches!(stat.node_type(), NodeType::Ephemeral(_)) {
                            self.deletes.insert(path.clone(), ((stat.czxid, stat.version), true));
                        } else {
                            self.plan.kept.push(path.clone());
                        }
                    }
                    Ok(_) | Err(Code::NO_NODE) => {}
                    Err(code) => return Err(failed("list", path, Failure::Refused(code))),
                }
            }
        }
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
        while let Some(visits) = visits(&mut walk, root).await? {
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
        Ok(())
    }
}
