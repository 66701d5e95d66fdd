//! What can be known to be wrong before anything is run: names, clusters, paths that the guard forbids;
//! and what may be a mistake.

mod guard;
mod names;
mod warn;

pub(super) use guard::{Guarding, check as check_guard};
pub(super) use names::Outer;

use super::decode::{Cx, Use};
use super::model::Script;

/// Checks a script that was decoded, and tells `cx`. `outer` is what an including script brings.
pub(super) fn check(script: &Script, uses: &[Use], outer: Option<&Outer>, cx: &mut Cx<'_>) {
    names::check(script, uses, outer, cx);
    // Without a guard of its own, it is that of the script around it that counts.
    if outer.is_none() || script.guard.is_some() {
        guard::check(script, script, cx);
    }
    super::vars::constants(script, cx);
    warn::check(script, uses, outer, cx);
}
