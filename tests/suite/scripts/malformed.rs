//! Each `malformed/NAME.yaml`, and what is said of it in `malformed/NAME.txt`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::zkx::Zkx;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/scripts/malformed");
/// Scripts that are right, and may be mistaken all the same.
const WARNED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/scripts/warned");

fn scripts(directory: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ext| ext == "yaml")).collect();
    scripts.sort();
    scripts
}

/// What is said, from the directory of the scripts, so that names are short.
fn said(script: &Path, code: i32) -> String {
    let name = script.file_name().unwrap().to_str().unwrap();
    // What others include lies there too.
    let mut zkx = Zkx::new();
    for file in fs::read_dir(script.parent().unwrap()).unwrap() {
        let file = file.unwrap().path();
        if file.is_file() && file.extension().is_none_or(|ext| ext != "txt") {
            zkx = zkx.file(file.file_name().unwrap(), fs::read(&file).unwrap());
        }
    }
    zkx.args(["run", "--validate", name]).run().code(code).out()
}

fn compare(scripts: &[PathBuf], code: i32) {
    let record = super::record();
    let mut wrong = Vec::new();
    for script in scripts {
        let said = said(script, code);
        let expected = script.with_extension("txt");
        if record {
            fs::write(&expected, &said).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        if said != expected {
            wrong.push(format!("{}\n--- expected\n{expected}--- said\n{said}", script.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn broken_scripts_are_explained_to_the_letter() {
    let scripts = scripts(DIRECTORY);
    assert!(scripts.len() >= 60, "{} scripts", scripts.len());
    compare(&scripts, 3);
}

#[test]
fn doubtful_scripts_are_warned_of() {
    let scripts = scripts(WARNED);
    assert!(scripts.len() >= 10, "{} scripts", scripts.len());
    compare(&scripts, 0);
}

/// Warnings stop no run, and are told beside its answer.
#[test]
fn warnings_are_told_before_a_run() {
    let text = "zkx: 1\nvars: {unused: 1}\nsteps:\n  - print: done\n";
    let run = |args: &[&str]| {
        Zkx::new().server("mem:").file("s.yaml", text).args(args).args(["run", "s.yaml"]).run()
    };
    insta::assert_snapshot!(run(&[]).snapshot(), @r"
    s.yaml on mem:
    done
    0 changed, 1 unchanged
    --- stderr ---
    warning[W202]: nothing uses the variable `unused`
     --> s.yaml:2:8
      |
    2 | vars: {unused: 1}
      |        ^^^^^^ take it out, or call it `_unused`
    ");
    assert_eq!(run(&["--quiet"]).success().stderr, "");
    let json = Zkx::new()
        .file("s.yaml", text)
        .args(["-o", "json", "run", "--validate", "s.yaml"])
        .run()
        .success()
        .out();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["problems"][0]["code"], "W202", "{json}");
}

/// No excerpt is of a file that is not there, and each problem has a place that exists.
#[test]
fn places_exist() {
    for script in scripts(DIRECTORY) {
        let text = fs::read(&script).unwrap();
        let text = String::from_utf8_lossy(&text);
        let said = said(&script, 3);
        let name = script.file_name().unwrap().to_str().unwrap();
        for line in said.lines().filter(|line| line.trim_start().starts_with("--> ")) {
            let place = line.trim_start().trim_start_matches("--> ").split(' ').next().unwrap();
            let parts: Vec<_> = place.rsplitn(3, ':').collect();
            if parts[2] != name {
                continue;
            }
            let (column, line): (usize, usize) = (parts[0].parse().unwrap(), parts[1].parse().unwrap());
            let found = text.split('\n').nth(line - 1).unwrap_or_else(|| panic!("{name}: {place}"));
            assert!(column <= found.chars().count() + 2, "{name}: {place}: {found}");
        }
    }
}
