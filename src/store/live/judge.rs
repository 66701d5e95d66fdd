//! Whether a write was done, from the state before it and the state now.
//!
//! What is said here must hold whatever other clients do meanwhile, with one exception that the
//! protocol leaves: a change that another client made at the same moment, and that differs from
//! ours in nothing, counts as ours. All looks come after a `sync` in the session that wrote, so the
//! write cannot be done any later.

use super::evidence::{Content, by_version, compare_acl};
use super::{Failure, Live, Read, Write, Written};
use crate::client::{Answer, RequestError};
use crate::store::{Found, Store, read_one, stat};
use crate::wire::{Code, Reply};
use crate::znode::{Acl, CreateMode, Stat};

/// Operations of a group that are looked at, at most.
const LOOKS: usize = 16;

/// What is known from before a write.
#[derive(Clone, Copy)]
pub(super) struct Before {
    /// The write's own zxid is greater than this; 0 when nothing is known.
    pub(super) zxid: i64,
    /// The stat of the znode looked at; `None` when the look was not answered.
    pub(super) stat: Option<Option<Stat>>,
    /// The session that wrote.
    pub(super) session: i64,
}

impl Before {
    pub(super) fn new(look: &Result<Answer, RequestError>, last_zxid: i64, session: i64) -> Self {
        let (zxid, stat) = match look {
            Ok(Answer { reply: Reply::Stat(stat), zxid, .. }) => (*zxid, Some(Some(*stat))),
            Err(RequestError::Refused { code: Code::NO_NODE, zxid }) => (*zxid, Some(None)),
            _ => (0, None),
        };
        Self { zxid: zxid.max(last_zxid), stat, session }
    }

    /// The stat, if `now` is of the same znode and not of another one that took its place.
    fn of_same(&self, now: &Stat) -> Option<Stat> {
        self.stat.flatten().filter(|was| was.czxid == now.czxid)
    }
}

pub(super) enum Verdict<T = Vec<Written>> {
    Done(T),
    NotDone,
    Unknown(String),
}

/// The znode to look at beforehand: for a create its parent, whose counters tell whether anything
/// was deleted below it since.
pub(super) fn before_path(write: &Write) -> String {
    match write {
        Write::Create { path, .. } => split(path).0.to_owned(),
        other => other.path().to_owned(),
    }
}

/// Parent and name (or its beginning) of a path.
fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((parent, name)) => (parent, name),
        None => ("/", path),
    }
}

/// Judges a group: all of it was done, or none.
pub(super) async fn judge(live: &Live, writes: &[Write], before: &Before) -> Result<Verdict, Failure> {
    let path = writes.first().map_or_else(|| "/".to_owned(), before_path);
    live.sync(path).await.or_else(|failure| match failure {
        Failure::Refused(_) => Ok(()),
        other => Err(other),
    })?;
    let changes = |write: &&Write| !matches!(write, Write::Check { .. });
    if !writes.iter().any(|write| changes(&write)) {
        return Ok(Verdict::NotDone);
    }
    let (mut found, mut unclear) = (None, None);
    for (index, write) in writes.iter().enumerate().filter(|(_, write)| changes(write)).take(LOOKS) {
        let before = if index == 0 { *before } else { Before { stat: None, ..*before } };
        let verdict = match made_and_set(writes, write) {
            Some(made) => judge_create(live, &made, &before).await?,
            None => judge_one(live, write, &before).await?,
        };
        match verdict {
            Verdict::Done(written) => found = Some(written),
            Verdict::NotDone => return Ok(Verdict::NotDone),
            Verdict::Unknown(why) => unclear = unclear.or(Some(why)),
        }
    }
    match found {
        Some(found) => all_done(live, writes, before, found).await,
        None => Ok(Verdict::Unknown(unclear.unwrap_or_default())),
    }
}

/// The group was done, as one of its writes shows; what the others made is looked up.
async fn all_done(
    live: &Live,
    writes: &[Write],
    before: &Before,
    found: Written,
) -> Result<Verdict, Failure> {
    if writes.len() == 1 {
        return Ok(Verdict::Done(vec![found]));
    }
    let mut all = Vec::with_capacity(writes.len());
    for write in writes {
        let sequential = matches!(write, Write::Create { mode, .. } if mode.is_sequential());
        let written = if sequential {
            match judge_one(live, write, &Before { stat: None, ..*before }).await? {
                Verdict::Done(written) => written,
                _ => {
                    let path = write.path();
                    return Ok(Verdict::Unknown(format!(
                        "it was done, but which number {path} got is unclear"
                    )));
                }
            }
        } else {
            Written { path: write.path().to_owned(), stat: None, verified: true }
        };
        all.push(written);
    }
    Ok(Verdict::Done(all))
}

async fn judge_one(live: &Live, write: &Write, before: &Before) -> Result<Verdict<Written>, Failure> {
    match write {
        Write::Create { path, data, mode, .. } if mode.is_sequential() => {
            judge_sequential(live, path, data.as_deref(), *mode, before).await
        }
        Write::Create { path, data, mode, .. } => {
            let made = Creation { path, data: data.as_deref(), mode: *mode, sets: 0 };
            judge_create(live, &made, before).await
        }
        Write::Set { path, data, version } => judge_set(live, path, data.as_deref(), *version, before).await,
        Write::Delete { path, version } => judge_delete(live, path, *version, before).await,
        Write::SetAcl { path, acl, version } => judge_set_acl(live, path, acl, *version, before).await,
        Write::Check { .. } => Ok(Verdict::NotDone),
    }
}

fn verified(path: &str, stat: Option<Stat>) -> Verdict<Written> {
    Verdict::Done(Written { path: path.to_owned(), stat, verified: true })
}

/// Whether nothing was created or deleted at `path` since then: the nearest ancestor that is there
/// has not gained or lost a child. To be asked after `path` itself was looked at.
async fn untouched(live: &Live, path: &str, zxid: i64) -> Result<bool, Failure> {
    let mut path = path;
    loop {
        let parent = split(path).0;
        match stat(live, parent).await? {
            Some(stat) => return Ok(zxid > 0 && stat.pzxid <= zxid),
            None if parent == "/" => return Ok(false),
            None => path = parent,
        }
    }
}

/// Whether nothing was deleted below the parent since then, so that what is not there now was never
/// made: `cversion` counts what was created and what was deleted.
fn nothing_deleted(parent: &Stat, before: &Before) -> bool {
    let changes = |was: Stat| parent.cversion.wrapping_sub(was.cversion);
    let growth = |was: Stat| parent.num_children.wrapping_sub(was.num_children);
    (before.zxid > 0 && parent.pzxid <= before.zxid)
        || before.of_same(parent).is_some_and(|was| changes(was) == growth(was))
}

/// Whether the owner is what a create in `mode` by `session` gives; clients see 0 for containers and
/// znodes with a TTL too.
fn owned(owner: i64, mode: CreateMode, session: i64) -> bool {
    owner == if mode.is_ephemeral() { session } else { 0 }
}

/// What a create leaves, and the sets of the same znode behind it in its group.
struct Creation<'a> {
    path: &'a str,
    data: Option<&'a [u8]>,
    mode: CreateMode,
    sets: i32,
}

impl Creation<'_> {
    /// Whether a znode is as it leaves it, and nobody has written since.
    fn left(&self, stat: &Stat) -> bool {
        // What is made and set by one transaction has one zxid for both.
        stat.version == self.sets && (self.sets == 0 || stat.mzxid == stat.czxid)
    }
}

/// What a create and the sets of its znode in the same group leave together, of which no znode shows each
/// by itself.
fn made_and_set<'a>(writes: &'a [Write], create: &'a Write) -> Option<Creation<'a>> {
    let Write::Create { path, data, mode, .. } = create else { return None };
    let mut made = Creation { path, data: data.as_deref(), mode: *mode, sets: 0 };
    for write in writes.iter().filter(|write| write.path() == path) {
        match write {
            Write::Set { data, .. } => {
                made.data = data.as_deref();
                made.sets += 1;
            }
            Write::Create { .. } if std::ptr::eq(write, create) => {}
            Write::Check { .. } => {}
            _ => return None,
        }
    }
    (made.sets > 0 && !mode.is_sequential()).then_some(made)
}

async fn judge_create(
    live: &Live,
    made: &Creation<'_>,
    before: &Before,
) -> Result<Verdict<Written>, Failure> {
    let Creation { path, data, mode, sets } = *made;
    let now = match read_one(live, Read::Data(path.to_owned())).await {
        Ok(Found::Data(now, stat)) => Some((now, stat)),
        Err(Failure::Refused(Code::NO_NODE)) => None,
        Err(Failure::Refused(Code::NO_AUTH)) => {
            return Ok(Verdict::Unknown(format!("{path} exists now, but its ACL hides by whom it was made")));
        }
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::Protocol("no data in an answer to getData".into())),
    };
    if let Some((now, stat)) = &now {
        // It was there before: the server will say so.
        if stat.czxid <= before.zxid {
            return Ok(Verdict::NotDone);
        }
        let ours = owned(stat.ephemeral_owner, mode, before.session);
        // No other session makes ephemerals of this one.
        let certain = mode.is_ephemeral() || (before.zxid > 0 && made.left(stat));
        if ours && certain && (mode.is_ephemeral() || now.as_deref() == data) {
            return Ok(verified(path, Some(*stat)));
        }
        if ours && (before.zxid == 0 || stat.version > sets) {
            return Ok(Verdict::Unknown(format!(
                "{path} exists now, but whether this command or another client made it cannot be told"
            )));
        }
    }
    // It is not there, or what is there is not ours, which may have been there before it.
    let never = match stat(live, split(path).0).await? {
        Some(parent) => nothing_deleted(&parent, before),
        None => untouched(live, path, before.zxid).await?,
    };
    Ok(match (never, now) {
        (true, _) => Verdict::NotDone,
        (false, None) => Verdict::Unknown(format!(
            "{path} does not exist, but it may have been created and deleted again by another client"
        )),
        (false, Some(_)) => Verdict::Unknown(format!(
            "{path} is another client's now, but may have been created and deleted before"
        )),
    })
}

async fn judge_sequential(
    live: &Live,
    path: &str,
    data: Option<&[u8]>,
    mode: CreateMode,
    before: &Before,
) -> Result<Verdict<Written>, Failure> {
    let (parent, prefix) = split(path);
    let (names, parent_stat) = match read_one(live, Read::Listing(parent.to_owned())).await {
        Ok(Found::Listing(names, stat)) => (names, stat),
        Err(Failure::Refused(Code::NO_NODE)) => {
            return Ok(match untouched(live, path, before.zxid).await? {
                true => Verdict::NotDone,
                false => Verdict::Unknown(format!("{parent} does not exist any more")),
            });
        }
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::Protocol("no children in an answer to getChildren2".into())),
    };
    let numbered = |name: &&str| {
        name.strip_prefix(prefix)
            .is_some_and(|n| n.len() >= 10 && n.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()))
    };
    let candidates: Vec<Read> = names
        .iter()
        .filter(numbered)
        .map(|name| Read::Data(format!("{}/{name}", parent.trim_end_matches('/'))))
        .collect();
    let (mut matching, mut hidden) = (Vec::new(), 0);
    for batch in candidates.chunks(live.batch().max(1)) {
        for (read, answer) in batch.iter().zip(live.read(batch.to_vec()).await?) {
            let Ok(Found::Data(now, stat)) = answer else {
                hidden += 1;
                continue;
            };
            if stat.czxid <= before.zxid || !owned(stat.ephemeral_owner, mode, before.session) {
                continue;
            }
            match stat.version {
                0 if now.as_deref() == data => matching.push((read.path().to_owned(), stat)),
                0 => {}
                _ => hidden += 1,
            }
        }
    }
    Ok(match &matching[..] {
        [] if hidden == 0 && nothing_deleted(&parent_stat, before) => Verdict::NotDone,
        [] => Verdict::Unknown(format!(
            "it may have been created in {parent} and deleted or changed again by another client"
        )),
        [(path, stat)] if hidden == 0 && before.zxid > 0 => verified(path, Some(*stat)),
        _ => Verdict::Unknown(format!(
            "{} new znodes could be it: {}",
            matching.len() + hidden,
            matching.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join(", ")
        )),
    })
}

async fn judge_set(
    live: &Live,
    path: &str,
    data: Option<&[u8]>,
    version: Option<i32>,
    before: &Before,
) -> Result<Verdict<Written>, Failure> {
    let (content, now) = match read_one(live, Read::Data(path.to_owned())).await {
        Ok(Found::Data(now, stat)) if now.as_deref() == data => (Content::Same, stat),
        Ok(Found::Data(_, stat)) => (Content::Different, stat),
        // The ACL may allow to write and not to read.
        Err(Failure::Refused(Code::NO_AUTH)) => match stat(live, path).await? {
            Some(stat) => (Content::Hidden, stat),
            None => return gone(live, path, before).await,
        },
        Err(Failure::Refused(Code::NO_NODE)) => return gone(live, path, before).await,
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::Protocol("no data in an answer to getData".into())),
    };
    if now.mzxid <= before.zxid {
        return Ok(Verdict::NotDone);
    }
    let was = before.of_same(&now).map(|was| was.version);
    // Before zxids are known, and in a znode that took the place of ours, versions prove nothing.
    let comparable = before.zxid > 0 && now.czxid <= before.zxid;
    let done = match by_version(was, version, now.version, content) {
        done if comparable && (was.is_some() || version.is_some()) => done,
        _ if comparable && version.is_none() && content == Content::Same => Some(true),
        _ => None,
    };
    Ok(match done {
        Some(true) => verified(path, Some(now)),
        Some(false) => Verdict::NotDone,
        None => Verdict::Unknown(format!(
            "{path} has data version {} now, written by this command or by another client",
            now.version
        )),
    })
}

async fn judge_set_acl(
    live: &Live,
    path: &str,
    acl: &[Acl],
    version: Option<i32>,
    before: &Before,
) -> Result<Verdict<Written>, Failure> {
    let (content, now) = match read_one(live, Read::Acl(path.to_owned())).await {
        Ok(Found::Acl(now, stat)) => (compare_acl(&now, acl, &live.config.auth), stat),
        Err(Failure::Refused(Code::NO_NODE)) => return gone(live, path, before).await,
        Err(Failure::Refused(Code::NO_AUTH)) => match stat(live, path).await? {
            Some(stat) => (Content::Hidden, stat),
            None => return gone(live, path, before).await,
        },
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::Protocol("no ACL in an answer to getACL".into())),
    };
    // No zxid tells when an ACL was set: without its version before, nothing is proved.
    let was = before.of_same(&now).map(|was| was.aversion);
    Ok(match was.and_then(|was| by_version(Some(was), version, now.aversion, content)) {
        Some(true) => verified(path, Some(now)),
        Some(false) => Verdict::NotDone,
        None => Verdict::Unknown(format!(
            "the ACL of {path} has version {} now, set by this command or by another client",
            now.aversion
        )),
    })
}

/// The znode to be changed is not there.
async fn gone(live: &Live, path: &str, before: &Before) -> Result<Verdict<Written>, Failure> {
    Ok(match untouched(live, path, before.zxid).await? {
        // It was not there before either: the server will say so.
        true => Verdict::NotDone,
        false => Verdict::Unknown(format!("{path} does not exist any more")),
    })
}

async fn judge_delete(
    live: &Live,
    path: &str,
    version: Option<i32>,
    before: &Before,
) -> Result<Verdict<Written>, Failure> {
    let now = stat(live, path).await?;
    let refused = |was: Stat| version.is_some_and(|version| was.version > version);
    Ok(match (before.stat, now) {
        (_, Some(now)) if now.czxid <= before.zxid => Verdict::NotDone,
        (Some(Some(was)), _) if refused(was) => Verdict::NotDone,
        (Some(Some(was)), now) if now.is_none_or(|now| now.czxid != was.czxid) => verified(path, None),
        (_, None) if untouched(live, path, before.zxid).await? => Verdict::NotDone,
        (_, None) => Verdict::Unknown(format!(
            "{path} does not exist now, but whether it did before this command cannot be told"
        )),
        (_, Some(_)) => {
            Verdict::Unknown(format!("{path} exists now, and may have been deleted and created again"))
        }
    })
}
