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
mod locks;
mod own_undo;
mod resumed;
mod rivals;
mod together;
mod tree;
mod undone;
mod work;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use crate::support::lab::Lab;
use crate::support::truth::Truth;

/// `usual` of something, or as many as somebody who has the time wants.
fn amount(usual: usize, long: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "tests have no other configuration")]
    let takes_time = std::env::var_os("ZKX_LONG").is_some();
    if takes_time { long } else { usual }
}

/// Takes each of so many seeds, three at a time, with a judge who may do everything; fails when that says
/// of some what is wrong with them.
fn for_each_seed(lab: &Lab, seeds: Range<u64>, one: impl Fn(&mut Truth, u64) -> Result<(), String> + Sync) {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let (mut truth, mut wrong) = (lab.truth(), Vec::new());
        truth.auth("digest", "super:test").unwrap();
        loop {
            let number = next.fetch_add(1, Relaxed);
            if !seeds.contains(&number) || wrong.len() > 3 {
                return wrong;
            }
            wrong.extend(one(&mut truth, number).err());
        }
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n\n"));
}
