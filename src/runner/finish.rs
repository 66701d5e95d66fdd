//! The end of a run, and the beginning of one that goes on where another ended.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::failed::Ended;
use super::journal::{Journal, io_error};
use super::past::{self, Entry, Outcome};
use super::replay::Past;
use super::sessions::Sessions;
use super::{Beginning, Runner, lock, reports, text};
use crate::command::Run;
use crate::error::{Error, Kind, Result};
use crate::recipe::declared::same_acl;
use crate::script::Loaded;
use crate::script::model::OnFailure;
use crate::store::{Failure, Found, Read, Store, Write, Written, read_one, stat};
use crate::view::Told;
use crate::wire::Code;
use crate::znode::ZPath;

/// How this run began, or the one that is resumed or undone, with the journal of that: what is called by the
/// time, or by chance, is to be found again then.
pub(super) fn began(
    args: &Run,
    runs: Option<&Path>,
    sha256: &str,
) -> Result<(Beginning, Option<past::Read>)> {
    let (Some(named), Some(runs)) = (args.resume.as_ref().or(args.rollback.as_ref()), runs) else {
        let new = Beginning {
            run: text::run_id(),
            now: jiff::Timestamp::now().as_millisecond(),
            seed: format!("{:032x}", fastrand::u128(..)),
        };
        return Ok((new, None));
    };
    let (run, read) = find(runs, named, sha256)?;
    let now = read.start.get("now").and_then(Json::as_i64);
    let seed = read.start.get("seed").and_then(Json::as_str).unwrap_or(&run).to_owned();
    let now = now.unwrap_or_else(|| jiff::Timestamp::now().as_millisecond());
    Ok((Beginning { run, now, seed }, Some(read)))
}

/// The journal of this run, if there is to be one; `earlier` is what is in it where it is resumed.
pub(super) async fn journal(
    loaded: &Loaded,
    args: &Run,
    sessions: &Sessions,
    runs: Option<&Path>,
    beginning: &Beginning,
    earlier: Option<past::Read>,
    (file, sha256, choice): (&Path, &str, &str),
) -> Result<Option<Arc<Journal>>> {
    if args.rollback.is_some() {
        return Ok(None);
    }
    let Some(runs) = runs.filter(|_| !args.check && sessions.lasts()) else {
        if args.resume.is_some() {
            return Err(Error::usage("--resume needs the journal of the run, and the run itself"));
        }
        let said = loaded.script.on_failure.as_ref();
        let undoes = match args.on_failure {
            Some(on) => on == OnFailure::Rollback,
            None => said.is_some_and(|on| on.known().is_none_or(|on| *on == OnFailure::Rollback)),
        };
        return Ok(undoes.then(|| Arc::new(Journal::in_memory(&beginning.run))));
    };
    let Beginning { run, now, seed } = beginning;
    let Some(read) = earlier else {
        let start = json!({"ev": "start", "run": run, "script": file.display().to_string(), "sha256": sha256,
                           "now": now, "seed": seed, "variables": choice, "servers": sessions.shown()});
        return Ok(Some(Arc::new(Journal::begin(runs, run, &start)?)));
    };
    if read.marks.undone {
        let what = format!("the run {run} was undone, or some of it: there is nothing to go on with");
        return Err(Error::usage(what).hint("begin a new run"));
    }
    if read.end == Some(0) {
        return Err(Error::usage(format!("the run {run} came to its end: there is nothing left to do")));
    }
    let servers = read.start.get("servers").and_then(Json::as_str).unwrap_or_default();
    if !sessions.are_on(servers) {
        return Err(Error::usage(format!("the run {run} was on {servers}, not on {}", sessions.shown())));
    }
    if read.start.get("variables").and_then(Json::as_str).is_some_and(|then| then != choice) {
        let what = format!("the run {run} had other values of the script's variables");
        return Err(Error::usage(what).hint("give --var, --vars-file and the environment as they were then"));
    }
    let mut writes: HashMap<String, Vec<Past>> = HashMap::new();
    let mut resolved = Vec::new();
    for entry in &read.entries {
        if read.steps.contains_key(&entry.step) {
            continue;
        }
        let done = match &entry.outcome {
            Some(Outcome::Done(written)) => Some(written.clone()),
            Some(Outcome::Refused) => None,
            Some(Outcome::Unknown) | None => {
                let store = sessions.store(&entry.cluster).await?;
                let found = resolve(&*store, entry).await?;
                resolved.push((entry.number, found.clone()));
                found
            }
        };
        if let Some(written) = done {
            let made = entry.writes.iter().cloned().zip(written).zip(entry.before.iter().cloned());
            let pasts = made
                .filter(|((write, _), _)| !matches!(write, Write::Check { .. }))
                .map(|((write, written), before)| Past { write, written, before, secret: entry.secret });
            writes.entry(entry.step.clone()).or_default().extend(pasts);
        }
    }
    let journal = Journal::resume(runs, run, read, writes)?;
    // It is as known now as it will ever be: what this run writes would belie it.
    for (number, found) in resolved {
        let result = found.ok_or_else(|| Failure::Disconnected("the run ended before".into()));
        journal.settle(number, &result).map_err(io_error)?;
    }
    journal.put().map_err(io_error)?;
    Ok(Some(Arc::new(journal)))
}

/// The journal that is named, or the newest one of this script.
fn find(runs: &Path, named: &str, sha256: &str) -> Result<(String, past::Read)> {
    let run = match named {
        "" => match past::runs_of(runs, sha256).into_iter().next() {
            Some(run) => run,
            None => {
                let what = "this script, as it is now, has not been run";
                return Err(Error::usage(what).hint("a script that was changed since is another one"));
            }
        },
        named => named.to_owned(),
    };
    let read = past::read(runs, &run)?;
    if read.start.get("sha256").and_then(Json::as_str) != Some(sha256) {
        return Err(Error::usage(format!(
            "the run {run} was one of another script, or this one was changed since"
        )));
    }
    Ok((run, read))
}

/// Whether an intent of which nobody heard again was carried out; what it wrote, if so.
pub(super) async fn resolve(store: &dyn Store, entry: &Entry) -> Result<Option<Vec<Written>>> {
    let unknown = |path: &str| {
        Error::new(Kind::Unknown, format!("whether {path} was written before the run ended cannot be told"))
            .hint("look at it, and begin a new run")
    };
    let root = ZPath::root();
    let failed = |failure: Failure| crate::command::failed(failure, "look at what was written below", &root);
    match store.sync("/".into()).await {
        Ok(()) | Err(Failure::Refused(_)) => {}
        Err(failure) => return Err(failed(failure)),
    }
    // A group was done as a whole or not at all: it is judged by the first znode that it touches but once.
    let touches = |path: &str| {
        let touching = entry.writes.iter().filter(|write| !matches!(write, Write::Check { .. }));
        touching.filter(|write| write.path() == path).count()
    };
    let alone = entry.writes.iter().any(|write| touches(write.path()) == 1);
    for (write, before) in entry.writes.iter().zip(&entry.before) {
        let path = write.path();
        if alone && touches(path) > 1 {
            continue;
        }
        let (sets, last) = sets(&entry.writes, path);
        let done = match write {
            Write::Check { .. } => continue,
            Write::Create { mode, .. } if mode.is_ephemeral() => false,
            Write::Create { data, mode, .. } if mode.is_sequential() => {
                return match numbered(store, path, data.as_deref(), entry.zxid)
                    .await
                    .map_err(failed)?
                    .as_slice()
                {
                    [] => Ok(None),
                    [one] if entry.writes.len() == 1 => Ok(Some(vec![one.clone()])),
                    _ => Err(unknown(path)),
                };
            }
            Write::Create { data, .. } => match data_of(store, path).await.map_err(failed)? {
                None => false,
                Some((_, stat)) if stat.czxid <= entry.zxid => false,
                // What is made and set by one transaction has one zxid for both.
                Some((_, stat)) if sets > 0 && stat.mzxid != stat.czxid => return Err(unknown(path)),
                Some((now, _)) if now == *last.unwrap_or(data) || entry.secret => true,
                Some(_) => return Err(unknown(path)),
            },
            Write::Set { .. } => match (data_of(store, path).await.map_err(failed)?, before) {
                (None, _) | (_, None) => false,
                (Some((_, now)), Some(before)) if now.version <= before.stat.version => false,
                (Some((now, stat)), Some(before))
                    if stat.version == before.stat.version + sets && (Some(&now) == last || entry.secret) =>
                {
                    true
                }
                _ => return Err(unknown(path)),
            },
            Write::Delete { .. } => match (stat(store, path).await.map_err(failed)?, before) {
                (None, Some(_)) => true,
                (Some(now), Some(before)) => now.czxid != before.stat.czxid,
                _ => false,
            },
            Write::SetAcl { acl, .. } => {
                let now = match read_one(store, Read::Acl(path.to_owned())).await {
                    Ok(Found::Acl(now, stat)) => Some((now, stat)),
                    Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => None,
                    Err(failure) => return Err(failed(failure)),
                };
                match (now, before) {
                    (Some((_, now)), Some(before)) if now.aversion <= before.stat.aversion => false,
                    (Some((now, stat)), Some(before))
                        if stat.aversion == before.stat.aversion + 1 && same_acl(acl, &now) =>
                    {
                        true
                    }
                    (None, _) | (_, None) => false,
                    _ => return Err(unknown(path)),
                }
            }
        };
        // All of a group was done, or nothing.
        return Ok(done.then(|| {
            let written =
                |write: &Write| Written { path: write.path().to_owned(), stat: None, verified: true };
            entry.writes.iter().map(written).collect()
        }));
    }
    Ok(None)
}

/// How often a group sets a znode, and to what in the end.
fn sets<'a>(writes: &'a [Write], path: &str) -> (i32, Option<&'a Option<bytes::Bytes>>) {
    let of_path = writes.iter().filter(|write| write.path() == path);
    of_path.fold((0, None), |(sets, last), write| match write {
        Write::Set { data, .. } => (sets + 1, Some(data)),
        _ => (sets, last),
    })
}

async fn data_of(
    store: &dyn Store,
    path: &str,
) -> Result<Option<(Option<bytes::Bytes>, crate::znode::Stat)>, Failure> {
    match read_one(store, Read::Data(path.to_owned())).await {
        Ok(Found::Data(data, stat)) => Ok(Some((data, stat))),
        Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The znodes that a sequential create may have made.
async fn numbered(
    store: &dyn Store,
    path: &str,
    data: Option<&[u8]>,
    zxid: i64,
) -> Result<Vec<Written>, Failure> {
    let (parent, prefix) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = if parent.is_empty() { ZPath::root() } else { ZPath::from_server(parent) };
    let names = match read_one(store, Read::Children(parent.to_string())).await {
        Ok(Found::Children(names)) => names,
        Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => return Ok(Vec::new()),
        Err(failure) => return Err(failure),
    };
    let mut made = Vec::new();
    for name in names.iter() {
        let digits = name
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 10 && rest.bytes().all(|b| b.is_ascii_digit()));
        if !digits {
            continue;
        }
        let path = parent.join(name);
        if let Some((now, stat)) = data_of(store, &path).await?
            && stat.czxid > zxid
            && now.as_deref() == data
        {
            made.push(Written { path: path.into_string(), stat: Some(stat), verified: true });
        }
    }
    Ok(made)
}

impl Runner<'_> {
    /// Tells the end, writes the reports, and says what the exit code is.
    pub(super) async fn end(
        &self,
        ended: Result<(), Ended>,
        undone: Option<Result<bool>>,
    ) -> Result<Option<Kind>> {
        let (error, stopped) = match ended {
            Ok(()) => (None, None),
            Err(Ended::Stop(reason)) => (None, Some(reason)),
            Err(Ended::Failed(failed)) => (Some(failed.placed()), None),
            Err(Ended::Interrupted(kind)) => {
                (Some(Error::new(kind, "interrupted: no further step was begun")), None)
            }
        };
        let error = error.map(|error| text::mask_error(error, &lock(&self.secrets)));
        let counts = lock(&self.told).counts;
        let pending = self.args.check && self.args.exit_code && counts.changed > 0;
        let kind = error.as_ref().map(Error::kind).or(pending.then_some(Kind::Pending));
        let exit = kind.map_or(0, Kind::exit_code);
        self.tell(Told::End { counts, exit, stopped, check: self.args.check }).await?;
        self.with.out.end().await?;
        if let Some(journal) = &self.journal {
            journal.end(exit).await?;
        }
        let steps = std::mem::take(&mut lock(&self.told).steps);
        let name = self.loaded.sources.iter().next().map(|source| source.path.display().to_string());
        reports::write(self.args, &name.unwrap_or_default(), &steps)?;
        let Some(error) = error else { return Ok(kind) };
        Err(match (&self.journal, undone) {
            (_, Some(Ok(true))) => error.hint("everything that the run had written was undone"),
            (_, Some(Ok(false))) => error.hint("not everything that the run had written could be undone"),
            (_, Some(Err(why))) => {
                let why = text::mask_error(why, &lock(&self.secrets));
                error.hint(format!("undoing what the run had written failed: {why}"))
            }
            (Some(journal), None) if journal.lasts() => error.hint(self.hint(journal)),
            (_, None) => error,
        })
    }
}
