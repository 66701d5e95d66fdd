//! `profiles`, and what a configuration file does that is broken.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::SOON;
use crate::support::fake::DeadPort;
use crate::support::truth::Truth;
use crate::support::zkx::{Output, Zkx};

const FILE: &str = ".config/zkx/config.yaml";

const CONFIG: &str = "
default: dev
output: human
aliases: {ll: ls -l}
profiles:
  dev:
    server: 127.0.0.1:1
    auth: [digest:ann:s3cret, x509:s3cret]
    aliases: {ll: ls -lR, b: ls /brokers}
  prod:
    server: 127.0.0.1:2,127.0.0.1:3/kafka
    auth-file: /etc/prod.auth
    ask-auth: digest:joe
    production: true
    read-only: true
    protected: [/brokers, /config]
    connect-timeout: 300ms
";

fn with(config: &str) -> Zkx {
    Zkx::new().file(FILE, config)
}

/// What it shows, with the home directory by another name. That others can read the file is not the point
/// here, and most of these files have no secrets.
fn shown(config: &str, line: &str) -> String {
    let zkx = with(config);
    let home = zkx.home();
    private(&home.path().join(FILE));
    let output = zkx.args(line.split(' ')).run();
    output.snapshot().replace(home.path().to_str().unwrap(), "~")
}

fn private(file: &std::path::Path) {
    fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn profiles_are_listed_in_every_format() {
    insta::assert_snapshot!(shown(CONFIG, "profiles"), @r#"
    dev   127.0.0.1:1                    in use, default
    prod  127.0.0.1:2,127.0.0.1:3/kafka  production, read-only, 2 protected paths
    "#);
    insta::assert_snapshot!(shown(CONFIG, "--profile prod profiles list"), @r#"
    dev   127.0.0.1:1                    default
    prod  127.0.0.1:2,127.0.0.1:3/kafka  in use, production, read-only, 2 protected paths
    "#);
    insta::assert_snapshot!(shown(CONFIG, "-o json profiles list"), @r#"
    {
      "file": "~/.config/zkx/config.yaml",
      "default": "dev",
      "profiles": [
        {
          "name": "dev",
          "server": "127.0.0.1:1",
          "production": false,
          "readOnly": false,
          "protected": [],
          "chosen": true
        },
        {
          "name": "prod",
          "server": "127.0.0.1:2,127.0.0.1:3/kafka",
          "production": true,
          "readOnly": true,
          "protected": [
            "/brokers",
            "/config"
          ],
          "chosen": false
        }
      ]
    }
    "#);
    insta::assert_snapshot!(shown(CONFIG, "-o ndjson profiles list"), @r#"{"file":"~/.config/zkx/config.yaml","default":"dev","profiles":[{"name":"dev","server":"127.0.0.1:1","production":false,"readOnly":false,"protected":[],"chosen":true},{"name":"prod","server":"127.0.0.1:2,127.0.0.1:3/kafka","production":true,"readOnly":true,"protected":["/brokers","/config"],"chosen":false}]}"#);
    insta::assert_snapshot!(shown(CONFIG, "-o yaml profiles list"), @r#"
    file: ~/.config/zkx/config.yaml
    default: dev
    profiles:
      - name: dev
        server: "127.0.0.1:1"
        production: false
        readOnly: false
        protected: []
        chosen: true
      - name: prod
        server: "127.0.0.1:2,127.0.0.1:3/kafka"
        production: true
        readOnly: true
        protected:
          - /brokers
          - /config
        chosen: false
    "#);
}

#[test]
fn what_holds_is_shown_with_where_it_is_from() {
    insta::assert_snapshot!(shown(CONFIG, "--max-nodes 7 profiles show"), @r#"
    profile                 dev             file
    server                  127.0.0.1:1     profile
    auth                    digest:ann:***  profile
    auth                    x509:***        profile
    read-only               false           default
    production              false           default
    connect-timeout         5s              default
    request-timeout         15s             default
    session-timeout         30s             default
    max-nodes               7               line
    max-request             1048575         default
    max-reply               268435456       default
    gentle                  false           default
    allow-read-only-server  false           default
    output                  human           file
    color                   auto            default
    quiet                   false           default
    edit-mode               emacs           default
    aliases                 ll: ls -lR      profile
    aliases                 b: ls /brokers  profile
    "#);
    insta::assert_snapshot!(shown(CONFIG, "profiles show prod"), @r#"
    profile                 prod                           line
    server                  127.0.0.1:2,127.0.0.1:3/kafka  profile
    auth-file               /etc/prod.auth                 profile
    ask-auth                digest:joe                     profile
    read-only               true                           profile
    production              true                           profile
    protected               /brokers                       profile
    protected               /config                        profile
    connect-timeout         300ms                          profile
    request-timeout         15s                            default
    session-timeout         30s                            default
    max-request             1048575                        default
    max-reply               268435456                      default
    gentle                  false                          default
    allow-read-only-server  false                          default
    output                  human                          file
    color                   auto                           default
    quiet                   false                          default
    edit-mode               emacs                          default
    aliases                 ll: ls -l                      file
    "#);
    insta::assert_snapshot!(shown("profiles: {a: {gentle: true}}", "-o yaml profiles show a"), @r#"
    name: a
    file: ~/.config/zkx/config.yaml
    settings:
      - key: profile
        value: a
        from: line
      - key: server
        value: "localhost:2181"
        from: default
      - key: read-only
        value: "false"
        from: default
      - key: production
        value: "false"
        from: default
      - key: connect-timeout
        value: 5s
        from: default
      - key: request-timeout
        value: 15s
        from: default
      - key: session-timeout
        value: 30s
        from: default
      - key: max-request
        value: "1048575"
        from: default
      - key: max-reply
        value: "268435456"
        from: default
      - key: gentle
        value: "true"
        from: profile
      - key: allow-read-only-server
        value: "false"
        from: default
      - key: output
        value: yaml
        from: line
      - key: color
        value: auto
        from: default
      - key: quiet
        value: "false"
        from: default
      - key: edit-mode
        value: emacs
        from: default
    "#);
    let json = shown(CONFIG, "-o json profiles show prod");
    assert!(
        json.contains(
            r#""key": "server",
      "value": "127.0.0.1:2,127.0.0.1:3/kafka",
      "from": "profile"
"#
        ),
        "{json}"
    );
    let ndjson = shown(CONFIG, "-o ndjson profiles show prod");
    assert!(ndjson.contains(r#"{"key":"read-only","value":"true","from":"profile"}"#), "{ndjson}");
    insta::assert_snapshot!(shown(CONFIG, "profiles show pord"), @r#"
    --- stderr ---
    error: there is no profile `pord` in ~/.config/zkx/config.yaml
    hint: did you mean `prod`?
    [exit 2]
    "#);
}

#[test]
fn secrets_are_masked_until_somebody_asks_for_them() {
    for line in [
        "profiles list",
        "profiles show",
        "profiles show dev",
        "-o json profiles show",
        "-o yaml profiles show",
    ] {
        assert!(!shown(CONFIG, line).contains("s3cret"), "{line}");
        assert!(!line.contains("show") || shown(CONFIG, line).contains("digest:ann:***"), "{line}");
    }
    let all = shown(CONFIG, "profiles show --show-secrets");
    assert!(all.contains("digest:ann:s3cret ") && all.contains("x509:s3cret "), "{all}");
}

#[test]
fn without_a_file_there_are_no_profiles() {
    let run = |line: &str| {
        let zkx = Zkx::new();
        let home = zkx.home();
        zkx.args(line.split(' ')).run().snapshot().replace(home.path().to_str().unwrap(), "~")
    };
    insta::assert_snapshot!(run("profiles"), @r#"
    --- stderr ---
    note: there is no configuration file: `zkx profiles check` says where it would be
    "#);
    insta::assert_snapshot!(run("-o json profiles"), @r#"
    {
      "file": null,
      "default": null,
      "profiles": []
    }
    --- stderr ---
    note: there is no configuration file: `zkx profiles check` says where it would be
    "#);
    insta::assert_snapshot!(run("profiles check"), @"~/.config/zkx/config.yaml: there is no such file, and none is needed");
    insta::assert_snapshot!(run("--profile prod ls /"), @r#"
    --- stderr ---
    error: there is no profile `prod`: ~/.config/zkx/config.yaml does not exist
    [exit 2]
    "#);
    insta::assert_snapshot!(run("--config nowhere.yaml ls /"), @r#"
    --- stderr ---
    error: cannot read nowhere.yaml: No such file or directory (os error 2)
    [exit 3]
    "#);
    let homeless = Zkx::new().env("HOME", "").args(["--profile", "prod", "ls"]).run().code(2);
    assert!(
        homeless.stderr.contains("neither XDG_CONFIG_HOME nor HOME says where profiles are"),
        "{homeless}"
    );
    let homeless = Zkx::new().env("HOME", "").args(["profiles", "check"]).run().success();
    assert_eq!(homeless.out(), "neither XDG_CONFIG_HOME nor HOME says where the configuration file is\n");
}

const BROKEN: &str = "output: xml\nprofiles:\n  prod:\n    sever: x\n    auth: s3cret\n";

#[test]
fn a_broken_file_is_an_error_for_every_command() {
    insta::assert_snapshot!(shown(BROKEN, "ls /"), @r#"
    --- stderr ---
    error: ~/.config/zkx/config.yaml:1:9: `xml` is none of human, json, ndjson, yaml
    1 | output: xml
      |         ^^^
    hint: there is more (2): `zkx profiles check` shows it all
    [exit 3]
    "#);
    for line in [
        "--server 127.0.0.1:1 ls /",
        "profiles list",
        "profiles show",
        "sandbox ls /",
        "server -p 0",
        "--profile prod get /",
    ] {
        let output = with(BROKEN).args(line.split(' ')).run().code(3);
        assert!(
            output.stderr.contains("config.yaml:1:9: `xml` is none of human, json, ndjson, yaml\n"),
            "{output}"
        );
        assert_eq!(output.out(), "");
    }
    with(BROKEN).env("ZKX_CONFIG", "/dev/null").args(["sandbox", "ls", "/"]).run().success();
    // Who asks for help gets it.
    with(BROKEN).args(["help", "profiles"]).run().success();
}

#[test]
fn check_says_all_that_is_wrong() {
    insta::assert_snapshot!(shown(BROKEN, "profiles check"), @r#"
    ~/.config/zkx/config.yaml:1:9: `xml` is none of human, json, ndjson, yaml
      1 | output: xml
        |         ^^^
    ~/.config/zkx/config.yaml:4:5: `sever` is no setting of a profile
      4 |     sever: …
        |     ^^^^^
      did you mean `server`?
    ~/.config/zkx/config.yaml:5:11: not of the form SCHEME:SECRET, like digest:USER:PASSWORD
      5 |     auth: …
        |     ^^^^
    ~/.config/zkx/config.yaml: 3 problems
    [exit 3]
    "#);
    insta::assert_snapshot!(shown(BROKEN, "-o json profiles check"), @r#"
    {
      "file": "~/.config/zkx/config.yaml",
      "exists": true,
      "profiles": [],
      "problems": [
        {
          "line": 1,
          "column": 9,
          "message": "`xml` is none of human, json, ndjson, yaml"
        },
        {
          "line": 4,
          "column": 5,
          "message": "`sever` is no setting of a profile",
          "hint": "did you mean `server`?"
        },
        {
          "line": 5,
          "column": 11,
          "message": "not of the form SCHEME:SECRET, like digest:USER:PASSWORD"
        }
      ]
    }
    [exit 3]
    "#);
    insta::assert_snapshot!(shown(BROKEN, "-o yaml profiles check"), @r#"
    file: ~/.config/zkx/config.yaml
    exists: true
    profiles: []
    problems:
      - line: 1
        column: 9
        message: "`xml` is none of human, json, ndjson, yaml"
      - line: 4
        column: 5
        message: "`sever` is no setting of a profile"
        hint: "did you mean `server`?"
      - line: 5
        column: 11
        message: "not of the form SCHEME:SECRET, like digest:USER:PASSWORD"
    [exit 3]
    "#);
    insta::assert_snapshot!(shown(BROKEN, "-o ndjson profiles check --connect"), @r#"
    {"file":"~/.config/zkx/config.yaml","exists":true,"profiles":[],"problems":[{"line":1,"column":9,"message":"`xml` is none of human, json, ndjson, yaml"},{"line":4,"column":5,"message":"`sever` is no setting of a profile","hint":"did you mean `server`?"},{"line":5,"column":11,"message":"not of the form SCHEME:SECRET, like digest:USER:PASSWORD"}]}
    [exit 3]
    "#);
    insta::assert_snapshot!(shown("profiles: {a: {server: x}}", "profiles check"), @"~/.config/zkx/config.yaml: 1 profile, nothing wrong");
}

#[test]
fn check_looks_at_the_files_that_are_named() {
    let config = "rc-file: rc\nprofiles:\n  a:\n    auth-file: [good, open, bad, none]\n  b:\n    auth-env: [GOOD, BAD, NONE]\n    rc-file: rc2\n";
    let dir = ".config/zkx";
    let zkx = with(config)
        .file(format!("{dir}/good"), "digest:ann:s3cret\n")
        .file(format!("{dir}/open"), "digest:ann:s3cret\n")
        .file(format!("{dir}/bad"), "\ns3cret\n")
        .file(format!("{dir}/rc2"), "")
        .env("GOOD", "digest:ann:s3cret")
        .env("BAD", "s3cret");
    let home = zkx.home();
    for file in ["good", "bad"] {
        private(&home.path().join(dir).join(file));
    }
    let output = zkx.args(["profiles", "check"]).run().code(3);
    insta::assert_snapshot!(output.snapshot().replace(home.path().to_str().unwrap(), "~"), @r#"
    ~/.config/zkx/config.yaml:1:10: cannot read ~/.config/zkx/rc: No such file or directory (os error 2)
    ~/.config/zkx/config.yaml:4:23: the credentials in ~/.config/zkx/open are not used: others can get at them (mode 0644)
      chmod 600 ~/.config/zkx/open
    ~/.config/zkx/config.yaml:4:29: ~/.config/zkx/bad:2: not of the form SCHEME:SECRET, like digest:USER:PASSWORD
    ~/.config/zkx/config.yaml:4:34: cannot read the credentials in ~/.config/zkx/none: No such file or directory (os error 2)
    ~/.config/zkx/config.yaml:6:22: the credentials in BAD: not of the form SCHEME:SECRET, like digest:USER:PASSWORD
    ~/.config/zkx/config.yaml:6:27: the credentials in NONE: that variable is not set
      the profile takes them from there (auth-env)
    ~/.config/zkx/config.yaml: 6 problems
    [exit 3]
    "#);
}

#[test]
fn check_connects_when_told_to() {
    let server = Zkx::new().args(["server", "--port", "0"]).spawn();
    server.wait_stderr_containing("Ctrl-C ends it\n", SOON);
    let said = server.stderr();
    let live = said.split_once("listens on ").unwrap().1.split_once(';').unwrap().0;
    Truth::connect(live).unwrap().create("/here", b"").unwrap();
    let dead = DeadPort::new();
    let dead = dead.addr();
    let config = format!(
        "profiles:\n  good: {{server: '{live}/here', ask-auth: digest:ann}}\n  gone: {{server: '{dead}', connect-timeout: 200ms}}\n  \
         chroot: {{server: '{live}/none'}}\n  auth: {{server: '{live}', auth: nosuch:x}}\n  memory: {{server: 'mem:'}}\n"
    );
    let checked = |line: &str| -> Output {
        let zkx = with(&config);
        private(&zkx.home().path().join(FILE));
        zkx.args(line.split(' ')).run()
    };
    let lines = checked("profiles check --connect").code(5).out();
    let lines: Vec<_> = lines.lines().skip(1).collect();
    let expected = [
        format!("good: {live}/here answers ({live})"),
        format!("gone: cannot connect to {dead} within 200ms"),
        format!("  {dead}: connection refused: nothing listens there"),
        format!("chroot: {live}/none answers, but its chroot does not exist"),
        format!("auth: {live} refuses the credentials (AuthFailed)"),
        "memory: mem: answers (memory)".to_owned(),
    ];
    assert_eq!(lines, expected);
    let json = checked("-o ndjson profiles check --connect").code(5).out();
    assert!(
        json.contains(&format!(r#"{{"profile":"good","server":"{live}/here","connected":"{live}"}}"#)),
        "{json}"
    );
    assert!(json.contains(&format!(r#"{{"profile":"auth","error":"{live} refuses"#)), "{json}");
    // Without being told to, nothing is tried.
    checked("profiles check").success();
    server.stop().success();
}
