//! Patterns of whole paths: `/apps/*/config`, `/apps/**`.

use std::fmt;

use super::Like;

/// Which paths are meant. `*`, `?` and `[a-z]` stand for characters of one name, `**` for any number of
/// names, none as well: `/a/**` is `/a` and everything below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathGlob {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Like(Like),
    Below,
}

impl PathGlob {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(below) = text.strip_prefix('/') else { return Err("a pattern starts with `/`".into()) };
        let names = below.split('/').filter(|name| !name.is_empty());
        let step = |name: &str| {
            Ok(match name {
                "**" => Step::Below,
                name => match Like::parse(name)? {
                    Some(like) => Step::Like(like),
                    None => Step::Name(name.replace('\\', "")),
                },
            })
        };
        let steps = names.map(step).collect::<Result<_, &str>>()?;
        Ok(Self { text: text.to_owned(), steps })
    }

    /// Whether this path is meant.
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        leads(&self.steps, &names)
    }
}

fn leads(steps: &[Step], names: &[&str]) -> bool {
    match (steps.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((Step::Below, rest)), _) => {
            (0..=names.len()).any(|taken| leads(rest, names.get(taken..).unwrap_or_default()))
        }
        (Some((step, steps)), Some((name, names))) => {
            let fits = match step {
                Step::Name(own) => own == name,
                Step::Like(like) => like.is_like(name),
                Step::Below => false,
            };
            fits && leads(steps, names)
        }
        _ => false,
    }
}

impl fmt::Display for PathGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::PathGlob;

    #[test]
    fn paths_are_told_apart() {
        for (pattern, yes, no) in [
            ("/a", "/a", "/a/b"),
            ("/a/*", "/a/b", "/a"),
            ("/a/**", "/a", "/ab"),
            ("/a/**", "/a/b/c", "/b"),
            ("/**/x", "/a/b/x", "/a/b/y"),
            ("/", "/", "/a"),
            ("/**", "/", ""),
            ("/a/b?/[0-9]", "/a/bc/7", "/a/bc/x"),
        ] {
            let glob = PathGlob::parse(pattern).unwrap();
            assert!(glob.matches(yes), "{pattern} {yes}");
            assert!(no.is_empty() || !glob.matches(no), "{pattern} {no}");
        }
        assert!(PathGlob::parse("a").is_err() && PathGlob::parse("/[").is_err());
    }
}
