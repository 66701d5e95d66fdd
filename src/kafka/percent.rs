//! Names as `kafka.utils.Sanitizer` writes them: percent-encoded but for letters, digits and `.-_`.

use std::borrow::Cow;
use std::fmt::Write;

/// A text as it stands in a znode or its name.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => encoded.push(byte.into()),
            // To a text, writing does not fail.
            other => drop(write!(encoded, "%{other:02X}")),
        }
    }
    encoded
}

/// The text that was encoded; unchanged if it cannot have been.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    try_decoded(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn try_decoded(text: &str) -> Option<String> {
    let (head, rest) = text.split_once('%')?;
    let mut bytes = head.as_bytes().to_vec();
    for part in rest.split('%') {
        let (digits, plain) = part.split_at_checked(2)?;
        if digits.starts_with('+') {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(plain.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{decoded, encoded};
    use proptest::prelude::*;

    #[test]
    fn names_are_those_of_kafka() {
        for (text, name) in
            [("*", "%2A"), ("a b", "a%20b"), ("CN=x,OU=y", "CN%3Dx%2COU%3Dy"), ("a.b-c_d", "a.b-c_d")]
        {
            assert_eq!((encoded(text).as_str(), &*decoded(name)), (name, text));
        }
    }

    #[test]
    fn what_is_not_encoded_stays_as_it_is() {
        for text in ["100%", "%zz", "%+1", "%ff", "%2", "a*b", "<default>", "%é"] {
            assert_eq!(decoded(text), text);
        }
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(text in any::<String>()) {
            let name = encoded(&text);
            prop_assert!(name.is_ascii() && !name.contains('/'));
            prop_assert_eq!(decoded(&name), text);
        }
    }
}
