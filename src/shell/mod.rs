//! The shell: a line language of its own, a current directory, globs in path arguments.
//!
//! It defines no command twice: whatever [`crate::command`] has, it has. The words that only make
//! sense in a session are in [`builtins`]. Lines come from a terminal ([`prompt`]) or from a file
//! or pipe ([`lines`]), and are carried out by the same [`Shell`].

pub mod arguments;
mod assist;
mod batch;
mod builtins;
mod doing;
mod editor;
pub mod glob;
pub use crate::grammar;
mod lines;
mod lookup;
mod paths;
mod prompt;
mod run;
mod secrets;
mod session;
mod sink;
mod stage;
mod watches;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nu_ansi_term::Style;
use tokio::task::AbortHandle;

pub use editor::Editing;
pub use paths::{resolve, resolve_new};

use crate::cli::{Globals, Source};
use crate::command::{Asker, Settings, Single};
use crate::error::{Error, Kind, Result};
use crate::render::{self, Handle};
use crate::run::Interrupts;
use crate::store::Store;
use crate::view::{Note, Out};
use crate::znode::ZPath;
use arguments::Shape;
use watches::Watches;

/// Where the shell shows what it has to say.
pub trait Console: Asker {
    /// How answers are rendered there now.
    fn options(&self, globals: &Globals) -> render::Options;
    /// Shows an error with its hints.
    fn report(&self, error: &Error);
    /// Lines of the terminal.
    fn height(&self) -> usize;
}

/// What a shell is started with.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// The name of the profile.
    pub profile: Option<String>,
    /// Its changes are confirmed by typing its name.
    pub production: bool,
    /// The colour of the prompt, where the profile has one.
    pub prompt_color: Option<render::PromptColor>,
    /// Short names for lines.
    pub aliases: BTreeMap<String, String>,
    /// Lines to begin with, when somebody types.
    pub rc_file: Option<PathBuf>,
    /// What shows answers that do not fit the screen: a line for `sh`.
    pub pager: Option<String>,
    /// How lines are edited.
    pub editing: Editing,
    /// What edits files: a line for `sh`, to which the name is added.
    pub editor: Option<String>,
    /// Where files for it are put.
    pub scratch: PathBuf,
    /// Goes on after an error in lines that nobody types.
    pub keep_going: bool,
}

impl Settled {
    /// How the prompt looks.
    fn prompt_style(&self, palette: render::Palette) -> Style {
        match self.prompt_color {
            Some(color) => palette.prompt(color),
            None if self.production => palette.error(),
            None => palette.parent(),
        }
    }
}

/// A session with an ensemble.
struct Connection {
    store: Arc<dyn Store>,
    source: Source,
    /// Says what happens to it.
    attending: Option<AbortHandle>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(attending) = &self.attending {
            attending.abort();
        }
    }
}

/// What the next line is carried out with.
struct Shell<'a> {
    console: &'a dyn Console,
    globals: Globals,
    settled: Settled,
    interrupts: Interrupts,
    connection: Option<Connection>,
    /// The same store, for the editor's questions.
    shared: Arc<Mutex<Option<Arc<dyn Store>>>>,
    here: Arc<Mutex<ZPath>>,
    before: Option<ZPath>,
    /// What the transaction holds that was begun.
    transaction: Option<Vec<Single>>,
    watches: Watches,
    /// Short names for lines, shared with the editor.
    aliases: Arc<Mutex<BTreeMap<String, String>>>,
    /// Where reports of watches go, when somebody types.
    reports: Option<Arc<tokio::sync::Mutex<Out>>>,
    editor: Option<Arc<editor::Editor>>,
    lookup: Option<lookup::Lookup>,
    /// The renderer of everything that goes where the shell's own output goes, when nobody types.
    screen: Option<(Out, Handle)>,
    /// Definitions that were used: to make one costs more than to use it.
    definitions: HashMap<&'static str, Definition>,
    /// Files that are being read just now.
    depth: usize,
}

/// What comes after a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Next,
    Leave,
}

/// What reads the words of a command.
struct Definition {
    name: &'static str,
    command: clap::Command,
    shape: Shape,
}

/// How long the server may take over the end of the session when somebody leaves.
const GOODBYE: Duration = Duration::from_secs(3);

impl<'a> Shell<'a> {
    fn new(console: &'a dyn Console, globals: Globals, mut settled: Settled, interrupts: Interrupts) -> Self {
        let aliases = Arc::new(Mutex::new(std::mem::take(&mut settled.aliases)));
        Self {
            console,
            globals,
            settled,
            interrupts,
            connection: None,
            shared: Arc::default(),
            here: Arc::new(Mutex::new(ZPath::root())),
            before: None,
            transaction: None,
            watches: Watches::default(),
            aliases,
            reports: None,
            editor: None,
            lookup: None,
            screen: None,
            definitions: HashMap::new(),
            depth: 0,
        }
    }

    /// The current znode.
    fn here(&self) -> ZPath {
        self.here.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn go(&mut self, path: ZPath) {
        let here = std::mem::replace(&mut *self.here.lock().unwrap_or_else(PoisonError::into_inner), path);
        self.before = Some(here);
    }

    /// The session in use.
    fn store(&self) -> Result<Arc<dyn Store>> {
        match &self.connection {
            Some(connection) => Ok(Arc::clone(&connection.store)),
            None => Err(Error::new(Kind::Connection, "there is no session").hint("`connect` opens one")),
        }
    }

    /// The switches of what goes on in the background.
    fn settings(&self) -> Settings {
        Settings { show_secrets: self.globals.show_secrets, ..Settings::default() }
    }

    fn note(&self, note: &Note) {
        let notes = self.console.options(&self.globals).notes;
        if !(notes.quiet && matches!(note, Note::Info(_))) {
            notes.print(note);
        }
    }

    fn inform(&self, text: impl Into<String>) {
        self.note(&Note::Info(text.into()));
    }
}

/// Carries out the lines of standard input. Returns the first error that was only reported.
pub async fn read_lines(
    console: &dyn Console,
    globals: Globals,
    settled: Settled,
    interrupts: Interrupts,
) -> Result<Option<Kind>> {
    let mut shell = Shell::new(console, globals, settled, interrupts);
    let mut lines = lines::standard_input();
    // Without a line there is nothing to be done.
    let first = tokio::select! {
        first = lines.recv() => first,
        kind = shell.interrupts.next() => return Err(Error::new(kind, String::new())),
    };
    let Some(first) = first.filter(|first| !first.is_empty()) else { return Ok(None) };
    shell.open(shell.globals.server.clone()).await?;
    let keep_going = shell.settled.keep_going;
    let result = shell.read(first, lines, None, keep_going).await;
    shell.close().await;
    let written = shell.close_screen();
    match (result, written) {
        (Err(error), _) => Err(error),
        (_, Err(error)) => Err(error),
        (Ok(worst), Ok(())) => Ok(worst),
    }
}

/// Carries out lines that come from what is called `name`, up to the first that fails.
pub async fn read_from(
    console: &dyn Console,
    globals: Globals,
    settled: Settled,
    interrupts: Interrupts,
    name: &str,
    input: Box<dyn std::io::Read + Send>,
) -> Result<Option<Kind>> {
    let mut shell = Shell::new(console, globals, settled, interrupts);
    shell.open(shell.globals.server.clone()).await?;
    let keep_going = shell.settled.keep_going;
    let result = shell.read(Vec::new(), lines::of(input), Some(name), keep_going).await;
    shell.close().await;
    let written = shell.close_screen();
    match (result, written) {
        (Err(error), _) | (_, Err(error)) => Err(error),
        (Ok(worst), Ok(())) => Ok(worst),
    }
}

/// Carries out what is typed on the terminal, until somebody leaves.
pub async fn talk(
    console: &dyn Console,
    globals: Globals,
    settled: Settled,
    interrupts: Interrupts,
) -> Result<Option<Kind>> {
    let mut shell = Shell::new(console, globals, settled, interrupts);
    shell.open(shell.globals.server.clone()).await?;
    let result = shell.converse().await;
    shell.close().await;
    result
}
