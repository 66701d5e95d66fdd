//! The connection is cut before and after every kind of write, and what the store then says of the
//! write is compared with what an independent client finds.

mod rivals;

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use zkx::client::{Config, ConnectString};
use zkx::store::live::Live;
use zkx::store::{Failure, Store, Write, Written};
use zkx::wire::Code;
use zkx::znode::{Acl, CreateMode};

use crate::support::lab::Lab;
use crate::support::proxy::{Proxy, Seen};
use crate::support::servers::{self, Version};
use crate::support::truth::{Truth, op};

/// What is written. Each gets a directory of its own, `/N`, that [`Kind::prepare`] fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Create,
    CreateNull,
    CreateExisting,
    Container,
    Sequential,
    Ephemeral,
    EphemeralSequential,
    Set,
    SetVersion,
    SetStale,
    SetMissing,
    Delete,
    DeleteVersion,
    DeleteMissing,
    SetAcl,
    Multi,
    MultiDelete,
    MultiNew,
    MultiRefused,
}

use Kind::*;

const KINDS: [Kind; 19] = [
    Create,
    CreateNull,
    CreateExisting,
    Container,
    Sequential,
    Ephemeral,
    EphemeralSequential,
    Set,
    SetVersion,
    SetStale,
    SetMissing,
    Delete,
    DeleteVersion,
    DeleteMissing,
    SetAcl,
    Multi,
    MultiDelete,
    MultiNew,
    MultiRefused,
];

/// Where the connection is cut; `true` is after (the server has done it), `false` is before.
const PLACES: [&[(Step, bool)]; 9] = [
    &[(Step::Write, false)],
    &[(Step::Write, true)],
    &[(Step::FirstLook, false)],
    &[(Step::FirstLook, true)],
    &[(Step::Write, false), (Step::Sync, false)],
    &[(Step::Write, true), (Step::Sync, false)],
    &[(Step::Write, true), (Step::Sync, true)],
    &[(Step::Write, false), (Step::Look, true)],
    &[(Step::Write, true), (Step::Look, true)],
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    FirstLook,
    Write,
    Sync,
    Look,
}

impl Kind {
    fn op(self) -> i32 {
        match self {
            Create | CreateNull | CreateExisting | Sequential | Ephemeral | EphemeralSequential => op::CREATE,
            Container => op::CREATE_CONTAINER,
            Set | SetVersion | SetStale | SetMissing => op::SET_DATA,
            Delete | DeleteVersion | DeleteMissing => op::DELETE,
            SetAcl => op::SET_ACL,
            Multi | MultiDelete | MultiNew | MultiRefused => op::MULTI,
        }
    }

    /// How the znode is looked at afterwards.
    fn look(self) -> i32 {
        match self {
            Sequential | EphemeralSequential => op::GET_CHILDREN2,
            Delete | DeleteVersion | DeleteMissing | MultiDelete => op::EXISTS,
            SetAcl => op::GET_ACL,
            _ => op::GET_DATA,
        }
    }

    fn prepare(self, truth: &mut Truth, dir: &str) {
        truth.create(dir, b"").unwrap();
        if !matches!(
            self,
            Create | CreateNull | Container | Ephemeral | SetMissing | DeleteMissing | MultiNew
        ) {
            truth.create(&format!("{dir}/x"), b"old").unwrap();
        }
        if self == MultiDelete {
            truth.create(&format!("{dir}/y"), b"old").unwrap();
        }
    }

    fn writes(self, dir: &str, data: &str) -> Vec<Write> {
        let path = format!("{dir}/x");
        let data = (self != CreateNull).then(|| data.to_owned().into());
        let create =
            |path: String, mode| Write::Create { path, data: data.clone(), acl: vec![Acl::open()], mode };
        let set = |version| Write::Set { path: path.clone(), data: data.clone(), version };
        let delete = |path: &str, version| Write::Delete { path: path.to_owned(), version };
        vec![match self {
            Create | CreateNull | CreateExisting => create(path, CreateMode::Persistent),
            Container => create(path, CreateMode::Container),
            Sequential => create(format!("{dir}/n-"), CreateMode::PersistentSequential),
            Ephemeral => create(path, CreateMode::Ephemeral),
            EphemeralSequential => create(format!("{dir}/n-"), CreateMode::EphemeralSequential),
            Set | SetMissing => set(None),
            SetVersion => set(Some(0)),
            SetStale => set(Some(7)),
            Delete | DeleteMissing => delete(&path, None),
            DeleteVersion => delete(&path, Some(0)),
            SetAcl => Write::SetAcl { path, acl: Acl::parse_list("world:anyone:ra").unwrap(), version: None },
            Multi => return vec![set(None), create(format!("{dir}/z"), CreateMode::Persistent)],
            MultiDelete => return vec![delete(&path, None), delete(&format!("{dir}/y"), None)],
            MultiNew => {
                let data = Some("first".into());
                let (path, acl) = (path.clone(), vec![Acl::open()]);
                let create = Write::Create { path, data, acl, mode: CreateMode::Persistent };
                return vec![create, set(Some(0)), set(None)];
            }
            MultiRefused => return vec![set(None), delete(&format!("{dir}/none"), None)],
        }]
    }

    /// Whether it was really done; panics when that was not exactly once.
    fn really(self, truth: &mut Truth, dir: &str, data: &str, claim: &Claim) -> bool {
        let path = format!("{dir}/x");
        let stat = truth.exists(&path).unwrap();
        let changes = truth.exists(dir).unwrap().expect("the directory").cversion;
        match self {
            Create | CreateNull | Container | Ephemeral => {
                assert!(changes <= 1, "{self:?}: {changes} changes");
                let Some(stat) = stat else { return false };
                let wanted = (self != CreateNull).then(|| data.as_bytes().to_vec());
                assert_eq!(truth.get(&path).unwrap().0, wanted);
                assert_eq!(stat.version, 0);
                true
            }
            Sequential | EphemeralSequential => {
                let (names, _) = truth.children(dir).unwrap();
                let new: Vec<_> = names.iter().filter(|name| name.starts_with("n-")).collect();
                assert!(new.len() <= 1, "created more than once: {new:?}");
                if let (Ok(written), [new]) = (claim, &new[..]) {
                    assert_eq!(written[0].path, format!("{dir}/{new}"));
                }
                new.len() == 1
            }
            Set | SetVersion => {
                let version = stat.expect("a znode").version;
                assert!(version <= 1, "set {version} times");
                assert_eq!(truth.text(&path).unwrap(), if version == 1 { data } else { "old" });
                version == 1
            }
            CreateExisting | SetStale | MultiRefused => {
                assert_eq!((stat.expect("a znode").version, changes), (0, 1));
                false
            }
            SetMissing | DeleteMissing => {
                assert_eq!((stat, changes), (None, 0));
                false
            }
            Delete | DeleteVersion => stat.is_none(),
            SetAcl => {
                let (acl, stat) = truth.acl(&path).unwrap();
                assert!(stat.aversion <= 1, "set {} times", stat.aversion);
                assert_eq!(acl[0].perms == 31, stat.aversion == 0);
                stat.aversion == 1
            }
            Multi => {
                let version = stat.expect("a znode").version;
                assert!(version <= 1, "set {version} times");
                assert_eq!(truth.exists(&format!("{dir}/z")).unwrap().is_some(), version == 1);
                version == 1
            }
            MultiNew => {
                assert!(changes <= 1, "{changes} changes");
                let Some(stat) = stat else { return false };
                assert_eq!((truth.text(&path).unwrap().as_str(), stat.version), (data, 2));
                true
            }
            MultiDelete => {
                assert_eq!(truth.exists(&format!("{dir}/y")).unwrap().is_none(), stat.is_none());
                stat.is_none()
            }
        }
    }

    /// What the server says to it when nobody cuts.
    fn refusal(self) -> Option<Failure> {
        match self {
            CreateExisting => Some(Failure::Refused(Code::NODE_EXISTS)),
            SetStale => Some(Failure::Refused(Code::BAD_VERSION)),
            SetMissing | DeleteMissing => Some(Failure::Refused(Code::NO_NODE)),
            MultiRefused => Some(Failure::Operation { index: 1, code: Code::NO_NODE }),
            _ => None,
        }
    }
}

type Claim = Result<Vec<Written>, Failure>;

#[derive(Default)]
struct Tally {
    cuts: usize,
    verified: usize,
    unknown: BTreeMap<Kind, Vec<String>>,
}

impl Tally {
    fn unknowns(&self) -> usize {
        self.unknown.values().map(Vec::len).sum()
    }

    fn add(&mut self, other: Self) {
        self.cuts += other.cuts;
        self.verified += other.verified;
        for (kind, mut why) in other.unknown {
            self.unknown.entry(kind).or_default().append(&mut why);
        }
    }
}

/// A store behind one proxy, or behind several to different servers, and a judge.
struct Bench {
    runtime: tokio::runtime::Runtime,
    live: Live,
    proxies: Vec<Proxy>,
    truth: Truth,
}

impl Bench {
    fn new(lab: &Lab, servers: &[String]) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let proxies: Vec<_> = servers.iter().map(|server| Proxy::to(server)).collect();
        let addrs: Vec<_> = proxies.iter().map(Proxy::addr).collect();
        let servers = ConnectString::parse(&lab.at(&addrs.join(","))).unwrap();
        let live = runtime.block_on(Live::connect(Config::new(servers))).unwrap();
        Self { runtime, live, proxies, truth: lab.truth() }
    }

    /// The proxy of the connection in use.
    fn proxy(&self) -> &Proxy {
        let server = self.live.session().server;
        self.proxies.iter().find(|proxy| proxy.addr() == server).expect("a connection")
    }

    fn plan(&self, kind: Kind, place: &[(Step, bool)]) {
        for (index, (step, after)) in place.iter().enumerate() {
            let op = match step {
                Step::FirstLook => op::EXISTS,
                Step::Write => kind.op(),
                Step::Sync => op::SYNC,
                Step::Look => kind.look(),
            };
            // The same kind of request was the first look already.
            let nth = if *step == Step::Look && op == op::EXISTS { 2 } else { 1 };
            let cut = |proxy: &Proxy, nth| match after {
                true => proxy.cut_after(op, nth),
                false => proxy.cut_before(op, nth),
            };
            if index == 0 {
                cut(self.proxy(), 1);
            } else {
                // By then the session may be on another server.
                self.proxies
                    .iter()
                    .for_each(|proxy| cut(proxy, if self.proxies.len() > 1 { 1 } else { nth }));
            }
        }
    }

    fn cuts(&self) -> usize {
        let cut = |proxy: &Proxy| proxy.log().iter().filter(|seen| matches!(seen, Seen::Cut { .. })).count();
        self.proxies.iter().map(cut).sum()
    }

    fn write(&self, writes: Vec<Write>) -> Claim {
        self.runtime.block_on(async {
            match &writes[..] {
                [one] => self.live.write(one.clone()).await.map(|written| vec![written]),
                _ => self.live.multi(writes).await,
            }
        })
    }

    fn one(&mut self, kind: Kind, dir: &str, place: &[(Step, bool)], tally: &mut Tally) {
        kind.prepare(&mut self.truth, dir);
        self.runtime.block_on(self.live.sync("/".into())).unwrap();
        self.plan(kind, place);
        let data = format!("new {dir}");
        let claim = self.write(kind.writes(dir, &data));
        self.truth.sync().unwrap();
        let really = kind.really(&mut self.truth, dir, &data, &claim);
        let what = format!("{kind:?} cut at {place:?}: {claim:?}, really done: {really}");
        match &claim {
            Ok(written) => {
                assert!(really, "{what}");
                tally.verified += usize::from(written[0].verified);
                if kind == Ephemeral {
                    let stat = self.truth.exists(&written[0].path).unwrap().unwrap();
                    assert_eq!(stat.ephemeral_owner, self.live.session().id);
                }
            }
            Err(Failure::Unknown(why)) => tally.unknown.entry(kind).or_default().push(why.clone()),
            Err(failure) => {
                assert!(!really, "{what}");
                assert!(kind.refusal().as_ref() == Some(failure), "{what}");
            }
        }
    }
}

fn cut_everything(version: Version, servers: &[String], name: &str) -> Option<Tally> {
    let lab = Lab::named(name, version)?;
    let own = [lab.addr()];
    let mut bench = Bench::new(&lab, if servers.is_empty() { &own } else { servers });
    let mut tally = Tally::default();
    for (number, (kind, place)) in
        KINDS.iter().flat_map(|kind| PLACES.iter().map(move |place| (*kind, *place))).enumerate()
    {
        if version == Version::V3_4 && kind == Container {
            continue;
        }
        bench.one(kind, &format!("/{number}"), place, &mut tally);
    }
    tally.cuts = bench.cuts();
    assert!(bench.runtime.block_on(bench.live.close()));
    Some(tally)
}

#[test]
fn every_claim_about_a_write_is_true() {
    let Some(ensemble) = servers::shared_ensemble() else { return };
    let started = Instant::now();
    let two: Vec<_> = ensemble.servers()[1..3].iter().map(servers::Server::addr).collect();
    let mut all = Tally::default();
    thread::scope(|scope| {
        let workers = [
            scope.spawn(|| cut_everything(Version::V3_9, &[], "cuts.one")),
            scope.spawn(|| cut_everything(Version::V3_9, &two, "cuts.two")),
            scope.spawn(|| cut_everything(Version::V3_8, &[], "cuts.v3_8")),
            scope.spawn(|| cut_everything(Version::V3_4, &[], "cuts.v3_4")),
        ];
        for worker in workers {
            all.add(worker.join().unwrap().expect("there are servers"));
        }
    });
    println!("{} cuts, {} proved done, unknown: {:?}", all.cuts, all.verified, all.unknown);
    assert!(all.cuts >= 500, "{} cuts", all.cuts);
    assert!(all.verified >= 100, "{} proved done", all.verified);
    // Without another client everything can be proved.
    assert_eq!(all.unknowns(), 0, "{:?}", all.unknown);
    assert!(started.elapsed() < Duration::from_secs(90), "{:?}", started.elapsed());
}
