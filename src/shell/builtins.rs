//! The words that only the shell knows, each defined once for reading, help and completion.

use std::time::Duration;

use clap::{ArgMatches, Args};

macro_rules! builtins {
    ($($variant:ident($args:ty) $name:literal $($alias:literal)*;)*) => {
        /// What only the shell can do.
        #[derive(Debug)]
        #[expect(dead_code, reason = "some have no arguments")]
        pub(super) enum Builtin {
            $($variant($args),)*
        }

        impl Builtin {
            /// All of them, without aliases.
            pub(super) const NAMES: &[&str] = &[$($name),*];

            /// The definition of the one with this name or alias.
            pub(super) fn definition(name: &str) -> Option<clap::Command> {
                match name {
                    $($name $(| $alias)* => {
                        let command = clap::Command::new($name)$(.alias($alias))*;
                        Some(<$args as Args>::augment_args(command))
                    })*
                    _ => None,
                }
            }

            /// Reads the arguments of the one with this name, as its definition matched them.
            pub(super) fn read(name: &str, matches: &ArgMatches) -> Result<Self, clap::Error> {
                match name {
                    $($name => <$args as clap::FromArgMatches>::from_arg_matches(matches).map(Self::$variant),)*
                    _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
                }
            }
        }
    };
}

builtins! {
    Cd(Cd) "cd";
    Pwd(Pwd) "pwd";
    Help(Help) "help" "?";
    Quit(Quit) "quit" "exit";
    Connect(Connect) "connect";
    Close(Close) "close";
    Session(Session) "session";
    AddAuth(AddAuth) "addauth";
    Begin(Begin) "begin";
    Check(Check) "check";
    Commit(Commit) "commit";
    Abort(Abort) "abort";
    Watches(Watches) "watches";
    RemoveWatches(RemoveWatches) "removewatches";
    PrintWatches(PrintWatches) "printwatches";
    History(History) "history";
    Redo(Redo) "redo";
    Alias(Alias) "alias";
    Unalias(Unalias) "unalias";
    Source(Source) "source";
    Every(Every) "every";
    Time(Time) "time";
    Edit(Edit) "edit";
}

/// Go to a znode; paths that do not begin with `/` then start there
#[derive(Debug, Args)]
pub(super) struct Cd {
    /// The znode; `-` is the one before, nothing is `/`
    #[arg(value_name = "PATH")]
    pub(super) path: Option<String>,
}

/// Show the current znode
#[derive(Debug, Args)]
pub(super) struct Pwd {}

/// List the commands, or explain one
#[derive(Debug, Args)]
pub(super) struct Help {
    /// The command
    pub(super) command: Option<String>,
}

/// Leave
#[derive(Debug, Args)]
pub(super) struct Quit {}

/// Leave the session and open one on other servers
#[derive(Debug, Args)]
pub(super) struct Connect {
    /// Like host:2181,host:2181/chroot, mem: or mem:FILE; nothing means the servers of before
    #[arg(value_name = "SERVERS")]
    pub(super) servers: Option<String>,
}

/// End the session; its ephemerals go with it
#[derive(Debug, Args)]
pub(super) struct Close {}

/// Show the session: its id, its server, its timeout, its identities, its ephemerals
#[derive(Debug, Args)]
pub(super) struct Session {}

/// Add an identity to the session
#[derive(Debug, Args)]
pub(super) struct AddAuth {
    /// Like digest
    pub(super) scheme: String,
    /// Like USER:PASSWORD; asked for if not given
    pub(super) auth: Option<String>,
}

/// Begin a transaction: what is created, set and deleted from here is done by `commit`, all or nothing
#[derive(Debug, Args)]
pub(super) struct Begin {}

/// Make a transaction depend on a znode, and on its version
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The znode
    #[arg(value_name = "PATH")]
    pub(super) path: String,
    /// The version that its data must have; any if not given
    #[arg(allow_negative_numbers = true)]
    pub(super) version: Option<i32>,
}

/// Do what the transaction holds, all or nothing
#[derive(Debug, Args)]
pub(super) struct Commit {}

/// Forget what the transaction holds
#[derive(Debug, Args)]
pub(super) struct Abort {}

/// List the watches that are set
#[derive(Debug, Args)]
pub(super) struct Watches {}

/// Take watches away
#[derive(Debug, Args)]
pub(super) struct RemoveWatches {
    /// Those on its children alone
    #[arg(short = 'c', conflicts_with_all = ["data", "all"])]
    pub(super) children: bool,
    /// Those on its data, or on whether it is there, alone
    #[arg(short = 'd', conflicts_with = "all")]
    pub(super) data: bool,
    /// All of them, as without this
    #[arg(short = 'a')]
    pub(super) all: bool,
    /// Without asking the server: accepted for zkCli's sake, for watches are taken away here first
    #[arg(short = 'l', hide = true)]
    pub(super) local: bool,
    /// The znode; all of them if not given
    #[arg(value_name = "PATH")]
    pub(super) path: Option<String>,
}

/// Show what watches report, or stay silent
#[derive(Debug, Args)]
pub(super) struct PrintWatches {
    /// Shows the setting if not given
    pub(super) state: Option<Switch>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Switch {
    /// Show them
    On,
    /// Be silent
    Off,
}

/// List what was typed
#[derive(Debug, Args)]
pub(super) struct History {
    /// The last so many lines
    #[arg(default_value_t = 20)]
    pub(super) count: usize,
}

/// Do again what was typed
#[derive(Debug, Args)]
pub(super) struct Redo {
    /// Its number in the history; the last line if not given
    pub(super) number: Option<usize>,
}

/// Give a line a short name, or list those that have one
#[derive(Debug, Args)]
pub(super) struct Alias {
    /// The name
    pub(super) name: Option<String>,
    /// What it stands for
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) line: Vec<String>,
}

/// Take a short name away
#[derive(Debug, Args)]
pub(super) struct Unalias {
    /// The name
    pub(super) name: String,
}

/// Run the lines of a file
#[derive(Debug, Args)]
pub(super) struct Source {
    /// The file
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) file: std::path::PathBuf,
    /// Go on after an error
    #[arg(long)]
    pub(super) keep_going: bool,
}

/// Run a line again and again, until Ctrl-C
#[derive(Debug, Args)]
pub(super) struct Every {
    /// The pause in between, like 2s
    #[arg(value_name = "TIME", value_parser = interval)]
    pub(super) pause: Duration,
    /// The line
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) line: Vec<String>,
}

/// zkCli users and others write 2 as well as 2s.
fn interval(text: &str) -> Result<Duration, String> {
    let time = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => humantime::parse_duration(text).ok(),
    };
    time.filter(|time| !time.is_zero()).ok_or_else(|| "not a time: write it like 2s or 500ms".to_owned())
}

/// Run a line and show how long it took
#[derive(Debug, Args)]
pub(super) struct Time {
    /// The line
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) line: Vec<String>,
}

/// Change the data of a znode in an editor ($VISUAL, $EDITOR, vi)
///
/// What is saved is set only if nobody else has changed the znode meanwhile.
#[derive(Debug, Args)]
pub(super) struct Edit {
    /// The znode
    #[arg(value_name = "PATH")]
    pub(super) path: String,
}
