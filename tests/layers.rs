//! The walls of the house: a file imports only from floors below its own (`src/README.md`).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected stops right there"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Floors from the ground up; modules on one floor do not know each other, except where `PEERS`
/// says so.
const FLOORS: &[&[&str]] = &[
    &["error", "znode"],
    &["wire", "treefile", "kafka", "grammar"],
    &["client", "script"],
    &["store"],
    &["walk", "server"],
    &["cluster", "recipe"],
    &["view"],
    &["command"],
    &["render"],
    &["cli"],
    &["run"],
    &["shell"],
    &["runner"],
    &["app"],
];

/// What a floor must never mention, with the reason.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("error", &["println!", "std::env", "tokio"], "errors are values"),
    ("znode", &["println!", "std::env", "tokio", "std::net", "std::fs"], "znodes are pure values"),
    ("wire", &["println!", "std::env", "tokio", "std::net", "std::fs"], "the protocol has no sockets"),
    ("kafka", &["println!", "std::env", "tokio", "std::net", "std::fs"], "what Kafka keeps is pure values"),
    ("client", &["println!", "std::env", "clap", "nu_ansi_term"], "a session has no user"),
    (
        "script",
        &["println!", "std::env", "std::fs", "tokio", "clap", "nu_ansi_term"],
        "a script is read, not run",
    ),
    ("store", &["println!", "std::env", "clap", "nu_ansi_term"], "a store has no user"),
    ("server", &["println!", "std::env", "clap", "nu_ansi_term"], "a server has no user"),
    ("cluster", &["println!", "std::env", "clap", "nu_ansi_term"], "a cluster has no user"),
    ("walk", &["println!", "std::env", "clap", "nu_ansi_term"], "a walk has no user"),
    ("grammar", &["println!", "std::env", "tokio", "std::net", "std::fs"], "a language has no terminal"),
    ("recipe", &["println!", "std::env", "clap", "nu_ansi_term", "std::fs"], "a recipe has no user"),
    ("view", &["println!", "std::env", "clap", "nu_ansi_term", "std::io"], "views are values"),
    ("command", &["println!", "std::env", "nu_ansi_term", "is_terminal"], "commands do not print"),
    ("render", &["std::env", "crate::store", "crate::client"], "renderers do not fetch"),
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// Each source file with its module and text.
fn modules() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let module = |path: &Path| {
        let below = path.strip_prefix(&root).unwrap();
        let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
        first.trim_end_matches(".rs").to_owned()
    };
    let with_text = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (module(&path), path, text)
    };
    let mut all: Vec<_> = files.into_iter().map(with_text).collect();
    all.retain(|(module, ..)| module != "lib" && module != "main");
    all
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

#[test]
fn every_module_has_a_floor() {
    let modules = modules();
    assert!(modules.len() > 40, "the sources were not found");
    for (module, path, _) in modules {
        assert!(floor(&module).is_some(), "{} is on no floor", path.display());
    }
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for (module, path, text) in modules() {
        let own = floor(&module).unwrap();
        for (number, line) in text.lines().enumerate() {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let used = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                let fine = used == module || floor(used).is_some_and(|used| used < own);
                // A doc comment may point anywhere.
                if !fine && !line.trim_start().starts_with("//") {
                    wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports from the same or a higher floor:\n{}", wrong.join("\n"));
}

#[test]
fn floors_keep_to_themselves() {
    let mut wrong = Vec::new();
    let modules = modules();
    let tests = test_modules(&modules);
    for (module, path, text) in modules {
        // What is tested may need what it must not use.
        if tests.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        for (floor, words, reason) in BANNED.iter().filter(|(floor, ..)| *floor == module) {
            for (number, line) in text.lines().enumerate() {
                if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                    wrong.push(format!("{}:{}: {word} in {floor}: {reason}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_app_reads_the_environment() {
    for (module, path, text) in modules() {
        assert!(module == "app" || !text.contains("std::env::"), "{}", path.display());
    }
}

/// Rooms that grew past this are two rooms.
const LONG: usize = 450;

/// Names of modules that only tests have.
fn test_modules(modules: &[(String, PathBuf, String)]) -> Vec<String> {
    let declared = modules.iter().flat_map(|(.., text)| text.split("#[cfg(test)]\nmod ").skip(1));
    declared.filter_map(|rest| rest.split_once(';')).map(|(name, _)| format!("{name}.rs")).collect()
}

#[test]
fn no_file_is_too_long() {
    let modules = modules();
    let tests = test_modules(&modules);
    for (_, path, text) in modules {
        if tests.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().lines().count();
        assert!(code <= LONG, "{} has {code} lines without its tests", path.display());
    }
}

/// Crates in the tree of what is shipped. More of them is a decision: raise it with the reason in the
/// commit.
const CRATES: usize = 100;

#[test]
fn the_dependency_tree_stays_small() {
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "-e", "normal", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).unwrap();
    let mut crates: Vec<_> = text.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    crates.sort_unstable();
    crates.dedup();
    assert!(crates.len() <= CRATES, "{} crates:\n{}", crates.len(), crates.join("\n"));
}
