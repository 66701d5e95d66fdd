//! The program: reads the environment, chooses a store, runs one command, decides the exit code.
//!
//! Nothing below this floor looks at the environment or at terminals, and nothing above it exists.

mod complete;
mod config_file;
mod script;
mod secret;

use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::cli::profile::EditMode;
use crate::cli::{Cli, ColorChoice, Globals, Source};
use crate::command::{Asker, Command, WorksOn};
use crate::error::{Error, Kind, Result};
use crate::render::{self, Beside, Notes, Palette};
use crate::run::{self, Interrupts, Job};
use crate::shell::{self, Console, Editing, Settled};
use crate::store::Store;
use crate::store::memory::{Ensemble, Rules};
use crate::view::Note;

/// Runs zkx with the arguments of a command line, the program's name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    report_bugs();
    let absent = |name: &str| variable(name).is_none() && present(name);
    let args: Vec<_> = args.into_iter().collect();
    if complete::answered(&args, &absent) {
        return ExitCode::SUCCESS;
    }
    let mut cli = match Cli::parse(args, &absent) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Kind::Usage.exit_code() } else { 0 });
        }
    };
    let completed = {
        let lenient = cli.command.as_ref().is_some_and(Command::needs_configuration);
        config_file::complete(&mut cli.globals, std::mem::take(&mut cli.given), lenient)
    };
    let terminal = Terminal::look(&cli.globals);
    let result = completed.and_then(|note| {
        note.iter().for_each(|note| terminal.note(note));
        execute(cli, &terminal)
    });
    let kind = match result {
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
    /// What the environment says of its width.
    columns: Option<usize>,
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
        Self {
            stdout,
            columns: variable("COLUMNS").and_then(|columns| columns.parse().ok()),
            palette: Palette::new(wanted(stdout)),
            stderr_palette: Palette::new(wanted(stderr)),
        }
    }

    fn width(&self) -> usize {
        self.columns
            .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
            .unwrap_or(80)
    }

    fn note(&self, note: &Note) {
        let _ = writeln!(io::stderr(), "{}", self.stderr_palette.note(note));
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
        let line = self.line(format!("{question} [y/N]"));
        Box::pin(async move {
            let yes = |line: String| matches!(line.trim(), "y" | "Y" | "yes" | "Yes" | "YES");
            Some(line.await.is_some_and(yes))
        })
    }

    fn line(&self, question: String) -> BoxFuture<'_, Option<String>> {
        if !io::stdin().is_terminal() {
            return Box::pin(async { None });
        }
        let prompt = self.stderr_palette.warning().paint(format!("{question} ")).to_string();
        Box::pin(async move {
            let answer = tokio::task::spawn_blocking(move || {
                let _ = write!(io::stderr(), "{prompt}");
                let mut line = String::new();
                io::stdin().lock().read_line(&mut line).map(|read| (read > 0).then_some(line))
            });
            answer.await.ok()?.ok()?
        })
    }

    fn secret(&self, prompt: String) -> BoxFuture<'_, Option<io::Result<String>>> {
        Box::pin(secret::ask(prompt))
    }
}

impl Console for Terminal {
    fn options(&self, globals: &Globals) -> render::Options {
        render::Options {
            format: globals.output,
            palette: self.palette,
            terminal: self.stdout,
            width: self.width(),
            several: false,
            notes: Notes { palette: self.stderr_palette, quiet: globals.quiet, to: Beside::Stderr },
        }
    }

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

    fn height(&self) -> usize {
        terminal_size::terminal_size().map_or(24, |(_, height)| usize::from(height.0))
    }
}

/// Does what the command line says. Returns the worst of what was reported beside the answer.
fn execute(cli: Cli, terminal: &Terminal) -> Result<Option<Kind>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(Kind::Io, "cannot start").because(error))?;
    let result = runtime.block_on(async {
        let interrupts = Interrupts::listen()?;
        let Cli { globals, keep_going, command, .. } = cli;
        match command {
            Some(Command::Run(run)) if run.to_run().is_some() => {
                script::run_file(run, globals, interrupts, terminal).await
            }
            Some(command) => one_command(command, globals, interrupts, terminal).await,
            None => lines(globals, keep_going, interrupts, terminal).await,
        }
    });
    // A read of standard input cannot be cancelled; it must not delay the end.
    runtime.shutdown_background();
    result
}

/// Connects, runs a command, closes the session.
async fn one_command(
    command: Command,
    mut globals: Globals,
    mut interrupts: Interrupts,
    terminal: &Terminal,
) -> Result<Option<Kind>> {
    // Its thread comes up while the server opens the session.
    let (out, renderer) = render::start(terminal.options(&globals))
        .map_err(|error| Error::new(Kind::Io, "cannot start").because(error))?;
    let source = match command.works_on() {
        WorksOn::Named => Some(globals.server.clone()),
        WorksOn::Servers(servers) => Some(Source::Live(servers.clone())),
        WorksOn::Nothing => None,
    };
    let store: Arc<dyn Store> = match source {
        Some(source) => {
            let open = async {
                run::authenticate(&mut globals, terminal).await?;
                run::open(&source, &globals).await
            };
            tokio::select! {
                store = open => store?,
                kind = interrupts.next() => return Err(Error::new(kind, String::new())),
            }
        }
        None => Arc::new(Ensemble::new(Rules::default()).store(globals.max_request)),
    };
    let job = Job { store: &store, out: &out, globals: &globals, asker: terminal, background: None };
    let result = job.run(command, &mut interrupts).await;
    drop(out);
    store.close().await;
    // Only now may a reader that pauses hold the program up: nothing is left to keep alive.
    let written = renderer.join().map_err(|_| Error::bug("the renderer failed"))?;
    run::outcome(result, written)
}

/// Lines of history that are kept unless the profile says otherwise.
const REMEMBERED: usize = 10_000;

/// Carries out lines: those of standard input, or those that somebody types.
async fn lines(
    mut globals: Globals,
    keep_going: bool,
    mut interrupts: Interrupts,
    terminal: &Terminal,
) -> Result<Option<Kind>> {
    tokio::select! {
        done = run::authenticate(&mut globals, terminal) => done?,
        kind = interrupts.next() => return Err(Error::new(kind, String::new())),
    }
    let profile = globals.profile.clone();
    let pager = profile.pager.or_else(|| variable("PAGER")).or_else(|| {
        // An answer must not be lost to a pager that an admin box does not have.
        let installed = |name: &str| is_installed(name.split(' ').next().unwrap_or(name));
        ["less -RX", "more"].iter().find(|name| installed(name)).map(ToString::to_string)
    });
    let settled = Settled {
        profile: profile.name,
        production: profile.production,
        prompt_color: profile.prompt_color,
        aliases: profile.aliases.into_iter().collect(),
        rc_file: profile.rc_file,
        keep_going,
        pager: pager.filter(|pager| !pager.is_empty()),
        editor: Some(variable("VISUAL").or_else(|| variable("EDITOR")).unwrap_or_else(|| "vi".into())),
        scratch: std::env::temp_dir(),
        editing: Editing {
            vi: profile.edit_mode == EditMode::Vi,
            history: history(),
            remembered: profile.history_size.unwrap_or(REMEMBERED),
        },
    };
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        shell::talk(terminal, globals, settled, interrupts).await
    } else {
        shell::read_lines(terminal, globals, settled, interrupts).await
    }
}

/// Whether there is such a program.
fn is_installed(name: &str) -> bool {
    variable("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()))
}

/// Where the shell keeps what was typed; the directory is made, for nobody else to look into.
fn history() -> Option<PathBuf> {
    let dir = state_directory()?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).ok()?;
    Some(dir.join("history"))
}

/// What is kept from one run of zkx to another; it need not be there.
fn state_directory() -> Option<PathBuf> {
    let state = variable("XDG_STATE_HOME").map(PathBuf::from);
    Some(state.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/state")))?.join("zkx"))
}
