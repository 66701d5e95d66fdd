use std::ffi::OsString;

use bytes::Bytes;
use clap::Args;

use super::input::{Encoding, is_standard_input};
use super::{Context, Single, failure, with_correction};
use crate::error::{Error, Kind, Result};
use crate::store::{Change, Failure, Write};
use crate::view::{CreatedView, Note, View};
use crate::wire::Code;
use crate::znode::{Acl, CreateMode, EventKind, Stat, ZPath};

/// Create a znode and print its path
#[derive(Debug, Args)]
pub struct Create {
    /// Append a number that is one higher with every child of the parent
    #[arg(short = 's', long)]
    sequential: bool,

    /// Delete it when the session ends
    #[arg(short = 'e', long, conflicts_with_all = ["container", "ttl"])]
    ephemeral: bool,

    /// Delete it when its last child is gone (servers from 3.5.1)
    #[arg(short = 'c', long, conflicts_with_all = ["sequential", "ttl"])]
    container: bool,

    /// Delete it after this time without change and children: milliseconds, or like `10m`
    #[arg(short = 't', long, value_name = "TTL", value_parser = ttl)]
    ttl: Option<i64>,

    /// Create missing parents too, as persistent znodes with null data
    #[arg(short = 'p', long)]
    parents: bool,

    /// Keep the session, and with it the ephemeral, until Ctrl-C
    #[arg(long, requires = "ephemeral")]
    hold: bool,

    #[command(flatten)]
    encoding: Encoding,

    /// The znode; with -s the beginning of its path
    #[arg(value_parser = new_path)]
    path: NewPath,

    /// Its data: text, @FILE, or - for standard input; null if not given
    #[arg(allow_negative_numbers = true)]
    data: Option<OsString>,

    /// Its ACL: scheme:id:perms[,…]; world:anyone:cdrwa if not given
    #[arg(value_parser = acl)]
    acl: Option<AclList>,
}

/// A path argument that names no znode that is there; with a slash at its end, the beginning of a
/// sequential name. A type of its own, for whoever looks through a command's arguments for paths.
#[derive(Clone, Debug)]
pub struct NewPath(ZPath);

/// A whole ACL as one argument.
#[derive(Clone, Debug)]
pub(super) struct AclList(pub(super) Vec<Acl>);

/// Reads an ACL argument.
pub(super) fn acl(text: &str) -> Result<AclList, String> {
    let list = Acl::parse_list(text).map_err(|error| error.to_string())?;
    if list.iter().any(|entry| entry.id.ends_with(":***")) {
        return Err("`***` stands for a digest that was hidden: `zkx getAcl --show-secrets` shows it".into());
    }
    Ok(AclList(list))
}

fn new_path(text: &str) -> Result<NewPath, String> {
    match ZPath::parse_sequential(text) {
        Ok(path) => Ok(NewPath(path)),
        Err(error) => Err(with_correction(text, &error.to_string())),
    }
}

fn ttl(text: &str) -> Result<i64, String> {
    let ttl = match text.parse::<i64>() {
        Ok(ttl) => ttl,
        Err(_) => match humantime::parse_duration(text) {
            Ok(duration) => i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
            Err(_) => return Err("not a time: write milliseconds, or something like 90s, 10m, 1h".into()),
        },
    };
    if !(1..=CreateMode::MAX_TTL).contains(&ttl) {
        return Err(format!("a TTL lies between 1 and {} ms", CreateMode::MAX_TTL));
    }
    Ok(ttl)
}

impl Create {
    fn mode(&self) -> CreateMode {
        match (self.sequential, self.ephemeral, self.container, self.ttl) {
            (_, _, true, _) => CreateMode::Container,
            (true, _, _, Some(ttl)) => CreateMode::TtlSequential(ttl),
            (false, _, _, Some(ttl)) => CreateMode::Ttl(ttl),
            (true, true, ..) => CreateMode::EphemeralSequential,
            (true, false, ..) => CreateMode::PersistentSequential,
            (false, true, ..) => CreateMode::Ephemeral,
            (false, false, ..) => CreateMode::Persistent,
        }
    }

    pub(super) fn path(&self) -> &ZPath {
        &self.path.0
    }

    pub(super) fn holds(&self) -> bool {
        self.hold
    }

    /// Containers and TTLs are not among them: servers before 3.5 hang up on those inside a transaction.
    pub(super) fn single(&self) -> Option<Single> {
        let mode = self.mode();
        let plain = matches!(
            mode,
            CreateMode::Persistent
                | CreateMode::Ephemeral
                | CreateMode::PersistentSequential
                | CreateMode::EphemeralSequential
        );
        if !plain || self.parents || self.hold || (self.path.0.ends_with('/') && !mode.is_sequential()) {
            return None;
        }
        let data = self.encoding.at_hand(self.data.as_deref())?;
        let acl = self.acl.as_ref().map_or_else(|| vec![Acl::open()], |list| list.0.clone());
        Some(Single::create(Write::Create { path: self.path.0.to_string(), data, acl, mode }))
    }

    pub(super) fn reads_input(&self) -> bool {
        is_standard_input(self.data.as_deref())
    }

    pub(super) async fn run(mut self, cx: &Context<'_>) -> Result<()> {
        let mode = self.mode();
        if self.path.0.ends_with('/') && !mode.is_sequential() {
            return Err(Error::usage(format!("cannot create {}: a path does not end with `/`", self.path.0))
                .hint("with -s the server appends a number to it"));
        }
        let data = self.encoding.data(self.data.take()).await?;
        let acl = self.acl.take().map_or_else(|| vec![Acl::open()], |list| list.0);
        let (path, parents) = self.create(cx, data, acl, mode).await?;
        cx.out.value(View::Created(CreatedView { path: path.clone(), parents })).await?;
        match (self.hold && !cx.settings.dry_run, self.ephemeral && cx.settings.one_shot) {
            (true, _) => hold(cx, path).await,
            (false, true) => {
                let note = format!("{path} goes with this session, which ends now; --hold keeps it");
                cx.out.note(Note::Info(note)).await
            }
            _ => Ok(()),
        }
    }

    /// Creates the znode, and its parents where they are missing and wanted.
    async fn create(
        &self,
        cx: &Context<'_>,
        data: Option<Bytes>,
        acl: Vec<Acl>,
        mode: CreateMode,
    ) -> Result<(ZPath, Vec<String>)> {
        let path = &self.path.0;
        let write = Write::Create { path: path.to_string(), data, acl, mode };
        let mut parents = Vec::new();
        loop {
            match cx.write(write.clone()).await {
                Ok(written) => {
                    note_verified(cx, written.verified, "created", &written.path).await?;
                    return Ok((ZPath::from_server(written.path), parents));
                }
                Err(Failure::Refused(Code::NO_NODE)) if self.parents && parents.is_empty() => {
                    parents = create_parents(cx, path).await?;
                }
                Err(failure) => return Err(cx.explain(failure, "create", path).await),
            }
        }
    }
}

/// Creates what is missing above `path` and says what that was.
async fn create_parents(cx: &Context<'_>, path: &ZPath) -> Result<Vec<String>> {
    let mut created = Vec::new();
    let Some(parent) = path.parent() else { return Ok(created) };
    for ancestor in parent.lineage() {
        let write = Write::Create {
            path: ancestor.to_string(),
            data: None,
            acl: vec![Acl::open()],
            mode: CreateMode::Persistent,
        };
        match cx.write(write).await {
            Ok(_) => created.push(ancestor.to_string()),
            Err(Failure::Refused(Code::NODE_EXISTS)) => {}
            // Where creating is forbidden but the znode is there, the way down goes on.
            Err(Failure::Refused(Code::NO_AUTH))
                if matches!(crate::store::stat(cx.store, &ancestor).await, Ok(Some(_))) => {}
            Err(failure) => return Err(failure::error(failure, "create", &ancestor)),
        }
    }
    Ok(created)
}

/// Tells that the connection was lost under a write, and that it was done all the same.
pub(super) async fn note_verified(cx: &Context<'_>, verified: bool, done: &str, path: &str) -> Result<()> {
    if !verified {
        return Ok(());
    }
    let note = format!("the connection was lost; a look afterwards shows that {path} was {done}");
    cx.out.note(Note::Info(note)).await
}

/// Looks whether the ephemeral is there, and ours.
async fn still_held(cx: &Context<'_>, path: &ZPath) -> Result<()> {
    let held = |stat: Stat| stat.ephemeral_owner == cx.store.session().id;
    match crate::store::stat(cx.store, path).await {
        Ok(stat) if stat.is_some_and(held) => Ok(()),
        Ok(_) => {
            let what = format!("{path} is gone: it was deleted by another client, or with its session");
            Err(Error::new(Kind::Refused, what))
        }
        Err(failure) => Err(failure::error(failure, "hold", path)),
    }
}

/// Keeps the session until an interrupt, or until the ephemeral is gone.
async fn hold(cx: &Context<'_>, path: ZPath) -> Result<()> {
    let mut changes = cx
        .store
        .watch(path.to_string(), false)
        .await
        .map_err(|failure| failure::error(failure, "hold", &path))?;
    // Between its creation and the watch, it or its session may have ended.
    still_held(cx, &path).await?;
    cx.progress.waits();
    cx.out.note(Note::Info(format!("holding {path}; Ctrl-C deletes it and ends"))).await?;
    cx.out.flush().await?;
    while let Some(change) = changes.next().await {
        match change {
            Change::Event(event) if event.kind == EventKind::NodeDeleted => {
                return Err(Error::new(Kind::Refused, format!("{path} was deleted by another client")));
            }
            Change::Lost { why } => cx.out.note(Note::Warning(format!("connection lost: {why}"))).await?,
            Change::Back { server, renewed: false, .. } => {
                // A persistent watch does not tell what happened while it was away.
                still_held(cx, &path).await?;
                let note = format!("connected to {server}; the session, and {path}, are still there");
                cx.out.note(Note::Info(note)).await?;
            }
            Change::Back { renewed: true, .. } | Change::Ended(Failure::Expired) => {
                return Err(Error::new(
                    Kind::Connection,
                    format!("the session expired, and {path} went with it"),
                ));
            }
            Change::Ended(failure) => return Err(failure::error(failure, "hold", &path)),
            Change::Event(_) | Change::Missed { .. } => {}
        }
    }
    Ok(())
}
