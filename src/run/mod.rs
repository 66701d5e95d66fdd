//! Runs one command on a store: with its switches, until it is done or interrupted.

mod credentials;
mod dry_run;
mod interrupts;
mod profiles;
mod source;

use std::io;
use std::sync::Arc;

pub use credentials::authenticate;
pub use interrupts::Interrupts;
pub use source::open;

use crate::cli::Globals;
use crate::command::{Asker, Background, Command, Context, Progress, Settings};
use crate::error::{Error, Kind, Result};
use crate::store::Store;
use crate::view::Out;

/// What commands are run with.
pub struct Job<'a> {
    /// The tree.
    pub store: &'a Arc<dyn Store>,
    /// Where answers go.
    pub out: &'a Out,
    /// The options that hold for all commands.
    pub globals: &'a Globals,
    /// Who can be asked.
    pub asker: &'a dyn Asker,
    /// Who keeps the watches of a command that has ended; nobody where the session ends with it.
    pub background: Option<&'a dyn Background>,
}

impl Job<'_> {
    /// The switches of a command.
    fn settings(&self, command: &Command) -> Settings {
        let dry_run = self.globals.dry_run && command.writes();
        Settings {
            yes: self.globals.yes || dry_run,
            max_nodes: self.globals.max_nodes.or(dry_run.then_some(usize::MAX)),
            show_secrets: self.globals.show_secrets,
            protected: self.globals.profile.protected.clone(),
            one_shot: self.background.is_none(),
            dry_run,
        }
    }

    /// Runs a command until it is done or interrupted.
    pub async fn run(&self, command: Command, interrupts: &mut Interrupts) -> Result<()> {
        let settings = self.settings(&command);
        let progress = Progress::default();
        let cx = Context {
            store: &**self.store,
            shared: self.store,
            out: self.out,
            settings: &settings,
            asker: self.asker,
            progress: &progress,
            background: self.background,
            configured: Some(&profiles::Profiles(self.globals)),
        };
        let run = async {
            if settings.dry_run {
                dry_run::rehearse(&cx, command, self.globals).await
            } else {
                command.run(&cx).await
            }
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
}

/// What a command and its renderer say together.
pub fn outcome(result: Result<()>, written: io::Result<Option<Kind>>) -> Result<Option<Kind>> {
    match (result, written) {
        (_, Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(Kind::Io, "cannot write the answer").because(error))
        }
        (Err(error), _) => Err(error),
        (Ok(()), written) => Ok(written.ok().flatten()),
    }
}
