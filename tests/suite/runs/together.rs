//! Loops whose writes go out together, and end as if they had been made one after another.

use std::collections::BTreeMap;

use std::time::Duration;

use crate::support::lab::Lab;
use crate::support::proxy::{ANY_WRITE, Proxy, Seen};
use crate::support::truth::op;
use crate::support::wait_for;
use crate::support::zkx::Output;

fn run(lab: &Lab, steps: &str) -> Output {
    lab.zkx().file("s.yaml", format!("zkx: 1\n{steps}")).args(["run", "s.yaml", "--journal", "j"]).run()
}

/// Paths and texts of all znodes.
fn left(lab: &Lab) -> BTreeMap<String, String> {
    let mut truth = lab.truth();
    let paths = truth.subtree("/").unwrap().into_iter().filter(|path| path != "/");
    let text = |data: Option<Vec<u8>>| String::from_utf8(data.unwrap_or_default()).unwrap();
    paths.map(|path| (path.clone(), text(truth.get(&path).unwrap().0))).collect()
}

fn names(lab: &Lab) -> String {
    left(lab).into_keys().collect::<Vec<_>>().join(" ")
}

on_every_server! {
    fn a_loop_of_creates_takes_few_requests(lab: &Lab) {
        let proxy = Proxy::to(&lab.addr());
        let steps = "steps:\n  - for_each: {range: [1, 1000]}\n    create: {path: '/n${ item }', data: 'd${ item }'}\n";
        let zkx = lab.zkx().server(lab.at(proxy.addr()));
        let output = zkx.file("s.yaml", format!("zkx: 1\n{steps}")).args(["run", "s.yaml"]).run().success();
        assert!(output.out().ends_with("1000 changed, 0 unchanged\n"), "{output}");
        let requests = |wanted: i32| {
            let log = proxy.log();
            log.iter().filter(|seen| matches!(seen, Seen::Request { op, .. } if *op == wanted)).count()
        };
        assert_eq!(requests(op::CREATE), 0);
        assert!(requests(op::MULTI) < 10, "{} transactions", requests(op::MULTI));
        let left = left(lab);
        assert_eq!(left.len(), 1000);
        assert!((1..=1000).all(|item| left[&format!("/n{item}")] == format!("d{item}")));
    }
}

on_one_server! {
    fn what_stands_before_a_failure_is_made_and_nothing_behind_it(lab: &Lab) {
        let items = "[/a, /a/b, /c, /missing/x, /d, /e]";
        let output = run(lab, &format!("steps:\n  - for_each: {items}\n    create: {{path: '${{ item }}'}}\n")).code(1);
        assert!(output.stderr.contains("step 1[/missing/x]: cannot create /missing/x"), "{output}");
        assert_eq!(names(lab), "/a /a/b /c");
    }

    fn a_failure_that_is_ignored_stops_nothing(lab: &Lab) {
        let steps = "steps:\n  - for_each: [/a, /x/y, /b, /b, /c, /x/z, /d]\n    create: {path: '${ item }'}\n    ignore_errors: true\n";
        let output = run(lab, steps).success();
        assert!(output.out().ends_with("4 changed, 0 unchanged, 3 ignored\n"), "{output}");
        assert_eq!(names(lab), "/a /b /c /d");
    }

    fn what_is_there_already_is_left(lab: &Lab) {
        lab.zkx().args(["create", "/n50", "own"]).run().success();
        let steps = "steps:\n  - for_each: {range: [1, 100]}\n    create: {path: '/n${ item }', data: new, exists: ok}\n";
        assert!(run(lab, steps).success().out().ends_with("99 changed, 1 unchanged\n"));
        let left = left(lab);
        assert_eq!((left.len(), left["/n50"].as_str(), left["/n51"].as_str()), (100, "own", "new"));
    }

    fn each_turn_sees_what_those_before_it_wrote(lab: &Lab) {
        let steps = "steps:\n  - create: {path: /count, data: '0'}\n  - for_each: {range: [1, 70]}\n    \
                     set: {path: /count, data: \"${ get('/count') | int + 1 }\"}\n  - create: {path: /list}\n  - \
                     for_each: {range: [1, 20]}\n    create: {path: '/list/${ item }', data: \"${ children('/list') | length }\"}\n  - \
                     for_each: {range: [1, 20]}\n    modify: {path: /count, value: \"current | int + 1\"}\n  - \
                     for_each: [a, b, a, c, b]\n    ensure: {path: '/e/${ item }', data: \"${ index }\"}\n";
        run(lab, steps).success();
        let left = left(lab);
        assert_eq!(left["/count"], "90");
        assert!((1..=20).all(|item| left[&format!("/list/{item}")] == (item - 1).to_string()));
        assert_eq!([&left["/e/a"], &left["/e/b"], &left["/e/c"]], ["2", "4", "3"]);
    }

    fn a_guard_ends_a_loop_where_it_would_have_ended_it(lab: &Lab) {
        let steps = "guard: {max_changes: 70}\nsteps:\n  - for_each: {range: [1, 100]}\n    ensure: {path: '/n${ item }'}\n";
        let output = run(lab, steps).code(2);
        assert!(output.stderr.contains("step 1[71]: the guard allows no more changes"), "{output}");
        assert_eq!(left(lab).len(), 70);
    }

    fn large_data_is_spread_over_transactions(lab: &Lab) {
        let steps = "vars: {much: {type: string, default: '0123456789'}}\nsteps:\n  - for_each: {range: [1, 60]}\n    \
                     create: {path: '/n${ item }', data: \"${ much * 3000 }\"}\n";
        run(lab, steps).success();
        let left = left(lab);
        assert_eq!(left.len(), 60);
        assert!(left.values().all(|data| data.len() == 30_000));
    }

    fn what_is_registered_has_all_turns_in_their_order(lab: &Lab) {
        let steps = "steps:\n  - create: {path: /n3}\n  - for_each: {range: [1, 5]}\n    create: {path: '/n${ item }', data: xy}\n    \
                     ignore_errors: [NodeExists]\n    register: made\n  - print: \"${ made.results | map(attribute='item') | list | tojson } \
                     ${ made.results | map(attribute='failed') | list | tojson } ${ made.results[4].stat.dataLength } \
                     ${ made.changed } ${ made.failed }\"\n";
        let output = run(lab, steps).success();
        assert!(output.out().contains("[1,2,3,4,5] [false,false,true,false,false] 2 true true\n"), "{output}");
    }

    fn loops_side_by_side_tell_all_they_do(lab: &Lab) {
        let each = |name: &str| format!("{{for_each: {{range: [1, 300]}}, create: {{path: '/{name}${{ item }}'}}}}");
        let steps = format!("steps:\n  - parallel: {{steps: [{}, {}, {}]}}\n", each("a"), each("b"), each("c"));
        let output = run(lab, &steps).success();
        assert!(output.out().ends_with("900 changed, 0 unchanged\n"), "{output}");
        assert_eq!(output.out().lines().filter(|line| line.starts_with('✓')).count(), 900);
        assert_eq!(left(lab).len(), 900);
    }

    fn what_is_read_is_what_transactions_before_have_left(lab: &Lab) {
        // Those behind come to their writes while the first 64 are written, which they read.
        let data = "\"${ 0 if item <= 64 else get('/n' ~ (item - 64)) | int + 1 }\"";
        let steps = format!("steps:\n  - for_each: {{range: [1, 400]}}\n    create: {{path: '/n${{ item }}', data: {data}}}\n");
        run(lab, &steps).success();
        let left = left(lab);
        assert!((1..=400).all(|item| left[&format!("/n{item}")] == ((item - 1) / 64).to_string()), "{left:?}");
    }

    fn what_was_ready_too_early_counts_once(lab: &Lab) {
        lab.zkx().args(["create", "/n100", "own"]).run().success();
        lab.zkx().args(["create", "/n300", "own"]).run().success();
        let steps = |most: i32, last: i32| format!("guard: {{max_changes: {most}}}\nsteps:\n  - for_each: {{range: [1, {last}]}}\n    \
                     create: {{path: '/n${{ item }}'}}\n    ignore_errors: [NodeExists]\n");
        let output = run(lab, &steps(498, 500)).success();
        assert!(output.out().ends_with("498 changed, 0 unchanged, 2 ignored\n"), "{output}");
        let output = run(lab, &steps(9, 510)).code(2);
        assert!(output.stderr.contains("step 1[510]: the guard allows no more changes"), "{output}");
        assert_eq!(left(lab).len(), 509);
    }

    fn what_is_killed_between_transactions_comes_to_its_end(lab: &Lab) {
        let script = "zkx: 1\nsteps:\n  - create: {path: /w}\n  - for_each: {range: [1, 400]}\n    create: {path: '/w/n${ item }', data: '0'}\n  - \
                      for_each: {range: [1, 400]}\n    modify: {path: '/w/n${ item }', value: 'current | int + 1'}\n";
        for (nth, after) in [(3, false), (3, true), (6, false), (6, true)] {
            let proxy = Proxy::to(&lab.addr());
            match after {
                true => proxy.stall_after(ANY_WRITE, nth),
                false => proxy.stall_before(ANY_WRITE, nth),
            }
            let journals = tempfile::TempDir::new().unwrap();
            let zkx = || {
                let zkx = lab.zkx().server(lab.at(proxy.addr())).file("s.yaml", script);
                zkx.args(["run", "s.yaml", "--journal"]).arg(journals.path())
            };
            let running = zkx().spawn();
            wait_for("the transaction", Duration::from_secs(60), || (proxy.stalls() > 0).then_some(()));
            running.signal("KILL");
            let _ = running.finish(Duration::from_secs(10));
            let _ = zkx().arg("--resume").timeout(Duration::from_secs(60)).run().success();
            let mut left = left(lab);
            left.remove("/w");
            assert!(left.len() == 400 && left.values().all(|data| data == "1"), "killed at {nth}: {left:?}");
            lab.truth().delete_subtree("/w").unwrap();
        }
    }

    fn an_undone_loop_leaves_nothing(lab: &Lab) {
        let steps = "on_failure: rollback\nsteps:\n  - for_each: {range: [1, 200]}\n    create: {path: '/n${ item }'}\n  - \
                     for_each: {range: [1, 200]}\n    set: {path: '/n${ item }', data: x}\n  - fail: on purpose\n";
        run(lab, steps).code(1);
        assert_eq!(names(lab), "");
    }
}
