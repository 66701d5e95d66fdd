//! Names that a shell would take for something else: on the line they are words, and nothing more.

use super::{Shell, in_every_shell};

const NAMES: [&str; 17] = [
    "a b  c",
    "it's",
    "quo\"te",
    "$(touch pwned)",
    "`touch pwned`",
    "$HOME\\n",
    ";touch pwned;&|<>",
    "|touch pwned",
    "back\\slash",
    "ünïcode 中文",
    "bang!!x!",
    "{a,b}*?[x]",
    "#~(%^=@)",
    "‘curly’ “q”",
    "'\"$`\\",
    "tail ",
    "tick'",
];

/// A tree file with them all, each behind two digits that tell them apart, and with data that does.
fn tree() -> String {
    let znodes = NAMES.iter().enumerate().map(|(n, name)| {
        let key = serde_json::to_string(&format!("/{n:02}{name}")).unwrap();
        format!("  {key}: data-{n:02}\n")
    });
    format!("format: zkx-tree/1\n/e:\n{}", znodes.collect::<String>())
}

in_every_shell! {
    fn names_are_quoted(shell: Shell) {
        let openers: &[&str] = match shell {
            Shell::Bash => &["", "\"", "'", "$'"],
            Shell::Zsh | Shell::Fish => &["", "\"", "'"],
            // These put a word into quotes of their own choice.
            Shell::Elvish | Shell::Nushell => &["", "'"],
        };
        let started = shell.start_with("mem:tree.yaml", |shell| shell.file("tree.yaml", tree()));
        let Some(mut line) = started else { return };
        let before = line.files();
        for opener in openers {
            for (n, name) in NAMES.iter().enumerate() {
                let typed = format!("zkx get {opener}/e/{n:02}");
                line.tab_until(&typed, name, |line| line.text().trim_end().len() > typed.len());
                line.settles();
                line.answers(&format!("data-{n:02}"));
            }
        }
        let new: Vec<_> = line.files().into_iter().filter(|name| !before.contains(name)).collect();
        assert!(!new.contains(&"pwned".to_owned()), "{new:?}");
    }
}
