//! Where the answer of one line goes: the terminal, a pager, a file, another program.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::error::{Error, Kind, Result};
use crate::render::Sink;

/// A file that takes an answer; nobody else may read it, for it may hold secrets.
pub(super) fn file(path: &Path, append: bool) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .write(true)
        .append(append)
        .truncate(!append)
        .mode(0o600)
        .open(path)
        .map_err(|error| Error::new(Kind::Io, format!("cannot write {}", path.display())).because(error))
}

/// A program that reads an answer.
pub(super) struct Pipe {
    child: Child,
    input: Option<ChildStdin>,
    line: String,
}

impl Pipe {
    /// Starts `line` in `sh`.
    pub(super) fn start(line: &str) -> Result<Self> {
        let child = shell(line).stdin(Stdio::piped()).spawn();
        let mut child =
            child.map_err(|error| Error::new(Kind::Io, format!("cannot start `{line}`")).because(error))?;
        Ok(Self { input: child.stdin.take(), child, line: line.to_owned() })
    }
}

/// A line for `sh`.
pub(super) fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line);
    command
}

impl Write for Pipe {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.input.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |input| input.write(data))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Sink for Pipe {
    fn finish(&mut self) -> io::Result<()> {
        self.input = None;
        let status = self.child.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("`{}` ended with {status}", self.line)))
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // An answer that ended with an error of its own: what reads it is to end as well.
        self.input = None;
        let _ = self.child.wait();
    }
}

/// The terminal, and a pager as soon as an answer is longer than the screen.
///
/// What is shorter is held back until it ends, which lasts as long as the command does: for commands
/// that wait there is [`io::Stdout`].
pub(super) struct Paged {
    pager: String,
    /// Lines of the screen that are left for an answer.
    rows: usize,
    held: Vec<u8>,
    lines: usize,
    pipe: Option<Pipe>,
}

impl Paged {
    /// `pager` is a line for `sh`.
    pub(super) fn new(pager: String, height: usize) -> Self {
        Self { pager, rows: height.saturating_sub(2), held: Vec::new(), lines: 0, pipe: None }
    }
}

impl Write for Paged {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if let Some(pipe) = &mut self.pipe {
            pipe.write_all(data)?;
            return Ok(data.len());
        }
        self.lines += data.iter().filter(|byte| **byte == b'\n').count();
        self.held.extend_from_slice(data);
        if self.lines > self.rows {
            let mut pipe = Pipe::start(&self.pager).map_err(io::Error::other)?;
            pipe.write_all(&std::mem::take(&mut self.held))?;
            self.pipe = Some(pipe);
        }
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pipe.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Sink for Paged {
    fn finish(&mut self) -> io::Result<()> {
        match &mut self.pipe {
            Some(pipe) => pipe.finish(),
            None => {
                let mut out = io::stdout();
                out.write_all(&std::mem::take(&mut self.held))?;
                out.flush()
            }
        }
    }
}

/// A file for an editor, which nobody else may read.
pub(super) fn scratch(dir: &Path, data: &[u8]) -> io::Result<std::path::PathBuf> {
    for attempt in 0..100 {
        let path = dir.join(format!("zkx-{}-{attempt}", std::process::id()));
        match OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                file.write_all(data)?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
