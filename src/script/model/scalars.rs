//! The scalars of the language, and how each is read.

use std::time::Duration;

use serde_json::json;

use super::slot::{Scalar, Wrong};
use crate::error::did_you_mean;
use crate::script::expr::{Value, kind};
use crate::script::glob::Glob;
use crate::znode::{Acl, Perms, ZPath};

impl Scalar for String {
    const WHAT: &'static str = "a text";
    const CODE: &'static str = "E0101";

    fn read(text: &str) -> Result<Self, Wrong> {
        Ok(text.to_owned())
    }

    fn schema() -> serde_json::Value {
        json!({"type": ["string", "number", "boolean"]})
    }
}

impl Scalar for ZPath {
    const WHAT: &'static str = "a path";
    const CODE: &'static str = "E0201";

    fn read(text: &str) -> Result<Self, Wrong> {
        let bare = text.strip_suffix('/').filter(|bare| !bare.is_empty() && !bare.ends_with('/'));
        Self::parse(bare.unwrap_or(text)).map_err(|error| {
            let wrong = Wrong::new(format!("`{text}`: {error}"));
            let parts: Vec<_> = text.split('/').filter(|part| !part.is_empty()).collect();
            let corrected = format!("/{}", parts.join("/"));
            match Self::parse(&corrected) {
                Ok(_) => wrong.hint(format!("write `{corrected}`")),
                Err(_) => wrong,
            }
        })
    }

    fn schema() -> serde_json::Value {
        json!({"type": "string"})
    }
}

/// The path of a znode to be: with `sequential`, it may end with `/`, and the server appends the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPath(pub ZPath);

impl Scalar for NewPath {
    const WHAT: &'static str = ZPath::WHAT;
    const CODE: &'static str = ZPath::CODE;

    fn read(text: &str) -> Result<Self, Wrong> {
        match ZPath::parse_sequential(text) {
            Ok(path) => Ok(Self(path)),
            Err(_) => ZPath::read(text).map(Self),
        }
    }
}

impl Scalar for bool {
    const WHAT: &'static str = "`true` or `false`";
    const CODE: &'static str = "E0204";

    fn read(text: &str) -> Result<Self, Wrong> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => {
                let meant = match text.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "1" | "y" | "true" => Some("true"),
                    "no" | "off" | "0" | "n" | "false" => Some("false"),
                    word => did_you_mean(word, ["true", "false"]),
                };
                let wrong = Wrong::new(format!("`{text}` is neither `true` nor `false`"));
                Err(match meant {
                    Some(meant) => wrong.hint(format!("did you mean `{meant}`?")),
                    None => wrong,
                })
            }
        }
    }

    fn schema() -> serde_json::Value {
        json!({"type": "boolean"})
    }
}

macro_rules! numbers {
    ($($type:ty: $what:literal, $schema:expr;)*) => {$(
        impl Scalar for $type {
            const WHAT: &'static str = $what;
            const CODE: &'static str = "E0204";

            fn read(text: &str) -> Result<Self, Wrong> {
                text.parse().map_err(|_| {
                    let wrong = Wrong::new(format!("`{text}` is not {}", $what));
                    let plain: String = text.chars().filter(|c| !matches!(c, '_' | ',' | ' ')).collect();
                    match plain.parse::<$type>() {
                        Ok(number) => wrong.hint(format!("did you mean `{number}`?")),
                        Err(_) => wrong,
                    }
                })
            }

            fn schema() -> serde_json::Value {
                $schema
            }
        }
    )*};
}

numbers! {
    i32: "a number", json!({"type": "integer"});
    i64: "a number", json!({"type": "integer"});
    u64: "a number from 0 on", json!({"type": "integer", "minimum": 0});
    usize: "a number from 0 on", json!({"type": "integer", "minimum": 0});
    f64: "a number", json!({"type": "number"});
}

impl Scalar for Duration {
    const WHAT: &'static str = "a duration";
    const CODE: &'static str = "E0203";

    fn read(text: &str) -> Result<Self, Wrong> {
        if text == "0" {
            return Ok(Self::ZERO);
        }
        humantime::parse_duration(text).map_err(|error| match text.parse::<u64>() {
            Ok(number) => Wrong::new(format!("`{text}` has no unit"))
                .hint(format!("did you mean `{number}s` or `{number}ms`?")),
            Err(_) => Wrong::new(format!("`{text}` is no duration: {error}"))
                .hint("write it like `250ms`, `30s`, `5m`, `2h`"),
        })
    }

    fn schema() -> serde_json::Value {
        json!({"type": ["string", "integer"], "pattern": r"^(0|([0-9]+ *[a-zA-Z]+ *)+)$"})
    }
}

/// A version to be matched, or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub Option<i32>);

impl Scalar for Version {
    const WHAT: &'static str = "a version";
    const CODE: &'static str = "E0204";

    fn read(text: &str) -> Result<Self, Wrong> {
        match text {
            "any" | "-1" => Ok(Self(None)),
            _ => text
                .parse()
                .ok()
                .filter(|version: &i32| *version >= 0)
                .map(|version| Self(Some(version)))
                .ok_or_else(|| Wrong::new(format!("`{text}` is no version: a number, or `any`"))),
        }
    }

    fn schema() -> serde_json::Value {
        json!({"anyOf": [{"const": "any"}, {"type": "integer", "minimum": -1}]})
    }
}

impl Scalar for Glob {
    const WHAT: &'static str = "a glob of paths";
    const CODE: &'static str = "E0205";

    fn read(text: &str) -> Result<Self, Wrong> {
        Self::new(text).map_err(Wrong::new)
    }
}

/// A regular expression.
#[derive(Clone, Debug)]
pub struct Regex(pub regex_lite::Regex);

impl Scalar for Regex {
    const WHAT: &'static str = "a regular expression";
    const CODE: &'static str = "E0205";

    fn read(text: &str) -> Result<Self, Wrong> {
        regex_lite::Regex::new(text)
            .map(Self)
            .map_err(|error| Wrong::new(format!("`{text}` is no regular expression: {error}")))
    }
}

/// Entries of an ACL in one text: `scheme:id:perms,…`, with `all` and `none` for permissions too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclText(pub Vec<Acl>);

impl Scalar for AclText {
    const WHAT: &'static str = "an ACL";
    const CODE: &'static str = "E0202";

    fn read(text: &str) -> Result<Self, Wrong> {
        if let Some((id, "none")) = text.rsplit_once(':')
            && let Some((scheme, id)) = id.split_once(':')
        {
            return Ok(Self(vec![Acl { scheme: scheme.into(), id: id.into(), perms: Perms(0) }]));
        }
        let letters = match text.strip_suffix(":all") {
            Some(rest) => format!("{rest}:cdrwa"),
            None => text.to_owned(),
        };
        Acl::parse_list(&letters).map(Self).map_err(|error| Wrong::new(error.to_string()))
    }

    fn from_value(value: &Value) -> Result<Self, Wrong> {
        if let Some(text) = value.as_str() {
            return Self::read(text);
        }
        let items = value.try_iter().map_err(|_| Wrong::new(format!("{} is no ACL", kind(value))))?;
        let mut list = Vec::new();
        for item in items {
            list.extend(Self::from_value(&item)?.0);
        }
        Ok(Self(list))
    }
}

/// Permissions of an ACL: letters of `cdrwa`, `all` or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermsText(pub Perms);

impl Scalar for PermsText {
    const WHAT: &'static str = "permissions";
    const CODE: &'static str = "E0202";

    fn read(text: &str) -> Result<Self, Wrong> {
        match text {
            "all" => Ok(Self(Perms::ALL)),
            "none" => Ok(Self(Perms(0))),
            _ => Perms::parse(text).map(Self).map_err(|error| Wrong::new(error.to_string())),
        }
    }
}

/// Bytes in base64, whatever the space between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl Scalar for Base64 {
    const WHAT: &'static str = "base64";
    const CODE: &'static str = "E0207";

    fn read(text: &str) -> Result<Self, Wrong> {
        use base64::Engine as _;
        let text: String = text.split_whitespace().collect();
        base64::prelude::BASE64_STANDARD
            .decode(text)
            .map(Self)
            .map_err(|error| Wrong::new(format!("this is not base64: {error}").trim_end_matches('.')))
    }
}

/// Bytes in hexadecimal, whatever the space between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl Scalar for Hex {
    const WHAT: &'static str = "hexadecimal";
    const CODE: &'static str = "E0207";

    fn read(text: &str) -> Result<Self, Wrong> {
        let text: String = text.trim().trim_start_matches("0x").split_whitespace().collect();
        let digits: Option<Vec<_>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
        let digits = digits.ok_or_else(|| Wrong::new("this is not hexadecimal: digits are 0-9 and a-f"))?;
        if !digits.len().is_multiple_of(2) {
            return Err(Wrong::new("this is not hexadecimal: an odd number of digits"));
        }
        Ok(Self(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()))
    }
}
