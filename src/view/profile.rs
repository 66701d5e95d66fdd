//! What `profiles` answers.

use serde::Serialize;

/// `profiles list`.
#[derive(Clone, Debug, Serialize)]
pub struct ProfilesView {
    /// The configuration file, where there is one.
    pub file: Option<String>,
    /// The profile that is taken when nothing else is said.
    pub default: Option<String>,
    /// In the file's order.
    pub profiles: Vec<ProfileSummary>,
}

/// A profile in a list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileSummary {
    /// Its name.
    pub name: String,
    /// Its servers; `None` where it does not say.
    pub server: Option<String>,
    /// Whether what destroys is to be confirmed by typing.
    pub production: bool,
    /// Whether every write is refused.
    pub read_only: bool,
    /// Paths that no recursive change may touch.
    pub protected: Vec<String>,
    /// Whether this is the profile that a command without options takes.
    pub chosen: bool,
}

/// `profiles show`.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileView {
    /// The profile's name; `None` for what holds without one.
    pub name: Option<String>,
    /// The configuration file, where there is one.
    pub file: Option<String>,
    /// What holds; a list is several of these.
    pub settings: Vec<SettingView>,
}

/// A setting as it holds.
#[derive(Clone, Debug, Serialize)]
pub struct SettingView {
    /// Its name in the file.
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// Who said so: `line`, `environment`, `profile`, `file` (at its top) or `default`.
    pub from: &'static str,
}

/// `profiles check`.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedView {
    /// The file that was looked for.
    pub file: Option<String>,
    /// Whether it is there.
    pub exists: bool,
    /// Names of its profiles.
    pub profiles: Vec<String>,
    /// What is wrong with it, and with the files that it names.
    pub problems: Vec<ProblemView>,
    /// One for each profile, where asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<ConnectionView>,
}

/// Something that is wrong with a configuration file.
#[derive(Clone, Debug, Serialize)]
pub struct ProblemView {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// For people: what stands there.
    #[serde(skip)]
    pub excerpt: Option<String>,
}

/// How a profile's servers answered.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionView {
    /// The profile.
    pub profile: String,
    /// Its servers, where they could be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The one that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected: Option<String>,
    /// Why none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
