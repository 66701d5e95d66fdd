//! Loops whose writes go out together, and end as if they had been made one after another.

use std::collections::BTreeMap;

use crate::support::lab::Lab;
use crate::support::proxy::{Proxy, Seen};
use crate::support::truth::op;
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

    fn an_undone_loop_leaves_nothing(lab: &Lab) {
        let steps = "on_failure: rollback\nsteps:\n  - for_each: {range: [1, 200]}\n    create: {path: '/n${ item }'}\n  - \
                     for_each: {range: [1, 200]}\n    set: {path: '/n${ item }', data: x}\n  - fail: on purpose\n";
        run(lab, steps).code(1);
        assert_eq!(names(lab), "");
    }
}
