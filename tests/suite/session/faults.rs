//! Servers that stand still, talk nonsense or come to late requests, seen from the session.

use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use zkx::client::{Cause, Client, Config, RequestError};
use zkx::store::live::Live;
use zkx::store::{Failure, Read, Store, Write, read_one};

use super::{SOON, config, get, run, set};
use crate::support::lab::Lab;
use crate::support::proxy::{Proxy, Seen};
use crate::support::servers::{self, Version};
use crate::support::truth::Truth;
use crate::support::wait_for;

/// What this thread has used so far; nothing where the system does not tell.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ').skip(11).take(2);
    // A tick is 10 ms.
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// More than a socket takes is handed over while the server stands still; then it dies.
#[test]
fn what_was_never_written_is_done_once_by_the_next_connection() {
    let Some(server) = servers::private_server(Version::V3_8) else { return };
    let mut truth = Truth::connect(&server.addr()).unwrap();
    for n in 0..40 {
        truth.create(&format!("/{n}"), b"").unwrap();
    }
    truth.close().unwrap();
    run(async {
        let (client, _notices) = Client::open(config(&server.addr())).await.unwrap();
        client.request(&get("/")).await.unwrap();
        server.stop_cont(true);
        let pending: Vec<_> =
            (0..40).map(|n| client.send(&set(&format!("/{n}"), vec![b'x'; 900_000], -1))).collect();
        let before = processor_time();
        // Longer than it takes until a ping is due, which cannot be written either.
        tokio::time::sleep(Duration::from_millis(2_000)).await;
        let spent = processor_time() - before;
        assert!(spent < Duration::from_millis(300), "{spent:?} of processor time for waiting");
        let restart = tokio::task::spawn_blocking({
            let server = std::sync::Arc::new(server);
            move || {
                server.restart();
                server
            }
        });
        let answers = join_all(pending.into_iter().map(|pending| pending.answer())).await;
        let server = restart.await.unwrap();
        let mut truth = Truth::connect(&server.addr()).unwrap();
        let (mut done, mut unanswered) = (0, 0);
        for (n, answer) in answers.iter().enumerate() {
            let version = truth.exists(&format!("/{n}")).unwrap().unwrap().version;
            match answer {
                Ok(_) => {
                    assert_eq!(version, 1, "/{n}");
                    done += 1;
                }
                Err(RequestError::Unanswered { cause: Cause::ConnectionLost(_), .. }) => {
                    // It stood still until it was killed.
                    assert_eq!(version, 0, "/{n}");
                    unanswered += 1;
                }
                Err(other) => panic!("/{n}: {other:?}"),
            }
        }
        println!("{done} done by the next connection, {unanswered} written and unanswered");
        assert!(done > 0 && unanswered > 0, "{done} done, {unanswered} unanswered");
        client.close().await;
    });
}

/// A server that takes sessions and answers with nonsense must not be asked without a pause.
#[test]
fn nonsense_behind_the_handshake_is_reported_and_not_hammered() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let accepted = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&accepted);
    thread::spawn(move || {
        use std::io::{Read, Write};
        for mut stream in listener.incoming().flatten() {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut bytes = [0; 4096];
            let _ = stream.read(&mut bytes);
            let mut welcome =
                vec![0, 0, 0, 37, 0, 0, 0, 0, 0, 0, 0x0f, 0xa0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 16];
            welcome.extend_from_slice(&[0; 17]);
            let _ = stream.write_all(&welcome);
            let _ = stream.read(&mut bytes);
            let _ = stream.write_all(b"\xff\xff\xff\xffnonsense");
        }
    });
    run(async {
        let config = Config { request_timeout: Duration::from_secs(2), ..config(&addr) };
        let live = Live::connect(config).await.unwrap();
        let asked = Instant::now();
        let failure = read_one(&live, Read::Data("/".into())).await.unwrap_err();
        let Failure::Disconnected(why) = &failure else { panic!("{failure:?}") };
        assert!(why.contains("the server sent a frame") || why.contains("no answer within"), "{why}");
        assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
        let connections = accepted.load(std::sync::atomic::Ordering::SeqCst);
        assert!(connections < 30, "{connections} connections in {:?}", asked.elapsed());
    });
}

/// Held up in the network, a write arrives after its session has gone to another server.
#[test]
fn a_write_that_arrives_late_is_fenced_off() {
    let Some(ensemble) = servers::shared_ensemble() else { return };
    let Some(lab) = Lab::named("session.fenced", Version::V3_9) else { return };
    let [slow, fast] = [0, 1].map(|n| Proxy::to(&ensemble.servers()[n].addr()));
    let mut truth = lab.truth();
    truth.create("/x", b"old").unwrap();
    run(async {
        fast.refuse();
        let servers = lab.at(&format!("{},{}", slow.addr(), fast.addr()));
        let config = Config { session_timeout: Duration::from_millis(1_500), ..config(&servers) };
        let live = Live::connect(config).await.unwrap();
        live.sync("/".into()).await.unwrap();
        slow.black_hole();
        fast.resume();
        let set =
            |data: &str| Write::Set { path: "/x".into(), data: Some(data.to_owned().into()), version: None };
        let written = live.write(set("once")).await.unwrap();
        assert_eq!(written.stat.unwrap().version, 1);
        let session = live.session();
        assert_eq!(session.server, fast.addr());
        // Now the first copy reaches the first server.
        slow.resume();
        wait_for("the late write to arrive", SOON, || {
            let answered = |seen: &Seen| matches!(seen, Seen::Reply { .. } | Seen::Cut { .. });
            slow.log().iter().any(answered).then_some(())
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(live.write(set("twice")).await.unwrap().stat.unwrap().version, 2);
        truth.sync().unwrap();
        assert_eq!(truth.exists("/x").unwrap().unwrap().version, 2);
        assert!(live.close().await);
    });
}
