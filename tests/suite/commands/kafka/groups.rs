//! `kafka groups`, `kafka group`.

use super::*;
use crate::support::fake::{DeadPort, Fake};

const MEMBER: &str = "billing_vm-1795340437686-65c6f609";

/// In [`troubled`]: `billing` lives and reads `orders`, `archive` has gone, `clicks` was committed by
/// clients that kept nothing else here. The member lives as long as what is returned.
fn groups(lab: &Lab) -> Vec<Truth> {
    let brokers = troubled(lab);
    let mut truth = lab.truth();
    for (path, text) in [
        ("/consumers/billing/offsets/orders/0", "333"),
        ("/consumers/billing/offsets/orders/1", "334"),
        ("/consumers/archive/offsets/orders/0", "12"),
        ("/consumers/archive/offsets/gone/0", "5"),
        ("/consumers/clicks/offsets/orders/2", "42"),
    ] {
        put(&mut truth, path, text);
    }
    for path in ["/consumers/archive/ids", "/consumers/archive/owners/orders", "/consumers/billing/ids"] {
        truth.create_parents(path).unwrap();
    }
    let subscription =
        r#"{"version":1,"subscription":{"orders":2},"pattern":"static","timestamp":"1570701004383"}"#;
    let ids = format!("/consumers/billing/ids/{MEMBER}");
    truth.create_as(&ids, Some(subscription.as_bytes()), &Acl::open(), truth::EPHEMERAL).unwrap();
    truth.create_parents("/consumers/billing/owners/orders").unwrap();
    for (partition, thread) in [(0, format!("{MEMBER}-0")), (1, "billing_vm-1-00000000-0".to_owned())] {
        let path = format!("/consumers/billing/owners/orders/{partition}");
        truth.create_as(&path, Some(thread.as_bytes()), &Acl::open(), truth::EPHEMERAL).unwrap();
    }
    vec![brokers, truth]
}

fn words(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}

fn json(lab: &Lab, line: &str) -> serde_json::Value {
    let shown = run(lab, &format!("-o json {line}")).success().out();
    serde_json::from_str(&shown).unwrap()
}

on_every_server! {
    fn groups_are_listed(lab: &Lab) {
        let _alive = groups(lab);
        let rows = json(lab, "kafka groups");
        let row = |row: &serde_json::Value| {
            let number = |key: &str| row[key].as_i64().unwrap();
            let state = row["state"].as_str().unwrap();
            assert!(row["lastCommit"].as_i64().unwrap() > 1_600_000_000_000);
            (row["group"].as_str().unwrap().to_owned(), state.to_owned(), ["members", "topics", "offsets", "owned"].map(number))
        };
        let rows: Vec<_> = rows.as_array().unwrap().iter().map(row).collect();
        let expected = [
            ("archive", "empty", [0, 2, 2, 0]),
            ("billing", "active", [1, 1, 2, 2]),
            ("clicks", "offsets-only", [0, 1, 1, 0]),
        ];
        assert_eq!(rows, expected.map(|(group, state, numbers)| (group.to_owned(), state.to_owned(), numbers)));
        let names = |line: &str| {
            let shown = run(lab, line).success().out();
            shown.lines().skip(1).map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("kafka groups"), ["archive", "billing", "clicks"]);
        assert_eq!(names("kafka groups ?????"), Vec::<String>::new());
        assert_eq!(names("kafka groups [a-b]*"), ["archive", "billing"]);
        assert_eq!(names("kafka groups --topic gone"), ["archive"]);
        assert_eq!(names("kafka groups --state offsets-only"), ["clicks"]);
        let unknown = run(lab, "kafka groups biling").code(1).stderr;
        assert!(unknown.contains("hint: did you mean `billing`?"), "{unknown}");
    }

    fn a_group_is_shown_with_members_and_partitions(lab: &Lab) {
        let _alive = groups(lab);
        let shown = run(lab, "kafka group billing").success().out();
        let lines = words(&shown);
        assert_eq!((&lines[0], &lines[1]), (&vec!["group", "billing"], &vec!["state", "active"]));
        let cut = |line: &Vec<&str>| [&line[..4], &line[6..]].concat().join(" ");
        let table: Vec<_> = lines[4..7].iter().map(cut).collect();
        assert_eq!(table, [
            format!("orders 0 333 1 {MEMBER}-0"),
            "orders 1 334 1 billing_vm-1-00000000-0 its owner is no member of the group".to_owned(),
            // Neither offset nor leader.
            "orders 2 - - - nobody consumes it".to_owned(),
        ].map(|line| line.replace("2 - - - nobody", "2 - - nobody")));
        let member = &lines[9];
        assert_eq!(member[..3], [MEMBER, "orders:2", "1"]);
        let only = |line: &str| json(lab, line).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(only("kafka group billing --members"), ["group", "state", "lastCommit", "members"]);
        assert_eq!(only("kafka group billing --offsets"), ["group", "state", "lastCommit", "partitions"]);
        let view = json(lab, "kafka group billing");
        assert_eq!(view["members"][0]["host"], "vm");
        assert_eq!(view["partitions"][0]["member"], MEMBER);
        assert_eq!(view["partitions"][1]["member"], serde_json::Value::Null);
    }

    fn topics_that_are_gone_are_said_to_be(lab: &Lab) {
        let _alive = groups(lab);
        let shown = run(lab, "kafka group archive --topic gone").success().out();
        assert!(shown.lines().last().unwrap().ends_with("there is no such topic"), "{shown}");
        let foreign = run(lab, "kafka group archive --topic moving").code(1).stderr;
        assert!(foreign.contains("nothing to do with a topic moving\nhint: its topics are gone, orders"), "{foreign}");
        let unknown = run(lab, "kafka group nobody").code(1).stderr;
        assert!(unknown.starts_with("error: there is no consumer group nobody below /\nhint: "), "{unknown}");
    }

    fn what_may_not_be_read_is_said(lab: &Lab) {
        let mut alive = groups(lab);
        let truth = alive.last_mut().unwrap();
        truth.set_acl("/consumers/clicks/offsets/orders/2", &[Acl::new(4, "world", "anyone")]).unwrap();
        put(truth, "/consumers/hidden/ids", "");
        truth.set_acl("/consumers/hidden/ids", &[Acl::new(4, "world", "anyone")]).unwrap();
        let shown = run(lab, "kafka group clicks").success().out();
        assert!(shown.contains("its offset cannot be read: it may not be read (NoAuth)"), "{shown}");
        let rows = json(lab, "kafka groups");
        let hidden = rows.as_array().unwrap().last().unwrap();
        assert_eq!((&hidden["state"], &hidden["problems"][0]), (&"unknown".into(), &"ids: it may not be listed (NoAuth)".into()));
    }

    fn the_layout_of_0_7_is_read(lab: &Lab) {
        let _brokers = ancient(lab);
        let mut truth = lab.truth();
        put(&mut truth, "/consumers/old/offsets/demo/0-0", "115");
        put(&mut truth, "/consumers/old/offsets/demo/9-0", "7");
        truth.create_parents("/consumers/old/ids").unwrap();
        truth.create_as("/consumers/old/ids/old_h-1-00000000", Some(br#"{ "demo": 1 }"#), &Acl::open(), truth::EPHEMERAL).unwrap();
        put(&mut truth, "/consumers/old/owners/demo/0-0", "old_h-1-00000000-0");
        let view = json(lab, "kafka group old");
        let partitions: Vec<_> = view["partitions"].as_array().unwrap().iter().map(|row| row["partition"].as_str().unwrap()).collect();
        assert_eq!(partitions, ["0-0", "0-1", "1-0", "9-0"]);
        let first = &view["partitions"][0];
        assert_eq!((&first["offset"], &first["unit"], &first["leader"]), (&115.into(), &"bytes".into(), &0.into()));
        assert_eq!(view["partitions"][3]["problems"][0], "no broker holds it just now");
    }
}

on_one_server! {
    fn brokers_that_cannot_be_asked_are_named(lab: &Lab) {
        let _alive = groups(lab);
        let (dead, silent) = (DeadPort::new(), Fake::silent());
        let line = format!("kafka group billing --lag --timeout 300ms --broker 1={}", dead.addr());
        let output = run(lab, &line).code(5);
        assert!(output.out().contains(&format!("broker 1: {}: connection refused", dead.addr())), "{output}");
        assert!(output.out().contains("lag          unknown\n"), "{output}");
        assert!(output.out().contains("nobody consumes it; it has no leader"), "{output}");
        let line = format!("-o json kafka group billing --lag --timeout 300ms --broker 1={}", silent.addr());
        let output = run(lab, &line).code(5);
        let view: serde_json::Value = serde_json::from_str(&output.out()).unwrap();
        let why = format!("broker 1: {}: no answer within 300ms", silent.addr());
        assert_eq!(view["partitions"][0]["unknown"], why);
        assert_eq!(view["lag"]["unknown"], 2);
        let checker = format!("kafka group billing --format checker --timeout 300ms --broker 1={}", dead.addr());
        let output = run(lab, &checker).code(5);
        assert_eq!(output.out(), format!(
            "Group           Topic                          Pid Offset          logSize         Lag             Owner\n\
             billing         orders                         0   333             unknown         unknown         {MEMBER}-0\n\
             billing         orders                         1   334             unknown         unknown         billing_vm-1-00000000-0\n\
             No broker for partition orders - 2\n"
        ));
        assert_eq!(output.stderr, format!("warning: broker 1: {}: connection refused\n", dead.addr()));
        run(lab, "kafka group billing --lag --broker 1").code(2);
        run(lab, "kafka group billing --lag --timeout 0s").code(2);
    }

    fn where_nobody_keeps_groups_newer_consumers_are_named(lab: &Lab) {
        let _brokers = troubled(lab);
        let output = run(lab, "kafka groups").success();
        assert_eq!(output.out(), "");
        assert!(output.stderr.contains("kafka-consumer-groups --bootstrap-server"), "{output}");
    }
}
