//! The global options that make sense for one line of the shell.

use clap::{ArgMatches, CommandFactory};

use super::{Globals, Root};
use crate::render::Format;

/// Their ids.
const IDS: &[&str] = &["output", "dry_run", "yes", "max_nodes", "show_secrets", "quiet"];

/// Global options as far as a line of the shell gives them.
#[derive(Clone, Debug, Default)]
pub struct OnALine {
    output: Option<Format>,
    dry_run: bool,
    yes: bool,
    max_nodes: Option<usize>,
    show_secrets: bool,
    quiet: bool,
}

impl OnALine {
    /// The definition of a command together with these options; the line begins with the command.
    pub fn add_to(command: clap::Command) -> clap::Command {
        let root = Root::command();
        let own = root.get_arguments().filter(|arg| IDS.contains(&arg.get_id().as_str())).cloned();
        let args = own.map(|arg| arg.global(false).env(None::<&str>).default_value(None::<&str>));
        command.args(args).disable_version_flag(true)
    }

    /// Reads them.
    pub fn read(matches: &ArgMatches) -> Self {
        let flag = |id: &str| matches.get_one::<bool>(id).copied().unwrap_or_default();
        Self {
            output: matches.get_one("output").copied(),
            dry_run: flag("dry_run"),
            yes: flag("yes"),
            max_nodes: matches.get_one("max_nodes").copied(),
            show_secrets: flag("show_secrets"),
            quiet: flag("quiet"),
        }
    }

    /// `globals` with these over them.
    pub fn over(&self, globals: &Globals) -> Globals {
        Globals {
            output: self.output.unwrap_or(globals.output),
            dry_run: self.dry_run || globals.dry_run,
            yes: self.yes || globals.yes,
            max_nodes: self.max_nodes.or(globals.max_nodes),
            show_secrets: self.show_secrets || globals.show_secrets,
            quiet: self.quiet || globals.quiet,
            ..globals.clone()
        }
    }
}
