use std::collections::HashMap;

use clap::Args;

use super::aside::aside;
use super::ls::note_vanished;
use super::{Context, failure, path};
use crate::error::Result;
use crate::store::{Found, Read, Store};
use crate::view::{Mark, Note, Row, Shape, TreeRow};
use crate::walk::{Options, Visit, Walk, Want};
use crate::znode::text::{count, thousands};
use crate::znode::{Acl, NodeType, ZPath};

/// Draw the tree of znodes
#[derive(Debug, Args)]
pub struct Tree {
    /// Levels below the znode
    #[arg(short = 'd', long, value_name = "LEVELS")]
    depth: Option<usize>,

    /// Children shown of one znode
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,

    /// Show the beginning of each znode's data
    #[arg(short = 'D', long)]
    data: bool,

    /// Show the size of each znode's data
    #[arg(short = 'z', long)]
    size: bool,

    /// Mark znodes whose ACL does not grant everything to everybody (one more request for each)
    #[arg(short = 'A', long)]
    acl: bool,

    /// Leave out what Kafka's znodes mean
    #[arg(long)]
    raw: bool,

    /// Draw with ASCII characters
    #[arg(long)]
    ascii: bool,

    /// The znode
    #[arg(value_parser = path, default_value = "/")]
    path: ZPath,
}

#[derive(Default)]
struct Totals {
    znodes: usize,
    ephemeral: usize,
    omitted: usize,
    unreadable: usize,
}

impl Tree {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let options = Options {
            depth: self.depth,
            limit: self.limit,
            want: Want::Data,
            ..Options::new(self.path.clone())
        };
        let mut walk = Walk::new(cx.store, options);
        let quotas = quotas(cx.store).await;
        let mut totals = Totals::default();
        let mut begun = false;
        loop {
            let visits = match walk.next().await {
                Ok(Some(visits)) => visits,
                Ok(None) => break,
                Err(failure) if begun => return Err(failure::error(failure, "draw", &self.path)),
                Err(failure) => return Err(cx.explain(failure, "draw", &self.path).await),
            };
            if !begun {
                cx.out.begin(Shape::Tree { ascii: self.ascii, sizes: self.size }).await?;
                begun = true;
            }
            let acls = if self.acl { self.acls(cx, &visits).await? } else { Vec::new() };
            let mut acls = acls.into_iter();
            let rows = visits.into_iter().map(|visit| {
                let row = self.row(visit, acls.next().flatten(), &quotas, cx.settings.show_secrets);
                totals.add(&row);
                Row::Tree(row)
            });
            cx.out.rows(rows.collect()).await?;
        }
        cx.out.end().await?;
        cx.out.note(Note::Info(totals.to_string())).await?;
        note_vanished(cx, walk.vanished()).await
    }

    async fn acls(&self, cx: &Context<'_>, visits: &[Visit]) -> Result<Vec<Option<Vec<Acl>>>> {
        let reads = visits.iter().map(|visit| Read::Acl(visit.path.to_string())).collect();
        let answers = cx.store.read(reads).await.map_err(|f| failure::error(f, "draw", &self.path))?;
        let acl = |answer| match answer {
            Ok(Found::Acl(acl, _)) => Some(acl),
            _ => None,
        };
        Ok(answers.into_iter().map(acl).collect())
    }

    fn row(
        &self,
        visit: Visit,
        acl: Option<Vec<Acl>>,
        quotas: &HashMap<String, String>,
        secrets: bool,
    ) -> TreeRow {
        let Visit { path, depth, node, children, omitted } = visit;
        let mut marks = Vec::new();
        let (data, stat) = match node {
            Ok(node) => (Some(node.data), node.stat),
            Err(_) => (None, None),
        };
        let words = match (&data, &stat) {
            (Some(data), Some(stat)) if !self.raw => aside(&path, data.as_deref(), stat),
            _ => None,
        };
        let data = data.filter(|_| self.data);
        match stat.map(|stat| stat.node_type()) {
            None => marks.push(Mark::Unreadable),
            Some(NodeType::Persistent) => {}
            Some(NodeType::Ephemeral(session)) => marks.push(Mark::Ephemeral(session)),
            Some(NodeType::Container) => marks.push(Mark::Container),
            Some(NodeType::Ttl(ttl)) => marks.push(Mark::Ttl(ttl)),
        }
        if is_sequential(path.name()) {
            marks.push(Mark::Sequential);
        }
        if let Some(limits) = quotas.get(path.as_str()) {
            marks.push(Mark::Quota(limits.clone()));
        }
        if let Some(acl) = acl.filter(|acl| !Acl::is_open(acl)) {
            marks.push(Mark::Restricted(if secrets { acl } else { super::get_acl::masked(acl) }));
        }
        TreeRow { path, depth, children, omitted, stat, data, marks, words }
    }
}

/// Whether a name ends in the number that a sequential create appends: ten digits, or more once
/// they overflow.
fn is_sequential(name: &str) -> bool {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    digits >= 10
}

/// The limits that quotas set, by path. None where they cannot be read: below a chroot they are out
/// of sight.
async fn quotas(store: &dyn Store) -> HashMap<String, String> {
    const ROOT: &str = "/zookeeper/quota";
    let mut limits = HashMap::new();
    let options = Options { want: Want::Data, ..Options::new(ZPath::from_server(ROOT)) };
    let mut walk = Walk::new(store, options);
    while let Ok(Some(visits)) = walk.next().await {
        for visit in visits {
            if visit.path.name() == "zookeeper_limits"
                && let Some(path) = visit.path.parent()
                && let Ok(node) = visit.node
            {
                let path = path.as_str().strip_prefix(ROOT).unwrap_or_default().to_owned();
                let text = String::from_utf8_lossy(&node.data.unwrap_or_default()).into_owned();
                limits.insert(path, text);
            }
        }
    }
    limits
}

impl Totals {
    fn add(&mut self, row: &TreeRow) {
        self.znodes += 1;
        self.omitted += row.omitted;
        self.ephemeral += usize::from(row.marks.iter().any(|m| matches!(m, Mark::Ephemeral(_))));
        self.unreadable += usize::from(row.stat.is_none());
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&count(self.znodes, "znode"))?;
        if self.ephemeral > 0 {
            write!(f, ", {} ephemeral", thousands(self.ephemeral))?;
        }
        if self.unreadable > 0 {
            write!(f, ", {} not readable", thousands(self.unreadable))?;
        }
        if self.omitted > 0 {
            write!(f, ", {} not shown (--limit)", thousands(self.omitted))?;
        }
        Ok(())
    }
}
