//! What zkx says when there is no server, a wrong one, or one that fails it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fake::{DeadPort, Fake};
use crate::support::lab::Lab;
use crate::support::proxy::Proxy;
use crate::support::servers::{self, Version};
use crate::support::truth::{Truth, op};
use crate::support::wait_for;
use crate::support::zkx::{Output, Zkx};

const SOON: Duration = Duration::from_secs(20);
/// Starting and ending on a busy machine.
const MARGIN: Duration = Duration::from_millis(1_500);

/// Runs `get /` against servers that give no session, and checks what holds for all of them.
fn no_session(servers: &str, within: Duration) -> Output {
    let timeout = format!("{}ms", within.as_millis());
    let output = Zkx::new().server(servers).args(["--connect-timeout", &timeout, "get", "/"]).run().code(5);
    assert!(output.wall < within + MARGIN, "{:?} for {within:?}\n{output}", output.wall);
    assert!(output.cpu < Duration::from_millis(300), "{:?} of processor time\n{output}", output.cpu);
    assert!(output.stdout.is_empty(), "{output}");
    let first = format!("error: cannot connect to {servers} within {}", humantime::format_duration(within));
    assert!(output.stderr.starts_with(&first), "{output}");
    output
}

const SECOND: Duration = Duration::from_secs(1);

#[track_caller]
fn says(output: &Output, server: &str, why: &str) {
    let line = format!("  {server}: {why}");
    assert!(output.stderr.lines().any(|found| found.starts_with(&line)), "no line {line:?}\n{output}");
}

#[test]
fn each_failure_to_connect_has_its_own_reason() {
    let dead = DeadPort::new();
    let output = no_session(dead.addr(), 5 * SECOND);
    says(&output, dead.addr(), "connection refused: nothing listens there");
    assert!(output.wall < 2 * SECOND, "a refusal is final\n{output}");

    for (fake, why) in [
        (Fake::closing(), "hung up on the handshake: not serving requests"),
        (Fake::garbage(), "answered with something that is not ZooKeeper's protocol"),
        (Fake::tls_alert(), "answered in TLS: that is a secure client port"),
        (Fake::http_400(), "answered in HTTP: that is a web port"),
    ] {
        let output = no_session(fake.addr(), 5 * SECOND);
        says(&output, fake.addr(), why);
        assert!(output.wall < 2 * SECOND, "an answer is final\n{output}");
        assert_eq!(fake.connections(), 1);
    }

    let silent = Fake::silent();
    let output = no_session(silent.addr(), SECOND);
    says(&output, silent.addr(), "accepted the connection, but did not answer");
    assert!(output.wall >= SECOND, "{output}");

    let output = no_session("no-such-host.invalid:2181", 5 * SECOND);
    says(&output, "no-such-host.invalid:2181", "the name cannot be resolved");
}

#[test]
fn a_host_that_drops_everything_is_given_up_in_time() {
    // A listener whose backlog is full: further connection attempts get no answer at all.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    let waiting: Vec<_> = (0..5_000)
        .map_while(|_| TcpStream::connect_timeout(&addr, Duration::from_millis(150)).ok())
        .collect();
    assert!(waiting.len() < 5_000, "the backlog of a listener is endless here");
    let output = no_session(&addr.to_string(), SECOND);
    says(&output, &addr.to_string(), "no answer to the connection attempt");
}

#[test]
fn several_servers_are_each_told_with_their_reason() {
    let (dead, closing, silent) = (DeadPort::new(), Fake::closing(), Fake::silent());
    let servers = [dead.addr(), closing.addr(), silent.addr(), "no-such-host.invalid:1"].join(",");
    let output = no_session(&servers, SECOND);
    says(&output, dead.addr(), "connection refused");
    says(&output, closing.addr(), "hung up on the handshake");
    says(&output, silent.addr(), "accepted the connection, but did not answer");
    says(&output, "no-such-host.invalid:1", "the name cannot be resolved");
    assert_eq!(output.stderr.lines().count(), 5, "{output}");
}

#[test]
fn one_good_server_among_bad_ones_is_found() {
    let Some(lab) = Lab::named("faults.good_among_bad", Version::V3_9) else { return };
    let (dead, closing, silent) = (DeadPort::new(), Fake::closing(), Fake::silent());
    let good = lab.addr();
    let servers =
        lab.at(&[dead.addr(), closing.addr(), silent.addr(), "no-such-host.invalid:1", &good].join(","));
    for _ in 0..5 {
        let output = Zkx::new().server(&*servers).args(["exists", "/"]).run().success();
        assert!(output.wall < 5 * SECOND, "{output}");
    }
}

/// Whether this machine resolves `localhost` to two addresses.
fn two_loopbacks() -> bool {
    let found = std::net::ToSocketAddrs::to_socket_addrs("localhost:1");
    found.is_ok_and(|mut found| found.any(|addr: SocketAddr| addr.is_ipv6()))
        && TcpListener::bind(("::1", 0)).is_ok()
}

#[test]
fn all_addresses_of_a_name_are_tried() {
    let Some(lab) = Lab::named("faults.localhost", Version::V3_9) else { return };
    let port = lab.server().port();
    // Only on 127.0.0.1: where ::1 comes first, it refuses.
    for _ in 0..5 {
        let _ = Zkx::new().server(lab.at(&format!("localhost:{port}"))).args(["exists", "/"]).run().success();
    }
    let dead = DeadPort::new();
    let port = dead.addr().rsplit_once(':').unwrap().1;
    let output = no_session(&format!("localhost:{port}"), 5 * SECOND);
    says(&output, &format!("localhost:{port} (127.0.0.1)"), "connection refused");
    if two_loopbacks() {
        says(&output, &format!("localhost:{port} (::1)"), "connection refused");
    }
}

#[test]
fn requests_have_deadlines() {
    let Some(lab) = Lab::named("faults.deadlines", Version::V3_9) else { return };
    let proxy = Proxy::to(&lab.addr());
    let mut truth = lab.truth();
    truth.create("/x", b"old").unwrap();
    let zkx = |args: &[&str]| {
        let zkx = Zkx::new().server(lab.at(proxy.addr())).args(["--request-timeout", "1s"]);
        zkx.args(args.iter().copied()).open_stdin().spawn()
    };
    // The session is there, and then the network is not.
    let connected = |before: usize| {
        wait_for("a session", SOON, || (proxy.connections() > before).then_some(()));
        thread::sleep(Duration::from_millis(500));
        proxy.black_hole();
    };

    // A read that was sent is not answered.
    let running = zkx(&["watch", "/x"]);
    running.wait_stderr_containing("watching", SOON);
    drop(running);
    let before = proxy.connections();
    let mut running = zkx(&["set", "/x", "-"]);
    connected(before);
    running.write("new");
    running.close_stdin();
    let output = running.finish(SOON).code(5);
    assert!(output.stderr.contains("cannot set /x: no answer within 1s"), "{output}");
    assert!(output.wall < 6 * SECOND && output.cpu < Duration::from_millis(300), "{output}");
    proxy.resume();
    thread::sleep(Duration::from_millis(200));
    assert_eq!(truth.text("/x").unwrap(), "old", "a write that was called not done");

    proxy.black_hole();
    let output =
        Zkx::new().server(lab.at(proxy.addr())).args(["--connect-timeout", "1s", "get", "/x"]).run().code(5);
    assert!(output.stderr.contains("accepted the connection, but did not answer"), "{output}");
    proxy.resume();
}

#[test]
fn a_write_that_was_sent_and_not_answered_is_of_unknown_outcome() {
    let Some(lab) = Lab::named("faults.unknown", Version::V3_9) else { return };
    let mut truth = lab.truth();
    truth.create("/x", b"old").unwrap();
    // The reply to the look arrives, that to the write does not, and no server is there afterwards.
    let proxy = Proxy::to(&lab.addr());
    proxy.cut_after(op::SET_DATA, 1);
    let running = Zkx::new()
        .server(lab.at(proxy.addr()))
        .args(["--request-timeout", "1s", "set", "/x", "-"])
        .open_stdin()
        .spawn();
    wait_for("a session", SOON, || (proxy.connections() > 0).then_some(()));
    thread::sleep(Duration::from_millis(300));
    proxy.refuse();
    let mut running = running;
    running.write("new");
    running.close_stdin();
    let output = running.finish(SOON).code(7);
    assert!(output.stderr.contains("whether `set /x` was done is unknown"), "{output}");
    assert!(
        output.stderr.contains("the server closed the connection; looking afterwards failed"),
        "{output}"
    );
    assert!(output.stderr.contains("connection refused"), "{output}");
    assert!(output.wall < 6 * SECOND && output.cpu < Duration::from_millis(300), "{output}");
    assert_eq!(truth.text("/x").unwrap(), "new");

    // The same with a server there: it is found out.
    proxy.resume();
    proxy.cut_after(op::SET_DATA, 1);
    let output = Zkx::new().server(lab.at(proxy.addr())).args(["set", "/x", "newer"]).run().success();
    assert!(output.stderr.contains("the connection was lost; a look afterwards shows that"), "{output}");
    assert_eq!(truth.text("/x").unwrap(), "newer");
}

#[test]
fn an_answer_that_is_too_long_is_refused_at_once() {
    let Some(lab) = Lab::named("faults.oversize", Version::V3_9) else { return };
    let mut truth = lab.truth();
    truth.create("/long", &vec![b'x'; 200_000]).unwrap();
    truth.create("/many", b"").unwrap();
    truth.create_many((0..100).map(|n| (format!("/many/{n}"), vec![b'y'; 3_000]))).unwrap();
    let zkx = || lab.zkx().args(["--max-reply", "50000"]);
    let output = zkx().args(["get", "/long"]).run().code(5);
    assert!(output.stderr.contains("and at most 50000 are taken"), "{output}");
    assert!(output.wall < 3 * SECOND && output.cpu < Duration::from_millis(300), "{output}");
    // Many answers that fit each by itself are asked for one by one.
    let output = zkx().args(["ls", "-R", "-l", "/many"]).run().success();
    let lines = output.out().lines().filter(|line| line.contains("/many/")).count();
    assert_eq!(lines, 100, "{output}");
    assert!(output.wall < 5 * SECOND, "{output}");
}

#[test]
fn credentials_that_a_server_does_not_know_are_said_at_once() {
    for version in Version::ALL {
        let Some(lab) = Lab::named("faults.auth", version) else { return };
        for args in [&["get", "/"][..], &["create", "/x"], &["ls", "-R", "/"], &["watch", "/"]] {
            let output = lab.zkx().args(["--auth", "nosuch:secret"]).args(args.iter().copied()).run().code(6);
            assert!(output.stderr.contains("the server refused the credentials"), "{output}");
            assert!(!output.stderr.contains("secret"), "{output}");
            assert!(output.wall < 3 * SECOND && output.cpu < Duration::from_millis(300), "{output}");
        }
        assert!(lab.truth().exists("/x").unwrap().is_none());
    }
}

/// However a command ends, its session ends with it.
#[test]
fn sessions_are_closed_however_a_command_ends() {
    let Some(server) = servers::private_server(Version::V3_9) else { return };
    let mut truth = Truth::connect(&server.addr()).unwrap();
    truth.create("/x", b"x").unwrap();
    let own = truth.session();
    let sessions = || {
        let dump = server.four_letter("dump");
        let ids = dump.lines().map(str::trim).filter(|line| line.starts_with("0x"));
        ids.filter(|id| *id != format!("{own:#x}"))
            .map(str::to_owned)
            .collect::<std::collections::BTreeSet<_>>()
    };
    let zkx = || Zkx::new().server(server.addr());
    let closed = |what: &str| assert!(sessions().is_empty(), "after {what}: {:?}", sessions());

    let _ = zkx().args(["get", "/x"]).run().success();
    closed("an answer");
    let _ = zkx().args(["get", "/none"]).run().code(1);
    closed("a refusal");
    let _ = zkx().args(["create", "-e", "/gone"]).run().success();
    closed("an ephemeral");
    assert!(truth.exists("/gone").unwrap().is_none());
    let running = zkx().args(["get", "-w", "/x"]).spawn();
    running.wait_stdout(|stdout| stdout.starts_with('x'), SOON);
    let _ = running.stop().code(130);
    closed("an interrupt while waiting");
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 143)] {
        let running = zkx().args(["watch", "/x"]).spawn();
        running.wait_stderr_containing("watching", SOON);
        assert_eq!(sessions().len(), 1);
        running.signal(signal);
        let _ = running.finish(SOON).code(code);
        closed(signal);
    }
    let running = zkx().args(["create", "-e", "--hold", "/held"]).spawn();
    running.wait_stderr_containing("holding", SOON);
    running.signal("INT");
    let _ = running.finish(SOON).success();
    closed("holding");
    let shell = format!("{} --server {} watch /x | head -c 0", env!("CARGO_BIN_EXE_zkx"), server.addr());
    let running = Zkx::program("/bin/sh").args(["-c", &shell]).spawn();
    running.wait_stderr_containing("watching", SOON);
    wait_for("the session of a broken pipe to end", SOON, || {
        truth.set("/x", b"nobody reads this").unwrap();
        sessions().is_empty().then_some(())
    });
    let _ = running.finish(SOON);
    // An interrupt while the connection is lost waits for a failover that is short.
    let proxy = Proxy::to(&server.addr());
    let running = Zkx::new().server(proxy.addr()).args(["create", "-e", "--hold", "/held"]).spawn();
    running.wait_stderr_containing("holding", SOON);
    proxy.refuse();
    proxy.cut();
    running.wait_stderr_containing("connection lost", SOON);
    running.signal("INT");
    thread::sleep(Duration::from_millis(100));
    proxy.resume();
    let _ = running.finish(SOON).success();
    closed("an interrupt while disconnected");
    assert!(truth.exists("/held").unwrap().is_none());
}

#[test]
fn an_ephemeral_that_was_deleted_while_nobody_looked_is_not_called_held() {
    for version in [Version::V3_4, Version::V3_9] {
        let Some(lab) = Lab::named("faults.held", version) else { return };
        let proxy = Proxy::to(&lab.addr());
        let running =
            Zkx::new().server(lab.at(proxy.addr())).args(["create", "-e", "--hold", "/held"]).spawn();
        running.wait_stderr_containing("holding", SOON);
        proxy.refuse();
        proxy.cut();
        running.wait_stderr_containing("connection lost", SOON);
        lab.truth().delete("/held").unwrap();
        proxy.resume();
        let output = running.finish(SOON).code(1);
        assert!(!output.stderr.contains("still there"), "{output}");
        assert!(output.stderr.contains("deleted by another client"), "{output}");
    }
}

#[test]
fn a_server_without_a_quorum_serves_reads_to_those_who_ask_for_it() {
    let Some(ensemble) = servers::private_ensemble(Version::V3_9) else { return };
    let last = &ensemble.servers()[2];
    std::fs::write(last.dir().join("jvm"), "-Dreadonlymode.enabled=true\n").unwrap();
    last.restart();
    let mut truth = Truth::connect(&last.addr()).unwrap();
    truth.create("/x", b"kept").unwrap();
    truth.create("/x/below", b"").unwrap();
    truth.sync().unwrap();
    drop(truth);
    ensemble.servers()[0].kill9();
    ensemble.servers()[1].kill9();
    wait_for("a read-only server", SOON, || (last.mode().as_deref() == Some("read-only")).then_some(()));

    let output = no_session(&last.addr(), 2 * SECOND);
    says(&output, &last.addr(), "hung up on the handshake: not serving requests (no quorum");
    let servers = ensemble.connect_string();
    let output = no_session(&servers, 2 * SECOND);
    says(&output, &ensemble.servers()[0].addr(), "connection refused");
    says(&output, &last.addr(), "hung up on the handshake: not serving requests (no quorum");

    let zkx = || Zkx::new().server(last.addr()).arg("--allow-read-only-server");
    // From 3.9 on that takes a setting more.
    let output = zkx().args(["get", "/x"]).run().code(5);
    let why = "opens no session: the server is read-only: it has lost its quorum (NotReadOnly)";
    says(&output, &last.addr(), why);
    let settings = last.dir().join("zoo.cfg");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\nlocalSessionsEnabled=true\n")).unwrap();
    last.restart();
    wait_for("a read-only server", SOON, || (last.mode().as_deref() == Some("read-only")).then_some(()));
    assert_eq!(zkx().args(["get", "/x"]).run().success().out(), "kept");
    assert_eq!(zkx().args(["ls", "-R", "/x"]).run().success().out(), "/x\n/x/below\n");
    for write in [&["set", "/x", "new"][..], &["create", "/y"], &["delete", "/x/below"]] {
        let asked = Instant::now();
        let output = zkx().args(write.iter().copied()).run().code(5);
        assert!(output.stderr.contains("NotReadOnly"), "{output}");
        assert!(asked.elapsed() < 4 * SECOND, "{output}");
    }
    assert_eq!(zkx().args(["get", "/x"]).run().success().out(), "kept");
}
