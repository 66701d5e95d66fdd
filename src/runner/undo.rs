//! Undoing what a run has written, backwards, and never over what somebody else has written since.

use std::collections::HashMap;
use std::path::Path;

use super::failed::Failed;
use super::finish::{find, resolve};
use super::journal::{self, Entry, Outcome};
use super::recorder::Before;
use super::sessions::Sessions;
use super::{Runner, Surroundings};
use crate::error::{Error, Kind, Result};
use crate::store::{Failure, Store, Write, Written, stat};
use crate::view::{Row, RunRow, Shape, Told};
use crate::wire::Code;
use crate::znode::text::count;
use crate::znode::{CreateMode, NodeType, ZPath};

/// Versions of znodes as undoing has left them.
type Versions = HashMap<String, (i32, i32)>;

/// What was undone, or why not.
type Undone = Result<&'static str, String>;

/// Undoes a run that came to its end, or did not.
pub(super) async fn command(
    sessions: &Sessions,
    with: &Surroundings<'_>,
    runs: Option<&Path>,
    run: &str,
    sha256: &str,
) -> Result<Option<Kind>> {
    let Some(runs) = runs else { return Err(Error::usage("--rollback needs the journal of the run")) };
    let (run, read) = find(runs, run, sha256)?;
    with.out.begin(Shape::List).await?;
    let (mut undone, mut left) = (0, 0);
    for (path, result) in backwards(sessions, &read.entries).await? {
        let (words, was) = words(result);
        if was {
            undone += 1
        } else {
            left += 1
        }
        let told = Told::Undo { path, words, undone: was };
        with.out.rows(vec![Row::Run(RunRow { time: 0, told })]).await?;
    }
    with.out.end().await?;
    if left > 0 {
        let what = format!("{} of the run {run} could not be undone", count(left, "write"));
        return Err(Error::new(Kind::Refused, what).hint(format!("{} undone", count(undone, "write"))));
    }
    Ok(None)
}

fn words(result: Undone) -> (String, bool) {
    match result {
        Ok(words) => (words.to_owned(), true),
        Err(why) => (format!("not undone: {why}"), false),
    }
}

impl Runner<'_> {
    /// Undoes what this run has written so far; whether all of it could be.
    pub(super) async fn undo_run(&self) -> Result<bool> {
        let Some(journal) = &self.journal else { return Ok(false) };
        let runs = journal.dir.parent().unwrap_or(Path::new(""));
        let read = journal::read(runs, &journal.run)?;
        let mut all = true;
        for (path, result) in backwards(&self.sessions, &read.entries).await? {
            let (words, undone) = words(result);
            all &= undone;
            self.tell(Told::Undo { path, words, undone }).await?;
        }
        Ok(all)
    }
}

async fn backwards(sessions: &Sessions, entries: &[Entry]) -> Result<Vec<(String, Undone)>> {
    let mut results = Vec::new();
    let mut versions: HashMap<String, Versions> = HashMap::new();
    for entry in entries.iter().rev() {
        let store = sessions.store(&entry.cluster).await?;
        let written = match &entry.outcome {
            Some(Outcome::Done(written)) => Some(written.clone()),
            Some(Outcome::Refused) => None,
            Some(Outcome::Unknown) | None => match resolve(&*store, entry).await {
                Ok(written) => written,
                Err(error) => {
                    let path = entry.writes.first().map_or("/", Write::path).to_owned();
                    results.push((path, Err(error.to_string())));
                    None
                }
            },
        };
        let Some(written) = written else { continue };
        let versions = versions.entry(entry.cluster.clone()).or_default();
        let done = entry.writes.iter().zip(&written).zip(&entry.before);
        for ((write, written), before) in done.collect::<Vec<_>>().into_iter().rev() {
            if matches!(write, Write::Check { .. }) {
                continue;
            }
            let result = if !entry.undo {
                Err("the script says `undo: none`".to_owned())
            } else if entry.secret && !matches!(write, Write::Create { .. }) {
                Err("what was there before was not written down (no_log)".to_owned())
            } else {
                one(&*store, write, written, before.as_ref(), versions).await
            };
            results.push((written.path.clone(), result));
        }
    }
    Ok(results)
}

async fn one(
    store: &dyn Store,
    write: &Write,
    written: &Written,
    before: Option<&Before>,
    versions: &mut Versions,
) -> Undone {
    let path = written.path.clone();
    let missing = || "what was there before is not known".to_owned();
    let known = versions.get(&path).copied();
    let undo = match write {
        Write::Create { mode, .. } => {
            let ephemeral = mode.is_ephemeral();
            match stat(store, &path).await {
                // The session is still there where a run undoes itself.
                Ok(now) if ephemeral && now.is_none_or(|now| now.ephemeral_owner != store.session().id) => {
                    return Ok("it went with its session");
                }
                Ok(None) => return Ok("it is gone already"),
                Ok(Some(now))
                    if written.stat.is_some_and(|made| made.czxid != now.czxid && made.czxid != 0)
                        && known.is_none() =>
                {
                    return Err("somebody else has made it anew since".into());
                }
                Ok(Some(_)) => {}
                Err(failure) => return Err(failure.to_string()),
            }
            Write::Delete { path: path.clone(), version: Some(known.map_or(0, |(version, _)| version)) }
        }
        Write::Set { .. } => {
            let before = before.ok_or_else(missing)?;
            let made = written.stat.map_or(before.stat.version + 1, |stat| stat.version);
            let version = known.map_or(made, |(version, _)| version);
            Write::Set { path: path.clone(), data: before.data.clone(), version: Some(version) }
        }
        Write::Delete { .. } => {
            let before = before.ok_or_else(missing)?;
            let mode = match before.stat.node_type() {
                NodeType::Ephemeral(_) => return Err("it was an ephemeral of another session".into()),
                NodeType::Container => CreateMode::Container,
                NodeType::Ttl(ttl) => CreateMode::Ttl(ttl),
                NodeType::Persistent => CreateMode::Persistent,
            };
            let acl = before.acl.clone().ok_or_else(missing)?;
            Write::Create { path: path.clone(), data: before.data.clone(), acl, mode }
        }
        Write::SetAcl { .. } => {
            let before = before.ok_or_else(missing)?;
            let made = written.stat.map_or(before.stat.aversion + 1, |stat| stat.aversion);
            let version = known.map_or(made, |(_, aversion)| aversion);
            let acl = before.acl.clone().ok_or_else(missing)?;
            Write::SetAcl { path: path.clone(), acl, version: Some(version) }
        }
        Write::Check { .. } => return Ok("nothing to undo"),
    };
    if let Err(failure) = store.write(undo.clone()).await {
        return Err(match failure {
            Failure::Refused(Code::BAD_VERSION) => "it was changed by somebody else since".into(),
            Failure::Refused(Code::NOT_EMPTY) => "somebody else has created something below it".into(),
            Failure::Refused(Code::NODE_EXISTS) => "somebody else has created it since".into(),
            Failure::Refused(Code::NO_NODE) => "it, or what is above it, is gone".into(),
            failure => Failed::of(failure, "write", &ZPath::from_server(path)).error.to_string(),
        });
    }
    Ok(match undo {
        Write::Delete { .. } => {
            versions.remove(&path);
            "deleted again"
        }
        Write::Set { version, .. } => {
            let aversion =
                known.map_or_else(|| written.stat.map_or(0, |stat| stat.aversion), |(_, aversion)| aversion);
            versions.insert(path, (version.unwrap_or(0) + 1, aversion));
            "data as before"
        }
        Write::SetAcl { version, .. } => {
            let now = known.map_or_else(|| written.stat.map_or(0, |stat| stat.version), |(now, _)| now);
            versions.insert(path, (now, version.unwrap_or(0) + 1));
            "ACL as before"
        }
        _ => {
            versions.insert(path, (0, 0));
            "created again"
        }
    })
}
