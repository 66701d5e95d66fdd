//! What a glob says of each name on the way down.

use std::fmt;

use crate::error::{Error, Result};
use crate::shell::grammar::{quote, unescape};
use crate::shell::paths;
use crate::znode::{Like, ZPath};

/// A path pattern: a path from the root with signs of globs in it.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: String,
    /// What stands in front of the first sign.
    pub(super) base: ZPath,
    pub(super) steps: Vec<Step>,
}

/// One step down.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// To the child of this name.
    Name(String),
    /// To each child that is like this.
    Like(Like),
    /// `**`: any number of steps, none as well.
    Below,
}

impl Pattern {
    /// Reads a pattern typed below `cwd`, without braces; see
    /// [`Word::pattern`](crate::shell::grammar::Word::pattern). `None` when it is no pattern but a path.
    pub(super) fn parse(cwd: &ZPath, pattern: &str) -> Result<Option<Self>> {
        let segments = paths::segments(cwd, pattern)?;
        let mut base = ZPath::root();
        let mut steps = Vec::new();
        for segment in segments {
            let step = match segment.name {
                name if !segment.typed => Step::Name(name.to_owned()),
                "**" => Step::Below,
                name => match Like::parse(name).map_err(|why| wrong(name, why))? {
                    Some(like) => Step::Like(like),
                    None => Step::Name(unescape(name).into_owned()),
                },
            };
            match step {
                Step::Name(name) if steps.is_empty() => base = base.join(&name),
                // Twice any number is any number.
                Step::Below if matches!(steps.last(), Some(Step::Below)) => {}
                step => steps.push(step),
            }
        }
        if steps.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { text: unescape(pattern).into_owned(), base, steps }))
    }
}

/// As it was typed, without its quotes.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn wrong(name: &str, why: &str) -> Error {
    let name = unescape(name);
    Error::usage(format!("`{name}` is no pattern: {why}"))
        .hint(format!("quoted, it is a name: {}", quote(&name)))
}

impl Step {
    /// Whether this step can lead to a child of this name.
    pub(super) fn leads_to(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Like(like) => like.is_like(name),
            Self::Below => true,
        }
    }
}

/// Whether these steps lead down along these names.
pub(super) fn lead(steps: &[Step], names: &[&str]) -> bool {
    match steps.split_first() {
        None => names.is_empty(),
        // At the end, the znode itself is none of those below it.
        Some((Step::Below, [])) => !names.is_empty(),
        Some((Step::Below, rest)) => {
            (0..=names.len()).any(|skipped| names.get(skipped..).is_some_and(|names| lead(rest, names)))
        }
        Some((step, rest)) => {
            names.split_first().is_some_and(|(name, names)| step.leads_to(name) && lead(rest, names))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Step, lead};
    use crate::znode::ZPath;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(&ZPath::parse("/c*d").unwrap(), text).unwrap().unwrap()
    }

    fn matches(text: &str, path: &str) -> bool {
        let pattern = pattern(text);
        let Some(rest) = path.strip_prefix(pattern.base.as_str()) else { return false };
        let names: Vec<_> = rest.split('/').filter(|name| !name.is_empty()).collect();
        lead(&pattern.steps, &names)
    }

    #[test]
    fn a_name_is_like_a_pattern() {
        for (text, yes, no) in [
            ("/a/*", "/a/b", "/a/b/c"),
            ("/a/*b", "/a/xb", "/a/bx"),
            ("/a/?", "/a/ü", "/a/bc"),
            ("/a/[a-c]", "/a/b", "/a/d"),
            ("/a/[^ä-ü]", "/a/x", "/a/ö"),
            ("/a/\\**", "/a/*b", "/a/b"),
            ("/a/*\\ b", "/a/x b", "/a/xb"),
            ("/*/c", "/b/c", "/b/d"),
            ("/**/c", "/c", "/c/d"),
            ("/**/c", "/a/b/c", "/a/b"),
            ("/a/**", "/a/b/c", "/a"),
            ("/a/**/*", "/a/b", "/a"),
            ("/a/**/b/**/c", "/a/b/x/c", "/a/c"),
            ("/a/*.b", "/a/.b", "/a/b"),
            ("x*", "/c*d/xy", "/cd/xy"),
            ("../x*", "/xy", "/c*d/xy"),
        ] {
            assert!(matches(text, yes), "{text} {yes}");
            assert!(!matches(text, no), "{text} {no}");
        }
    }

    #[test]
    fn what_has_no_sign_is_a_path() {
        assert!(Pattern::parse(&ZPath::root(), "/a/\\*").unwrap().is_none());
        assert_eq!(pattern("/a/b\\*/c*").base.as_str(), "/a/b*");
        assert!(matches!(pattern("**/**").steps.as_slice(), [Step::Below]));
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        for text in ["/a/[b", "/a/x[z-a]"] {
            let error = Pattern::parse(&ZPath::root(), text).unwrap_err();
            assert!(error.to_string().contains("is no pattern"), "{error}");
            assert!(error.hints()[0].contains('\''), "{error:?}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_panics(text in r"[a*?\[\]!^\\/.-]{0,16}") {
            if let Ok(Some(pattern)) = Pattern::parse(&ZPath::root(), &text) {
                lead(&pattern.steps, &["a", "b", ""]);
            }
        }
    }
}
