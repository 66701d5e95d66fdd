//! The scripts in `scripts/`, each run as its header says, and what it did judged by somebody else.

mod kafka;
mod started;
mod znodes;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::plan;
use crate::support::truth::{Acl, Truth};
use crate::support::zkx::{Output, Zkx};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");

fn scripts() -> Vec<PathBuf> {
    let files = fs::read_dir(DIRECTORY).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    scripts.sort();
    scripts
}

/// `zkx run scripts/NAME.yaml` with these words.
fn run(zkx: Zkx, name: &str, words: &[&str]) -> Output {
    zkx.args(["run", &*format!("{DIRECTORY}/{name}.yaml")]).args(words).run()
}

/// As [`run`], in check mode before that: it does to what is below `root` what it told then.
#[track_caller]
fn run_foretold(
    (truth, root): (&mut Truth, &str),
    identities: &[(&str, &str)],
    zkx: impl Fn() -> Zkx,
    name: &str,
    words: &[&str],
) -> Output {
    let script = format!("{DIRECTORY}/{name}.yaml");
    plan::run_as_foretold(truth, root, identities, zkx, &[&["run", &script], words].concat())
}

/// Znodes with data, parents before their children.
fn seed(truth: &mut Truth, znodes: &[(&str, &str)]) {
    for (path, text) in znodes {
        truth.create_parents(path).unwrap();
        truth.set(path, text.as_bytes()).unwrap();
    }
}

/// What is below a path: each znode with its data and its ACL.
fn below(truth: &mut Truth, root: &str) -> Vec<(String, Option<Vec<u8>>, Vec<Acl>)> {
    let mut paths = truth.subtree(root).unwrap();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let data = truth.get(&path).unwrap().0;
        let acl = truth.acl(&path).unwrap().0;
        all.push((path, data, acl));
    }
    all
}

#[test]
fn each_is_valid_documented_and_executable() {
    let scripts = scripts();
    assert!(scripts.len() >= 12, "{} scripts", scripts.len());
    let list = fs::read_to_string(Path::new(DIRECTORY).join("README.md")).unwrap();
    for script in &scripts {
        let name = script.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(script).unwrap();
        assert!(text.starts_with("#!/usr/bin/env -S zkx run\n"), "{name}: its first line");
        let (header, body) = text.split_once("\nzkx: 1\n").unwrap_or_else(|| panic!("{name}: zkx: 1"));
        for part in ["# Needs: ", "# Example:\n#   "] {
            assert!(header.contains(part), "{name}: its header has no {part:?}");
        }
        assert!(header.contains(&format!("scripts/{name}")), "{name}: its example");
        let vars = body.split("\nvars:\n").nth(1).unwrap_or_default().lines();
        for line in vars.take_while(|line| line.starts_with("  ")) {
            let var = line.trim().split(':').next().unwrap();
            // What is no mapping with a type is no business of whoever runs it.
            let told = header.contains(&format!("\n#   {var} "));
            assert!(told || !line.contains("{type"), "{name}: its header says nothing of {var}");
        }
        assert!(list.contains(&format!("`{name}`")), "{name}: not in scripts/README.md");
        assert_ne!(fs::metadata(script).unwrap().permissions().mode() & 0o111, 0, "{name}: not executable");
        let said = Zkx::new().args(["run", "--validate"]).arg(script).run().success().out();
        assert!(said.contains("nothing wrong"), "{said}");
    }
}
