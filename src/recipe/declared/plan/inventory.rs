//! The znode that remembers what was declared.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::{Change, NotPlanned, Planning, Step, failed};
use crate::recipe::declared::{Prune, Wanted};
use crate::store::{Failure, Found, Read, read_one, stat};
use crate::wire::Code;
use crate::znode::{Acl, NodeType, Stat, ZPath};

/// What it holds: the format, and the paths.
const FORMAT: &str = "zkx-inventory/1";

/// What it holds now.
pub(super) struct Inventory {
    /// What was declared before.
    pub(super) paths: BTreeSet<ZPath>,
    stat: Stat,
    data: Option<Bytes>,
}

impl Planning<'_> {
    /// Reads it; `None` where there is none yet, or is to be none.
    pub(super) async fn inventory(&self) -> Result<Option<Inventory>, NotPlanned> {
        let Some(path) = &self.declared.inventory else { return Ok(None) };
        let (data, stat) = match read_one(self.store, Read::Data(path.to_string())).await {
            Ok(Found::Data(data, stat)) => (data, stat),
            Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => return Ok(None),
            Err(failure) => return Err(failed("read", path, failure)),
        };
        let known: Option<Json> = serde_json::from_slice(data.as_deref().unwrap_or_default()).ok();
        let known = known
            .filter(|known| known.get("format").and_then(Json::as_str) == Some(FORMAT))
            .ok_or_else(|| NotPlanned::Conflict(path.clone(), format!("it is no inventory ({FORMAT})")))?;
        let paths = known.get("paths").and_then(Json::as_array).into_iter().flatten();
        let paths = paths.filter_map(|path| ZPath::parse(path.as_str()?).ok()).collect();
        Ok(Some(Inventory { paths, stat, data }))
    }

    /// Adds what keeps it.
    pub(super) async fn remember(&mut self, known: Option<Inventory>) -> Result<(), NotPlanned> {
        let Some(path) = self.declared.inventory.clone() else { return Ok(()) };
        let before = known.as_ref().map(|known| &known.paths);
        let ours = |wanted: &&Wanted| {
            let made = self.created.contains(&wanted.path);
            !wanted.absent
                && (wanted.named || made || before.is_some_and(|before| before.contains(&wanted.path)))
        };
        let nodes = &self.declared.nodes;
        let mut paths: BTreeSet<&ZPath> = nodes.iter().filter(ours).map(|wanted| &wanted.path).collect();
        if self.declared.prune != Prune::Owned {
            // What nobody prunes stays ours.
            let absent: Vec<_> = nodes.iter().filter(|wanted| wanted.absent).collect();
            let stays = |path: &&ZPath| !absent.iter().any(|wanted| path.is_within(&wanted.path));
            paths.extend(before.into_iter().flatten().filter(stays));
        }
        paths.extend(&self.plan.kept);
        let paths: Vec<&str> = paths.into_iter().map(ZPath::as_str).collect();
        let new = Some(Bytes::from(json!({"format": FORMAT, "paths": paths}).to_string()));
        match known {
            Some(Inventory { data, .. }) if data == new => {}
            Some(Inventory { stat, data, .. }) => {
                let change = Change::Set { old: data, new, seen: (stat.czxid, stat.version) };
                self.plan.steps.push(Step { path, change });
            }
            None => self.create_inventory(&path, &new).await?,
        }
        Ok(())
    }

    async fn create_inventory(&mut self, path: &ZPath, data: &Option<Bytes>) -> Result<(), NotPlanned> {
        for ancestor in path.lineage() {
            let there = stat(self.store, &ancestor).await;
            if there.map_err(|failure| failed("look at", &ancestor, failure))?.is_some()
                || self.created.contains(&ancestor)
            {
                continue;
            }
            let data = if ancestor == *path { data.clone() } else { Some(Bytes::new()) };
            let change = Change::Create { data, acl: vec![Acl::open()], node_type: NodeType::Persistent };
            self.plan.steps.push(Step { path: ancestor, change });
        }
        Ok(())
    }
}
