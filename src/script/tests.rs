use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::model::{Action, Content};
use super::*;

pub(super) fn loaded(text: &str) -> Result<Loaded, String> {
    let read = |path: &Path| match path.to_str() {
        Some("s.yaml") => Ok(text.as_bytes().to_vec()),
        _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
    };
    load(Path::new("s.yaml"), &read).map_err(|broken| broken.to_string())
}

fn good(text: &str) -> Loaded {
    loaded(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn data_is_what_was_written() {
    let texts = ["0123", "no", "1.10", "1e3", "true", "0x1F", "2020-01-01", "1_000"];
    for text in texts {
        let loaded = good(&format!("zkx: 1\nsteps:\n  - set: {{path: /a, data: {text}}}\n"));
        let [step] = loaded.script.steps() else { panic!("one step") };
        let Action::Set(set) = &step.action else { panic!("set") };
        let Some(Content::Text(slot)) = set.data.content() else { panic!("data") };
        assert_eq!(slot.known().map(String::as_str), Some(text));
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let error = loaded(
        "zkx: 1\nvars: {p: /a}\nsteps:\n  - name: publish\n    set: {path: /a, dta: x}\n  - when: \"exists(p) and cfg.version > 3\"\n    get: /a\n    register: cfg\n",
    )
    .unwrap_err();
    let expected = r#"error[E0104]: unknown key `dta` in `set`
 --> s.yaml:5:21  (step 1 "publish")
  |
5 |     set: {path: /a, dta: x}
  |                     ^^^ did you mean `data`?

error[E0301]: `cfg` is not defined here
 --> s.yaml:6:26  (step 2)
  |
6 |   - when: "exists(p) and cfg.version > 3"
  |                          ^^^ registered later, at s.yaml:8:15 (step 2)

2 errors"#;
    assert_eq!(error, expected);
}

/// The script of which pieces are cut out and put in.
const EXAMPLE: &str = include_str!("../../tests/suite/scripts/good/every-verb.yaml");

#[test]
fn every_default_can_be_read() {
    // The table states them as texts; where one cannot be read, its key counts as missing.
    for verb in [
        "get: /a",
        "ls: /a",
        "create: {path: /a}",
        "set: {path: /a, data: x}",
        "modify: {path: /a, value: current}",
        "ensure: /a",
        "delete: /a",
        "acl: {path: /a, set: 'world:anyone:r'}",
        "apply: {root: /a, nodes: {x: y}}",
        "apply: {root: /a, nodes: {}, prune: {scope: all}}",
        "wait: {path: /a, for: exists}",
        "watch: /a",
        "kafka: {group_inactive: g}",
        "lock: {path: /a, steps: [{get: /a}]}",
        "parallel: {steps: [{get: /a}]}",
        "retry: {attempts: 1}\n    get: /a",
    ] {
        good(&format!("zkx: 1\nsteps:\n  - {verb}\n"));
    }
    good(
        "zkx: 1\nconnect: {hosts: 'zk1', tls: {ca: x}}\nguard: {}\nlock: /a\nvars: {x: {type: int}}\nsteps: [{get: /a}]\n",
    );
}

#[test]
fn hundreds_of_problems_are_cut() {
    let steps = "  - gte: /a\n".repeat(300);
    let error = loaded(&format!("zkx: 1\nsteps:\n{steps}")).unwrap_err();
    assert!(error.ends_with("300 errors, 50 of them are shown"), "{error}");
    assert_eq!(error.matches("E0105").count(), SHOWN);
}

fn judged(text: &str) -> Result<(), TestCaseError> {
    let read = |path: &Path| match path.to_str() {
        Some("s.yaml") => Ok(text.as_bytes().to_vec()),
        _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
    };
    if let Err(broken) = load(Path::new("s.yaml"), &read) {
        prop_assert!(!broken.problems.is_empty());
        for problem in &broken.problems {
            prop_assert!(problem.span.start.line >= 1 && problem.span.start.column >= 1, "{problem:?}");
        }
        prop_assert!(!broken.to_string().is_empty());
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        judged(&text)?;
    }

    #[test]
    fn no_broken_example_panics(cut in 0..6000_usize, len in 0..60_usize, piece in "[a-z:\\[\\]{}&*!#|>'\" \t\n$-]{0,8}") {
        let mut text: Vec<char> = EXAMPLE.chars().collect();
        let from = cut.min(text.len());
        let to = (from + len).min(text.len());
        text.splice(from..to, piece.chars());
        judged(&text.into_iter().collect::<String>())?;
    }
}
