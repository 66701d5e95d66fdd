use std::path::Path;

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
