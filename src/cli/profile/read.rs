//! From a file's text to a [`Config`], or to everything that is wrong with it.

use super::problem::{Place, Problem, Wrong, place};
use super::values::{self, World};
use super::yaml::{self, Key, Node, Value};
use super::{Config, Section};
use crate::error::did_you_mean;

/// What may stand at the top of the file only.
pub(super) const TOP: [&str; 2] = ["default", "profiles"];

/// What names an ensemble, or opens it, and so may stand in a profile only.
pub(super) const OWN: [&str; 6] = ["server", "auth", "auth-file", "auth-env", "ask-auth", "production"];

/// What may stand in a profile, or at the top for all of them.
pub(super) const SHARED: [&str; 19] = [
    "read-only",
    "protected",
    "prompt-color",
    "aliases",
    "connect-timeout",
    "request-timeout",
    "session-timeout",
    "max-nodes",
    "max-request",
    "max-reply",
    "gentle",
    "allow-read-only-server",
    "output",
    "color",
    "quiet",
    "pager",
    "edit-mode",
    "history-size",
    "rc-file",
];

const LISTED: &str = "`zkx help profiles` lists them";

/// Reads a configuration file; where anything is wrong with it, all that is, in the file's order.
pub fn parse(bytes: &[u8], world: &World<'_>) -> Result<Config, Vec<Problem>> {
    let text = str::from_utf8(bytes).map_err(|error| vec![not_text(bytes, error.valid_up_to())])?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, world, problems: Vec::new() };
    let config = match yaml::read(text) {
        Ok(None) => Config::default(),
        Ok(Some(root)) => reader.config(&root),
        Err(problem) => return Err(vec![problem]),
    };
    if reader.problems.is_empty() {
        return Ok(config);
    }
    reader.problems.sort_by_key(|problem| problem.place);
    Err(reader.problems)
}

fn not_text(bytes: &[u8], at: usize) -> Problem {
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Problem::bare((line, column), Wrong::new("this is not UTF-8"))
}

/// What is wrong with the name of a profile that there is not.
pub(super) fn no_such_profile<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Wrong {
    let known: Vec<_> = known.collect();
    let wrong = Wrong::new(format!("there is no profile `{name}`"));
    match did_you_mean(name, known.iter().copied()) {
        Some(meant) => wrong.hint(format!("did you mean `{meant}`?")),
        None if known.is_empty() => wrong.hint("the file has none at all: they stand below `profiles:`"),
        None => wrong.hint(format!("there is {}", known.join(", "))),
    }
}

struct Reader<'a> {
    text: &'a str,
    world: &'a World<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn config(&mut self, root: &Node) -> Config {
        let mut config = Config::default();
        let Value::Map(entries) = &root.value else {
            if !matches!(root.value, Value::Null) {
                let wrong = Wrong::new("a configuration is a mapping from settings to their values");
                self.problems.push(Problem::syntax(self.text, root.span.start, wrong));
            }
            return config;
        };
        self.refuse_twins(entries);
        let mut default = None;
        for (key, value) in entries {
            match key.text.as_str() {
                "default" => {
                    config.default = self.scalar(key, value, values::name);
                    default = config.default.clone().map(|name| (name, key, value));
                }
                "profiles" => config.profiles = self.profiles(key, value),
                own if OWN.contains(&own) => {
                    let wrong = Wrong::new(format!("`{own}` belongs in a profile"));
                    self.key(key, wrong.hint("profiles stand below `profiles:`, each with its name"));
                }
                shared if SHARED.contains(&shared) => self.setting(&mut config.common, key, value),
                _ => {
                    let wrong = unknown(key, "setting", TOP.iter().chain(&OWN).chain(&SHARED));
                    let profile = matches!(value.value, Value::Map(_));
                    self.key(
                        key,
                        wrong.or_hint(if profile { "profiles stand below `profiles:`" } else { LISTED }),
                    );
                }
            }
        }
        if let Some((name, key, value)) = default
            && config.profile(&name).is_none()
        {
            let wrong = no_such_profile(&name, config.profiles.iter().map(|(name, _)| name.as_str()));
            self.value(key, value, wrong);
        }
        config
    }

    fn profiles(&mut self, key: &Key, value: &Node) -> Vec<(String, Section)> {
        let mut profiles = Vec::new();
        for (name, value) in self.mapping(key, value, "names of profiles") {
            let mut section = Section::default();
            for (key, value) in self.mapping(name, value, "settings") {
                match key.text.as_str() {
                    known if OWN.contains(&known) || SHARED.contains(&known) => {
                        self.setting(&mut section, key, value);
                    }
                    top if TOP.contains(&top) => {
                        self.key(key, Wrong::new(format!("`{top}` belongs at the top of the file")));
                    }
                    _ => {
                        let wrong = unknown(key, "setting of a profile", OWN.iter().chain(&SHARED));
                        self.key(key, wrong.or_hint(LISTED));
                    }
                }
            }
            match values::name(&name.text) {
                Ok(name) => profiles.push((name, section)),
                Err(wrong) => self.key(name, wrong),
            }
        }
        profiles
    }

    fn setting(&mut self, section: &mut Section, key: &Key, value: &Node) {
        let world = self.world;
        let credentials = &mut section.credentials;
        match key.text.as_str() {
            "server" => section.server = self.scalar(key, value, |text| world.server(text)),
            "auth" => credentials.inline = bare(self.list(key, value, values::auth)),
            "auth-file" => credentials.files = self.list(key, value, |text| world.path(text)),
            "auth-env" => credentials.variables = self.list(key, value, |text| world.variable(text)),
            "ask-auth" => credentials.asked = bare(self.list(key, value, values::ask)),
            "production" => section.production = self.scalar(key, value, values::truth),
            "read-only" => section.read_only = self.scalar(key, value, values::truth),
            "protected" => section.protected = bare(self.list(key, value, values::znode)),
            "prompt-color" => section.prompt_color = self.scalar(key, value, values::word),
            "aliases" => section.aliases = self.aliases(key, value),
            "connect-timeout" => section.connect_timeout = self.scalar(key, value, values::duration),
            "request-timeout" => section.request_timeout = self.scalar(key, value, values::duration),
            "session-timeout" => section.session_timeout = self.scalar(key, value, values::duration),
            "max-nodes" => section.max_nodes = self.scalar(key, value, values::number),
            "max-request" => section.max_request = self.scalar(key, value, values::number),
            "max-reply" => section.max_reply = self.scalar(key, value, values::number),
            "gentle" => section.gentle = self.scalar(key, value, values::truth),
            "allow-read-only-server" => {
                section.allow_read_only_server = self.scalar(key, value, values::truth);
            }
            "output" => section.output = self.scalar(key, value, values::word),
            "color" => section.color = self.scalar(key, value, values::word),
            "quiet" => section.quiet = self.scalar(key, value, values::truth),
            "pager" => section.pager = self.scalar(key, value, |text| Ok(text.to_owned())),
            "edit-mode" => section.edit_mode = self.scalar(key, value, values::word),
            "history-size" => section.history_size = self.scalar(key, value, values::number),
            "rc-file" => {
                let path = self.scalar(key, value, |text| world.path(text));
                section.rc_file = path.map(|path| (path, place(value.span.start)));
            }
            _ => {}
        }
    }

    fn aliases(&mut self, key: &Key, value: &Node) -> Vec<(String, String)> {
        let mut aliases = Vec::new();
        for (alias, value) in self.mapping(key, value, "words and what they stand for") {
            let words = self.scalar(alias, value, |text| match text.trim() {
                "" => Err(Wrong::new(format!("the alias `{}` stands for nothing", alias.text))),
                words => Ok(words.to_owned()),
            });
            match values::name(&alias.text) {
                Ok(name) => aliases.extend(words.map(|words| (name, words))),
                Err(wrong) => self.key(alias, wrong),
            }
        }
        aliases
    }

    /// The entries of a mapping; none where there is nothing, or something else.
    fn mapping<'n>(&mut self, key: &Key, value: &'n Node, of: &str) -> &'n [(Key, Node)] {
        match &value.value {
            Value::Map(entries) => {
                self.refuse_twins(entries);
                entries
            }
            Value::Null => &[],
            other => {
                let wrong = Wrong::new(format!("`{}` wants {of} below it, not {}", key.text, other.kind()));
                self.value(key, value, wrong);
                &[]
            }
        }
    }

    fn scalar<T>(
        &mut self,
        key: &Key,
        value: &Node,
        read: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let wrong = match &value.value {
            Value::Text(text) => match read(text) {
                Ok(value) => return Some(value),
                Err(wrong) => wrong,
            },
            Value::Null => {
                Wrong::new(format!("`{}` has no value", key.text)).hint("give it one, or take it out")
            }
            other => Wrong::new(format!("`{}` wants a text, not {}", key.text, other.kind())),
        };
        self.value(key, value, wrong);
        None
    }

    /// One text, or a list of them.
    fn list<T>(
        &mut self,
        key: &Key,
        value: &Node,
        read: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Vec<(T, Place)> {
        let items = match &value.value {
            Value::Null => return Vec::new(),
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(value),
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            list.extend(self.scalar(key, item, &read).map(|value| (value, place(item.span.start))));
        }
        list
    }

    fn refuse_twins(&mut self, entries: &[(Key, Node)]) {
        for (at, (key, _)) in entries.iter().enumerate() {
            let twin = entries.iter().take(at).find(|(other, _)| other.text == key.text);
            if let Some((twin, _)) = twin {
                let line = twin.span.start.line();
                self.key(key, Wrong::new(format!("`{}` is in line {line} already", key.text)));
            }
        }
    }

    fn key(&mut self, key: &Key, wrong: Wrong) {
        self.problems.push(Problem::key(self.text, key, wrong));
    }

    fn value(&mut self, key: &Key, value: &Node, wrong: Wrong) {
        let secret = key.text.contains("auth");
        self.problems.push(Problem::value(self.text, key, value, secret, wrong));
    }
}

fn bare<T>(list: Vec<(T, Place)>) -> Vec<T> {
    list.into_iter().map(|(value, _)| value).collect()
}

fn unknown<'a>(key: &Key, what: &str, known: impl Iterator<Item = &'a &'a str> + Clone) -> Wrong {
    let wrong = Wrong::new(format!("`{}` is no {what}", key.text.escape_debug()));
    // Other programs write `readOnly` and `read_only`.
    let mut typed = String::with_capacity(key.text.len() + 2);
    for c in key.text.chars() {
        if c.is_ascii_uppercase() && !typed.is_empty() {
            typed.push('-');
        }
        typed.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
    }
    match did_you_mean(&typed, known.clone().copied()) {
        Some(meant) => wrong.hint(format!("did you mean `{meant}`?")),
        None => wrong,
    }
}
