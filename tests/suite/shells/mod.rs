//! zkx's completions in the shells themselves, on a terminal, as somebody sees them who presses Tab.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::fetched::{fetched, skip};
use crate::support::screen::{CTRL_C, ENTER, Screen, TAB};
use crate::support::zkx::Zkx;

mod bash;
mod names;
mod paths;
mod zsh;

/// A shell that is tested. PowerShell is not among them: no registry of packages that may be used here
/// has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Nushell,
}

impl Shell {
    /// Starts it as the README says, with a short prompt and a server; `None` where it is not there.
    fn start(self, server: &str) -> Option<Line> {
        self.start_with(server, |shell| shell)
    }

    fn start_with(self, server: &str, more: impl FnOnce(Zkx) -> Zkx) -> Option<Line> {
        let (name, rc, settings, args): (_, _, _, &[&str]) = match self {
            Self::Bash => ("bash", ".bashrc", BASH, &["--noprofile", "--rcfile", ".bashrc", "-i"]),
            Self::Zsh => ("zsh", ".zshrc", ZSH, &["-d"]),
            Self::Fish => ("fish", ".config/fish/config.fish", FISH, &[]),
            Self::Elvish => ("elvish", ".config/elvish/rc.elv", ELVISH, &[]),
            Self::Nushell => ("nushell", ".config/nushell/config.nu", NUSHELL, &[]),
        };
        let program = match self {
            Self::Bash => PathBuf::from("bash"),
            _ => fetched("shells", ["program", name])
                .map_or_else(|| skip("shells"), |found| Some(found.into()))?,
        };
        let zkx = Path::new(env!("CARGO_BIN_EXE_zkx")).parent().unwrap();
        let script = |shell: &str| Zkx::new().args(["completions", shell]).run().success().out();
        let shell = Zkx::program(program)
            .args(args)
            .path_first(zkx.to_str().unwrap())
            .env("ZKX_SERVER", server)
            .env("TERM", "xterm")
            .file(rc, settings)
            .file(".config/nushell/env.nu", "");
        let shell = match self {
            Self::Fish => shell.file(".config/fish/completions/zkx.fish", script("fish")),
            Self::Nushell => shell.file(".config/nushell/zkx.nu", script("nushell")),
            _ => shell,
        };
        let shell = more(shell);
        let home = shell.home();
        let line = Line { screen: shell.on_screen(), home };
        line.prompt();
        Some(line)
    }
}

const BASH: &str = "PS1='> '\n\
    bind 'set bell-style none'\n\
    bind 'set enable-bracketed-paste off'\n\
    bind 'set completion-query-items 0'\n\
    bind 'set page-completions off'\n\
    source <(zkx completions bash)\n";
const ZSH: &str = "PS1='> '\n\
    unsetopt prompt_sp beep\n\
    autoload -Uz compinit\n\
    compinit -u -D\n\
    source <(zkx completions zsh)\n";
const FISH: &str = "set -g fish_greeting\n\
    set -g fish_autosuggestion_enabled 0\n\
    function fish_prompt; echo '> '; end\n";
const ELVISH: &str = "set edit:prompt = { put '> ' }\n\
    set edit:rprompt = { }\n\
    eval (zkx completions elvish | slurp)\n";
const NUSHELL: &str = "$env.PROMPT_COMMAND = '> '\n\
    $env.PROMPT_COMMAND_RIGHT = ''\n\
    $env.PROMPT_INDICATOR = ''\n\
    $env.config.show_banner = false\n\
    source zkx.nu\n";

/// The line of a shell that waits for a command.
struct Line {
    screen: Screen,
    home: Arc<TempDir>,
}

/// How long a busy machine may take for what happens at once.
const LONG: Duration = Duration::from_secs(60);

impl Line {
    /// What is on the line, behind the prompt, and behind what Nushell puts there before a menu.
    fn text(&self) -> String {
        let line = self.screen.line();
        let typed = line.split_once("> ").map_or(line.as_str(), |(_, typed)| typed);
        typed.strip_prefix("| ").unwrap_or(typed).to_owned()
    }

    fn is_empty(&self) -> bool {
        self.text().trim_end().is_empty() && self.screen.column() == 2
    }

    /// Waits until there is nothing on the line.
    #[track_caller]
    fn prompt(&self) {
        self.screen.wait("the prompt", |_| self.is_empty());
    }

    #[track_caller]
    fn types(&mut self, text: &str) {
        self.screen.keys(text);
        self.screen.wait(&format!("{text:?} to be typed"), |screen| screen.line().ends_with(text.trim_end()));
    }

    /// Types a text and presses Tab, again where zkx had no time to answer, until the line pleases.
    #[track_caller]
    fn tab_until(&mut self, typed: &str, what: &str, pleases: impl Fn(&Self) -> bool) {
        self.types(typed);
        self.again(TAB, what, pleases);
    }

    /// Types a key, and again from time to time, until the line pleases.
    #[track_caller]
    fn again(&mut self, key: &str, what: &str, pleases: impl Fn(&Self) -> bool) {
        let end = Instant::now() + LONG;
        while Instant::now() < end {
            if self.screen.text().contains("NO RECORDS FOUND") {
                // Nushell has to leave an empty menu before it asks again.
                self.screen.keys("\u{1b}");
                self.screen.wait("no menu", |screen| !screen.text().contains("NO RECORDS FOUND"));
            }
            self.screen.keys(key);
            let soon = Instant::now() + Duration::from_secs(3);
            while Instant::now() < soon {
                if pleases(self) {
                    return;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
        self.screen.fail(&format!("waited in vain for {what}"));
    }

    /// Types a text and Tab, and waits until the line is another one.
    #[track_caller]
    fn completes(&mut self, typed: &str, line: &str) {
        self.tab_until(typed, line, |now| now.text() == line);
    }

    /// Waits until the line is painted to its end.
    fn settles(&self) {
        let mut text = self.text();
        loop {
            thread::sleep(Duration::from_millis(50));
            let now = self.text();
            if now == text {
                return;
            }
            text = now;
        }
    }

    /// Leaves the line as it is for an empty one.
    #[track_caller]
    fn clear(&mut self) {
        // One that comes while the shell is at work may be lost.
        self.again(CTRL_C, "an empty line", Self::is_empty);
    }

    /// Runs what is on the line, and waits for its answer and the next prompt.
    #[track_caller]
    fn answers(&mut self, answer: &str) {
        // Elvish shows what it would insert, and takes it with a first Enter.
        self.again(ENTER, answer, |line| line.screen.text().contains(answer));
        self.prompt();
    }

    /// The names of what is in the working directory and in HOME, which is the same.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Makes of each `fn name(shell: Shell) { … }` one test for every shell.
macro_rules! in_every_shell {
    ($($(#[$meta:meta])* fn $name:ident($shell:ident: Shell) $body:block)+) => {$(
        mod $name {
            use super::*;

            fn within($shell: Shell) $body

            #[test]
            $(#[$meta])*
            fn bash() {
                within(Shell::Bash);
            }

            #[test]
            $(#[$meta])*
            fn zsh() {
                within(Shell::Zsh);
            }

            #[test]
            $(#[$meta])*
            fn fish() {
                within(Shell::Fish);
            }

            #[test]
            $(#[$meta])*
            fn elvish() {
                within(Shell::Elvish);
            }

            #[test]
            $(#[$meta])*
            fn nushell() {
                within(Shell::Nushell);
            }
        }
    )+};
}
use in_every_shell;
