//! Which profile is taken, and what holds then.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{exists, sample};
use crate::support::zkx::{Output, Zkx};

/// Four ensembles in memory that say who they are; two of them have profiles.
const CONFIG: &str = "
default: one
output: ndjson
profiles:
  one: {server: 'mem:one', auth: 'digest:one:pw'}
  two: {server: 'mem:two', auth: 'digest:two:pw', output: json}
  bare: {}
";

fn world() -> Zkx {
    let dir = "config/zkx";
    let zkx = Zkx::new()
        .file(format!("{dir}/config.yaml"), CONFIG)
        .file(format!("{dir}/one"), "/name: one\n")
        .file(format!("{dir}/two"), "/name: two\n")
        .file("line", "/name: line\n")
        .file("env", "/name: env\n");
    let home = zkx.home();
    private(&home.path().join(dir).join("config.yaml"));
    zkx.env("XDG_CONFIG_HOME", home.path().join("config"))
}

fn private(file: &Path) {
    fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
}

/// Which ensemble it was, and as whom.
fn reached(envs: &[(&str, &str)], options: &str) -> String {
    let run = |command: &[&str]| {
        let zkx = envs.iter().fold(world(), |zkx, (key, value)| zkx.env(key, *value));
        zkx.args(["--output", "human"]).args(options.split_whitespace()).args(command).run()
    };
    let name = match run(&["get", "/name"]) {
        output if output.code == Some(0) => output.out(),
        output => format!("[exit {}]", output.code.unwrap()),
    };
    let users = run(&["whoami"]).out();
    let users: Vec<_> = users.lines().filter_map(|line| line.strip_prefix("digest:")).collect();
    format!("{name} {}", users.join(","))
}

#[test]
fn the_nearest_word_counts() {
    let (profile, server, auth) =
        (("ZKX_PROFILE", "two"), ("ZKX_SERVER", "mem:env"), ("ZKX_AUTH", "digest:env:pw"));
    for (envs, options, expected) in [
        // The default of the file, which is for when nobody says where to go.
        (&[][..], "", "one one"),
        (&[], "--server mem:line", "line "),
        (&[server], "", "env "),
        (&[server, auth], "", "env env"),
        // The environment's profile.
        (&[profile], "", "two two"),
        (&[profile, server], "", "env two"),
        (&[profile, auth], "", "two env"),
        // The command line's.
        (&[], "--profile two", "two two"),
        (&[("ZKX_PROFILE", "one")], "--profile two", "two two"),
        (&[("ZKX_PROFILE", "nobody")], "--profile two", "two two"),
        (&[], "--profile two --server mem:line", "line two"),
        (&[profile], "--profile=", "[exit 5] "),
        (&[], "--profile bare --server mem:line", "line "),
        // Servers and credentials that are named together stay together.
        (&[server], "--profile two", "two two"),
        (&[server, auth], "--profile two", "two two"),
        (&[auth], "--profile two --auth digest:line:pw", "two line"),
        (&[server, auth], "--profile bare", "env env"),
        // An ensemble in memory needs nobody's credentials.
        (&[profile], "--server mem:line", "line "),
        // Credentials are not mixed.
        (&[auth], "--auth digest:line:pw", "one line"),
    ] {
        let options = format!("--connect-timeout 100ms {options}");
        assert_eq!(reached(envs, &options), expected, "{envs:?} {options}");
    }
}

#[test]
fn the_nearest_setting_counts() {
    let begins = |output: Output| output.success().out().chars().take(2).collect::<String>();
    let get = |zkx: Zkx| begins(zkx.args(["exists", "/name"]).run());
    assert_eq!(get(world()), "{\"", "the top of the file");
    assert_eq!(get(world().args(["--profile", "two"])), "{\n", "the profile");
    assert_eq!(get(world().args(["--profile", "two"]).env("ZKX_OUTPUT", "yaml")), "pa", "the environment");
    assert_eq!(get(world().env("ZKX_OUTPUT", "yaml").args(["-o", "human"])), "tr", "the line");
    let behind = world().env("ZKX_OUTPUT", "yaml").args(["exists", "/name", "-o", "human"]).run();
    assert_eq!(begins(behind), "tr", "the line, behind the command");
}

#[test]
fn the_file_is_where_one_says() {
    let file = |name: &str, server: &str| {
        (name.to_owned(), format!("default: a\nprofiles: {{a: {{server: 'mem:{server}'}}}}\n"))
    };
    let world = || {
        let zkx = Zkx::new();
        let places = [".config/zkx/config.yaml", "xdg/zkx/config.yaml", "env.yaml", "line.yaml"];
        let names = ["home", "xdg", "env", "line"];
        let zkx = places.iter().zip(names).fold(zkx, |zkx, (place, name)| {
            let (place, text) = file(place, name);
            let beside = Path::new(&place).parent().unwrap().join(name);
            zkx.file(&place, text).file(beside, format!("/name: {name}\n"))
        });
        zkx.args(["get", "/name"])
    };
    let xdg = |zkx: Zkx| {
        let home = zkx.home();
        zkx.env("XDG_CONFIG_HOME", home.path().join("xdg"))
    };
    assert_eq!(world().run().success().out(), "home");
    assert_eq!(
        world().env("XDG_CONFIG_HOME", "xdg").run().success().out(),
        "home",
        "XDG ignores relative paths"
    );
    assert_eq!(world().env("XDG_CONFIG_HOME", "").run().success().out(), "home");
    assert_eq!(xdg(world()).run().success().out(), "xdg");
    assert_eq!(xdg(world()).env("ZKX_CONFIG", "env.yaml").run().success().out(), "env");
    let line = xdg(world()).env("ZKX_CONFIG", "env.yaml").args(["--config", "line.yaml"]);
    assert_eq!(line.run().success().out(), "line");
}

#[test]
fn a_profile_that_there_is_not_is_an_error() {
    for (envs, options, hint) in [
        (None, "--profile tow", "hint: did you mean `two`?\n"),
        (Some("tow"), "", "hint: did you mean `two`?\n"),
        (None, "--profile zzz", "hint: there is one, two, bare\n"),
    ] {
        let zkx = envs.iter().fold(world(), |zkx, name| zkx.env("ZKX_PROFILE", *name));
        let output = zkx.args(options.split_whitespace()).args(["get", "/name"]).run().code(2);
        assert!(
            output.stderr.starts_with("error: there is no profile `") && output.stderr.ends_with(hint),
            "{output}"
        );
        // To find out which there are must be possible.
        envs.iter().fold(world(), |zkx, name| zkx.env("ZKX_PROFILE", *name)).arg("profiles").run().success();
    }
}

on_one_server! {
    fn a_profile_forbids_what_it_says(lab: &Lab) {
        sample(&mut lab.truth());
        let server = lab.at(&lab.addr());
        let config = format!(
            "protected: /app/node-9\nprofiles:\n  careful: {{server: '{server}', protected: [/app/config]}}\n  \
             reader: {{server: '{server}', read-only: true}}\n  few: {{server: '{server}', max-nodes: 1}}\n"
        );
        let here = |profile: &str, line: &str| {
            Zkx::new().file(".config/zkx/config.yaml", &config).args(["--yes", "--profile", profile]).args(line.split(' '))
        };
        for (path, protected) in [("/app", "/app/node-9"), ("/app/config", "/app/config"), ("/app/config/db", "/app/config")] {
            let output = here("careful", &format!("deleteall {path}")).run().code(2);
            assert!(output.stderr.contains(&format!("cannot delete {path}: {protected} is protected\n")), "{output}");
            here("careful", &format!("setAcl -R {path} world:anyone:r")).run().code(2);
        }
        let output = here("reader", "set /app x").run().code(2);
        assert!(output.stderr.contains("this session is read-only"), "{output}");
        let output = here("few", "deleteall /app/config").run().code(2);
        assert!(output.stderr.contains("it has more than 1 znodes"), "{output}");
        assert!(exists(lab, "/app/config/db") && exists(lab, "/app/node-9"));
        // Each says less than what is nearer to the command.
        here("reader", "set /app x").env("ZKX_READ_ONLY", "0").run().success();
        here("few", "deleteall --max-nodes 5 /app/config").run().success();
        here("careful", "deleteall /app/node-10").run().success();
        assert!(!exists(lab, "/app/config") && !exists(lab, "/app/node-10"));
        assert_eq!(lab.truth().text("/app").unwrap(), "x");
    }
}
