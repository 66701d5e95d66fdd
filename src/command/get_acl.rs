use clap::Args;

use super::{Context, path};
use crate::error::Result;
use crate::store::{Found, Read, read_one};
use crate::view::{AclView, View};
use crate::znode::{Acl, ZPath};

/// Show the ACL of a znode
#[derive(Debug, Args)]
pub struct GetAcl {
    /// Show the stat as well
    #[arg(short = 's', long = "stat")]
    stat: bool,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,
}

impl GetAcl {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        match read_one(cx.store, Read::Acl(self.path.to_string())).await {
            Ok(Found::Acl(acl, stat)) => {
                let acl = if cx.settings.show_secrets { acl } else { masked(acl) };
                cx.out.value(View::Acl(AclView { path: self.path, acl, with_stat: self.stat, stat })).await
            }
            Ok(_) => Ok(()),
            Err(failure) => Err(cx.explain(failure, "get the ACL of", &self.path).await),
        }
    }
}

/// Hides the hash of digest ids: it is all that an offline guess at the password needs.
pub fn masked(mut list: Vec<Acl>) -> Vec<Acl> {
    for acl in list.iter_mut().filter(|acl| acl.scheme == "digest") {
        if let Some((user, _)) = acl.id.split_once(':') {
            acl.id = format!("{user}:***");
        }
    }
    list
}
