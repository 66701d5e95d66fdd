use clap::Args;

use super::{Context, path};
use crate::error::Result;
use crate::view::{SyncedView, View};
use crate::znode::ZPath;

/// Bring the server up to date with its leader
#[derive(Debug, Args)]
pub struct Sync {
    /// A znode; the whole server is synchronised whichever it is
    #[arg(value_parser = path, default_value = "/")]
    path: ZPath,
}

impl Sync {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        match cx.store.sync(self.path.to_string()).await {
            Ok(()) => cx.out.value(View::Synced(SyncedView { path: self.path, synced: true })).await,
            Err(failure) => Err(cx.explain(failure, "sync", &self.path).await),
        }
    }
}
