//! An overlay beside what it overlays: the same operations on a tree and on an overlay over such a
//! tree have the same results, and what the overlay then shows is what the tree has become.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use fastrand::Rng;
use zkx::store::memory::{Ensemble, Memory, Rules};
use zkx::store::overlay::{Overlay, What};
use zkx::store::{Failure, Found, Read, Store, Write};
use zkx::walk::{Options, Walk, Want};
use zkx::znode::{Acl, CreateMode, Stat, ZPath};

/// Operations in one stream.
const OPERATIONS: usize = 400;

/// A tree of some 200 znodes, the same for the same seed.
fn tree(seed: u64) -> Memory {
    let ensemble = Ensemble::new(Rules { clock: || 1_700_000_000_000, ..Rules::default() });
    let store = ensemble.store(1 << 20);
    let mut random = Rng::with_seed(seed);
    for _ in 0..300 {
        let write = create(&mut random, CreateMode::Persistent);
        let _ = futures(store.write(write));
    }
    store
}

fn futures<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn path(random: &mut Rng) -> String {
    let depth = random.usize(1..5);
    (0..depth).map(|_| format!("/{}", ["a", "b", "c", "d"][random.usize(..4)])).collect()
}

/// All can be read: an overlay cannot know data that becomes readable only above.
fn acl(random: &mut Rng) -> Vec<Acl> {
    let list = [
        "world:anyone:cdrwa",
        "world:anyone:cdrwa",
        "world:anyone:cdrwa",
        "world:anyone:ra",
        "world:anyone:rcd",
    ];
    Acl::parse_list(list[random.usize(..list.len())]).unwrap()
}

fn data(random: &mut Rng) -> Option<Bytes> {
    random.bool().then(|| Bytes::from(random.u8(..).to_string()))
}

fn create(random: &mut Rng, mode: CreateMode) -> Write {
    Write::Create { path: path(random), data: data(random), acl: acl(random), mode }
}

fn write(random: &mut Rng) -> Write {
    let version = [None, None, None, Some(0), Some(1)][random.usize(..5)];
    match random.u8(..10) {
        0..3 => create(random, CreateMode::Persistent),
        3 => create(random, CreateMode::PersistentSequential),
        4..7 => Write::Delete { path: path(random), version },
        7 => Write::SetAcl { path: path(random), acl: acl(random), version },
        _ => Write::Set { path: path(random), data: data(random), version },
    }
}

/// A stat without what an overlay cannot know: transactions and times of its own.
fn comparable(stat: &Stat) -> Stat {
    Stat { czxid: 0, mzxid: 0, pzxid: 0, ctime: 0, mtime: 0, ..*stat }
}

type Outcome = Result<Vec<(String, Option<Stat>)>, Failure>;

async fn apply(store: &dyn Store, writes: Vec<Write>) -> Outcome {
    let written = match <[Write; 1]>::try_from(writes) {
        Ok([write]) => vec![store.write(write).await?],
        Err(writes) => store.multi(writes).await?,
    };
    Ok(written.into_iter().map(|w| (w.path, w.stat.map(|stat| comparable(&stat)))).collect())
}

/// All that can be seen: paths with data, stat and ACL.
async fn seen(store: &dyn Store) -> Vec<(String, Option<Bytes>, Stat, Option<Vec<Acl>>)> {
    let mut walk = Walk::new(store, Options { want: Want::Data, ..Options::new(ZPath::root()) });
    let mut all = Vec::new();
    while let Some(visits) = walk.next().await.unwrap() {
        for visit in visits {
            let node = visit.node.unwrap_or_default();
            let path = visit.path.to_string();
            let acl = match zkx::store::read_one(store, Read::Acl(path.clone())).await {
                Ok(Found::Acl(acl, _)) => Some(acl),
                _ => None,
            };
            all.push((path, node.data, comparable(&node.stat.unwrap_or_default()), acl));
        }
    }
    all
}

#[test]
fn an_overlay_behaves_as_what_it_overlays() {
    for seed in 0..40 {
        let (real, below) = (tree(seed), Arc::new(tree(seed)));
        let overlay = Overlay::new(below.clone(), Rules::default());
        let mut random = Rng::with_seed(seed + 1000);
        futures(async {
            let before = seen(&*below).await;
            for step in 0..OPERATIONS {
                let count = if random.u8(..5) == 0 { random.usize(2..5) } else { 1 };
                let mut writes: Vec<_> = (0..count).map(|_| write(&mut random)).collect();
                if count > 1 {
                    writes.retain(|write| !matches!(write, Write::SetAcl { .. }));
                }
                let expected = apply(&real, writes.clone()).await;
                let found = apply(&overlay, writes.clone()).await;
                assert_eq!(found, expected, "seed {seed}, step {step}: {writes:?}");
                let path = path(&mut random);
                for read in [Read::Stat(path.clone()), Read::Data(path.clone()), Read::Acl(path)] {
                    let stat = |found: Found| found.stat().map(comparable);
                    let (a, b) = (
                        zkx::store::read_one(&overlay, read.clone()).await,
                        zkx::store::read_one(&real, read.clone()).await,
                    );
                    assert_eq!(
                        a.map(stat),
                        b.map(stat),
                        "seed {seed}, step {step}: {read:?} after {writes:?}"
                    );
                }
            }
            let (shown, real) = (seen(&overlay).await, seen(&real).await);
            assert_eq!(shown, real, "seed {seed}");
            assert_eq!(seen(&*below).await, before, "seed {seed}: the store below was changed");
            plan_is_the_difference(&overlay, &before, &shown).await;
        });
    }
}

type Seen = Vec<(String, Option<Bytes>, Stat, Option<Vec<Acl>>)>;

async fn plan_is_the_difference(overlay: &Overlay, before: &Seen, after: &Seen) {
    let paths = |seen: &Seen| -> BTreeSet<String> { seen.iter().map(|(path, ..)| path.clone()).collect() };
    let (old, new) = (paths(before), paths(after));
    let (mut gone, mut come) = (BTreeSet::new(), BTreeSet::new());
    for planned in overlay.plan().await.unwrap() {
        let path = planned.path.to_string();
        match planned.what {
            What::Deleted { znodes } => {
                let inside = |other: &&String| **other == path || other.starts_with(&format!("{path}/"));
                let inside: BTreeSet<String> = old.iter().filter(inside).cloned().collect();
                assert_eq!(inside.len(), znodes, "{path}");
                gone.extend(inside);
            }
            What::Created { .. } => assert!(come.insert(path)),
            What::Changed { .. } => assert!(old.contains(&path) && new.contains(&path), "{path}"),
        }
    }
    assert_eq!(old.difference(&gone).chain(&come).cloned().collect::<BTreeSet<_>>(), new);
}
