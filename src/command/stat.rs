use clap::Args;

use super::{Context, WatchWord, path, watch};
use crate::error::Result;
use crate::store::{Found, Read};
use crate::view::{StatView, View};
use crate::znode::ZPath;

/// Show the stat of a znode
#[derive(Debug, Args)]
pub struct StatCommand {
    /// Wait for the next change of the data and show it
    #[arg(short = 'w', long = "watch")]
    watch: bool,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,

    /// As -w: the form of zkCli 3.4
    #[arg(value_name = "watch", hide = true)]
    word: Option<WatchWord>,
}

impl StatCommand {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let read = Read::Stat(self.path.to_string());
        let watching = self.watch || self.word.is_some();
        let (found, changes) = watch::read(cx, read, watching, "stat", &self.path).await?;
        if let Found::Stat(stat) = found {
            cx.out.value(View::Stat(StatView { path: self.path.clone(), stat })).await?;
        }
        watch::first_change(cx, changes, &self.path, found).await
    }
}
