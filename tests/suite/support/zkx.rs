//! The binary under test, in a world of its own.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{mask, process};

/// A command line to be run. Its HOME and working directory are an empty directory.
#[must_use]
pub(crate) struct Zkx {
    program: PathBuf,
    server: Option<String>,
    args: Vec<OsString>,
    envs: Vec<(String, OsString)>,
    input: Input,
    timeout: Duration,
    home: Arc<TempDir>,
}

enum Input {
    None,
    Bytes(Vec<u8>),
    Open,
}

impl Zkx {
    pub(crate) fn new() -> Self {
        Self::program(env!("CARGO_BIN_EXE_zkx"))
    }

    /// Another program, in the same world.
    pub(crate) fn program(path: impl Into<PathBuf>) -> Self {
        Self {
            program: path.into(),
            server: None,
            args: Vec::new(),
            envs: Vec::new(),
            input: Input::None,
            timeout: Duration::from_secs(30),
            home: Arc::new(TempDir::new().expect("a temporary directory")),
        }
    }

    pub(crate) fn server(mut self, addr: impl Into<String>) -> Self {
        self.server = Some(addr.into());
        self
    }

    pub(crate) fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, key: &str, value: impl Into<OsString>) -> Self {
        self.envs.push((key.to_owned(), value.into()));
        self
    }

    /// As [`env`](Self::env), unless that says something else.
    pub(super) fn default_env(mut self, key: &str, value: &str) -> Self {
        self.envs.insert(0, (key.to_owned(), value.into()));
        self
    }

    /// A directory whose programs come before all others.
    pub(crate) fn path_first(self, directory: &str) -> Self {
        self.env("PATH", format!("{directory}:{}", path().display()))
    }

    /// What it reads; without this it reads from /dev/null.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// A standard input to be written to by and by.
    pub(crate) fn open_stdin(mut self) -> Self {
        self.input = Input::Open;
        self
    }

    /// For `run` and everything that waits for the end: 30 seconds unless said.
    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// HOME and working directory, to put files into before, and to look at afterwards.
    pub(crate) fn home(&self) -> Arc<TempDir> {
        Arc::clone(&self.home)
    }

    /// The HOME of an earlier command.
    pub(crate) fn home_of(mut self, home: &Arc<TempDir>) -> Self {
        self.home = Arc::clone(home);
        self
    }

    /// Puts a file into the working directory.
    pub(crate) fn file(self, name: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> Self {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, contents).expect("a file");
        self
    }

    #[must_use = "whether it went well is to be asserted"]
    pub(crate) fn run(self) -> Output {
        let timeout = self.timeout;
        self.spawn().finish(timeout)
    }

    /// What the system is to start; `runner` are words in front of the program's name.
    pub(super) fn command(&self, runner: &[&str]) -> Command {
        let mut words = runner.iter().map(OsStr::new).chain([self.program.as_os_str()]);
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words);
        if let Some(server) = &self.server {
            command.arg("--server").arg(server);
        }
        command
            .args(&self.args)
            .env_clear()
            .env("PATH", path())
            .env("HOME", self.home.path())
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("COLUMNS", "100")
            .env("TERM", "dumb")
            .env("NO_COLOR", "1")
            .envs(self.envs.iter().map(|(key, value)| (key, value)))
            .current_dir(self.home.path());
        command
    }

    pub(crate) fn spawn(self) -> Running {
        let mut command = self.command(&[]);
        command
            .stdin(match self.input {
                Input::None => Stdio::null(),
                _ => Stdio::piped(),
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("cannot run {}: {error}", self.program.display()));
        let mut stdin = child.stdin.take();
        if let Input::Bytes(bytes) = self.input {
            let mut stdin = stdin.take().expect("a pipe");
            // On the side: both ends could wait for each other otherwise.
            thread::spawn(move || stdin.write_all(&bytes));
        }
        Running {
            command: words(self.program.file_name().unwrap_or_default(), &self.args),
            stdin,
            stdout: Tap::on(child.stdout.take().expect("a pipe")),
            stderr: Tap::on(child.stderr.take().expect("a pipe")),
            child,
            started,
            _home: self.home,
        }
    }
}

/// All that is taken over from outside.
fn path() -> OsString {
    #[expect(clippy::disallowed_methods, reason = "a program could not be found without it")]
    std::env::var_os("PATH").unwrap_or_default()
}

fn words(program: &OsStr, args: &[OsString]) -> String {
    let words = args.iter().map(|arg| {
        let arg = arg.to_string_lossy();
        let plain = |c: char| c.is_alphanumeric() || "-_/.:=,@+".contains(c);
        if !arg.is_empty() && arg.chars().all(plain) {
            arg.into_owned()
        } else {
            format!("'{}'", arg.replace('\'', r"'\''"))
        }
    });
    std::iter::once(program.to_string_lossy().into_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Collects what a pipe brings.
struct Tap {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Tap {
    fn on(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let sink = Arc::clone(&bytes);
        let thread = thread::spawn(move || {
            let mut chunk = vec![0; 64 << 10];
            while let Ok(len @ 1..) = pipe.read(&mut chunk) {
                sink.lock().unwrap().extend_from_slice(&chunk[..len]);
            }
        });
        Self { bytes, thread: Some(thread) }
    }

    fn so_far(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.so_far()).into_owned()
    }

    fn until_end(&mut self) -> Vec<u8> {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.so_far()
    }
}

/// A command that runs; killed when dropped.
pub(crate) struct Running {
    command: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Tap,
    stderr: Tap,
    started: Instant,
    _home: Arc<TempDir>,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&self) -> String {
        self.stdout.text()
    }

    pub(crate) fn stderr(&self) -> String {
        self.stderr.text()
    }

    #[track_caller]
    pub(crate) fn write(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("open_stdin() before");
        stdin.write_all(text.as_bytes()).expect("a process that reads");
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Waits until what was printed so far pleases.
    #[track_caller]
    pub(crate) fn wait_stdout(&self, pleases: impl Fn(&str) -> bool, timeout: Duration) {
        self.wait("the awaited output", timeout, || pleases(&self.stdout()).then_some(()));
    }

    /// The first whole line of stdout with this text.
    #[track_caller]
    pub(crate) fn wait_line_containing(&self, text: &str, timeout: Duration) -> String {
        self.wait(&format!("a line with {text:?}"), timeout, || {
            let stdout = self.stdout();
            let whole = &stdout[..stdout.rfind('\n')?];
            whole.lines().find(|line| line.contains(text)).map(str::to_owned)
        })
    }

    #[track_caller]
    pub(crate) fn wait_stderr_containing(&self, text: &str, timeout: Duration) {
        self.wait_stderr(text, 0, timeout);
    }

    /// As above, behind the first `after` bytes.
    #[track_caller]
    pub(crate) fn wait_stderr(&self, text: &str, after: usize, timeout: Duration) {
        let said = || self.stderr().get(after..).is_some_and(|said| said.contains(text)).then_some(());
        self.wait(&format!("{text:?} on stderr"), timeout, said);
    }

    /// Sends a signal by its name: INT, TERM, STOP. INT only reaches a program with a handler
    /// of its own when the tests run in the background of a script, which ignores it.
    pub(crate) fn signal(&self, name: &str) {
        process::signal(self.pid(), name);
    }

    /// Interrupts it, as Ctrl-C does, and waits for its end.
    #[must_use = "whether it went well is to be asserted"]
    pub(crate) fn stop(self) -> Output {
        self.signal("INT");
        self.finish(Duration::from_secs(10))
    }

    /// Waits for its end.
    #[must_use = "whether it went well is to be asserted"]
    #[track_caller]
    pub(crate) fn finish(mut self, timeout: Duration) -> Output {
        let end = self.started.max(Instant::now()) + timeout;
        let (wall, cpu) = loop {
            if let Some(cpu) = self.ended() {
                break (self.started.elapsed(), cpu);
            }
            if Instant::now() > end {
                self.fail(&format!("still running after {timeout:?}"));
            }
            thread::sleep(Duration::from_millis(1));
        };
        let status = self.child.wait().expect("our own child");
        Output {
            command: std::mem::take(&mut self.command),
            stdout: self.stdout.until_end(),
            stderr: String::from_utf8_lossy(&self.stderr.until_end()).into_owned(),
            code: status.code(),
            wall,
            cpu,
            status,
        }
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.ended().is_some()
    }

    /// The processor time it took, once it has ended.
    fn ended(&mut self) -> Option<Duration> {
        if cfg!(target_os = "linux") {
            // Until it is waited for, a dead process keeps its account.
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).ok()?;
            let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
            let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
            // A tick is 10 ms for every architecture's user space.
            (fields[0] == "Z").then(|| Some(Duration::from_millis(10 * (ticks(11)? + ticks(12)?))))?
        } else {
            self.child.try_wait().ok()?.map(|_| Duration::ZERO)
        }
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, timeout: Duration, mut look: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + timeout;
        loop {
            if let Some(found) = look() {
                return found;
            }
            if Instant::now() > end {
                self.fail(&format!("waited {timeout:?} in vain for {what}"));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[track_caller]
    fn fail(&self, why: &str) -> ! {
        panic!("{why}\n$ {}\n{}--- stderr ---\n{}", self.command, self.stdout(), self.stderr());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Output {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) wall: Duration,
    /// User and system time, by steps of 10 ms; zero where the system does not tell.
    pub(crate) cpu: Duration,
    command: String,
    status: ExitStatus,
}

impl Output {
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        self.code(0)
    }

    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert!(self.code == Some(expected), "expected exit code {expected}\n{self}");
        self
    }

    /// Standard output, which must be text.
    #[track_caller]
    pub(crate) fn out(&self) -> String {
        match str::from_utf8(&self.stdout) {
            Ok(text) => text.to_owned(),
            Err(error) => panic!("{error}\n{self}"),
        }
    }

    /// What is worth a snapshot: stdout, and stderr and the exit code where there is
    /// anything to say, with all that differs between runs masked, character by character.
    pub(crate) fn snapshot(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.stdout).into_owned();
        if !self.stderr.is_empty() {
            text.push_str(&format!("--- stderr ---\n{}", self.stderr));
        }
        if self.code != Some(0) {
            text.push_str(&format!("[{}]\n", self.end()));
        }
        mask::mask(&text)
    }

    fn end(&self) -> String {
        self.code.map_or_else(|| self.status.to_string(), |code| format!("exit {code}"))
    }
}

impl Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.command)?;
        write!(f, "{}", String::from_utf8_lossy(&self.stdout))?;
        writeln!(f, "--- stderr ---\n{}[{}]", self.stderr, self.end())
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}
