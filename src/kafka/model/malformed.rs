//! Why a znode cannot be read.

use crate::znode::text::sanitise;

/// Why the data of a znode are not what Kafka keeps there. No variant shows values of JSON: they may
/// be secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// No data, or none but blanks.
    #[error("it is empty")]
    Empty,
    /// Not UTF-8.
    #[error("it is no text")]
    Binary,
    /// Begins as JSON does, or must be JSON, and is not; with the parser's reason.
    #[error("it is not valid JSON: {0}")]
    Json(String),
    /// A text of another kind.
    #[error("`{found}` is not {wanted}")]
    Text {
        /// Its beginning, escaped for a terminal.
        found: String,
        /// What Kafka keeps there.
        wanted: &'static str,
    },
    /// JSON without a key that Kafka always writes.
    #[error("{}is missing", place(.0))]
    Missing(String),
    /// JSON with another type.
    #[error("{}is {found}, not {wanted}", place(at))]
    Type {
        /// Where: the keys that lead there, empty for the whole.
        at: String,
        /// What kind of value is there.
        found: &'static str,
        /// What Kafka writes there.
        wanted: &'static str,
    },
    /// A version that no release wrote and no reader takes.
    #[error("version {0}: the versions of Kafka begin with 1")]
    Version(i64),
}

fn place(at: &str) -> String {
    if at.is_empty() { "it ".to_owned() } else { format!("`{}` ", shown(at)) }
}

/// The beginning of a text, fit for a terminal: the rest may be megabytes.
fn shown(text: &str) -> String {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    let (head, rest) = text.split_at(end);
    let safe = sanitise(head, false);
    if rest.is_empty() { safe.into_owned() } else { format!("{safe}…") }
}

impl Malformed {
    /// A text that is none of what is `wanted`.
    pub(super) fn text(found: &str, wanted: &'static str) -> Self {
        Self::Text { found: shown(found), wanted }
    }

    /// The same, seen from the object or list around it.
    pub(super) fn inside(self, step: &str) -> Self {
        let under = |at: String| match at.chars().next() {
            None => step.to_owned(),
            Some('[') => format!("{step}{at}"),
            Some(_) => format!("{step}.{at}"),
        };
        match self {
            Self::Missing(at) => Self::Missing(under(at)),
            Self::Type { at, found, wanted } => Self::Type { at: under(at), found, wanted },
            other => other,
        }
    }
}

/// Characters of a text that are shown.
const LONGEST: usize = 60;
