//! What a run has written is undone after others have written there too: what they wrote stays and is named, and
//! all else is as it was.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use fastrand::Rng;
use serde_json::Value;
use tempfile::TempDir;

use super::checks::seed;
use super::{amount, for_each_seed, generated};
use crate::support::lab::Lab;
use crate::support::plan::{self, Node, Tree};
use crate::support::servers::Version;
use crate::support::truth::{Acl, Truth};
use crate::support::zkx::{Output, Zkx};

/// What a rival did to a znode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Set,
    SetAcl,
    Delete,
    /// With the same data or other, and set as often as it had been before.
    Anew,
    Child,
}

const DEEDS: [Deed; 5] = [Deed::Set, Deed::SetAcl, Deed::Delete, Deed::Anew, Deed::Child];

/// Changes some of what is there, and says what.
fn rivals(truth: &mut Truth, corner: &str, tree: &Tree, rng: &mut Rng) -> BTreeMap<String, Deed> {
    let mut deeds = BTreeMap::new();
    for path in tree.keys() {
        if rng.u8(..4) > 0 {
            continue;
        }
        let deed = DEEDS[rng.usize(..DEEDS.len())];
        let full = format!("{corner}{path}");
        let under = format!("{path}/");
        if tree.keys().any(|known| known.starts_with(&under)) && matches!(deed, Deed::Delete | Deed::Anew) {
            continue;
        }
        // Somebody may have deleted it, or what is above it, already.
        let Some(stat) = truth.exists(&full).unwrap() else { continue };
        match deed {
            Deed::Set => drop(truth.set(&full, b"theirs").unwrap()),
            Deed::SetAcl => drop(
                truth
                    .set_acl(&full, &[Acl::new(31, "world", "anyone"), Acl::new(1, "ip", "127.0.0.9")])
                    .unwrap(),
            ),
            Deed::Child => drop(truth.create(&format!("{full}/theirs"), b"theirs").unwrap()),
            Deed::Delete | Deed::Anew => {
                if truth.delete(&full).is_err() {
                    continue;
                }
                if deed == Deed::Anew {
                    truth.create(&full, b"anew").unwrap();
                    for _ in 0..stat.version {
                        truth.set(&full, b"anew").unwrap();
                    }
                }
            }
        }
        deeds.insert(path.clone(), deed);
    }
    deeds
}

/// What undoing told of each path: whether all that was done to it was undone.
fn told(output: &Output) -> BTreeMap<String, bool> {
    let mut told = BTreeMap::new();
    for line in output.out().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["ev"], "undo", "{output}");
        let undone = line["undone"].as_bool().unwrap();
        let words = line["words"].as_str().unwrap();
        assert!(undone || words.starts_with("not undone: ") && words.len() > 20, "{output}");
        *told.entry(line["path"].as_str().unwrap().to_owned()).or_insert(true) &= undone;
    }
    told
}

/// A script, what there was before it, behind it, behind the rivals and behind the undoing, at one path.
struct History<'a> {
    original: Option<&'a Node>,
    run: Option<&'a Node>,
    rivaled: Option<&'a Node>,
    after: Option<&'a Node>,
}

impl History<'_> {
    /// What is wrong with it, given what was told: nothing for what the run did not touch.
    fn wrong(&self, told: Option<bool>, deed: Option<Deed>) -> Option<&'static str> {
        let data = |node: Option<&Node>| node.map(|node| node.data.clone());
        if matches!(deed, Some(Deed::Set | Deed::Anew)) && data(self.after) != data(self.rivaled) {
            return Some("what a rival wrote is lost");
        }
        match told {
            None if self.after != self.rivaled => Some("it was not the run's, and is other now"),
            None => None,
            // What the run left alone is as the rivals have it.
            Some(true) => match (self.original, self.after) {
                (None, None) => None,
                (Some(then), Some(now)) => {
                    let rival = |was: bool| was && deed.is_some();
                    let data = then.data == now.data
                        || rival(
                            self.rivaled.is_some_and(|rivaled| rivaled.data == now.data)
                                && self.run.is_some_and(|run| run.data == then.data),
                        );
                    let acl = then.acl == now.acl
                        || rival(
                            self.rivaled.is_some_and(|rivaled| rivaled.acl == now.acl)
                                && self.run.is_some_and(|run| run.acl == then.acl),
                        );
                    (!data || !acl).then_some("it was told to be as before, and is not")
                }
                (None, Some(_)) => Some("it was told to be undone, and is there"),
                (Some(_), None) => Some("it was told to be undone, and is gone"),
            },
            Some(false) if deed.is_none() && self.after == self.original => {
                Some("it is as before, and told not to be")
            }
            Some(false) => None,
        }
    }
}

fn one(lab: &Lab, truth: &mut Truth, number: u64, counts: &[AtomicUsize; 3]) -> Result<(), String> {
    let script = generated::script(number).replace("on_failure: rollback", "on_failure: stop");
    let corner = format!("/{number}");
    seed(truth, &corner, number);
    let journals = TempDir::new().unwrap();
    let zkx = |more: &[&str]| {
        let zkx = Zkx::new().server(format!("{}{corner}", lab.at(&lab.addr()))).file("s.yaml", &script);
        let words = ["--auth", generated::USER, "-o", "ndjson", "run", "s.yaml", "--journal"];
        zkx.args(words).arg(journals.path()).args(more).run()
    };
    let original = plan::below(truth, &corner);
    let ran = zkx(&[]);
    let run = plan::below(truth, &corner);
    if fs::read_dir(journals.path()).unwrap().next().is_none() {
        // The guard does not allow even what is plain beforehand.
        assert_eq!((ran.code, &run), (Some(3), &original), "{ran}");
        return truth.delete_subtree(&corner).map_err(|failure| failure.to_string());
    }
    let mut rng = Rng::with_seed(number);
    // Some runs are undone with nobody else there.
    let deeds =
        if number.is_multiple_of(4) { BTreeMap::new() } else { rivals(truth, &corner, &run, &mut rng) };
    let rivaled = plan::below(truth, &corner);
    let undone = zkx(&["--rollback"]);
    let after = plan::below(truth, &corner);
    let wrong = |why: &str| {
        let before = generated::before(number);
        format!("{number}: {why}\n{script}{before:?}\n{deeds:?}\n{ran}\n{undone}")
    };
    let told = told(&undone);
    if undone.code != Some(i32::from(told.values().any(|undone| !undone))) {
        return Err(wrong("the exit code says something else"));
    }
    for path in [&original, &run, &rivaled, &after].into_iter().flat_map(Tree::keys) {
        let at = |tree| Tree::get(tree, path);
        let history =
            History { original: at(&original), run: at(&run), rivaled: at(&rivaled), after: at(&after) };
        // Whoever made something below it, changed what it is as well.
        let deed = deeds.get(path).copied();
        if let Some(why) = history.wrong(told.get(path).copied(), deed) {
            let states = [&original, &run, &rivaled, &after].map(at);
            return Err(wrong(&format!("{path}: {why}\n{states:?}")));
        }
    }
    if deeds.is_empty() && after != original {
        return Err(wrong("with nobody else there, it is not as it was"));
    }
    let again = zkx(&["--rollback"]);
    if plan::below(truth, &corner) != after {
        return Err(wrong(&format!("undoing again has changed something\n{again}")));
    }
    for (count, was) in
        counts.iter().zip([run != original, told.values().any(|undone| !undone), !deeds.is_empty()])
    {
        count.fetch_add(usize::from(was), Relaxed);
    }
    truth.delete_subtree(&corner).unwrap();
    Ok(())
}

fn undo(version: Version, seeds: std::ops::Range<u64>) {
    let Some(lab) = Lab::on(version) else { return };
    let all = usize::try_from(seeds.end - seeds.start).unwrap();
    let counts = [const { AtomicUsize::new(0) }; 3];
    for_each_seed(&lab, seeds, |truth, number| one(&lab, truth, number, &counts));
    let [changed, named, rivaled] = counts.map(AtomicUsize::into_inner);
    let seen = format!("{changed} changed something, {named} had something left, {rivaled} had rivals");
    assert!(2 * changed > all && 5 * named > all && 2 * rivaled > all, "of {all} {seen}");
}

#[test]
fn what_rivals_wrote_stays_and_is_named() {
    undo(Version::MEMORY, 0..amount(150, 5_000) as u64);
}

#[test]
fn what_rivals_wrote_stays_and_is_named_on_servers() {
    undo(Version::V3_9, 1_000_000..1_000_000 + amount(60, 2_000) as u64);
}
