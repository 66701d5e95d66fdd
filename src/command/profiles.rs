use clap::{Args, Subcommand};
use futures_util::future::{BoxFuture, join_all};

use super::Context;
use crate::error::{Error, Kind, Result};
use crate::view::{CheckedView, ConnectionView, Note, ProfileView, ProfilesView, View};

/// List, show and check the profiles of the configuration file
///
/// A profile's settings: server, auth, auth-file, auth-env, ask-auth, production, and those that may
/// also stand at the top of the file, for all profiles: read-only, protected, prompt-color, aliases,
/// connect-timeout, request-timeout, session-timeout, max-nodes, max-request, max-reply, gentle,
/// allow-read-only-server, output, color, quiet, pager, edit-mode, history-size, rc-file.
#[derive(Debug, Args)]
pub struct Profiles {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the profiles; this is what `profiles` alone does
    List,
    /// Show what holds with a profile, and where each setting is from
    Show {
        /// The profile, as if it were given with --profile [default: the one that is in use]
        #[arg(value_name = "PROFILE")]
        name: Option<String>,
    },
    /// Say everything that is wrong with the configuration file: exit code 3 if anything is
    Check {
        /// Also connect as each profile says, one session each
        #[arg(long)]
        connect: bool,
    },
}

/// The configuration file, as it was found.
pub trait Configured: Send + Sync {
    /// Its profiles.
    fn list(&self) -> Result<ProfilesView>;

    /// What holds with a profile, or with the one that is in use.
    fn show(&self, name: Option<&str>, secrets: bool) -> Result<ProfileView>;

    /// What is wrong with it and with the files that it names.
    fn check(&self) -> CheckedView;

    /// Whether a profile's servers answer.
    fn connect<'a>(&'a self, name: &'a str) -> BoxFuture<'a, (ConnectionView, Option<Kind>)>;
}

impl Profiles {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let configured = cx.configured.ok_or_else(|| Error::bug("nobody has looked for a configuration"))?;
        match self.what {
            None | Some(What::List) => {
                let view = configured.list()?;
                let note = match &view.file {
                    None => {
                        Some("there is no configuration file: `zkx profiles check` says where it would be")
                    }
                    Some(_) if view.profiles.is_empty() => Some("the file has no profiles"),
                    Some(_) => None,
                };
                cx.out.value(View::Profiles(view)).await?;
                match note {
                    Some(note) => cx.out.note(Note::Info(note.to_owned())).await,
                    None => Ok(()),
                }
            }
            Some(What::Show { name }) => {
                let view = configured.show(name.as_deref(), cx.settings.show_secrets)?;
                cx.out.value(View::Profile(view)).await
            }
            Some(What::Check { connect }) => {
                let mut view = configured.check();
                let mut worst = (!view.problems.is_empty()).then_some(Kind::Config);
                if connect && worst.is_none() {
                    let all = join_all(view.profiles.iter().map(|name| configured.connect(name))).await;
                    for (connection, failure) in all {
                        view.connections.push(connection);
                        worst = worst.or(failure);
                    }
                }
                cx.out.value(View::Checked(view)).await?;
                // The answer says why.
                worst.map_or(Ok(()), |kind| Err(Error::new(kind, String::new())))
            }
        }
    }
}
