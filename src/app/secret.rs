//! Asks for what must not be seen.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};

/// What Ctrl-C sends.
const INTERRUPT: u8 = 3;

/// What is typed on the terminal, without its line's end; `None` where there is no terminal. Ctrl-C is
/// [`io::ErrorKind::Interrupted`].
///
/// The terminal shows again what is typed however this ends, also when it is dropped while it waits.
pub(super) async fn ask(prompt: String) -> Option<io::Result<String>> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    Some(ask_on(terminal, prompt).await)
}

async fn ask_on(mut terminal: File, prompt: String) -> io::Result<String> {
    let typed = terminal.try_clone()?;
    let mut hidden = Hidden::on(terminal.try_clone()?)?;
    terminal.write_all(prompt.as_bytes())?;
    let line = tokio::task::spawn_blocking(move || read_line(typed)).await.map_err(io::Error::other)??;
    hidden.answered = true;
    String::from_utf8(line).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "this is not UTF-8"))
}

/// A line, without its end.
fn read_line(mut terminal: File) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let length = terminal.read(&mut chunk)?;
        line.extend_from_slice(chunk.get(..length).unwrap_or_default());
        match line.last() {
            Some(&INTERRUPT) => return Err(io::ErrorKind::Interrupted.into()),
            Some(b'\n') => {
                line.pop();
                return Ok(line);
            }
            _ if length == 0 => return Ok(line),
            _ => {}
        }
    }
}

/// A terminal that shows nothing of what is typed but the end of the line.
struct Hidden {
    terminal: File,
    before: Termios,
    answered: bool,
}

impl Hidden {
    fn on(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut hiding = before.clone();
        // Ctrl-C ends a line here, and sends no signal: it would leave the thread that reads behind, and
        // what is typed next would be that one's.
        hiding.local_flags.remove(LocalFlags::ECHO | LocalFlags::ISIG);
        hiding.local_flags.insert(LocalFlags::ECHONL | LocalFlags::ICANON);
        if let Some(end) = hiding.control_chars.get_mut(SpecialCharacterIndices::VEOL as usize) {
            *end = INTERRUPT;
        }
        // What was typed before the question is no answer to it.
        tcsetattr(&terminal, SetArg::TCSAFLUSH, &hiding)?;
        Ok(Self { terminal, before, answered: false })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, SetArg::TCSANOW, &self.before);
        if !self.answered {
            let _ = self.terminal.write_all(b"\n");
        }
    }
}
