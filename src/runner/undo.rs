//! Undoing what a run has written, backwards, and never over what somebody else has written since.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use bytes::Bytes;
use serde_json::Value as Json;

use super::Runner;
use super::before::Before;
use super::failed::Failed;
use super::finish::resolve;
use super::journal::Journal;
use super::marks::{Marked, Undoing};
use super::past::{self, Entry, Outcome};
use crate::error::{Error, Kind, Result};
use crate::script::expr::Scope;
use crate::store::{Failure, Found, Read, Store, Write, Written, read_one, stat};
use crate::view::{Shape, Told};
use crate::wire::Code;
use crate::znode::text::count;
use crate::znode::{CreateMode, NodeType, ZPath};

/// Versions of znodes as undoing has left them.
type Versions = HashMap<String, (i32, i32)>;

/// Why what was made anew is left alone: its versions say nothing.
const ANEW: &str = "somebody else has made it anew since";

/// What was undone, or why not.
type Undone = Result<&'static str, String>;

/// How many writes and steps were undone, or were not.
#[derive(Clone, Copy, Default)]
struct Counted {
    writes: usize,
    steps: usize,
}

impl Counted {
    /// In words; `None` for none.
    fn words(self) -> Option<String> {
        let counted =
            [(self.writes, "write"), (self.steps, "step")].into_iter().filter(|(number, _)| *number > 0);
        let words: Vec<_> = counted.map(|(number, what)| count(number, what)).collect();
        (!words.is_empty()).then(|| words.join(" and "))
    }
}

/// How much of a run was undone, and how much was not.
#[derive(Default)]
struct Tally {
    undone: Counted,
    left: Counted,
}

impl Tally {
    fn of(&mut self, undone: bool) -> &mut Counted {
        if undone { &mut self.undone } else { &mut self.left }
    }

    fn hint(&self, error: Error) -> Error {
        error.hint(format!("{} undone", self.undone.words().unwrap_or_else(|| "nothing".into())))
    }
}

/// Undoes a run that came to its end, or did not, and of which this is the journal.
pub(super) async fn command(
    runner: &Runner<'_>,
    scope: &Scope,
    read: &past::Read,
    (runs, choice): (&Path, &str),
) -> Result<Option<Kind>> {
    let run = &runner.beginning.run;
    let same = read.start.get("variables").and_then(Json::as_str).is_none_or(|then| then == choice);
    if !same && read.marks.marks.iter().any(|mark| matches!(mark.what, Marked::Begun(_))) {
        let what = format!("the run {run} had other values of the script's variables");
        return Err(Error::usage(what).hint("give --var, --vars-file and the environment as they were then"));
    }
    runner.with.out.begin(Shape::List).await?;
    let journal = Journal::reopen(runs, run)?;
    let tally = runner.backwards(read, &journal, scope).await?;
    runner.with.out.end().await?;
    match tally.left.words() {
        Some(left) => {
            let what = format!("{left} of the run {run} could not be undone");
            Err(tally.hint(Error::new(Kind::Refused, what)))
        }
        None => Ok(None),
    }
}

fn words(result: Undone) -> (String, bool) {
    match result {
        Ok(words) => (words.to_owned(), true),
        Err(why) => (format!("not undone: {why}"), false),
    }
}

impl Runner<'_> {
    /// Undoes what this run has written so far; whether all of it could be.
    pub(super) async fn undo_run(&self, scope: &Scope) -> Result<bool> {
        let Some(journal) = &self.journal else { return Ok(false) };
        let tally = self.backwards(&journal.read()?, journal, scope).await?;
        Ok(tally.left.words().is_none())
    }

    /// Undoes what is in a journal.
    async fn backwards(&self, read: &past::Read, journal: &Journal, scope: &Scope) -> Result<Tally> {
        journal.undoing()?;
        let mut tally = Tally::default();
        let mut versions: HashMap<String, Versions> = HashMap::new();
        // Steps that have done something which steps of theirs undo.
        let mut worked: HashSet<&str> = HashSet::new();
        let mut marks = read.marks.marks.iter().rev().peekable();
        for at in (0..=read.entries.len()).rev() {
            while let Some(mark) = marks.next_if(|mark| mark.at >= at) {
                self.stay(&tally)?;
                match &mark.what {
                    Marked::Program(Undoing::Step(id)) => drop(worked.insert(id)),
                    Marked::Program(undoing) => self.program(&mark.id, undoing, &mut tally).await?,
                    Marked::Begun(_) if !worked.contains(mark.id.as_str()) => {}
                    Marked::Begun(_) if read.marks.undone_steps.contains(&mark.id) => {}
                    Marked::Begun(begun) => {
                        let registered = read.steps.get(&mark.id).and_then(Option::as_ref);
                        let undoer = self.undoer(scope).await?;
                        let result = undoer.undo_by_steps(begun, registered, scope).await?;
                        undoer.tell_versions(&mut versions)?;
                        if result.is_ok() {
                            journal.undone(&mark.id)?;
                        }
                        let (words, undone) = words(result.map(|()| "undone by its own steps"));
                        tally.of(undone).steps += 1;
                        self.tell(Told::UndoStep { id: mark.id.clone(), words, undone }).await?;
                    }
                }
            }
            self.stay(&tally)?;
            let Some(entry) = at.checked_sub(1).and_then(|at| read.entries.get(at)) else { continue };
            if self.entry(entry, &mut versions, &mut tally).await?
                && let Undoing::Step(id) = &entry.undo
            {
                worked.insert(id);
            }
        }
        Ok(tally)
    }

    /// Whether nobody has interrupted what is nothing but undoing.
    fn stay(&self, tally: &Tally) -> Result<()> {
        match self.halted().filter(|_| self.args.rollback.is_some()) {
            Some(kind) => Err(tally.hint(Error::new(kind, "interrupted: not all was undone"))),
            None => Ok(()),
        }
    }

    /// Tells that nobody knows what a program has done.
    async fn program(&self, id: &str, undoing: &Undoing, tally: &mut Tally) -> Result<()> {
        let result =
            match undoing {
                Undoing::Nothing => Ok("nothing to undo, the script says (`undo: none`)"),
                _ => Err("what its program did is not known; `undo` of the step can say how it is undone"
                    .to_owned()),
            };
        let (words, undone) = words(result);
        tally.of(undone).steps += 1;
        self.tell(Told::UndoStep { id: id.to_owned(), words, undone }).await
    }

    /// Undoes an entry, unless the script says otherwise; whether it was carried out at all, or may have been.
    async fn entry(
        &self,
        entry: &Entry,
        versions: &mut HashMap<String, Versions>,
        tally: &mut Tally,
    ) -> Result<bool> {
        let store = self.sessions.store(&entry.cluster).await?;
        let by_step = matches!(entry.undo, Undoing::Step(_));
        let written = match &entry.outcome {
            Some(Outcome::Done(written)) => written.clone(),
            Some(Outcome::Refused) => return Ok(false),
            Some(Outcome::Unknown) | None => match resolve(&*store, entry).await {
                Ok(Some(written)) => written,
                Ok(None) => return Ok(false),
                Err(_) if by_step => return Ok(true),
                Err(error) => {
                    let path = entry.writes.first().map_or("/", Write::path).to_owned();
                    let (words, undone) = words(Err(error.to_string()));
                    tally.left.writes += 1;
                    self.tell(Told::Undo { path, words, undone }).await?;
                    return Ok(true);
                }
            },
        };
        let versions = versions.entry(entry.cluster.clone()).or_default();
        let done = entry.writes.iter().zip(&written).zip(&entry.before);
        for ((write, written), before) in done.collect::<Vec<_>>().into_iter().rev() {
            if matches!(write, Write::Check { .. }) {
                continue;
            }
            let result = match &entry.undo {
                Undoing::Step(_) => {
                    if !versions.contains_key(&written.path) {
                        left_by(write, written, before.as_ref(), versions);
                    }
                    continue;
                }
                Undoing::Nothing => Err("the script says `undo: none`".to_owned()),
                Undoing::Writes if entry.secret && !matches!(write, Write::Create { .. }) => {
                    Err("what was there before was not written down (no_log)".to_owned())
                }
                Undoing::Writes => {
                    one(&*store, (write, entry.secret), written, before.as_ref(), versions).await
                }
            };
            let (words, undone) = words(result);
            tally.of(undone).writes += 1;
            self.tell(Told::Undo { path: written.path.clone(), words, undone }).await?;
        }
        Ok(true)
    }

    /// Notes the versions that all it has written has left.
    fn tell_versions(&self, versions: &mut HashMap<String, Versions>) -> Result<()> {
        let Some(own) = &self.journal else { return Ok(()) };
        for entry in own.read()?.entries {
            let Some(Outcome::Done(written)) = &entry.outcome else { continue };
            let versions = versions.entry(entry.cluster).or_default();
            for ((write, written), before) in entry.writes.iter().zip(written).zip(&entry.before) {
                left_by(write, written, before.as_ref(), versions);
            }
        }
        Ok(())
    }
}

/// Notes the versions that a write has left.
fn left_by(write: &Write, written: &Written, before: Option<&Before>, versions: &mut Versions) {
    let path = written.path.clone();
    let before = before.map(|before| (before.stat.version, before.stat.aversion));
    let known = versions.get(&path).copied().or(before).unwrap_or_default();
    let now = match write {
        Write::Check { .. } => return,
        Write::Delete { .. } => {
            versions.remove(&path);
            return;
        }
        Write::Create { .. } => (0, 0),
        Write::Set { .. } => (known.0 + 1, known.1),
        Write::SetAcl { .. } => (known.0, known.1 + 1),
    };
    versions.insert(path, written.stat.map_or(now, |stat| (stat.version, stat.aversion)));
}

/// Whether a znode that was there before the write is another one of that name now.
async fn is_anew(store: &dyn Store, path: &str, before: &Before) -> bool {
    let now = stat(store, path).await.ok().flatten();
    before.stat.czxid != 0 && now.is_some_and(|now| now.czxid != before.stat.czxid)
}

/// Whether the data of a znode is known to be other than this.
async fn holds_other(store: &dyn Store, path: &str, data: Option<&Bytes>) -> bool {
    let now = read_one(store, Read::Data(path.to_owned())).await;
    matches!(now, Ok(Found::Data(now, _)) if now.as_ref() != data)
}

/// Undoes one write; the data of a `secret` one is known to nobody.
async fn one(
    store: &dyn Store,
    (write, secret): (&Write, bool),
    written: &Written,
    before: Option<&Before>,
    versions: &mut Versions,
) -> Undone {
    let path = written.path.clone();
    let missing = || "what was there before is not known".to_owned();
    let known = versions.get(&path).copied();
    let undo = match write {
        Write::Create { mode, data, .. } => {
            let now = match stat(store, &path).await {
                Ok(now) => now,
                Err(failure) => return Err(failure.to_string()),
            };
            // The session is still there where a run undoes itself.
            if mode.is_ephemeral() && now.is_none_or(|now| now.ephemeral_owner != store.session().id) {
                return Ok("it went with its session");
            }
            let Some(now) = now else { return Ok("it is gone already") };
            let made = written.stat.map(|made| made.czxid).filter(|czxid| *czxid != 0);
            let is_other = match made {
                Some(made) => made != now.czxid,
                // Servers do not tell the zxid of what they create: what is in it has to do.
                None if now.version == 0 && !secret => holds_other(store, &path, data.as_ref()).await,
                None => false,
            };
            if known.is_none() && is_other {
                return Err(ANEW.into());
            }
            Write::Delete { path: path.clone(), version: Some(known.map_or(0, |(version, _)| version)) }
        }
        Write::Set { .. } => {
            let before = before.ok_or_else(missing)?;
            if known.is_none() && is_anew(store, &path, before).await {
                return Err(ANEW.into());
            }
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
            if known.is_none() && is_anew(store, &path, before).await {
                return Err(ANEW.into());
            }
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
