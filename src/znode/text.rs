//! Text of unknown origin, made safe to print.

use std::borrow::Cow;

/// Escapes what could forge or disturb a terminal: control characters, escape sequences, and the
/// bidirectional and invisible characters that make text look other than it is.
///
/// For terminals only; pipes and files get the bytes as they are. Line ends are kept when `lines`.
pub fn sanitise(text: &str, lines: bool) -> Cow<'_, str> {
    let bad = |c: char| deceptive(c) && !(lines && matches!(c, '\n' | '\t'));
    if !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            _ if !bad(c) => safe.push(c),
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push_str("\\t"),
            '\r' => safe.push_str("\\r"),
            c => safe.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(safe)
}

fn deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}'   // zero width, direction marks
            | '\u{2028}'..='\u{202e}' // line separators, embeddings and overrides
            | '\u{2066}'..='\u{206f}' // isolates
            | '\u{61c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Cuts `text` to `width` columns, with `…` where something is missing.
pub fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    // Most texts are short ASCII, and a walk shortens one a znode.
    if (text.len() <= width && text.is_ascii()) || text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        // One column for a control character, as in the width of a whole text.
        let next = used + c.width().unwrap_or(1);
        if next + 1 > width {
            break;
        }
        used = next;
        end = at + c.len_utf8();
    }
    let mut head = text.get(..end).unwrap_or_default();
    // Together, characters can be wider than one by one: `☺` and a variation selector.
    while head.width() + 1 > width
        && let Some((at, _)) = head.char_indices().next_back()
    {
        head = head.get(..at).unwrap_or_default();
    }
    Cow::Owned(format!("{head}…"))
}

/// Formats `n` with its noun: `1 znode`, `12,345 znodes`.
pub fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 {
        noun.to_owned()
    } else if let Some(stem) = noun.strip_suffix("child") {
        format!("{stem}children")
    } else {
        format!("{noun}s")
    };
    format!("{} {plural}", thousands(n))
}

/// Formats `n` with commas between thousands.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A size in bytes for people: `17 B`, `1.2 KiB`, `3.0 MiB`.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = 0;
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match UNITS.get(unit) {
        Some(name) if unit > 0 => format!("{value:.1} {name}"),
        _ => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::{count, sanitise, shorten, size};

    #[test]
    fn terminal_attacks_become_visible() {
        assert_eq!(sanitise("a\u{1b}[2Jb", false), "a\\u{1b}[2Jb");
        assert_eq!(sanitise("x\u{202e}gpj", false), "x\\u{202e}gpj");
        assert_eq!(sanitise("one\ntwo", true), "one\ntwo");
        assert_eq!(sanitise("one\r\ntwo", true), "one\\r\ntwo");
        assert_eq!(sanitise("plain 中文 ü", false), "plain 中文 ü");
    }

    #[test]
    fn shortening_counts_columns() {
        assert_eq!(shorten("hello", 5), "hello");
        assert_eq!(shorten("hello!", 5), "hell…");
        assert_eq!(shorten("中文字", 5), "中文…");
        assert_eq!(shorten("中文字", 6), "中文字");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1, "child"), "1 child");
        assert_eq!(count(12_345, "child"), "12,345 children");
        assert_eq!(count(0, "znode"), "0 znodes");
        assert_eq!(size(1_048_576), "1.0 MiB");
        assert_eq!(size(17), "17 B");
    }
}
