//! Paths as they are typed below a current directory.

use crate::error::{Error, Result};
use crate::znode::ZPath;
use crate::znode::path::PathError;

/// The path that `text` names below `cwd`: absolute or relative, with `.` and `..`; a slash at its end
/// is what completion leaves there, and means nothing.
///
/// Fails with what to type instead.
pub fn resolve(cwd: &ZPath, text: &str) -> Result<ZPath> {
    let path = if is_plain(text) { text } else { &join(&segments(cwd, text)?) };
    ZPath::parse(path).map_err(|error| wrong(text, &error, None))
}

/// As [`resolve`], of a znode that is still to be: a slash at its end stays, for with it the server
/// makes up the whole name of a sequential znode.
pub fn resolve_new(cwd: &ZPath, text: &str) -> Result<ZPath> {
    let mut path = join(&segments(cwd, text)?);
    if text.ends_with('/') && path != "/" {
        path.push('/');
    }
    ZPath::parse_sequential(&path).map_err(|error| wrong(text, &error, None))
}

/// Whether a path means the same wherever it is typed, and needs no other spelling. Says nothing about
/// the characters in it.
pub(super) fn is_plain(text: &str) -> bool {
    text == "/"
        || (text.starts_with('/') && !text.ends_with('/') && !text.contains("//") && !text.contains("/."))
}

/// A name on the way from the root, and whether it was typed or is of the current directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub(super) name: &'a str,
    pub(super) typed: bool,
}

/// The names on the way from the root to what `text` says below `cwd`.
pub(super) fn segments<'a>(cwd: &'a ZPath, text: &'a str) -> Result<Vec<Segment<'a>>> {
    let of_cwd = cwd.split('/').filter(|name| !name.is_empty());
    let (mut way, typed): (Vec<Segment<'a>>, &str) = match text.strip_prefix('/') {
        Some(rest) => (Vec::new(), rest),
        None if text.is_empty() => {
            return Err(Error::usage("the path is empty").hint("`.` is the current znode, `/` the root"));
        }
        None => (of_cwd.map(|name| Segment { name, typed: false }).collect(), text),
    };
    let mut names = typed.strip_suffix('/').unwrap_or(typed).split('/');
    if typed.is_empty() {
        names.next();
    }
    for name in names {
        match name {
            "" => {
                let at = text.find("//").map_or(0, |at| text.get(..=at).unwrap_or_default().chars().count());
                let corrected = text.split('/').filter(|name| !name.is_empty()).collect::<Vec<_>>().join("/");
                let root = if text.starts_with('/') { "/" } else { "" };
                return Err(wrong(text, &PathError::EmptySegment(at), Some(format!("{root}{corrected}"))));
            }
            "." => {}
            ".." if way.pop().is_none() => {
                let why = format!("`{text}` leads above the root");
                let rest = typed.trim_start_matches("../").trim_start_matches("..");
                let hint = format!("the current znode is {cwd}; write `/{rest}` if that is meant");
                return Err(Error::usage(why).hint(hint));
            }
            ".." => {}
            name => way.push(Segment { name, typed: true }),
        }
    }
    Ok(way)
}

fn join(way: &[Segment<'_>]) -> String {
    if way.is_empty() {
        return "/".to_owned();
    }
    let mut path = String::with_capacity(way.iter().map(|segment| segment.name.len() + 1).sum());
    for segment in way {
        path.push('/');
        path.push_str(segment.name);
    }
    path
}

fn wrong(text: &str, why: &PathError, instead: Option<String>) -> Error {
    let error = Error::usage(format!("`{text}` is no path: {why}"));
    match instead {
        Some(instead) => error.hint(format!("write `{instead}`")),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_plain, resolve, resolve_new};
    use crate::znode::ZPath;
    use proptest::prelude::*;

    fn resolved(cwd: &str, text: &str) -> String {
        resolve(&ZPath::parse(cwd).unwrap(), text).unwrap().to_string()
    }

    #[test]
    fn paths_are_found_from_where_one_is() {
        for (cwd, text, path) in [
            ("/", "a", "/a"),
            ("/", ".", "/"),
            ("/", "/", "/"),
            ("/", "a/", "/a"),
            ("/a/b", "c", "/a/b/c"),
            ("/a/b", "./c/.", "/a/b/c"),
            ("/a/b", "..", "/a"),
            ("/a/b", "../..", "/"),
            ("/a/b", "../../", "/"),
            ("/a/b", "../c/../d", "/a/d"),
            ("/a/b", "/x/../y", "/y"),
            ("/a/b", "...", "/a/b/..."),
            ("/a", "ü b", "/a/ü b"),
        ] {
            assert_eq!(resolved(cwd, text), path, "{text} in {cwd}");
        }
    }

    #[test]
    fn a_new_znode_may_keep_its_slash() {
        let new = |cwd: &str, text| resolve_new(&ZPath::parse(cwd).unwrap(), text).unwrap().to_string();
        assert_eq!(new("/a", "queue/"), "/a/queue/");
        assert_eq!(new("/a", "./"), "/a/");
        assert_eq!(new("/a", "b"), "/a/b");
        assert_eq!(new("/a", "/"), "/");
    }

    #[test]
    fn what_is_no_path_is_corrected() {
        let error = |cwd: &str, text| {
            let error = resolve(&ZPath::parse(cwd).unwrap(), text).unwrap_err();
            format!("{error}; {}", error.hints().join("; "))
        };
        assert_eq!(error("/", ""), "the path is empty; `.` is the current znode, `/` the root");
        assert_eq!(
            error("/", "/a//b/"),
            "`/a//b/` is no path: two slashes in a row at character 3; write `/a/b`"
        );
        assert_eq!(error("/", "//"), "`//` is no path: two slashes in a row at character 1; write `/`");
        assert_eq!(
            error("/a", "../../b"),
            "`../../b` leads above the root; the current znode is /a; write `/b` if that is meant"
        );
        assert!(error("/", "a\u{7}").contains("does not allow"));
    }

    proptest! {
        #[test]
        fn a_plain_path_is_itself(cwd in "(/[a-c]{1,2}){1,3}", text in "[/a-c.]{0,8}") {
            let cwd = ZPath::parse(&cwd).unwrap();
            if is_plain(&text) {
                prop_assert_eq!(resolve(&cwd, &text).unwrap().into_string(), text);
            } else if let Ok(path) = resolve(&cwd, &text) {
                prop_assert!(ZPath::parse(&path).is_ok());
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = resolve(&ZPath::root(), &text);
            let _ = resolve_new(&ZPath::root(), &text);
        }
    }
}
