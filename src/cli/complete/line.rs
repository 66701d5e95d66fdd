//! zkx's own command line, as far as it was typed.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap::{CommandFactory, FromArgMatches};

use super::{Candidate, PathSource, candidates};
use crate::cli::argv::{normalise, takes_value};
use crate::cli::profile::Given;
use crate::cli::{Globals, Root, SANDBOX, Source, definition, root};

/// A command line of zkx up to the word at the cursor, in forms that clap knows.
#[derive(Clone, Debug)]
pub struct Line {
    args: Vec<OsString>,
}

impl Line {
    /// Takes the words of a line, the program's name first, perhaps behind assignments to variables,
    /// the one at the cursor last.
    pub fn new(mut words: Vec<OsString>) -> Self {
        let root = Root::command();
        let assigned: Vec<_> = words.iter().map_while(|word| assigned(word, &root)).collect();
        words.drain(..assigned.len());
        let word = if words.len() > 1 { words.pop() } else { None };
        let normal = normalise(words, &root);
        let mut args = normal.args;
        if let Some(at) = normal.command
            && args.get(at).is_some_and(|name| name == SANDBOX)
        {
            args.splice(at..=at, ["--server".into(), Source::SANDBOX.into()]);
        }
        if !args.is_empty() {
            args.splice(1..1, assigned.into_iter().flatten());
        }
        args.extend(word);
        Self { args }
    }

    /// The global options that stand before the word at the cursor; `None` where they are wrong or
    /// not whole. Variables of the environment for which `absent` is true are not looked at.
    pub fn globals(&self, absent: &dyn Fn(&str) -> bool) -> Option<(Globals, Given)> {
        let root = root(absent).subcommand_required(false).arg_required_else_help(false);
        let mut words = self.args.iter().take(self.args.len().saturating_sub(1));
        let mut own: Vec<&OsString> = words.by_ref().take(1).collect();
        while let Some(word) = words.next() {
            let Some(text) = word.to_str() else { continue };
            if text == "--" {
                break;
            }
            let name = text.strip_prefix("--").map(|text| text.split('=').next().unwrap_or(text));
            if name.is_some_and(|name| root.get_arguments().any(|arg| arg.get_long() == Some(name))) {
                own.push(word);
                if takes_value(&root, text) {
                    own.extend(words.next());
                }
            }
        }
        let matches = root.try_get_matches_from(own).ok()?;
        Some((Globals::from_arg_matches(&matches).ok()?, Given::new(matches)))
    }

    /// What the word at the cursor may become.
    pub fn candidates(&self, paths: &Arc<dyn PathSource>) -> Vec<Candidate> {
        match self.args.len() {
            0 | 1 => Vec::new(),
            words => candidates(definition(), &self.args, words - 1, paths),
        }
    }
}

/// What an assignment to a variable means for this line: the option that it stands for, if any.
/// `None` for what is no assignment.
fn assigned(word: &OsStr, root: &clap::Command) -> Option<Option<OsString>> {
    let (name, value) = word.to_str()?.split_once('=')?;
    if name.is_empty() || !name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()) {
        return None;
    }
    let option = root.get_arguments().find(|arg| arg.get_env().is_some_and(|variable| variable == name));
    let option = option.filter(|option| option.get_action().takes_values());
    Some(option.and_then(|option| option.get_long()).map(|long| format!("--{long}={value}").into()))
}
