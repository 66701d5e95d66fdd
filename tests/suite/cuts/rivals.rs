//! Cuts while another client writes to the same znodes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use zkx::store::{Failure, Store};

use super::Kind::{self, Create, Delete, Sequential, Set, SetVersion};
use super::{Bench, Step, Tally};
use crate::support::lab::Lab;
use crate::support::servers::Version;
use crate::support::truth::{self, Truth};

/// What another client does to the same znodes meanwhile, and how often it succeeded.
fn rival(truth: &mut Truth, kind: Kind, dir: &str, over: &AtomicBool) -> i32 {
    let path = format!("{dir}/x");
    let mut done = 0;
    let mut round = 0;
    while !over.load(Ordering::SeqCst) && round < 200 {
        round += 1;
        let data = format!("rival {round}");
        match kind {
            Set | SetVersion => done += i32::from(truth.set(&path, data.as_bytes()).is_ok()),
            Sequential => {
                let open = truth::Acl::open();
                let name = format!("{dir}/n-");
                let made = truth.create_as(&name, Some(data.as_bytes()), &open, truth::SEQUENTIAL);
                done += i32::from(made.is_ok());
                // A consumer that takes whatever is there.
                for name in truth.children(dir).unwrap().0 {
                    done += i32::from(truth.delete(&format!("{dir}/{name}")).is_ok());
                }
            }
            _ => {
                done += i32::from(truth.create(&path, data.as_bytes()).is_ok());
                thread::sleep(Duration::from_micros(fastrand::u64(100..5_000)));
                done += i32::from(truth.delete(&path).is_ok());
            }
        }
        thread::sleep(Duration::from_micros(fastrand::u64(300..30_000)));
    }
    done
}

/// Each claim against the counters of the server: what they show beyond the rival's own successes
/// is ours.
fn contend(version: Version, name: &str) -> Option<(Tally, usize)> {
    let lab = Lab::named(name, version)?;
    let mut bench = Bench::new(&lab, &[lab.addr()]);
    let mut other = lab.truth();
    let mut tally = Tally::default();
    let mut attributed = 0;
    for number in 0..90 {
        let kind = [Create, Sequential, Set, SetVersion, Delete][number % 5];
        let place: &[_] = if number % 2 == 0 { &[(Step::Write, true)] } else { &[(Step::Write, false)] };
        let dir = format!("/{number}");
        kind.prepare(&mut bench.truth, &dir);
        bench.runtime.block_on(bench.live.sync("/".into())).unwrap();
        bench.plan(kind, place);
        let over = AtomicBool::new(false);
        let before = bench.truth.exists(&dir).unwrap().unwrap().cversion;
        let (claim, rivals) = thread::scope(|scope| {
            let rival = scope.spawn(|| rival(&mut other, kind, &dir, &over));
            thread::sleep(Duration::from_micros(fastrand::u64(0..8_000)));
            let claim = bench.write(kind.writes(&dir, &format!("ours {number}")));
            over.store(true, Ordering::SeqCst);
            (claim, rival.join().unwrap())
        });
        bench.truth.sync().unwrap();
        let all = match kind {
            Set | SetVersion => bench.truth.exists(&format!("{dir}/x")).unwrap().unwrap().version,
            _ => bench.truth.exists(&dir).unwrap().unwrap().cversion - before,
        };
        let ours = all - rivals;
        let what = format!("{kind:?} cut at {place:?}: {claim:?}; {all} changes, {rivals} of the rival");
        assert!((0..=1).contains(&ours), "not exactly once: {what}");
        match &claim {
            // Whoever deleted it, it is deleted: that two clients want the same cannot be seen.
            Ok(written) if kind == Delete && written[0].verified && ours == 0 => attributed += 1,
            Ok(_) => assert_eq!(ours, 1, "{what}"),
            Err(Failure::Unknown(why)) => tally.unknown.entry(kind).or_default().push(why.clone()),
            Err(_) => assert_eq!(ours, 0, "{what}"),
        }
    }
    tally.cuts = bench.cuts();
    Some((tally, attributed))
}

#[test]
fn claims_are_true_among_rivals() {
    let mut all = Tally::default();
    let mut attributed = 0;
    thread::scope(|scope| {
        let workers = [
            scope.spawn(|| contend(Version::V3_9, "cuts.rival_v3_9")),
            scope.spawn(|| contend(Version::V3_4, "cuts.rival_v3_4")),
        ];
        for worker in workers {
            if let Some((tally, shared)) = worker.join().unwrap() {
                all.add(tally);
                attributed += shared;
            }
        }
    });
    let counts: BTreeMap<_, _> = all.unknown.iter().map(|(kind, why)| (kind, why.len())).collect();
    println!("{} cuts among rivals, unknown: {counts:?}, deletes of the rival: {attributed}", all.cuts);
    assert!(all.unknowns() * 4 < all.cuts * 3, "{counts:?} of {}", all.cuts);
}
