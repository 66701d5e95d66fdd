use clap::Args;

use super::aside::aside;
use super::{Context, WatchWord, path, watch};
use crate::error::Result;
use crate::store::{Found, Read};
use crate::view::{DataView, Form, View};
use crate::znode::ZPath;

/// Show the data of a znode
#[derive(Debug, Args)]
pub struct Get {
    /// Show the stat as well
    #[arg(short = 's', long = "stat")]
    stat: bool,

    /// Wait for the next change of the data and show it
    #[arg(short = 'w', long = "watch")]
    watch: bool,

    /// Show the data in base64
    #[arg(short = 'b', long, conflicts_with_all = ["hex", "raw"])]
    base64: bool,

    /// Show the data as a table of hexadecimal numbers
    #[arg(short = 'x', long, conflicts_with = "raw")]
    hex: bool,

    /// Write the bytes as they are, even to a terminal
    #[arg(long)]
    raw: bool,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,

    /// As -w: the form of zkCli 3.4
    #[arg(value_name = "watch", hide = true)]
    word: Option<WatchWord>,
}

impl Get {
    pub(super) fn path(&self) -> &ZPath {
        &self.path
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let form = match (self.raw, self.base64, self.hex) {
            (true, ..) => Form::Raw,
            (_, true, _) => Form::Base64,
            (.., true) => Form::Hex,
            _ => Form::Auto,
        };
        let read = Read::Data(self.path.to_string());
        let watching = self.watch || self.word.is_some();
        let (found, changes) = watch::read(cx, read, watching, "get", &self.path).await?;
        if let Found::Data(data, stat) = found.clone() {
            let (path, with_stat, followed) = (self.path.clone(), self.stat, watching);
            let words = aside(&path, data.as_deref(), &stat);
            cx.out.value(View::Data(DataView { path, data, stat, with_stat, followed, form, words })).await?;
        }
        watch::first_change(cx, changes, &self.path, found).await
    }
}
