//! How scripts are started: by their first line, and from other makers' shells.

use std::path::Path;

use super::DIRECTORY;
use crate::support::fetched::{fetched, skip};
use crate::support::zkx::{Output, Zkx};

const SWITCHED: &str = "/apps/shop is green, and was blue\n";

/// A command line, in a shell that finds zkx.
fn line(shell: &str, line: &str) -> Output {
    let zkx = Path::new(env!("CARGO_BIN_EXE_zkx")).parent().unwrap();
    let shell = Zkx::program(shell).args(["-c", line]).path_first(zkx.to_str().unwrap());
    let tree = Path::new(DIRECTORY).join("trees/shop.yaml");
    shell.env("SCRIPTS", DIRECTORY).env("ZKX_SERVER", format!("mem:{}", tree.display())).run()
}

#[test]
fn by_its_first_line() {
    let said = line("sh", "\"$SCRIPTS\"/blue-green.yaml --var to=green --var instances=2 --var settle=1ms");
    assert!(said.out().contains(SWITCHED), "{said}");
    let _ = said.success();
    let refused = line("sh", "\"$SCRIPTS\"/blue-green.yaml --var to=red").code(2);
    assert!(refused.stderr.contains("to"), "{refused}");
}

#[test]
fn from_zsh() {
    let Some(zsh) = fetched("shells", ["program", "zsh"]).or_else(|| skip("shells")) else { return };
    let run = "zkx run script.yaml --var to=green --var instances=0";
    let said = line(&zsh, &format!("cp \"$SCRIPTS\"/blue-green.yaml script.yaml && {run}"));
    assert!(said.out().contains(SWITCHED), "{said}");
    let _ = said.success();
    let said =
        line(&zsh, "\"$SCRIPTS\"/blue-green.yaml --check --exit-code --var to=green --var instances=0");
    let _ = said.code(10);
}

#[test]
fn as_a_test_of_another_script() {
    let script = format!("{DIRECTORY}/test-blue-green.yaml");
    let zkx = Zkx::new();
    let home = zkx.home();
    let said = zkx.args(["run", "--junit", "report.xml", &script]).run().success();
    assert!(said.out().contains("stopped: /apps/shop is green already\n"), "{said}");
    let report = std::fs::read_to_string(home.path().join("report.xml")).unwrap();
    assert!(report.contains("<testsuite"), "{report}");
    // What it tests is really looked at: without that transaction, it fails.
    let broken = std::fs::read_to_string(format!("{DIRECTORY}/blue-green.yaml")).unwrap();
    let broken = broken.replace("previous\", data: \"${ cur.text }\"", "previous\", data: \"${ to }\"");
    let test = std::fs::read(&script).unwrap();
    let tree = std::fs::read(format!("{DIRECTORY}/trees/shop.yaml")).unwrap();
    let zkx = Zkx::new().file("blue-green.yaml", broken).file("trees/shop.yaml", tree);
    let said = zkx.file("test.yaml", test).args(["run", "test.yaml"]).run().code(4);
    assert!(said.stderr.contains("get('/apps/shop/previous') == 'blue'"), "{said}");
}
