//! `server`.

use super::SOON;
use crate::support::truth::{self, Acl, Truth};
use crate::support::zkx::{Running, Zkx};

/// A server of the test's own, and where it listens.
fn serve() -> (Running, String) {
    let running = Zkx::new().args(["server", "--port", "0"]).spawn();
    running.wait_stderr_containing("Ctrl-C ends it\n", SOON);
    let said = running.stderr();
    let (_, rest) = said.split_once("listens on ").unwrap();
    let (addr, _) = rest.split_once(';').unwrap();
    (running, addr.to_owned())
}

#[test]
fn any_client_can_use_it() {
    let (running, addr) = serve();
    let mut truth = Truth::connect(&addr).unwrap();
    truth.create("/a", b"1").unwrap();
    truth.create_as("/a/e", None, &Acl::open(), truth::EPHEMERAL).unwrap();
    let zkx = |line: &str| Zkx::new().server(&addr).args(line.split(' ')).run();
    assert_eq!(zkx("get /a").success().out(), "1");
    assert_eq!(zkx("ls /a").success().out(), "e\n");
    truth.close().unwrap();
    assert_eq!(zkx("ls /a").success().out(), "");
    running.stop().success();
}

#[test]
fn a_port_in_use_is_an_error() {
    let (_running, addr) = serve();
    let port = addr.rsplit_once(':').unwrap().1;
    let output = Zkx::new().args(["server", "--port", port]).run().code(74);
    assert!(output.stderr.starts_with(&format!("error: cannot listen on {addr}: ")), "{}", output.stderr);
}
