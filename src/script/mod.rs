//! Batch scripts: the language of `zkx run script.yaml`, from the text to a typed model.
//!
//! [`load`] reads a script and tells everything that is wrong with it, each with its place. What it
//! results in is a [`model::Script`], whose [`model::Slot`]s and [`expr::Expr`]s are evaluated, when a step
//! is run, in an [`expr::Scope`]. Nothing here asks a server, opens a file or prints: the runner does, and
//! answers expressions as [`expr::Live`].

mod check;
mod decode;
pub mod expr;
pub mod glob;
mod load;
pub mod model;
mod problem;
mod schema;
mod source;
mod template_file;
pub mod vars;
mod yaml;

pub use load::{Loaded, ReadFile, load};
pub use problem::{Broken, Problem, SHOWN};
pub use schema::schema;
pub use source::{Mark, Source, Sources, Span};
pub use template_file::FileTemplate;

/// The value of a YAML text.
pub fn yaml_value(text: &str) -> Result<expr::Value, String> {
    yaml::value(text)
}

/// A value as YAML.
pub fn yaml_text(json: &serde_json::Value) -> Result<String, std::fmt::Error> {
    yaml::write(json)
}

#[cfg(test)]
mod tests;
