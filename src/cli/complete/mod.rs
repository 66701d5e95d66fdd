//! What a word of a command line may become: one engine for the prompt and for the shells of
//! admin boxes.
//!
//! It works on clap's definitions, so that a command that comes later is completed by itself. What
//! clap cannot know, it asks for: znodes from a [`PathSource`], by the name of an argument's value
//! (`PATH`, `ACL`, `DATA`, `SERVERS`, `AUTH`, `PROFILE`, `GROUP`, `TOPIC`).

mod acl;
mod kafka;
mod line;
mod many;
mod paths;
mod shell;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use clap::Arg;
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter, complete,
};

pub use line::Line;
pub use paths::PathSource;
pub use shell::Question;

use super::Source;

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The name of a command.
    Command,
    /// An option.
    Option,
    /// A znode, or what several begin with.
    Path,
    /// Any other value.
    Value,
}

/// Something that the word at the cursor may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word, as the command is to get it: whoever puts it on a line quotes it.
    pub value: String,
    /// What it is, in a few words without line breaks.
    pub help: Option<String>,
    /// Of which kind it is.
    pub kind: Kind,
    /// More of the word may follow: no space belongs behind it.
    pub open: bool,
}

impl Candidate {
    /// How it is called in a list of its like: of a path the last segment.
    pub fn label(&self) -> &str {
        if self.kind != Kind::Path {
            return &self.value;
        }
        let trimmed = self.value.trim_end_matches('/');
        let start = trimmed.rfind('/').map_or(0, |at| at + 1);
        self.value.get(start..).unwrap_or_default()
    }
}

/// What `words[index]` may become, in the order to show. `definition` has the commands that are
/// possible, and begins with the program's name unless it says otherwise
/// ([`clap::Command::no_binary_name`]).
///
/// Blocks for as long as `paths` does. There are never more than a few hundred candidates.
pub fn candidates(
    definition: clap::Command,
    words: &[OsString],
    index: usize,
    paths: &Arc<dyn PathSource>,
) -> Vec<Candidate> {
    let Some(word) = words.get(index).and_then(|word| word.to_str()) else { return Vec::new() };
    let mut definition = informed(definition, paths);
    let mut ask = |word: &str| {
        let mut words = words.to_vec();
        words.truncate(index);
        words.push(word.into());
        complete(&mut definition, words, index, Some(Path::new("."))).unwrap_or_default()
    };
    let mut found = ask(word);
    match word {
        // The engine leaves out the long form of what has a short one.
        "-" => {
            let long = ask("--");
            found.retain(|short| !long.iter().any(|long| long.get_value() == short.get_value()));
            found.extend(long);
        }
        // Nobody looks for options among paths.
        _ if !word.starts_with('-') => found.retain(|candidate| !is_option(candidate)),
        _ => {}
    }
    found.into_iter().filter_map(Candidate::read).collect()
}

fn is_option(candidate: &CompletionCandidate) -> bool {
    candidate.get_id().is_some_and(|id| id.starts_with("arg::"))
}

/// A definition whose arguments know what they can be.
fn informed(definition: clap::Command, paths: &Arc<dyn PathSource>) -> clap::Command {
    definition
        .mut_args(|arg| match values(&arg, paths) {
            Some(completer) => arg.add(completer),
            None => arg,
        })
        .mut_subcommands(|command| informed(command, paths))
}

/// What an argument takes that clap knows nothing of.
fn values(arg: &Arg, paths: &Arc<dyn PathSource>) -> Option<ArgValueCompleter> {
    if !arg.get_action().takes_values() {
        return None;
    }
    // Old forms are understood, not advertised.
    if arg.is_positional() && arg.is_hide_set() {
        return Some(ArgValueCompleter::new(|_: &OsStr| Vec::new()));
    }
    let name = arg.get_value_names().and_then(|names| names.first()).map(|name| name.as_str());
    let of: fn(&str, &dyn PathSource) -> Vec<CompletionCandidate> = match name {
        Some("PATH") => paths::complete,
        Some("PROFILE") => profiles,
        Some("SERVERS") => servers,
        Some("GROUP") => kafka::groups,
        Some("TOPIC" | "TOPIC[:P,…]") => kafka::topics,
        Some("ACL") => |word, _| acl::complete(word),
        Some("DATA") => |word, _| files("@", word),
        Some("AUTH") => |word, _| matching(word, &[("digest:", "digest:USER:PASSWORD")]),
        _ => return None,
    };
    let paths = Arc::clone(paths);
    Some(ArgValueCompleter::new(move |word: &OsStr| {
        word.to_str().map_or_else(Vec::new, |word| of(word, &*paths))
    }))
}

fn profiles(word: &str, paths: &dyn PathSource) -> Vec<CompletionCandidate> {
    let fitting = paths.profiles().into_iter().filter(|(name, _)| name.starts_with(word));
    fitting.map(|(name, server)| candidate(&name, server, Kind::Value, false)).collect()
}

/// Files behind a prefix.
fn files(prefix: &str, word: &str) -> Vec<CompletionCandidate> {
    let Some(file) = word.strip_prefix(prefix) else { return Vec::new() };
    let files = PathCompleter::any().current_dir(".").complete(OsStr::new(file));
    files.into_iter().map(|file| file.add_prefix(prefix)).collect()
}

fn servers(word: &str, paths: &dyn PathSource) -> Vec<CompletionCandidate> {
    if word.starts_with("mem:") {
        return files("mem:", word);
    }
    let profiles = paths.profiles().into_iter().filter_map(|(name, servers)| Some((name, servers?)));
    let fitting = profiles.filter(|(_, servers)| servers.starts_with(word));
    let known = fitting.map(|(name, servers)| {
        candidate(&servers, Some(format!("those of profile {name}")), Kind::Value, false)
    });
    let sandbox = candidate(Source::SANDBOX, Some("a small world in memory".into()), Kind::Value, false);
    let mut servers: Vec<_> = known.collect();
    servers.extend(matching(word, &[("mem:", "the znodes of a tree file, in memory")]));
    servers.extend(Source::SANDBOX.starts_with(word).then_some(sandbox));
    servers
}

/// Those of `known` beginnings, each with its help, that go on where `word` ends.
fn matching(word: &str, known: &[(&str, &str)]) -> Vec<CompletionCandidate> {
    let fitting = known.iter().filter(|(value, _)| value.starts_with(word) && *value != word);
    fitting.map(|(value, help)| candidate(value, Some((*help).to_owned()), Kind::Value, true)).collect()
}

/// Kind and openness travel through clap's engine in the id, which is otherwise only compared.
fn candidate(value: &str, help: Option<String>, kind: Kind, open: bool) -> CompletionCandidate {
    let kind = if kind == Kind::Path { "path" } else { "value" };
    let end = if open { "open" } else { "done" };
    CompletionCandidate::new(value).help(help.map(Into::into)).id(Some(format!("{kind}:{end}:{value}")))
}

impl Candidate {
    /// `None` for what cannot be put on a line.
    fn read(found: CompletionCandidate) -> Option<Self> {
        let value = found.get_value().to_str()?.to_owned();
        let id = found.get_id().map(String::as_str).unwrap_or_default();
        let kind = match id.split(':').next() {
            Some("command") => Kind::Command,
            Some("arg") => Kind::Option,
            Some("path") => Kind::Path,
            _ => Kind::Value,
        };
        let open = id.starts_with("path:open:") || id.starts_with("value:open:") || value.ends_with('/');
        let help = found.get_help().map(ToString::to_string);
        let help = help.and_then(|help| help.lines().next().map(str::to_owned));
        (!value.contains(char::is_control)).then_some(Self { value, help, kind, open })
    }
}

#[cfg(test)]
mod tests;
