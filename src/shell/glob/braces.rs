//! `{a,b}` and `{1..9}`: several words in one, whatever there is in the tree.

use crate::error::{Error, Result};

/// The patterns that `pattern` stands for, without braces that mean anything; one, when it has none.
/// Fails when they are more than `cap`.
///
/// As in bash, `{x}` and a brace without its partner are themselves.
pub(super) fn expand(pattern: &str, cap: usize) -> Result<Vec<String>> {
    let mut done = Vec::new();
    // What is in front is finished; what is behind is still to be looked at.
    let mut open = vec![(String::new(), pattern.to_owned())];
    while let Some((front, behind)) = open.pop() {
        let Some(group) = Group::first(&behind) else {
            done.push(front + &literal(&behind));
            if done.len() > cap {
                break;
            }
            continue;
        };
        let front = front + &literal(group.front);
        match group.choices(cap.saturating_sub(open.len() + done.len()) + 1) {
            // In an alternative there may be braces again.
            Some(choices) => {
                let rest = choices.into_iter().rev().map(|choice| (front.clone(), choice + group.behind));
                open.extend(rest);
            }
            None => open.push((front + "\\{", format!("{}}}{}", group.inside, group.behind))),
        }
        if open.len() + done.len() > cap {
            break;
        }
    }
    if open.len() + done.len() > cap {
        return Err(Error::usage(format!("`{pattern}` stands for more than {cap} paths"))
            .hint("do it in smaller parts"));
    }
    Ok(done)
}

/// Braces without a meaning, said to be themselves.
fn literal(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' => text.extend(['\\', c]),
            '\\' => {
                text.push(c);
                text.extend(chars.next());
            }
            c => text.push(c),
        }
    }
    text
}

/// A brace with its partner.
struct Group<'a> {
    front: &'a str,
    inside: &'a str,
    behind: &'a str,
}

impl<'a> Group<'a> {
    /// The first of a pattern.
    fn first(pattern: &'a str) -> Option<Self> {
        let mut opened: Vec<usize> = Vec::new();
        let mut outermost: Option<(usize, usize)> = None;
        for (at, c) in signs(pattern) {
            match c {
                '{' => opened.push(at),
                '}' => {
                    let Some(from) = opened.pop() else { continue };
                    // Of pairs that lie in each other the outer one, of others the first.
                    match outermost {
                        Some((first, _)) if first < from => {}
                        _ => outermost = Some((from, at)),
                    }
                }
                _ => {}
            }
        }
        let (from, to) = outermost?;
        Some(Self {
            front: pattern.get(..from)?,
            inside: pattern.get(from + 1..to)?,
            behind: pattern.get(to + 1..)?,
        })
    }

    /// What stands in it to choose from, if it is such a group; of a range at most `cap`.
    fn choices(&self, cap: usize) -> Option<Vec<String>> {
        let mut commas = Vec::new();
        let mut depth = 0usize;
        for (at, c) in signs(self.inside) {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => commas.push(at),
                _ => {}
            }
        }
        if commas.is_empty() {
            return range(self.inside, cap);
        }
        let mut from = 0;
        let mut choices = Vec::with_capacity(commas.len() + 1);
        for comma in commas.into_iter().chain([self.inside.len()]) {
            choices.push(self.inside.get(from..comma).unwrap_or_default().to_owned());
            from = comma + 1;
        }
        Some(choices)
    }
}

/// The characters of a pattern that have no backslash in front.
fn signs(pattern: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut chars = pattern.char_indices();
    std::iter::from_fn(move || {
        loop {
            let (at, c) = chars.next()?;
            if c != '\\' {
                return Some((at, c));
            }
            chars.next();
        }
    })
}

/// `1..9`, also downwards; `01..10` with zeros in front.
fn range(text: &str, cap: usize) -> Option<Vec<String>> {
    let (from, to) = text.split_once("..")?;
    let plain = |number: &str| number.bytes().all(|byte| byte.is_ascii_digit());
    let padded = |number: &str| number.len() > 1 && number.starts_with('0');
    if !plain(from) || !plain(to) {
        return None;
    }
    let width = if padded(from) || padded(to) { from.len().max(to.len()) } else { 0 };
    let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    let name = |number: u64| format!("{number:0width$}");
    Some(if from <= to {
        (from..=to).take(cap).map(name).collect()
    } else {
        (to..=from).rev().take(cap).map(name).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::expand;
    use proptest::prelude::*;

    fn expanded(pattern: &str) -> String {
        expand(pattern, 100).unwrap().join(" ")
    }

    #[test]
    fn braces_are_several_words() {
        assert_eq!(expanded("/a/{b,c}/d"), "/a/b/d /a/c/d");
        assert_eq!(expanded("{a,b}{c,d}"), "ac ad bc bd");
        assert_eq!(expanded("{a,b{1,2}c,d}e"), "ae b1ce b2ce de");
        assert_eq!(expanded("{,x}y"), "y xy");
        assert_eq!(expanded("{/a,/b/c}/*"), "/a/* /b/c/*");
        assert_eq!(expanded("n{1..3}"), "n1 n2 n3");
        assert_eq!(expanded("n{3..1}"), "n3 n2 n1");
        assert_eq!(expanded("n{08..10}"), "n08 n09 n10");
    }

    #[test]
    fn other_braces_are_themselves() {
        assert_eq!(expanded("/a/{name}"), "/a/\\{name\\}");
        assert_eq!(expanded("{a,b"), "\\{a,b");
        assert_eq!(expanded("a}b"), "a\\}b");
        assert_eq!(expanded("{a,b}}"), "a\\} b\\}");
        assert_eq!(expanded("{x{a,b}}"), "\\{xa\\} \\{xb\\}");
        assert_eq!(expanded("{a{b,c}"), "\\{ab \\{ac");
        assert_eq!(expanded("\\{a,b\\}"), "\\{a,b\\}");
        assert_eq!(expanded("{a\\,b,c}"), "a\\,b c");
        assert_eq!(expanded("{1..x}"), "\\{1..x\\}");
        assert_eq!(expanded(""), "");
    }

    #[test]
    fn there_is_an_end() {
        for pattern in ["{1..101}", "{1..18446744073709551615}", "{1..11}{1..11}", &"{a,b}".repeat(64)] {
            assert!(expand(pattern, 100).unwrap_err().to_string().contains("more than 100"), "{pattern}");
        }
        assert_eq!(expand("{1..100}", 100).unwrap().len(), 100);
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in r"[{},a.1\\]{0,24}") {
            if let Ok(all) = expand(&pattern, 50) {
                prop_assert!(!all.is_empty() && all.len() <= 50);
                // What is left has no meaning any more.
                for one in &all {
                    prop_assert_eq!(&expand(one, 1).unwrap(), &vec![one.clone()]);
                }
            }
        }
    }
}
