//! `zkx complete`: what a word may become, for the completions of other shells.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::cli::Globals;
use crate::cli::complete::{PathSource, Question};
use crate::command::{Nobody, Shell};
use crate::error::Result;
use crate::run;
use crate::store::{Found, Read as Ask, Store};
use crate::znode::{Names, Stat, ZPath};

/// The word that asks for this. It is no command: it writes what only the scripts in `completions/`
/// read.
const WORD: &str = "complete";

/// How long a server may take, from the start of the program: a shell stands still meanwhile. All
/// together is to take less than 300 ms.
const BUDGET: Duration = Duration::from_millis(250);

/// What a session asks to live for when nobody closes it any more; servers give two ticks at least.
const SESSION: Duration = Duration::from_secs(4);

/// More of a line than this is not typed.
const LONGEST: u64 = 1 << 20;

/// Answers a shell's question, if `args` ask one. Whatever goes wrong, there is nothing to say: a
/// message would stand in the middle of the line that is being typed.
pub(super) fn answered(args: &[OsString], absent: &dyn Fn(&str) -> bool) -> bool {
    let deadline = Instant::now() + BUDGET;
    let [_, word, shell, settings @ ..] = args else { return false };
    if word != WORD {
        return false;
    }
    let settings: Vec<_> = settings.iter().filter_map(|setting| setting.to_str()).collect();
    let shell = shell.to_str().and_then(|shell| Shell::from_str(shell, false).ok());
    let question = shell.zip(line()).and_then(|(shell, line)| Question::read(shell, &settings, &line));
    if let Some(question) = question {
        let line = question.line();
        let globals = line.globals(absent);
        let config_file = globals.as_ref().and_then(|(globals, _)| globals.config_file.clone());
        let globals = globals.and_then(|(mut globals, given)| {
            super::config_file::complete(&mut globals, given, false).ok()?;
            Some(globals)
        });
        let live = Arc::new(Live {
            globals: Mutex::new(globals),
            config_file: config_file.or_else(|| super::variable("ZKX_CONFIG").map(PathBuf::from)),
            asks: Mutex::default(),
            deadline,
        });
        let paths: Arc<dyn PathSource> = live.clone();
        let answer = question.answer(&line.candidates(&paths));
        let _ = io::stdout().write_all(answer.as_bytes());
        live.close();
    }
    true
}

/// What the shell writes to standard input.
fn line() -> Option<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return None;
    }
    let mut line = String::new();
    stdin.lock().take(LONGEST).read_to_string(&mut line).ok()?;
    Some(line)
}

/// Something to be read by the thread that has the session.
type Reads = (Vec<Ask>, mpsc::Sender<Vec<Option<Found>>>);

/// The znodes that the line is about, for as long as there is time.
struct Live {
    /// Where they are; taken when the first is asked for.
    globals: Mutex<Option<Globals>>,
    /// The configuration file, where it is named.
    config_file: Option<PathBuf>,
    asks: Mutex<Option<(tokio::sync::mpsc::UnboundedSender<Reads>, mpsc::Receiver<()>)>>,
    deadline: Instant,
}

impl Live {
    /// Reads on the session's thread, which is started when it is first needed: names may not
    /// resolve, files may not be read, and none of it must outlast the deadline.
    fn read(&self, reads: Vec<Ask>) -> Option<Vec<Option<Found>>> {
        let (answer, answered) = mpsc::channel();
        let mut asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner);
        if asks.is_none() {
            let mut globals = self.globals.lock().unwrap_or_else(PoisonError::into_inner).take()?;
            globals.connect_timeout = self.left();
            globals.request_timeout = self.left();
            globals.session_timeout = SESSION;
            let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
            let (closed, end) = mpsc::channel();
            // Nobody can answer in the middle of a line.
            globals.ask_auth.clear();
            thread::spawn(move || {
                let _ = serve(globals, receiver);
                let _ = closed.send(());
            });
            *asks = Some((sender, end));
        }
        asks.as_ref()?.0.send((reads, answer)).ok()?;
        answered.recv_timeout(self.left()).ok()
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Ends the session, as far as there is time for it.
    fn close(&self) {
        let asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sender, end)) = asks {
            drop(sender);
            let _ = end.recv_timeout(self.left());
        }
    }
}

fn serve(mut globals: Globals, mut asks: tokio::sync::mpsc::UnboundedReceiver<Reads>) -> Result<()> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Ok(());
    };
    runtime.block_on(async {
        run::authenticate(&mut globals, &Nobody).await?;
        let store = run::open(&globals.server, &globals).await?;
        while let Some((reads, answer)) = asks.recv().await {
            let _ = answer.send(all(&*store, reads).await);
        }
        store.close().await;
        Ok(())
    })
}

/// The answers to reads, in their order; empty where there are none at all.
async fn all(store: &dyn Store, reads: Vec<Ask>) -> Vec<Option<Found>> {
    match store.read(reads).await {
        Ok(answers) => answers.into_iter().map(Result::ok).collect(),
        Err(_) => Vec::new(),
    }
}

impl PathSource for Live {
    fn children(&self, path: &str) -> Option<Names> {
        match self.read(vec![Ask::Children(path.to_owned())])?.pop()?? {
            Found::Children(names) => Some(names),
            _ => None,
        }
    }

    fn stats(&self, paths: &[String]) -> Option<Vec<Option<Stat>>> {
        let found = self.read(paths.iter().cloned().map(Ask::Stat).collect())?;
        Some(found.into_iter().map(|found| found?.stat().copied()).collect())
    }

    fn here(&self) -> Option<ZPath> {
        None
    }

    fn profiles(&self) -> Vec<(String, Option<String>)> {
        super::config_file::profiles(self.config_file.as_deref())
    }
}
