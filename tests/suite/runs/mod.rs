//! Batch scripts where things go wrong: killed, cut off, undone among rivals; and check mode beside what a
//! run then does.
//!
//! With `ZKX_LONG=1` there are many more of each.

mod checks;
mod clusters;
mod cuts;
mod examples;
mod generated;
mod kills;
mod own_undo;
mod resumed;
mod rivals;
mod together;
mod tree;
mod undone;
mod work;

/// `usual` of something, or as many as somebody who has the time wants.
fn amount(usual: usize, long: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "tests have no other configuration")]
    let takes_time = std::env::var_os("ZKX_LONG").is_some();
    if takes_time { long } else { usual }
}
