//! The commands, each defined once for the command line, the shell and scripts alike.
//!
//! A command is a file with its arguments and a short `run`, and a word in the table below. It
//! knows a store and an [`Out`](crate::view::Out); never a terminal, a format or the environment.

mod apply;
mod aside;
mod completions;
mod context;
mod create;
mod delete;
mod deleteall;
mod exists;
mod failure;
mod get;
mod get_acl;
mod input;
mod kafka;
mod lock;
mod ls;
mod plan;
mod profiles;
mod run;
mod server;
mod set;
mod set_acl;
mod single;
mod stat;
mod sync;
mod tree;
mod txn;
mod wait;
mod watch;
mod whoami;

use clap::ArgMatches;
use futures_util::future::BoxFuture;

pub use apply::explain as not_applied;
pub use completions::Shell;
pub use context::{Armed, Asker, Background, Context, Nobody, Progress, Report, Settings, WatchedPart};
pub use create::NewPath;
pub use failure::{Nearest, error as failed, nearest};
pub use get_acl::masked;
pub use input::{opened, regular_file};
pub use lock::{held as lock_held, holder_name, needed as needed_for_lock};
pub use plan::not_planned;
pub use profiles::Configured;
pub use run::Run;

pub use single::Single;

use crate::client::ConnectString;
use crate::error::Result;
use crate::znode::ZPath;

/// Work that lies apart: a file that the shell reads may read another, and so on, and what all commands
/// together need is not to lie on the stack once for each.
#[inline(never)]
fn apart<'c, W: Future<Output = Result<()>> + Send + 'c>(
    work: impl FnOnce() -> W,
) -> BoxFuture<'c, Result<()>> {
    Box::pin(work())
}

macro_rules! commands {
    ($($variant:ident($args:ty) $name:literal $($alias:literal)*;)*) => {
        /// What zkx can do.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "each is documented where its arguments are")]
        pub enum Command {
            $($variant($args),)*
        }

        impl Command {
            /// The names of all commands, without aliases.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The definition of the command with this name or alias.
            pub fn definition(name: &str) -> Option<clap::Command> {
                match name {
                    $($name $(| $alias)* => {
                        let command = clap::Command::new($name)$(.alias($alias))*;
                        Some(<$args as clap::Args>::augment_args(command))
                    })*
                    _ => None,
                }
            }

            /// Reads the arguments of the command with this name, as its definition matched them.
            pub fn read(name: &str, matches: &ArgMatches) -> Result<Self, clap::Error> {
                match name {
                    $($name => <$args as clap::FromArgMatches>::from_arg_matches(matches).map(Self::$variant),)*
                    _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
                }
            }

            /// Does it.
            pub fn run<'c>(self, cx: &'c Context<'_>) -> BoxFuture<'c, Result<()>> {
                match self {
                    $(Self::$variant(args) => apart(move || args.run(cx)),)*
                }
            }
        }
    };
}

// Names are zkCli's where it has the command; aliases are those of its older versions.
commands! {
    Ls(ls::Ls) "ls";
    Ls2(ls::Ls2) "ls2";
    Tree(tree::Tree) "tree";
    Get(get::Get) "get";
    Stat(stat::StatCommand) "stat";
    Exists(exists::Exists) "exists";
    Watch(watch::Watch) "watch";
    AddWatch(watch::AddWatch) "addWatch" "addwatch";
    Create(create::Create) "create";
    Set(set::Set) "set";
    Delete(delete::Delete) "delete";
    DeleteAll(deleteall::DeleteAll) "deleteall" "rmr";
    GetAcl(get_acl::GetAcl) "getAcl" "getacl";
    SetAcl(set_acl::SetAcl) "setAcl" "setacl";
    Sync(sync::Sync) "sync";
    WhoAmI(whoami::WhoAmI) "whoami";
    Plan(plan::PlanCommand) "plan";
    Apply(apply::Apply) "apply";
    Wait(wait::Wait) "wait";
    Txn(txn::Txn) "txn";
    Lock(lock::LockCommand) "lock";
    Kafka(kafka::Kafka) "kafka";
    Run(run::Run) "run";
    Server(server::Server) "server";
    Completions(completions::Completions) "completions";
    Profiles(profiles::Profiles) "profiles";
}

impl Command {
    /// Whether it changes znodes.
    pub fn writes(&self) -> bool {
        if let Self::Kafka(kafka) = self {
            return kafka.writes();
        }
        matches!(
            self,
            Self::Create(_)
                | Self::Set(_)
                | Self::Delete(_)
                | Self::DeleteAll(_)
                | Self::SetAcl(_)
                | Self::Apply(_)
                | Self::Txn(_)
                | Self::Lock(_)
        )
    }

    /// The znode that it is about, where a line of the shell may stand for several commands of the kind.
    pub fn path(&self) -> Option<&ZPath> {
        match self {
            Self::Ls(ls) => Some(ls.path()),
            Self::Ls2(ls) => Some(ls.path()),
            Self::Get(get) => Some(get.path()),
            Self::Stat(stat) => Some(stat.path()),
            Self::Exists(exists) => Some(exists.path()),
            Self::GetAcl(get) => Some(get.path()),
            Self::Set(set) => Some(set.path()),
            Self::Delete(delete) => Some(delete.path()),
            Self::DeleteAll(delete) => Some(delete.path()),
            Self::SetAcl(set) => Some(set.path()),
            _ => None,
        }
    }

    /// Whether it goes on until it is stopped, or may: its answer is to be shown as it comes.
    pub fn waits(&self) -> bool {
        match self {
            Self::Watch(_) | Self::AddWatch(_) | Self::Wait(_) | Self::Lock(_) | Self::Server(_) => true,
            Self::Kafka(kafka) => kafka.waits(),
            Self::Create(create) => create.holds(),
            _ => false,
        }
    }

    /// Whether it has no place in a script: it waits, runs scripts, or is about this zkx.
    pub fn is_for_no_script(&self) -> bool {
        self.waits() || matches!(self, Self::Run(_) | Self::Completions(_) | Self::Profiles(_))
    }

    /// Whether it asks something whose answer may be no: outside of the shell its exit code says so.
    pub fn asks(&self) -> bool {
        matches!(self, Self::Exists(_))
    }

    /// Whether it reads standard input to its end.
    pub fn reads_input(&self) -> bool {
        match self {
            Self::Create(create) => create.reads_input(),
            Self::Set(set) => set.reads_input(),
            Self::Txn(txn) => txn.reads_input(),
            Self::Plan(plan) => plan.reads_input(),
            Self::Apply(apply) => apply.reads_input(),
            Self::Kafka(kafka) => kafka.reads_input(),
            _ => false,
        }
    }

    /// Which tree it works on.
    pub fn works_on(&self) -> WorksOn<'_> {
        match self {
            Self::Server(server) => server.forked().map_or(WorksOn::Nothing, WorksOn::Servers),
            Self::Completions(_) | Self::Profiles(_) | Self::Run(_) => WorksOn::Nothing,
            _ => WorksOn::Named,
        }
    }

    /// Whether it is about the configuration file, so that a broken one is its business.
    pub fn needs_configuration(&self) -> bool {
        matches!(self, Self::Profiles(_))
    }
}

/// Which tree a command works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorksOn<'a> {
    /// The one that the user names for all commands.
    Named,
    /// That of the servers in its own arguments.
    Servers(&'a ConnectString),
    /// None but what it makes itself: an empty one in memory does.
    Nothing,
}

/// Reads a path argument. A slash at its end is what completion leaves there, and means nothing. The words
/// of the error say what to type instead.
pub fn path(text: &str) -> Result<ZPath, String> {
    let bare = text.strip_suffix('/').filter(|bare| !bare.is_empty() && !bare.ends_with('/'));
    ZPath::parse(bare.unwrap_or(text)).map_err(|error| with_correction(text, &error.to_string()))
}

/// Adds what to type instead, where that is plain.
fn with_correction(text: &str, why: &str) -> String {
    let trimmed: Vec<_> = text.split('/').filter(|segment| !segment.is_empty()).collect();
    let corrected = format!("/{}", trimmed.join("/"));
    if ZPath::parse(&corrected).is_ok() { format!("{why}: write `{corrected}`") } else { why.to_owned() }
}

/// The word `watch` behind a path, as zkCli 3.4 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum WatchWord {
    /// Leaves a watch.
    #[value(alias = "true")]
    Watch,
}
