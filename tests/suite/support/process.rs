//! Processes that do not outlive the tests, however these end, and what they need: directories and
//! ports.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a server that dies when the standard input of this script closes: the kernel closes
/// it even when the tests are killed. Ctrl-C is for the tests, so it is ignored here.
const SUPERVISE: &str = r#"
trap '' INT HUP
exec 3<&0
"$@" 3<&- >/dev/null & server=$!
echo $server
{ read -r _ <&3; kill -9 $server; } >/dev/null & guard=$!
wait $server; code=$?
kill $guard
exit $code
"#;

/// Removes a directory when its standard input closes, once the servers are gone.
const SWEEP: &str = r#"trap '' INT HUP; read -r _; sleep 1; rm -rf -- "$1""#;

/// A process and the shell that watches over it; dropping it is `kill -9`.
pub(super) struct Process {
    supervisor: Child,
    pub(super) pid: u32,
}

impl Process {
    /// Runs words of a command line; what it says goes to the end of `log`.
    pub(super) fn launch<S: AsRef<OsStr>>(
        words: impl IntoIterator<Item = S>,
        log: &Path,
    ) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISE, "sh"])
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let stdout = supervisor.stdout.take().expect("a pipe");
        let mut pid = String::new();
        BufReader::new(stdout).read_line(&mut pid)?;
        let pid = pid.trim().parse().map_err(io::Error::other)?;
        Ok(Self { supervisor, pid })
    }

    pub(super) fn is_over(&mut self) -> io::Result<bool> {
        Ok(self.supervisor.try_wait()?.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// Whether no thread of the process runs any more.
pub(super) fn all_stopped(pid: u32) -> bool {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return true };
    tasks.flatten().all(|task| {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        // The state follows the name, which stands in brackets.
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['T', 't', 'Z', 'X']))
    })
}

pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
    assert!(status.is_ok_and(|status| status.success()), "cannot send SIG{name} to {pid}");
}

/// A directory below the one of this process, which goes when the process does.
pub(super) fn fresh_dir() -> PathBuf {
    static ROOT: OnceLock<(PathBuf, Child)> = OnceLock::new();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let (root, _sweeper) = ROOT.get_or_init(|| {
        let root = tempfile::Builder::new().prefix("zkx-servers-").tempdir();
        let root = root.expect("a temporary directory").keep();
        let sweeper = Command::new("sh")
            .args(["-c", SWEEP, "sh"])
            .arg(&root)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        (root, sweeper.expect("a shell"))
    });
    root.join(COUNT.fetch_add(1, Ordering::SeqCst).to_string())
}

/// A port that is ours for as long as this lives.
pub(crate) struct Port(TcpListener);

impl Port {
    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().expect("a bound listener").port()
    }
}

/// Free ports, below those that the system gives to outgoing connections: one of these
/// could take the port of a server that is being restarted.
pub(crate) fn free_ports<const N: usize>() -> [Port; N] {
    std::array::from_fn(|_| {
        let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok();
        let mut tries = std::iter::repeat_with(|| fastrand::u16(12_000..32_000)).take(1_000);
        Port(tries.find_map(bind).expect("a free port"))
    })
}
