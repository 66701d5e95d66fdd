//! The binary under test on a terminal of its own, read as somebody reads it: as a screen.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{Termios, tcgetattr};
use tempfile::TempDir;

use super::process;
use super::zkx::Zkx;

/// For what should take a moment, on a busy machine.
const SOON: Duration = Duration::from_secs(20);

pub(crate) const ENTER: &str = "\r";
pub(crate) const TAB: &str = "\t";
pub(crate) const UP: &str = "\u{1b}[A";
pub(crate) const RIGHT: &str = "\u{1b}[C";
pub(crate) const CTRL_C: &str = "\u{3}";
pub(crate) const CTRL_D: &str = "\u{4}";
pub(crate) const CTRL_R: &str = "\u{12}";
pub(crate) const CTRL_U: &str = "\u{15}";

/// Lines that are remembered when they leave the screen.
const SCROLLBACK: usize = 10_000;

/// A terminal and the program on it; the program is killed when this is dropped.
pub(crate) struct Screen {
    child: Child,
    keys: PtyMaster,
    /// Keeps what the program made of the terminal when it has gone.
    tty: File,
    before: Termios,
    seen: Arc<Mutex<Seen>>,
    _home: Arc<TempDir>,
}

struct Seen {
    terminal: vt100::Parser,
    bytes: Vec<u8>,
}

impl Zkx {
    /// Starts it on a terminal of 24 rows and 100 columns, with its pager switched off.
    pub(crate) fn on_screen(self) -> Screen {
        self.on_screen_of(24, 100)
    }

    /// As [`on_screen`](Self::on_screen), on one of another size.
    pub(crate) fn on_screen_of(self, rows: u16, columns: u16) -> Screen {
        let (keys, tty) = terminal(rows, columns);
        let before = tcgetattr(&tty).expect("a terminal");
        let home = self.home();
        // Without a session of its own nothing would reach it when Ctrl-C is typed.
        let child = self
            .default_env("TERM", "xterm")
            .default_env("PAGER", "cat")
            .command(&["setsid", "--ctty"])
            .env_remove("COLUMNS")
            .stdin(tty.try_clone().expect("a descriptor"))
            .stdout(tty.try_clone().expect("a descriptor"))
            .stderr(tty.try_clone().expect("a descriptor"))
            .spawn()
            .expect("setsid of util-linux");
        let terminal = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), SCROLLBACK);
        let seen = Arc::new(Mutex::new(Seen { terminal, bytes: Vec::new() }));
        let (sink, source) = (Arc::clone(&seen), keys.as_fd().try_clone_to_owned().expect("a descriptor"));
        thread::spawn(move || {
            let mut source = File::from(source);
            let mut chunk = vec![0; 64 << 10];
            while let Ok(len @ 1..) = source.read(&mut chunk) {
                let mut seen = sink.lock().unwrap();
                seen.terminal.process(&chunk[..len]);
                seen.bytes.extend_from_slice(&chunk[..len]);
                // Some editors ask where the cursor is, and wait for the answer.
                if chunk[..len].windows(4).any(|bytes| bytes == b"\x1b[6n") {
                    let (row, column) = seen.terminal.screen().cursor_position();
                    let _ = write!(source, "\x1b[{};{}R", row + 1, column + 1);
                }
            }
        });
        Screen { child, keys, tty, before, seen, _home: home }
    }
}

/// Whether a line only says that a command was slow, as any can be on a busy machine.
pub(crate) fn is_slow(line: &str) -> bool {
    let time = line.strip_prefix("note: took ").and_then(|time| time.strip_suffix(" s"));
    time.and_then(|time| time.split_once('.')).is_some_and(|(_, tenths)| tenths.len() == 1)
}

/// Both ends of a terminal. Neither is inherited by programs that other tests start meanwhile.
fn terminal(rows: u16, columns: u16) -> (PtyMaster, File) {
    let keys = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a terminal");
    grantpt(&keys).expect("a terminal");
    unlockpt(&keys).expect("a terminal");
    let name = ptsname_r(&keys).expect("a terminal");
    let mut options = OpenOptions::new();
    let options = std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, OFlag::O_NOCTTY.bits());
    let tty = options.read(true).write(true).open(name).expect("a terminal");
    set_size(&tty, rows, columns);
    (keys, tty)
}

fn set_size(tty: &File, rows: u16, columns: u16) {
    let size = ["rows".to_owned(), rows.to_string(), "cols".to_owned(), columns.to_string()];
    let tty = tty.try_clone().expect("a descriptor");
    let status = Command::new("stty").args(size).stdin(tty).stderr(Stdio::inherit()).status();
    assert!(status.is_ok_and(|status| status.success()), "stty cannot set the size");
}

impl Screen {
    /// Types, and does not wait for anything.
    #[track_caller]
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a terminal");
    }

    /// Types a line at the prompt, waits for the next prompt, and returns what is on the screen in
    /// between, without blanks at the ends of lines.
    #[track_caller]
    pub(crate) fn run(&mut self, line: &str) -> String {
        self.send(line);
        self.prompt();
        let shown = self.history();
        let at = shown.rfind(&format!("> {line}")).unwrap_or_else(|| self.fail(&format!("{line:?} is gone")));
        let answer = shown[at..].split_once('\n').map_or("", |(_, answer)| answer);
        // The last line is the prompt.
        let lines: Vec<_> = answer.trim_end_matches('\n').lines().collect();
        let lines = lines.split_last().map_or(Default::default(), |(_, lines)| lines);
        lines.iter().filter(|line| !is_slow(line)).map(|line| format!("{line}\n")).collect()
    }

    /// Types a line and Enter.
    #[track_caller]
    pub(crate) fn send(&mut self, line: &str) {
        self.type_in(line);
        self.keys(ENTER);
    }

    /// Types Ctrl-C and waits for the next prompt.
    #[track_caller]
    pub(crate) fn interrupt(&mut self) {
        let prompts = |screen: &Self| {
            let shown = screen.history();
            shown.lines().filter(|line| line.contains("> ") || line.ends_with('>')).count()
        };
        let before = prompts(self);
        self.keys(CTRL_C);
        self.wait("another prompt", |screen| prompts(screen) > before);
        self.prompt();
    }

    /// Types keys that are shown as they are, and waits until they are.
    #[track_caller]
    pub(crate) fn type_in(&mut self, keys: &str) {
        self.keys(keys);
        self.wait(&format!("{keys:?} to be typed"), |screen| screen.line().contains(keys));
    }

    /// Waits for a prompt behind which nothing is typed.
    #[track_caller]
    pub(crate) fn prompt(&self) {
        self.wait("the prompt", |screen| {
            let (line, column) = (screen.line(), screen.column());
            line.ends_with("> ") && line.trim_end().chars().count() + 1 == column
        });
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        self.wait(&format!("{text:?}"), |screen| screen.text().contains(text));
    }

    /// Waits until the line with the cursor ends with a text; what is grey behind the cursor is part of it.
    #[track_caller]
    pub(crate) fn line_ends(&self, text: &str) {
        self.wait(&format!("a line that ends with {text:?}"), |screen| screen.line().ends_with(text));
    }

    /// Waits until what the screen shows pleases.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, pleases: impl FnMut(&Self) -> bool) {
        if !self.comes_to(pleases) {
            self.fail(&format!("waited {SOON:?} in vain for {what}"));
        }
    }

    /// As [`wait`](Self::wait); `false` where it was in vain.
    pub(crate) fn comes_to(&self, mut pleases: impl FnMut(&Self) -> bool) -> bool {
        let end = Instant::now() + SOON;
        loop {
            if pleases(self) {
                return true;
            }
            if Instant::now() > end {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// What is on the screen; lines longer than it are whole.
    pub(crate) fn text(&self) -> String {
        self.seen.lock().unwrap().terminal.screen().contents()
    }

    /// As [`text`](Self::text), with what has left the screen at its top.
    pub(crate) fn history(&self) -> String {
        let mut seen = self.seen.lock().unwrap();
        let rows = usize::from(seen.terminal.screen().size().0.get());
        let mut pages = Vec::new();
        seen.terminal.screen_mut().set_scrollback(usize::MAX);
        let mut above = seen.terminal.screen().scrollback();
        while above > 0 {
            seen.terminal.screen_mut().set_scrollback(above);
            let columns = seen.terminal.screen().size().1.get();
            pages.extend(seen.terminal.screen().rows(0, columns).take(above.min(rows)));
            above = above.saturating_sub(rows);
        }
        seen.terminal.screen_mut().set_scrollback(0);
        let mut shown = pages.iter().map(|row| format!("{}\n", row.trim_end())).collect::<String>();
        let text = seen.terminal.screen().contents();
        shown.extend(text.lines().map(|row| format!("{}\n", row.trim_end())));
        shown
    }

    /// The row with the cursor, and those above that run on into it.
    pub(crate) fn line(&self) -> String {
        let seen = self.seen.lock().unwrap();
        let screen = seen.terminal.screen();
        let (row, _) = screen.cursor_position();
        let mut first = row;
        while first > 0 && screen.row_wrapped(first - 1) {
            first -= 1;
        }
        let columns = screen.size().1.get();
        let text = screen.contents_between(first, 0, row, columns);
        // Trailing blanks are not told from nothing: those before the cursor are meant.
        let column = usize::from(screen.cursor_position().1);
        let last = screen.contents_between(row, 0, row, columns).chars().count();
        let blanks = if first == row { column.saturating_sub(last) } else { 0 };
        format!("{text}{}", " ".repeat(blanks))
    }

    /// Columns to the left of the cursor.
    pub(crate) fn column(&self) -> usize {
        self.seen.lock().unwrap().terminal.screen().cursor_position().1.into()
    }

    /// Whether a word in the row of the cursor is red.
    pub(crate) fn is_red(&self, word: &str) -> bool {
        let seen = self.seen.lock().unwrap();
        let screen = seen.terminal.screen();
        let (row, _) = screen.cursor_position();
        let text = screen.contents_between(row, 0, row, screen.size().1.get());
        let Some(at) = text.find(word) else { return false };
        let column = text[..at].chars().count() as u16;
        let red = [1, 9].map(vt100::Color::Idx);
        screen.cell(row, column).is_some_and(|cell| red.contains(&cell.fgcolor()))
    }

    /// All that the program has written.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bytes.clone()
    }

    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        let size = (rows.try_into().unwrap(), columns.try_into().unwrap());
        self.seen.lock().unwrap().terminal.screen_mut().set_size(size.0, size.1);
        set_size(&self.tty, rows, columns);
    }

    /// Whether the terminal behaves as it did before the program was started.
    pub(crate) fn is_restored(&self) -> bool {
        tcgetattr(&self.tty).expect("a terminal") == self.before
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        process::signal(self.pid(), name);
    }

    /// Waits for the end; the exit code, or `None` when a signal was the end.
    #[track_caller]
    pub(crate) fn end(&mut self) -> Option<i32> {
        let end = Instant::now() + SOON;
        loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                return status.code();
            }
            if Instant::now() > end {
                self.fail("it does not end");
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[track_caller]
    pub(crate) fn fail(&self, why: &str) -> ! {
        let (row, column) = self.seen.lock().unwrap().terminal.screen().cursor_position();
        panic!("{why}; the cursor is in row {row}, column {column} of\n{}\n", self.text());
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
