//! What the command line says beside a script: which steps there are, what a failure does, asking before each.

use crate::support::screen::Screen;
use crate::support::zkx::Zkx;

const SCRIPT: &str = r#"zkx: 1
vars: {to: green}
steps:
  - id: publish
    name: to ${ to }
    create: {path: /a}
    tags: [write]
  - tags: [block]
    do:
      - get: /a
        when: 1 == 2
      - name: part
        include: part.yml
        tags: [parts]
    rescue: [{fail: no}]
  - txn: {if: [{exists: /none}], do: [{set: {path: /a, data: x}}], else: [{print: else}]}
finally:
  - print: end
"#;
const PART: &str = "zkx: 1\ntree:\n  root: /b\n  nodes: {c: x}\nfinally:\n  - ls: /b\n    tags: [look]\n";

fn zkx() -> Zkx {
    Zkx::new()
        .server("mem:")
        .file("s.yaml", SCRIPT)
        .file("part.yml", PART)
        .file("broken.yaml", "zkx: 1\nsteps: [x]\n")
}

#[test]
fn steps_are_listed() {
    let list = |args: &[&str]| zkx().args(args).args(["run", "--list-steps", "s.yaml"]).run().snapshot();
    insta::assert_snapshot!(list(&[]), @r"
    place          verb     id       name        tags              stands in
    1              create   publish  to ${ to }  write             s.yaml:4
    2              do                            block             s.yaml:8
    2.1            get                           block             s.yaml:10
    2.2            include           part        block,parts       s.yaml:12
    2.2/tree       apply                         block,parts       part.yml:3
    2.2/finally.1  ls                            block,parts,look  part.yml:6
    2.rescue.1     fail                          block             s.yaml:15
    3              txn                                             s.yaml:16
    3.else.1       print                                           s.yaml:16
    finally.1      print                                           s.yaml:18
    ");
    let lines = list(&["-o", "ndjson"]);
    assert_eq!(
        lines.lines().next(),
        Some(
            r#"{"place":"1","id":"publish","name":"to ${ to }","verb":"create","tags":["write"],"file":"s.yaml","line":4}"#
        )
    );
    let json: serde_json::Value = serde_json::from_str(&list(&["-o", "json"])).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(10), "{json}");
    assert!(
        list(&["-o", "yaml"]).starts_with("- place: \"1\"\n  id: publish\n"),
        "{}",
        list(&["-o", "yaml"])
    );
    let _ = Zkx::new()
        .file("s.yaml", SCRIPT)
        .file("part.yml", PART)
        .args(["run", "--list-steps", "s.yaml"])
        .run()
        .success();
    let broken = zkx().args(["run", "--list-steps", "broken.yaml"]).run().code(3);
    assert!(broken.out().contains("error[E0101]: a step is a mapping"), "{broken}");
}

const FAILS: &str = "steps:\n  - create: {path: /a}\n  - fail: no\n  - create: {path: /b}\n\
                     finally:\n  - print: \"${ exists('/a') } ${ exists('/b') }\"\n";

on_one_server! {
    fn the_line_says_what_a_failure_does(lab: &Lab) {
        let told = |script: &str, args: &[&str]| {
            let mut truth = lab.truth();
            for path in ["/a", "/b"] {
                let _ = truth.delete(path);
            }
            let zkx = lab.zkx().file("s.yaml", format!("zkx: 1\n{script}{FAILS}"));
            let output = zkx.args(["run", "s.yaml"]).args(args).run().code(1);
            let mut lines = output.out().lines().map(str::to_owned).collect::<Vec<_>>().into_iter();
            lines.find(|line| line.starts_with("true") || line.starts_with("false"))
        };
        for (word, expected) in [("stop", "true false"), ("rollback", "false false"), ("continue", "true true")] {
            assert_eq!(told("", &["--on-failure", word]).as_deref(), Some(expected), "{word}");
            assert_eq!(told(&format!("on_failure: {word}\n"), &[]).as_deref(), Some(expected), "{word}");
            assert_eq!(told("on_failure: rollback\n", &["--on-failure", word]).as_deref(), Some(expected), "{word}");
        }
    }
}

#[test]
fn what_a_failure_does_is_one_of_three_words() {
    let zkx = Zkx::new().server("mem:").file("s.yaml", SCRIPT).file("part.yml", PART);
    insta::assert_snapshot!(zkx.args(["run", "s.yaml", "--on-failure", "go-on"]).run().snapshot(), @r"
    --- stderr ---
    error: invalid value 'go-on' for '--on-failure <WHAT>'
      [possible values: stop, rollback, continue]

    For more information, try '--help'.
    [exit 2]
    ");
    let zkx = Zkx::new().server("mem:").file("s.zk", "ls /\n");
    insta::assert_snapshot!(zkx.args(["run", "s.zk", "--on-failure", "stop"]).run().snapshot(), @r"
    --- stderr ---
    error: s.zk is no script: it has lines of the shell
    hint: --step and --on-failure are for scripts, which begin with `zkx: 1`
    [exit 2]
    ");
}

const STEPS: &str = "zkx: 1\nsteps:\n  - create: {path: /a}\n  - name: many\n    for_each: [x, y]\n    \
                     create: {path: \"/${ item }\"}\n  - do:\n      - create: {path: /c}\n        when: 1 == 2\n      \
                     - create: {path: /d}\n  - create: {path: /e}\n\
                     finally:\n  - print: \"there: ${ children('/') | join(' ') }\"\n";

fn stepping() -> Screen {
    Zkx::new().server("mem:").file("s.yaml", STEPS).args(["run", "--step", "s.yaml"]).on_screen()
}

/// Answers the question about a step.
fn answer(screen: &mut Screen, step: &str, keys: &str) {
    let question = format!("{step})? [y]es, [n]o, [a]ll that are left, [q]uit: ");
    screen.wait(&question, |screen| screen.line().trim_end() == question.trim_end());
    screen.keys(keys);
}

#[test]
fn each_step_is_asked_about() {
    let mut screen = stepping();
    answer(&mut screen, "1 create (s.yaml:3", "y\n");
    answer(&mut screen, "2 create \"many\" (s.yaml:4", "n\n");
    answer(&mut screen, "3.2 create (s.yaml:10", "what\n");
    answer(&mut screen, "3.2 create (s.yaml:10", "yes\n");
    answer(&mut screen, "4 create (s.yaml:11", "N\n");
    assert_eq!(screen.end(), Some(0), "{}", screen.text());
    screen.shows("↷ 2 create: not wanted");
    screen.shows("there: a d zookeeper");

    let mut screen = stepping();
    answer(&mut screen, "1 create (s.yaml:3", "n\n");
    answer(&mut screen, "2 create \"many\" (s.yaml:4", "a\n");
    assert_eq!(screen.end(), Some(0), "{}", screen.text());
    screen.shows("there: d e x y zookeeper");

    // Ctrl-C and the end of what is typed are answers too.
    for (keys, code) in [("q\n", 130), ("\u{3}", 130), ("\u{4}", 2)] {
        let mut screen = stepping();
        answer(&mut screen, "1 create (s.yaml:3", "y\n");
        answer(&mut screen, "2 create \"many\" (s.yaml:4", keys);
        assert_eq!(screen.end(), Some(code), "{}", screen.text());
        screen.shows("there: a zookeeper");
    }
    let zkx = Zkx::new().server("mem:").file("s.yaml", STEPS).args(["run", "--step", "s.yaml"]);
    insta::assert_snapshot!(zkx.run().snapshot(), @r"
    --- stderr ---
    error: --step asks before each step, and nobody can answer: there is no terminal
    hint: --check says what the steps would do, --only and --tags choose some
    [exit 2]
    ");
}
