use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Context, path};
use crate::error::{Error, Kind, Result};
use crate::recipe::lock::{Holder, Lock, NotGot, make_path};
use crate::view::Note;
use crate::znode::ZPath;
use crate::znode::data::preview;
use crate::znode::text::count;

/// Run a program while holding a lock
///
/// As flock(1) does, but across machines, and fair to those that use Curator's or kazoo's locks. The lock
/// is given back when the program ends, and with it when zkx or its session does.
#[derive(Debug, Args)]
pub struct LockCommand {
    /// Wait so long for somebody else's lock [default: not at all]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,

    /// Wait as long as it takes
    #[arg(long, conflicts_with = "timeout")]
    wait: bool,

    /// What others see of the holder [default: HOST:PID]
    #[arg(long, value_name = "TEXT")]
    data: Option<String>,

    /// The znode of the lock; it is created where it is missing, and stays
    #[arg(value_parser = path)]
    path: ZPath,

    /// The program and its arguments; without one the lock is held until Ctrl-C
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// What others see of a holder that says nothing else.
pub fn holder_name() -> String {
    let host = nix::unistd::gethostname().unwrap_or_default();
    format!("{}:{}", host.to_string_lossy(), std::process::id())
}

/// What is made for a lock, and stays when that is given back, in words behind a verb; `None` for nothing.
pub fn needed(paths: &[ZPath]) -> Option<String> {
    let (last, before) = paths.split_last()?;
    if before.is_empty() {
        return Some(format!("{last} for the lock; it stays"));
    }
    let before: Vec<_> = before.iter().map(ZPath::as_str).collect();
    Some(format!("{} and {last} for the lock; they stay", before.join(", ")))
}

/// Who has it, in words.
pub fn held(path: &ZPath, holder: &Holder) -> Error {
    let mut what = format!("cannot lock {path}: {} has it", preview(holder.data.as_deref(), 60));
    let since = jiff::Timestamp::from_millisecond(holder.since).unwrap_or_default();
    what.push_str(&format!(" (session {:#x}, since {since:.0})", holder.session));
    let error = Error::new(Kind::Conflict, what);
    match holder.waiting {
        0 => error.hint("--timeout TIME waits for it"),
        waiting => error.hint(format!("--timeout TIME waits for it, behind {}", count(waiting, "other"))),
    }
}

impl LockCommand {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        if cx.settings.dry_run {
            return Err(Error::usage("--dry-run cannot tell what a program would do under the lock"));
        }
        let data = self.data.clone().unwrap_or_else(holder_name);
        let patience = (!self.wait).then(|| self.timeout.unwrap_or_default());
        cx.writing();
        let data = Bytes::from(data);
        let mut lock = loop {
            let failed = match Lock::get(cx.shared, &self.path, Some(data.clone()), patience).await {
                Ok(lock) => break lock,
                Err(NotGot::Held(holder)) => return Err(held(&self.path, &holder)),
                Err(NotGot::Failed(failed)) => failed,
                Err(NotGot::NoPath) => match make_path(&**cx.shared, &self.path).await {
                    Ok(paths) => {
                        if let Some(words) = needed(&paths) {
                            cx.out.note(Note::Info(format!("made {words}"))).await?;
                        }
                        continue;
                    }
                    Err(failed) => failed,
                },
            };
            return Err(cx.explain(failed.failure, failed.verb, &failed.path).await);
        };
        let result = match self.command.is_empty() {
            true => self.hold(cx, &mut lock).await,
            false => self.program(cx, &mut lock).await,
        };
        let released = lock.release().await;
        result?;
        match released {
            Ok(true) => Ok(()),
            Ok(false) => Err(lost(&self.path, "it was gone before it was given back")),
            Err(failed) => Err(cx.explain(failed.failure, failed.verb, &failed.path).await),
        }
    }

    async fn hold(&self, cx: &Context<'_>, lock: &mut Lock) -> Result<()> {
        let note = format!("holding {}; Ctrl-C gives it back", self.path);
        cx.out.note(Note::Info(note)).await?;
        cx.out.flush().await?;
        tokio::select! {
            () = cx.progress.stopped() => Ok(()),
            how = lock.lost() => Err(lost(&self.path, how)),
        }
    }

    async fn program(&self, cx: &Context<'_>, lock: &mut Lock) -> Result<()> {
        let Some((program, args)) = self.command.split_first() else { return Ok(()) };
        let name = program.to_string_lossy();
        cx.out.flush().await?;
        let mut command = std::process::Command::new(program);
        command.args(args);
        if !cx.settings.one_shot {
            // What is typed, or read, is the shell's.
            command.stdin(Stdio::null());
        }
        let child = command.spawn();
        let child =
            child.map_err(|error| Error::new(Kind::Io, format!("cannot start `{name}`")).because(error))?;
        let pid = i32::try_from(child.id()).unwrap_or(0);
        let ended = tokio::task::spawn_blocking(move || wait(child));
        tokio::pin!(ended);
        let stop = || {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        };
        let (status, cause) = tokio::select! {
            status = &mut ended => (status, None),
            () = cx.progress.stopped() => {
                stop();
                (ended.await, Some(Error::new(Kind::Interrupted, String::new())))
            }
            how = lock.lost() => {
                stop();
                (ended.await, Some(lost(&self.path, how).hint(format!("`{name}` was told to end (SIGTERM)"))))
            }
        };
        if let Some(cause) = cause {
            return Err(cause);
        }
        let status = status.map_err(|error| Error::bug("a wait failed").because(error))?;
        let status =
            status.map_err(|error| Error::new(Kind::Io, format!("cannot run `{name}`")).because(error))?;
        match code(status) {
            0 => Ok(()),
            // It has said itself what went wrong.
            code => Err(Error::new(Kind::Program(code), String::new())),
        }
    }
}

fn wait(mut child: Child) -> std::io::Result<ExitStatus> {
    child.wait()
}

/// As a shell has it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

fn lost(path: &ZPath, how: &str) -> Error {
    Error::new(Kind::Connection, format!("the lock on {path} was lost: {how}"))
        .hint("somebody else may hold it now: what was done under it is to be looked at")
}
