//! Whether a name is like `*`, `?` and `[a-z]` say.
//!
//! Not the globset crate's matter: to it a name is bytes, so that `?` is not `ü`.

/// What a name is to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    One(char),
    /// `?`
    Any,
    /// `*`
    Some,
    /// `[a-z]`, or with `!` or `^` every other.
    Of(Vec<(char, char)>, bool),
}

impl Piece {
    fn is(&self, c: char) -> bool {
        match self {
            Self::One(own) => *own == c,
            Self::Any => true,
            Self::Some => false,
            Self::Of(ranges, others) => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *others,
        }
    }
}

impl Like {
    /// Reads the pattern of one name; `None` when it has no sign and so is the name itself. The error
    /// is what is wrong.
    pub fn parse(pattern: &str) -> Result<Option<Self>, &'static str> {
        let mut pieces = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '*' => Piece::Some,
                '?' => Piece::Any,
                '[' => class(&mut chars)?,
                '\\' => Piece::One(chars.next().unwrap_or(c)),
                c => Piece::One(c),
            });
        }
        let is_name = pieces.iter().all(|piece| matches!(piece, Piece::One(_)));
        Ok((!is_name).then_some(Self { pieces }))
    }

    /// Whether this name is.
    pub fn is_like(&self, name: &str) -> bool {
        let mut pieces = self.pieces.as_slice();
        let mut rest = name.chars();
        // Behind the last `*`, and what it has not taken yet. An earlier one need not take more: what
        // stands between them was found as early as can be.
        let mut retry: Option<(&[Piece], std::str::Chars<'_>)> = None;
        loop {
            match (pieces.split_first(), rest.clone().next()) {
                (Some((Piece::Some, behind)), _) => {
                    retry = Some((behind, rest.clone()));
                    pieces = behind;
                }
                (Some((piece, behind)), Some(c)) if piece.is(c) => {
                    rest.next();
                    pieces = behind;
                }
                (None, None) => return true,
                _ => {
                    let Some((behind, left)) = &mut retry else { return false };
                    if left.next().is_none() {
                        return false;
                    }
                    (pieces, rest) = (*behind, left.clone());
                }
            }
        }
    }
}

/// What stands between `[` and `]`; a `]` that is first, and a `-` that is first or last, is itself.
fn class(chars: &mut std::str::Chars<'_>) -> Result<Piece, &'static str> {
    const OPEN: &str = "`[` has no `]`";
    let others = chars.as_str().starts_with(['!', '^']);
    if others {
        chars.next();
    }
    let mut ranges: Vec<(char, char)> = Vec::new();
    loop {
        let from = match chars.next().ok_or(OPEN)? {
            ']' if !ranges.is_empty() => return Ok(Piece::Of(ranges, others)),
            '\\' => chars.next().ok_or(OPEN)?,
            c => c,
        };
        let to = match chars.as_str().strip_prefix('-') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(']') => {
                chars.next();
                chars.next().and_then(|c| if c == '\\' { chars.next() } else { Some(c) }).ok_or(OPEN)?
            }
            _ => from,
        };
        if from > to {
            return Err("the range between `[` and `]` goes backwards");
        }
        ranges.push((from, to));
    }
}

#[cfg(test)]
mod tests {
    use super::Like;
    use proptest::prelude::*;

    fn like(pattern: &str, name: &str) -> bool {
        Like::parse(pattern).unwrap().unwrap().is_like(name)
    }

    #[test]
    fn names_are_told_apart() {
        for (pattern, yes, no) in [
            ("a*", "abc", "ba"),
            ("*a", "ba", "ab"),
            ("a*b*c", "a-b-b-c", "a-c-b"),
            ("*ab*", "aab", "ba"),
            ("**a", "bba", "bb"),
            ("?", "中", ""),
            ("a??", "aüö", "aü"),
            ("[a-cx]", "b", "d"),
            ("[a-cx]", "x", "-"),
            ("[!a-c]", "d", "c"),
            ("[^ä]*", "a", "ä"),
            ("[]]", "]", "["),
            ("[]a]", "a", "b"),
            ("[-a]", "-", "b"),
            ("[a-]", "-", "b"),
            ("[a-a]", "a", "-"),
            ("[a\\-c]", "-", "b"),
            ("[\\]]x", "]x", "x"),
            ("[ -~]", "z", "ü"),
            ("\\**", "*a", "a"),
        ] {
            assert!(like(pattern, yes), "{pattern} {yes}");
            assert!(!like(pattern, no), "{pattern} {no}");
        }
        assert!(like("*", "") && like("*", "x"));
    }

    #[test]
    fn a_name_is_no_pattern() {
        assert_eq!(Like::parse("a\\*b"), Ok(None));
        assert_eq!(Like::parse(""), Ok(None));
        for wrong in ["[", "[a", "[]", "[!]", "[a-", "[z-a]", "[a\\"] {
            assert!(Like::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn many_stars_are_no_work() {
        assert!(!like(&"*a".repeat(500), &("a".repeat(499) + &"b".repeat(5000))));
    }

    /// The same, tried in every way there is.
    fn tried(pattern: &[char], name: &[char]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some(('*', rest)) => (0..=name.len()).any(|taken| tried(rest, &name[taken..])),
            Some((c, rest)) => {
                name.split_first().is_some_and(|(n, name)| (*c == '?' || c == n) && tried(rest, name))
            }
        }
    }

    proptest! {
        #[test]
        fn every_way_is_found(pattern in "[ab*?]{0,6}[*?]", name in "[abü]{0,8}") {
            let (chars, name_chars): (Vec<_>, Vec<_>) = (pattern.chars().collect(), name.chars().collect());
            prop_assert_eq!(like(&pattern, &name), tried(&chars, &name_chars));
        }

        #[test]
        fn no_pattern_panics(pattern in r"[a\[\]!^\\*?-]{0,12}", name in any::<String>()) {
            if let Ok(Some(like)) = Like::parse(&pattern) {
                like.is_like(&name);
            }
        }
    }
}
