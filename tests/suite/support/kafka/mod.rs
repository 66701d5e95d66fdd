//! Real Kafka brokers, each cluster in a chroot of its own, with Kafka's own tools, which judge what zkx
//! says of it. The jars come from `scripts/dev/brokers`.
//!
//! A cluster starts with the first test that asks for it and has then what [`contents`] puts into it. All
//! tests share it, so they change nothing that was there; who wants to break something takes [`private`].

mod contents;

pub(crate) use contents::GROUPS;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::fetched::{fetched, skip};
use super::process::{Process, free_ports, fresh_dir, signal};
use super::servers::{self, Server, Version};
use super::truth::Truth;
use super::wait_for;
use super::zkx::{Output, Zkx};

/// For a JVM to do what it should do at once, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kafka's brokers and tools need no more for the little that the tests have.
const JVM: [&str; 4] = [
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    concat!(
        "-Dlog4j.configuration=file:",
        env!("CARGO_MANIFEST_DIR"),
        "/tests/suite/support/kafka/log4j.properties"
    ),
];

/// What can be had of Kafka.
struct Release {
    /// As `scripts/dev/brokers` calls it.
    name: &'static str,
    /// The class of the broker.
    main: &'static str,
    /// The newest ZooKeeper that its time knew.
    zookeeper: Version,
    brokers: &'static [i32],
}

const V0_8: Release =
    Release { name: "kafka-0.8.2.2", main: "kafka.Kafka", zookeeper: Version::V3_4, brokers: &[0] };
const V1_1: Release =
    Release { name: "kafka-1.1.1", main: "kafka.Kafka", zookeeper: Version::V3_4, brokers: &[0] };
const V3_9: Release =
    Release { name: "kafka-3.9.1", main: "kafka.Kafka", zookeeper: Version::V3_9, brokers: &[1, 2, 3] };
const JAFKA: Release =
    Release { name: "jafka-3.0.6", main: "io.jafka.Jafka", zookeeper: Version::V3_4, brokers: &[0] };

/// A cluster of the tests' own, all others of which panic at once when its start failed.
type Shared = LazyLock<Option<Kafka>>;

fn shared(cluster: &'static Shared) -> Option<&'static Kafka> {
    cluster.as_ref().or_else(|| skip("brokers"))
}

/// Kafka 0.8.2.2: one broker, and consumers that live and that have gone. `None` after having said that
/// the test is skipped, as below.
pub(crate) fn v0_8() -> Option<&'static Kafka> {
    static CLUSTER: Shared = LazyLock::new(|| Kafka::filled(&V0_8, contents::v0_8));
    shared(&CLUSTER)
}

/// Kafka 1.1.1: the same.
pub(crate) fn v1_1() -> Option<&'static Kafka> {
    static CLUSTER: Shared = LazyLock::new(|| Kafka::filled(&V1_1, contents::v1_1));
    shared(&CLUSTER)
}

/// Kafka 3.9.1: three brokers in three racks, configurations, ACLs, and offsets without consumers.
pub(crate) fn v3_9() -> Option<&'static Kafka> {
    static CLUSTER: Shared = LazyLock::new(|| Kafka::filled(&V3_9, contents::v3_9));
    shared(&CLUSTER)
}

/// Jafka 3.0.6, as Kafka 0.7: one broker, a consumer.
pub(crate) fn jafka() -> Option<&'static Kafka> {
    static CLUSTER: Shared = LazyLock::new(|| Kafka::filled(&JAFKA, contents::jafka));
    shared(&CLUSTER)
}

/// Three brokers of Kafka 3.9.1 of the caller's own, with nothing in them, to be killed at will; gone
/// when dropped. The ZooKeeper below is shared, so a name is needed.
pub(crate) fn private(name: &str) -> Option<Kafka> {
    Kafka::start(&V3_9, name).or_else(|| skip("brokers"))
}

/// The ZooKeeper below the brokers; their sessions are to outlive a busy moment.
fn zookeeper(version: Version) -> Option<&'static Server> {
    type Slot = LazyLock<Option<Server>>;
    fn start(version: Version) -> Option<Server> {
        servers::private_server_with(version, "maxSessionTimeout=60000\n", "")
    }
    static OLD: Slot = LazyLock::new(|| start(Version::V3_4));
    static NEW: Slot = LazyLock::new(|| start(Version::V3_9));
    if version == Version::V3_4 { OLD.as_ref() } else { NEW.as_ref() }
}

/// A cluster.
pub(crate) struct Kafka {
    release: &'static Release,
    zookeeper: &'static Server,
    chroot: String,
    classpath: String,
    python: String,
    brokers: Vec<Broker>,
    consumers: Mutex<Vec<Process>>,
}

struct Broker {
    id: i32,
    dir: PathBuf,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    port: u16,
    process: Option<Process>,
    paused: bool,
}

impl Kafka {
    fn filled(release: &'static Release, fill: fn(&Self)) -> Option<Self> {
        let cluster = Self::start(release, release.name)?;
        fill(&cluster);
        Some(cluster)
    }

    fn start(release: &'static Release, name: &str) -> Option<Self> {
        let broker = |id: &i32| Broker { id: *id, dir: fresh_dir(), running: Mutex::default() };
        let cluster = Self {
            release,
            classpath: fetched("brokers", ["classpath", release.name])?,
            python: fetched("clients", ["program", "kafka"])?,
            zookeeper: zookeeper(release.zookeeper)?,
            chroot: format!("/{name}"),
            brokers: release.brokers.iter().map(broker).collect(),
            consumers: Mutex::default(),
        };
        // The oldest do not create their chroot themselves.
        let mut truth = Truth::connect(&cluster.zookeeper.addr()).expect("a session");
        truth.create_parents(&cluster.chroot).expect("a chroot");
        for broker in &cluster.brokers {
            cluster.launch(broker);
        }
        for id in release.brokers {
            cluster.wait_for_broker(*id);
        }
        Some(cluster)
    }

    /// Its release, as `3.9.1`.
    pub(crate) fn release(&self) -> &'static str {
        self.release.name.split_once('-').expect("a name and a version").1
    }

    /// The ZooKeeper below it, which other clusters have too.
    pub(crate) fn zookeeper(&self) -> &'static Server {
        self.zookeeper
    }

    pub(crate) fn chroot(&self) -> &str {
        &self.chroot
    }

    /// For `--zookeeper` of Kafka's tools, and zkx's `--server`.
    pub(crate) fn connect_string(&self) -> String {
        format!("{}{}", self.zookeeper.addr(), self.chroot)
    }

    /// For `--bootstrap-server`: the brokers that run.
    pub(crate) fn bootstrap(&self) -> String {
        let alive = self.brokers.iter().filter(|broker| broker.is_running());
        alive.map(|broker| format!("127.0.0.1:{}", broker.port())).collect::<Vec<_>>().join(",")
    }

    pub(crate) fn port(&self, broker: i32) -> u16 {
        self.broker(broker).port()
    }

    /// zkx in the chroot.
    pub(crate) fn zkx(&self) -> Zkx {
        Zkx::new().server(self.connect_string())
    }

    /// The judge, in the chroot too.
    #[track_caller]
    pub(crate) fn truth(&self) -> Truth {
        Truth::connect(&self.zookeeper.addr()).expect("a session").within(&self.chroot)
    }

    /// What a tool of Kafka's prints on standard output.
    #[track_caller]
    pub(crate) fn tool(&self, class: &str, args: &[&str]) -> String {
        self.run_tool(class, args, "").success().out()
    }

    /// As above, on a cluster that keeps groups in ZooKeeper: `--zookeeper` is said already.
    #[track_caller]
    pub(crate) fn old_tool(&self, class: &str, args: &[&str]) -> String {
        let connect = self.connect_string();
        self.tool(class, &[&["--zookeeper", &*connect], args].concat())
    }

    /// As above, on a newer cluster: `--bootstrap-server` is said already.
    #[track_caller]
    pub(crate) fn new_tool(&self, class: &str, args: &[&str]) -> String {
        let bootstrap = self.bootstrap();
        self.tool(class, &[&["--bootstrap-server", &*bootstrap], args].concat())
    }

    #[track_caller]
    fn run_tool(&self, class: &str, args: &[&str], input: &str) -> Output {
        let java = Zkx::program("java").args(JVM).args(["-cp", &self.classpath, class]).args(args);
        java.stdin(input).timeout(2 * PATIENCE).run()
    }

    /// Calls a function of `client.py`.
    #[track_caller]
    pub(crate) fn ask(&self, function: &str, json: &serde_json::Value) {
        const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/support/kafka/client.py");
        let python = Zkx::program(&self.python).args([CLIENT, function, &*self.bootstrap()]);
        let _ = python.arg(json.to_string()).timeout(2 * PATIENCE).run().success();
    }

    /// A consumer that keeps its group in ZooKeeper, and lives as long as the cluster; returns when it
    /// is a member.
    #[track_caller]
    fn consumer(&self, class: &str, group: &str, args: &[&str]) {
        let members = format!("/consumers/{group}/ids");
        let members = || self.truth().children(&members).map_or(0, |(names, _)| names.len());
        let before = members();
        let connect = self.connect_string();
        let words = [&["--zookeeper", &*connect], args].concat();
        let dir = fresh_dir();
        fs::create_dir_all(&dir).expect("a directory");
        let log = dir.join("log");
        let mut process = self.java(class, &words, &log).expect("a process");
        wait_for("a new member of the group", PATIENCE, || {
            let dead = process.is_over().expect("a child");
            assert!(!dead, "a consumer died:\n{}", fs::read_to_string(&log).unwrap_or_default());
            (members() > before).then_some(())
        });
        self.consumers.lock().unwrap().push(process);
    }

    fn java<S: AsRef<OsStr>>(&self, class: &str, args: &[S], log: &std::path::Path) -> io::Result<Process> {
        let words = ["java"].into_iter().chain(JVM).chain(["-cp", &self.classpath, class]);
        Process::launch(words.map(OsStr::new).chain(args.iter().map(AsRef::as_ref)), log)
    }

    /// `kill -9`. ZooKeeper, and with it the other brokers, notice after some seconds.
    pub(crate) fn kill9(&self, broker: i32) {
        self.broker(broker).running.lock().unwrap().process = None;
    }

    /// Stops it in the middle of whatever it does (SIGSTOP): for some seconds it still seems to live.
    pub(crate) fn pause(&self, broker: i32) {
        let mut running = self.broker(broker).running.lock().unwrap();
        signal(running.process.as_ref().expect("a running broker").pid, "STOP");
        running.paused = true;
    }

    /// Starts it again, on another port, and waits until it serves.
    #[track_caller]
    pub(crate) fn restart(&self, broker: i32) {
        self.kill9(broker);
        self.launch(self.broker(broker));
        self.wait_for_broker(broker);
    }

    fn broker(&self, id: i32) -> &Broker {
        self.brokers.iter().find(|broker| broker.id == id).expect("a broker of the cluster")
    }

    #[track_caller]
    fn launch(&self, broker: &Broker) {
        let [port] = free_ports();
        let port = port.port();
        fs::create_dir_all(&broker.dir).expect("a directory");
        let settings = broker.dir.join("server.properties");
        fs::write(&settings, self.settings(broker, port)).expect("a file");
        let process = self.java(self.release.main, &[settings], &broker.dir.join("log")).expect("a process");
        *broker.running.lock().unwrap() = Running { port, process: Some(process), paused: false };
    }

    /// Waits until it listens and all can know. Its port may be taken by somebody else between its
    /// choice and its use: then it takes another one.
    #[track_caller]
    fn wait_for_broker(&self, id: i32) {
        let broker = self.broker(id);
        let registration = format!("/brokers/ids/{id}");
        let mut chances = 2;
        let end = Instant::now() + PATIENCE;
        loop {
            let listens = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], broker.port()))).is_ok();
            if listens && matches!(self.truth().exists(&registration), Ok(Some(_))) {
                return;
            }
            let dead = broker.is_dead();
            let log = || fs::read_to_string(broker.dir.join("log")).unwrap_or_default();
            assert!(Instant::now() < end && (!dead || chances > 0), "broker {id} does not serve:\n{}", log());
            if dead {
                chances -= 1;
                self.launch(broker);
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn settings(&self, broker: &Broker, port: u16) -> String {
        let Broker { id, dir, .. } = broker;
        let (connect, logs) = (self.connect_string(), dir.join("logs"));
        let logs = logs.display();
        if self.release.name == JAFKA.name {
            return format!(
                "brokerid={id}\nhostname=127.0.0.1\nport={port}\nnum.partitions=2\nlog.dir={logs}\n\
                 enable.zookeeper=true\nzk.connect={connect}\nzk.sessiontimeout.ms=30000\n"
            );
        }
        // Who is killed shall be missed soon.
        let session = if self.chroot == format!("/{}", self.release.name) { 30_000 } else { 6_000 };
        // Each release takes what it knows: the newer the first of the addresses, the oldest the other.
        let mut settings = format!(
            "broker.id={id}\nbroker.rack=rack-{id}\nlisteners=PLAINTEXT://127.0.0.1:{port}\n\
             host.name=127.0.0.1\nport={port}\nlog.dirs={logs}\nzookeeper.connect={connect}\n\
             zookeeper.session.timeout.ms={session}\nzookeeper.connection.timeout.ms=60000\n\
             auto.create.topics.enable=false\nlog.cleaner.enable=false\n\
             offsets.topic.num.partitions=1\noffsets.topic.replication.factor=1\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\nauto.leader.rebalance.enable=false\n"
        );
        if self.release.name == V3_9.name {
            settings.push_str(
                "authorizer.class.name=kafka.security.authorizer.AclAuthorizer\n\
                 allow.everyone.if.no.acl.found=true\nsuper.users=User:ANONYMOUS\n",
            );
        }
        settings
    }
}

impl Broker {
    fn port(&self) -> u16 {
        self.running.lock().unwrap().port
    }

    fn is_running(&self) -> bool {
        let running = self.running.lock().unwrap();
        running.process.is_some() && !running.paused
    }

    fn is_dead(&self) -> bool {
        let mut running = self.running.lock().unwrap();
        running.process.as_mut().is_none_or(|process| process.is_over().unwrap_or(true))
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        for broker in &self.brokers {
            self.kill9(broker.id);
            let _ = fs::remove_dir_all(&broker.dir);
        }
    }
}
