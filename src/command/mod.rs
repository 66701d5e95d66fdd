//! The commands, each defined once for the command line, the shell and scripts alike.
//!
//! A command is a file with its arguments and a short `run`, and a word in the table below. It
//! knows a store and an [`Out`](crate::view::Out); never a terminal, a format or the environment.

mod context;
mod create;
mod delete;
mod deleteall;
mod exists;
mod failure;
mod get;
mod get_acl;
mod input;
mod ls;
mod set;
mod set_acl;
mod stat;
mod sync;
mod tree;
mod watch;
mod whoami;

use clap::Subcommand;

pub use context::{Asker, Context, Graceful, Settings};

use crate::error::Result;
use crate::znode::ZPath;

macro_rules! commands {
    ($($variant:ident($args:ty) $access:ident $name:literal $($alias:literal)*;)*) => {
        /// What zkx can do.
        #[derive(Debug, Subcommand)]
        #[expect(missing_docs, reason = "each is documented where its arguments are")]
        pub enum Command {
            $(#[command(name = $name $(, alias = $alias)*)] $variant($args),)*
        }

        impl Command {
            /// Does it.
            pub async fn run(self, cx: &Context<'_>) -> Result<()> {
                match self {
                    $(Self::$variant(args) => args.run(cx).await,)*
                }
            }

            /// Whether it may change the tree.
            pub fn writes(&self) -> bool {
                match self {
                    $(Self::$variant(_) => access::$access,)*
                }
            }
        }
    };
}

mod access {
    pub(super) const READS: bool = false;
    pub(super) const WRITES: bool = true;
}

// Names are zkCli's where it has the command; aliases are those of its older versions.
commands! {
    Ls(ls::Ls) READS "ls";
    Ls2(ls::Ls2) READS "ls2";
    Tree(tree::Tree) READS "tree";
    Get(get::Get) READS "get";
    Stat(stat::StatCommand) READS "stat";
    Exists(exists::Exists) READS "exists";
    Watch(watch::Watch) READS "watch";
    Create(create::Create) WRITES "create";
    Set(set::Set) WRITES "set";
    Delete(delete::Delete) WRITES "delete";
    DeleteAll(deleteall::DeleteAll) WRITES "deleteall" "rmr";
    GetAcl(get_acl::GetAcl) READS "getAcl" "getacl";
    SetAcl(set_acl::SetAcl) WRITES "setAcl" "setacl";
    Sync(sync::Sync) READS "sync";
    WhoAmI(whoami::WhoAmI) READS "whoami";
}

/// Reads a path argument.
fn path(text: &str) -> Result<ZPath, String> {
    ZPath::parse(text).map_err(|error| with_correction(text, &error.to_string()))
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
