//! From the words of a statement to the arguments of a command: paths made absolute, globs expanded.
//!
//! Which words are paths is said by the command's own definition: they are read as [`ZPath`] or
//! [`NewPath`].

use std::any::TypeId;
use std::ffi::OsString;

use clap::builder::ValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction};

use super::grammar::Word;
use super::{glob, paths};
use crate::command::NewPath;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::znode::ZPath;
use crate::znode::text::thousands;

/// Where paths begin, and what globs may cost.
pub struct Scene<'a> {
    /// The znodes that globs look at.
    pub store: &'a dyn Store,
    /// The current directory.
    pub cwd: &'a ZPath,
    /// The most znodes, and the most calls of a command, that one statement may stand for.
    pub cap: usize,
}

/// What a statement comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// For each call of the command its arguments, without its name; one call where there is no glob.
    pub runs: Vec<Vec<OsString>>,
    /// How many znodes globs have found; `None` where there is no glob to find any.
    pub matched: Option<usize>,
    /// Znodes that globs could not look into.
    pub unreadable: Vec<ZPath>,
}

/// Which words of a statement are paths, as far as a command's definition tells. Made once a command.
#[derive(Clone, Debug)]
pub struct Shape {
    positionals: Vec<Positional>,
    options: Vec<Named>,
    /// Nothing in the definition is out of the ordinary: words can be told apart without clap.
    ordinary: bool,
    /// The definition with no demands on values.
    permissive: clap::Command,
}

/// Which znodes an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Such as are there.
    Existing,
    /// One that is still to be.
    New,
}

impl Names {
    /// Of an argument; `None` for one that is no path.
    pub fn of(arg: &Arg) -> Option<Self> {
        let read_as = arg.get_value_parser().type_id();
        if !arg.get_action().takes_values() {
            None
        } else if read_as == TypeId::of::<ZPath>() {
            Some(Self::Existing)
        } else if read_as == TypeId::of::<NewPath>() {
            Some(Self::New)
        } else {
            None
        }
    }
}

#[derive(Clone, Debug)]
struct Positional {
    id: String,
    names: Option<Names>,
    /// Takes more than one value.
    many: bool,
    /// Is the root when it is not given, or for the shell the current directory.
    defaults: bool,
}

#[derive(Clone, Debug)]
struct Named {
    id: String,
    short: Vec<char>,
    long: Vec<String>,
    takes_value: bool,
    names: Option<Names>,
    many: bool,
}

/// A word that is a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Which word.
    word: usize,
    names: Names,
    many: bool,
}

impl Ord for Names {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (*self as u8).cmp(&(*other as u8))
    }
}

impl PartialOrd for Names {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The paths of a statement, and whether the one that is first by default is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    places: Vec<Place>,
    defaults: bool,
}

impl Shape {
    /// That of a command with this definition, which has every option that may stand among its words.
    pub fn new(definition: clap::Command) -> Self {
        let many = |arg: &Arg| {
            let values = arg.get_num_args().is_some_and(|range| range.max_values() > 1);
            values || matches!(arg.get_action(), ArgAction::Append)
        };
        let positional = |arg: &Arg| Positional {
            id: arg.get_id().to_string(),
            names: Names::of(arg),
            many: many(arg),
            defaults: Names::of(arg).is_some() && !arg.get_default_values().is_empty(),
        };
        let named = |arg: &Arg| Named {
            id: arg.get_id().to_string(),
            short: arg.get_short_and_visible_aliases().unwrap_or_default(),
            long: arg
                .get_long_and_visible_aliases()
                .unwrap_or_default()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            takes_value: arg.get_action().takes_values(),
            names: Names::of(arg),
            many: many(arg),
        };
        let ordinary = definition.get_arguments().all(|arg| {
            let one = arg.get_num_args().is_none_or(|range| range == 0.into() || range == 1.into());
            one && !arg.is_last_set()
                && !arg.is_trailing_var_arg_set()
                && !arg.is_allow_hyphen_values_set()
                && !arg.is_require_equals_set()
        });
        Self {
            positionals: definition.get_positionals().map(positional).collect(),
            options: definition.get_opts().map(named).chain(flags(&definition).map(named)).collect(),
            ordinary,
            permissive: definition.mut_args(|arg| {
                let takes_values = arg.get_action().takes_values();
                if takes_values { arg.value_parser(ValueParser::os_string()) } else { arg }
            }),
        }
    }

    /// The arguments that `words`, those behind the command's name, stand for.
    ///
    /// What the definition cannot read is left as it is: reading it for good says what is wrong. A path
    /// in one word with its option, like `--root=x`, is left too.
    pub async fn arguments(&self, words: &[Word], scene: &Scene<'_>) -> Result<Arguments> {
        let found = self.quickly(words).or_else(|| self.by_clap(words)).unwrap_or_default();
        let mut arguments =
            Arguments { runs: vec![Vec::with_capacity(words.len() + 1)], ..Arguments::default() };
        let mut places = found.places.iter().peekable();
        for (at, word) in words.iter().enumerate() {
            match places.next_if(|place| place.word == at) {
                Some(place) => {
                    let paths = scene.paths(word, place.names, &mut arguments).await?;
                    arguments.extend(paths, place.many, scene.cap)?;
                }
                None => arguments.push(&word.text),
            }
        }
        if found.defaults && !scene.cwd.is_root() {
            arguments.push(scene.cwd);
        }
        Ok(arguments)
    }

    /// Tells the words apart as far as that is plain.
    fn quickly(&self, words: &[Word]) -> Option<Found> {
        if !self.ordinary {
            return None;
        }
        let mut found = Found::default();
        let mut positionals = self.positionals.iter();
        let mut words = words.iter().enumerate();
        let mut behind_dashes = false;
        while let Some((at, word)) = words.next() {
            let text = word.text.as_str();
            if text == "--" && !behind_dashes {
                behind_dashes = true;
            } else if text.starts_with('-') && text.len() > 1 && !behind_dashes {
                let Some(option) = self.option(text)? else { continue };
                let (at, _) = words.next().filter(|(_, word)| !word.text.starts_with('-'))?;
                found.places.extend(option.names.map(|names| Place { word: at, names, many: option.many }));
            } else {
                let positional = positionals.next()?;
                found.places.extend(positional.names.map(|names| Place { word: at, names, many: false }));
            }
        }
        let first = self.positionals.first().is_some_and(|first| first.defaults);
        found.defaults = first && positionals.len() == self.positionals.len();
        Some(found)
    }

    /// The option among those in `text` whose value is the next word; `None` if none wants one. Nothing
    /// at all for what is not known.
    fn option(&self, text: &str) -> Option<Option<&Named>> {
        if let Some(long) = text.strip_prefix("--") {
            let (name, value) =
                long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let option = self.options.iter().find(|option| option.long.iter().any(|long| long == name))?;
            return match (option.takes_value, value) {
                (false, Some(_)) => None,
                (true, None) => Some(Some(option)),
                _ => Some(None),
            };
        }
        let mut letters = text.chars().skip(1);
        while let Some(letter) = letters.next() {
            let option = self.options.iter().find(|option| option.short.contains(&letter))?;
            if option.takes_value {
                return Some(letters.next().is_none().then_some(option));
            }
        }
        Some(None)
    }

    /// Has clap tell the words apart. Nothing, when it cannot read them.
    ///
    /// It is given numbers instead of them, for it does not say where a value stood.
    fn by_clap(&self, words: &[Word]) -> Option<Found> {
        let dashes = words.iter().position(|word| word.text == "--").unwrap_or(words.len());
        let numbered = words.iter().enumerate().map(|(at, word)| match word.text.strip_prefix('-') {
            Some(option) if at <= dashes && !option.is_empty() => word.text.clone(),
            _ => format!("\0{at}"),
        });
        let name = self.permissive.get_name().to_owned();
        let matches =
            self.permissive.clone().try_get_matches_from(std::iter::once(name).chain(numbered)).ok()?;
        let positionals = self.positionals.iter().map(|arg| (&arg.id, arg.names, arg.many));
        let options = self.options.iter().map(|arg| (&arg.id, arg.names, arg.many));
        let mut found = Found::default();
        for (id, names, many) in positionals.chain(options) {
            let Some((names, values)) = names.zip(matches.get_raw(id)) else { continue };
            let numbers = values.filter_map(|value| value.to_str()?.strip_prefix('\0')?.parse().ok());
            found.places.extend(numbers.map(|word| Place { word, names, many }));
        }
        found.places.sort_unstable();
        let defaults = |arg: &Positional| {
            arg.defaults && matches.value_source(&arg.id) == Some(ValueSource::DefaultValue)
        };
        found.defaults = self.positionals.first().is_some_and(defaults);
        Some(found)
    }
}

/// Options without values.
fn flags(definition: &clap::Command) -> impl Iterator<Item = &Arg> {
    definition.get_arguments().filter(|arg| !arg.is_positional() && !arg.get_action().takes_values())
}

impl Scene<'_> {
    /// The paths that a word stands for.
    async fn paths(&self, word: &Word, names: Names, arguments: &mut Arguments) -> Result<Vec<ZPath>> {
        match names {
            Names::Existing if word.glob => {
                let found = glob::expand(self.store, self.cwd, word.pattern(), self.cap).await?;
                if let Some(matched) = found.matched {
                    *arguments.matched.get_or_insert(0) += matched;
                }
                arguments.unreadable.extend(found.unreadable);
                Ok(found.paths)
            }
            Names::Existing => Ok(vec![paths::resolve(self.cwd, &word.path())?]),
            Names::New if word.glob => glob::new_paths(self.cwd, word.pattern(), self.cap),
            Names::New => Ok(vec![paths::resolve_new(self.cwd, &word.path())?]),
        }
    }
}

impl Arguments {
    /// Gives every call one more argument.
    fn push(&mut self, text: &str) {
        self.runs.iter_mut().for_each(|run| run.push(text.into()));
    }

    /// Gives every call all of `paths`, or one of them, and so makes more calls.
    fn extend(&mut self, paths: Vec<ZPath>, many: bool, cap: usize) -> Result<()> {
        if many || paths.len() == 1 {
            paths.iter().for_each(|path| self.push(path));
            return Ok(());
        }
        if self.runs.len().saturating_mul(paths.len()) > cap {
            let what = format!("this stands for more than {} calls", thousands(cap));
            return Err(Error::usage(what).hint("do it in smaller parts"));
        }
        let with = |run: &Vec<OsString>, path: &ZPath| {
            let mut run = run.clone();
            run.push(path.as_str().into());
            run
        };
        self.runs = self.runs.iter().flat_map(|run| paths.iter().map(move |path| with(run, path))).collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
