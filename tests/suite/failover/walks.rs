//! Commands that read a large tree while the server they read from goes away.

use std::thread;
use std::time::{Duration, Instant};

use super::{Fault, Gate, SOON, ensemble, heal, judge_beside, place};
use crate::support::zkx::Zkx;

const NODES: usize = 20_000;

#[test]
fn walks_survive_the_loss_of_their_server() {
    let Some(ensemble) = ensemble() else { return };
    let mut truth = judge_beside(&ensemble, usize::MAX);
    let dirs = (0..20).map(|dir| (format!("/big/{dir:02}"), vec![]));
    let leaves = (0..NODES - 21).map(|n| (format!("/big/{:02}/{n:05}", n % 20), vec![b'x'; 20]));
    truth.create_many([("/big".to_owned(), vec![])].into_iter().chain(dirs).chain(leaves)).unwrap();
    drop(truth);
    let zkx = |servers: &str| Zkx::new().server(servers).args(["--session-timeout", "2s"]);
    let all = ensemble.connect_string();
    let whole = |command: &[&str]| zkx(&all).args(command.iter().copied()).run().success().out();
    let listed = whole(&["ls", "-R", "/big"]);
    assert_eq!(listed.lines().count(), NODES);
    let drawn = whole(&["tree", "/big"]);

    for (fault, leads, command, expected) in [
        (Fault::Kill, false, "ls", &listed),
        (Fault::Stop, false, "ls", &listed),
        (Fault::Kill, true, "ls", &listed),
        (Fault::Kill, false, "tree", &drawn),
        (Fault::Stop, true, "tree", &drawn),
    ] {
        let server = if leads { ensemble.leader() } else { ensemble.follower() };
        let gate = Gate::to(&ensemble);
        gate.only(place(&ensemble, server));
        gate.0.iter().for_each(|proxy| proxy.delay(Duration::from_millis(25)));
        let args: &[_] = if command == "ls" { &["ls", "-R", "/big"] } else { &["tree", "/big"] };
        let running = zkx(&gate.servers()).args(args.iter().copied()).spawn();
        // In the midst of it: the first lines are there and the last are not.
        running.wait_stdout(|stdout| stdout.len() > 1_000, SOON);
        let before = running.stdout().len();
        gate.open();
        fault.strike(server);
        let struck = Instant::now();
        let output = running.finish(SOON).success();
        let what =
            format!("{command}, {fault:?}, leader: {leads}, {before} of {} bytes before", expected.len());
        assert!(before < expected.len(), "{what}");
        assert!(output.out() == *expected, "{what}: not the same tree");
        let notes = if command == "ls" { "" } else { "note: 20,000 znodes\n" };
        assert_eq!(output.stderr, notes, "{what}");
        assert!(gate.connections() > 1, "{what}: the fault came too late");
        assert!(struck.elapsed() < Duration::from_secs(15), "{what}: {:?}", struck.elapsed());
        heal(&ensemble);
        thread::sleep(Duration::from_millis(100));
    }
    let mut truth = judge_beside(&ensemble, usize::MAX);
    truth.delete_subtree("/big").unwrap();
}
