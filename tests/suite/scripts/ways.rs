//! The ways in which scripts are run and what they leave for other programs.

use std::fs;

use crate::support::zkx::Zkx;

const SCRIPT: &str = "zkx: 1
steps:
  - create: {path: /a, data: 'a < b & c'}
  - name: \"look, at it\"
    get: /a
  - when: false
    get: /b
  - name: judge
    assert: \"get('/a') == 'x'\"
";

#[test]
fn reports_are_left_for_other_programs() {
    let zkx = Zkx::new().server("mem:").file("s.yaml", SCRIPT);
    let home = zkx.home();
    let args = ["run", "s.yaml", "--junit", "j.xml", "--tap", "t.tap", "--github"];
    let output = zkx.args(args).run().code(4);
    let said = "not true: get('/a') == 'x'";
    assert!(
        output.stderr.starts_with(&format!("::error file=s.yaml,line=8,title=step 4 judge::{said}\n")),
        "{output}"
    );
    let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
    assert_eq!(
        read("t.tap"),
        format!(
            "TAP version 14\n1..4\nok 1 - 1 create\nok 2 - 2 look, at it\nok 3 - 3 get # SKIP when is false\n\
             not ok 4 - 4 judge\n  ---\n  code: ASSERT\n  message: \"{said}\"\n  at: s.yaml:8\n  ...\n"
        )
    );
    let junit = read("j.xml");
    assert!(
        junit.contains("<testsuite name=\"s.yaml\" tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\""),
        "{junit}"
    );
    assert!(junit.contains("<failure type=\"ASSERT\" message=\"not true: get('/a') == 'x'\"/>"), "{junit}");
}

#[test]
fn a_script_is_a_program() {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_zkx")).parent().unwrap();
    let script = "#!/usr/bin/env -S zkx -s mem: run\nzkx: 1\nsteps:\n  - print: it runs\n";
    let sh = Zkx::program("sh").file("hello.yaml", script).path_first(&bin.display().to_string());
    let output = sh.args(["-c", "chmod +x hello.yaml && ./hello.yaml"]).run().success();
    assert_eq!(
        output.out(),
        "hello.yaml on mem:\nit runs\n0 changed, 1 unchanged\n".replace("hello", "./hello")
    );
    let sh = Zkx::program("sh").file("hello.yaml", script).path_first(&bin.display().to_string());
    let output = sh.args(["-c", "zkx -s mem: run - < hello.yaml"]).run().success();
    assert!(output.out().contains("it runs\n"), "{output}");
}

#[test]
fn lines_of_the_shell_are_run_too() {
    let lines = "#!/usr/bin/env -S zkx run\n# a comment\ncreate /a x\ncd /a\ncreate b 'two words'; get b\n";
    let output = Zkx::new().server("mem:").file("lines.zk", lines).args(["run", "lines.zk"]).run().success();
    assert_eq!(output.out(), "/a\n/a/b\ntwo words\n");
    let output =
        Zkx::new().server("mem:").file("l", "create /a\nget /b\nget /a\n").args(["run", "l"]).run().code(1);
    assert!(output.stderr.starts_with("error: l:2: cannot get /b: "), "{output}");
}

/// A number that looks like chance.
fn chance(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

fn generated(seed: u64) -> String {
    let mut state = seed;
    let mut text = String::from("zkx: 1\non_failure: continue\nsteps:\n");
    for _ in 0..3 + chance(&mut state, 9) {
        let path = ["/a", "/a/b", "/a/c", "/d", "/d/e"][chance(&mut state, 5) as usize];
        let data = ["x", "y", ""][chance(&mut state, 3) as usize];
        let step = match chance(&mut state, 11) {
            0 | 1 => format!("create: {{path: {path}, data: '{data}'}}"),
            2 => format!("create: {{path: {path}-, sequential: true}}"),
            3 => format!("set: {{path: {path}, data: '{data}'}}"),
            4 => format!("delete: {path}"),
            5 => format!("delete: {{path: {path}, recursive: true, missing: ok}}"),
            6 => format!("ensure: {{path: {path}, data: '{data}'}}"),
            7 => format!(
                "txn: {{if: [{{exists: {path}}}], do: [{{set: {{path: {path}, data: '{data}'}}}}, {{create: {{path: {path}/t}}}}]}}"
            ),
            8 => format!("apply: {{root: {path}, prune: {{scope: all}}, nodes: {{m: '{data}', n/o: '2'}}}}"),
            9 => format!(
                "acl: {{path: {path}, set: ['world:anyone:cdra{}']}}",
                if data == "x" { "w" } else { "" }
            ),
            _ => format!("run: [\"create -s {path}/s- {data}\", \"ls {path}\"]"),
        };
        text.push_str(&format!("  - {step}\n"));
    }
    text
}

/// What is told of each step, and what is changed in each.
fn told(script: &str, check: bool) -> (String, Option<i32>) {
    let zkx = Zkx::new().server("mem:").file("s.yaml", script);
    let zkx = zkx.args(["-o", "ndjson", "run", "--diff", "s.yaml"]);
    let output = if check { zkx.arg("--check") } else { zkx }.run();
    let lines: Vec<String> = output
        .out()
        .lines()
        .filter_map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            let event = line["ev"].as_str()?.to_owned();
            (event != "run_start").then(|| {
                for key in ["t", "durationMs", "result", "check"] {
                    line.as_object_mut().unwrap().remove(key);
                }
                line.to_string()
            })
        })
        .collect();
    (lines.join("\n"), output.code)
}

#[test]
fn check_mode_tells_what_a_run_then_does() {
    let (mut changed, mut failed) = (0, 0);
    for seed in 0..500 {
        let script = generated(seed);
        let (checked, done) = (told(&script, true), told(&script, false));
        assert_eq!(checked, done, "seed {seed}\n{script}");
        changed += usize::from(done.0.contains("\"status\":\"changed\""));
        failed += usize::from(done.0.contains("\"status\":\"failed\""));
    }
    assert!(changed > 200 && failed > 50, "{changed} changed something, {failed} failed");
}
