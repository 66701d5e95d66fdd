//! JSON that somebody stored, laid out for reading.
//!
//! Token by token, never through numbers and maps: what is shown is what is stored, to the last
//! digit, duplicate key and order.

use super::Palette;
use crate::znode::text::sanitise;

/// Lays out `text`, which must be valid JSON.
pub(super) fn pretty(text: &str, palette: Palette) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let (token, tail) = match first {
            '"' => rest.split_at(string_end(rest)),
            '{' | '}' | '[' | ']' | ',' | ':' => rest.split_at(1),
            _ => {
                rest.split_at(rest.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(rest.len()).max(1))
            }
        };
        rest = tail.trim_start();
        match token {
            "{" | "[" if rest.starts_with(['}', ']']) => {
                out.push_str(token);
                out.extend(rest.chars().take(1));
                rest = rest.get(1..).unwrap_or_default().trim_start();
            }
            "{" | "[" => {
                depth += 1;
                out.push_str(token);
                line(&mut out, depth);
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push_str(token);
            }
            "," => {
                out.push(',');
                line(&mut out, depth);
            }
            ":" => out.push_str(": "),
            _ => {
                let style = match (first, rest.starts_with(':')) {
                    ('"', true) => palette.key(),
                    ('"', false) => palette.string(),
                    _ => palette.literal(),
                };
                out.push_str(&style.paint(sanitise(token, false)).to_string());
            }
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Where the string that begins `text` ends.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Palette, pretty};
    use proptest::prelude::*;

    #[test]
    fn nothing_is_lost_in_layout() {
        let stored = r#"{"b":[1,2.50,{}],"a":{"n":12345678901234567890,"b":"x\"y"},"a":null,"e":[]}"#;
        let expected = r#"{
  "b": [
    1,
    2.50,
    {}
  ],
  "a": {
    "n": 12345678901234567890,
    "b": "x\"y"
  },
  "a": null,
  "e": []
}"#;
        assert_eq!(pretty(stored, Palette::default()), expected);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = pretty(&text, Palette::default());
        }
    }
}
