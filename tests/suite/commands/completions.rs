//! `completions`, and `complete`, which is what the printed scripts run. What shells make of it is seen
//! in `tests/suite/shells`.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::fake::{DeadPort, Fake};
use crate::support::proxy::Proxy;
use crate::support::truth::op;
use crate::support::wait_for;
use crate::support::zkx::{Output, Zkx};

const SCRIPTS: [(&str, &str); 6] = [
    ("bash", "zkx.bash"),
    ("zsh", "_zkx"),
    ("fish", "zkx.fish"),
    ("elvish", "zkx.elv"),
    ("powershell", "zkx.ps1"),
    ("nushell", "zkx.nu"),
];

/// What is offered for the last of some words, one a line, as fish is told.
fn offered(zkx: Zkx, words: &[&str]) -> Output {
    let input: String = ["zkx"].iter().chain(words).map(|word| format!("{word}\0")).collect();
    zkx.args(["complete", "fish"]).stdin(input).run()
}

/// The values alone.
#[track_caller]
fn values(server: &str, words: &[&str]) -> Vec<String> {
    let output = offered(Zkx::new().env("ZKX_SERVER", server), words).success();
    assert_eq!(output.stderr, "");
    output.out().lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

/// Asks until these are the values: the budget is short for a busy machine, and what comes too late is
/// left out.
#[track_caller]
fn expect(server: &str, words: &[&str], expected: &[&str]) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let values = values(server, words);
        if values == expected {
            return;
        }
        assert!(Instant::now() < end, "{words:?}: {values:?} instead of {expected:?}");
    }
}

#[test]
fn the_scripts_are_those_of_the_repository() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/completions");
    for (shell, file) in SCRIPTS {
        let printed = Zkx::new().args(["completions", shell]).run().success();
        assert_eq!(printed.stderr, "", "{shell}");
        assert_eq!(printed.out(), fs::read_to_string(format!("{directory}/{file}")).unwrap(), "{shell}");
    }
    assert_eq!(fs::read_dir(directory).unwrap().count(), SCRIPTS.len());
    let json = Zkx::new().args(["-o", "json", "completions", "zsh"]).run().success().out();
    assert!(json.contains(r##""script": "#compdef zkx\n"##), "{json}");
    let _ = Zkx::new().args(["completions", "tcsh"]).run().code(2);
}

#[test]
fn nothing_is_ever_said_but_the_answer() {
    let silent = |args: &[&str], input: &str| {
        let output = Zkx::new().args(args).stdin(input).run().success();
        assert_eq!((output.out(), &*output.stderr), (String::new(), ""), "{args:?} {input:?}");
    };
    silent(&["complete", "fish"], "");
    silent(&["complete", "fish"], "zkx\0");
    silent(&["complete", "tcsh"], "zkx\0get\0/\0");
    silent(&["complete", "bash"], "zkx get /\0/\0");
    silent(&["complete", "bash", "9", "80"], "zkx -s $(hosts) get /\0/\0");
    silent(&["complete", "fish"], "zkx\0-s\0h:0\0get\0/\0");
    silent(&["complete", "fish"], "zkx\0-s\0mem:no-such-file\0get\0/\0");
    silent(&["complete", "fish"], "zkx\0--auth\0nonsense\0get\0/\0");
    let _ = Zkx::new().args(["complete"]).run().code(2);
}

#[test]
fn a_server_that_does_not_answer_costs_less_than_300_ms() {
    let fake = Fake::silent();
    let dead = DeadPort::new();
    let hole = format!("{},{}", fake.addr(), dead.addr());
    for server in [fake.addr(), dead.addr(), &hole] {
        // The machine may be busy; the program is not.
        wait_for("an answer within 300 ms", Duration::from_secs(60), || {
            let output = offered(Zkx::new(), &["-s", server, "get", "/"]).success();
            assert_eq!((output.out(), &*output.stderr), (String::new(), ""));
            (output.wall < Duration::from_millis(300)).then_some(())
        });
    }
}

/// A home directory with profiles, and znodes of one of them.
fn at_home() -> Zkx {
    let config = "profiles:\n  prod: {server: 'mem:tree', auth: 'digest:ann:pw'}\n  preview: {}\n  other: {server: h}\n";
    Zkx::new().file(".config/zkx/config.yaml", config).file(".config/zkx/tree", "/brokers/ids/7: x\n")
}

#[test]
fn profiles_are_offered_and_followed() {
    let offered = |zkx: Zkx, words: &[&str]| offered(zkx, words).success().out();
    let found = offered(at_home(), &["--profile", "pr"]);
    assert!(found.starts_with("prod\tmem:/") && found.ends_with("/.config/zkx/tree\npreview\t\n"), "{found}");
    assert_eq!(offered(at_home(), &["profiles", "show", "o"]), "other\th:2181\n");
    for words in [&["--profile", "prod", "get", "/bro"][..], &["get", "--profile=prod", "/bro"]] {
        assert_eq!(offered(at_home(), words), "/brokers/\t1 child\n");
    }
    assert_eq!(offered(at_home().env("ZKX_PROFILE", "prod"), &["get", "/bro"]), "/brokers/\t1 child\n");
    for (config, words) in
        [("sever: x", ["--profile", ""]), ("sever: x", ["get", "/"]), ("default: x", ["get", "/"])]
    {
        let broken = Zkx::new().file(".config/zkx/config.yaml", config);
        assert_eq!(offered(broken, &words), "");
    }
}

on_every_server! {
    fn paths_are_those_of_the_server(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create_parents("/brokers/ids/7").unwrap();
        truth.create_parents("/brokers/topics").unwrap();
        let server = lab.at(&lab.addr());
        expect(&server, &["get", "/bro"], &["/brokers/"]);
        expect(&server, &["get", "/brokers/"], &["/brokers/ids/", "/brokers/topics"]);
        expect("localhost:1", &["-s", &server, "get", "/brokers/ids/"], &["/brokers/ids/7"]);
        expect("localhost:1", &["get", "--server", &server, "/brokers/t"], &["/brokers/topics"]);
        lab.zkx().args(["get", "/brokers/"]).run().success();
    }

    fn it_only_reads_and_leaves_no_session(lab: &Lab) {
        lab.truth().create_parents("/a/b").unwrap();
        let proxy = Proxy::to(&lab.addr());
        let server = lab.at(proxy.addr());
        wait_for("a whole answer in time", Duration::from_secs(60), || {
            expect(&server, &["get", "/"], &["/a/"]);
            let all = [op::GET_CHILDREN, op::EXISTS, op::CLOSE];
            all.iter().all(|op| proxy.requests(*op) > 0).then_some(())
        });
        let writes = [op::CREATE, op::DELETE, op::SET_DATA, op::MULTI];
        assert!(writes.iter().all(|op| proxy.requests(*op) == 0), "{:?}", proxy.log());
    }
}

on_one_server! {
    fn what_needs_credentials_is_found_with_them(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create_parents("/secret/a").unwrap();
        truth.auth("digest", "ann:pw").unwrap();
        truth.set_acl("/secret", &[crate::support::truth::Acl::new(31, "auth", "")]).unwrap();
        let server = lab.at(&lab.addr());
        expect(&server, &["--auth", "digest:ann:pw", "get", "/secret/"], &["/secret/a"]);
        assert!(offered(Zkx::new(), &["-s", &server, "get", "/secret/"]).success().out().is_empty());
    }
}

#[test]
fn profiles_are_known() {
    let config =
        "default: play\nprofiles:\n  play: {server: 'sandbox:'}\n  prod: {server: 'zk1:2181,zk2:2181'}\n";
    let ask = |config: &str, words: &[&str]| {
        let zkx = Zkx::new().file(".config/zkx/config.yaml", config);
        let output = offered(zkx, words).success();
        assert_eq!(output.stderr, "");
        output.out()
    };
    assert_eq!(ask(config, &["--profile", ""]), "play\tsandbox:\nprod\tzk1:2181,zk2:2181\n");
    assert_eq!(ask(config, &["profiles", "show", "pr"]), "prod\tzk1:2181,zk2:2181\n");
    assert_eq!(ask(config, &["-s", "zk"]), "zk1:2181,zk2:2181\tthose of profile prod\n");
    assert_eq!(ask("profiles: [", &["--profile", ""]), "");
    wait_for("paths of the default profile", Duration::from_secs(60), || {
        (ask(config, &["get", "/bro"]) == "/brokers/\t3 children\n").then_some(())
    });
    assert_eq!(ask("profiles: [", &["get", "/bro"]), "");
}

on_servers! {
    // A server that is not optimised takes longer than there is time.
    [v3_9 V3_9]
    fn a_hundred_thousand_children_are_narrowed_down(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/big", b"").unwrap();
        truth.create_many((0..100_000).map(|n| (format!("/big/n{n:06}"), Vec::new()))).unwrap();
        truth.create("/big/other", b"").unwrap();
        let server = lab.at(&lab.addr());
        let tens: Vec<_> = (0..10).map(|n| format!("/big/n01234{n}")).collect();
        let tens: Vec<&str> = tens.iter().map(String::as_str).collect();
        expect(&server, &["get", "/big/n01234"], &tens);
        let all = wait_for("an answer in time", Duration::from_secs(60), || {
            let all = values(&server, &["get", "/big/"]);
            (!all.is_empty()).then_some(all)
        });
        assert_eq!((all.len(), &*all[0], &*all[100]), (101, "/big/n000", "/big/other"));
        let help = offered(Zkx::new(), &["-s", &server, "get", "/big/"]).out();
        assert!(help.is_empty() || help.starts_with("/big/n000\t1,000 znodes\n"), "{help}");
    }
}
