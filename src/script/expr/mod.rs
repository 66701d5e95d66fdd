//! Expressions: `${ … }` in texts, and those of `when` and its like.
//!
//! The language is that of minijinja, strict: what is not defined is an error, never an empty text.
//! A script is parsed as YAML first, and expressions are found in its values; never is text put together
//! and then parsed.

mod bounds;
mod compile;
mod convert;
mod functions;
mod live;
mod names;
mod operands;
mod scope;
mod template;

use std::fmt;
use std::sync::Arc;

use minijinja::Expression;
/// What expressions work with and result in.
pub use minijinja::value::Value;

pub(super) use convert::convert_scalar;
pub use convert::{json, kind, text, value_of_json};
pub use functions::digest_id;
pub use live::{Answer, Live, Question, What, stat_value};
pub(super) use names::{FUNCTIONS, used};
pub use scope::{Files, Scope, Variables, World};
pub use template::{Piece, Template};

use super::source::Span;

/// What minijinja makes of an expression: some kilobytes.
pub(super) type Compiled = Arc<Expression<'static, 'static>>;

/// An expression that compiles.
#[derive(Clone)]
pub struct Expr {
    /// As it stands in the file, without `${` and `}`.
    pub source: Arc<str>,
    /// Where.
    pub span: Span,
    /// Where bytes of it are, if it stands on one line without escapes.
    straight: bool,
    compiled: Compiled,
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.source).finish()
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `E03xx`.
    pub code: &'static str,
    /// What is wrong: a lower-case sentence.
    pub message: String,
    /// The piece of the expression, or all of it.
    pub span: Span,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// As a problem of the script, to be shown with its excerpt.
    pub fn problem(&self) -> super::Problem {
        super::Problem::new(self.code, self.span, &self.message)
    }
}

#[cfg(test)]
mod tests;
