//! Finds the configuration file and completes the options with it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::variable;
use crate::cli::Cli;
use crate::cli::profile::{Config, Configuration, World, parse, prefer_line};
use crate::command::Command;
use crate::error::{Error, Kind, Result};
use crate::view::Note;

/// Puts what the file says into the options that nobody gave, and returns what is to be said about it.
/// Where there is no file and none was named, this is one attempt to open it.
pub(super) fn complete(cli: &mut Cli) -> Result<Option<Note>> {
    let named = cli.globals.config_file.clone();
    let file = named.clone().or_else(standard);
    let read = match &file {
        Some(file) => read(file, named.is_some())?,
        None => None,
    };
    let exists = read.is_some();
    let (bytes, readable) = read.unwrap_or_default();
    let config = match &file {
        Some(file) if exists => {
            let home = variable("HOME").map(PathBuf::from);
            let dir = file.parent().unwrap_or(Path::new(""));
            parse(&bytes, &World { dir, home: home.as_deref(), variable: &variable })
        }
        _ => Ok(Config::default()),
    };
    let exposed = readable && config.as_ref().is_ok_and(Config::holds_secrets);
    let globals = cli.globals.clone();
    let configuration =
        Configuration { file, exists, config, globals, given: std::mem::take(&mut cli.given) };
    if exists || cli.globals.profile_name.is_some() {
        match configuration.settle(None) {
            Ok(settled) => cli.globals = settled.globals,
            Err(_) if cli.command.as_ref().is_some_and(Command::needs_configuration) => {}
            Err(error) => return Err(error),
        }
    } else {
        prefer_line(&mut cli.globals, &configuration.given);
    }
    let warning = exposed.then(|| {
        let file = configuration.file();
        Note::Warning(format!("{file} holds credentials, and others can read it: chmod 600 {file}"))
    });
    cli.globals.configuration = Some(Arc::new(configuration));
    Ok(warning)
}

/// Where the file is unless something else is said: by the rules of XDG, which ignores relative paths.
fn standard() -> Option<PathBuf> {
    let config = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let config = config.or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(config.join("zkx/config.yaml"))
}

/// A file's bytes, and whether others can read them; `None` where it need not be and is not.
fn read(path: &Path, needed: bool) -> Result<Option<(Vec<u8>, bool)>> {
    let cannot = |error| {
        let error = Error::new(Kind::Config, format!("cannot read {}", path.display())).because(error);
        if needed { error } else { error.hint("ZKX_CONFIG=/dev/null does without it") }
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if !needed && is_absence(&error) => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    let metadata = file.metadata().map_err(cannot)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(cannot)?;
    Ok(Some((bytes, metadata.is_file() && metadata.mode() & 0o044 != 0)))
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
