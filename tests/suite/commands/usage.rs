//! The command line: zkCli's forms, environment variables, and mistakes.

use super::{SOON, run, zkx};
use crate::support::lab::Lab;
use crate::support::servers::Version;
use crate::support::zkx::{Output, Zkx};

/// Nothing here may get as far as connecting.
fn refused(line: &str) -> Output {
    Zkx::new().env("ZKX_SERVER", "127.0.0.1:1").args(line.split_whitespace()).run().code(2)
}

on_every_server! {
    fn options_of_zkcli_are_understood(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let server = lab.at(&lab.addr());
        for line in [
            format!("-server {server} get /a"),
            format!("-server {server} -timeout 5000 -r get /a"),
            format!("-timeout 5000 -waitforconnection -server {server} get /a"),
            format!("-s {server} get /a"),
            format!("get --server {server} /a"),
            format!("--server={server} -o human get /a"),
            format!("-o human -s {server} get /a"),
            // The last one counts, so an alias can have a server of its own.
            format!("--server nowhere -s {server} get /a"),
            format!("--server nowhere get --server {server} /a"),
        ] {
            let output = Zkx::new().args(line.split(' ')).run().success();
            assert_eq!(output.out(), "x", "{line}");
        }
        // Behind the command -s is the command's.
        assert!(run(lab, "get -s /a").success().out().contains("cZxid"));
    }

    fn the_environment_says_what_options_do_not(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let here = || Zkx::new().env("ZKX_SERVER", lab.at(&lab.addr()));
        assert_eq!(here().args(["get", "/a"]).run().success().out(), "x");
        let json = here().env("ZKX_OUTPUT", "ndjson").args(["exists", "/a"]).run().success().out();
        assert!(json.starts_with(r#"{"path":"/a","exists":true"#), "{json}");
        for (key, value, line, code) in [
            ("ZKX_READ_ONLY", "1", "set /a y", 2),
            ("ZKX_READ_ONLY", "true", "set /a y", 2),
            ("ZKX_READ_ONLY", "0", "set /a x", 0),
            ("ZKX_READ_ONLY", "false", "set /a x", 0),
            ("ZKX_READ_ONLY", "", "set /a x", 0),
            ("ZKX_OUTPUT", "xml", "get /a", 2),
            ("ZKX_CONNECT_TIMEOUT", "soon", "get /a", 2),
            ("ZKX_REQUEST_TIMEOUT", "10s", "get /a", 0),
            ("ZKX_SESSION_TIMEOUT", "4s", "get /a", 0),
            ("ZKX_MAX_REPLY", "10", "get /a", 5),
            ("ZKX_MAX_NODES", "0", "--yes deleteall /a", 2),
            ("ZKX_COLOR", "never", "get /a", 0),
            ("ZKX_YES", "1", "deleteall /a", 0),
        ] {
            let output = here().env(key, value).args(line.split(' ')).run();
            assert_eq!(output.code, Some(code), "{key}={value}\n{output}");
        }
    }

    fn an_option_beats_the_environment(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        let output = zkx(lab, "-o json exists /a").env("ZKX_OUTPUT", "yaml").env("ZKX_SERVER", "127.0.0.1:1");
        assert!(output.run().success().out().starts_with("{\n"));
    }
}

#[test]
fn secrets_are_never_repeated() {
    let leaks = [
        (vec!["--auth", "s3cretword", "get", "/"], None),
        (vec!["--auth=s3cretword", "get", "/"], None),
        (vec!["get", "--auth", "s3cretword", "/"], None),
        (vec!["get", "--auth", ":s3cretword", "/"], None),
        (vec!["get", "/"], Some("s3cretword")),
        (vec!["get", "/", "-h"], Some("digest:u:s3cretword")),
        (vec!["get", "--nosuch"], Some("digest:u:s3cretword")),
        (vec!["--auth", "digest:u:s3cretword", "nosuch"], None),
        (vec!["--auth", "digest:u:s3cretword", "get"], None),
    ];
    for (args, env) in leaks {
        let mut zkx = Zkx::new().env("ZKX_SERVER", "127.0.0.1:1").args(args);
        if let Some(env) = env {
            zkx = zkx.env("ZKX_AUTH", env);
        }
        let output = zkx.run();
        assert!(
            !output.to_string().replace("$ zkx", "").lines().skip(1).any(|line| line.contains("s3cret")),
            "{output}"
        );
        assert!(matches!(output.code, Some(0 | 2)), "{output}");
    }
}

#[test]
fn a_secret_stays_out_of_errors_of_the_connection() {
    let output = Zkx::new()
        .server("127.0.0.1:1")
        .args(["--auth", "digest:ann:s3cret", "--connect-timeout", "200ms", "get", "/"])
        .run()
        .code(5);
    assert!(!output.stderr.contains("s3cret"), "{output}");
}

#[test]
fn what_is_mistyped_is_corrected() {
    for (line, says) in [
        ("gett /a", "'get'"),
        ("getacl2 /a", "'getAcl'"),
        ("lss", "'ls'"),
        ("get --stst /a", "'--stat'"),
        ("--sever x ls", "'--server'"),
        ("-o jsn ls", "'json'"),
        ("--color sometimes ls", "always"),
        ("get relative", "a path starts with `/`: write `/relative`"),
        ("get /a//", "a path does not end with `/`: write `/a`"),
        ("get /a//b", "two slashes in a row at character 3: write `/a/b`"),
        ("get /a/../b", "`..` at character 3 is not a znode name"),
        ("get /a/./b", "`.` at character 3 is not a znode name"),
        ("get /a\u{7f}", "ZooKeeper does not allow the character"),
        ("set", "<PATH>"),
        ("get", "<PATH>"),
        ("get /a /b /c", "'/c'"),
        ("ls -l -s /", "'--stat'"),
        ("--connect-timeout 5 ls", "write it with a unit, like 500ms, 5s, 2m"),
        ("--connect-timeout 0s ls", "no time at all"),
    ] {
        let output = refused(line);
        assert!(output.stderr.contains(says), "{output}");
        assert!(output.out().is_empty() && output.stderr.starts_with("error: "), "{output}");
    }
    let twice = refused("getac /a");
    assert!(!twice.stderr.contains("getacl"), "aliases are not suggested beside their command: {twice}");
}

#[test]
fn an_empty_path_is_no_path() {
    let output = Zkx::new().server("127.0.0.1:1").args(["get", ""]).run().code(2);
    assert!(output.stderr.starts_with("error: "), "{output}");
}

#[test]
fn server_lists_are_checked_before_anything_is_tried() {
    for servers in ["", ",", "h:0", "h:x", "h:65536", "h:1/a//b", "h:1,/a", "[::1", ":2181"] {
        let output = Zkx::new().args(["--server", servers, "ls"]).run();
        assert_eq!(output.code, Some(2), "{servers:?}: {output}");
        assert!(output.stderr.starts_with("error: "), "{output}");
    }
}

#[test]
fn help_and_version_need_no_server() {
    for line in ["--help", "-h", "help", "help get", "get --help", "getAcl -h", "--version", "-V"] {
        let output = Zkx::new().args(line.split(' ')).timeout(SOON).run().success();
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{output}");
    }
    // Without a command it carries out the lines of standard input, and here there are none.
    let bare = Zkx::new().timeout(SOON).run().success();
    assert!(bare.stdout.is_empty() && bare.stderr.is_empty(), "{bare}");
}

#[test]
fn an_address_of_ipv6_and_a_list_are_taken() {
    for version in [Version::MEMORY, Version::V3_8] {
        let Some(lab) = Lab::on(version) else { return };
        lab.truth().create("/a", b"x").unwrap();
        let servers = format!("127.0.0.1:1,localhost:{}{}", lab.server().port(), lab.chroot());
        let output = Zkx::new().server(servers).args(["get", "/a"]).run().success();
        assert_eq!(output.out(), "x");
    }
}
