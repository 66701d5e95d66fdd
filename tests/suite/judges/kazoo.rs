//! kazoo's own tests, unmodified: their harness starts what it believes to be ZooKeeper through the `java`
//! on its PATH, which is ours.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use std::{fs, thread};

use super::client;
use crate::support::process::free_ports;

/// Tests of what the server does not have, and what that is.
const LEFT_OUT: [(&str, &str); 7] = [
    ("test_sasl.py", "SASL"),
    ("test_client.py::TestSSLClient", "TLS"),
    ("test_client.py::TestReconfig", "a quorum that can be changed"),
    ("test_connection.py::TestReadOnlyMode", "a quorum that can be lost"),
    ("test_client.py::TestClient::test_update_host_list", "another server to go to"),
    ("test_client.py::TestClient::test_request_queuing_session_recovered", "sessions that outlive it"),
    // It sends a request, drops the connection, and expects the answer not to be there yet.
    ("test_connection.py::TestConnectionDrop", "answers slower than kazoo on a busy machine"),
];

/// Why tests leave themselves out: they are about kazoo alone, and need what is not installed.
const SKIPPED: [&str; 2] = ["eventlet handler not available.", "gevent not available."];

/// Tests that must have passed, so that it shows when they are not found: there are some more.
const MANY: usize = 300;

/// Files at once: the tests wait for most of their time.
const AT_ONCE: usize = 4;

/// For all the tests of a file, and for one.
const LIMIT: Duration = Duration::from_mins(5);
const LIMIT_OF_ONE: &str = "--timeout=120";

#[test]
fn its_own_tests_pass() {
    let Some(python) = client("kazoo") else { return };
    let found = python.args(["-c", "import kazoo.tests; print(kazoo.tests.__path__[0])"]).run().success();
    let tests = PathBuf::from(found.out().trim_end());
    let files = Mutex::new(files(&tests));
    let next = || files.lock().unwrap().pop();
    let work = || std::iter::from_fn(next).map(|file| judge(&tests, &file)).collect::<Vec<_>>();
    let judged: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = std::iter::repeat_with(|| scope.spawn(work)).take(AT_ONCE).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let failed: Vec<&str> =
        judged.iter().filter_map(|judged| judged.as_ref().err().map(String::as_str)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let passed: usize = judged.iter().flatten().sum();
    assert!(passed >= MANY, "only {passed} tests were found");
}

/// The names of the files with tests; those that take longest come last.
fn files(tests: &Path) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(tests).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_by_key(|path| fs::metadata(path).unwrap().len());
    let names = files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    let left_out = |name: &String| LEFT_OUT.iter().any(|(test, _)| test == name);
    names.filter(|name| name.starts_with("test_") && !left_out(name)).collect()
}

/// Runs the tests of a file: how many have passed, or what was said when one has not, or was left out
/// for another reason than what is known.
fn judge(tests: &Path, file: &str) -> Result<usize, String> {
    let python = client("kazoo").expect("it was here a moment ago");
    let home = python.home();
    let left_out = LEFT_OUT.iter().flat_map(|(test, _)| ["--deselect", test]);
    let [port] = free_ports().map(|port| port.port().to_string());
    let output = python
        .args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-W", "ignore", LIMIT_OF_ONE])
        .arg(format!("--rootdir={}", tests.display()))
        .args(left_out)
        .arg(tests.join(file))
        .path_first(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/judges"))
        .env("TMPDIR", home.path())
        .env("ZKX", env!("CARGO_BIN_EXE_zkx"))
        .env("CI", "true")
        .env("ZOOKEEPER_VERSION", "3.9.0")
        .env("ZOOKEEPER_CLASSPATH", "none")
        .env("ZOOKEEPER_CLUSTER_SIZE", "1")
        .env("ZOOKEEPER_PORT_OFFSET", port)
        .timeout(LIMIT)
        .run();
    let said = output.out();
    let mut skipped = said.lines().filter(|line| line.starts_with("SKIPPED"));
    let foreseen = skipped.all(|line| SKIPPED.iter().any(|why| line.ends_with(why)));
    let passed = said.lines().find_map(passed);
    if output.code == Some(0) && foreseen { Ok(passed.unwrap_or(0)) } else { Err(output.to_string()) }
}

/// Of `3 passed, 1 skipped in 2.02s`; a file whose tests are all left out has none.
fn passed(line: &str) -> Option<usize> {
    let (before, _) = line.split_once(" passed")?;
    before.rsplit(' ').next()?.parse().ok()
}
