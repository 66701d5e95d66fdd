//! No command goes without a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::zkx::Zkx;

/// The files beside this one, without `.rs`.
fn files() -> BTreeSet<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/commands");
    let names = fs::read_dir(here).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name != "mod")
        .collect()
}

#[test]
fn every_command_of_the_help_has_a_file() {
    let help = Zkx::new().arg("help").run().success().out();
    let (_, commands) = help.split_once("Commands:\n").expect("a list of commands");
    let names = commands.lines().take_while(|line| !line.is_empty()).filter_map(|line| {
        let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
        name.split(' ').next()
    });
    let files = files();
    let mut seen = 0;
    for name in names.filter(|name| *name != "help") {
        seen += 1;
        let mut file = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() {
                file.push('_');
            }
            file.extend(c.to_lowercase());
        }
        assert!(files.contains(&file), "`zkx {name}` has no tests: write tests/suite/commands/{file}.rs");
    }
    assert!(seen >= 15, "{help}");
}

#[test]
fn every_file_is_compiled() {
    let declared = include_str!("mod.rs");
    for file in files() {
        assert!(declared.contains(&format!("\nmod {file};\n")), "{file}.rs is forgotten in mod.rs");
    }
}
