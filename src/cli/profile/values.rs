//! The values of settings, and what is said of those that are none.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use super::problem::Wrong;
use super::{Ask, Variable};
use crate::cli::{Source, source};
use crate::client::Auth;
use crate::error::did_you_mean;
use crate::znode::ZPath;

/// What the words of a file stand for where it lies.
pub struct World<'a> {
    /// The directory of the file: what its relative paths start from.
    pub dir: &'a Path,
    /// What `~` stands for.
    pub home: Option<&'a Path>,
    /// The value of a variable of the environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl World<'_> {
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, Wrong> {
        match text.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => match self.home {
                Some(home) => Ok(home.join(rest.trim_start_matches('/'))),
                None => {
                    Err(Wrong::new("`~` stands for nothing: HOME is not set").hint("write the whole path"))
                }
            },
            Some(_) => {
                Err(Wrong::new(format!("`{text}`: only `~/` is understood")).hint("write the whole path"))
            }
            None if text.is_empty() => Err(Wrong::new("an empty path")),
            None => Ok(self.dir.join(text)),
        }
    }

    pub(super) fn server(&self, text: &str) -> Result<Source, Wrong> {
        let hint = "servers are written host:2181,host:2181/chroot";
        match source::parse(text).map_err(|error| Wrong::new(error).hint(hint))? {
            Source::Memory(Some(file)) => match file.to_str() {
                Some(file) => Ok(Source::Memory(Some(self.path(file)?))),
                None => Ok(Source::Memory(Some(file))),
            },
            source => Ok(source),
        }
    }

    pub(super) fn variable(&self, text: &str) -> Result<Variable, Wrong> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if text.is_empty() || !text.chars().all(plain) {
            // Not repeated: it may be the secret itself.
            return Err(
                Wrong::new("this is no name of a variable").hint("write a name like ZK_AUTH, without `$`")
            );
        }
        let auth = (self.variable)(text).map(|value| Auth::parse(&value));
        Ok(Variable { name: text.to_owned(), auth })
    }
}

pub(super) fn auth(text: &str) -> Result<Auth, Wrong> {
    crate::cli::auth(text).map_err(Wrong::new)
}

pub(super) fn ask(text: &str) -> Result<Ask, Wrong> {
    match Ask::parse(text) {
        Ok(Ask::Everything) | Err(_) => {
            Err(Wrong::new("not of the form SCHEME:USER, like digest:ann: the password is asked for"))
        }
        Ok(ask) => Ok(ask),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, Wrong> {
    let wrong = |error| match text.parse::<u64>() {
        Ok(number @ 1..) => Wrong::new(format!("`{text}` has no unit"))
            .hint(format!("did you mean `{number}s` or `{number}ms`?")),
        _ => Wrong::new(format!("`{text}`: {error}")),
    };
    crate::cli::duration(text).map_err(wrong)
}

pub(super) fn truth(text: &str) -> Result<bool, Wrong> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => {
            let meant = match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "1" | "y" | "true" => Some("true"),
                "no" | "off" | "0" | "n" | "false" => Some("false"),
                word => did_you_mean(word, ["true", "false"]),
            };
            let wrong = Wrong::new(format!("`{text}` is neither `true` nor `false`"));
            Err(match meant {
                Some(meant) => wrong.hint(format!("did you mean `{meant}`?")),
                None => wrong,
            })
        }
    }
}

pub(super) fn number(text: &str) -> Result<usize, Wrong> {
    let plain: String = text.chars().filter(|c| !matches!(c, '_' | ',')).collect();
    text.parse().map_err(|_| {
        let wrong = Wrong::new(format!("`{text}` is no number"));
        match plain.parse::<usize>() {
            Ok(number) => wrong.hint(format!("did you mean `{number}`?")),
            Err(_) => wrong,
        }
    })
}

/// One of the words that an option takes.
pub(super) fn word<T: ValueEnum>(text: &str) -> Result<T, Wrong> {
    T::from_str(text, false).map_err(|_| {
        let words: Vec<_> = T::value_variants().iter().filter_map(T::to_possible_value).collect();
        let words: Vec<_> = words.iter().map(clap::builder::PossibleValue::get_name).collect();
        let all = words.join(", ");
        let wrong = Wrong::new(format!("`{text}` is none of {all}"));
        match did_you_mean(text, words) {
            Some(meant) => wrong.hint(format!("did you mean `{meant}`?")),
            None => wrong,
        }
    })
}

pub(super) fn znode(text: &str) -> Result<ZPath, Wrong> {
    crate::command::path(text).map_err(|error| match error.rsplit_once(": write ") {
        Some((error, instead)) => Wrong::new(format!("`{text}`: {error}")).hint(format!("write {instead}")),
        None => Wrong::new(format!("`{text}`: {error}")),
    })
}

/// A name that can stand on a command line as one word.
pub(super) fn name(text: &str) -> Result<String, Wrong> {
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Wrong::new(format!("`{}` is no name", text.escape_debug())).hint("a name is one word"));
    }
    Ok(text.to_owned())
}
