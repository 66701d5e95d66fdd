//! What can be known to be wrong before anything is run: names, clusters, paths that the guard forbids.

mod guard;
mod names;

pub(super) use names::Outer;

use super::decode::{Cx, Use};
use super::model::Script;

/// Checks a script that was decoded, and tells `cx`. `outer` is what an including script brings.
pub(super) fn check(script: &Script, uses: &[Use], outer: Option<&Outer>, cx: &mut Cx<'_>) {
    names::check(script, uses, outer, cx);
    guard::check(script, cx);
    super::vars::constants(script, cx);
}
