//! Runs batch scripts: `zkx run`.
//!
//! What a script says is read by [`crate::script`]; here its steps are taken one after another. A step
//! works on a [`Recorder`](recorder::Recorder), a store of its own that guards, journals and remembers what
//! is written, so that every verb, lines of the shell among them, is checked, undone and resumed alike. In
//! check mode there is an overlay below it.

mod act;
mod again;
mod before;
mod failed;
mod finish;
mod gather;
mod hint;
mod items;
mod journal;
mod kept;
mod lines;
mod locks;
mod loops;
mod marks;
mod once;
mod own_undo;
mod past;
mod recorder;
mod replay;
mod reports;
mod require;
mod sessions;
mod step;
mod stepping;
mod tell;
mod text;
mod together;
mod tree;
mod undo;
mod verbs;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::cli::Globals;
use crate::command::{Asker, Run, Settings, regular_file};
use crate::error::{Error, Kind, Result};
use crate::run::Interrupts;
use crate::script::Loaded;
use crate::script::expr::{Scope, Variables, World};
use crate::script::model::{OnFailure, Script};
use crate::script::vars::{Settled, settle};
use crate::view::{Out, Shape, Told};
use failed::{Ended, Failed};
use gather::Member;
use journal::Journal;
use marks::Undoing;
use recorder::Recording;
use sessions::{DEFAULT, Sessions};
use tell::{Held, Tally};

/// What a script is run with.
pub struct Surroundings<'a> {
    /// Where it tells what it does.
    pub out: &'a Out,
    /// Somebody looks at a terminal, and wants to see what takes its time.
    pub watched: bool,
    /// Who can be asked.
    pub asker: &'a dyn Asker,
    /// The options that hold for all commands.
    pub globals: &'a Globals,
    /// The variables of the environment.
    pub variable: Variables,
    /// Where journals are kept; `None` for nowhere.
    pub runs: Option<PathBuf>,
    /// Who runs it.
    pub user: String,
}

/// How long what is under way may take when somebody interrupts.
const GRACE: Duration = Duration::from_secs(5);
/// How long what is done at the end, whatever happened, may take then.
const LAST: Duration = Duration::from_secs(30);

/// A run under way.
struct Runner<'a> {
    loaded: &'a Loaded,
    args: &'a Run,
    with: &'a Surroundings<'a>,
    sessions: Arc<Sessions>,
    recording: Recording,
    journal: Option<Arc<Journal>>,
    settings: Settings,
    /// Who interrupts, if anybody has.
    halt: watch::Receiver<Option<Kind>>,
    begun: Instant,
    /// How it began.
    beginning: Beginning,
    /// Texts that nobody is to see.
    secrets: Mutex<Vec<String>>,
    /// Names whose values the journal is not to have.
    unlogged: Mutex<HashSet<String>>,
    /// Programs may be run.
    shell: bool,
    told: Mutex<Tally>,
    held: Mutex<Held>,
    /// The step that `--from` names was reached.
    reached: AtomicBool,
    /// Somebody is to be asked before each step.
    asks: tokio::sync::Mutex<bool>,
}

/// How a run began; one that is resumed or undone began when it was begun first.
#[derive(Clone)]
struct Beginning {
    run: String,
    /// What `now()` is, milliseconds.
    now: i64,
    /// What `uuid()` is made from.
    seed: String,
}

/// Where a step stands.
#[derive(Clone)]
struct Frame<'a> {
    script: &'a Script,
    /// In front of places: of the `include` that led here.
    prefix: String,
    /// Behind places: what a loop around is run for.
    suffix: String,
    cluster: String,
    tags: Vec<String>,
    /// Of an included script only steps with one of these tags; all of them where there are none.
    wanted: Vec<String>,
    /// It is run whoever interrupts.
    last: bool,
    /// It is taken together with others, and writes through this.
    member: Option<Arc<Member>>,
    /// How it would be undone.
    undo: Undoing,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a script, or undoes what a run of it has done. Returns what the exit code is to tell where it is
/// no error.
pub async fn run(
    loaded: &Loaded,
    args: &Run,
    with: &Surroundings<'_>,
    interrupts: &mut Interrupts,
) -> Result<Option<Kind>> {
    let begun = Instant::now();
    let file = loaded.sources.iter().next().map(|source| source.path.clone()).unwrap_or_default();
    let directory = file.parent().map(Path::to_owned).unwrap_or_default();
    let sha256 = text::fingerprint(&loaded.sources);
    let runs = match &args.journal {
        Some(dir) if dir == Path::new("off") => None,
        Some(dir) => Some(dir.clone()),
        None => with.runs.clone(),
    };
    let script = &loaded.script;
    let (beginning, earlier) = finish::began(args, runs.as_deref(), &sha256)?;
    let (resumed, undone) = match args.rollback {
        Some(_) => (None, earlier),
        None => (earlier, None),
    };
    let mut scope = Scope::new(Arc::new(world(with, &directory, &beginning)));
    text::about(&mut scope, &file, &sha256, &beginning, args.check, &with.user);
    let Settled { mut scope, mut secrets } = settle(script, &args.given()?, scope).await?;
    let choice = text::choice(&scope, beginning.now);
    let named = loaded.secret_variables.iter().filter_map(|name| scope.variable(name));
    secrets.extend(named.filter(|secret| !secret.is_empty()));
    let sessions = Sessions::new(script, with.globals, &scope, &directory, args.check).await;
    let sessions = Arc::new(sessions.map_err(|failed| text::explain(failed, &loaded.sources))?);
    let ready = async {
        let explain = |failed| text::explain(failed, &loaded.sources);
        let limits = text::limits(loaded, &scope).await.map_err(explain)?;
        if args.rollback.is_none() {
            let exceeded = args.exceeded(loaded, Some(limits.max_changes), Some(limits.max_deletes));
            if let Some(problem) = exceeded {
                return Err(Error::new(Kind::Config, problem.message).at(&loaded.sources.place(problem.span)));
            }
            require::require(loaded, &sessions, &scope).await.map_err(explain)?;
        }
        let names = (&*file, &*sha256, &*choice);
        let journal =
            finish::journal(loaded, args, &sessions, runs.as_deref(), &beginning, resumed, names).await?;
        Ok((limits, journal))
    };
    let ready = tokio::select! {
        ready = ready => ready,
        kind = interrupts.next() => Err(Error::new(kind, String::new())),
    };
    let (limits, journal) = match ready {
        Ok(ready) => ready,
        Err(error) => {
            sessions.close().await;
            return Err(error);
        }
    };
    let recording =
        Recording { limits: Arc::new(limits), journal: journal.clone(), diff: args.diff || args.check };
    let (halting, halt) = watch::channel(None);
    let shell = match &script.guard {
        Some(guard) => args.allow_shell && guard.shell.known().copied().unwrap_or_default(),
        None => false,
    };
    let runner = Runner {
        loaded,
        args,
        with,
        sessions: Arc::clone(&sessions),
        recording,
        journal,
        settings: Settings {
            // Nothing of a check lasts: there is nothing to ask about.
            yes: with.globals.yes || args.check,
            max_nodes: with.globals.max_nodes,
            show_secrets: with.globals.show_secrets,
            protected: with.globals.profile.protected.clone(),
            ..Settings::default()
        },
        halt,
        begun,
        beginning,
        secrets: Mutex::new(secrets),
        unlogged: Mutex::default(),
        shell,
        told: Mutex::default(),
        held: Mutex::default(),
        reached: AtomicBool::new(args.from.is_none()),
        asks: tokio::sync::Mutex::new(args.step),
    };
    let work = async {
        match (&undone, &runs) {
            (Some(read), Some(runs)) => undo::command(&runner, &scope, read, (runs, &choice)).await,
            _ if args.rollback.is_some() => Err(Error::usage("--rollback needs the journal of the run")),
            _ => runner.whole(&mut scope).await,
        }
    };
    tokio::pin!(work);
    let result = tokio::select! {
        result = &mut work => result,
        kind = interrupts.next() => {
            let _ = halting.send(Some(kind));
            tokio::select! {
                result = &mut work => result,
                kind = interrupts.next() => Err(Error::new(kind, "interrupted twice: what is to be done at the end was not done")),
            }
        }
    };
    sessions.close().await;
    result
}

/// What functions of expressions find out about the world.
fn world(with: &Surroundings<'_>, directory: &Path, beginning: &Beginning) -> World {
    let directory = directory.to_owned();
    World {
        now: beginning.now,
        seed: beginning.seed.as_str().into(),
        variable: Arc::clone(&with.variable),
        file: Arc::new(move |name| regular_file(&directory.join(name))),
        live: None,
    }
}

impl<'a> Runner<'a> {
    /// From the first line that is told to the last.
    async fn whole(&self, scope: &mut Scope) -> Result<Option<Kind>> {
        let script = &self.loaded.script;
        self.with.out.begin(Shape::List).await?;
        self.tell(Told::Start {
            script: self
                .loaded
                .sources
                .iter()
                .next()
                .map(|s| s.path.display().to_string())
                .unwrap_or_default(),
            name: script.name.clone(),
            servers: self.sessions.shown(),
            check: self.args.check,
            run: self.journal.as_ref().filter(|journal| journal.lasts()).map(|journal| journal.run.clone()),
        })
        .await?;
        let frame = self.frame(script);
        let mut ended = self.main(script, scope, &frame).await;
        let rollback = self.on_failure(scope).await.is_ok_and(|on| on == OnFailure::Rollback);
        let mut undone = None;
        if rollback && matches!(ended, Err(Ended::Failed(_))) {
            undone = Some(self.undo_run(scope).await);
        }
        let last = Frame { last: true, ..frame };
        let finally = tokio::time::timeout(
            if self.halted().is_some() { LAST } else { Duration::MAX / 4 },
            self.steps(script.finally(), scope, &last),
        );
        match finally.await {
            Ok(Ok(())) => {}
            Ok(Err(failed)) if ended.is_ok() => ended = Err(failed),
            Ok(Err(_)) => {}
            Err(_) => {
                ended =
                    Err(Ended::from(Failed::timeout("`finally` took longer than 30s after an interrupt")));
            }
        }
        self.end(ended, undone).await
    }

    /// The steps, under the lock of the run, if it has one.
    async fn main(&self, script: &'a Script, scope: &mut Scope, frame: &Frame<'a>) -> Result<(), Ended> {
        let held = match &script.lock {
            Some(spec) => self.lock_run(spec, scope, frame).await?,
            None => None,
        };
        let goes_on = self.on_failure(scope).await? == OnFailure::Continue;
        let result = match &script.tree {
            Some(tree) => self.tree(tree, scope, frame).await,
            None if goes_on => self.all_steps(script, scope, frame).await,
            None => self.steps(script.steps(), scope, frame).await,
        };
        if let Some(lock) = held {
            let released = lock.release().await.map_err(Failed::recipe);
            if result.is_ok() && !released? {
                return Err(Ended::from(verbs::lock_lost("the run's lock was gone at the end")));
            }
        }
        result
    }

    /// What happens when a step fails: what the command line says counts more than the script.
    async fn on_failure(&self, scope: &Scope) -> Result<OnFailure, Failed> {
        match (self.args.on_failure, &self.loaded.script.on_failure) {
            (Some(given), _) => Ok(given),
            (None, Some(slot)) => Ok(slot.get(scope).await?),
            (None, None) => Ok(OnFailure::Stop),
        }
    }

    /// Every step, whichever of them fail; the first failure is that of the run.
    async fn all_steps(&self, script: &'a Script, scope: &mut Scope, frame: &Frame<'a>) -> Result<(), Ended> {
        let mut ended = Ok(());
        for step in script.steps() {
            match self.steps(std::slice::from_ref(step), scope, frame).await {
                Ok(()) => {}
                Err(Ended::Failed(failed)) => ended = ended.and(Err(Ended::Failed(failed))),
                Err(other) => return Err(other),
            }
        }
        ended
    }

    fn frame(&self, script: &'a Script) -> Frame<'a> {
        let on = script.defaults.as_ref().and_then(|defaults| defaults.on.as_ref());
        Frame {
            script,
            prefix: String::new(),
            suffix: String::new(),
            cluster: on.map_or_else(|| DEFAULT.to_owned(), |name| name.text.clone()),
            tags: Vec::new(),
            wanted: Vec::new(),
            last: false,
            member: None,
            undo: Undoing::Writes,
        }
    }

    /// Who has interrupted.
    fn halted(&self) -> Option<Kind> {
        *self.halt.borrow()
    }

    /// Waits until somebody interrupts.
    async fn halting(&self) -> Kind {
        let mut halt = self.halt.clone();
        let kind = halt.wait_for(Option::is_some).await.map(|kind| *kind);
        match kind {
            Ok(kind) => kind.unwrap_or(Kind::Interrupted),
            Err(_) => std::future::pending().await,
        }
    }

    /// Whether `--from` has been reached with this step.
    fn has_reached(&self, id: &str, own: Option<&str>) -> bool {
        let from = self.args.from.as_deref();
        if from.is_some_and(|from| from == id || Some(from) == own) {
            self.reached.store(true, Relaxed);
        }
        self.reached.load(Relaxed)
    }
}
