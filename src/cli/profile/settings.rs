//! What holds, said setting by setting.

use std::time::Duration;

use clap::ValueEnum;

use super::merge::{Origin, Settled};
use super::{Ask, Profile};
use crate::cli::Globals;
use crate::client::Auth;

/// A setting as it holds: its name, its value and where that was said. A list is several of these.
pub type Setting = (&'static str, String, Origin);

impl Settled {
    /// Every setting that has a value. Secrets are masked unless `secrets`.
    pub fn settings(&self, secrets: bool) -> Vec<Setting> {
        let Globals { profile, .. } = &self.globals;
        let mut settings = self.of_ensemble(secrets);
        let of_each = |key, values: Vec<String>, origins: &[Origin]| -> Vec<Setting> {
            values.into_iter().zip(origins).map(|(value, origin)| (key, value, *origin)).collect()
        };
        let paths = profile.protected.iter().map(ToString::to_string).collect();
        settings.extend(of_each("protected", paths, &self.origins.protected));
        settings.extend(self.of_everything());
        let aliases = profile.aliases.iter().map(|(word, meaning)| format!("{word}: {meaning}")).collect();
        settings.extend(of_each("aliases", aliases, &self.origins.aliases));
        settings
    }

    fn of_ensemble(&self, secrets: bool) -> Vec<Setting> {
        let Globals { profile, auth, auth_file, auth_env, ask_auth, .. } = &self.globals;
        let mut settings: Vec<_> = profile.name.iter().map(|name| self.one("profile", name)).collect();
        settings.push(self.one("server", &self.globals.server));
        let origin = self.origin("auth");
        let inline = auth.iter().map(|auth| ("auth", shown(auth, secrets), origin));
        let files = auth_file.iter().map(|file| ("auth-file", file.display().to_string(), origin));
        let variables = auth_env.iter().map(|variable| ("auth-env", variable.name.clone(), origin));
        let asked = ask_auth.iter().map(|ask| ("ask-auth", ask.to_string(), origin));
        settings.extend(inline.chain(files).chain(variables).chain(asked));
        settings.push(self.one("read-only", self.globals.read_only));
        settings.push(self.one("production", profile.production));
        settings
    }

    fn of_everything(&self) -> Vec<Setting> {
        let Self { globals, .. } = self;
        let Profile { prompt_color, pager, edit_mode, history_size, rc_file, .. } = &globals.profile;
        let rc_file = rc_file.as_ref().map(|file| file.display());
        let settings = [
            Some(self.one("connect-timeout", time(globals.connect_timeout))),
            Some(self.one("request-timeout", time(globals.request_timeout))),
            Some(self.one("session-timeout", time(globals.session_timeout))),
            globals.max_nodes.map(|nodes| self.one("max-nodes", nodes)),
            Some(self.one("max-request", globals.max_request)),
            Some(self.one("max-reply", globals.max_reply)),
            Some(self.one("gentle", globals.gentle)),
            Some(self.one("allow-read-only-server", globals.allow_read_only_server)),
            Some(self.one("output", word(&globals.output))),
            Some(self.one("color", word(&globals.color))),
            Some(self.one("quiet", globals.quiet)),
            prompt_color.as_ref().map(|color| self.one("prompt-color", word(color))),
            pager.as_ref().map(|pager| self.one("pager", pager)),
            Some(self.one("edit-mode", word(edit_mode))),
            history_size.map(|lines| self.one("history-size", lines)),
            rc_file.map(|file| self.one("rc-file", file)),
        ];
        settings.into_iter().flatten().collect()
    }

    fn one(&self, key: &'static str, value: impl ToString) -> Setting {
        (key, value.to_string(), self.origin(key))
    }

    fn origin(&self, key: &str) -> Origin {
        let found = self.origins.keys.iter().find(|(known, _)| *known == key);
        found.map_or(Origin::Default, |(_, origin)| *origin)
    }
}

/// Credentials without their secret, unless it is to be seen. The user of a digest is none.
fn shown(auth: &Auth, secrets: bool) -> String {
    let secret = String::from_utf8_lossy(&auth.secret);
    match secret.split_once(':') {
        _ if secrets => format!("{}:{secret}", auth.scheme),
        Some((user, _)) if auth.scheme == "digest" => format!("digest:{user}:***"),
        _ => format!("{}:***", auth.scheme),
    }
}

fn time(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}

fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everything => f.write_str("SCHEME:SECRET"),
            Self::Password { scheme, user } => write!(f, "{scheme}:{user}"),
        }
    }
}
