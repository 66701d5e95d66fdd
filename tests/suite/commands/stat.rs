//! `stat`.

use super::{SOON, run, zkx};
use crate::support::truth::{self, Acl};

on_every_server! {
    fn all_eleven_fields_are_the_servers(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/a", b"hello").unwrap();
        truth.set("/a", b"hello!").unwrap();
        truth.create("/a/b", b"").unwrap();
        truth.set_acl("/a", &Acl::open()).unwrap();
        let stat = truth.exists("/a").unwrap().unwrap();
        let shown = run(lab, "stat /a").success().out();
        let lines: Vec<_> = shown.lines().filter(|line| !line.contains("time = ")).collect();
        assert_eq!(
            lines,
            [
                format!("cZxid = {:#x}", stat.czxid),
                format!("mZxid = {:#x}", stat.mzxid),
                format!("pZxid = {:#x}", stat.pzxid),
                "cversion = 1".into(),
                "dataVersion = 1".into(),
                "aclVersion = 1".into(),
                "ephemeralOwner = 0x0".into(),
                "dataLength = 6".into(),
                "numChildren = 1".into(),
            ]
        );
        let json: serde_json::Value = serde_json::from_str(&run(lab, "-o json stat /a").success().out()).unwrap();
        assert_eq!(json["path"], "/a");
        assert_eq!(json["stat"]["ctime"], stat.ctime);
        assert_eq!(json["stat"]["mtime"], stat.mtime);
        assert_eq!(json["stat"]["czxid"], stat.czxid);
    }

    fn the_owner_of_an_ephemeral_is_shown(lab: &Lab) {
        let mut owner = lab.truth();
        owner.create_as("/e", None, &Acl::open(), truth::EPHEMERAL).unwrap();
        let shown = run(lab, "stat /e").success().out();
        let line = format!("\nephemeralOwner = {:#x} (session)\n", owner.session());
        assert!(shown.contains(&line), "{shown}");
    }

    fn a_missing_one_is_explained(lab: &Lab) {
        lab.truth().create_parents("/app/config/db").unwrap();
        for (path, error) in [
            ("/app/config/dbb", "cannot stat /app/config/dbb: the znode does not exist (NoNode)\nhint: did you mean `/app/config/db`?"),
            ("/app/confg/db", "cannot stat /app/confg/db: /app/confg does not exist (NoNode)\nhint: did you mean `/app/config/db`?"),
            ("/zzz/y", "cannot stat /zzz/y: /zzz does not exist (NoNode)"),
        ] {
            let output = run(lab, &format!("stat {path}")).code(1);
            assert_eq!(output.stderr, format!("error: {error}\n"));
        }
    }

    fn it_waits_for_a_change(lab: &Lab) {
        lab.truth().create("/a", b"x").unwrap();
        for line in ["stat -w /a", "stat /a watch", "stat /a true"] {
            let waiting = zkx(lab, line).spawn();
            waiting.wait_line_containing("numChildren = 0", SOON);
            lab.truth().set("/a", b"y").unwrap();
            waiting.wait_line_containing("NodeDataChanged", SOON);
            waiting.finish(SOON).success();
        }
    }
}
