//! Taking over from below what a write depends on.

use std::collections::BTreeSet;

use super::Overlay;
use crate::store::memory::depends_on_server;
use crate::store::{Failure, Found, Read, Write};
use crate::wire::Code;
use crate::znode::path::lineage;
use crate::znode::{Acl, CreateMode, Perms, Stat};

/// Ids that are asked about for one write: whoever brings more is no administrator.
const ASKED: usize = 100;

/// The ACL of a znode that does not even show its ACL: it allows nothing.
fn closed() -> Vec<Acl> {
    vec![Acl { scheme: "hidden".into(), id: String::new(), perms: Perms(0) }]
}

impl Overlay {
    /// Takes over the znodes that decide about these writes, and what is above them.
    pub(super) async fn adopt_for(&self, writes: &[Write]) -> Result<(), Failure> {
        let acls = writes.iter().map(|write| match write {
            Write::Create { path, .. } | Write::Delete { path, .. } => parent(path),
            other => other.path(),
        });
        self.adopt(writes.iter().map(Write::path), acls).await?;
        self.learn_acls(writes).await
    }

    /// Asks what is below about the ids in ACLs that servers differ about: for a znode where none can be, and
    /// the ACL is what a server refuses first (`PrepRequestProcessor`). Where writing is refused altogether,
    /// nothing is learned, and an ensemble in memory judges.
    async fn learn_acls(&self, writes: &[Write]) -> Result<(), Failure> {
        for write in writes {
            let (Write::Create { acl, .. } | Write::SetAcl { acl, .. }) = write else { continue };
            for entry in acl.iter().filter(|entry| depends_on_server(entry)).take(ASKED) {
                if self.ensemble.knows(entry) {
                    continue;
                }
                let path = format!("/zkx-{:016x}/probe", fastrand::u64(..));
                let acl = vec![Acl { perms: Perms::ALL, ..entry.clone() }];
                let probe = Write::Create { path, data: None, acl, mode: CreateMode::Persistent };
                match self.below.write(probe).await {
                    Err(Failure::Refused(Code::INVALID_ACL)) => self.ensemble.learn(entry, false),
                    Err(Failure::Refused(Code::NO_NODE)) => self.ensemble.learn(entry, true),
                    Ok(_) | Err(Failure::Refused(_) | Failure::ReadOnly) => {}
                    // Whatever became of it, nothing was changed.
                    Err(Failure::Unknown(why)) => return Err(Failure::Disconnected(why)),
                    Err(failure) => return Err(failure),
                }
            }
        }
        Ok(())
    }

    /// Takes over these znodes and what is above them, and these ACLs.
    pub(super) async fn adopt(
        &self,
        paths: impl Iterator<Item = &str>,
        acls: impl Iterator<Item = &str>,
    ) -> Result<(), Failure> {
        let mut nodes: BTreeSet<(usize, &str)> = BTreeSet::new();
        for path in paths {
            nodes.extend(lineage(path).map(|above| (above.matches('/').count(), above)));
        }
        self.adopt_root().await?;
        // Level by level: a znode needs its parent.
        let mut nodes: Vec<(usize, &str)> = nodes.into_iter().collect();
        while let Some((level, _)) = nodes.first() {
            let level = *level;
            let rest = nodes.split_off(nodes.partition_point(|(l, _)| *l == level));
            let paths = std::mem::replace(&mut nodes, rest).into_iter().map(|(_, path)| path.to_owned());
            self.adopt_level(paths.collect()).await?;
        }
        let acls: BTreeSet<&str> = acls.collect();
        self.adopt_acls(acls.into_iter().map(str::to_owned).collect()).await
    }

    async fn adopt_root(&self) -> Result<(), Failure> {
        if self.layer().acls.contains("/") {
            return Ok(());
        }
        let data = self.read_below(vec![Read::Data("/".into())]).await?.pop();
        if let Some((data, stat)) = self.found("/", data).await? {
            self.ensemble.adopt("/", data.as_deref(), &stat, false);
        }
        self.adopt_acls(vec!["/".into()]).await
    }

    async fn adopt_level(&self, mut paths: Vec<String>) -> Result<(), Failure> {
        paths.retain(|path| {
            path != "/"
                && !self.ensemble.has(path)
                && self.ensemble.has(parent(path))
                && !self.layer().is_created(parent(path))
                && !self.layer().is_gone(path)
        });
        let reads = paths.iter().map(|path| Read::Data(path.clone())).collect();
        let answers = if paths.is_empty() { Vec::new() } else { self.read_below(reads).await? };
        let mut unreadable = Vec::new();
        for (path, answer) in paths.iter().zip(answers) {
            if answer == Err(Code::NO_AUTH) {
                unreadable.push(path.clone());
            }
            if let Some((data, stat)) = self.found(path, Some(answer)).await? {
                self.ensemble.adopt(path, data.as_deref(), &stat, true);
            }
        }
        // Until its ACL is known a znode is open, as those are that can be read.
        self.adopt_acls(unreadable).await
    }

    /// Data and stat of a znode, `None` where there is none. Data that may not be read is taken for
    /// null, and a stat that no request shows for that of an empty znode.
    async fn found(
        &self,
        path: &str,
        answer: Option<Result<Found, Code>>,
    ) -> Result<Option<(Option<bytes::Bytes>, Stat)>, Failure> {
        match answer {
            Some(Ok(Found::Data(data, stat))) => return Ok(Some((data, stat))),
            Some(Err(Code::NO_AUTH)) => {}
            _ => return Ok(None),
        }
        let reads = vec![Read::Stat(path.to_owned()), Read::Acl(path.to_owned())];
        let answers = self.read_below(reads).await?;
        let stat = answers.iter().flatten().find_map(Found::stat);
        Ok(Some((None, stat.copied().unwrap_or_default())))
    }

    /// Takes over the ACLs of adopted znodes.
    pub(super) async fn adopt_acls(&self, mut paths: Vec<String>) -> Result<(), Failure> {
        paths.retain(|path| self.ensemble.has(path) && !self.layer().acls.contains(path));
        if paths.is_empty() {
            return Ok(());
        }
        let reads = paths.iter().map(|path| Read::Acl(path.clone())).collect();
        for (path, answer) in paths.iter().zip(self.read_below(reads).await?) {
            let acl = match answer {
                Ok(Found::Acl(acl, _)) => acl,
                _ => closed(),
            };
            self.ensemble.adopt_acl(path, &acl);
            self.layer().acls.insert(path.clone());
        }
        Ok(())
    }
}

fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}
