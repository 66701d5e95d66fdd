//! Each `malformed/NAME.yaml`, and what is said of it in `malformed/NAME.txt`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::zkx::Zkx;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/scripts/malformed");

fn scripts() -> Vec<PathBuf> {
    let files = fs::read_dir(DIRECTORY).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ext| ext == "yaml")).collect();
    scripts.sort();
    scripts
}

/// What is said, from the directory of the scripts, so that names are short.
fn said(script: &Path) -> String {
    let name = script.file_name().unwrap().to_str().unwrap();
    // What others include lies there too.
    let mut zkx = Zkx::new();
    for file in fs::read_dir(DIRECTORY).unwrap() {
        let file = file.unwrap().path();
        if file.is_file() && file.extension().is_none_or(|ext| ext != "txt") {
            zkx = zkx.file(file.file_name().unwrap(), fs::read(&file).unwrap());
        }
    }
    zkx.args(["run", "--validate", name]).run().code(3).out()
}

#[test]
fn broken_scripts_are_explained_to_the_letter() {
    let record = super::record();
    let scripts = scripts();
    assert!(scripts.len() >= 60, "{} scripts", scripts.len());
    let mut wrong = Vec::new();
    for script in &scripts {
        let said = said(script);
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

/// No excerpt is of a file that is not there, and each problem has a place that exists.
#[test]
fn places_exist() {
    for script in scripts() {
        let text = fs::read(&script).unwrap();
        let text = String::from_utf8_lossy(&text);
        let said = said(&script);
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
