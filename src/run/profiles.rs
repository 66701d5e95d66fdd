//! The configuration file for the command `profiles`.

use std::path::Path;

use futures_util::future::BoxFuture;

use super::{credentials, source};
use crate::cli::Globals;
use crate::cli::profile::{Configuration, Place, Problem, Section};
use crate::command::{Configured, Nobody};
use crate::error::{Error, Kind, Result};
use crate::store::Failure;
use crate::view::{
    CheckedView, ConnectionView, ProblemView, ProfileSummary, ProfileView, ProfilesView, SettingView,
};
use crate::wire::Code;

/// The configuration that options were completed from.
pub(super) struct Profiles<'a>(pub(super) &'a Globals);

impl Profiles<'_> {
    fn configuration(&self) -> Result<&Configuration> {
        self.0.configuration.as_deref().ok_or_else(|| Error::bug("no configuration was looked for"))
    }

    async fn try_to_connect(&self, name: &str) -> Result<(String, String)> {
        let mut globals = self.configuration()?.settle(Some(name))?.globals;
        // Many questions at once would be no help; it is the servers that are asked here.
        globals.ask_auth.clear();
        credentials::authenticate(&mut globals, &Nobody).await?;
        let store = source::open(&globals.server, &globals).await?;
        let session = store.session();
        // The server's word on the credentials comes before this answer.
        let answer = crate::store::stat(&*store, "/").await;
        store.close().await;
        let server = globals.server.to_string();
        match answer {
            Ok(Some(_)) | Err(Failure::Refused(Code::NO_AUTH)) => Ok((server, session.server)),
            Ok(None) => {
                Err(Error::new(Kind::Refused, format!("{server} answers, but its chroot does not exist")))
            }
            Err(Failure::AuthFailed) => {
                Err(Error::new(Kind::Auth, format!("{server} refuses the credentials (AuthFailed)")))
            }
            Err(failure) => Err(Error::new(Kind::Connection, format!("{server}: {failure}"))),
        }
    }
}

impl Configured for Profiles<'_> {
    fn list(&self) -> Result<ProfilesView> {
        let configuration = self.configuration()?;
        let config = configuration.config()?;
        let chosen = configuration.chosen();
        let summary = |(name, section): &(String, Section)| ProfileSummary {
            name: name.clone(),
            server: section.server.as_ref().map(ToString::to_string),
            production: section.production.unwrap_or_default(),
            read_only: section.read_only.or(config.common.read_only).unwrap_or_default(),
            protected: section.protected.iter().map(ToString::to_string).collect(),
            chosen: chosen == Some(name),
        };
        Ok(ProfilesView {
            file: configuration.exists.then(|| configuration.file()),
            default: config.default.clone(),
            profiles: config.profiles.iter().map(summary).collect(),
        })
    }

    fn show(&self, name: Option<&str>, secrets: bool) -> Result<ProfileView> {
        let configuration = self.configuration()?;
        let settled = configuration.settle(name)?;
        let setting = |(key, value, from): (_, _, crate::cli::profile::Origin)| SettingView {
            key,
            value,
            from: from.name(),
        };
        Ok(ProfileView {
            file: configuration.exists.then(|| configuration.file()),
            settings: settled.settings(secrets).into_iter().map(setting).collect(),
            name: settled.globals.profile.name,
        })
    }

    fn check(&self) -> CheckedView {
        let Ok(configuration) = self.configuration() else {
            return CheckedView {
                file: None,
                exists: false,
                profiles: Vec::new(),
                problems: Vec::new(),
                connections: Vec::new(),
            };
        };
        let (profiles, problems) = match &configuration.config {
            Ok(config) => {
                let names = config.profiles.iter().map(|(name, _)| name.clone()).collect();
                let sections = config.profiles.iter().map(|(_, section)| section);
                let mut problems: Vec<_> = sections.chain([&config.common]).flat_map(beside).collect();
                problems.sort_by_key(|problem| (problem.line, problem.column));
                (names, problems)
            }
            Err(problems) => (Vec::new(), problems.iter().cloned().map(view).collect()),
        };
        CheckedView {
            file: configuration.file.is_some().then(|| configuration.file()),
            exists: configuration.exists,
            profiles,
            problems,
            connections: Vec::new(),
        }
    }

    fn connect<'a>(&'a self, name: &'a str) -> BoxFuture<'a, (ConnectionView, Option<Kind>)> {
        Box::pin(async move {
            let profile = name.to_owned();
            match self.try_to_connect(name).await {
                Ok((server, connected)) => {
                    let connected = (!connected.is_empty()).then_some(connected);
                    (ConnectionView { profile, server: Some(server), connected, error: None }, None)
                }
                Err(error) => {
                    let kind = error.kind();
                    let error = Some(error.to_string());
                    (ConnectionView { profile, server: None, connected: None, error }, Some(kind))
                }
            }
        })
    }
}

fn view(problem: Problem) -> ProblemView {
    let Problem { place: (line, column), message, hint, excerpt } = problem;
    ProblemView { line, column, message, hint, excerpt }
}

/// What is wrong with what a part of the configuration refers to.
fn beside(section: &Section) -> Vec<ProblemView> {
    let problem = |(line, column): Place, error: &Error| ProblemView {
        line,
        column,
        message: error.to_string(),
        hint: error.hints().first().cloned(),
        excerpt: None,
    };
    let files = section.credentials.files.iter();
    let files = files.filter_map(|(file, place)| Some((place, credentials::from_file(file).err()?)));
    let variables = section.credentials.variables.iter();
    let variables =
        variables.filter_map(|(variable, place)| Some((place, credentials::from_variable(variable).err()?)));
    let rc_file = section.rc_file.iter().filter_map(|(file, place)| Some((place, unreadable(file)?)));
    files.chain(variables).chain(rc_file).map(|(place, error)| problem(*place, &error)).collect()
}

fn unreadable(file: &Path) -> Option<Error> {
    let error = std::fs::File::open(file).err()?;
    Some(Error::new(Kind::Config, format!("cannot read {}", file.display())).because(error))
}
