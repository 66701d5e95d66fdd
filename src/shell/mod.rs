//! The shell: a line language of its own, a current directory, globs in path arguments.
//!
//! It defines no command: whatever [`crate::command`] has, it has.

pub mod arguments;
pub mod glob;
pub mod grammar;
mod paths;

pub use paths::{resolve, resolve_new};
