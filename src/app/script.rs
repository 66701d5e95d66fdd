//! `zkx run`: a batch script, or a file with lines of the shell.

use std::io::{self, IsTerminal, Read, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::{Terminal, variable};
use crate::cli::Globals;
use crate::command::{Run, opened, regular_file};
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
    let (text, rest) =
        opened(&file).map_err(|error| Error::usage(format!("cannot read {shown}")).because(error))?;
    if !is_script(&file, &text) {
        if args.step || args.on_failure.is_some() {
            let error = Error::usage(format!("{shown} is no script: it has lines of the shell"));
            return Err(error.hint("--step and --on-failure are for scripts, which begin with `zkx: 1`"));
        }
        let input = Box::new(io::Cursor::new(text).chain(rest));
        return lines(&args, &file, input, globals, interrupts, terminal).await;
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
    input: Box<dyn Read + Send>,
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
    shell::read_from(terminal, globals, settled, interrupts, &file.display().to_string(), input).await
}
