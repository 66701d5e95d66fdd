//! Hides in an output what differs between two runs, and keeps its width.

/// In a shape `9` stands for a digit, `a` for a letter; all else for itself. The first
/// shape that fits wins.
const SHAPES: [(&str, &str); 10] = [
    ("aaa aaa 99 99:99:99 aaa 9999", "DDD MMM dd hh:mm:ss ZZZ yyyy"),
    ("9999-99-99T99:99:99.999", "yyyy-mm-ddThh:mm:ss.mmm"),
    ("9999-99-99 99:99:99.999", "yyyy-mm-dd hh:mm:ss.mmm"),
    ("9999-99-99T99:99:99", "yyyy-mm-ddThh:mm:ss"),
    ("9999-99-99 99:99:99", "yyyy-mm-dd hh:mm:ss"),
    ("9999-99-99", "yyyy-mm-dd"),
    ("99:99:99.999", "hh:mm:ss.mmm"),
    ("99:99:99", "hh:mm:ss"),
    ("127.0.0.1:99999", "127.0.0.1:#####"),
    ("localhost:99999", "localhost:#####"),
];

/// Keys whose decimal value is a zxid, a session or a time, in JSON and YAML.
const KEYS: [&str; 10] =
    ["time", "czxid", "mzxid", "pzxid", "zxid", "ctime", "mtime", "ephemeralOwner", "sessionId", "session"];

/// Masks zxids and session ids (`0x…` but not `0x0`), dates, times, ports and the number
/// at the end of a test's chroot.
pub(crate) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let inside_word = masked.ends_with(|c: char| c.is_ascii_alphanumeric());
        let found = if inside_word { None } else { find(rest) };
        let (len, mask) = found.unwrap_or_else(|| (first.len_utf8(), first.to_string()));
        masked.push_str(&mask);
        rest = &rest[len..];
    }
    masked
}

/// What stands at the beginning of the text and its mask.
fn find(text: &str) -> Option<(usize, String)> {
    hex(text).or_else(|| keyed(text)).or_else(|| chroot(text)).or_else(|| {
        let (shape, mask) = SHAPES.iter().find(|(shape, _)| fits(shape, text))?;
        Some((shape.len(), (*mask).to_owned()))
    })
}

fn hex(text: &str) -> Option<(usize, String)> {
    let len = run(text.strip_prefix("0x")?, |b| b.is_ascii_hexdigit());
    (len > 0 && &text[2..2 + len] != "0").then(|| (2 + len, format!("0x{}", "z".repeat(len))))
}

/// `"mzxid": 4294967299` or `mzxid: 4294967299`; the quote before it is out already.
fn keyed(text: &str) -> Option<(usize, String)> {
    let key = KEYS.iter().find(|key| text.starts_with(**key))?;
    let after = &text[key.len()..];
    let between = run(after, |b| b"\": =".contains(&b));
    let digits = run(&after[between..], |b| b.is_ascii_digit());
    let date = after[between + digits..].starts_with('-');
    if between == 0 || digits == 0 || date || &after[between..between + digits] == "0" {
        return None;
    }
    let masked = format!("{key}{}{}", &after[..between], "#".repeat(digits));
    Some((masked.len(), masked))
}

fn chroot(text: &str) -> Option<(usize, String)> {
    let name = run(text.strip_prefix("/t/")?, |b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let (stem, number) = text[..3 + name].rsplit_once('-')?;
    let numbered = number.len() == 4 && run(number, |b| b.is_ascii_digit()) == 4;
    numbered.then(|| (3 + name, format!("{stem}-####")))
}

fn fits(shape: &str, text: &str) -> bool {
    let mut bytes = text.bytes();
    let alike = shape.bytes().all(|wanted| {
        bytes.next().is_some_and(|found| match wanted {
            b'9' => found.is_ascii_digit(),
            b'a' => found.is_ascii_alphabetic(),
            _ => found == wanted,
        })
    });
    alike && !bytes.next().is_some_and(|next| next.is_ascii_digit())
}

fn run(text: &str, belongs: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| belongs(*byte)).count()
}
