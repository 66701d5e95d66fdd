//! What only zsh does: slashes that go again, matchers, functions from `$fpath`.

use super::{Shell, ZSH};

#[test]
fn a_slash_goes_again_before_a_space() {
    let Some(mut line) = Shell::Zsh.start("sandbox:") else { return };
    line.completes("zkx ls /bro", "zkx ls /brokers/");
    line.screen.keys(" -w");
    line.screen.line_ends("zkx ls /brokers -w");
}

#[test]
fn it_is_found_in_fpath() {
    let completions = concat!(env!("CARGO_MANIFEST_DIR"), "/completions");
    let rc = ZSH
        .replace("source <(zkx completions zsh)\n", "")
        .replace("autoload", &format!("fpath=({completions} $fpath)\nautoload"));
    let Some(mut line) = Shell::Zsh.start_with("sandbox:", |shell| shell.file(".zshrc", rc)) else { return };
    line.completes("zkx get /bro", "zkx get /brokers/");
}

#[test]
fn several_matchers_ask_once() {
    let rc = format!("{ZSH}zstyle ':completion:*' matcher-list '' 'm:{{a-z}}={{A-Z}}' 'r:|[._-]=* r:|=*'\n");
    let wrapper =
        format!("#!/bin/sh\necho asked >> \"$HOME/asked\"\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_zkx"));
    let started = Shell::Zsh.start_with("sandbox:", |shell| {
        let directory = shell.home().path().join("bin");
        let shell = shell.file(".zshrc", rc).file("bin/zkx", wrapper);
        std::fs::set_permissions(directory.join("zkx"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        shell.path_first(directory.to_str().unwrap())
    });
    let Some(mut line) = started else { return };
    let asked = line.home.path().join("asked");
    std::fs::remove_file(&asked).unwrap();
    line.types("zkx get /nothing-of-the-kind");
    line.screen.keys("\tx");
    line.screen.line_ends("kindx");
    assert_eq!(std::fs::read_to_string(&asked).unwrap(), "asked\n");
}
