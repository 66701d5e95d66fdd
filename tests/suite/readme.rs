//! The README's examples, run as they stand there.
//!
//! In a ```` ```console ```` block a line that begins with `$ ` is a command for the shell; what follows
//! is its standard output, then its standard error, then `[exit N]` when that is not 0. A comment
//! `# elsewhere: COMMAND` is run by another client once the command waits. A ```` ```yaml ```` block that
//! begins with `# NAME` is a file of that name beside them.

use std::time::Duration;

use crate::support::lab::Lab;
use crate::support::mask::mask;
use crate::support::servers::Version;
use crate::support::zkx::{Output, Zkx};

const README: &str = include_str!("../../README.md");

struct Example {
    command: String,
    expected: String,
}

fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for line in README.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside && let Some(command) = line.strip_prefix("$ ") {
            examples.push(Example { command: command.to_owned(), expected: String::new() });
        } else if inside && let Some(example) = examples.last_mut() {
            example.expected.push_str(line);
            example.expected.push('\n');
        }
    }
    examples
}

/// The files that the examples find, with their names.
fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    README.split("```yaml\n# ").skip(1).map(|block| {
        let (name, rest) = block.split_once('\n').unwrap();
        (name, rest.split_once("```").unwrap().0)
    })
}

/// `sh` with zkx on its path and the lab as its server.
fn shell(lab: &Lab, command: &str) -> Zkx {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_zkx")).parent().unwrap();
    #[expect(clippy::disallowed_methods, reason = "all that is taken over from outside")]
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", bin.display());
    let sh = files().fold(Zkx::program("sh"), |sh, (name, text)| sh.file(name, text));
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
    std::os::unix::fs::symlink(scripts, sh.home().path().join("scripts")).unwrap();
    sh.args(["-c", command])
        .env("PATH", path)
        .env("ZKX_SERVER", lab.at(&lab.addr()))
        .timeout(Duration::from_secs(30))
}

fn run(lab: &Lab, command: &str) -> Output {
    let Some((command, elsewhere)) = command.split_once("# elsewhere: ") else {
        return shell(lab, command).run();
    };
    let waiting = shell(lab, command).spawn();
    waiting.wait_stdout(|text| text.contains("numChildren"), Duration::from_secs(10));
    let _ = shell(lab, elsewhere).run().success();
    waiting.finish(Duration::from_secs(10))
}

#[test]
fn every_example_does_what_it_shows() {
    let Some(lab) = Lab::on(Version::V3_9) else { return };
    let examples = examples();
    assert!(examples.len() > 10, "the README has lost its examples");
    for Example { command, expected } in examples {
        let output = run(&lab, &command);
        let mut shown = output.out() + &output.stderr;
        if output.code != Some(0) {
            shown.push_str(&format!("[exit {}]\n", output.code.unwrap_or(-1)));
        }
        assert_eq!(mask(&shown), mask(&expected), "\n$ {command}");
    }
}

#[test]
fn every_command_has_its_row() {
    let help = Zkx::new().args(["help"]).run();
    let help = help.out();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<_> = commands.map_while(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 10, "{help}");
    for command in commands.iter().filter(|command| **command != "help") {
        assert!(README.contains(&format!("\n| `{command}` |")), "{command} has no row in the README");
    }
}
