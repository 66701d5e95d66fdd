use std::time::Duration;

use clap::Args;

use super::{Context, path};
use crate::error::{Error, Kind, Result};
use crate::recipe::wait::{Patience, Stopped, Until, Waited, wait};
use crate::view::{View, WaitedView};
use crate::znode::ZPath;

/// Wait until a znode is as it should be
///
/// Looks when a watch reports something, and never in between. Survives the loss of its server and of
/// its session.
#[derive(Debug, Args)]
pub struct Wait {
    /// What to wait for: exists, absent, changed, children>=N, version>=N, data=TEXT or data!=TEXT
    #[arg(long = "for", value_name = "CONDITION", default_value = "exists")]
    condition: String,

    /// It has to stay so for this time
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    stable_for: Option<Duration>,

    /// Give up after this time, with exit code 5
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,

    /// The znode
    #[arg(value_parser = path)]
    path: ZPath,
}

impl Wait {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let text = &self.condition;
        let condition =
            Until::parse(text).map_err(|why| Error::usage(format!("`{text}` is no condition: {why}")))?;
        let patience = Patience { stable: self.stable_for.unwrap_or_default(), timeout: self.timeout };
        match wait(cx.store, &self.path, &condition, patience).await {
            Ok(waited) => cx.out.value(View::Waited(view(&self.path, &condition.to_string(), waited))).await,
            Err(stopped) => Err(failed(cx, stopped, &self.path, &condition.to_string(), self.timeout).await),
        }
    }
}

fn view(path: &ZPath, condition: &str, waited: Waited) -> WaitedView {
    WaitedView {
        path: path.clone(),
        condition: condition.to_owned(),
        waited: u64::try_from(waited.waited.as_millis()).unwrap_or(u64::MAX),
        events: waited.events,
        stat: waited.node.map(|node| node.stat),
    }
}

async fn failed(
    cx: &Context<'_>,
    stopped: Stopped,
    path: &ZPath,
    condition: &str,
    timeout: Option<Duration>,
) -> Error {
    match stopped {
        Stopped::Deadline(waited) => {
            let time = humantime::format_duration(timeout.unwrap_or(waited.waited));
            let now = match &waited.node {
                None => "it does not exist".to_owned(),
                Some(node) => {
                    format!(
                        "it has data version {} and {} children",
                        node.stat.version, node.stat.num_children
                    )
                }
            };
            Error::new(Kind::Connection, format!("{path} did not become `{condition}` within {time}: {now}"))
        }
        Stopped::Failed(failure) => cx.explain(failure, "wait for", path).await,
        Stopped::Undecided(error) => error,
    }
}
