//! Credentials that are not on the command line.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use bytes::Bytes;

use crate::cli::Globals;
use crate::cli::profile::{Ask, Variable, parse_auth_file};
use crate::client::Auth;
use crate::command::Asker;
use crate::error::{Error, Kind, Result};

/// Puts into the options what their files and variables hold, and what somebody answers. What is wrong
/// with a file or variable is [`Kind::Config`], nobody to ask [`Kind::Usage`].
pub async fn authenticate(globals: &mut Globals, asker: &dyn Asker) -> Result<()> {
    for file in std::mem::take(&mut globals.auth_file) {
        globals.auth.extend(from_file(&file)?);
    }
    for variable in std::mem::take(&mut globals.auth_env) {
        globals.auth.push(from_variable(&variable)?);
    }
    for ask in std::mem::take(&mut globals.ask_auth) {
        globals.auth.push(from_somebody(&ask, asker).await?);
    }
    Ok(())
}

/// Longer files hold something else.
const LONGEST: u64 = 1 << 20;

/// The credentials of a file, which nobody but its owner may be able to read.
pub(super) fn from_file(path: &Path) -> Result<Vec<Auth>> {
    let shown = path.display();
    let cannot =
        |error| Error::new(Kind::Config, format!("cannot read the credentials in {shown}")).because(error);
    let file = File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if exposed(&metadata) {
        let mode = metadata.mode() & 0o7777;
        let error =
            format!("the credentials in {shown} are not used: others can get at them (mode {mode:04o})");
        return Err(Error::new(Kind::Config, error).hint(format!("chmod 600 {shown}")));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(cannot)?;
    parse_auth_file(&bytes).map_err(|(line, wrong)| {
        let place = if line == 0 { String::new() } else { format!(":{line}") };
        Error::new(Kind::Config, format!("{shown}{place}: {wrong}"))
    })
}

/// As ssh has it with private keys; but where root is the owner the group may read, as with the secrets
/// that are mounted into containers. A pipe has no such permissions.
fn exposed(metadata: &Metadata) -> bool {
    let others = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    metadata.is_file() && metadata.mode() & others != 0
}

/// The credentials in a variable of the environment.
pub(super) fn from_variable(variable: &Variable) -> Result<Auth> {
    let name = &variable.name;
    match &variable.auth {
        Some(Some(auth)) => Ok(auth.clone()),
        Some(None) => {
            let wrong = "not of the form SCHEME:SECRET, like digest:USER:PASSWORD";
            Err(Error::new(Kind::Config, format!("the credentials in {name}: {wrong}")))
        }
        None => Err(Error::new(Kind::Config, format!("the credentials in {name}: that variable is not set"))
            .hint("the profile takes them from there (auth-env)")),
    }
}

async fn from_somebody(ask: &Ask, asker: &dyn Asker) -> Result<Auth> {
    let (what, prompt) = match ask {
        Ask::Everything => ("credentials".to_owned(), "Credentials (SCHEME:SECRET): ".to_owned()),
        Ask::Password { scheme, user } => {
            (format!("the password of {scheme}:{user}"), format!("Password of {scheme}:{user}: "))
        }
    };
    let text = match asker.secret(prompt).await {
        None => {
            return Err(Error::usage(format!("cannot ask for {what}: there is no terminal"))
                .hint("--auth-file FILE and ZKX_AUTH give credentials without being asked"));
        }
        Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {
            return Err(Error::new(Kind::Interrupted, String::new()));
        }
        Some(answer) => {
            answer.map_err(|error| Error::new(Kind::Io, format!("cannot ask for {what}")).because(error))?
        }
    };
    if text.is_empty() {
        return Err(Error::usage(format!("{what}: nothing was typed")));
    }
    match ask {
        Ask::Everything => Auth::parse(&text).ok_or_else(|| {
            Error::usage(
                "these are no credentials: they have the form SCHEME:SECRET, like digest:USER:PASSWORD",
            )
        }),
        Ask::Password { scheme, user } => {
            Ok(Auth { scheme: scheme.clone(), secret: Bytes::from(format!("{user}:{text}")) })
        }
    }
}
