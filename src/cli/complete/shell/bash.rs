//! bash takes its words apart at colons, equals signs and quotes, compares and inserts them as
//! they stand on the line, and quotes nothing: all that is done here.

use std::fmt::Write;

use super::{Candidate, Kind, listed, name};

/// In what a place of a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
    /// `$'…'`.
    Ansi,
}

/// What a line says up to its end.
#[derive(Debug)]
struct Lexed {
    /// The words, the one that the line ends in last.
    words: Vec<String>,
    /// In what it ends.
    quote: Quote,
    /// The last word names the file of a redirection.
    redirected: bool,
}

/// The place that is to be completed.
#[derive(Debug)]
pub(super) struct Place {
    /// What readline takes for the word, and replaces.
    text: String,
    /// The word, and how much of it stands before `text`.
    word: String,
    before: usize,
    quote: Quote,
    redirected: bool,
    /// Why bash asks: see its `COMP_TYPE`.
    how: u8,
}

/// Values of `COMP_TYPE`.
const LIST: u8 = b'?';
const MENU: u8 = b'%';
const INSERT_ALL: u8 = b'*';

impl Place {
    /// Reads `line` up to the cursor, at whose end readline means to replace `text`; also gives its
    /// words. `None` where only bash itself could tell the words, as of `$(…)`.
    pub(super) fn read(line: &str, text: &str, how: u8) -> Option<(Self, Vec<String>)> {
        let Lexed { words, redirected, .. } = lex(line)?;
        let head = lex(line.strip_suffix(text)?)?;
        let word = words.last()?.clone();
        // Where `text` begins a word, the one before it has nothing to do with it.
        let before = if head.words.len() == words.len() { head.words.last()?.len() } else { 0 };
        let place = Self { text: text.to_owned(), word, before, quote: head.quote, redirected, how };
        Some((place, words))
    }

    /// The first line is an option of `compopt`, or empty; the others are bash's `COMPREPLY`.
    pub(super) fn answer(&self, candidates: &[Candidate], columns: usize) -> String {
        if self.redirected {
            return "default\n".to_owned();
        }
        let fitting: Vec<_> = candidates.iter().filter(|of| of.value.starts_with(&self.word)).collect();
        let values: Vec<_> = fitting.iter().map(|of| of.value.as_str()).collect();
        let alike = alike(&values);
        let (option, replies) = match fitting.as_slice() {
            [] => return String::new(),
            [one] => (if one.open { "nospace" } else { "" }, vec![self.quoted(&one.value)]),
            _ if matches!(self.how, MENU | INSERT_ALL) => {
                ("nospace", values.iter().map(|value| self.quoted(value)).collect())
            }
            // readline inserts what the replies have in common, which must not end within an escape. It
            // inserts a single one even where it wants a list, because Tab has done nothing before.
            _ if alike.len() > self.word.len() => ("nospace", vec![self.quoted(alike)]),
            // Nothing of a list is inserted.
            _ if self.how == LIST => {
                let shown: Vec<Candidate> = fitting.into_iter().cloned().collect();
                ("nospace", listed(&shown, columns))
            }
            // They have no more in common than what is there, and stay as they are for reading.
            many => {
                let rest = |of: &Candidate| {
                    let several = of.kind == Kind::Path && name(of).ends_with('…');
                    let rest = of.value.get(self.word.len()..).unwrap_or_default();
                    format!("{}{rest}{}", self.text, if several { "…" } else { "" })
                };
                ("nospace", many.iter().map(|of| rest(of)).collect())
            }
        };
        let mut answer = format!("{option}\n");
        for reply in replies {
            let _ = writeln!(answer, "{reply}");
        }
        answer
    }

    /// What is to stand on the line in the place of `text` for this word.
    fn quoted(&self, word: &str) -> String {
        let rest = word.get(self.before..).unwrap_or_default();
        let mut quoted = String::with_capacity(rest.len() + 8);
        // Who has typed a tilde means it.
        let rest = match rest.strip_prefix("~/") {
            Some(below) if self.quote == Quote::None && self.text.starts_with("~/") => {
                quoted.push_str("~/");
                below
            }
            _ => rest,
        };
        for c in rest.chars() {
            match (self.quote, c) {
                (Quote::None, c) if c.is_ascii_alphanumeric() || "/_-.:=@%+,".contains(c) => quoted.push(c),
                (Quote::None, c) if c.is_ascii() => quoted.extend(['\\', c]),
                (Quote::None, c) if c.is_whitespace() => quoted.extend(['\'', c, '\'']),
                (Quote::Single, '\'') => quoted.push_str(r"'\''"),
                (Quote::Double, '"' | '\\' | '$' | '`') => quoted.extend(['\\', c]),
                // Behind a backslash it would be no history, and the backslash would stay.
                (Quote::Double, '!') => quoted.push_str("\"'!'\""),
                (Quote::Ansi, '\'' | '\\') => quoted.extend(['\\', c]),
                _ => quoted.push(c),
            }
        }
        // readline closes a quote, unless it takes the last character for the end of it.
        let close = match self.quote {
            Quote::None => None,
            Quote::Double => Some('"'),
            Quote::Single | Quote::Ansi => Some('\''),
        };
        quoted.extend(close.filter(|close| quoted.ends_with(*close)));
        quoted
    }
}

/// What all of some words begin with.
fn alike<'a>(words: &[&'a str]) -> &'a str {
    let Some((first, rest)) = words.split_first() else { return "" };
    let common = |end: usize, word: &&str| {
        let pairs = first.bytes().zip(word.bytes()).take(end);
        pairs.take_while(|(a, b)| a == b).count()
    };
    let end = rest.iter().fold(first.len(), common);
    first.get(..first.floor_char_boundary(end)).unwrap_or_default()
}

/// Takes a line apart as bash does. `None` where it holds something that bash would replace, or a
/// comment.
fn lex(line: &str) -> Option<Lexed> {
    let mut lexed = Lexed { words: Vec::new(), quote: Quote::None, redirected: false };
    let mut word: Option<String> = None;
    // The next word is the file of a redirection.
    let mut file = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (lexed.quote, c) {
            (Quote::None, ' ' | '\t' | '\n') => {
                if let Some(word) = word.take()
                    && !std::mem::take(&mut file)
                {
                    lexed.words.push(word);
                }
            }
            (Quote::None, '<' | '>') => {
                // A number right before it is a file descriptor.
                let number = |word: &String| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
                lexed.words.extend(word.take().filter(|word| !file && !number(word)));
                file = true;
            }
            (Quote::None, '&') if file && word.is_none() => {}
            (Quote::None, ';' | '&' | '|' | '(' | ')') => {
                (word, file) = (None, false);
                lexed.words.clear();
            }
            (Quote::None, '#') if word.is_none() => return None,
            (Quote::None, '$') if next == Some('\'') => {
                chars.next();
                word.get_or_insert_default();
                lexed.quote = Quote::Ansi;
            }
            (Quote::None, '$') if next == Some('"') => {}
            (Quote::None | Quote::Double, '$' | '`') => return None,
            (Quote::None, '\'') => {
                word.get_or_insert_default();
                lexed.quote = Quote::Single;
            }
            (Quote::None, '"') => {
                word.get_or_insert_default();
                lexed.quote = Quote::Double;
            }
            (Quote::Single | Quote::Ansi, '\'') | (Quote::Double, '"') => lexed.quote = Quote::None,
            (Quote::Double, '\\') if !matches!(next, Some('$' | '`' | '"' | '\\' | '\n')) => {
                word.get_or_insert_default().push(c);
            }
            // Other escapes stand for characters that no path has.
            (Quote::Ansi, '\\') if !matches!(next, Some('\'' | '"' | '\\' | '?') | None) => return None,
            (Quote::None | Quote::Double | Quote::Ansi, '\\') => {
                let escaped = chars.next().filter(|c| *c != '\n');
                word.get_or_insert_default().extend(escaped);
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    lexed.redirected = file;
    lexed.words.push(word.unwrap_or_default());
    Some(lexed)
}

#[cfg(test)]
mod tests {
    use super::{Place, Quote, lex};
    use proptest::prelude::*;

    fn words(line: &str) -> Option<Vec<String>> {
        lex(line).map(|lexed| lexed.words)
    }

    #[test]
    fn words_are_what_bash_makes_of_them() {
        assert_eq!(
            words(r#"zkx -s "h 1" get /a\ b'c d'$'e\'f'"#).unwrap(),
            ["zkx", "-s", "h 1", "get", "/a bc de'f"]
        );
        assert_eq!(words("zkx get ").unwrap(), ["zkx", "get", ""]);
        assert_eq!(words("zkx get \"/a b").unwrap(), ["zkx", "get", "/a b"]);
        assert_eq!(words("zkx get /a 2>/dev/null -").unwrap(), ["zkx", "get", "/a", "-"]);
        assert_eq!(words("cd /x; zkx get").unwrap(), ["zkx", "get"]);
        assert!(lex("zkx get /a > /t").unwrap().redirected);
        assert_eq!(words("zkx -s $(cat hosts) get /"), None);
        assert_eq!(words(r#"zkx get "$x"#), None);
        assert_eq!(words(r"zkx get '$x").unwrap(), ["zkx", "get", "$x"]);
    }

    #[test]
    fn what_readline_keeps_is_told_from_what_it_replaces() {
        let before = |line, text| Place::read(line, text, 9).unwrap().0.before;
        assert_eq!(before("zkx get /a", "/a"), 0);
        assert_eq!(before("zkx setAcl /a world:any", "any"), 6);
        assert_eq!(before("zkx get \"/a b", "/a b"), 0);
        assert_eq!(before("zkx get \"/a b\"", ""), 4);
        assert_eq!(before("zkx get ", ""), 0);
    }

    proptest! {
        #[test]
        fn bash_reads_back_what_was_quoted(name in "[ -~ä\u{3000}中]{1,12}", open in 0..4usize) {
            let open = ["", "'", "\"", "$'"][open];
            let (place, _) = Place::read(&format!("zkx get {open}"), "", 9).unwrap();
            let quoted = place.quoted(&name);
            let quote = open.trim_start_matches('$');
            let close = if quoted.ends_with(quote) { "" } else { quote };
            let line = format!("zkx get {open}{quoted}{close}");
            prop_assert!(lex(&line).unwrap().quote == Quote::None);
            prop_assert_eq!(words(&line).unwrap().pop().unwrap(), name);
        }
    }
}
