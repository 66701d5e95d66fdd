//! The configuration file: named profiles of ensembles, and the user's habits (`docs/config.md`).
//!
//! Pure: whoever calls brings the file's text and what the environment says, and takes away options
//! with what the file says put into them, or every problem of the file with its place.

mod auth_file;
mod merge;
mod problem;
mod read;
mod settings;
mod values;
mod yaml;

use std::path::PathBuf;
use std::time::Duration;

pub use auth_file::parse as parse_auth_file;
pub use merge::{Configuration, Given, Origin, Settled, prefer_line};
pub use problem::{Place, Problem};
pub use read::parse;
pub use settings::Setting;
pub use values::World;

use crate::cli::{ColorChoice, Source};
use crate::client::Auth;
use crate::render::{Format, PromptColor};
use crate::znode::ZPath;

/// A configuration file, read.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The profile to take when the command line and the environment name neither one nor servers.
    pub default: Option<String>,
    /// What holds where a profile says nothing.
    pub common: Section,
    /// The profiles and their names, in the file's order.
    pub profiles: Vec<(String, Section)>,
}

impl Config {
    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Option<&Section> {
        self.profiles.iter().find(|(known, _)| known == name).map(|(_, section)| section)
    }

    /// The names of all profiles, and their servers.
    pub fn summary(&self) -> Vec<(String, Option<String>)> {
        let server = |section: &Section| section.server.as_ref().map(ToString::to_string);
        self.profiles.iter().map(|(name, section)| (name.clone(), server(section))).collect()
    }

    /// Whether the file itself has passwords in it.
    pub fn holds_secrets(&self) -> bool {
        self.profiles.iter().any(|(_, section)| !section.credentials.inline.is_empty())
    }
}

/// What a profile, or the top of the file, says; each setting is called as in the file.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "docs/config.md says what they mean")]
pub struct Section {
    pub server: Option<Source>,
    pub credentials: Credentials,
    pub read_only: Option<bool>,
    pub production: Option<bool>,
    pub protected: Vec<ZPath>,
    pub prompt_color: Option<PromptColor>,
    pub aliases: Vec<(String, String)>,
    pub connect_timeout: Option<Duration>,
    pub request_timeout: Option<Duration>,
    pub session_timeout: Option<Duration>,
    pub max_nodes: Option<usize>,
    pub max_request: Option<usize>,
    pub max_reply: Option<usize>,
    pub gentle: Option<bool>,
    pub allow_read_only_server: Option<bool>,
    pub output: Option<Format>,
    pub color: Option<ColorChoice>,
    pub quiet: Option<bool>,
    pub pager: Option<String>,
    pub edit_mode: Option<EditMode>,
    pub history_size: Option<usize>,
    pub rc_file: Option<(PathBuf, Place)>,
}

/// Where the credentials of a profile are.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// In the configuration itself.
    pub inline: Vec<Auth>,
    /// In files of their own.
    pub files: Vec<(PathBuf, Place)>,
    /// In variables of the environment.
    pub variables: Vec<(Variable, Place)>,
    /// In somebody's head.
    pub asked: Vec<Ask>,
}

impl Credentials {
    fn is_empty(&self) -> bool {
        self.inline.is_empty() && self.files.is_empty() && self.variables.is_empty() && self.asked.is_empty()
    }
}

/// A variable of the environment that holds credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it holds: `None` when it is not set, `Some(None)` when it is of another form.
    pub auth: Option<Option<Auth>>,
}

/// Credentials to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// All of SCHEME:SECRET.
    Everything,
    /// The password of somebody.
    Password {
        /// Mostly `digest`.
        scheme: String,
        /// Whose.
        user: String,
    },
}

impl Ask {
    /// Reads `SCHEME:USER`, or nothing. A third part would be a password that is typed where it does
    /// not belong, and is refused.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Everything);
        }
        match text.split_once(':') {
            Some((scheme, user)) if !scheme.is_empty() && !user.is_empty() && !user.contains(':') => {
                Ok(Self::Password { scheme: scheme.to_owned(), user: user.to_owned() })
            }
            _ => Err("not of the form SCHEME:USER, like digest:ann: the password is asked for".into()),
        }
    }
}

/// What is not said by any option: for the shell, and for what must not be touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name; `None` when no profile was chosen.
    pub name: Option<String>,
    /// Whether what destroys is to be confirmed by typing what it is.
    pub production: bool,
    /// Paths that no recursive change may touch.
    pub protected: Vec<ZPath>,
    /// The prompt's colour.
    pub prompt_color: Option<PromptColor>,
    /// Words for the shell and what they stand for, each once.
    pub aliases: Vec<(String, String)>,
    /// The program that shows long answers; an empty one for none at all.
    pub pager: Option<String>,
    /// How the shell's keys work.
    pub edit_mode: EditMode,
    /// Lines of history that are kept; `None` leaves that to the shell.
    pub history_size: Option<usize>,
    /// Commands to run when the shell starts.
    pub rc_file: Option<PathBuf>,
}

/// How the shell's keys work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[expect(missing_docs, reason = "known by these names")]
pub enum EditMode {
    #[default]
    Emacs,
    Vi,
}

#[cfg(test)]
mod tests;
