//! Forms of the command line that clap has no words for: zkCli's single-dash options.

use std::ffi::OsString;

/// A command line in forms that clap knows.
#[derive(Debug)]
pub(super) struct Normal {
    /// The program's name and the arguments.
    pub(super) args: Vec<OsString>,
    /// Which of them names the command.
    pub(super) command: Option<usize>,
}

/// Rewrites zkCli's options in front of the command (`-server`, `-timeout`, `-r`) and the short
/// `-s`, which behind the command means something else. `root` has the options that are possible
/// there.
pub(super) fn normalise(args: impl IntoIterator<Item = OsString>, root: &clap::Command) -> Normal {
    let mut args = args.into_iter().peekable();
    let mut command = None;
    let mut normal: Vec<OsString> = args.by_ref().take(1).collect();
    while let Some(arg) = args.next() {
        let Some(text) = arg.to_str().filter(|text| text.starts_with('-') && text.len() > 1) else {
            command = Some(normal.len());
            normal.push(arg);
            break;
        };
        match text {
            "-s" | "-server" => {
                normal.push("--server".into());
                normal.extend(args.next());
            }
            "-timeout" => {
                normal.push("--session-timeout".into());
                normal.extend(args.next().map(milliseconds));
            }
            "-r" => normal.push("--allow-read-only-server".into()),
            // Its value can be left out, and no command has a colon in its name.
            "--ask-auth" => match args.next_if(|next| next.to_str().is_some_and(|next| next.contains(':'))) {
                Some(who) => {
                    let mut joined = OsString::from("--ask-auth=");
                    joined.push(who);
                    normal.push(joined);
                }
                None => normal.push(arg),
            },
            // zkx always waits for its connection.
            "-waitforconnection" => {}
            _ => {
                let value_follows = takes_value(root, text);
                normal.push(arg);
                if value_follows {
                    normal.extend(args.next());
                }
            }
        }
    }
    normal.extend(args);
    Normal { args: normal, command }
}

/// zkCli counts in milliseconds.
fn milliseconds(value: OsString) -> OsString {
    match value.to_str() {
        Some(number) if number.bytes().all(|b| b.is_ascii_digit()) => format!("{number}ms").into(),
        _ => value,
    }
}

/// Whether the next argument belongs to this option.
pub(super) fn takes_value(root: &clap::Command, option: &str) -> bool {
    if option.contains('=') {
        return false;
    }
    root.get_arguments().any(|arg| {
        let named = match option.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => option.len() == 2 && arg.get_short().is_some_and(|short| option.ends_with(short)),
        };
        named && arg.get_action().takes_values() && !arg.is_require_equals_set()
    })
}

#[cfg(test)]
mod tests {
    use super::normalise;

    fn rewritten(line: &str) -> String {
        let args = line.split_whitespace().map(Into::into);
        let args = normalise(args, &crate::cli::definition()).args;
        let args: Vec<_> = args.into_iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
        args.join(" ")
    }

    #[test]
    fn options_of_zkcli_get_their_long_names() {
        assert_eq!(
            rewritten("zkx -server h:1 -timeout 5000 -r ls /"),
            "zkx --server h:1 --session-timeout 5000ms --allow-read-only-server ls /"
        );
        assert_eq!(rewritten("zkx -s h ls -s /"), "zkx --server h ls -s /");
        assert_eq!(rewritten("zkx -o json -s h ls -s /"), "zkx -o json --server h ls -s /");
        assert_eq!(
            rewritten("zkx --output=json --auth digest:a:b -s h get /x"),
            "zkx --output=json --auth digest:a:b --server h get /x"
        );
        assert_eq!(rewritten("zkx -y deleteall -server"), "zkx -y deleteall -server");
        assert_eq!(rewritten("zkx --ask-auth digest:ann -s h ls"), "zkx --ask-auth=digest:ann --server h ls");
        assert_eq!(rewritten("zkx --ask-auth ls -s"), "zkx --ask-auth ls -s");
    }
}
