//! What the shell's own words do.

use std::fs;
use std::sync::PoisonError;

use super::builtins::{Alias, Builtin, Cd, Connect, Edit, Help, Switch};
use super::grammar::{Output, Recall, SyntaxError, parse, quote};
use super::paths::resolve;
use super::run::ended;
use super::sink::shell;
use super::watches::Watch;
use super::{Flow, Shell, lines};
use crate::cli::{Globals, Source};
use crate::command::{Command, Single, WatchedPart};
use crate::error::{Error, Kind, Result, did_you_mean};
use crate::store::{Failure, Found, Read, Write, read_one};
use crate::view::{View, WatchView};
use crate::znode::text::count;

impl Shell<'_> {
    /// Does what one of the shell's own words says.
    pub(super) async fn builtin(
        &mut self,
        builtin: Builtin,
        globals: &Globals,
        output: &Output,
    ) -> Result<Flow> {
        match builtin {
            Builtin::Cd(cd) => self.change(cd).await,
            Builtin::Pwd(_) => self.answer(View::Text(vec![self.here().to_string()]), globals, output).await,
            Builtin::Help(help) => {
                let lines = explain(&help)?;
                self.answer(View::Text(lines), globals, output).await
            }
            Builtin::Quit(_) => Ok(Flow::Leave),
            Builtin::Connect(connect) => self.connect(connect).await,
            Builtin::Close(_) => {
                self.store()?;
                self.close().await;
                Ok(Flow::Next)
            }
            Builtin::Session(_) => {
                let view = self.describe().await?;
                self.answer(view, globals, output).await
            }
            Builtin::AddAuth(add) => {
                let secret = match add.auth {
                    Some(secret) => secret,
                    None => self.ask_secret(&add.scheme).await?,
                };
                self.authenticate(add.scheme, secret).await?;
                Ok(Flow::Next)
            }
            Builtin::Begin(_) => self.begin(),
            Builtin::Check(check) => {
                let path =
                    resolve(&self.here(), &check.path).map_err(|error| Error::usage(error.to_string()))?;
                let version = check.version.filter(|version| *version != -1);
                self.pending()?.push(Single::check(Write::Check { path: path.to_string(), version }));
                Ok(Flow::Next)
            }
            Builtin::Commit(_) => self.commit(globals, output).await,
            Builtin::Abort(_) => {
                let forgotten = self.pending()?.len();
                self.transaction = None;
                self.inform(format!("{} forgotten, nothing was changed", count(forgotten, "write")));
                Ok(Flow::Next)
            }
            Builtin::Watches(_) => {
                let watches = self.watches.list().into_iter().map(|watch| WatchView {
                    path: watch.path,
                    kind: watch.kind.name(),
                    since: watch.since.as_millisecond(),
                });
                let view = View::Watches(watches.collect());
                self.answer(view, globals, output).await
            }
            Builtin::RemoveWatches(remove) => {
                let path = remove.path.as_deref().map(|path| resolve(&self.here(), path)).transpose();
                let path = path.map_err(|error| Error::usage(error.to_string()))?;
                let fits = |watch: &Watch| {
                    let kind = match watch.kind {
                        WatchedPart::Children => !remove.data,
                        WatchedPart::Data | WatchedPart::Existence => !remove.children,
                        WatchedPart::Persistent | WatchedPart::Recursive => !remove.data && !remove.children,
                    };
                    kind && path.as_ref().is_none_or(|path| watch.path == *path)
                };
                match (self.watches.remove(fits), &path) {
                    (0, Some(path)) => Err(Error::new(Kind::Refused, format!("no watch is set on {path}"))
                        .hint("`watches` lists them")),
                    (removed, _) => {
                        self.inform(format!("{} removed", count(removed, "watch")));
                        Ok(Flow::Next)
                    }
                }
            }
            Builtin::PrintWatches(print) => {
                match print.state {
                    Some(state) => self.watches.print(state == Switch::On),
                    None => {
                        let state = if self.watches.printed() { "on" } else { "off" };
                        return self
                            .answer(View::Text(vec![format!("printwatches is {state}")]), globals, output)
                            .await;
                    }
                }
                Ok(Flow::Next)
            }
            Builtin::History(history) => {
                let Some(editor) = self.editor.clone() else {
                    return Err(Error::usage("there is no history: nobody types here"));
                };
                let lines = editor.remembered(history.count).await;
                let lines = lines.into_iter().map(|(number, line)| format!("{number:>5}  {line}")).collect();
                self.answer(View::Text(lines), globals, output).await
            }
            Builtin::Redo(redo) => {
                let recall = redo.number.map_or(Recall::Back(1), Recall::Number);
                Box::pin(self.recall(recall)).await
            }
            Builtin::Alias(alias) => self.alias(alias, globals, output).await,
            Builtin::Unalias(unalias) => {
                let gone = self.aliases.lock().unwrap_or_else(PoisonError::into_inner).remove(&unalias.name);
                match gone {
                    Some(_) => Ok(Flow::Next),
                    None => Err(Error::usage(format!("there is no alias `{}`", unalias.name))),
                }
            }
            Builtin::Source(source) => {
                let name = source.file.display().to_string();
                let read =
                    self.read(Vec::new(), lines::of_file(&source.file), Some(&name), source.keep_going);
                match Box::pin(read).await? {
                    None => Ok(Flow::Next),
                    // It was reported when it happened.
                    Some(kind) => Err(Error::new(kind, String::new())),
                }
            }
            Builtin::Edit(edit) => self.edit(edit).await,
            // Their lines were carried out before this.
            Builtin::Every(_) | Builtin::Time(_) => Ok(Flow::Next),
        }
    }

    async fn change(&mut self, cd: Cd) -> Result<Flow> {
        let path = match cd.path.as_deref() {
            None => crate::znode::ZPath::root(),
            Some("-") => match &self.before {
                Some(before) => before.clone(),
                None => return Err(Error::usage("there is no znode before this one")),
            },
            Some(path) => resolve(&self.here(), path).map_err(|error| Error::usage(error.to_string()))?,
        };
        self.enter(path).await?;
        Ok(Flow::Next)
    }

    async fn connect(&mut self, connect: Connect) -> Result<Flow> {
        let source = match connect.servers {
            Some(servers) => Source::parse(&servers).map_err(Error::usage)?,
            None => match &self.connection {
                Some(connection) => connection.source.clone(),
                None => self.globals.server.clone(),
            },
        };
        self.open(source).await?;
        if let (Some(connection), true) = (&self.connection, self.editor.is_some()) {
            let session = connection.store.session();
            self.inform(format!("connected to {}; session {:#x}", session.server, session.id));
        }
        Ok(Flow::Next)
    }

    fn begin(&mut self) -> Result<Flow> {
        self.store()?;
        if self.transaction.is_some() {
            return Err(Error::usage("a transaction has begun already").hint("`commit` or `abort` ends it"));
        }
        self.transaction = Some(Vec::new());
        Ok(Flow::Next)
    }

    fn pending(&mut self) -> Result<&mut Vec<Single>> {
        let none = || Error::usage("no transaction has begun").hint("`begin` begins one");
        self.transaction.as_mut().ok_or_else(none)
    }

    async fn commit(&mut self, globals: &Globals, output: &Output) -> Result<Flow> {
        let singles = std::mem::take(self.pending()?);
        self.transaction = None;
        if singles.is_empty() {
            self.inform("the transaction was empty");
            return Ok(Flow::Next);
        }
        if globals.read_only {
            return Err(Error::usage("cannot commit: this is a read-only session (--read-only)"));
        }
        let store = self.store()?;
        let writes = singles.iter().map(|single| single.write.clone()).collect();
        let written = tokio::select! {
            written = store.multi(writes) => written,
            kind = self.interrupts.next() => {
                return Err(Error::new(kind, "interrupted: the transaction may have been done"));
            }
        };
        let written = written.map_err(|failure| match failure {
            Failure::Operation { index, code } => {
                let what =
                    singles.get(index).map(|single| single.write.path().to_owned()).unwrap_or_default();
                Error::new(
                    Kind::Refused,
                    format!(
                        "nothing was changed: write {} ({what}) was refused: {} ({code})",
                        index + 1,
                        code.words()
                    ),
                )
            }
            Failure::Unknown(why) => {
                Error::new(Kind::Unknown, format!("whether the transaction was done is unknown: {why}"))
            }
            failure => Error::new(Kind::Connection, format!("nothing was changed: {failure}")),
        })?;
        let stage = self.stage(output, globals, true, true).await?;
        let mut result = Ok(());
        for (single, written) in singles.iter().zip(&written) {
            if let Some(view) = single.answer(written) {
                result = stage.out.value(view).await;
            }
        }
        stage.finish(result).await?;
        Ok(Flow::Next)
    }

    async fn alias(&mut self, alias: Alias, globals: &Globals, output: &Output) -> Result<Flow> {
        let known = |shell: &Self| shell.aliases.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (alias.name, alias.line.as_slice()) {
            (None, _) => {
                let lines = known(self).into_iter().map(|(name, line)| format!("{name} = {line}")).collect();
                self.answer(View::Text(lines), globals, output).await
            }
            (Some(name), []) => match known(self).remove(&name) {
                Some(line) => {
                    self.answer(View::Text(vec![format!("{name} = {line}")]), globals, output).await
                }
                None => Err(Error::usage(format!("there is no alias `{name}`"))),
            },
            (Some(name), line) => {
                let line = match line {
                    // One word is a line of its own.
                    [line] => line.clone(),
                    words => words.iter().map(|word| quote(word).into_owned()).collect::<Vec<_>>().join(" "),
                };
                parse(&line).map_err(SyntaxError::into_error)?;
                self.aliases.lock().unwrap_or_else(PoisonError::into_inner).insert(name, line);
                Ok(Flow::Next)
            }
        }
    }

    /// Lets somebody change the data of a znode in an editor, and sets it unless the znode has changed
    /// meanwhile.
    async fn edit(&mut self, edit: Edit) -> Result<Flow> {
        let Some(editor) = self.settled.editor.clone().filter(|_| self.editor.is_some()) else {
            return Err(Error::usage("there is no terminal to edit on"));
        };
        let path = resolve(&self.here(), &edit.path).map_err(|error| Error::usage(error.to_string()))?;
        let store = self.store()?;
        let (data, version) = match read_one(&*store, Read::Data(path.to_string())).await {
            Ok(Found::Data(data, stat)) => (data.unwrap_or_default(), stat.version),
            Ok(_) => return Err(Error::bug("data was asked for, and not answered")),
            Err(failure) => return Err(Error::new(Kind::Refused, format!("cannot read {path}: {failure}"))),
        };
        let dir = self.settled.scratch.clone();
        let io = |what: &str, error| {
            Error::new(Kind::Io, format!("cannot {what} a file for the editor")).because(error)
        };
        let file = super::sink::scratch(&dir, &data).map_err(|error| io("write", error))?;
        let line = format!("{editor} {}", quote(&file.display().to_string()));
        let status = tokio::task::spawn_blocking(move || shell(&line).status()).await.map_err(ended)?;
        let edited = fs::read(&file);
        let keep = |why: &str| {
            Err(Error::new(Kind::Refused, format!("{path} was not changed: {why}"))
                .hint(format!("what you wrote is in {}", file.display())))
        };
        match status {
            Ok(status) if status.success() => {}
            _ => return keep("the editor did not end well"),
        }
        let edited = edited.map_err(|error| io("read", error))?;
        if edited == data {
            let _ = fs::remove_file(&file);
            self.inform("nothing was edited");
            return Ok(Flow::Next);
        }
        // Many editors end the last line, where the data did not.
        let edited = match edited.strip_suffix(b"\n") {
            Some(stripped) if !data.ends_with(b"\n") => stripped.to_vec(),
            _ => edited,
        };
        if edited == data {
            let _ = fs::remove_file(&file);
            self.inform("nothing was edited");
            return Ok(Flow::Next);
        }
        let write = Write::Set { path: path.to_string(), data: Some(edited.into()), version: Some(version) };
        match store.write(write).await {
            Ok(written) => {
                let _ = fs::remove_file(&file);
                let version = written.stat.map_or(version + 1, |stat| stat.version);
                self.inform(format!("{path}: data version {version}"));
                Ok(Flow::Next)
            }
            Err(Failure::Refused(code)) => keep(&format!("{} ({code})", code.words())),
            Err(failure) => keep(&failure.to_string()),
        }
    }
}

/// The commands, or one of them.
fn explain(help: &Help) -> Result<Vec<String>> {
    let Some(name) = &help.command else { return Ok(overview()) };
    let Some(definition) = Command::definition(name).or_else(|| Builtin::definition(name)) else {
        let known = Command::NAMES.iter().chain(Builtin::NAMES).copied();
        let error = Error::usage(format!("there is no command `{name}`"));
        return Err(match did_you_mean(name, known) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None => error.hint("`help` lists the commands"),
        });
    };
    let text = crate::cli::OnALine::add_to(definition).render_long_help().to_string();
    Ok(text.trim_end().lines().map(str::to_owned).collect())
}

fn overview() -> Vec<String> {
    let about = |definition: Option<clap::Command>| {
        definition.and_then(|command| command.get_about().map(ToString::to_string)).unwrap_or_default()
    };
    let mut lines = Vec::new();
    for name in Command::NAMES {
        lines.push(format!("  {name:<14} {}", about(Command::definition(name))));
    }
    lines.push(String::new());
    for name in Builtin::NAMES {
        lines.push(format!("  {name:<14} {}", about(Builtin::definition(name))));
    }
    lines.push(String::new());
    lines.push("  COMMAND | PROGRAM, COMMAND > FILE, !PROGRAM, COMMAND; COMMAND, # COMMENT".into());
    lines.push("  `help COMMAND` says more; Ctrl-C stops a command, Ctrl-D leaves".into());
    lines
}
