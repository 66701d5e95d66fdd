//! Walks of trees that nobody drew by hand, against a slow walk of the independent client.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use zkx::client::{Config, ConnectString};
use zkx::store::Store;
use zkx::store::live::Live;
use zkx::walk::{Options, Order, Visit, Walk, Want};
use zkx::wire::Code;
use zkx::znode::ZPath;
use zkx::znode::names::natural;

use crate::support::lab::Lab;
use crate::support::truth::{Acl, Failure, Truth};

fn path(text: &str) -> ZPath {
    ZPath::parse(text).unwrap()
}

/// Runs `work` with a session of zkx's own in the lab.
pub(crate) fn with_store<T>(lab: &Lab, work: impl AsyncFnOnce(&Live) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = Config::new(ConnectString::parse(&lab.at(&lab.addr())).unwrap());
        let live = Live::connect(config).await.unwrap();
        let result = work(&live).await;
        live.close().await;
        result
    })
}

async fn walk(store: &dyn Store, options: Options) -> (Vec<Visit>, usize) {
    let mut walk = Walk::new(store, options);
    let mut all = Vec::new();
    while let Some(visits) = walk.next().await.unwrap() {
        all.extend(visits);
    }
    (all, walk.vanished())
}

/// A tree of `size` znodes below `/w`: some parents with many children, some deep branches, names that
/// sort differently by number and by character. Data tells the path.
fn grow(truth: &mut Truth, size: usize) -> BTreeSet<String> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut paths = vec!["/w".to_owned()];
    let mut seen: BTreeSet<String> = paths.iter().cloned().collect();
    while paths.len() < size {
        // The last ones make depth, the first ones width.
        let parent = if random.bool() { paths.len() - 1 } else { random.usize(..paths.len().min(20)) };
        let child = format!("{}/n{}", paths[parent], random.u32(..400));
        if seen.insert(child.clone()) {
            paths.push(child);
        }
    }
    for path in &paths {
        truth.create(path, path.as_bytes()).unwrap();
    }
    seen
}

/// What a recursive walk by `order` visits, parents first.
fn expected(paths: &BTreeSet<String>, order: fn(&str, &str) -> std::cmp::Ordering) -> Vec<String> {
    let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in paths {
        let parent = path.rsplit_once('/').unwrap().0;
        children.entry(parent).or_default().push(path);
    }
    for list in children.values_mut() {
        list.sort_by(|a, b| order(a, b));
    }
    let mut todo = vec!["/w"];
    let mut all = Vec::new();
    while let Some(path) = todo.pop() {
        all.push(path.to_owned());
        todo.extend(children.get(path).into_iter().flatten().rev());
    }
    all
}

fn paths_of(visits: &[Visit]) -> Vec<String> {
    visits.iter().map(|visit| visit.path.to_string()).collect()
}

on_every_server! {
    fn a_walk_visits_every_znode_once_in_order(lab: &Lab) {
        let tree = grow(&mut lab.truth(), 1500);
        let natural_order = expected(&tree, natural);
        let code_points = expected(&tree, |a, b| a.cmp(b));
        assert_ne!(natural_order, code_points);
        with_store(lab, async |store| {
            for want in [Want::Names, Want::Data] {
                let options = Options { want, ..Options::new(path("/w")) };
                let (visits, vanished) = walk(store, options.clone()).await;
                assert_eq!(paths_of(&visits), natural_order);
                assert_eq!(vanished, 0);
                for visit in &visits {
                    let depth = visit.path.matches('/').count() - 1;
                    assert_eq!(visit.depth, depth, "{}", visit.path);
                    let node = visit.node.as_ref().unwrap();
                    assert_eq!(node.data.as_deref(), (want == Want::Data).then(|| visit.path.as_bytes()));
                    if let Some(stat) = node.stat {
                        assert_eq!(visit.children, stat.num_children as usize, "{}", visit.path);
                    }
                }
                let by_code_point = Options { order: Order::CodePoint, ..options.clone() };
                assert_eq!(paths_of(&walk(store, by_code_point).await.0), code_points);

                let post = paths_of(&walk(store, Options { post: true, ..options }).await.0);
                assert_eq!(post.len(), natural_order.len());
                let place: BTreeMap<_, _> = post.iter().enumerate().map(|(i, path)| (path, i)).collect();
                for path in &post {
                    let parent = path.rsplit_once('/').unwrap().0.to_owned();
                    assert!(place.get(&parent).is_none_or(|at| *at > place[path]), "{path}");
                }
            }
        });
    }

    fn depth_and_limit_bound_a_walk(lab: &Lab) {
        let tree = grow(&mut lab.truth(), 600);
        let all = expected(&tree, natural);
        with_store(lab, async |store| {
            for want in [Want::Names, Want::Data] {
                for depth in 0..4 {
                    let options = Options { want, depth: Some(depth), ..Options::new(path("/w")) };
                    let (visits, _) = walk(store, options).await;
                    let shallow: Vec<_> =
                        all.iter().filter(|path| path.matches('/').count() - 1 <= depth).cloned().collect();
                    assert_eq!(paths_of(&visits), shallow, "depth {depth}");
                }
                let options = Options { want, limit: Some(3), ..Options::new(path("/w")) };
                let (visits, _) = walk(store, options).await;
                for visit in &visits {
                    assert!(visit.children <= 3);
                    let direct = tree.iter().filter(|p| {
                        p.strip_prefix(visit.path.as_str()).is_some_and(|rest| {
                            rest.starts_with('/') && !rest[1..].contains('/')
                        })
                    });
                    assert_eq!(visit.children + visit.omitted, direct.count(), "{}", visit.path);
                }
            }
        });
    }

    fn what_cannot_be_read_is_visited_with_the_reason(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create_parents("/w/secret/inside").unwrap();
        truth.create_parents("/w/open/inside").unwrap();
        truth.set_acl("/w/secret", &[Acl::new(31, "digest", "nobody:x")]).unwrap();
        with_store(lab, async |store| {
            for want in [Want::Names, Want::Data] {
                let (visits, _) = walk(store, Options { want, ..Options::new(path("/w")) }).await;
                assert_eq!(paths_of(&visits), ["/w", "/w/open", "/w/open/inside", "/w/secret"]);
                assert_eq!(visits[3].node, Err(Code::NO_AUTH));
            }
        });
    }

    fn other_clients_do_not_disturb_a_walk(lab: &Lab) {
        let mut truth = lab.truth();
        let stable = grow(&mut truth, 800);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut other = lab.truth();
                let parents: Vec<_> = stable.iter().take(200).collect();
                let mut random = fastrand::Rng::with_seed(3);
                while !stop.load(Ordering::SeqCst) {
                    let passing = format!("{}/passing{}", parents[random.usize(..parents.len())], random.u32(..9));
                    match other.create(&passing, b"") {
                        Ok(_) | Err(Failure::Refused(..)) => {}
                        Err(failure) => panic!("{failure:?}"),
                    }
                    let _ = other.delete(&passing);
                }
            });
            with_store(lab, async |store| {
                for round in 0..20 {
                    let want = if round % 2 == 0 { Want::Names } else { Want::Data };
                    let (visits, _) = walk(store, Options { want, ..Options::new(path("/w")) }).await;
                    let mut paths = paths_of(&visits);
                    let count = paths.len();
                    paths.retain(|path| !path.contains("passing"));
                    assert_eq!(paths, expected(&stable, natural));
                    let mut all = paths_of(&visits);
                    all.sort();
                    all.dedup();
                    assert_eq!(all.len(), count, "something was visited twice");
                }
            });
            stop.store(true, Ordering::SeqCst);
        });
    }

    fn a_deep_branch_is_followed_to_its_end(lab: &Lab) {
        let deep = "/d".repeat(400);
        lab.truth().create_parents(&deep).unwrap();
        with_store(lab, async |store| {
            let (visits, _) = walk(store, Options { want: Want::Data, ..Options::new(path("/d")) }).await;
            assert_eq!(visits.len(), 400);
            assert_eq!(visits.last().unwrap().path.as_str(), deep);
        });
    }

    fn large_values_are_walked_too(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/w", b"").unwrap();
        let large = vec![b'x'; 300_000];
        for i in 0..40 {
            truth.create(&format!("/w/n{i}"), &large).unwrap();
        }
        with_store(lab, async |store| {
            let (visits, _) = walk(store, Options { want: Want::Data, ..Options::new(path("/w")) }).await;
            let bytes: usize =
                visits.iter().map(|v| v.node.as_ref().unwrap().data.as_ref().map_or(0, |d| d.len())).sum();
            assert_eq!((visits.len(), bytes), (41, 40 * large.len()));
        });
    }
}
