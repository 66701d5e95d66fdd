//! Where the znodes are.

use std::fmt;
use std::path::PathBuf;

use crate::client::ConnectString;

/// Where the znodes are, as `--server` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// On servers.
    Live(ConnectString),
    /// In memory: those of a tree file, or none.
    Memory(Option<PathBuf>),
    /// In memory: the world of `zkx sandbox`.
    Sandbox,
}

impl Source {
    /// How [`Source::Sandbox`] is written.
    pub const SANDBOX: &str = "sandbox:";

    /// Reads what `--server` takes. The error is in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse(text)
    }
}

pub(super) fn parse(text: &str) -> Result<Source, String> {
    if text == Source::SANDBOX {
        return Ok(Source::Sandbox);
    }
    match text.strip_prefix("mem:") {
        Some("") => Ok(Source::Memory(None)),
        Some(file) => Ok(Source::Memory(Some(file.into()))),
        None => ConnectString::parse(text).map(Source::Live).map_err(|error| error.to_string()),
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live(servers) => servers.fmt(f),
            Self::Memory(None) => f.write_str("mem:"),
            Self::Memory(Some(file)) => write!(f, "mem:{}", file.display()),
            Self::Sandbox => f.write_str(Self::SANDBOX),
        }
    }
}
