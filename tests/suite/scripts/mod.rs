//! Batch scripts: what is said of broken ones, to the letter.
//!
//! With `ZKX_RECORD=1` the tests write what they find instead of comparing it; look at the difference then.

mod guard;
mod journal;
mod malformed;
mod options;
mod reference;
mod runs;
mod schema;
mod under_way;
mod validate;

/// Whether what is found is to be written down.
fn record() -> bool {
    #[expect(clippy::disallowed_methods, reason = "tests have no other configuration")]
    std::env::var_os("ZKX_RECORD").is_some()
}
