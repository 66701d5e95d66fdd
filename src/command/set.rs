use std::ffi::OsString;

use clap::Args;

use super::create::note_verified;
use super::input::{Encoding, is_standard_input};
use super::{Context, Single, path};
use crate::error::{Error, Result};
use crate::store::{Write, stat};
use crate::view::{Changed, ChangedView, View};
use crate::znode::ZPath;

/// Set the data of a znode and print its new version
#[derive(Debug, Args)]
pub struct Set {
    /// Show the stat as well
    #[arg(short = 's', long = "stat")]
    stat: bool,

    /// Only if the data has this version
    #[arg(
        short = 'v',
        long,
        value_name = "N",
        conflicts_with = "old_version",
        allow_negative_numbers = true
    )]
    version: Option<i32>,

    #[command(flatten)]
    encoding: Encoding,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,

    /// The data: text, @FILE, or - for standard input
    #[arg(required_unless_present = "null", allow_negative_numbers = true)]
    data: Option<OsString>,

    /// As -v: the form of zkCli 3.4
    #[arg(value_name = "version", hide = true, allow_negative_numbers = true)]
    old_version: Option<i32>,
}

/// The version a user gave; −1 is the protocol's word for any.
pub(super) fn expected(option: Option<i32>, positional: Option<i32>) -> Option<i32> {
    option.or(positional).filter(|version| *version != -1)
}

impl Set {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) fn single(&self) -> Option<Single> {
        let data = self.encoding.at_hand(self.data.as_deref())?;
        if data.is_none() && !self.encoding.is_null() {
            return None;
        }
        let version = expected(self.version, self.old_version);
        Some(Single::set(Write::Set { path: self.path.to_string(), data, version }, self.stat))
    }

    pub(super) fn reads_input(&self) -> bool {
        is_standard_input(self.data.as_deref())
    }

    pub(super) async fn run(mut self, cx: &Context<'_>) -> Result<()> {
        let data = self.encoding.data(self.data.take()).await?;
        if data.is_none() && !self.encoding.is_null() {
            return Err(Error::usage("no data is given").hint("--null sets null, \"\" sets empty data"));
        }
        let write = Write::Set {
            path: self.path.to_string(),
            data,
            version: expected(self.version, self.old_version),
        };
        let written = match cx.write(write).await {
            Ok(written) => written,
            Err(failure) => return Err(cx.explain(failure, "set", &self.path).await),
        };
        note_verified(cx, written.verified, "set", &written.path).await?;
        let stat = match written.stat {
            Some(stat) => stat,
            None => stat(cx.store, &self.path).await.ok().flatten().unwrap_or_default(),
        };
        cx.out
            .value(View::Changed(ChangedView {
                path: self.path,
                changed: Changed::Data,
                version: stat.version,
                with_stat: self.stat,
                stat,
            }))
            .await
    }
}
