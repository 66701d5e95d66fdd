//! JSON typed without quotes, found by reading it.

use serde::de::IgnoredAny;

use super::word::{ends_word, is_blank};

/// Whether a word is JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// None, or such that it is the same word without this.
    No,
    /// So many bytes.
    Whole(usize),
    /// Its end is missing.
    Open,
}

/// More bytes than a znode's data can be under any usual `jute.maxbuffer`: what goes on for longer is no
/// JSON, for it would be read again with every line that comes.
const LONGEST: usize = 1 << 20;

/// Looks for JSON at the beginning of `rest`.
pub(super) fn find(rest: &str) -> Json {
    let Some(inside) = rest.strip_prefix(['{', '[']) else { return Json::No };
    let (near, far) = rest.split_at(rest.floor_char_boundary(LONGEST));
    // Where it goes on over several lines, its first must show that it is JSON: `[1` or `[t` is rather
    // the beginning of a glob.
    let begins = inside.trim_start_matches(is_blank).chars().next();
    let goes_on = begins.is_none_or(|c| matches!(c, '\n' | '"' | '{' | '['));
    let mut values = serde_json::Deserializer::from_str(near).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => {
            let (json, behind) = rest.split_at_checked(values.byte_offset()).unwrap_or((rest, ""));
            let ends = behind.chars().next().is_none_or(ends_word);
            let needed = json.contains(|c| ends_word(c) || c == '\\');
            let lines_fit = goes_on || !json.contains('\n');
            if ends && needed && lines_fit { Json::Whole(json.len()) } else { Json::No }
        }
        Some(Err(error)) if error.is_eof() && far.is_empty() && goes_on => Json::Open,
        _ => Json::No,
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, find};

    #[test]
    fn only_what_needs_it_is_taken_for_json() {
        assert_eq!(find(r#"{"a": 1} x"#), Json::Whole(8));
        assert_eq!(find(r#"{"a":"b;c|d"};ls"#), Json::Whole(13));
        assert_eq!(find("[1, 2]\n"), Json::Whole(6));
        assert_eq!(find("{\n \"a\": [true]\n}"), Json::Whole(16));
        assert_eq!(find(r#"{"a":"\n"}"#), Json::Whole(10));
        assert_eq!(find("[ \n1,\n2]"), Json::Whole(8));
        for other in
            [r#"{"a":1}"#, "{a,b}", "[12]*", "[1]", "{}", r#"{"a": 1}x"#, "/a", "", "x{\"a\": 1}", "[1,\n2]"]
        {
            assert_eq!(find(other), Json::No, "{other}");
        }
    }

    #[test]
    fn what_is_behind_it_does_not_matter() {
        let more = "\nls /".repeat(super::LONGEST);
        assert_eq!(find(&format!("{{\"a\": 1}}{more}")), Json::Whole(8));
        assert_eq!(find(&format!("[\"{}", "ü".repeat(super::LONGEST))), Json::No);
    }

    #[test]
    fn what_may_still_become_json_is_open() {
        for open in ["{", "{\n", r#"{"a":"#, r#"{"a": [1,"#, "[", r#"["a", "#, r#"{"a": "x y"#] {
            assert_eq!(find(open), Json::Open, "{open}");
        }
        for never in ["[1", "[a", "{a", "{a,", r#"{"a" b"#, "{\"a\":\"x\ny"] {
            assert_eq!(find(never), Json::No, "{never}");
        }
    }
}
