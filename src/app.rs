//! The program: reads the environment, chooses a store, runs one command, decides the exit code.
//!
//! Nothing below this floor looks at the environment or at terminals, and nothing above it exists.

mod dry_run;
mod source;

use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{Cli, ColorChoice, Globals, Source};
use crate::command::{Asker, Command, Context, Progress, Settings};
use crate::error::{Error, Kind, Result};
use crate::render::{self, Notes, Palette};
use crate::store::Store;
use crate::store::memory::{Ensemble, Rules};
use crate::view::{Note, Out};

/// Runs zkx with the arguments of a command line, the program's name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    report_bugs();
    let absent = |name: &str| variable(name).is_none() && present(name);
    let cli = match Cli::parse(args, &absent) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Kind::Usage.exit_code() } else { 0 });
        }
    };
    let terminal = Terminal::look(&cli.globals);
    let kind = match execute(cli, &terminal) {
        Ok(worst) => worst,
        Err(error) => {
            terminal.report(&error);
            Some(error.kind())
        }
    };
    ExitCode::from(kind.map_or(0, Kind::exit_code))
}

/// Makes a panic the exit code of a bug, wherever it happens.
fn report_bugs() {
    std::panic::set_hook(Box::new(|panic| {
        let _ = writeln!(io::stderr(), "error: this is a bug in zkx: {panic}");
        #[expect(clippy::exit, reason = "a panic on any thread ends the program, with its own code")]
        std::process::exit(Kind::Bug.exit_code().into());
    }));
}

/// What is known of standard input, output and error.
struct Terminal {
    stdout: bool,
    width: usize,
    palette: Palette,
    stderr_palette: Palette,
}

impl Terminal {
    fn look(globals: &Globals) -> Self {
        let stdout = io::stdout().is_terminal();
        let stderr = io::stderr().is_terminal();
        let wanted = |terminal: bool| match globals.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                terminal && variable("NO_COLOR").is_none() && variable("TERM").as_deref() != Some("dumb")
            }
        };
        let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok());
        let width = columns
            .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
            .unwrap_or(80);
        Self {
            stdout,
            width,
            palette: Palette::new(wanted(stdout)),
            stderr_palette: Palette::new(wanted(stderr)),
        }
    }

    fn options(&self, globals: &Globals) -> render::Options {
        render::Options {
            format: globals.output,
            palette: self.palette,
            terminal: self.stdout,
            width: self.width,
            notes: Notes { palette: self.stderr_palette, quiet: globals.quiet },
        }
    }

    /// Prints an error with its hints.
    fn report(&self, error: &Error) {
        let text = error.to_string();
        if text.is_empty() || error.kind() == Kind::BrokenPipe {
            return;
        }
        let palette = self.stderr_palette;
        let mut stderr = io::stderr().lock();
        let _ = writeln!(stderr, "{}", palette.labelled(palette.error(), "error", text));
        for hint in error.hints() {
            let _ = writeln!(stderr, "{}", palette.note(&Note::Hint(hint.clone())));
        }
    }
}

/// A variable of the environment; an empty one counts as absent, as for NO_COLOR.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether there is such a variable, be it empty.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn present(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

/// Asks on the terminal that standard input is.
impl Asker for Terminal {
    fn confirm(&self, question: String) -> BoxFuture<'_, Option<bool>> {
        if !io::stdin().is_terminal() {
            return Box::pin(async { None });
        }
        let prompt = self.stderr_palette.warning().paint(format!("{question} [y/N] ")).to_string();
        Box::pin(async move {
            let answer = tokio::task::spawn_blocking(move || {
                let _ = write!(io::stderr(), "{prompt}");
                let mut line = String::new();
                io::stdin().lock().read_line(&mut line).map(|_| line)
            });
            let line = answer.await.ok()?.ok()?;
            Some(matches!(line.trim(), "y" | "Y" | "yes" | "Yes" | "YES"))
        })
    }
}

/// Connects, runs the command, closes the session. Returns the worst of what the command reported
/// beside its answer.
fn execute(cli: Cli, terminal: &Terminal) -> Result<Option<Kind>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(Kind::Io, "cannot start").because(error))?;
    let result = runtime.block_on(async {
        let Cli { globals, command } = cli;
        let mut interrupts = Interrupts::listen()?;
        // Its thread comes up while the server opens the session.
        let (out, renderer) = render::start(terminal.options(&globals))
            .map_err(|error| Error::new(Kind::Io, "cannot start").because(error))?;
        let store: Arc<dyn Store> = if command.needs_ensemble() {
            let forked = command.forked().cloned().map(Source::Live);
            tokio::select! {
                store = source::open(forked.as_ref().unwrap_or(&globals.server), &globals) => store?,
                kind = interrupts.next() => return Err(Error::new(kind, String::new())),
            }
        } else {
            Arc::new(Ensemble::new(Rules::default()).store(globals.max_request))
        };
        let result = supervise(&store, out, command, &globals, terminal, &mut interrupts).await;
        store.close().await;
        // Only now may a reader that pauses hold the program up: nothing is left to keep alive.
        let written = renderer.join().map_err(|_| Error::bug("the renderer failed"))?;
        outcome(result, written)
    });
    // A read of standard input cannot be cancelled; it must not delay the end.
    runtime.shutdown_background();
    result
}

/// Runs a command until it is done or interrupted.
async fn supervise(
    store: &Arc<dyn Store>,
    out: Out,
    command: Command,
    globals: &Globals,
    asker: &dyn Asker,
    interrupts: &mut Interrupts,
) -> Result<()> {
    let dry_run = globals.dry_run && command.writes();
    let settings = Settings {
        yes: globals.yes || dry_run,
        max_nodes: globals.max_nodes.or(dry_run.then_some(usize::MAX)),
        show_secrets: globals.show_secrets,
        protected: Vec::new(),
        one_shot: true,
        dry_run,
    };
    let progress = Progress::default();
    let cx = Context {
        store: &**store,
        shared: store,
        out: &out,
        settings: &settings,
        asker,
        progress: &progress,
    };
    let run = async {
        if dry_run { dry_run::rehearse(&cx, command, globals).await } else { command.run(&cx).await }
    };
    tokio::pin!(run);
    let kind = tokio::select! {
        result = &mut run => return result,
        kind = interrupts.next() => kind,
    };
    if progress.stop() {
        return tokio::select! {
            result = run => result,
            kind = interrupts.next() => Err(Error::new(kind, String::new())),
        };
    }
    match (progress.only_waits(), progress.has_written()) {
        (true, _) => Ok(()),
        (false, true) => {
            Err(Error::new(kind, "interrupted: the write that was under way may have been done"))
        }
        (false, false) => Err(Error::new(kind, String::new())),
    }
}

/// What the command and the renderer say together.
fn outcome(result: Result<()>, written: io::Result<Option<Kind>>) -> Result<Option<Kind>> {
    match (result, written) {
        (_, Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(Kind::Io, "cannot write the answer").because(error))
        }
        (Err(error), _) => Err(error),
        (Ok(()), written) => Ok(written.ok().flatten()),
    }
}

/// The signals that ask zkx to end; the session is closed before it does.
struct Interrupts {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Interrupts {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).map_err(|error| Error::new(Kind::Io, "cannot start").because(error));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Kind {
        tokio::select! {
            _ = self.interrupt.recv() => Kind::Interrupted,
            _ = self.terminate.recv() => Kind::Terminated,
            _ = self.hang_up.recv() => Kind::Terminated,
        }
    }
}
