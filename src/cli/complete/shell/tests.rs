//! Answers, shell by shell; what the shells make of them is seen in `tests/suite/shells`.

use super::Question;
use crate::cli::complete::{Candidate, Kind};
use crate::command::Shell;

fn path(value: &str) -> Candidate {
    let open = value.ends_with('/');
    Candidate { value: value.into(), help: None, kind: Kind::Path, open }
}

fn option(value: &str, help: &str) -> Candidate {
    Candidate { value: value.into(), help: Some(help.into()), kind: Kind::Option, open: false }
}

fn bash(how: u8, line: &str, text: &str, candidates: &[Candidate]) -> String {
    let input = format!("{line}\0{text}\0");
    let how = how.to_string();
    Question::read(Shell::Bash, &[&how, "40"], &input).unwrap().answer(candidates)
}

fn other(shell: Shell, line: &[&str], candidates: &[Candidate]) -> String {
    let input: String = line.iter().map(|word| format!("{word}\0")).collect();
    Question::read(shell, &["40"], &input).unwrap().answer(candidates)
}

#[test]
fn bash_gets_what_it_can_insert() {
    let spaces = [path("/a b/"), path("/a c")];
    assert_eq!(bash(b'\t', "zkx get /a", "/a", &spaces), "nospace\n/a\\ \n");
    assert_eq!(bash(b'\t', "zkx get /a\\ b", "/a\\ b", &spaces[..1]), "nospace\n/a\\ b/\n");
    assert_eq!(bash(b'\t', "zkx get \"/a c", "/a c", &spaces[1..]), "\n/a c\n");
    assert_eq!(bash(b'\t', "zkx get /a\\ ", "/a\\ ", &spaces), "nospace\n/a\\ b/\n/a\\ c\n");
    assert_eq!(bash(b'?', "zkx get /a\\ ", "/a\\ ", &spaces), "nospace\na b/\na c\n");
    assert_eq!(bash(b'?', "zkx get /", "/", &spaces), "nospace\n/a\\ \n");
    assert_eq!(bash(b'%', "zkx get /a\\ ", "/a\\ ", &spaces), "nospace\n/a\\ b/\n/a\\ c\n");
    assert_eq!(bash(b'\t', "zkx get /x:y", "y", &[path("/x:yz$")]), "\nyz\\$\n");
    assert_eq!(bash(b'\t', "zkx get x > /t", "/t", &spaces), "default\n");
    assert_eq!(bash(b'\t', "zkx get /z", "/z", &spaces), "");
    let options =
        [option("--hex", "As hexadecimal numbers"), option("--watch", "Wait for the next change of it")];
    let listed = "nospace\n--hex    -- As hexadecimal numbers\n--watch  -- Wait for the next change o…\n";
    assert_eq!(bash(b'?', "zkx get --", "--", &options), listed);
}

#[test]
fn zsh_gets_words_without_the_slashes_it_takes_away_again() {
    let found = [path("/a b/"), path("/a:c")];
    assert_eq!(
        other(Shell::Zsh, &["zkx", "get", "/a"], &found),
        "columns\nslash\t/a b\ta b/\ndone\t/a:c\ta:c\n"
    );
    let found = [option("--hex", "As numbers")];
    assert_eq!(
        other(Shell::Zsh, &["zkx", "get", "--"], &found),
        "lines\ndone\t--hex\t--hex  -- As numbers\n"
    );
}

#[test]
fn the_others_get_lines_or_json() {
    let found = [path("/it's/"), option("--hex", "As numbers")];
    assert_eq!(other(Shell::Fish, &["zkx", "get", ""], &found), "/it's/\t\n--hex\tAs numbers\n");
    assert_eq!(
        other(Shell::Elvish, &["zkx", "get", ""], &found),
        "/it's/\t\tit's/\n--hex\t \t--hex  -- As numbers\n"
    );
    assert_eq!(
        other(Shell::Powershell, &["zkx", "get", ""], &found),
        "'/it''s/'\tit's/\tit's/\n--hex\t--hex\tAs numbers\n"
    );
    assert_eq!(
        other(Shell::Nushell, &["zkx", "get", ""], &found),
        r#"[{"value":"\"/it's/\"","description":""},{"value":"--hex ","description":"As numbers"}]"#
    );
}

#[test]
fn words_arrive_unquoted() {
    let last = |shell, word: &str| {
        let question = Question::read(shell, &[], &format!("zkx\0get\0{word}\0\r\n")).unwrap();
        question.words.last().unwrap().clone()
    };
    assert_eq!(last(Shell::Fish, r#"/a\ b'c\'d"e'"f\$g"#), r#"/a bc'd"ef$g"#);
    assert_eq!(last(Shell::Powershell, "'/it''s"), "/it's");
    assert_eq!(last(Shell::Powershell, "/a` b"), "/a b");
    assert_eq!(last(Shell::Nushell, "`/a b"), "/a b");
    assert_eq!(last(Shell::Nushell, r#""/a \"b"#), "/a \"b");
    assert_eq!(last(Shell::Zsh, r"/a\b"), r"/a\b", "zsh has done it itself");
    assert!(Question::read(Shell::Fish, &[], "").is_none());
    assert!(Question::read(Shell::Bash, &["9", "80"], "zkx $(x\0\0").is_none());
}
