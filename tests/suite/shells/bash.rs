//! What only bash leaves to others: words with its separators in them, redirections.

use super::Shell;

#[test]
fn words_with_colons_are_whole() {
    let Some(mut line) = Shell::Bash.start("sandbox:") else { return };
    line.completes("zkx setAcl /app world:any", "zkx setAcl /app world:anyone:");
    line.completes("cdrw", "zkx setAcl /app world:anyone:cdrwa ");
    line.clear();
    line.completes("zkx get --output=nd", "zkx get --output=ndjson ");
}

#[test]
fn redirections_are_bashs_own() {
    let started = Shell::Bash.start_with("sandbox:", |shell| shell.file("some file.txt", ""));
    let Some(mut line) = started else { return };
    line.completes("zkx get /app > som", r"zkx get /app > some\ file.txt ");
    line.clear();
    line.completes("echo; zkx get /bro", "echo; zkx get /brokers/");
}

#[test]
fn what_comes_from_a_substitution_is_not_guessed() {
    let Some(mut line) = Shell::Bash.start("sandbox:") else { return };
    line.types("zkx -s $(touch pwned) get /bro");
    line.screen.keys("\tx");
    line.screen.wait("what is typed next", |screen| screen.line().ends_with("/brox"));
    assert!(!line.files().contains(&"pwned".to_owned()));
}

#[test]
fn files_keep_the_tilde_that_was_typed() {
    let started = Shell::Bash.start_with("sandbox:", |shell| shell.file("a tree.yaml", "x"));
    let Some(mut line) = started else { return };
    line.completes("zkx server --seed ~/a", r"zkx server --seed ~/a\ tree.yaml ");
    line.clear();
    line.completes("zkx set /app @a", r"zkx set /app @a\ tree.yaml ");
}
