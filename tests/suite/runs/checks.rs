//! Check mode tells the truth: an independent client reads the whole tree before and after, and the difference
//! is what `--check` had told, path by path, data and ACL.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::Value;

use super::{amount, for_each_seed, generated};
use crate::support::lab::Lab;
use crate::support::mask::mask;
use crate::support::plan::{self, Tree};
use crate::support::servers::Version;
use crate::support::truth::{self, Acl, Truth};
use crate::support::zkx::{Output, Zkx};

/// What was told of each step, and what was changed in each, apart from what was undone in the end. Steps that
/// are taken side by side end in any order.
fn told(output: &Output, side_by_side: bool) -> Vec<String> {
    let line = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let event = line["ev"].as_str()?.to_owned();
        (event != "run_start" && event != "undo").then(|| {
            for key in ["t", "durationMs", "result", "check"] {
                line.as_object_mut().unwrap().remove(key);
            }
            for acl in ["oldAcl", "newAcl"] {
                // Of what `auth` stands for, servers have each their own place.
                let acl = line["change"].get_mut(acl).and_then(Value::as_array_mut);
                acl.into_iter().for_each(|acl| acl.sort_by_key(Value::to_string));
            }
            mask(&line.to_string()).replace("note: would make ", "note: made ")
        })
    };
    let mut lines: Vec<String> = output.out().lines().filter_map(line).collect();
    if side_by_side {
        lines.sort_unstable();
    }
    lines
}

/// What the scripts find in a corner.
pub(super) fn seed(truth: &mut Truth, corner: &str, seed: u64) {
    truth.create(corner, b"").unwrap();
    for (path, data, acl) in generated::before(seed) {
        let acl: Vec<Acl> = generated::acls(acl).iter().map(|text| acl_of(text)).collect();
        let path = format!("{corner}{path}");
        truth.create_as(&path, Some(data.as_bytes()), &acl, truth::PERSISTENT).unwrap();
    }
}

fn acl_of(text: &str) -> Acl {
    let (scheme, rest) = text.split_once(':').unwrap();
    let (id, letters) = rest.rsplit_once(':').unwrap();
    let perms = letters.chars().map(|letter| 1 << "rwcda".find(letter).unwrap()).sum();
    Acl::new(perms, scheme, id)
}

/// How often what came about.
#[derive(Default)]
struct Tally {
    changed: AtomicUsize,
    failed: AtomicUsize,
    ignored: AtomicUsize,
    undone: AtomicUsize,
}

fn one(lab: &Lab, truth: &mut Truth, number: u64, tally: &Tally) -> Result<(), String> {
    let script = generated::script(number);
    let corner = format!("/{number}");
    seed(truth, &corner, number);
    let run = |more: &[&str]| {
        let zkx = Zkx::new().server(format!("{}{corner}", lab.at(&lab.addr()))).file("s.yaml", &script);
        let words = ["--auth", generated::USER, "--show-secrets", "-o", "ndjson", "run", "--diff", "s.yaml"];
        zkx.args(words).args(more).run()
    };
    let before = plan::below(truth, &corner);
    let checked = run(&["--check"]);
    let untouched = plan::below(truth, &corner) == before;
    let done = run(&["--journal", if script.contains("rollback") { "runs" } else { "off" }]);
    let after = plan::below(truth, &corner);
    let wrong =
        |why: &str| format!("{number}: {why}\n{script}{:?}\n{checked}\n{done}", generated::before(number));
    if !untouched {
        return Err(wrong("--check has changed something"));
    }
    let undone = done.out().contains("\"ev\":\"undo\"");
    let told = |output: &Output| told(output, script.contains("parallel"));
    if checked.code != done.code || told(&checked) != told(&done) {
        return Err(wrong("other things are told"));
    }
    let foretold =
        plan::foretold(&before, &checked.out(), &[generated::IDENTITY]).map_err(|why| wrong(&why))?;
    // What undoes itself leaves what there was.
    let foretold: Tree = if undone { before.clone() } else { foretold };
    let differences = plan::differences(&after, &foretold);
    if !differences.is_empty() {
        return Err(wrong(&differences.join("\n")));
    }
    let count = |tally: &AtomicUsize, was: bool| tally.fetch_add(usize::from(was), Relaxed);
    count(&tally.changed, after != before);
    count(&tally.failed, done.code != Some(0));
    count(&tally.ignored, done.out().contains("\"status\":\"ignored\""));
    count(&tally.undone, undone);
    truth.delete_subtree(&corner).unwrap();
    Ok(())
}

fn check_mode(version: Version, seeds: std::ops::Range<u64>) {
    let Some(lab) = Lab::on(version) else { return };
    let count = seeds.end - seeds.start;
    let tally = Tally::default();
    for_each_seed(&lab, seeds, |truth, number| one(&lab, truth, number, &tally));
    let tallies = [&tally.changed, &tally.failed, &tally.ignored, &tally.undone];
    let seen = tallies.map(|tally| tally.load(Relaxed) as u64);
    let [changed, failed, ignored, undone] = seen;
    assert!(changed > count / 2 && failed > count / 4 && ignored > count / 8, "{seen:?} of {count}");
    assert!(failed < count && undone > count / 20, "{seen:?} of {count}");
}

#[test]
fn check_mode_tells_what_a_run_then_does() {
    check_mode(Version::MEMORY, 0..amount(360, 20_000) as u64);
}

#[test]
fn check_mode_tells_what_a_run_on_servers_then_does() {
    check_mode(Version::V3_9, 100_000..100_000 + amount(150, 5_000) as u64);
}

#[test]
fn check_mode_tells_what_a_run_on_old_servers_then_does() {
    check_mode(Version::V3_4, 200_000..200_000 + amount(60, 2_000) as u64);
}

on_every_server! {
    /// What servers differ about: addresses, networks, IPv6, and what needs a provider that none of them has.
    fn ids_in_acls_are_judged_as_the_server_judges_them(lab: &Lab) {
        for acl in ["ip:10.0.0.1:r", "ip:10.0.0.0/8:r", "ip:10.0.0.0/33:r", "ip:::1:r", "digest:a:b:r", "sasl:a/b:r", "x509:CN=a:r"] {
            let script = format!(
                "zkx: 1\non_failure: continue\nsteps:\n  - create: {{path: /a, acl: [\"{acl}\", \"world:anyone:cdrwa\"]}}\n  \
                 - create: {{path: /b}}\n  - acl: {{path: /b, set: [\"{acl}\", \"world:anyone:cdrwa\"]}}\n  \
                 - txn: {{do: [{{create: {{path: /c, acl: [\"world:anyone:cdrwa\", \"{acl}\"]}}}}]}}\n"
            );
            let run = |more: &[&str]| lab.zkx().file("s.yaml", &script).args(["run", "s.yaml"]).args(more).run();
            let (checked, done) = (run(&["--check", "-o", "ndjson"]), run(&["--journal", "off", "-o", "ndjson"]));
            assert_eq!(checked.code, done.code, "{acl}\n{checked}\n{done}");
            assert!(told(&done, false).len() > 3, "{acl}\n{done}");
            assert_eq!(told(&checked, false), told(&done, false), "{acl}\n{checked}\n{done}");
            for path in lab.truth().subtree("/").unwrap().into_iter().filter(|path| path != "/") {
                lab.truth().delete_subtree(&path).unwrap();
            }
        }
    }
}
