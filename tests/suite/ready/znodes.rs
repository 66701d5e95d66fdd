//! Those that work on any ensemble.

use super::*;
use crate::support::lab::Lab;
use crate::support::truth;

const ADMIN: &str = "root:qScoE+LkbrbWBh/au3OD5Aq2Yx0=";
const SERVICE: &str = "shop:/W1lKq9oU04RybDC9Y6cXYgPRoU=";
const NEW: &str = "root:1mXvPUGXEvbsfU7k7Np7ihtqyjU=";

/// All that may be done.
const ALL: i32 = 31;
const READ: i32 = 1;

fn digest(perms: i32, id: &str) -> Acl {
    Acl::new(perms, "digest", id)
}

/// The judge, with a credential.
fn as_user(lab: &Lab, credential: &str) -> Truth {
    let mut truth = lab.truth();
    truth.auth("digest", credential).unwrap();
    truth
}

fn shop(lab: &Lab) -> Truth {
    let mut truth = lab.truth();
    seed(
        &mut truth,
        &[
            ("/apps/shop/active", "blue"),
            ("/apps/shop/previous", "green"),
            ("/apps/shop/history", ""),
            ("/apps/shop/instances/one", ""),
            ("/apps/shop/green/ready", "true"),
        ],
    );
    truth
}

/// The judge, from whom nothing is hidden.
fn superuser(lab: &Lab) -> Truth {
    as_user(lab, "super:test")
}

/// As whoever runs a script.
const ROOT: [(&str, &str); 1] = [("digest", ADMIN)];

fn bootstrap(lab: &Lab, admin: &str, url: &str, words: &[&str]) -> Output {
    let url = format!("db_url={url}");
    let words = [&["--var", "app=shop", "--var", "stage=prod", "--var", &url], words].concat();
    let zkx = || lab.zkx().env("ZKX_VAR_admin", admin).env("ZKX_VAR_service", "shop:s3");
    match words.contains(&"--check") {
        true => run(zkx(), "bootstrap-app", &words),
        false => run_foretold((&mut superuser(lab), "/"), &ROOT, zkx, "bootstrap-app", &words),
    }
}

on_every_server! {
    fn bootstrap_app(lab: &Lab) {
        let _ = bootstrap(lab, "root:pw", "jdbc:a", &["--check", "--exit-code"]).code(10);
        assert_eq!(lab.truth().exists("/apps").unwrap(), None);
        let said = bootstrap(lab, "root:pw", "jdbc:a", &[]).success();
        assert!(!said.out().contains("pw") && !said.out().contains(ADMIN), "{said}");
        let mut service = as_user(lab, "shop:s3");
        assert_eq!(service.text("/apps/shop/config/db/url").unwrap(), "jdbc:a");
        assert_eq!(service.text("/apps/shop/config/db/pool").unwrap(), r#"{"min":2,"max":50}"#);
        service.create("/apps/shop/locks/one", b"").unwrap();
        assert!(service.set("/apps/shop/config/db/url", b"mine").is_err());
        assert!(lab.truth().get("/apps/shop/config/db/url").is_err());
        let mut acl = as_user(lab, "root:pw").acl("/apps/shop/config/db").unwrap().0;
        acl.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(acl, [digest(ALL, ADMIN), digest(READ, SERVICE)]);
        // Again, and with another value.
        let said = bootstrap(lab, "root:pw", "jdbc:a", &[]).success();
        assert!(said.out().contains("/apps/shop: 0 created, 0 changed, 0 with a new ACL\n"), "{said}");
        let said = bootstrap(lab, "root:pw", "jdbc:b", &[]).success();
        assert!(said.out().contains("/apps/shop: 0 created, 1 changed, 0 with a new ACL\n"), "{said}");
        assert!(service.exists("/apps/shop/locks/one").unwrap().is_some());
        // Others may not, and change nothing.
        let before = below(&mut as_user(lab, "root:pw"), "/apps");
        let _ = bootstrap(lab, "other:x", "jdbc:c", &[]).code(6);
        assert_eq!(below(&mut as_user(lab, "root:pw"), "/apps"), before);
        as_user(lab, "root:pw").delete_subtree("/apps").unwrap();
    }

    fn rotate_digest(lab: &Lab) {
        let mut truth = as_user(lab, "root:pw");
        let acl = [digest(ALL, ADMIN), digest(READ, SERVICE)];
        truth.create("/apps", b"").unwrap();
        for path in ["/apps/a", "/apps/a/b", "/apps/a/b/c"] {
            truth.create_as(path, Some(b"x"), &acl, truth::PERSISTENT).unwrap();
        }
        truth.create_as("/apps/open", Some(b"y"), &Acl::open(), truth::PERSISTENT).unwrap();
        let rotate = |words: &[&str]| {
            let words = [&["--var", "root=/apps"], words].concat();
            let zkx = || lab.zkx().env("ZKX_VAR_old", "root:pw").env("ZKX_VAR_new", "root:pw2");
            run_foretold((&mut superuser(lab), "/apps"), &ROOT, zkx, "rotate-digest", &words)
        };
        // Both are good, and then only the new one.
        let _ = rotate(&["--var", "remove=false"]).success();
        assert_eq!(truth.text("/apps/a/b/c").unwrap(), "x");
        let _ = rotate(&[]).success();
        assert!(truth.get("/apps/a/b/c").is_err());
        let mut fresh = as_user(lab, "root:pw2");
        for (path, data, acl) in below(&mut fresh, "/apps/a") {
            assert_eq!((data.as_deref(), acl.len()), (Some(&b"x"[..]), 2), "{path}");
            assert!(acl.contains(&digest(ALL, NEW)) && acl.contains(&digest(READ, SERVICE)), "{path}: {acl:?}");
        }
        assert_eq!(fresh.acl("/apps/open").unwrap().0, Acl::open());
        fresh.delete_subtree("/apps").unwrap();
    }

    fn rotate_digest_puts_all_back(lab: &Lab) {
        let mut truth = as_user(lab, "root:pw");
        truth.auth("digest", "other:x").unwrap();
        for (path, acl) in [
            ("/apps", vec![digest(ALL, ADMIN)]),
            ("/apps/a", vec![digest(ALL, ADMIN)]),
            // Whoever has the credential may read it, and not set its ACL.
            ("/apps/b", vec![digest(READ, ADMIN), digest(ALL, "other:x++yj2C2J2Bh55k6qX68i6Gam9E=")]),
        ] {
            truth.create_as(path, Some(b""), &acl, truth::PERSISTENT).unwrap();
        }
        let before = below(&mut truth, "/apps");
        let zkx = lab.zkx().env("ZKX_VAR_old", "root:pw").env("ZKX_VAR_new", "root:pw2");
        let said = run(zkx, "rotate-digest", &["--var", "root=/apps"]).code(6);
        assert!(said.stderr.contains("/apps/b"), "{said}");
        assert_eq!(below(&mut truth, "/apps"), before);
        truth.delete_subtree("/apps").unwrap();
    }

    fn blue_green(lab: &Lab) {
        let mut truth = shop(lab);
        let to_green = ["--var", "to=green", "--var", "settle=100ms", "--var", "ready_in=10s"];
        let before = below(&mut truth, "/apps");
        let _ = run(lab.zkx(), "blue-green", &[&to_green[..], &["--check", "--exit-code"]].concat()).code(10);
        assert_eq!(below(&mut truth, "/apps"), before);
        let _ = run_foretold((&mut superuser(lab), "/"), &[], || lab.zkx(), "blue-green", &to_green).success();
        assert_eq!(truth.text("/apps/shop/active").unwrap(), "green");
        assert_eq!(truth.text("/apps/shop/previous").unwrap(), "blue");
        let (records, _) = truth.children("/apps/shop/history").unwrap();
        assert_eq!(records.len(), 1);
        let record = truth.text(&format!("/apps/shop/history/{}", records[0])).unwrap();
        assert!(record.starts_with(r#"{"from":"blue","to":"green","#), "{record}");
        let said = run(lab.zkx(), "blue-green", &to_green).success();
        assert!(said.out().contains("is green already"), "{said}");
        assert_eq!(truth.children("/apps/shop/history").unwrap().0.len(), 1);
    }

    fn blue_green_switches_back(lab: &Lab) {
        let mut truth = shop(lab);
        let before = below(&mut truth, "/apps");
        let words = ["--var", "to=green", "--var", "instances=2", "--var", "settle=1ms", "--var", "ready_in=500ms"];
        let _ = run(lab.zkx(), "blue-green", &words).code(5);
        assert_eq!(below(&mut truth, "/apps"), before);
        // A side that is not ready is not switched to.
        truth.set("/apps/shop/green/ready", b"false").unwrap();
        let _ = run(lab.zkx(), "blue-green", &words).code(5);
        assert_eq!(truth.text("/apps/shop/active").unwrap(), "blue");
        assert_eq!(truth.get("/apps/shop/active").unwrap().1.version, 3);
    }
}

on_one_server! {
    fn wait_leader(lab: &Lab) {
        let words = ["--var", "path=/leader", "--var", "stable_for=200ms", "--var", "timeout=1s"];
        let said = run(lab.zkx(), "wait-leader", &words).code(5);
        assert!(said.stderr.contains("/leader"), "{said}");
        // One that goes with nobody leads nobody.
        lab.truth().create("/leader", b"old").unwrap();
        let _ = run(lab.zkx(), "wait-leader", &words).code(5);
        lab.truth().delete("/leader").unwrap();
        let mut leader = lab.truth();
        leader.create_as("/leader", Some(b"me"), &Acl::open(), truth::EPHEMERAL).unwrap();
        let said = run_foretold((&mut superuser(lab), "/"), &[], || lab.zkx(), "wait-leader", &words).success();
        let line = format!("/leader: me, by session {:#x}\n", leader.session());
        assert!(said.out().contains(&line), "{said}");
    }

    fn gate_ensemble(lab: &Lab) {
        let member = format!("member={}", lab.at(&lab.addr()));
        let _ = run(lab.zkx(), "gate-ensemble", &["--check", "--var", &member]).success();
        assert_eq!(lab.truth().exists("/zkx").unwrap(), None);
        let words = ["--var", &member, "--var", "attempts=5"];
        let said = run_foretold((&mut superuser(lab), "/"), &[], || lab.zkx(), "gate-ensemble", &words).success();
        assert!(said.out().contains("go on, "), "{said}");
        assert_eq!(lab.truth().get("/zkx/canary").unwrap().1.version, 0);
        let once = ["--var", "attempts=1", "--var"];
        let _ = run(lab.zkx(), "gate-ensemble", &[&once[..], &["member=127.0.0.1:1"]].concat()).code(5);
        // Something that serves, and has not what the ensemble has.
        let _ = run(lab.zkx(), "gate-ensemble", &[&once[..], &["member=mem:"]].concat()).code(1);
    }

    fn audit_world_writable(lab: &Lab) {
        let mut truth = as_user(lab, "root:pw");
        let world = |perms| vec![Acl::new(perms, "world", "anyone")];
        truth.create("/a", b"").unwrap();
        for (path, acl) in [
            ("/a/read", world(READ)),
            ("/a/write", [world(READ | 2), vec![digest(ALL, ADMIN)]].concat()),
            ("/a/hidden", vec![digest(ALL, ADMIN)]),
            ("/a/behind", [vec![digest(ALL, ADMIN)], world(READ | 4)].concat()),
        ] {
            truth.create_as(path, Some(b""), &acl, truth::PERSISTENT).unwrap();
        }
        let said = run(lab.zkx(), "audit-world-writable", &["--var", "root=/a"]).code(4);
        let out = said.out();
        let found: Vec<_> = out.lines().filter(|line| line.starts_with("/a")).collect();
        assert_eq!(found, ["/a  cdrwa", "/a/behind  cr", "/a/write  rw"], "{said}");
        truth.set_acl("/a", &[digest(ALL, ADMIN), Acl::new(READ, "world", "anyone")]).unwrap();
        for path in ["/a/behind", "/a/write"] {
            truth.set_acl(path, &[digest(ALL, ADMIN)]).unwrap();
        }
        let (judge, words) = ((&mut superuser(lab), "/"), ["--var", "root=/a"]);
        let said = run_foretold(judge, &[], || lab.zkx(), "audit-world-writable", &words).success();
        assert!(said.out().contains("2 znodes looked at, 3 not readable\n"), "{said}");
        truth.delete_subtree("/a").unwrap();
    }

    fn quota_report(lab: &Lab) {
        let mut truth = Truth::connect(&lab.addr()).unwrap();
        let root = lab.full_path("/q");
        truth.create(&root, b"12345").unwrap();
        let quota = format!("/zookeeper/quota{root}");
        truth.create_parents(&quota).unwrap();
        truth.create(&format!("{quota}/zookeeper_limits"), b"count=4,bytes=-1").unwrap();
        truth.create(&format!("{quota}/zookeeper_stats"), b"count=1,bytes=5").unwrap();
        for child in ["a", "b"] {
            truth.create(&format!("{root}/{child}"), b"678").unwrap();
        }
        let below = format!("below={root}");
        let mut whole = Truth::connect(&lab.addr()).unwrap();
        let judge = (&mut whole, lab.chroot());
        let said = run_foretold(judge, &[], || lab.bare(), "quota-report", &["--var", &below]).success();
        assert!(said.out().contains(&format!("{root}: 3 znodes of 4, 11 bytes of any\n")), "{said}");
        let said = run(lab.bare(), "quota-report", &["--var", &below, "--var", "percent=50"]).code(4);
        assert!(said.stderr.contains(&format!("{root} uses more than 50 % of its quota")), "{said}");
        let below = format!("below={root}/none");
        let _ = run(lab.bare(), "quota-report", &["--var", &below]).code(1);
        truth.delete_subtree(&quota).unwrap();
    }

    fn restore_tree(lab: &Lab) {
        let mut truth = lab.truth();
        seed(&mut truth, &[("/app/a", "1"), ("/app/gone/deeper", ""), ("/app/same", "s")]);
        let same = truth.get("/app/same").unwrap().1.mzxid;
        let tree = "/app:\n  /a: \"2\"\n  /b/c: \"3\"\n  /same: s\n";
        let zkx = || lab.zkx().file("app.yaml", tree);
        let restore =
            |words: &[&str]| run(zkx(), "restore-tree", &[&["--var", "tree=app.yaml"], words].concat());
        let foretold = |words: &[&str]| {
            let words = [&["--var", "tree=app.yaml"], words].concat();
            run_foretold((&mut superuser(lab), "/"), &[], zkx, "restore-tree", &words)
        };
        let before = below(&mut truth, "/app");
        let prune = ["--var", "prune=true"];
        let _ = restore(&[&prune[..], &["--check", "--exit-code"]].concat()).code(10);
        let _ = restore(&prune).code(2);
        let capped = restore(&[&prune[..], &["--yes", "--var", "max=1"]].concat());
        assert_ne!(capped.code, Some(0), "{capped}");
        assert_eq!(below(&mut truth, "/app"), before);
        let _ = foretold(&[]).success();
        assert_eq!(truth.text("/app/a").unwrap(), "2");
        assert_eq!(truth.text("/app/b/c").unwrap(), "3");
        assert!(truth.exists("/app/gone/deeper").unwrap().is_some());
        let _ = foretold(&[&prune[..], &["--yes"]].concat()).success();
        assert_eq!(truth.subtree("/app").unwrap().len(), 5);
        assert_eq!(truth.get("/app/same").unwrap().1.mzxid, same);
        let said = restore(&prune).success();
        assert!(said.out().contains("everything is as app.yaml says"), "{said}");
    }

    fn restore_tree_puts_all_back(lab: &Lab) {
        let mut truth = as_user(lab, "root:pw");
        seed(&mut truth, &[("/app/a", "1")]);
        let acl = [Acl::new(READ, "world", "anyone"), digest(ALL, ADMIN)];
        truth.create_as("/app/z", Some(b"1"), &acl, truth::PERSISTENT).unwrap();
        let before = below(&mut truth, "/app");
        let tree = "/app:\n  /a: \"2\"\n  /z: \"2\"\n";
        let said = run(lab.zkx().file("app.yaml", tree), "restore-tree", &["--var", "tree=app.yaml"]).code(6);
        assert!(said.stderr.contains("/app/z"), "{said}");
        assert_eq!(below(&mut truth, "/app"), before);
    }
}
