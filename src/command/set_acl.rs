use clap::Args;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::context::Plan;
use super::create::{AclList, acl, note_verified};
use super::deleteall::count_below;
use super::set::expected;
use super::{Context, failure, path};
use crate::error::{Error, Result};
use crate::store::{Failure, Write};
use crate::view::{Changed, ChangedView, Note, View};
use crate::walk::{Options, Walk};
use crate::wire::Code;
use crate::znode::text::count;
use crate::znode::{Acl, Perms, Stat, ZPath};

/// Set the ACL of a znode
#[derive(Debug, Args)]
pub struct SetAcl {
    /// Show the stat as well
    #[arg(short = 's', long = "stat", conflicts_with = "recursive")]
    stat: bool,

    /// Only if the ACL has this version
    #[arg(short = 'v', long, value_name = "N", conflicts_with = "recursive", allow_negative_numbers = true)]
    version: Option<i32>,

    /// Set it on everything below too
    #[arg(short = 'R', long)]
    recursive: bool,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,

    /// The ACL: scheme:id:perms[,…] with perms of c d r w a
    #[arg(value_parser = acl)]
    acl: AclList,
}

/// ACLs set at the same time: there is no transaction for them.
const IN_FLIGHT: usize = 64;

impl SetAcl {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let acl = self.acl.0.clone();
        if !acl.iter().any(|entry| entry.perms.contains(Perms::ADMIN)) && !cx.settings.yes {
            return Err(Error::usage(format!(
                "cannot set the ACL of {}: nobody could change it again, for no entry has `a`",
                self.path
            ))
            .hint("add --yes if that is meant"));
        }
        if self.recursive {
            return self.below(cx, acl).await;
        }
        let version = expected(self.version, None);
        let write = Write::SetAcl { path: self.path.to_string(), acl, version };
        let written = match cx.write(write).await {
            Ok(written) => written,
            Err(failure) => return Err(cx.explain(failure, "set the ACL of", &self.path).await),
        };
        note_verified(cx, written.verified, "given its ACL", &self.path).await?;
        self.changed(cx, written.stat.unwrap_or_default()).await
    }

    async fn changed(&self, cx: &Context<'_>, stat: Stat) -> Result<()> {
        cx.out
            .value(View::Changed(ChangedView {
                path: self.path.clone(),
                changed: Changed::Acl,
                version: stat.aversion,
                with_stat: self.stat,
                stat,
            }))
            .await
    }

    async fn below(&self, cx: &Context<'_>, acl: Vec<Acl>) -> Result<()> {
        cx.refuse_protected("set the ACL of", &self.path)?;
        let nodes = count_below(cx, &self.path, "set the ACL of").await?;
        cx.decide(Plan { verb: "set the ACL of", path: &self.path, nodes }).await?;
        // Children first: the new ACL may forbid to list them.
        let mut walk = Walk::new(cx.store, Options { post: true, ..Options::new(self.path.clone()) });
        let (mut done, mut failed, mut root) = (0, None, Stat::default());
        loop {
            let visits = match walk.next().await {
                Ok(Some(visits)) => visits,
                Ok(None) => break,
                Err(failure) => return Err(cx.explain(failure, "set the ACL of", &self.path).await),
            };
            let mut visits = visits.into_iter();
            let mut flight = FuturesUnordered::new();
            loop {
                while flight.len() < IN_FLIGHT
                    && let Some(visit) = visits.next()
                {
                    let write =
                        Write::SetAcl { path: visit.path.to_string(), acl: acl.clone(), version: None };
                    flight.push(async move { (cx.write(write).await, visit.path) });
                }
                match flight.next().await {
                    None => break,
                    Some((Ok(written), path)) => {
                        done += 1;
                        if path == self.path {
                            root = written.stat.unwrap_or_default();
                        }
                    }
                    Some((Err(Failure::Refused(Code::NO_NODE)), _)) => {}
                    Some((Err(failure), path)) => {
                        let error = failure::error(failure, "set the ACL of", &path);
                        cx.out.note(Note::Error(error.kind(), error.to_string())).await?;
                        failed = Some(error.kind());
                    }
                }
            }
        }
        cx.out.note(Note::Info(format!("ACL set on {}", count(done, "znode")))).await?;
        match failed {
            None => self.changed(cx, root).await,
            Some(kind) => {
                Err(Error::new(kind, format!("the ACL of some znodes below {} was not set", self.path)))
            }
        }
    }
}
