//! Check mode tells the truth.

use crate::support::zkx::Zkx;

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
