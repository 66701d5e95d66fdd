//! `create`: every mode, parents, ACLs, and a session that is held.

use std::thread;
use std::time::Duration;

use super::{SOON, data, exists, run, start};
use crate::support::servers::{self, Version};
use crate::support::truth::{self, Acl};
use crate::support::wait_for;
use crate::support::zkx::Zkx;

on_every_server! {
    fn it_is_there_and_its_path_is_printed(lab: &Lab) {
        let output = run(lab, "create /a hello").success();
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("/a\n", ""));
        let (data, stat) = lab.truth().get("/a").unwrap();
        assert_eq!((data.as_deref(), stat.version, stat.ephemeral_owner), (Some(&b"hello"[..]), 0, 0));
        assert_eq!(lab.truth().acl("/a").unwrap().0, Acl::open());
    }

    fn sequential_names_get_their_number(lab: &Lab) {
        run(lab, "create /q").success();
        assert_eq!(run(lab, "create -s /q/n- one").success().out(), "/q/n-0000000000\n");
        assert_eq!(run(lab, "create --sequential /q/n- two").success().out(), "/q/n-0000000001\n");
        assert_eq!(run(lab, "create -s /q/ three").success().out(), "/q/0000000002\n");
        assert_eq!(lab.truth().text("/q/0000000002").unwrap(), "three");
        let (names, _) = lab.truth().children("/q").unwrap();
        assert_eq!(names, ["0000000002", "n-0000000000", "n-0000000001"]);
        run(lab, "create /q/x/").code(2);
    }

    fn an_ephemeral_goes_with_its_command(lab: &Lab) {
        let output = run(lab, "create -e /e x").success();
        assert_eq!(output.out(), "/e\n");
        assert_eq!(output.stderr, "note: /e goes with this session, which ends now; --hold keeps it\n");
        assert!(!exists(lab, "/e"), "gone at once, not at the session's timeout");
        let output = run(lab, "-q create -e -s /e- x").success();
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("/e-0000000001\n", ""));
    }

    fn an_ephemeral_is_held_until_an_interrupt(lab: &Lab) {
        let held = start(lab, "create -e --hold /e x", "holding /e; Ctrl-C deletes it and ends");
        assert_eq!(held.stdout(), "/e\n");
        // Longer than the session's timeout, so that its pings are put to the test.
        thread::sleep(Duration::from_secs(5));
        let stat = lab.truth().exists("/e").unwrap().expect("an ephemeral that is held");
        assert_ne!(stat.ephemeral_owner, 0);
        let ended = held.stop().success();
        assert_eq!(ended.out(), "/e\n");
        assert!(!exists(lab, "/e"));
    }

    fn an_ephemeral_with_a_number_is_held_too(lab: &Lab) {
        let held = start(lab, "create -s -e --hold /lock-", "holding /lock-0000000000;");
        assert!(exists(lab, "/lock-0000000000"));
        held.signal("TERM");
        let _ = held.finish(SOON);
        assert!(!exists(lab, "/lock-0000000000"));
    }

    fn holding_ends_when_somebody_deletes_it(lab: &Lab) {
        let held = start(lab, "create -e --hold /e x", "holding /e");
        lab.truth().delete("/e").unwrap();
        let ended = held.finish(SOON).code(1);
        assert!(ended.stderr.ends_with("error: /e was deleted by another client\n"), "{ended}");
    }

    fn containers_go_after_their_last_child(lab: &Lab) {
        let output = run(lab, "create -c /c x");
        if lab.version().minor() < 5 {
            let error = "error: cannot create /c: the server does not know container znodes (servers from 3.5.1 do)\n";
            assert_eq!(output.code(1).stderr, error);
            assert!(!exists(lab, "/c"));
            return;
        }
        assert_eq!(output.success().out(), "/c\n");
        lab.truth().create("/c/child", b"").unwrap();
        assert_eq!(data(lab, "/c").as_deref(), Some(&b"x"[..]));
        lab.truth().delete("/c/child").unwrap();
        wait_for("the container to go", SOON, || (!exists(lab, "/c")).then_some(()));
    }

    fn a_ttl_is_kept_by_the_server(lab: &Lab) {
        let output = run(lab, "create -t 6000 /t x");
        if lab.version().minor() < 5 {
            let error = "error: cannot create /t: the server does not know znodes with a TTL \
                         (servers from 3.5.3 do, with zookeeper.extendedTypesEnabled=true)\n";
            assert_eq!(output.code(1).stderr, error);
            assert!(!exists(lab, "/t"));
            return;
        }
        assert_eq!(output.success().out(), "/t\n");
        assert_eq!(lab.truth().text("/t").unwrap(), "x");
        assert_eq!(run(lab, "create --ttl 1s -s /t- x").success().out(), "/t-0000000001\n");
        assert_eq!(run(lab, "create -t 1h /long x").success().out(), "/long\n");
        wait_for("what has lived its time to go", SOON, || {
            (!exists(lab, "/t") && !exists(lab, "/t-0000000001")).then_some(())
        });
        assert!(exists(lab, "/long"));
    }

    fn parents_are_created_where_wanted(lab: &Lab) {
        let output = run(lab, "create /x/y/z v").code(1);
        assert_eq!(
            output.stderr,
            "error: cannot create /x/y/z: parent /x/y does not exist (NoNode)\n\
             hint: add -p to create the missing parents\n"
        );
        assert!(!exists(lab, "/x"));
        assert_eq!(run(lab, "create -p /x/y/z v").success().out(), "/x/y/z\n");
        assert_eq!((data(lab, "/x"), data(lab, "/x/y")), (None, None));
        assert_eq!(lab.truth().text("/x/y/z").unwrap(), "v");
        let json = run(lab, "-o ndjson create --parents /x/y/u/v w").success().out();
        assert_eq!(json, "{\"path\":\"/x/y/u/v\",\"parents\":[\"/x/y/u\"]}\n");
        assert_eq!(run(lab, "create -p -s /s/t/n- w").success().out(), "/s/t/n-0000000000\n");
        run(lab, "create -p /x/y/z v").code(1);
    }

    fn parents_need_no_right_to_create_what_is_there(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/locked", b"").unwrap();
        truth.create("/locked/open", b"").unwrap();
        truth.set_acl("/locked", &[Acl::new(1, "world", "anyone")]).unwrap();
        run(lab, "create -p /locked/open/new/leaf x").success();
        assert_eq!(lab.truth().text("/locked/open/new/leaf").unwrap(), "x");
    }

    fn an_acl_is_the_third_argument(lab: &Lab) {
        run(lab, "create /a data world:anyone:r,ip:127.0.0.1:cdrwa").success();
        let (acl, _) = lab.truth().acl("/a").unwrap();
        assert_eq!(acl, [Acl::new(1, "world", "anyone"), Acl::new(31, "ip", "127.0.0.1")]);
        run(lab, "--auth digest:ann:pw create /mine x auth::cdrwa").success();
        let mut truth = lab.truth();
        truth.auth("digest", "ann:pw").unwrap();
        assert!(truth.acl("/mine").unwrap().0[0].id.starts_with("ann:"));
        // The form of zkCli 3.4 to 3.9, flags in front.
        assert_eq!(run(lab, "create -s -e /m- x world:anyone:cdrwa").success().out(), "/m-0000000002\n");
    }

    fn an_ephemeral_has_no_children(lab: &Lab) {
        let mut owner = lab.truth();
        owner.create_as("/e", None, &Acl::open(), truth::EPHEMERAL).unwrap();
        let output = run(lab, "create /e/child x").code(1);
        assert_eq!(
            output.stderr,
            "error: cannot create /e/child: an ephemeral znode cannot have children \
             (NoChildrenForEphemerals)\n"
        );
    }

    fn one_that_exists_is_left_alone(lab: &Lab) {
        lab.truth().create("/a", b"old").unwrap();
        let output = run(lab, "create /a new").code(1);
        assert_eq!(
            output.stderr,
            "error: cannot create /a: the znode exists already (NodeExists)\n\
             hint: `zkx set /a DATA` changes its data\n"
        );
        assert_eq!(lab.truth().text("/a").unwrap(), "old");
    }
}

#[test]
fn modes_that_exclude_each_other_are_refused_before_connecting() {
    for line in [
        "create -c -s /x",
        "create -c -e /x",
        "create -c -t 5 /x",
        "create -e -t 5 /x",
        "create --hold /x",
        "create -t 0 /x",
        "create -t -5 /x",
        "create -t 1099511627776 /x",
        "create -t soon /x",
    ] {
        let output = Zkx::new().server("127.0.0.1:1").args(line.split(' ')).run();
        assert_eq!(output.code, Some(2), "{output}");
        assert!(output.stderr.starts_with("error: "), "{output}");
    }
}

#[test]
fn a_refused_create_costs_no_transaction() {
    // One of its own: on a server of many tests other clients' transactions come in between.
    let Some(server) = servers::private_server(Version::MEMORY) else { return };
    let before = server.four_letter("srvr");
    let line = ["create", "/x", "data", "world:anyone:q"];
    let output = Zkx::new().server(server.addr()).args(line).run().code(2);
    assert!(output.stderr.contains("unknown permission `q`"), "{output}");
    assert_eq!(server.four_letter("srvr"), before);
}
