//! Words as shells write them.

use crate::command::Shell;

/// What a word of fish, PowerShell or Nushell stands for; its last quote need not be closed.
pub(super) fn unquote(word: &str, shell: Shell) -> String {
    let mut plain = String::with_capacity(word.len());
    let mut quote = None;
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let escape = match (shell, quote) {
            (Shell::Fish, None) => c == '\\',
            (Shell::Fish, Some('\'')) => c == '\\' && matches!(next, Some('\'' | '\\')),
            (Shell::Fish, Some(_)) => c == '\\' && matches!(next, Some('"' | '\\' | '$')),
            (Shell::Powershell, Some(open)) => (c == open && next == Some(open)) || (c == '`' && open == '"'),
            (Shell::Powershell, None) => c == '`',
            (Shell::Nushell, Some('"')) => c == '\\',
            _ => false,
        };
        match quote {
            _ if escape => plain.extend(chars.next()),
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"') || (c == '`' && shell == Shell::Nushell) => quote = Some(c),
            _ => plain.push(c),
        }
    }
    plain
}

/// Characters that mean themselves in PowerShell and Nushell, wherever they stand.
fn plain(word: &str, beside: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || beside.contains(c);
    !word.is_empty() && word.chars().all(fine)
}

/// How PowerShell or Nushell write a word.
pub(super) fn quote(word: &str, shell: Shell) -> String {
    match shell {
        Shell::Powershell if plain(word, "/_-.:=+") => word.to_owned(),
        // Typographic quotes count as straight ones.
        Shell::Powershell => {
            let double = |c: char| if matches!(c, '\'' | '‘'..='‛') { 2 } else { 1 };
            let inner: String = word.chars().flat_map(|c| std::iter::repeat_n(c, double(c))).collect();
            format!("'{inner}'")
        }
        _ if plain(word, "/_-.:@+") => word.to_owned(),
        _ if !word.contains('\'') => format!("'{word}'"),
        _ => format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\"")),
    }
}
