//! Patterns of paths: `*` and `?` within a name, `**` for any number of names, `[a-z]`, `{a,b}`.

use std::fmt;

use regex_lite::Regex;

/// A pattern of paths.
#[derive(Clone)]
pub struct Glob {
    text: String,
    regex: Regex,
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Glob").field(&self.text).finish()
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Glob {
    /// Reads a pattern; why it is none, in words.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the pattern is empty".into());
        }
        let mut regex = String::from("^");
        let mut rest = text.chars().peekable();
        let mut braces = 0_usize;
        while let Some(c) = rest.next() {
            match c {
                '*' if rest.peek() == Some(&'*') => {
                    rest.next();
                    if rest.peek() == Some(&'/') {
                        rest.next();
                        regex.push_str("(?:.*/)?");
                    } else if regex.ends_with('/') {
                        // `/a/**` is /a as well.
                        regex.pop();
                        regex.push_str("(?:/.*)?");
                    } else {
                        regex.push_str(".*");
                    }
                }
                '*' => regex.push_str("[^/]*"),
                '?' => regex.push_str("[^/]"),
                '[' => class(&mut rest, &mut regex).ok_or_else(|| format!("`{text}`: `[` is not closed"))?,
                '{' => {
                    braces += 1;
                    regex.push_str("(?:");
                }
                '}' if braces > 0 => {
                    braces -= 1;
                    regex.push(')');
                }
                ',' if braces > 0 => regex.push('|'),
                '\\' => {
                    let c = rest.next().ok_or_else(|| format!("`{text}` ends with `\\`"))?;
                    regex.push_str(&regex_lite::escape(c.encode_utf8(&mut [0; 4])));
                }
                c => regex.push_str(&regex_lite::escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        if braces > 0 {
            return Err(format!("`{text}`: `{{` is not closed"));
        }
        regex.push('$');
        let regex = Regex::new(&regex).map_err(|error| format!("`{text}`: {error}"))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// The pattern that matches this path and no other.
    pub fn exactly(path: &str) -> Result<Self, String> {
        let mut text = String::with_capacity(path.len());
        for c in path.chars() {
            if matches!(c, '*' | '?' | '[' | '{' | '}' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        Self::new(&text)
    }

    /// Whether the whole of `path` matches.
    pub fn matches(&self, path: &str) -> bool {
        self.regex.is_match(path)
    }

    /// The path above the first name that has a sign of patterns; empty for the root.
    pub fn above(&self) -> &str {
        let fixed = self.text.find(['*', '?', '[', '{', '\\']).and_then(|at| self.text.get(..at));
        match fixed {
            Some(fixed) => fixed.rsplit_once('/').map_or("", |(above, _)| above),
            None => &self.text,
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, regex: &mut String) -> Option<()> {
    regex.push('[');
    if let Some('!' | '^') = rest.peek() {
        rest.next();
        regex.push('^');
    }
    let mut first = true;
    loop {
        match rest.next()? {
            ']' if !first => break,
            c @ ('[' | ']' | '\\' | '^' | '&' | '~') => {
                regex.push('\\');
                regex.push(c);
            }
            c => regex.push(c),
        }
        first = false;
    }
    regex.push(']');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::Glob;
    use proptest::prelude::*;

    #[test]
    fn stars_stay_within_a_name() {
        for (pattern, yes, no) in [
            ("/a/*", &["/a/b"][..], &["/a", "/a/b/c", "/ab"][..]),
            ("/a/**", &["/a", "/a/b", "/a/b/c"], &["/ab", "/"]),
            ("**/c", &["/c", "/a/b/c"], &["/cd"]),
            ("/a/*/c", &["/a/b/c"], &["/a/c"]),
            ("/{a,b}/[0-9]?", &["/a/1x", "/b/22"], &["/c/11", "/a/1"]),
            ("/a.b", &["/a.b"], &["/axb"]),
            ("/[!a]", &["/b"], &["/a"]),
        ] {
            let glob = Glob::new(pattern).unwrap();
            assert!(yes.iter().all(|path| glob.matches(path)), "{pattern}");
            assert!(no.iter().all(|path| !glob.matches(path)), "{pattern}");
        }
        for wrong in ["", "/[a", "/{a", "/a\\", "/[z-a]"] {
            assert!(Glob::new(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), path in any::<String>()) {
            if let Ok(glob) = Glob::new(&text) {
                glob.matches(&path);
            }
        }
    }
}
