//! Real ZooKeeper servers, started through `scripts/dev/servers`, which knows how, and `zkx server`
//! beside them.
//!
//! None of them outlives the process that started it, however that process ends.

use std::ffi::OsStr;
use std::fmt::{self, Display, Write as _};
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::fetched;
use super::process::{Port, Process, all_stopped, free_ports, fresh_dir, signal};
use super::wait_for;

/// Starting four JVMs on a busy machine takes its time.
const START: Duration = Duration::from_secs(60);

/// The databases of a new 3.4 and of a newer server (which has `/zookeeper/config`), to be
/// put below a name that says that they end at zxid 0x100000000: so the zxids of a
/// standalone server are as wide as those of an ensemble, whatever ran before.
const EMPTY_3_4: &[u8] = include_bytes!("empty-3.4.snapshot");
const EMPTY_3_5: &[u8] = include_bytes!("empty-3.5.snapshot");

/// What the settings of real servers are in `scripts/dev/servers`, for `zkx server`.
const IN_MEMORY: &str = "--tick-time 200 --container-check 1000 --zxid 0x100000000 \
    --superuser super:D/InIHSb7yEEbrWz8b9l71RjZJU= --max-connections 100000";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Version(&'static str);

impl Version {
    pub(crate) const V3_4: Self = Self("3.4.14");
    pub(crate) const V3_5: Self = Self("3.5.10");
    pub(crate) const V3_8: Self = Self("3.8.6");
    pub(crate) const V3_9: Self = Self("3.9.5");
    /// `zkx server`: an ensemble in memory that is to be a 3.9 in everything.
    pub(crate) const MEMORY: Self = Self("memory");
    /// The real ones.
    pub(crate) const ALL: [Self; 4] = [Self::V3_4, Self::V3_5, Self::V3_8, Self::V3_9];

    pub(crate) fn minor(self) -> u32 {
        if self == Self::MEMORY {
            return Self::V3_9.minor();
        }
        let minor = self.0.split('.').nth(1).expect("three numbers");
        minor.parse().expect("a number")
    }

    /// Whether its jars are there; where they must be, their absence is a failure.
    fn provisioned(self) -> bool {
        self == Self::MEMORY || fetched::fetched("servers", ["classpath", self.0]).is_some()
    }
}

impl Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Started by the first test that asks; what failed once fails for all, at once.
type Once<T> = OnceLock<Option<Result<T, String>>>;

fn once<T>(slot: &Once<T>, version: Version, start: fn(Version) -> io::Result<T>) -> Option<&T> {
    let started = slot.get_or_init(|| {
        let outcome = version.provisioned().then(|| start(version))?;
        Some(outcome.map_err(|error| error.to_string()))
    });
    match started {
        Some(Ok(running)) => Some(running),
        Some(Err(error)) => panic!("{error}"),
        None => fetched::skip("servers"),
    }
}

/// The one 3.9 ensemble, with an observer, of all the tests. `None` after having said that
/// the test is skipped.
pub(crate) fn shared_ensemble() -> Option<&'static Ensemble> {
    static SHARED: Once<Ensemble> = OnceLock::new();
    once(&SHARED, Version::V3_9, Ensemble::start)
}

/// The one standalone server of a version. `None` after having said that the test is
/// skipped.
pub(crate) fn single(version: Version) -> Option<&'static Server> {
    static SINGLES: [Once<Server>; 5] = [const { OnceLock::new() }; 5];
    let slot = Version::ALL.iter().position(|known| *known == version).unwrap_or(Version::ALL.len());
    once(&SINGLES[slot], version, Server::start)
}

/// An ensemble of the caller's own, to be broken at will; gone when dropped.
pub(crate) fn private_ensemble(version: Version) -> Option<Ensemble> {
    if !version.provisioned() {
        return fetched::skip("servers");
    }
    Some(Ensemble::start(version).unwrap_or_else(|error| panic!("{error}")))
}

/// A standalone server of the caller's own; gone when dropped.
pub(crate) fn private_server(version: Version) -> Option<Server> {
    if !version.provisioned() {
        return fetched::skip("servers");
    }
    Some(Server::start(version).unwrap_or_else(|error| panic!("{error}")))
}

/// As [`private_server`], with settings of its own, and flags for its JVM, a line each.
pub(crate) fn private_server_with(version: Version, settings: &str, jvm: &str) -> Option<Server> {
    if !version.provisioned() {
        return fetched::skip("servers");
    }
    let started = Server::start_with(version, settings, jvm);
    Some(started.unwrap_or_else(|error| panic!("{error}")))
}

/// One process, or what is left of it.
pub(crate) struct Server {
    version: Version,
    port: u16,
    dir: PathBuf,
    process: Mutex<Option<Process>>,
}

impl Server {
    fn start(version: Version) -> io::Result<Self> {
        Self::start_with(version, "", "")
    }

    fn start_with(version: Version, settings: &str, jvm: &str) -> io::Result<Self> {
        retry(|| {
            let [client] = free_ports();
            let port = client.port();
            if version == Version::MEMORY {
                let server = Self::new(version, port, &format!("--port {port} {IN_MEMORY}"));
                drop(client);
                server.launch()?;
                server.serving(START)?;
                return Ok(server);
            }
            let server = Self::new(version, port, &format!("{}{settings}", client_port(port)));
            fs::write(server.dir.join("jvm"), jvm)?;
            let database = server.dir.join("data/version-2");
            fs::create_dir_all(&database)?;
            let empty = if version.minor() < 5 { EMPTY_3_4 } else { EMPTY_3_5 };
            fs::write(database.join("snapshot.100000000"), empty)?;
            drop(client);
            server.launch()?;
            server.serving(START)?;
            Ok(server)
        })
    }

    fn new(version: Version, port: u16, settings: &str) -> Self {
        let dir = fresh_dir();
        fs::create_dir_all(dir.join("data")).expect("a directory");
        fs::write(dir.join("own.cfg"), settings).expect("a file");
        Self { version, port, dir, process: Mutex::new(None) }
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn addr(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where its `data` and its `log` are.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.lock().unwrap().as_ref().map(|process| process.pid)
    }

    /// `kill -9`; returns when the process is gone.
    pub(crate) fn kill9(&self) {
        drop(self.process.lock().unwrap().take());
    }

    /// Starts it again on its port and its data, and waits until it serves.
    pub(crate) fn restart(&self) {
        self.kill9();
        self.launch().expect("a process");
        self.wait_serving(START);
    }

    /// Stops it in the middle of whatever it does (SIGSTOP), or lets it go on (SIGCONT).
    pub(crate) fn stop_cont(&self, stop: bool) {
        let pid = self.pid().expect("a running server");
        signal(pid, if stop { "STOP" } else { "CONT" });
        // The signal is sent at once, but a busy machine takes its time with every thread.
        let deadline = Instant::now() + Duration::from_secs(5);
        while stop && !all_stopped(pid) {
            assert!(Instant::now() < deadline, "{pid} does not stop");
            thread::sleep(Duration::from_millis(2));
        }
    }

    #[track_caller]
    pub(crate) fn wait_serving(&self, timeout: Duration) {
        if let Err(error) = self.serving(timeout) {
            panic!("{error}");
        }
    }

    /// The answer to a four-letter word; empty when there is none.
    pub(crate) fn four_letter(&self, word: &str) -> String {
        four_letter(&self.addr(), word)
    }

    /// leader, follower, observer or standalone; `None` while it does not serve, even
    /// though it may listen already.
    pub(crate) fn mode(&self) -> Option<String> {
        let answer = self.four_letter("srvr");
        let mode = answer.lines().find_map(|line| line.strip_prefix("Mode: "));
        mode.map(str::to_owned)
    }

    fn launch(&self) -> io::Result<()> {
        let own = self.dir.join("own.cfg");
        let log = self.dir.join("log");
        let process = if self.version == Version::MEMORY {
            let settings = fs::read_to_string(own)?;
            let words = [env!("CARGO_BIN_EXE_zkx"), "server"].into_iter().chain(settings.split_whitespace());
            Process::launch(words, &log)?
        } else {
            let script = fetched::script("servers");
            let words: [&OsStr; 3] = [script.as_ref(), "serve".as_ref(), self.version.0.as_ref()];
            Process::launch(words.into_iter().chain([own.as_os_str(), self.dir.as_os_str()]), &log)?
        };
        *self.process.lock().unwrap() = Some(process);
        Ok(())
    }

    fn serving(&self, timeout: Duration) -> io::Result<()> {
        let end = Instant::now() + timeout;
        while self.mode().is_none() {
            let dead = match &mut *self.process.lock().unwrap() {
                Some(process) => process.is_over()?,
                None => true,
            };
            if dead || Instant::now() > end {
                let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
                return Err(io::Error::other(format!(
                    "ZooKeeper {} on port {} {}:\n{log}",
                    self.version,
                    self.port,
                    if dead { "died" } else { "does not serve" },
                )));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill9();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The answer of whoever listens at `addr` to a four-letter word; empty when there is none.
pub(crate) fn four_letter(addr: &str, word: &str) -> String {
    let ask = || {
        let mut stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(word.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        io::Result::Ok(answer)
    };
    ask().unwrap_or_default()
}

/// Three voters and an observer.
pub(crate) struct Ensemble {
    servers: Vec<Server>,
}

impl Ensemble {
    fn start(version: Version) -> io::Result<Self> {
        retry(|| {
            let held: [Port; 12] = free_ports();
            let ports: Vec<u16> = held.iter().map(Port::port).collect();
            let servers: Vec<Server> = (0..4)
                .map(|index| {
                    let settings = member_settings(version, &ports, index);
                    Server::new(version, ports[3 * index], &settings)
                })
                .collect();
            drop(held);
            for (index, server) in servers.iter().enumerate() {
                fs::write(server.dir.join("data/myid"), (index + 1).to_string())?;
                server.launch()?;
            }
            for server in &servers {
                server.serving(START)?;
            }
            Ok(Self { servers })
        })
    }

    /// Voters first, the observer last.
    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    pub(crate) fn addresses(&self) -> Vec<String> {
        self.servers.iter().map(Server::addr).collect()
    }

    /// All addresses, with commas.
    pub(crate) fn connect_string(&self) -> String {
        self.addresses().join(",")
    }

    pub(crate) fn server_at(&self, port: u16) -> &Server {
        let found = self.servers.iter().find(|server| server.port == port);
        found.expect("the port of a member")
    }

    /// Waits until there is one.
    #[track_caller]
    pub(crate) fn leader(&self) -> &Server {
        wait_for("a leader", START, || self.in_mode("leader"))
    }

    #[track_caller]
    pub(crate) fn follower(&self) -> &Server {
        wait_for("a follower", START, || self.in_mode("follower"))
    }

    pub(crate) fn observer(&self) -> &Server {
        &self.servers[3]
    }

    fn in_mode(&self, mode: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.mode().as_deref() == Some(mode))
    }
}

fn client_port(port: u16) -> String {
    format!("clientPortAddress=127.0.0.1\nclientPort={port}\n")
}

/// `ports` are three for each member: clients', quorum's, election's.
fn member_settings(version: Version, ports: &[u16], index: usize) -> String {
    let observer = 3;
    let mut settings = String::new();
    if index == observer {
        settings.push_str("peerType=observer\n");
    }
    // From 3.5 on a member's line names its clients' port too, and `config` shows it.
    if version.minor() < 5 {
        settings.push_str(&client_port(ports[3 * index]));
    }
    for (member, ports) in ports.chunks(3).enumerate() {
        let [client, quorum, election] = ports else { unreachable!("three ports for each member") };
        let role = if member == observer { "observer" } else { "participant" };
        let _ = write!(settings, "server.{}=127.0.0.1:{quorum}:{election}:{role}", member + 1);
        if version.minor() >= 5 {
            let _ = write!(settings, ";127.0.0.1:{client}");
        }
        settings.push('\n');
    }
    settings
}

/// Between its choice and its use a port may be taken by somebody else.
fn retry<T>(start: impl Fn() -> io::Result<T>) -> io::Result<T> {
    start().or_else(|_| start())
}
