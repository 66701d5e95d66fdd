//! What contradicts itself in a cluster, is left behind or does not get on.

mod groups;
mod topics;
mod whole;

pub use groups::group;
pub use topics::TopicFindings;
pub use whole::whole;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Data are out of reach or in danger, or the cluster cannot work.
    Error,
    /// Something does not get on, or will go wrong.
    Warning,
    /// Something was left behind.
    Info,
}

impl Severity {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing it is, always in the same words: `offline-partition`.
    pub kind: &'static str,
    /// The path, below the chroot, of the znode that shows it.
    pub path: String,
    /// What it is.
    pub what: String,
    /// What to do about it.
    pub advice: &'static str,
}

/// What is not done by now does not get on, milliseconds.
const SOON: i64 = 5 * 60_000;
/// The same of moving data.
const LONG: i64 = 60 * 60_000;

/// Findings, being collected.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        severity: Severity,
        kind: &'static str,
        path: impl Into<String>,
        what: impl Into<String>,
        advice: &'static str,
    ) {
        self.0.push(Finding { severity, kind, path: path.into(), what: what.into(), advice });
    }
}
