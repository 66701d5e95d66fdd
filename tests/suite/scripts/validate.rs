//! `run --validate`: what is right, and what is asked on the command line.

mod hostile;

use std::fs;
use std::path::PathBuf;

use crate::support::zkx::Zkx;

/// Scripts that are right: those that are shipped, and those of the tests.
pub(super) fn good() -> Vec<PathBuf> {
    let mut scripts = Vec::new();
    for directory in ["scripts", "tests/suite/scripts/good"] {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(directory);
        let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        scripts.extend(files.filter(|path| path.extension().is_some_and(|ext| ext == "yaml")));
    }
    scripts.sort();
    scripts
}

#[test]
fn good_scripts_are_valid() {
    let scripts = good();
    assert!(scripts.len() >= 9);
    for script in scripts {
        let said = Zkx::new().args(["run", "--validate"]).arg(&script).run().success().out();
        assert!(said.ends_with("nothing wrong\n"), "{said}");
    }
}

const SCRIPT: &str = "#!/usr/bin/env -S zkx run\nzkx: 1\nvars:\n  stage: {type: string, enum: [dev, prod], required: true}\n  \
                      count: {type: int, min: 1, default: 2}\nsteps:\n  - print: \"${ stage } ${ count }\"\n";

fn validated(line: &str) -> String {
    Zkx::new().file("s.yaml", SCRIPT).file("v.yaml", "stage: dev\n").args(line.split(' ')).run().snapshot()
}

#[test]
fn variables_are_checked() {
    insta::assert_snapshot!(validated("run --validate s.yaml"), @"s.yaml: 1 step, nothing wrong");
    insta::assert_snapshot!(
        validated("run --validate s.yaml --var stage=dev --vars-file v.yaml"), @"s.yaml: 1 step, nothing wrong"
    );
    insta::assert_snapshot!(validated("run --validate s.yaml --var stgae=dev"), @r#"
    --- stderr ---
    error: the script has no variable `stgae`
    hint: did you mean `stage`?
    [exit 2]
    "#);
    insta::assert_snapshot!(validated("run --validate s.yaml --var stage=test"), @r#"
    --- stderr ---
    error: the variable `stage` (--var): `test` is none of dev, prod
    [exit 2]
    "#);
    insta::assert_snapshot!(validated("run --validate s.yaml --var count=0"), @r#"
    --- stderr ---
    error: the variable `count` (--var): `0` is less than 1
    [exit 2]
    "#);
    insta::assert_snapshot!(validated("run --validate s.yaml --var count=many"), @r#"
    --- stderr ---
    error: the variable `count` (--var): `many` is no int
    [exit 2]
    "#);
    insta::assert_snapshot!(validated("run --validate s.yaml --vars-file nobody.yaml"), @r#"
    --- stderr ---
    error: cannot read nobody.yaml: No such file or directory (os error 2)
    [exit 3]
    "#);
}

#[test]
fn problems_are_data_too() {
    let script = "zkx: 1\nsteps:\n  - set: {path: /a, dta: x}\n";
    let output = Zkx::new().file("s.yaml", script).args(["-o", "json", "run", "--validate", "s.yaml"]).run();
    insta::assert_snapshot!(output.snapshot(), @r#"
    {
      "file": "s.yaml",
      "steps": 0,
      "tree": false,
      "files": 1,
      "problems": [
        {
          "code": "E0104",
          "file": "s.yaml",
          "line": 3,
          "column": 21,
          "message": "unknown key `dta` in `set`",
          "hint": "did you mean `data`?",
          "step": "step 1"
        }
      ]
    }
    [exit 3]
    "#);
}
