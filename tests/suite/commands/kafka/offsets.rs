//! `kafka offsets`, `kafka delete-group`: what they refuse, and what they write. With real brokers, which
//! know the ends of logs, they are used in `crate::kafka`.

use super::*;
use crate::commands::terminal::on_terminal;
use crate::commands::{SOON, data, exists, zkx};
use crate::support::proxy::Proxy;
use crate::support::truth::op;
use crate::support::zkx::{Running, Zkx};

/// In [`troubled`]: `archive`, whose members have gone, and `clicks`, which never had any.
fn groups(lab: &Lab) -> Truth {
    let brokers = troubled(lab);
    let mut truth = lab.truth();
    for (path, text) in [
        ("/consumers/archive/offsets/orders/0", "12"),
        ("/consumers/archive/offsets/orders/1", "13"),
        ("/consumers/archive/offsets/moving/0", "5"),
        ("/consumers/clicks/offsets/orders/2", "42"),
    ] {
        put(&mut truth, path, text);
    }
    truth.create_parents("/consumers/archive/ids").unwrap();
    truth.create_parents("/consumers/archive/owners/orders").unwrap();
    brokers
}

fn join(lab: &Lab, group: &str) -> Truth {
    let mut member = lab.truth();
    member.create_parents(&format!("/consumers/{group}/ids")).unwrap();
    let path = format!("/consumers/{group}/ids/m");
    member.create_as(&path, Some(b"orders"), &Acl::open(), truth::EPHEMERAL).unwrap();
    member
}

fn offset(lab: &Lab, place: &str) -> Option<String> {
    let path = format!("/consumers/{place}");
    exists(lab, &path).then(|| String::from_utf8(data(lab, &path).unwrap()).unwrap())
}

on_every_server! {
    fn offsets_are_set_and_shifted(lab: &Lab) {
        let _alive = groups(lab);
        let line = "--yes kafka offsets archive --topic orders --shift-by -2 --out-of-range allow";
        assert_eq!(
            run(lab, line).success().out(),
            "TOPIC   PARTITION  OLD  NEW  CHANGE\n\
             orders          0   12   10      -2\n\
             orders          1   13   11      -2\n"
        );
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "10");
        assert_eq!(offset(lab, "archive/offsets/moving/0").unwrap(), "5");
        assert_eq!(offset(lab, "archive/offsets/orders/2"), None);
        // A partition that has no offset gets one where it is named.
        run(lab, "-y kafka offsets archive --topic orders:1,2 --to-offset 7 --out-of-range allow").success();
        assert_eq!(offset(lab, "archive/offsets/orders/1").unwrap(), "7");
        assert_eq!(offset(lab, "archive/offsets/orders/2").unwrap(), "7");
        assert_eq!(lab.truth().get("/consumers/archive/offsets/orders/1").unwrap().1.version, 3);
        // Below zero is nothing.
        run(lab, "-y kafka offsets clicks --shift-by=-100 --out-of-range allow").success();
        assert_eq!(offset(lab, "clicks/offsets/orders/2").unwrap(), "0");
        let again = run(lab, "-y kafka offsets clicks --to-offset 0 --out-of-range allow").success();
        assert!(again.stderr.contains("nothing to change"), "{again}");
    }

    fn the_plan_is_shown_before_anything_is_written(lab: &Lab) {
        let _alive = groups(lab);
        let line = "kafka offsets archive --topic orders:0 --to-offset 3 --out-of-range allow";
        assert_eq!(
            run(lab, line).code(2).stderr,
            "error: not confirmed, nothing was changed: set 1 offset of the group archive?\n  \
             orders 0: 12 → 3\n\
             hint: add --yes to do it without being asked\n"
        );
        let rehearsed = run(lab, &format!("--dry-run {line}")).success();
        assert_eq!(rehearsed.out(), "~ /consumers/archive/offsets/orders/0  12 → 3\n");
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "12");
        run(lab, &format!("--read-only -y {line}")).code(2);
        run(lab, &format!("-y --max-nodes 0 {line}")).code(2);
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "12");
    }

    fn a_group_in_use_is_left_alone(lab: &Lab) {
        let _alive = groups(lab);
        let member = join(lab, "archive");
        for line in [
            "kafka offsets archive --to-offset 3 --out-of-range allow",
            "kafka offsets archive --to-latest",
            "kafka offsets clicks --copy-to archive",
            "kafka delete-group archive",
        ] {
            let output = run(lab, &format!("-y {line}")).code(8);
            assert!(output.stderr.starts_with("error: the group archive has 1 member that lives: cannot "), "{output}");
        }
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "12");
        // Whoever only reads may.
        run(lab, "-y kafka offsets archive --copy-to fresh").success();
        member.close().unwrap();
        run(lab, "-y kafka offsets archive --to-offset 3 --out-of-range allow").success();
    }

    fn under_kraft_nothing_is_written(lab: &Lab) {
        let mut brokers = groups(lab);
        brokers.delete("/controller").unwrap();
        let kraft = br#"{"version":2,"brokerid":3000,"timestamp":"1733881780507","kraftControllerEpoch":5}"#;
        brokers.create("/controller", kraft).unwrap();
        for line in ["kafka offsets archive --to-offset 3 --out-of-range allow", "kafka delete-group archive"] {
            let output = run(lab, &format!("-y {line}")).code(8);
            assert!(output.stderr.contains("KRaft node 3000 is the controller"), "{output}");
        }
        brokers.set("/controller", b"{").unwrap();
        let output = run(lab, "-y kafka delete-group archive").code(8);
        assert!(output.stderr.contains("whether ZooKeeper governs this cluster is unknown"), "{output}");
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "12");
    }

    fn what_is_exported_can_be_taken_back(lab: &Lab) {
        let _alive = groups(lab);
        let exported = run(lab, "kafka offsets archive --export").success().out();
        assert_eq!(
            exported,
            "/consumers/archive/offsets/moving/0:5\n\
             /consumers/archive/offsets/orders/0:12\n\
             /consumers/archive/offsets/orders/1:13\n"
        );
        let row = run(lab, "-o ndjson kafka offsets archive --topic orders:0 --export").success().out();
        assert_eq!(row, "{\"group\":\"archive\",\"topic\":\"orders\",\"partition\":0,\"offset\":12}\n");
        run(lab, "-y kafka offsets archive --to-offset 1 --out-of-range allow").success();
        lab.truth().delete("/consumers/archive/offsets/moving/0").unwrap();
        let back = "-y kafka offsets archive --out-of-range allow --from-file -";
        zkx(lab, back).stdin(exported.clone()).run().success();
        assert_eq!(run(lab, "kafka offsets archive --export").success().out(), exported);
        zkx(lab, back).stdin("orders,0,20\n").run().success();
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "20");
        // A group that is not there is made.
        zkx(lab, "-y kafka offsets fresh --out-of-range allow --from-file -").stdin("\"orders\",2,9\n").run().success();
        assert_eq!(offset(lab, "fresh/offsets/orders/2").unwrap(), "9");
        let other = zkx(lab, "-y kafka offsets clicks --from-file -").stdin(exported).run().code(2);
        assert!(other.stderr.starts_with("error: - has offsets of the group archive"), "{other}");
        let wrong = zkx(lab, back).stdin("orders;1").run().code(3);
        assert!(wrong.stderr.starts_with("error: -: line 1 is no offset: "), "{wrong}");
        zkx(lab, back).stdin("orders,7,1\n").run().code(1);
        zkx(lab, back).stdin("order,0,1\n").run().code(1);
    }

    fn offsets_are_copied(lab: &Lab) {
        let _alive = groups(lab);
        put(&mut lab.truth(), "/consumers/fresh/offsets/orders/0", "1");
        let line = "-y kafka offsets archive --topic orders --copy-to fresh";
        assert_eq!(
            run(lab, line).success().out(),
            "TOPIC   PARTITION  OLD  NEW  CHANGE\n\
             orders          0    1   12     +11\n\
             orders          1    -   13       -\n"
        );
        assert_eq!(offset(lab, "fresh/offsets/orders/1").unwrap(), "13");
        assert!(!exists(lab, "/consumers/fresh/offsets/moving"));
        run(lab, "-y kafka offsets archive --copy-to archive").code(2);
        run(lab, "-y kafka offsets nobody --copy-to fresh").code(1);
    }

    fn a_dead_group_is_deleted(lab: &Lab) {
        let _alive = groups(lab);
        put(&mut lab.truth(), "/consumers/archive/owners/orders/0", "left");
        let asked = run(lab, "kafka delete-group archive").code(2).stderr;
        assert_eq!(
            asked,
            "error: not confirmed, nothing was changed: delete the group archive (11 znodes)?\n  \
             moving 0: 5\n  \
             orders 0: 12, 1: 13\n\
             hint: add --yes to do it without being asked\n"
        );
        assert_eq!(run(lab, "--dry-run kafka delete-group archive").success().out(), "- /consumers/archive  (11 znodes)\n");
        assert_eq!(run(lab, "-y kafka delete-group archive").success().out(), "deleted /consumers/archive: 11 znodes\n");
        assert!(!exists(lab, "/consumers/archive"));
        assert!(exists(lab, "/consumers/clicks"));
        put(&mut lab.truth(), "/consumers/clicks/offsets/orders/notes", "mine");
        let foreign = run(lab, "-y kafka delete-group clicks").code(8).stderr;
        assert!(foreign.contains("offsets/orders/notes: it is no partition\nhint: `deleteall /consumers/clicks`"), "{foreign}");
    }

    fn partitions_of_0_7_keep_their_names(lab: &Lab) {
        let _brokers = ancient(lab);
        put(&mut lab.truth(), "/consumers/old/offsets/demo/0-0", "115");
        run(lab, "-y kafka offsets old --topic demo:0-0,1-0 --to-offset 20 --out-of-range allow").success();
        assert_eq!(offset(lab, "old/offsets/demo/0-0").unwrap(), "20");
        assert_eq!(offset(lab, "old/offsets/demo/1-0").unwrap(), "20");
        let exported = run(lab, "kafka offsets old --export").success().out();
        assert_eq!(exported, "/consumers/old/offsets/demo/0-0:20\n/consumers/old/offsets/demo/1-0:20\n");
    }
}

/// At the question, which is asked behind the look at the group.
fn asked(lab: &Lab, line: &str) -> Running {
    let running = on_terminal(lab, line).open_stdin().spawn();
    running.wait_stdout(|shown| shown.contains("[y/N]"), SOON);
    running
}

on_one_server! {
    fn a_commit_meanwhile_is_not_written_over(lab: &Lab) {
        let _alive = groups(lab);
        let line = "kafka offsets archive --to-offset 3 --out-of-range allow";
        let mut running = asked(lab, line);
        assert!(running.stdout().contains("moving 0: 5 → 3\r\n  orders 0: 12 → 3\r\n"), "{}", running.stdout());
        lab.truth().set("/consumers/archive/offsets/orders/1", b"14").unwrap();
        running.write("y\n");
        let output = running.finish(SOON).code(8);
        let why = "cannot set /consumers/archive/offsets/orders/1: somebody has changed it meanwhile";
        assert!(output.out().contains(why) && output.out().contains("nothing was changed"), "{output}");
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "12");
        // Nor is one that came to be.
        let mut running = asked(lab, "kafka offsets archive --topic orders:2 --to-offset 3 --out-of-range allow");
        put(&mut lab.truth(), "/consumers/archive/offsets/orders/2", "1");
        running.write("y\n");
        running.finish(SOON).code(8);
        assert_eq!(offset(lab, "archive/offsets/orders/2").unwrap(), "1");
        // What is not confirmed is not done.
        let mut running = asked(lab, line);
        running.write("n\n");
        running.finish(SOON).code(2);
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "12");
    }

    fn a_member_that_comes_meanwhile_is_noticed(lab: &Lab) {
        let _alive = groups(lab);
        let mut running = asked(lab, "kafka delete-group archive");
        let member = join(lab, "archive");
        running.write("y\n");
        let output = running.finish(SOON).code(8);
        assert!(output.out().contains("somebody uses the group archive again"), "{output}");
        assert!(output.out().contains("nothing was deleted"), "{output}");
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "12");
        member.close().unwrap();
        let mut running = asked(lab, "kafka offsets archive --to-offset 3 --out-of-range allow");
        let _member = join(lab, "archive");
        running.write("y\n");
        let output = running.finish(SOON).code(8);
        assert!(output.out().contains("the group archive has 1 member that lives: cannot set its offsets"), "{output}");
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "12");
    }

    fn a_group_that_is_used_again_is_not_deleted(lab: &Lab) {
        let _alive = groups(lab);
        let mut running = asked(lab, "kafka delete-group archive");
        lab.truth().set("/consumers/archive/offsets/moving/0", b"6").unwrap();
        running.write("y\n");
        running.finish(SOON).code(8);
        assert_eq!(offset(lab, "archive/offsets/moving/0").unwrap(), "6");
        assert!(exists(lab, "/consumers/archive/ids"));
    }

    fn a_lost_connection_is_survived(lab: &Lab) {
        let _alive = groups(lab);
        let proxy = Proxy::to(&lab.addr());
        let through = |line: &str| {
            proxy.cut_after(op::MULTI, 1);
            let output = Zkx::new().server(lab.at(proxy.addr())).args(line.split(' ')).run().success();
            assert!(output.stderr.contains("the connection was lost; a look afterwards shows that"), "{output}");
        };
        through("-y kafka offsets archive --to-offset 3 --out-of-range allow");
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "3");
        assert_eq!(lab.truth().get("/consumers/archive/offsets/orders/0").unwrap().1.version, 2);
        through("-y kafka delete-group archive");
        assert!(!exists(lab, "/consumers/archive"));
    }

    fn what_cannot_be_checked_is_not_set(lab: &Lab) {
        let _alive = groups(lab);
        for what in ["--to-offset 3", "--shift-by 1", "--to-latest", "--to-earliest"] {
            let line = format!("-y kafka offsets archive --topic orders:0 {what} --timeout 300ms --broker 1=127.0.0.1:1");
            let output = run(lab, &line).code(5);
            assert!(output.stderr.starts_with("error: where the log of orders 0 ends is unknown: broker 1: "), "{output}");
        }
        assert_eq!(offset(lab, "archive/offsets/orders/0").unwrap(), "12");
        run(lab, "-y kafka offsets archive --topic orders:9 --to-offset 3").code(1);
        run(lab, "-y kafka offsets archive --to-offset -3").code(2);
        run(lab, "-y kafka offsets archive").code(2);
        run(lab, "-y kafka offsets archive --to-latest --to-earliest").code(2);
    }

    fn lines_on_standard_input_are_no_offsets(lab: &Lab) {
        let _alive = groups(lab);
        let lines = "kafka offsets archive --export\nkafka offsets archive --from-file -\norders,0,1\n";
        let output = lab.zkx().stdin(lines).run().code(2);
        assert!(output.out().starts_with("/consumers/archive/offsets/moving/0:5\n"), "{output}");
        assert!(output.stderr.contains("standard input is these lines"), "{output}");
        put(&mut lab.truth(), "/consumers/hidden/ids", "");
        lab.truth().set_acl("/consumers/hidden/ids", &[Acl::new(4, "world", "anyone")]).unwrap();
        let hidden = run(lab, "-y kafka delete-group hidden").code(6);
        assert!(hidden.stderr.contains("whether the group hidden has members cannot be seen"), "{hidden}");
    }

    fn exports_go_to_new_files_only(lab: &Lab) {
        let _alive = groups(lab);
        let there = zkx(lab, "kafka offsets archive --export=there").file("there", "mine").run().code(74);
        assert!(there.stderr.starts_with("error: cannot write there: "), "{there}");
        let home = zkx(lab, "").home();
        let new = zkx(lab, "kafka offsets clicks --export=new").home_of(&home).run().success();
        assert!(new.stderr.contains("wrote 1 offset of the group clicks to new"), "{new}");
    }

    fn many_offsets_are_written_in_several_transactions(lab: &Lab) {
        let mut truth = groups(lab);
        let partitions: Vec<String> = (0..2500).map(|n| format!("\"{n}\":[1]")).collect();
        put(&mut truth, "/brokers/topics/wide", &format!("{{\"version\":1,\"partitions\":{{{}}}}}", partitions.join(",")));
        let line = "-y --max-nodes 5000 kafka offsets clicks --topic wide --to-offset 1 --out-of-range allow";
        assert_eq!(run(lab, line).success().out().lines().count(), 2501);
        assert_eq!(offset(lab, "clicks/offsets/wide/2499").unwrap(), "1");
        run(lab, "-y --max-nodes 5000 kafka delete-group clicks").success();
        assert!(!exists(lab, "/consumers/clicks"));
    }
}
