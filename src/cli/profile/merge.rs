//! From a configuration to the options that nobody gave.

use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::problem::{Problem, Wrong};
use super::read::no_such_profile;
use super::{Config, Profile, Section};
use crate::cli::{Globals, Source};
use crate::error::{Error, Kind, Result};

/// Where a value was said, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nowhere.
    Default,
    /// At the top of the file.
    File,
    /// In the profile.
    Profile,
    /// In a variable of the environment.
    Environment,
    /// On the command line.
    Line,
}

impl Origin {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Profile => "profile",
            Self::Environment => "environment",
            Self::Line => "line",
        }
    }
}

/// Which options were given, and where.
#[derive(Clone, Default)]
pub struct Given(ArgMatches);

/// What was matched may be secret.
impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given")
    }
}

impl Given {
    pub(in crate::cli) fn new(matches: ArgMatches) -> Self {
        Self(matches)
    }

    /// Where the option of this long name was given.
    pub fn origin(&self, option: &str) -> Origin {
        match self.0.value_source(&option.replace('-', "_")) {
            Some(ValueSource::CommandLine) => Origin::Line,
            Some(ValueSource::EnvVariable) => Origin::Environment,
            _ => Origin::Default,
        }
    }

    /// The values of an option, as they were typed on the command line.
    pub fn typed(&self, option: &str) -> Vec<String> {
        let values = self.0.try_get_raw(&option.replace('-', "_")).ok().flatten();
        let values = values.filter(|_| self.origin(option) == Origin::Line);
        values.into_iter().flatten().map(|value| value.to_string_lossy().into_owned()).collect()
    }
}

/// A configuration file beside the options that it is there to complete.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The file that was looked for; `None` where nothing says in which directory.
    pub file: Option<PathBuf>,
    /// Whether it is there.
    pub exists: bool,
    /// What it says, or what is wrong with it.
    pub config: Result<Config, Vec<Problem>>,
    /// The options as the command line and the environment say them.
    pub globals: Globals,
    /// Which of them were given.
    pub given: Given,
}

/// Options that a configuration has been put into.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The options, with the [`Profile`] among them.
    pub globals: Globals,
    pub(super) origins: Origins,
}

/// Where values are from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    pub(super) keys: Vec<(&'static str, Origin)>,
    /// For each path.
    pub(super) protected: Vec<Origin>,
    /// For each alias.
    pub(super) aliases: Vec<Origin>,
}

impl Configuration {
    /// The file's name, for messages.
    pub fn file(&self) -> String {
        self.file.as_ref().map_or_else(|| "the configuration".to_owned(), |file| file.display().to_string())
    }

    /// What the file says; where it is broken, the error that says so.
    pub fn config(&self) -> Result<&Config> {
        let problems = match &self.config {
            Ok(config) => return Ok(config),
            Err(problems) => problems.as_slice(),
        };
        let Some(first) = problems.first() else { return Err(Error::bug("a broken file without a problem")) };
        let error = Error::new(Kind::Config, format!("{}:{first}", self.file()));
        let error = first.hint.iter().fold(error, |error, hint| error.hint(hint));
        Err(match problems.len() - 1 {
            0 => error,
            more => error.hint(format!("there is more ({more}): `zkx profiles check` shows it all")),
        })
    }

    /// The name of the profile that the line, the environment or the file choose, and whether it was the
    /// line.
    fn choice<'a>(&'a self, config: &'a Config) -> Option<(&'a str, bool)> {
        let server = self.given.origin("server");
        // What is in memory needs no ensemble's credentials, nor its protection.
        let in_memory = server == Origin::Line && !matches!(self.globals.server, Source::Live(_));
        match (self.given.origin("profile"), self.globals.profile_name.as_deref()) {
            (Origin::Line, Some("")) => None,
            (Origin::Line, Some(name)) => Some((name, true)),
            (Origin::Environment, Some(name)) if !in_memory => Some((name, false)),
            _ if server == Origin::Default => config.default.as_deref().map(|name| (name, false)),
            _ => None,
        }
    }

    /// The profile that the line, the environment or the file choose.
    pub fn chosen(&self) -> Option<&str> {
        let config = self.config.as_ref().ok()?;
        self.choice(config).map(|(name, _)| name)
    }

    /// The options with what the file says put into them: with the profile of this name, as if it had been
    /// given on the command line, or else with the one that is chosen.
    ///
    /// A broken file is [`Kind::Config`], a profile that there is not [`Kind::Usage`].
    pub fn settle(&self, name: Option<&str>) -> Result<Settled> {
        let config = self.config()?;
        let choice = name.map(|name| (name, true)).or_else(|| self.choice(config));
        let profile = match choice {
            None => None,
            Some((name, _)) => Some(config.profile(name).ok_or_else(|| self.no_such_profile(config, name))?),
        };
        let mut merge = Merge {
            given: &self.given,
            profile,
            common: &config.common,
            insistent: choice.is_some_and(|(_, on_line)| on_line),
            origins: Origins::default(),
        };
        if let Some((_, on_line)) = choice {
            let chosen = if on_line { Origin::Line } else { self.given.origin("profile").max(Origin::File) };
            merge.origins.keys.push(("profile", chosen));
        }
        let mut globals = self.globals.clone();
        globals.profile = Profile { name: choice.map(|(name, _)| name.to_owned()), ..Profile::default() };
        merge.credentials(&mut globals);
        merge.options(&mut globals);
        merge.habits(&mut globals.profile);
        Ok(Settled { globals, origins: merge.origins })
    }

    fn no_such_profile(&self, config: &Config, name: &str) -> Error {
        if self.exists {
            let wrong = no_such_profile(name, config.profiles.iter().map(|(name, _)| name.as_str()));
            return wrong.error(Kind::Usage, &format!(" in {}", self.file()));
        }
        let why = match &self.file {
            Some(file) => format!(": {} does not exist", file.display()),
            None => ": neither XDG_CONFIG_HOME nor HOME says where profiles are".to_owned(),
        };
        Wrong::new(format!("there is no profile `{name}`")).error(Kind::Usage, &why)
    }
}

/// Takes the credentials of the line alone where there are any there: those of the environment are meant
/// for when it says nothing. Returns where they are from.
pub fn prefer_line(globals: &mut Globals, given: &Given) -> Origin {
    let origins = ["auth", "auth-file", "ask-auth"].map(|key| given.origin(key));
    let [auth, file, ask] = origins;
    let strongest = auth.max(file).max(ask);
    if auth < strongest {
        globals.auth.clear();
    }
    if file < strongest {
        globals.auth_file.clear();
    }
    if ask < strongest {
        globals.ask_auth.clear();
    }
    strongest
}

struct Merge<'a> {
    given: &'a Given,
    profile: Option<&'a Section>,
    common: &'a Section,
    /// The profile was named on the command line. Its servers and credentials then come before the
    /// environment's: they belong together, and nobody's credentials should get to other servers.
    insistent: bool,
    origins: Origins,
}

impl Merge<'_> {
    fn put<T>(&mut self, given: Origin, key: &'static str, slot: &mut T, of: impl Fn(&Section) -> Option<T>) {
        let limit = if self.insistent && key == "server" { Origin::Line } else { Origin::Environment };
        let profile = self.profile.and_then(&of).map(|value| (value, Origin::Profile));
        let written = profile.or_else(|| of(self.common).map(|value| (value, Origin::File)));
        let origin = match written {
            Some((value, origin)) if given < limit => {
                *slot = value;
                origin
            }
            _ => given,
        };
        self.origins.keys.push((key, origin));
    }

    fn option<T>(&mut self, key: &'static str, slot: &mut T, of: impl Fn(&Section) -> Option<T>) {
        self.put(self.given.origin(key), key, slot, of);
    }

    fn habit<T>(&mut self, key: &'static str, slot: &mut T, of: impl Fn(&Section) -> Option<T>) {
        self.put(Origin::Default, key, slot, of);
    }

    fn options(&mut self, globals: &mut Globals) {
        self.option("server", &mut globals.server, |section| section.server.clone());
        self.option("read-only", &mut globals.read_only, |section| section.read_only);
        self.option("connect-timeout", &mut globals.connect_timeout, |section| section.connect_timeout);
        self.option("request-timeout", &mut globals.request_timeout, |section| section.request_timeout);
        self.option("session-timeout", &mut globals.session_timeout, |section| section.session_timeout);
        self.option("max-nodes", &mut globals.max_nodes, |section| section.max_nodes.map(Some));
        self.option("max-request", &mut globals.max_request, |section| section.max_request);
        self.option("max-reply", &mut globals.max_reply, |section| section.max_reply);
        self.option("gentle", &mut globals.gentle, |section| section.gentle);
        self.option("allow-read-only-server", &mut globals.allow_read_only_server, |section| {
            section.allow_read_only_server
        });
        self.option("output", &mut globals.output, |section| section.output);
        self.option("color", &mut globals.color, |section| section.color);
        self.option("quiet", &mut globals.quiet, |section| section.quiet);
    }

    fn habits(&mut self, profile: &mut Profile) {
        self.habit("production", &mut profile.production, |section| section.production);
        self.habit("prompt-color", &mut profile.prompt_color, |section| section.prompt_color.map(Some));
        self.habit("pager", &mut profile.pager, |section| section.pager.clone().map(Some));
        self.habit("edit-mode", &mut profile.edit_mode, |section| section.edit_mode);
        self.habit("history-size", &mut profile.history_size, |section| section.history_size.map(Some));
        self.habit("rc-file", &mut profile.rc_file, |section| {
            section.rc_file.as_ref().map(|(file, _)| Some(file.clone()))
        });
        // These two add up.
        let sections = [Some((self.common, Origin::File)), self.profile.map(|own| (own, Origin::Profile))];
        for (section, origin) in sections.into_iter().flatten() {
            for path in &section.protected {
                if !profile.protected.contains(path) {
                    profile.protected.push(path.clone());
                    self.origins.protected.push(origin);
                }
            }
            for (word, meaning) in &section.aliases {
                if let Some(at) = profile.aliases.iter().position(|(known, _)| known == word) {
                    profile.aliases.remove(at);
                    self.origins.aliases.remove(at);
                }
                profile.aliases.push((word.clone(), meaning.clone()));
                self.origins.aliases.push(origin);
            }
        }
    }

    /// They are taken or left together.
    fn credentials(&mut self, globals: &mut Globals) {
        let limit = if self.insistent { Origin::Line } else { Origin::Environment };
        let given = prefer_line(globals, self.given);
        let own = self.profile.map(|section| &section.credentials).filter(|own| !own.is_empty());
        let origin = match own {
            Some(own) if given < limit => {
                globals.auth.clone_from(&own.inline);
                globals.auth_file = own.files.iter().map(|(file, _)| file.clone()).collect();
                globals.auth_env = own.variables.iter().map(|(variable, _)| variable.clone()).collect();
                globals.ask_auth.clone_from(&own.asked);
                Origin::Profile
            }
            _ => given,
        };
        self.origins.keys.push(("auth", origin));
    }
}
