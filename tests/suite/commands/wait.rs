//! `wait`.

use std::thread;
use std::time::{Duration, Instant};

use super::{SOON, run, zkx};
use crate::support::proxy::Proxy;
use crate::support::truth::op;

/// Until the command has looked, and watches.
fn settle() {
    thread::sleep(Duration::from_millis(300));
}

on_every_server! {
    fn what_is_so_already_is_not_waited_for(lab: &Lab) {
        lab.truth().create_parents("/a/b").unwrap();
        lab.truth().set("/a/b", b"ready").unwrap();
        for condition in ["exists", "children=0", "children<1", "data=ready", "data!=x", "version>=1"] {
            let output = run(lab, &format!("wait /a/b --for {condition} --timeout 5s")).success();
            assert!(output.out().starts_with(&format!("/a/b: {condition} after ")), "{output}");
        }
        let output = run(lab, "wait /none --for absent -o ndjson").success().out();
        assert!(output.starts_with("{\"path\":\"/none\",\"for\":\"absent\",\"waitedMs\":"), "{output}");
        assert!(output.ends_with(",\"events\":0,\"stat\":null}\n"), "{output}");
    }

    fn each_condition_comes_true(lab: &Lab) {
        let mut truth = lab.truth();
        let mut after = |condition: &str, change: &dyn Fn(&mut crate::support::truth::Truth)| {
            let waiting = zkx(lab, &format!("wait /w --for {condition}")).spawn();
            settle();
            assert_eq!(waiting.stdout(), "", "{condition}");
            change(&mut truth);
            let output = waiting.finish(SOON).success();
            assert!(output.out().starts_with(&format!("/w: {condition} after ")), "{output}");
        };
        after("exists", &|truth| drop(truth.create("/w", b"").unwrap()));
        after("data=go", &|truth| {
            truth.set("/w", b"stay").unwrap();
            truth.set("/w", b"go").unwrap();
        });
        after("children>=2", &|truth| {
            truth.create("/w/1", b"").unwrap();
            truth.create("/w/2", b"").unwrap();
        });
        after("changed", &|truth| truth.delete("/w/1").unwrap());
        after("absent", &|truth| {
            truth.delete("/w/2").unwrap();
            truth.delete("/w").unwrap();
        });
    }

    fn time_is_up(lab: &Lab) {
        let begun = Instant::now();
        let output = run(lab, "wait /a --timeout 300ms").code(5);
        assert!(begun.elapsed() >= Duration::from_millis(300));
        assert_eq!(output.stderr, "error: /a did not become `exists` within 300ms: it does not exist\n");
        lab.truth().create("/a", b"").unwrap();
        let output = run(lab, "wait /a --for data=x --timeout 200ms").code(5);
        assert!(output.stderr.ends_with("within 200ms: it has data version 0 and 0 children\n"), "{output}");
    }
}

on_one_server! {
    fn it_has_to_stay_so(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/a", b"").unwrap();
        let waiting = zkx(lab, "wait /a --for children>=1 --stable-for 1s").spawn();
        settle();
        // Gone again before the time is over, and back: what counts begins anew.
        truth.create("/a/1", b"").unwrap();
        thread::sleep(Duration::from_millis(500));
        truth.delete("/a/1").unwrap();
        truth.create("/a/1", b"").unwrap();
        thread::sleep(Duration::from_millis(700));
        assert_eq!(waiting.stdout(), "");
        let _ = waiting.finish(SOON).success();
    }

    fn nothing_is_asked_in_between(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        let waiting = lab.zkx().server(lab.at(proxy.addr())).args(["wait", "/a"]).spawn();
        settle();
        let asked = proxy.requests(op::EXISTS);
        thread::sleep(Duration::from_secs(1));
        assert_eq!(proxy.requests(op::EXISTS), asked);
        lab.truth().create("/a", b"").unwrap();
        let _ = waiting.finish(SOON).success();
    }

    fn a_cut_connection_is_survived(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        let waiting = lab.zkx().server(lab.at(proxy.addr())).args(["wait", "/a", "--for", "data=x"]).spawn();
        settle();
        proxy.cut();
        lab.truth().create("/a", b"x").unwrap();
        let _ = waiting.finish(SOON).success();
    }

    fn conditions_that_are_none(lab: &Lab) {
        let output = run(lab, "wait /a --for there").code(2);
        assert_eq!(
            output.stderr,
            "error: `there` is no condition: it is one of exists, absent, changed, children>=N, version>=N, \
             data=TEXT or data!=TEXT\n"
        );
        assert!(run(lab, "wait /a --for children>=x").code(2).stderr.contains("`x` is no number"));
    }
}
