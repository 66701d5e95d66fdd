//! `shell`: programs, where the script says that it runs some and whoever runs it lets it.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{At, Done};
use crate::error::{Error, Kind};
use crate::runner::failed::{Ended, Failed};
use crate::script::expr::{Scope, Value};
use crate::script::model::{CheckMode, Shell, list};

/// What a program may say that is kept.
const KEPT: u64 = 16 << 20;

pub(super) async fn shell(at: &At<'_, '_>, shell: &Shell, scope: &Scope) -> Result<Done, Ended> {
    if !at.runner.shell {
        let error = Error::usage("this script may not run programs");
        return Err(Ended::from(error.hint("it needs `guard: {shell: true}`, and the run --allow-shell")));
    }
    if at.check() && at.step.with.check_mode.get(scope).await? != CheckMode::Always {
        return Ok(Done { skipped: true, ..Done::said("programs are not run in check mode") });
    }
    let mut argv = list(&shell.argv, scope).await?;
    if let Some(slot) = &shell.script {
        argv = vec!["/bin/sh".into(), "-c".into(), slot.get(scope).await?];
    }
    let Some((program, args)) = argv.split_first() else {
        return Err(Ended::from(Failed::usage("`shell` runs nothing")));
    };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, slot) in shell.env.iter() {
        command.env(&name.text, slot.get(scope).await?);
    }
    let cwd = match &shell.cwd {
        Some(slot) => at.directory().join(slot.get(scope).await?),
        None => at.directory().to_owned(),
    };
    if !cwd.as_os_str().is_empty() {
        command.current_dir(cwd);
    }
    let input = match &shell.stdin {
        Some(slot) => slot.get(scope).await?,
        None => String::new(),
    };
    let shown = argv.join(" ");
    let io = |what: &str, error| {
        Failed::from(Error::new(Kind::Io, format!("cannot {what} `{shown}`")).because(error))
    };
    if let Some(journal) = &at.runner.journal {
        journal.program(at.id, &at.frame.undo)?;
    }
    let mut child = command.spawn().map_err(|error| io("start", error))?;
    let pid = i32::try_from(child.id()).unwrap_or(0);
    let stop = || {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    };
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let collect = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            if let Some(mut pipe) = pipe {
                let _ = pipe.by_ref().take(KEPT).read_to_end(&mut bytes);
                // What is more is read too, so that the program is not held up.
                let _ = std::io::copy(&mut pipe, &mut std::io::sink());
            }
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let stdout = collect(stdout.map(|pipe| Box::new(pipe) as Box<dyn std::io::Read + Send>));
    let stderr = collect(stderr.map(|pipe| Box::new(pipe) as Box<dyn std::io::Read + Send>));
    let writing = tokio::task::spawn_blocking(move || {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(input.as_bytes());
        }
    });
    let ended = tokio::task::spawn_blocking(move || child.wait());
    tokio::pin!(ended);
    let limit = match (&shell.timeout, &at.step.with.timeout) {
        (Some(slot), _) | (None, Some(slot)) => Some(slot.get(scope).await?),
        _ => None,
    };
    let over = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let status = tokio::select! {
        status = &mut ended => status,
        () = over => {
            stop();
            let _ = ended.await;
            let time = humantime::format_duration(limit.unwrap_or_default());
            return Err(Ended::from(Failed::timeout(format!("`{shown}` took longer than {time}"))));
        }
        kind = at.runner.halting(), if !at.frame.last => {
            stop();
            let _ = ended.await;
            return Err(Ended::Interrupted(kind));
        }
    };
    let _ = writing.await;
    let (stdout, stderr) = (stdout.await.unwrap_or_default(), stderr.await.unwrap_or_default());
    let status = status.map_err(|error| Failed::from(Error::bug("a wait failed").because(error)))?;
    let rc = status.map_err(|error| io("run", error))?.code().unwrap_or(-1);
    let fails = at.step.with.failed_when.is_none();
    if rc != 0 && fails {
        let said = stderr.trim().lines().last().unwrap_or_default().to_owned();
        let said = if said.is_empty() { said } else { format!(": {said}") };
        return Err(Ended::from(Failed::fail(format!("`{shown}` ended with {rc}{said}"))));
    }
    Ok(Done::said(format!("`{shown}` ended with {rc}"))
        .changed()
        .field("rc", rc)
        .field("stdout", Value::from(stdout))
        .field("stderr", Value::from(stderr)))
}
