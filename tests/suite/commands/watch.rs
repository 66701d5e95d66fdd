//! `watch`: a stream of changes, on servers with persistent watches and without.

use std::thread;
use std::time::Duration;

use super::{SOON, run, sample, start};
use crate::support::lab::Lab;
use crate::support::proxy::Proxy;
use crate::support::truth::Truth;
use crate::support::wait_for;
use crate::support::zkx::Zkx;

on_every_server! {
    fn each_kind_of_change_is_a_line(lab: &Lab) {
        let watching = start(lab, "watch /a", "note: watching /a\n");
        let mut truth = lab.truth();
        for (change, name) in [
            ("create", "NodeCreated"),
            ("set", "NodeDataChanged"),
            ("child", "NodeChildrenChanged"),
            ("no child", "NodeChildrenChanged"),
            ("delete", "NodeDeleted"),
            ("again", "NodeCreated"),
        ] {
            let before = watching.stdout().lines().count();
            match change {
                "create" | "again" => drop(truth.create("/a", b"1").unwrap()),
                "set" => drop(truth.set("/a", b"2").unwrap()),
                "child" => drop(truth.create("/a/b", b"").unwrap()),
                "no child" => truth.delete("/a/b").unwrap(),
                _ => truth.delete("/a").unwrap(),
            }
            watching.wait_stdout(|shown| shown.ends_with('\n') && shown.lines().count() == before + 1, SOON);
            // Until a one-shot watch is set again.
            thread::sleep(Duration::from_millis(100));
            let shown = watching.stdout();
            let line = shown.lines().last().unwrap();
            assert!(line.ends_with(&format!("  {name:<19}  /a")), "{change}: {shown}");
        }
        let ended = watching.stop().code(130);
        assert_eq!(ended.stderr, "note: watching /a\n");
    }

    fn values_show_before_and_after(lab: &Lab) {
        sample(&mut lab.truth());
        let watching = start(lab, "watch --values /app -n 4", "watching /app");
        let mut truth = lab.truth();
        for (nth, expected) in ["hello → new", "+node-11", "-node-9", "new → (binary, 2 B)"].into_iter().enumerate() {
            match nth {
                0 => drop(truth.set("/app", b"new").unwrap()),
                1 => drop(truth.create("/app/node-11", b"x").unwrap()),
                2 => truth.delete("/app/node-9").unwrap(),
                _ => drop(truth.set("/app", b"\xff\x00").unwrap()),
            }
            watching.wait_line_containing(&format!("/app  {expected}"), SOON);
        }
        watching.finish(SOON).success();
    }

    fn everything_below_is_watched_where_wanted(lab: &Lab) {
        sample(&mut lab.truth());
        let watching = start(lab, "watch -R /app", "watching /app and everything below");
        let mut truth = lab.truth();
        truth.set("/app/config/db", b"x").unwrap();
        watching.wait_line_containing("NodeDataChanged      /app/config/db", SOON);
        truth.create("/app/config/new", b"x").unwrap();
        watching.wait_line_containing("NodeCreated          /app/config/new", SOON);
        truth.set("/app/config/new", b"y").unwrap();
        watching.wait_line_containing("NodeDataChanged      /app/config/new", SOON);
        truth.delete("/app/config/new").unwrap();
        watching.wait_line_containing("NodeDeleted          /app/config/new", SOON);
        watching.stop().code(130);
    }

    fn it_ends_after_so_many_changes(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        let watching = start(lab, "watch -n 2 /a", "watching /a");
        let mut truth = lab.truth();
        truth.set("/a", b"1").unwrap();
        watching.wait_line_containing("NodeDataChanged", SOON);
        truth.set("/a", b"2").unwrap();
        let ended = watching.finish(SOON).success();
        assert_eq!(ended.out().lines().count(), 2, "{ended}");
    }

    fn time_is_up_is_an_error_only_where_changes_are_missing(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        let output = run(lab, "watch --timeout 200ms /a").success();
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("", "note: watching /a\n"));
        let output = run(lab, "-q watch -n 3 --timeout 300ms /a").code(5);
        assert_eq!(output.stderr, "error: only 0 of 3 changes of /a within 300ms\n");
        run(lab, "watch --timeout soon /a").code(2);
    }

    fn json_has_a_row_for_each_change(lab: &Lab) {
        lab.truth().create("/a", b"old").unwrap();
        let watching = start(lab, "-o ndjson watch --values -n 1 /a", "watching /a");
        lab.truth().set("/a", b"new").unwrap();
        let row: serde_json::Value = serde_json::from_str(&watching.finish(SOON).success().out()).unwrap();
        assert_eq!((&row["type"], &row["path"]), (&"NodeDataChanged".into(), &"/a".into()));
        assert_eq!((&row["old"]["data"], &row["new"]["data"]), (&"old".into(), &"new".into()));
        assert_eq!(row.get("zxid").is_some(), lab.version().minor() >= 9);
        let watching = start(lab, "-o json watch /a", "watching /a");
        lab.truth().set("/a", b"newer").unwrap();
        watching.wait_stdout(|shown| shown.contains("NodeDataChanged"), SOON);
        let rows: serde_json::Value = serde_json::from_str(&watching.stop().code(130).out()).unwrap();
        assert_eq!(rows.as_array().map(Vec::len), Some(1));
    }

    /// Watches of 3.4 and 3.5 fire once: what happens until they are set again is counted.
    fn a_burst_adds_up(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        burst(lab, 200, |truth, n| {
            truth.set("/a", n.to_string().as_bytes()).unwrap();
        });
    }

    fn a_burst_of_children_adds_up(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        burst(lab, 200, |truth, n| match n % 2 {
            0 => drop(truth.create("/a/b", b"").unwrap()),
            _ => truth.delete("/a/b").unwrap(),
        });
    }

    fn what_is_not_there_yet_can_be_watched(lab: &Lab) {
        let watching = start(lab, "watch -n 1 /late", "watching /late");
        lab.truth().create("/late", b"").unwrap();
        watching.wait_line_containing("NodeCreated          /late", SOON);
        watching.finish(SOON).success();
    }

    fn it_ends_quietly_when_nobody_reads(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        let script = format!("{} watch /a | head -1", env!("CARGO_BIN_EXE_zkx"));
        let piped = crate::support::zkx::Zkx::program("sh")
            .args(["-c", &script])
            .env("ZKX_SERVER", lab.at(&lab.addr()))
            .spawn();
        piped.wait_stderr_containing("watching /a", SOON);
        let mut truth = lab.truth();
        truth.set("/a", b"1").unwrap();
        piped.wait_line_containing("NodeDataChanged", SOON);
        // The first of these finds out that nobody reads any more.
        for _ in 0..3 {
            truth.set("/a", b"x").unwrap();
            thread::sleep(Duration::from_millis(100));
        }
        let ended = piped.finish(SOON).success();
        assert_eq!(ended.stderr, "note: watching /a\n");
    }
}

/// Makes `changes` of `/a` as fast as can be; the events, and what was missed between them, must
/// add up.
fn burst(lab: &Lab, changes: i64, mut change: impl FnMut(&mut Truth, i64)) {
    let watching = start(lab, "-o ndjson watch /a", "watching /a");
    let mut truth = lab.truth();
    (0..changes).for_each(|n| change(&mut truth, n));
    let total = || -> i64 {
        let shown = watching.stdout();
        let whole = &shown[..shown.rfind('\n').map_or(0, |end| end + 1)];
        let rows = whole.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        rows.map(|row| if row["type"] == "Missed" { row["changes"].as_i64().unwrap() } else { 1 }).sum()
    };
    wait_for("all changes to be accounted for", SOON, || (total() >= changes).then_some(()));
    thread::sleep(Duration::from_millis(300));
    assert_eq!(total(), changes, "{}", watching.stdout());
    watching.stop().code(130);
}

on_every_server! {
    fn what_happened_while_away_is_told_once(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        let mut truth = lab.truth();
        truth.create("/goes", b"old").unwrap();
        truth.create("/stays", b"1").unwrap();
        let watching = |path: &str| {
            let running = Zkx::new().server(lab.at(proxy.addr())).args(["watch", "--values", path]).spawn();
            running.wait_stderr_containing("watching", Duration::from_secs(10));
            running
        };
        let (goes, stays) = (watching("/goes"), watching("/stays"));
        proxy.refuse();
        proxy.cut();
        truth.delete("/goes").unwrap();
        truth.set("/stays", b"2").unwrap();
        proxy.resume();
        let gone = goes.wait_line_containing("NodeDeleted", Duration::from_secs(20));
        assert!(gone.contains("/goes  old"), "{gone}");
        let set = stays.wait_line_containing("NodeDataChanged", Duration::from_secs(20));
        assert!(set.contains("/stays  1 → 2"), "{set}");
        truth.set("/stays", b"3").unwrap();
        stays.wait_line_containing("2 → 3", Duration::from_secs(20));
        assert_eq!(goes.stop().out().matches("NodeDeleted").count(), 1);
        assert_eq!(stays.stop().out().matches("NodeDataChanged").count(), 2);
    }
}
