//! The session itself, without a command around it: what is sent and what is not, in which order,
//! how often, and what is remembered from one connection to the next.

mod faults;
mod neighbours;

use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use zkx::client::{Auth, Cause, Client, Config, ConnectString, Notice, RequestError, State};
use zkx::store::live::Live;
use zkx::store::{Change, Read, Store, Write, read_one};
use zkx::wire::{Reply, Request, request};
use zkx::znode::{Acl, CreateMode};

use crate::support::proxy::Proxy;
use crate::support::truth::op;

const SOON: Duration = Duration::from_secs(20);

fn config(servers: &str) -> Config {
    Config::new(ConnectString::parse(servers).unwrap())
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn create(path: &str, data: &str, mode: CreateMode) -> Request {
    let (path, data) = (path.to_owned(), Some(data.to_owned().into()));
    Request::Create(request::Create { path, data, acl: vec![Acl::open()], mode, stat: false })
}

fn set(path: &str, data: Vec<u8>, version: i32) -> Request {
    Request::SetData { path: path.to_owned(), data: Some(data.into()), version }
}

fn get(path: &str) -> Request {
    Request::GetData { path: path.to_owned(), watch: false }
}

async fn connected(client: &Client) {
    let end = Instant::now() + SOON;
    while !matches!(client.state(), State::Connected { .. }) {
        assert!(Instant::now() < end, "not connected: {:?}", client.state());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn lost(client: &Client) {
    let end = Instant::now() + SOON;
    while !matches!(client.state(), State::Lost { .. }) {
        assert!(Instant::now() < end, "not lost: {:?}", client.state());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

on_every_server! {
    fn a_write_that_was_recalled_is_never_sent(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        run(async {
            let config = Config { request_timeout: Duration::from_millis(300), ..config(&lab.at(proxy.addr())) };
            let (client, _notices) = Client::open(config).await.unwrap();
            client.request(&get("/")).await.unwrap();
            proxy.refuse();
            proxy.cut();
            lost(&client).await;
            let late = client.request(&create("/late", "", CreateMode::Persistent)).await;
            let Err(RequestError::NotSent(Cause::Deadline(_, Some(why)))) = late else { panic!("{late:?}") };
            assert!(why.contains("connection refused"), "{why}");
            // Dropped without having been waited for.
            drop(client.send(&create("/dropped", "", CreateMode::Persistent)));
            proxy.resume();
            connected(&client).await;
            client.request(&create("/next", "", CreateMode::Persistent)).await.unwrap();
            assert_eq!(proxy.requests(op::CREATE), 1);
            let mut truth = lab.truth();
            assert_eq!(truth.children("/").unwrap().0, ["next"]);
            assert!(client.close().await);
        });
    }

    fn ten_thousand_writes_keep_their_order(lab: &Lab) {
        run(async {
            let (client, _notices) = Client::open(config(&lab.at(&lab.addr()))).await.unwrap();
            client.request(&create("/x", "", CreateMode::Persistent)).await.unwrap();
            // Each is refused unless it comes right after the one before.
            let pending: Vec<_> =
                (0..10_000).map(|n| client.send(&set("/x", n.to_string().into_bytes(), n))).collect();
            for (n, pending) in (0..).zip(pending) {
                let answer = pending.answer().await.unwrap();
                let Reply::Stat(stat) = answer.reply else { panic!("{answer:?}") };
                assert_eq!(stat.version, n + 1);
            }
            assert_eq!(lab.truth().text("/x").unwrap(), "9999");
            client.close().await;
        });
    }

    fn what_an_old_server_lacks_is_asked_for_once(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        let mut truth = lab.truth();
        truth.create_many((0..300).map(|n| (format!("/{n:03}"), vec![b'x'; 10]))).unwrap();
        run(async {
            let live = Live::connect(config(&lab.at(proxy.addr()))).await.unwrap();
            for _ in 0..3 {
                let reads = (0..300).map(|n| Read::Data(format!("/{n:03}"))).collect();
                let answers = live.read(reads).await.unwrap();
                assert_eq!(answers.len(), 300);
                assert!(answers.iter().all(Result::is_ok));
            }
            let old = lab.version().minor() < 6;
            // The first read goes out in several pieces before the server has said anything.
            let first = 300_usize.div_ceil(64);
            let asked = proxy.requests(op::MULTI_READ);
            assert!(if old { asked <= first } else { asked >= first }, "{asked} times");
            // What goes out behind the first refusal is lost when the server hangs up, and asked again.
            let singles = proxy.requests(op::GET_DATA);
            assert!(if old { (900..1_800).contains(&singles) } else { singles == 0 }, "{singles}");
            let before = proxy.connections();
            assert!(before <= 2, "an old server hangs up once: {before} connections");

            let mut watches = Vec::new();
            for n in 0..3 {
                watches.push(live.watch(format!("/{n:03}"), false).await.unwrap());
            }
            assert_eq!(proxy.requests(op::ADD_WATCH), if old { 1 } else { 3 });
            for (n, changes) in watches.iter_mut().enumerate() {
                truth.set(&format!("/{n:03}"), b"new").unwrap();
                // Nothing was lost that a user would know of.
                let change = changes.next().await;
                assert!(matches!(change, Some(Change::Event(_))), "{change:?}");
            }
            drop(watches);
            assert!(live.close().await);
        });
    }

    fn credentials_are_sent_again_and_zxids_do_not_go_back(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        let mut truth = lab.truth();
        truth.auth("digest", "ann:pw").unwrap();
        truth.create("/secret", b"x").unwrap();
        truth.set_acl("/secret", &[crate::support::truth::Acl::new(31, "auth", "")]).unwrap();
        run(async {
            let auth = vec![Auth::parse("digest:ann:pw").unwrap()];
            let config = Config { auth, ..config(&lab.at(proxy.addr())) };
            let live = Live::connect(config).await.unwrap();
            let mut newest = 0;
            for round in 0..20 {
                read_one(&live, Read::Data("/secret".into())).await.unwrap();
                truth.set("/secret", b"y").unwrap();
                if round % 4 == 3 {
                    proxy.cut();
                }
                let zxid = live.client().session().last_zxid;
                assert!(zxid >= newest, "{zxid:#x} after {newest:#x}");
                newest = zxid;
            }
            read_one(&live, Read::Data("/secret".into())).await.unwrap();
            assert_eq!(proxy.connections(), 6);
            assert_eq!(proxy.requests(op::AUTH), 6);
            assert!(live.close().await);
        });
    }

    fn an_idle_session_and_a_busy_caller_keep_their_session(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        run(async {
            let config = Config { session_timeout: Duration::from_millis(900), ..config(&lab.at(proxy.addr())) };
            let (client, mut notices) = Client::open(config).await.unwrap();
            assert_eq!(client.session().timeout, Duration::from_millis(900));
            client.request(&create("/mine", "", CreateMode::Ephemeral)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            // A caller that leaves the thread to the session only now and then.
            let end = Instant::now() + Duration::from_millis(1_500);
            while Instant::now() < end {
                thread::sleep(Duration::from_millis(150));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            client.request(&get("/mine")).await.unwrap();
            assert_eq!(proxy.connections(), 1);
            let pings = proxy.requests(op::PING);
            assert!((3..100).contains(&pings), "{pings} pings in 3 s");
            assert!(matches!(notices.try_recv(), Ok(Notice::State(State::Connected { .. }))));
            assert!(notices.try_recv().is_err(), "no news is good news");
            assert!(client.close().await);
            assert!(lab.truth().exists("/mine").unwrap().is_none());
        });
    }

    fn only_so_many_requests_are_in_flight(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        run(async {
            let (client, _notices) = Client::open(config(&lab.at(proxy.addr()))).await.unwrap();
            client.request(&get("/")).await.unwrap();
            let before = proxy.requests(op::GET_DATA);
            proxy.black_hole();
            let pending: Vec<_> = (0..5_000).map(|_| client.send(&get("/"))).collect();
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(proxy.requests(op::GET_DATA) - before, 1_000);
            proxy.resume();
            for answer in join_all(pending.into_iter().map(|pending| pending.answer())).await {
                answer.unwrap();
            }
            assert_eq!(proxy.requests(op::GET_DATA) - before, 5_000);
            // Two ends at once: both hear of it.
            let (one, two) = tokio::join!(client.close(), client.close());
            assert!(one && two);
        });
    }

    fn an_event_and_the_rest_of_its_transaction_are_not_torn_apart(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        let mut truth = lab.truth();
        for path in ["/a", "/b"] {
            truth.create(path, b"").unwrap();
        }
        run(async {
            let live = Live::connect(config(&lab.at(proxy.addr()))).await.unwrap();
            let other = Live::connect(config(&lab.at(&lab.addr()))).await.unwrap();
            for round in 0..10 {
                let (_, mut a) = live.read_and_watch(Read::Data("/a".into())).await.unwrap();
                let (_, mut b) = live.read_and_watch(Read::Data("/b".into())).await.unwrap();
                // One transaction, two events, and the connection lost between them.
                proxy.cut_at_event(2);
                let set = |path: &str| Write::Set { path: path.into(), data: Some("x".into()), version: None };
                other.multi(vec![set("/a"), set("/b")]).await.unwrap();
                for (name, changes) in [("/a", &mut a), ("/b", &mut b)] {
                    loop {
                        match tokio::time::timeout(SOON, changes.next()).await {
                            Ok(Some(Change::Event(event))) if event.path.as_str() == name => break,
                            Ok(Some(Change::Lost { .. } | Change::Back { .. })) => {}
                            other => panic!("round {round}, {name}: {other:?}"),
                        }
                    }
                }
            }
            live.close().await;
            other.close().await;
        });
    }
}
