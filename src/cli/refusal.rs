//! What clap says of a command line that it refuses, before the user sees it.

use clap::error::{ContextKind, ContextValue};

use crate::command::Command;

/// Takes out what must not be repeated, the value of a mistyped `--auth` or `--ask-auth`, and what says the same
/// thing twice, an alias beside its command.
pub(super) fn tidy(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg)
        && (argument.starts_with("--auth") || argument.starts_with("--ask-auth"))
        && error.get(ContextKind::InvalidValue).is_some()
    {
        error.insert(ContextKind::InvalidValue, ContextValue::String("***".into()));
    }
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::ValidSubcommand] {
        if let Some(ContextValue::Strings(names)) = error.get(kind) {
            let names = commands(names);
            error.insert(kind, ContextValue::Strings(names));
        }
    }
    error
}

/// The commands behind names and aliases, each once.
fn commands(names: &[String]) -> Vec<String> {
    let mut commands: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let name = Command::definition(name).map_or(name.clone(), |command| command.get_name().to_owned());
        if !commands.contains(&name) {
            commands.push(name);
        }
    }
    commands
}
