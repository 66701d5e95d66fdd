//! Steps that say by which steps they are undone.

use std::fs;
use std::sync::Arc;

use tempfile::TempDir;

use crate::support::lab::Lab;
use crate::support::zkx::{Output, Zkx};

const PROGRAMS: &str = r#"zkx: 1
guard: {shell: true}
vars:
  place: {type: string, default: here}
  word: {type: string, secret: true, default: hush}
steps:
  - create: {path: /w, data: "0"}
  - shell: {script: "echo did $WHAT", env: {WHAT: "${ place }"}}
    register: ran
    undo:
      - print: "after ${ ran.stdout | trim }: ${ get('/w') } of ${ run.id | length } ${ word }"
      - set: {path: /w, data: undone}
  - for_each: [a, b]
    shell: {script: "echo in $WHAT >> log; echo -n $WHAT$WHAT", env: {WHAT: "${ item }"}}
    register: each
    undo:
      - shell: {script: "echo out $WHAT $WORD >> log", env: {WHAT: "${ each.stdout }${ index }", WORD: "${ word }"}}
        register: unseen
  - set: {path: /w, data: "1"}
"#;

fn zkx(lab: &Lab, home: &Arc<TempDir>, script: &str, words: &[&str]) -> Zkx {
    let zkx = lab.zkx().home_of(home).file("script.yaml", script);
    zkx.args(["run", "script.yaml", "--journal", "runs"]).args(words)
}

fn run(lab: &Lab, home: &Arc<TempDir>, script: &str, words: &[&str]) -> Output {
    zkx(lab, home, script, words).run()
}

/// Lines of a report in the midst: neither the first nor the last.
fn undone(output: &Output) -> String {
    let said = output.out();
    let lines = said.lines().filter(|line| !line.contains("script.yaml") && !line.contains("changed, "));
    lines.map(|line| format!("{line}\n")).collect()
}

on_one_server! {
    fn programs_are_undone_by_steps(lab: &Lab) {
        let home = Zkx::new().home();
        let _ = run(lab, &home, PROGRAMS, &["--allow-shell"]).success();
        // Nobody lets it run programs: the rest is undone all the same.
        let output = run(lab, &home, PROGRAMS, &["--rollback"]).code(1);
        let said = undone(&output);
        assert!(said.contains("✗ step 3[b]: not undone: step 3.undo.1[b]: this script may not run programs\n"), "{said}");
        assert!(said.contains("after did here: 0 of 25 ***\n"), "{said}");
        assert!(said.ends_with("↶ step 2: undone by its own steps\n↶ /w: deleted again\n"), "{said}");
        assert!(output.stderr.starts_with("error: 2 steps of the run "), "{output}");
        assert_eq!(lab.truth().exists("/w").unwrap(), None);
        // Once more with leave: what was undone is left alone.
        let output = run(lab, &home, PROGRAMS, &["--rollback", "--allow-shell"]);
        assert!(!output.out().contains("step 2"), "{output}");
        assert_eq!(fs::read_to_string(home.path().join("log")).unwrap(), "in a\nin b\nout bb1 hush\nout aa0 hush\n");
        let journals = fs::read_dir(home.path().join("runs")).unwrap();
        let journals = journals.map(|run| fs::read_to_string(run.unwrap().path().join("journal.jsonl")).unwrap());
        assert!(journals.into_iter().all(|journal| !journal.contains("hush")));
    }

    fn steps_for_undoing_take_the_place_of_what_was_written(lab: &Lab) {
        let script = "zkx: 1\non_failure: rollback\nsteps:\n  - create: {path: /w}\n  - set: {path: /w, data: one}\n    \
                      undo: [set: {path: /w, data: two}]\n  - do:\n      - create: {path: /w/a}\n      \
                      - create: {path: /w/b}\n        undo: [fail: never asked]\n    undo:\n      \
                      - delete: /w/b\n      - delete: /w/a\n  - ensure: {path: /w}\n    undo: [fail: it did nothing]\n  \
                      - set: {path: /w, data: three}\n    undo: none\n  - create: {path: /w}\n    undo: [delete: /w]\n";
        let home = Zkx::new().home();
        let output = run(lab, &home, script, &[]).code(1);
        let said = undone(&output);
        let said = said.split_once("✗ 6 create").unwrap().1.split_once('\n').unwrap().1;
        assert_eq!(
            said,
            "✗ /w: not undone: the script says `undo: none`\n✓ 3.undo.1 delete: /w/b\n✓ 3.undo.2 delete: /w/a\n\
             ↶ step 3: undone by its own steps\n✓ 2.undo.1 set: /w: data version 2 → 3\n↶ step 2: undone by its own steps\n\
             ↶ /w: deleted again\n"
        );
        assert!(output.stderr.contains("hint: not everything that the run had written could be undone\n"), "{output}");
        let again = run(lab, &home, script, &["--resume"]).code(2);
        assert!(again.stderr.contains("was undone, or some of it"), "{again}");
    }

    fn what_cannot_be_undone_stops_nothing(lab: &Lab) {
        let script = "zkx: 1\nguard: {shell: true}\nsteps:\n  - create: {path: /w}\n  - create: {path: /w/a}\n    \
                      undo: [delete: /none, delete: /w]\n  - create: {path: /w/b}\n  - shell: [\"true\"]\n  \
                      - {shell: [\"true\"], undo: none}\n";
        let home = Zkx::new().home();
        let _ = run(lab, &home, script, &["--allow-shell"]).success();
        let output = run(lab, &home, script, &["--rollback"]).code(1);
        let said = undone(&output);
        assert!(said.starts_with("↶ step 5: nothing to undo, the script says (`undo: none`)\n✗ step 4: not undone: what its program did"), "{said}");
        assert!(said.contains("↶ /w/b: deleted again\n✗ 2.undo.1 delete: cannot delete /none"), "{said}");
        assert!(said.contains("✗ step 2: not undone: step 2.undo.1: cannot delete /none"), "{said}");
        assert!(said.ends_with("✗ /w: not undone: somebody else has created something below it\n"), "{said}");
        assert!(output.stderr.starts_with("error: 1 write and 2 steps of the run "), "{output}");
    }

    fn what_is_done_finally_is_done_after_an_undoing_that_fails(lab: &Lab) {
        let script = "zkx: 1\non_failure: rollback\nguard: {shell: true}\nsteps:\n  - create: {path: /w}\n  \
                      - shell: {argv: [rm, -r, runs]}\n  - fail: on purpose\nfinally:\n  - create: {path: /end}\n";
        let zkx = lab.zkx().file("script.yaml", script).args(["run", "script.yaml", "--allow-shell"]);
        let output = zkx.args(["--journal", "runs"]).run().code(1);
        assert!(output.stderr.contains("step 3: on purpose\nhint: undoing what the run had written failed: "), "{output}");
        assert!(output.out().ends_with("✓ finally.1 create: /end\n3 changed, 0 unchanged, 1 failed\n"), "{output}");
        assert_eq!(lab.truth().subtree("/").unwrap(), ["/", "/end", "/w"], "{output}");
    }

    fn a_step_is_undone_by_a_script(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - let: {name: w}\n  - create: {path: '/${ name }', data: a}\n    undo:\n      \
                      - include: {file: undo.yaml, vars: {path: '/${ name }'}}\n";
        let included = "zkx: 1\nvars: {path: none}\nsteps:\n  - delete: '${ path }'\n    undo: none\n";
        let home = Zkx::new().home();
        let run = |words: &[&str]| zkx(lab, &home, script, words).file("undo.yaml", included).run();
        let _ = run(&[]).success();
        assert_eq!(lab.truth().text("/w").unwrap(), "a");
        let output = run(&["--rollback"]).success();
        assert!(output.out().contains("✓ 2.undo.1/1 delete: /w\n↶ step 2: undone by its own steps\n"), "{output}");
        assert_eq!(lab.truth().exists("/w").unwrap(), None, "{output}");
    }

    fn a_run_without_a_journal_undoes_itself(lab: &Lab) {
        let script = "zkx: 1\non_failure: rollback\nsteps:\n  - create: {path: /w, data: a}\n  \
                      - set: {path: /w, data: b}\n  - do:\n      - set: {path: /w, data: c}\n    undo:\n      \
                      - print: \"then ${ get('/w') }\"\n      - set: {path: /w, data: d}\n  - fail: on purpose\n";
        let home = Zkx::new().home();
        for words in [&["--journal", "off"][..], &["--check"]] {
            let run = lab.zkx().home_of(&home).file("script.yaml", script).args(["run", "script.yaml"]).args(words);
            let output = run.run().code(1);
            assert!(output.out().contains("then c\n"), "{output}");
            assert!(output.stderr.contains("hint: everything that the run had written was undone\n"), "{output}");
            assert_eq!(lab.truth().exists("/w").unwrap(), None, "{output}");
        }
    }
}

#[test]
fn an_ensemble_in_memory_is_undone_too() {
    let script = "zkx: 1\non_failure: rollback\nsteps:\n  - create: {path: /w, data: a}\n  - fail: on purpose\n\
                  finally:\n  - print: \"there: ${ exists('/w') }\"\n";
    let output =
        Zkx::new().server("mem:").file("script.yaml", script).args(["run", "script.yaml"]).run().code(1);
    assert!(output.out().contains("↶ /w: deleted again\nthere: false\n"), "{output}");
}
