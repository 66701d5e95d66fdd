//! The command line: global options, and a command of [`crate::command`].

mod argv;
pub mod complete;
mod line;
pub mod profile;
mod refusal;
mod source;

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches, Parser, ValueEnum};

use argv::{Normal, normalise};
pub use line::OnALine;
use profile::{Ask, Configuration, Given, Profile, Variable};
use refusal::tidy;
pub use source::Source;

use crate::client::Auth;
use crate::command::Command;
use crate::render::Format;

/// A command line, read.
#[derive(Debug)]
pub struct Cli {
    /// Options that every command has.
    pub globals: Globals,
    /// Which of them were given, and where.
    pub given: Given,
    /// Goes on after an error, in lines that are read.
    pub keep_going: bool,
    /// What to do; the shell, or the lines of standard input, if it is nothing.
    pub command: Option<Command>,
}

/// See, change and watch the znodes of a ZooKeeper ensemble
#[derive(Debug, Parser)]
#[command(name = "zkx", version, max_term_width = 100, args_override_self = true)]
#[command(
    after_help = "Without a command: the shell, or, when standard input is no terminal, the lines that it has.\n\n\
    Exit codes: 0 done, 1 the server said no, 2 usage, 5 no connection, 6 not authorised,\n\
    7 the outcome of a write is unknown, 8 conflict. `zkx help COMMAND` says more of a command."
)]
struct Root {
    #[command(flatten)]
    globals: Globals,

    /// Go on after an error, in the lines of standard input
    #[arg(long, env = "ZKX_KEEP_GOING", value_parser = clap::builder::FalseyValueParser::new())]
    keep_going: bool,
}

/// The whole command line: every command, with its options and its help.
pub fn definition() -> clap::Command {
    with_commands(Root::command())
}

/// The global options. Variables of the environment for which `absent` is true are not looked at.
fn root(absent: &dyn Fn(&str) -> bool) -> clap::Command {
    Root::command().mut_args(|arg| match arg.get_env().and_then(|name| name.to_str()) {
        Some(name) if absent(name) => arg.env(None::<&str>),
        _ => arg,
    })
}

fn with_commands(root: clap::Command) -> clap::Command {
    let commands = Command::NAMES.iter().filter_map(|name| Command::definition(name));
    root.subcommands(commands).subcommand(Sandbox::augment_args(clap::Command::new(SANDBOX)))
}

const SANDBOX: &str = "sandbox";

/// Open a shell, or run a command, on a small world in memory, to learn and to try
///
/// A Kafka cluster with old consumers, an application's configuration, its workers and its locks.
/// Nothing is kept: every call finds the world as it was.
#[derive(Debug, clap::Args)]
struct Sandbox {
    /// The command, like `tree /`; the shell if there is none
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Cli {
    /// Reads a command line, the program's name first. Variables of the environment for which
    /// `absent` is true are not looked at.
    pub fn parse(
        args: impl IntoIterator<Item = OsString>,
        absent: &dyn Fn(&str) -> bool,
    ) -> Result<Self, clap::Error> {
        let first = root(absent);
        let Normal { args, command } = normalise(args, &first);
        // To define every command costs more than all else that happens before the first byte to
        // the server (0.9 of 1.6 million instructions); the one that is named is enough, unless
        // there is something to explain.
        let name = command.and_then(|at| args.get(at)?.to_str());
        if let (Some(SANDBOX), Some(at)) = (name, command)
            && !matches!(args.get(at + 1).and_then(|arg| arg.to_str()), Some("-h" | "--help"))
        {
            let words = ["--server".into(), Source::SANDBOX.into()];
            let inside = args.iter().take(at).cloned().chain(words).chain(args.iter().skip(at + 1).cloned());
            return Self::parse(inside.collect::<Vec<_>>(), absent);
        }
        if let Some(command) = name.and_then(Command::definition)
            && let Ok(cli) = Self::read(first.subcommand(command), &args)
        {
            return Ok(cli);
        }
        if name.is_none()
            && let Ok(cli) = Self::read(root(absent), &args)
        {
            return Ok(cli);
        }
        Self::read(with_commands(root(absent)), &args).map_err(tidy)
    }

    fn read(definition: clap::Command, args: &[OsString]) -> Result<Self, clap::Error> {
        // Freed with the process: taking it to pieces is a sixth of the start.
        let mut definition = ManuallyDrop::new(definition);
        let matches = definition.try_get_matches_from_mut(args)?;
        let Root { globals, keep_going } = Root::from_arg_matches(&matches)?;
        let command = match matches.subcommand() {
            Some((name, command)) => Some(Command::read(name, command)?),
            None => None,
        };
        Ok(Self { globals, given: Given::new(matches), keep_going, command })
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Options that every command has.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Servers, like host:2181,host:2181/chroot, or mem:FILE for an ensemble in memory (before the
    /// command also -s)
    #[arg(long, global = true, value_name = "SERVERS", env = "ZKX_SERVER", default_value = "localhost:2181",
          value_parser = source::parse, hide_default_value = true)]
    pub server: Source,

    /// Take servers, credentials and settings from this profile of the configuration file
    #[arg(id = "profile", long, global = true, value_name = "PROFILE", env = "ZKX_PROFILE")]
    pub profile_name: Option<String>,

    /// Configuration file [default: ~/.config/zkx/config.yaml]
    #[arg(id = "config", long, global = true, value_name = "FILE", env = "ZKX_CONFIG")]
    pub config_file: Option<PathBuf>,

    /// Credentials as SCHEME:SECRET, like digest:USER:PASSWORD; may be given more than once. Others see
    /// them in the list of processes: the next two options, ZKX_AUTH and profiles keep them secret
    #[arg(long, global = true, value_name = "AUTH", env = "ZKX_AUTH", hide_env_values = true, value_parser = auth)]
    pub auth: Vec<Auth>,

    /// File with credentials, one a line, that nobody else may read
    #[arg(long, global = true, value_name = "FILE", env = "ZKX_AUTH_FILE")]
    pub auth_file: Vec<PathBuf>,

    /// Ask on the terminal for credentials, or for the password of somebody like digest:USER
    #[arg(long, global = true, value_name = "SCHEME:USER", env = "ZKX_ASK_AUTH", value_parser = Ask::parse,
          num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub ask_auth: Vec<Ask>,

    /// Variables of the environment to take credentials from; a profile names them.
    #[arg(skip)]
    pub auth_env: Vec<Variable>,

    /// What the configuration file says that no option does.
    #[arg(skip)]
    pub profile: Profile,

    /// The configuration file, where there is one.
    #[arg(skip)]
    pub configuration: Option<Arc<Configuration>>,

    /// Format of the answer
    #[arg(
        short = 'o',
        long,
        global = true,
        value_enum,
        env = "ZKX_OUTPUT",
        default_value_t,
        hide_default_value = true
    )]
    pub output: Format,

    /// Refuse every write before it is sent
    #[arg(long, global = true, env = "ZKX_READ_ONLY", value_parser = clap::builder::FalseyValueParser::new())]
    pub read_only: bool,

    /// Say what a command would change, and change nothing
    #[arg(long, global = true, env = "ZKX_DRY_RUN", value_parser = clap::builder::FalseyValueParser::new())]
    pub dry_run: bool,

    /// Answer questions with yes
    #[arg(short = 'y', long, global = true, env = "ZKX_YES", value_parser = clap::builder::FalseyValueParser::new())]
    pub yes: bool,

    /// The most znodes a recursive change may touch [with --yes: 10000]
    #[arg(long, global = true, value_name = "N", env = "ZKX_MAX_NODES")]
    pub max_nodes: Option<usize>,

    /// Show digests instead of masking them
    #[arg(long, global = true, env = "ZKX_SHOW_SECRETS", value_parser = clap::builder::FalseyValueParser::new())]
    pub show_secrets: bool,

    /// Time to find a server that answers
    #[arg(long, global = true, value_name = "TIME", env = "ZKX_CONNECT_TIMEOUT", default_value = "5s", value_parser = duration)]
    pub connect_timeout: Duration,

    /// Time for the answer to one request
    #[arg(long, global = true, value_name = "TIME", env = "ZKX_REQUEST_TIMEOUT", default_value = "15s", value_parser = duration)]
    pub request_timeout: Duration,

    /// Session timeout to ask for
    #[arg(long, global = true, value_name = "TIME", env = "ZKX_SESSION_TIMEOUT", default_value = "30s", value_parser = duration)]
    pub session_timeout: Duration,

    /// Read trees slowly, a little at a time, for a server that others need
    #[arg(long, global = true, env = "ZKX_GENTLE", value_parser = clap::builder::FalseyValueParser::new())]
    pub gentle: bool,

    /// Take a server that lost its quorum, for reading
    #[arg(long, global = true, env = "ZKX_ALLOW_READ_ONLY_SERVER", value_parser = clap::builder::FalseyValueParser::new())]
    pub allow_read_only_server: bool,

    /// The servers' jute.maxbuffer: larger requests are not sent
    #[arg(long, global = true, value_name = "BYTES", env = "ZKX_MAX_REQUEST", default_value_t = 1_048_575)]
    pub max_request: usize,

    /// Larger answers are refused
    #[arg(long, global = true, value_name = "BYTES", env = "ZKX_MAX_REPLY", default_value_t = 256 << 20)]
    pub max_reply: usize,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        env = "ZKX_COLOR",
        default_value_t,
        hide_default_value = true
    )]
    pub color: ColorChoice,

    /// Print no notes, only warnings and errors
    #[arg(short = 'q', long, global = true, env = "ZKX_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub quiet: bool,
}

fn auth(text: &str) -> Result<Auth, String> {
    // The text is a secret: clap must not be given it back.
    Auth::parse(text).ok_or_else(|| "not of the form SCHEME:SECRET, like digest:USER:PASSWORD".into())
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if !time.is_zero() => Ok(time),
        Ok(_) => Err("no time at all".into()),
        Err(_) => Err("not a time: write it with a unit, like 500ms, 5s, 2m".into()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_is_sound() {
        super::definition().debug_assert();
    }
}
