//! What became of a write whose answer was lost.
//!
//! Every write goes out right behind a read of the same znode. The read gives the state before and
//! a zxid that the write's own must exceed, at the price of no round trip. When the connection is
//! lost, the same session is taken to another server (which fences the old one: the leader refuses
//! what still arrives from it as SessionMoved), brought up to date with `sync`, and the znode is
//! looked at. Then the write is proved done, proved not done and sent again, or its outcome is
//! honestly unknown.

use tokio::time::Instant;

use super::{Failure, Found, Live, Read, Write, Written, as_failure, explain, needs, not_done, operation};
use crate::client::{Answer, Cause, RequestError};
use crate::store::{Store, read_one, stat};
use crate::wire::{Code, Reply, Request};
use crate::znode::{Acl, CreateMode, Stat};

/// Writes proved not done are sent again this often: more losses in a row are not bad luck.
const TRIES: usize = 5;

/// What is known of a znode from before a write.
struct Before {
    /// The write's own zxid is greater than this; 0 when nothing is known.
    zxid: i64,
    /// Its stat; `None` when the read was not answered.
    stat: Option<Option<Stat>>,
    /// The session that wrote.
    session: i64,
}

enum Verdict {
    Done(Written),
    NotDone,
    Unknown(String),
}

/// Makes a change and says truly whether it was made.
pub(super) async fn write(live: &Live, write: Write) -> Result<Written, Failure> {
    let request = operation(&write);
    let until = Instant::now() + live.config.request_timeout;
    let mut tries = 0;
    loop {
        tries += 1;
        let client = live.client();
        let look_first = client.send(&Request::Exists { path: before_path(&write), watch: false });
        let pending = client.send(&request);
        let before = look_first.answer().await;
        let error = match pending.answer().await {
            Ok(answer) => return Ok(done(&write, answer, false)),
            Err(error) => error,
        };
        let (why, last_zxid) = match error {
            RequestError::Refused { code: Code::UNIMPLEMENTED, .. } => {
                let Write::Create { mode, .. } = &write else { return Err(as_failure(error)) };
                return Err(needs(*mode).unwrap_or_else(|| as_failure(error)));
            }
            RequestError::Unanswered { cause: Cause::AuthFailed, .. } => return Err(Failure::AuthFailed),
            RequestError::Unanswered { cause, last_zxid } => (cause, last_zxid),
            RequestError::NotSent(Cause::Expired) if tries < TRIES => {
                live.renew(client.session().id).await?;
                continue;
            }
            RequestError::NotSent(cause) => return Err(not_done(cause)),
            other => return Err(as_failure(other)),
        };
        let before = Before {
            zxid: zxid(&before).unwrap_or(0).max(last_zxid),
            stat: match before {
                Ok(Answer { reply: Reply::Stat(stat), .. }) => Some(Some(stat)),
                Err(RequestError::Refused { code: Code::NO_NODE, .. }) => Some(None),
                _ => None,
            },
            session: client.session().id,
        };
        match judge(live, &write, &before).await {
            Ok(Verdict::Done(written)) => return Ok(written),
            Ok(Verdict::NotDone) if matches!(why, Cause::Expired) && ephemeral(&write) => {
                return Err(Failure::Expired);
            }
            Ok(Verdict::NotDone) if tries < TRIES && Instant::now() < until => {}
            Ok(Verdict::NotDone) => {
                return Err(Failure::Disconnected(format!("{why}; nothing was changed")));
            }
            Ok(Verdict::Unknown(what)) => return Err(Failure::Unknown(format!("{why}; {what}"))),
            Err(failure) => {
                let look = explain(&failure);
                return Err(Failure::Unknown(format!("{why}; looking afterwards failed: {look}")));
            }
        }
    }
}

fn zxid(answer: &Result<Answer, RequestError>) -> Option<i64> {
    match answer {
        Ok(answer) => Some(answer.zxid),
        Err(RequestError::Refused { zxid, .. }) => Some(*zxid),
        Err(_) => None,
    }
}

/// The znode to look at beforehand: for a sequential create, whose own name is not known, its
/// parent.
fn before_path(write: &Write) -> String {
    match write {
        Write::Create { path, mode, .. } if mode.is_sequential() => split(path).0.to_owned(),
        other => other.path().to_owned(),
    }
}

fn ephemeral(write: &Write) -> bool {
    matches!(write, Write::Create { mode, .. } if mode.is_ephemeral())
}

/// Parent and name (or its beginning) of a path.
fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((parent, name)) => (parent, name),
        None => ("/", path),
    }
}

fn done(write: &Write, answer: Answer, verified: bool) -> Written {
    let (path, stat) = match answer.reply {
        Reply::Created(path, stat) => (Some(path), stat),
        Reply::Stat(stat) => (None, Some(stat)),
        _ => (None, None),
    };
    Written { path: path.unwrap_or_else(|| write.path().to_owned()), stat, verified }
}

async fn judge(live: &Live, write: &Write, before: &Before) -> Result<Verdict, Failure> {
    live.sync(write.path().trim_end_matches('/').to_owned()).await.or_else(|failure| match failure {
        // `create -s /queue/` has a path that sync refuses; the root does as well.
        Failure::Refused(_) => Ok(()),
        other => Err(other),
    })?;
    match write {
        Write::Create { path, data, mode, .. } if mode.is_sequential() => {
            judge_sequential(live, path, data.as_deref(), *mode, before).await
        }
        Write::Create { path, data, mode, .. } => {
            judge_create(live, path, data.as_deref(), *mode, before).await
        }
        Write::Set { path, data, version } => judge_set(live, path, data.as_deref(), *version, before).await,
        Write::Delete { path, .. } => judge_delete(live, path, before).await,
        Write::SetAcl { path, acl, version } => judge_set_acl(live, path, acl, *version, before).await,
        Write::Check { .. } => Ok(Verdict::NotDone),
    }
}

fn verified(path: &str, stat: Option<Stat>) -> Verdict {
    Verdict::Done(Written { path: path.to_owned(), stat, verified: true })
}

/// Whether `stat` is what a create in `mode` by `session` makes.
fn ours(stat: &Stat, mode: CreateMode, session: i64) -> bool {
    stat.version == 0 && (!mode.is_ephemeral() || stat.ephemeral_owner == session)
}

async fn judge_create(
    live: &Live,
    path: &str,
    data: Option<&[u8]>,
    mode: CreateMode,
    before: &Before,
) -> Result<Verdict, Failure> {
    let (now, stat) = match read_one(live, Read::Data(path.to_owned())).await {
        Ok(Found::Data(now, stat)) => (now, stat),
        Err(Failure::Refused(Code::NO_NODE)) => return Ok(Verdict::NotDone),
        Err(Failure::Refused(Code::NO_AUTH)) => {
            return Ok(Verdict::Unknown(format!("{path} exists now, but its ACL hides by whom it was made")));
        }
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::Protocol("no data in an answer to getData".into())),
    };
    // It was there before: the server will say so again.
    if matches!(before.stat, Some(Some(_))) || (before.zxid > 0 && stat.czxid <= before.zxid) {
        return Ok(Verdict::NotDone);
    }
    if before.zxid > 0 && now.as_deref() == data && ours(&stat, mode, before.session) {
        return Ok(verified(path, Some(stat)));
    }
    Ok(Verdict::Unknown(format!(
        "{path} exists now, but whether this command or another client made it cannot be told"
    )))
}

async fn judge_sequential(
    live: &Live,
    path: &str,
    data: Option<&[u8]>,
    mode: CreateMode,
    before: &Before,
) -> Result<Verdict, Failure> {
    let (parent, prefix) = split(path);
    let names = match read_one(live, Read::Children(parent.to_owned())).await {
        Ok(Found::Children(names)) => names,
        Err(Failure::Refused(Code::NO_NODE)) => return Ok(Verdict::NotDone),
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::Protocol("no children in an answer to getChildren".into())),
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
    let mut matching = Vec::new();
    for batch in candidates.chunks(live.batch().max(1)) {
        for (read, answer) in batch.iter().zip(live.read(batch.to_vec()).await?) {
            if let Ok(Found::Data(now, stat)) = answer
                && stat.czxid > before.zxid
                && now.as_deref() == data
                && ours(&stat, mode, before.session)
            {
                matching.push((read.path().to_owned(), stat));
            }
        }
    }
    Ok(match &matching[..] {
        [] => Verdict::NotDone,
        [(path, stat)] if before.zxid > 0 => verified(path, Some(*stat)),
        _ => Verdict::Unknown(format!(
            "{} new znodes could be it: {}",
            matching.len(),
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
) -> Result<Verdict, Failure> {
    let (now, stat) = match read_one(live, Read::Data(path.to_owned())).await {
        Ok(Found::Data(now, stat)) => (Some(now), stat),
        // The ACL may allow to write and not to read.
        Err(Failure::Refused(Code::NO_AUTH)) => match super::super::stat(live, path).await? {
            Some(stat) => (None, stat),
            None => return Ok(gone(path, before)),
        },
        Err(Failure::Refused(Code::NO_NODE)) => return Ok(gone(path, before)),
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::Protocol("no data in an answer to getData".into())),
    };
    Ok(changed_or_not(
        Counters { version: stat.version, expected: version.or(known(before, |stat| stat.version)) },
        before.zxid > 0 && stat.mzxid <= before.zxid,
        before.zxid > 0 && now.is_some_and(|now| now.as_deref() == data),
        || verified(path, Some(stat)),
        format!("{path} has data version {} now, written by this command or by another client", stat.version),
    ))
}

async fn judge_set_acl(
    live: &Live,
    path: &str,
    acl: &[Acl],
    version: Option<i32>,
    before: &Before,
) -> Result<Verdict, Failure> {
    let (now, stat) = match read_one(live, Read::Acl(path.to_owned())).await {
        Ok(Found::Acl(now, stat)) => (now, stat),
        Err(Failure::Refused(Code::NO_NODE)) => return Ok(gone(path, before)),
        Err(Failure::Refused(Code::NO_AUTH)) => {
            return Ok(Verdict::Unknown(format!("the ACL of {path} cannot be read with these credentials")));
        }
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::Protocol("no ACL in an answer to getACL".into())),
    };
    Ok(changed_or_not(
        Counters { version: stat.aversion, expected: version.or(known(before, |stat| stat.aversion)) },
        false,
        same_acl(&now, acl),
        || verified(path, Some(stat)),
        format!(
            "the ACL of {path} has version {} now, set by this command or by another client",
            stat.aversion
        ),
    ))
}

/// Whether `now` is what the server makes of `wanted`: `auth` becomes the session's identities, and
/// without ADMIN the digests are hidden, so only what can be compared is.
fn same_acl(now: &[Acl], wanted: &[Acl]) -> bool {
    let comparable = |acl: &&Acl| acl.scheme != "auth";
    let mut expected: Vec<_> = wanted.iter().filter(comparable).collect();
    expected.dedup();
    let found = expected.iter().all(|acl| now.contains(acl));
    found && (now.len() == expected.len() || wanted.iter().any(|acl| acl.scheme == "auth"))
}

fn known(before: &Before, field: impl Fn(&Stat) -> i32) -> Option<i32> {
    before.stat.flatten().as_ref().map(field)
}

struct Counters {
    version: i32,
    expected: Option<i32>,
}

/// Judges a change that raises a version by one.
fn changed_or_not(
    counters: Counters,
    untouched: bool,
    as_wanted: bool,
    done: impl FnOnce() -> Verdict,
    unclear: String,
) -> Verdict {
    let Counters { version, expected } = counters;
    if untouched || expected == Some(version) {
        return Verdict::NotDone;
    }
    match expected {
        Some(expected) if as_wanted && version == expected.wrapping_add(1) => done(),
        _ => Verdict::Unknown(unclear),
    }
}

/// The znode to be changed is not there.
fn gone(path: &str, before: &Before) -> Verdict {
    match before.stat {
        // It was not there before either: the server will say so again.
        Some(None) => Verdict::NotDone,
        _ => Verdict::Unknown(format!("{path} does not exist any more")),
    }
}

async fn judge_delete(live: &Live, path: &str, before: &Before) -> Result<Verdict, Failure> {
    let now = stat(live, path).await?;
    Ok(match (before.stat, now) {
        (Some(None), _) => Verdict::NotDone,
        (Some(Some(_)), None) => verified(path, None),
        (Some(Some(was)), Some(is)) if is.czxid != was.czxid => verified(path, None),
        (Some(Some(_)), Some(_)) => Verdict::NotDone,
        (None, Some(is)) if before.zxid > 0 && is.czxid <= before.zxid => Verdict::NotDone,
        (None, Some(_)) => {
            Verdict::Unknown(format!("{path} exists now, and may have been deleted and created again"))
        }
        (None, None) => Verdict::Unknown(format!(
            "{path} does not exist now, but whether it did before this command cannot be told"
        )),
    })
}
