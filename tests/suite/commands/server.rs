//! `server`.

use super::{SOON, sample};
use crate::support::truth::{self, Acl, Truth};
use crate::support::zkx::{Running, Zkx};

/// A server of the test's own, and where it listens.
fn serve() -> (Running, String) {
    started(Zkx::new().args(["server", "--port", "0"]))
}

fn started(zkx: Zkx) -> (Running, String) {
    let running = zkx.spawn();
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
fn it_begins_with_a_tree_file_and_leaves_one() {
    let zkx = Zkx::new()
        .file("seed", "/a:\n  /b: !!binary AID/\n  /c: {type: container, acl: 'world:anyone:cdr'}\n");
    let home = zkx.home();
    let (running, addr) =
        started(zkx.args(["server", "--port", "0", "--seed", "seed", "--save-on-exit", "left"]));
    let mut truth = Truth::connect(&addr).unwrap();
    truth.create("/a/d e", b"\"text\"\n").unwrap();
    truth.create_as("/a/null", None, &Acl::open(), truth::PERSISTENT).unwrap();
    truth.create("/zookeeper/quota/a", b"").unwrap();
    running.stop().success();
    let left = std::fs::read_to_string(home.path().join("left")).unwrap();
    let expected = "format: zkx-tree/1\n/a:\n  /b: !!binary AID/\n  /c:\n    acl: \"world:anyone:cdr\"\n    type: container\n  \
                    \"/d e\": \"\\\"text\\\"\\n\"\n  /null: null\n/zookeeper:\n  /quota:\n    /a: ''\n";
    assert_eq!(left, expected);
    let again = Zkx::new().home_of(&home).server("mem:left").args(["tree", "--data", "/a"]).run().success();
    assert_eq!(again.out().lines().count(), 5);
}

/// A client that has seen something newer is not let in.
#[test]
fn a_server_that_is_back_at_once_is_newer() {
    let mut newest = 0;
    for _ in 0..5 {
        let (running, addr) = serve();
        let mut truth = Truth::connect(&addr).unwrap();
        truth.create_many((0..100).map(|n| (format!("/{n}"), Vec::new()))).unwrap();
        let (_, first) = truth.get("/0").unwrap();
        let (_, last) = truth.get("/99").unwrap();
        assert!(first.czxid > newest + 1, "{:#x} after {newest:#x}", first.czxid);
        newest = last.czxid;
        running.stop().success();
    }
}

#[test]
fn a_tree_file_with_a_mistake_is_an_error() {
    let output = Zkx::new()
        .file("seed", "/a:\n  b: 1\n")
        .args(["server", "--port", "0", "--seed", "seed"])
        .run()
        .code(3);
    assert!(output.stderr.starts_with("error: seed:2:6: `b` is no property: "), "{}", output.stderr);
}

on_every_server! {
    fn a_scratch_copy_takes_all_writes(lab: &Lab) {
        let mut original = lab.truth();
        sample(&mut original);
        original.create_as("/app/closed", Some(b"x"), &[Acl::new(31, "ip", "10.0.0.1")], truth::PERSISTENT).unwrap();
        let mut look = || {
            let node = original.exists("/app/node-9").unwrap();
            (original.subtree("/app/config").unwrap(), original.get("/app").unwrap(), node)
        };
        let before = look();
        let here = lab.at(&lab.addr());
        let (running, addr) = started(Zkx::new().args(["server", "--port", "0", "--overlay", &here]));
        let mut copy = Truth::connect(&addr).unwrap();
        assert_eq!(copy.get("/app").unwrap().0.as_deref(), Some(&b"hello"[..]));
        copy.set("/app", b"other").unwrap();
        copy.create("/app/config/new", b"1").unwrap();
        copy.delete("/app/node-9").unwrap();
        let zkx = |line: &str| Zkx::new().server(&addr).args(line.split(' ')).run();
        assert_eq!(zkx("ls /app").success().out(), "closed\nconfig\nnode-10\n");
        assert_eq!(zkx("ls /app/config").success().out(), "db\nnew\n");
        assert_eq!(zkx("get /app").success().out(), "other");
        assert_eq!(zkx("create -s /app/n- x").success().out(), "/app/n-0000000004\n");
        zkx("get /app/closed").code(6);
        zkx("get /app/node-9").code(1);
        assert_eq!(zkx("--yes deleteall /app/config").success().out(), "deleted /app/config: 3 znodes\n");
        running.stop().success();
        assert_eq!(look(), before);
    }
}

#[test]
fn a_port_in_use_is_an_error() {
    let (_running, addr) = serve();
    let port = addr.rsplit_once(':').unwrap().1;
    let output = Zkx::new().args(["server", "--port", port]).run().code(74);
    assert!(output.stderr.starts_with(&format!("error: cannot listen on {addr}: ")), "{}", output.stderr);
}
