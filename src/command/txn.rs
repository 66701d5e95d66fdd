use std::ffi::OsString;
use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;

use super::input::file_or_stdin;
use super::{Command, Context, Single, failure, path};
use crate::error::{Error, Kind, Result};
use crate::grammar::{Action, Output, Statement, parse};
use crate::recipe::txn::{Ended, Guard, Stopped, commit};
use crate::store::{Failure, Write, Written};
use crate::view::{OperationView, TransactionView, View};

/// Make several writes or none, and only under conditions
///
/// Operations are lines of the shell: `create PATH [DATA]`, `set PATH DATA [-v N]`, `delete PATH [-v N]`,
/// `check PATH [-v N]`. Quote each as one word, or keep them in a file, one a line.
#[derive(Debug, Args)]
pub struct Txn {
    /// A condition: `exists PATH`, `absent PATH`, `version PATH N`, `data PATH TEXT` or `null PATH`
    #[arg(long = "if", value_name = "CONDITION", value_parser = guard)]
    guards: Vec<Guard>,

    /// An operation of another transaction, which is made where a condition does not hold
    #[arg(long = "else", value_name = "OPERATION", value_parser = operation)]
    otherwise: Vec<Single>,

    /// File with operations, one a line; - is standard input
    #[arg(short = 'f', long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// What to do
    #[arg(value_name = "OPERATION", value_parser = operation)]
    operations: Vec<Single>,
}

/// The words of a text that is one line of the shell.
fn words(text: &str) -> Result<Vec<String>, String> {
    let statements = parse(text).map_err(|error| error.message)?;
    match statements.as_slice() {
        [Statement { action: Action::Command(words, Output::Screen), .. }] => {
            Ok(words.iter().map(|word| word.text.clone()).collect())
        }
        _ => Err("this is not one operation".into()),
    }
}

fn guard(text: &str) -> Result<Guard, String> {
    let words = words(text)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let data = |text: &str| Some(Bytes::copy_from_slice(text.as_bytes()));
    Ok(match words[..] {
        ["exists", at] => Guard::Exists(path(at)?),
        ["absent", at] => Guard::Absent(path(at)?),
        ["null", at] => Guard::Data(path(at)?, None),
        ["data", at, text] => Guard::Data(path(at)?, data(text)),
        ["version", at, version] => {
            Guard::Version(path(at)?, version.parse().map_err(|_| format!("`{version}` is no version"))?)
        }
        _ => {
            return Err("write `exists PATH`, `absent PATH`, `version PATH N`, `data PATH TEXT` or \
                        `null PATH`"
                .into());
        }
    })
}

/// Reads one operation as the command of its name reads its arguments.
fn operation(text: &str) -> Result<Single, String> {
    single(&words(text)?)
}

fn single(words: &[String]) -> Result<Single, String> {
    let name = words.first().map_or("", String::as_str);
    if name == "check" {
        return check(words);
    }
    let definition = match name {
        "create" | "set" | "delete" => Command::definition(name),
        _ => None,
    };
    let Some(definition) = definition else {
        return Err(format!("`{name}` cannot be part of a transaction: create, set, delete and check can"));
    };
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let matches = definition.try_get_matches_from(words).map_err(|error| short(&error))?;
    let name = matches_name(name);
    let command = Command::read(name, &matches).map_err(|error| short(&error))?;
    command.single().ok_or_else(|| format!("this {name} is more than one write, or reads from elsewhere"))
}

fn matches_name(name: &str) -> &'static str {
    Command::NAMES.iter().find(|known| **known == name).copied().unwrap_or_default()
}

fn check(words: &[String]) -> Result<Single, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (at, version) = match words[..] {
        [_, at] => (at, None),
        [_, at, "-v" | "--version", version] | [_, "-v" | "--version", version, at] | [_, at, version] => {
            (at, Some(version.parse().map_err(|_| format!("`{version}` is no version"))?))
        }
        _ => return Err("write `check PATH` or `check PATH -v N`".into()),
    };
    let version = version.filter(|version| *version != -1);
    Ok(Single::check(Write::Check { path: path(at)?.to_string(), version }))
}

/// The first line of what clap says.
fn short(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    text.lines().next().unwrap_or_default().to_owned()
}

impl Txn {
    pub(super) fn reads_input(&self) -> bool {
        self.file.as_deref().is_some_and(|file| file == std::path::Path::new("-"))
    }

    pub(super) async fn run(mut self, cx: &Context<'_>) -> Result<()> {
        if let Some(file) = self.file.take() {
            let text = file_or_stdin(&file).await?;
            self.operations.extend(lines(&text, &file.display().to_string())?);
        }
        if self.operations.is_empty() && self.guards.is_empty() {
            return Err(Error::usage("the transaction is empty")
                .hint("zkx txn 'check /a -v 3' 'set /a new' 'create /b': each operation is one word"));
        }
        let guards = std::mem::take(&mut self.guards);
        match self.commit(cx, &guards, &self.operations).await? {
            Ended::Committed(written) => answer(cx, true, None, &self.operations, &written).await,
            Ended::NotMet { guard, .. } => {
                let what = guards.get(guard).map(ToString::to_string).unwrap_or_default();
                let not_met = format!("not true: {what}");
                if self.otherwise.is_empty() {
                    return Err(Error::new(Kind::Conflict, format!("nothing was changed: {not_met}")));
                }
                match self.commit(cx, &[], &self.otherwise).await? {
                    Ended::Committed(written) => {
                        answer(cx, false, Some(what), &self.otherwise, &written).await
                    }
                    Ended::NotMet { .. } => Err(Error::bug("a transaction without conditions had one")),
                }
            }
        }
    }

    async fn commit(&self, cx: &Context<'_>, guards: &[Guard], operations: &[Single]) -> Result<Ended> {
        let writes = operations.iter().map(|single| single.write.clone()).collect();
        commit(cx.writing(), guards, writes).await.map_err(|stopped| match stopped {
            Stopped::Refused { index, code } => {
                let write = operations.get(index).map(|single| &single.write);
                refused(index, write, code)
            }
            Stopped::Guard(failed) => failure::error(failed.failure, failed.verb, &failed.path),
            Stopped::Failed(Failure::Unknown(why)) => {
                Error::new(Kind::Unknown, format!("whether the transaction was done is unknown: {why}"))
            }
            Stopped::Failed(failure) => failure::error(failure, "commit", "the transaction"),
        })
    }
}

/// Says which operation was refused, so that none was made.
pub(super) fn refused(index: usize, write: Option<&Write>, code: crate::wire::Code) -> Error {
    let verb = match write {
        Some(Write::Create { .. }) => "create",
        Some(Write::Set { .. }) => "set",
        Some(Write::Delete { .. }) => "delete",
        Some(Write::Check { .. }) => "check",
        _ => "do",
    };
    let path = write.map_or("", Write::path);
    let error = failure::error(Failure::Refused(code), verb, path);
    Error::new(error.kind(), format!("nothing was changed: operation {} was refused: {error}", index + 1))
}

/// The operations of a file.
fn lines(text: &str, file: &str) -> Result<Vec<Single>> {
    let at = |line: usize, why: String| Error::usage(format!("{file}:{line}: {why}"));
    let statements = parse(text).map_err(|error| at(error.line, error.message))?;
    let one = |statement: Statement| match statement.action {
        Action::Command(words, Output::Screen) => {
            let words: Vec<_> = words.into_iter().map(|word| word.text).collect();
            single(&words).map_err(|why| at(statement.line, why))
        }
        _ => Err(at(statement.line, "this is no operation".into())),
    };
    statements.into_iter().map(one).collect()
}

async fn answer(
    cx: &Context<'_>,
    committed: bool,
    not_met: Option<String>,
    operations: &[Single],
    written: &[Written],
) -> Result<()> {
    let operation = |(single, written): (&Single, &Written)| OperationView {
        operation: match single.write {
            Write::Create { .. } => "create",
            Write::Set { .. } => "set",
            Write::Delete { .. } => "delete",
            Write::Check { .. } => "check",
            Write::SetAcl { .. } => "setAcl",
        },
        path: crate::znode::ZPath::from_server(written.path.clone()),
        version: match single.write {
            Write::Set { .. } => written.stat.map(|stat| stat.version),
            _ => None,
        },
    };
    let results = operations.iter().zip(written).map(operation).collect();
    cx.out.value(View::Transaction(TransactionView { committed, not_met, results })).await
}
