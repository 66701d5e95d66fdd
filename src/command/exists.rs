use clap::Args;

use super::{Context, path, watch};
use crate::error::{Error, Kind, Result};
use crate::store::{Failure, Found, Read};
use crate::view::{ExistsView, View};
use crate::wire::Code;
use crate::znode::ZPath;

/// Tell whether a znode exists: `true` or `false`, and exit code 0 or 1
#[derive(Debug, Args)]
pub struct Exists {
    /// Wait until the znode is created, changed or deleted, and show that
    #[arg(short = 'w', long = "watch")]
    watch: bool,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,
}

impl Exists {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let read = Read::Stat(self.path.to_string());
        let (found, changes) = watch::try_read(cx, read, self.watch, "stat", &self.path).await?;
        let stat = match found {
            Ok(found) => found.stat().copied(),
            Err(Code::NO_NODE) => None,
            Err(code) => return Err(cx.explain(Failure::Refused(code), "stat", &self.path).await),
        };
        let path = self.path.clone();
        cx.out.value(View::Exists(ExistsView { path, exists: stat.is_some(), stat })).await?;
        if changes.is_some() {
            let seen = stat.map_or(Found::Children(Default::default()), Found::Stat);
            return watch::first_change(cx, changes, &self.path, seen).await;
        }
        match stat {
            Some(_) => Ok(()),
            None => Err(Error::new(Kind::Refused, String::new())),
        }
    }
}
