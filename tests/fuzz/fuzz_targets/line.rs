//! What is typed into the shell, and what it is quoted as.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zkx::shell::grammar::{Action, Feed, Style, cursor, parse, quote, quote_path, tokens};

fuzz_target!(|text: &str| {
    let parsed = parse(text);
    for token in tokens(text) {
        assert!(text.get(token.span).is_some());
    }
    cursor(text, text.len() / 2);
    cursor(text, text.len());
    let mut feed = Feed::default();
    let answers: Vec<_> = text.split('\n').map(|line| feed.push(line)).collect();
    if let Ok(statements) = parsed {
        for statement in &statements {
            assert!(text.get(statement.span.clone()).is_some_and(|text| !text.is_empty()));
        }
        let fed = answers.into_iter().flatten().map(|answer| answer.unwrap().len());
        assert_eq!(fed.sum::<usize>(), statements.len());
    }
    assert_eq!(word(&quote(text)), text);
    for style in [Style::Bare, Style::Single, Style::Double, Style::Ansi] {
        assert_eq!(word(&quote_path(text, style, true)), text);
    }
});

/// What the one word of a line says as a path.
fn word(typed: &str) -> String {
    match parse(&format!("get {typed}")).unwrap().remove(0).action {
        Action::Command(words, _) if words.len() == 2 => {
            assert!(!words[1].glob);
            words[1].path().into_owned()
        }
        other => panic!("{other:?}"),
    }
}
