use clap::Args;

use super::create::note_verified;
use super::set::expected;
use super::{Context, Single, path};
use crate::error::Result;
use crate::store::Write;
use crate::view::{DeletedView, View};
use crate::znode::ZPath;

/// Delete a znode that has no children
#[derive(Debug, Args)]
pub struct Delete {
    /// Only if the data has this version
    #[arg(
        short = 'v',
        long,
        value_name = "N",
        conflicts_with = "old_version",
        allow_negative_numbers = true
    )]
    version: Option<i32>,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,

    /// As -v: the form of zkCli 3.4
    #[arg(value_name = "version", hide = true, allow_negative_numbers = true)]
    old_version: Option<i32>,
}

impl Delete {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) fn single(&self) -> Single {
        let version = expected(self.version, self.old_version);
        Single::delete(Write::Delete { path: self.path.to_string(), version })
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let version = expected(self.version, self.old_version);
        let write = Write::Delete { path: self.path.to_string(), version };
        let written = match cx.write(write).await {
            Ok(written) => written,
            Err(failure) => return Err(cx.explain(failure, "delete", &self.path).await),
        };
        note_verified(cx, written.verified, "deleted", &self.path).await?;
        cx.out.value(View::Deleted(DeletedView { path: self.path, deleted: 1, recursive: false })).await
    }
}
