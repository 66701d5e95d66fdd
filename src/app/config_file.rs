//! Finds the configuration file and completes the options with it.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::variable;
use crate::cli::Globals;
use crate::cli::profile::{Config, Configuration, Given, Problem, World, parse, prefer_line};
use crate::error::{Error, Kind, Result};
use crate::view::Note;

/// Puts what the file says into the options that nobody gave, and returns what is to be said about it.
/// Where there is no file and none was named, this is one attempt to open it.
///
/// With `lenient` a file that is broken, or that lacks the profile, is left to whoever asks for it.
pub(super) fn complete(globals: &mut Globals, given: Given, lenient: bool) -> Result<Option<Note>> {
    let File { path, exists, config, readable } = look(globals.config_file.as_deref())?;
    let exposed = readable && config.as_ref().is_ok_and(Config::holds_secrets);
    let configuration = Configuration { file: path, exists, config, globals: globals.clone(), given };
    if exists || globals.profile_name.is_some() {
        match configuration.settle(None) {
            Ok(settled) => *globals = settled.globals,
            Err(_) if lenient => {}
            Err(error) => return Err(error),
        }
    } else {
        prefer_line(globals, &configuration.given);
    }
    let warning = exposed.then(|| {
        let file = configuration.file();
        Note::Warning(format!("{file} holds credentials, and others can read it: chmod 600 {file}"))
    });
    globals.configuration = Some(Arc::new(configuration));
    Ok(warning)
}

/// The configuration file.
struct File {
    /// `None` where nothing says where it is.
    path: Option<PathBuf>,
    exists: bool,
    config: Result<Config, Vec<Problem>>,
    /// Whether others can read it.
    readable: bool,
}

fn look(named: Option<&Path>) -> Result<File> {
    let path = named.map(Path::to_owned).or_else(standard);
    let read = match &path {
        Some(path) => read(path, named.is_some())?,
        None => None,
    };
    let config = match (&path, &read) {
        (Some(path), Some((bytes, _))) => {
            let home = variable("HOME").map(PathBuf::from);
            let dir = path.parent().unwrap_or(Path::new(""));
            parse(bytes, &World { dir, home: home.as_deref(), variable: &variable })
        }
        _ => Ok(Config::default()),
    };
    Ok(File { path, exists: read.is_some(), config, readable: read.is_some_and(|(_, readable)| readable) })
}

/// The names of the profiles that there are, with their servers; none where the file is broken.
pub(super) fn profiles(named: Option<&Path>) -> Vec<(String, Option<String>)> {
    let Ok(Ok(config)) = look(named).map(|file| file.config) else { return Vec::new() };
    config.summary()
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
    let mut file = match std::fs::File::open(path) {
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
