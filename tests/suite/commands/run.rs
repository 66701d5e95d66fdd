//! `run`: how scripts are started, and what they leave for other programs. What they do is in `scripts`.

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

#[test]
fn lines_come_from_a_pipe_too() {
    let piped = Zkx::new().args(["-s", "mem:", "run", "-"]).stdin("create /a x\nget /a\n").run().success();
    assert_eq!(piped.out(), "/a\nx\n");
    let wrong = Zkx::new().args(["-s", "mem:", "run", "-"]).stdin("get /b\n").run().code(1);
    assert!(wrong.stderr.starts_with("error: -:1: cannot get /b: "), "{wrong}");
    let checked = Zkx::new().args(["run", "--validate", "-"]).stdin("zkx: 1\nsteps: [sync: /]\n").run();
    assert_eq!(checked.success().out(), "-: 1 step, nothing wrong\n");
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_zkx")).parent().unwrap();
    let bash = Zkx::program("bash").path_first(&bin.display().to_string());
    let named = bash.args(["-c", "zkx -s mem: run <(echo 'create /a x'; echo 'get /a')"]).run().success();
    assert_eq!(named.out(), "/a\nx\n");
}

#[test]
fn reasons_of_several_lines_stand_below_their_step() {
    let script = "zkx: 1\nsteps:\n  - get: /a\n";
    let dead = Zkx::new().args(["-s", "127.0.0.1:1", "run", "s.yaml"]).file("s.yaml", script).run().code(5);
    let out = dead.out();
    let lines: Vec<_> = out.lines().skip(1).collect();
    let [step, reason, _] = lines.as_slice() else { panic!("{dead}") };
    assert!(step.starts_with("✗ 1 get: cannot connect to 127.0.0.1:1 within "), "{dead}");
    assert_eq!(*reason, "    127.0.0.1:1: connection refused: nothing listens there");
}
