//! Znode paths, checked by the server's own rules before anything is sent.

use std::fmt;
use std::ops::Deref;

/// Why a text is not a znode path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The text is empty.
    #[error("the path is empty")]
    Empty,
    /// The text does not begin with a slash.
    #[error("a path starts with `/`")]
    Relative,
    /// The text ends with a slash.
    #[error("a path does not end with `/`")]
    TrailingSlash,
    /// Two slashes in a row.
    #[error("two slashes in a row at character {0}")]
    EmptySegment(usize),
    /// A `.` or `..` segment.
    #[error("`{1}` at character {0} is not a znode name")]
    Dots(usize, &'static str),
    /// A character the server refuses.
    #[error("ZooKeeper does not allow the character {1:?} (at character {0})")]
    Character(usize, char),
}

/// An absolute, valid znode path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZPath(String);

impl ZPath {
    /// The path `/`.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Checks `text` by the rules of the server's `PathUtils.validatePath`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// As [`parse`](Self::parse), but allows the trailing slash of `create -s /queue/`, where
    /// the server appends the whole name.
    pub fn parse_sequential(text: &str) -> Result<Self, PathError> {
        match text.strip_suffix('/') {
            Some(parent) if !parent.is_empty() => check(parent)?,
            Some(_) => {}
            None => check(text)?,
        }
        Ok(Self(text.to_owned()))
    }

    /// Takes a path as a server gave it, unchecked: old servers hold names that newer rules refuse,
    /// and they must still be shown.
    pub fn from_server(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// The path as text of its own.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `/`.
    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// The last segment; empty for `/`.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(_, name)| name)
    }

    /// The znode above, or `None` for `/`.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        match self.0.rsplit_once('/') {
            Some(("", _)) | None => Some(Self::root()),
            Some((parent, _)) => Some(Self(parent.to_owned())),
        }
    }

    /// The child called `name`.
    pub fn join(&self, name: &str) -> Self {
        let mut path = String::with_capacity(self.0.len() + 1 + name.len());
        if !self.is_root() {
            path.push_str(&self.0);
        }
        path.push('/');
        path.push_str(name);
        Self(path)
    }

    /// As [`lineage`] has it.
    pub fn lineage(&self) -> impl Iterator<Item = Self> + '_ {
        lineage(&self.0).map(|path| Self(path.to_owned()))
    }

    /// Whether this is `ancestor` or lies below it.
    pub fn is_within(&self, ancestor: &Self) -> bool {
        ancestor.is_root()
            || self.0.strip_prefix(&ancestor.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Deref for ZPath {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ZPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Every path from the first segment down to `path` itself: `/a`, `/a/b`, `/a/b/c`; none for `/`.
pub fn lineage(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain((path != "/").then_some(path.len()));
    ends.filter_map(|end| path.get(..end))
}

fn check(text: &str) -> Result<(), PathError> {
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    if !text.starts_with('/') {
        return Err(PathError::Relative);
    }
    if text == "/" {
        return Ok(());
    }
    if text.ends_with('/') {
        return Err(PathError::TrailingSlash);
    }
    let mut start = 1;
    for segment in text.split('/').skip(1) {
        match segment {
            "" => return Err(PathError::EmptySegment(start)),
            "." => return Err(PathError::Dots(start, ".")),
            ".." => return Err(PathError::Dots(start, "..")),
            _ => {}
        }
        for (i, c) in segment.chars().enumerate() {
            if refused(c) {
                return Err(PathError::Character(start + i, c));
            }
        }
        start += segment.chars().count() + 1;
    }
    Ok(())
}

/// The server tests UTF-16 units against U+0000–001F, U+007F–009F, U+D800–F8FF and U+FFF0–FFFF, so
/// that a character outside the basic plane is refused through its surrogates.
fn refused(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..)
}

#[cfg(test)]
mod tests {
    use super::{PathError, ZPath};
    use proptest::prelude::*;

    #[test]
    fn the_servers_rules_hold() {
        for good in ["/", "/a", "/a/b c", "/ä/中文", "/a..b", "/..."] {
            assert!(ZPath::parse(good).is_ok(), "{good}");
        }
        assert_eq!(ZPath::parse(""), Err(PathError::Empty));
        assert_eq!(ZPath::parse("a"), Err(PathError::Relative));
        assert_eq!(ZPath::parse("/a/"), Err(PathError::TrailingSlash));
        assert_eq!(ZPath::parse("/a//b"), Err(PathError::EmptySegment(3)));
        assert_eq!(ZPath::parse("/a/../b"), Err(PathError::Dots(3, "..")));
        assert_eq!(ZPath::parse("/a\u{7}"), Err(PathError::Character(2, '\u{7}')));
        assert_eq!(ZPath::parse("/a/😀"), Err(PathError::Character(3, '😀')));
    }

    #[test]
    fn lineage_goes_from_the_top_down() {
        let path = ZPath::parse("/a/b/c").unwrap();
        let all: Vec<_> = path.lineage().map(|p| p.to_string()).collect();
        assert_eq!(all, ["/a", "/a/b", "/a/b/c"]);
        assert_eq!(ZPath::root().lineage().count(), 0);
    }

    #[test]
    fn within_respects_segments() {
        let path = |text| ZPath::parse(text).unwrap();
        assert!(path("/a/b").is_within(&path("/a")));
        assert!(path("/a").is_within(&path("/a")));
        assert!(!path("/ab").is_within(&path("/a")));
        assert!(path("/ab").is_within(&ZPath::root()));
    }

    proptest! {
        #[test]
        fn parse_takes_back_what_it_printed(segments in prop::collection::vec("[a-zA-Z0-9_. äß中]{1,8}", 1..5)) {
            prop_assume!(segments.iter().all(|s| s != "." && s != ".."));
            let mut path = ZPath::root();
            for segment in &segments {
                path = path.join(segment);
                prop_assert_eq!(path.name(), segment);
            }
            prop_assert_eq!(&ZPath::parse(path.as_str()).unwrap(), &path);
            prop_assert_eq!(path.lineage().count(), segments.len());
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = ZPath::parse(&text);
            let _ = ZPath::parse_sequential(&text);
        }
    }
}
