//! `zkx run`: a batch script, or a file with lines of the shell.

use std::io::{self, IsTerminal, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::{Terminal, variable};
use crate::cli::Globals;
use crate::command::{Run, bounded_file, regular_file};
use crate::error::{Error, Kind, Result};
use crate::render;
use crate::run::{self, Interrupts};
use crate::runner::{self, Surroundings};
use crate::script::Loaded;
use crate::shell::{self, Console, Settled};

/// Whether a text is a script, and not lines of the shell.
fn is_script(file: &Path, text: &[u8]) -> bool {
    let named = file.extension().and_then(|end| end.to_str());
    let named = named.is_some_and(|end| matches!(end, "yaml" | "yml" | "json"));
    named
        || text
            .split(|byte| *byte == b'\n')
            .any(|line| line.starts_with(b"zkx:") || line.starts_with(b"\"zkx\":"))
}

/// The text of a file, or with `-` of standard input.
fn text_of(file: &Path) -> io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return bounded_file(file);
    }
    let mut text = Vec::new();
    io::stdin().lock().read_to_end(&mut text).map(|_| text)
}

/// Runs what is in a file.
pub(super) async fn run_file(
    args: Run,
    mut globals: Globals,
    mut interrupts: Interrupts,
    terminal: &Terminal,
) -> Result<Option<Kind>> {
    let file = args.to_run().map(Path::to_owned).unwrap_or_default();
    let shown = file.display();
    if args.step && !io::stdin().is_terminal() {
        let error = Error::usage("--step asks before each step, and nobody can answer: there is no terminal");
        return Err(error.hint("--check says what the steps would do, --only and --tags choose some"));
    }
    let text = text_of(&file);
    let text = text.map_err(|error| Error::usage(format!("cannot read {shown}")).because(error))?;
    if !is_script(&file, &text) {
        if args.step || args.on_failure.is_some() {
            let error = Error::usage(format!("{shown} is no script: it has lines of the shell"));
            return Err(error.hint("--step and --on-failure are for scripts, which begin with `zkx: 1`"));
        }
        return lines(&args, &file, globals, interrupts, terminal).await;
    }
    // Standard input can be read once.
    let read = |path: &Path| if path == file { Ok(text.clone()) } else { regular_file(path) };
    let loaded = match args.load(&file, &read) {
        Ok(loaded) => loaded,
        Err(broken) => {
            let _ = writeln!(io::stderr(), "{broken}");
            return Err(Error::new(Kind::Config, String::new()));
        }
    };
    for warning in loaded.warnings.iter().filter(|_| !globals.quiet) {
        let _ = writeln!(io::stderr(), "{}\n", warning.render(&loaded.sources));
    }
    tokio::select! {
        done = run::authenticate(&mut globals, terminal) => done?,
        kind = interrupts.next() => return Err(Error::new(kind, String::new())),
    }
    if globals.dry_run {
        return Err(Error::usage("a script is tried with `zkx run --check`, not with --dry-run"));
    }
    script(&loaded, &args, &globals, &mut interrupts, terminal).await
}

async fn script(
    loaded: &Loaded,
    args: &Run,
    globals: &Globals,
    interrupts: &mut Interrupts,
    terminal: &Terminal,
) -> Result<Option<Kind>> {
    let (out, renderer) = render::start(terminal.options(globals))
        .map_err(|error| Error::new(Kind::Io, "cannot start").because(error))?;
    let surroundings = Surroundings {
        out: &out,
        watched: terminal.stdout && globals.output == render::Format::Human && !globals.quiet,
        asker: terminal,
        globals,
        variable: Arc::new(variable),
        runs: super::state_directory().map(|dir| dir.join("runs")),
        user: variable("USER").unwrap_or_default(),
    };
    let result = runner::run(loaded, args, &surroundings, interrupts).await;
    drop(out);
    let written = renderer.join().map_err(|_| Error::bug("the renderer failed"))?;
    match (result, written) {
        (Ok(kind), Ok(worst)) => Ok(kind.or(worst)),
        (Ok(kind), Err(error)) => run::outcome(Ok(()), Err(error)).map(|_| kind),
        (Err(error), written) => run::outcome(Err(error), written),
    }
}

/// Carries out lines of the shell that a file has.
async fn lines(
    args: &Run,
    file: &Path,
    mut globals: Globals,
    mut interrupts: Interrupts,
    terminal: &Terminal,
) -> Result<Option<Kind>> {
    tokio::select! {
        done = run::authenticate(&mut globals, terminal) => done?,
        kind = interrupts.next() => return Err(Error::new(kind, String::new())),
    }
    globals.dry_run |= args.check;
    let profile = globals.profile.clone();
    let settled = Settled {
        profile: profile.name,
        production: profile.production,
        aliases: profile.aliases.into_iter().collect(),
        ..Settled::default()
    };
    if file == Path::new("-") && io::stdin().is_terminal() {
        return shell::talk(terminal, globals, settled, interrupts).await;
    }
    shell::read_file(terminal, globals, settled, interrupts, file).await
}
