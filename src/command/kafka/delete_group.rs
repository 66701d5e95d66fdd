use clap::Args;

use super::Context;
use super::groups::read;
use super::guard::{may_write, must_be_idle};
use crate::cluster::Status;
use crate::cluster::groups::{Group, deletion};
use crate::command::create::note_verified;
use crate::command::failed;
use crate::error::{Error, Kind, Result};
use crate::kafka::layout::Place;
use crate::store::Failure;
use crate::view::{DeletedView, View};
use crate::wire::Code;
use crate::znode::ZPath;
use crate::znode::text::{count, sanitise};

/// Delete a consumer group that has no members, its offsets included.
#[derive(Debug, Args)]
pub(super) struct DeleteGroup {
    /// The group
    #[arg(value_name = "GROUP")]
    group: String,
}

impl DeleteGroup {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        may_write(status, "delete a group")?;
        let group = read(cx, status, &self.group).await?;
        must_be_idle(&group, "delete it")?;
        if let Some((path, why)) = group.faults.first() {
            let what = format!("cannot delete the group {}: {path}: {why}", group.name);
            let path = status.path(&Place::Group(group.name));
            return Err(Error::new(Kind::Conflict, what)
                .hint(format!("`deleteall {path}` deletes whatever is there")));
        }
        let path = ZPath::from_server(status.path(&Place::Group(group.name.clone())));
        cx.refuse_protected("delete", &path)?;
        let transactions = deletion(status, &group);
        let znodes = transactions.iter().map(Vec::len).sum();
        let what = format!("delete the group {} ({})", sanitise(&group.name, false), count(znodes, "znode"));
        cx.approve(&what, znodes, &plan(&group)).await?;
        let mut deleted = 0;
        for writes in transactions {
            let paths: Vec<String> = writes.iter().map(|write| write.path().to_owned()).collect();
            match cx.multi(writes).await {
                Ok(written) => {
                    deleted += written.len();
                    let verified = written.iter().any(|written| written.verified);
                    note_verified(cx, verified, "deleted", &path).await?;
                }
                Err(failure) => return Err(explain(failure, &paths, &group, deleted)),
            }
        }
        cx.out.value(View::Deleted(DeletedView { path, deleted, recursive: true })).await
    }
}

/// What goes with it.
fn plan(group: &Group) -> String {
    let lines = group.offsets.iter().map(|(topic, offsets)| {
        let offsets = offsets.iter().map(|(key, offset)| {
            let offset =
                offset.value().map_or_else(|| "unreadable".to_owned(), |offset| offset.0.to_string());
            format!("{key}: {offset}")
        });
        let offsets: Vec<_> = offsets.take(SHOWN).collect();
        format!("  {} {}", sanitise(topic, false), offsets.join(", "))
    });
    lines.take(SHOWN).collect::<Vec<_>>().join("\n")
}

/// Topics, and partitions of a topic, that a plan shows.
const SHOWN: usize = 20;

fn explain(failure: Failure, paths: &[String], group: &Group, deleted: usize) -> Error {
    let unknown = matches!(failure, Failure::Unknown(_));
    let (index, code) = match &failure {
        Failure::Operation { index, code } => (*index, Some(*code)),
        _ => (0, None),
    };
    let path = paths.get(index).map_or("/", String::as_str);
    let error = match code {
        Some(Code::NOT_EMPTY | Code::BAD_VERSION | Code::NO_NODE) => Error::new(
            Kind::Conflict,
            format!("cannot delete {path}: somebody uses the group {} again, or deletes it too", group.name),
        ),
        _ => failed(failure, "delete", path),
    };
    match deleted {
        0 if unknown => error,
        0 => error.hint("nothing was deleted"),
        deleted => error.hint(format!("{} are deleted already", count(deleted, "znode"))),
    }
}
