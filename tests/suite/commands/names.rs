//! Names of every script, and names made to deceive.

use super::{exists, sample};

const NAMES: [&str; 8] =
    ["with space", "中文", "ü-ß", "e\u{301}", "a..b", "-dash", "'quoted\"", "re\u{202e}versed"];

on_every_server! {
    fn every_command_takes_every_name(lab: &Lab) {
        for name in NAMES {
            let path = format!("/{name}");
            let zkx = |args: &[&str]| lab.zkx().args(args).run().success().out();
            assert_eq!(zkx(&["create", "--", &path, name]), format!("{path}\n"));
            assert_eq!(lab.truth().text(&path).unwrap(), name);
            assert_eq!(zkx(&["get", &path]), name);
            assert_eq!(zkx(&["create", &format!("{path}/child")]), format!("{path}/child\n"));
            assert_eq!(zkx(&["ls", &path]), "child\n");
            assert_eq!(zkx(&["ls", "-R", &path]), format!("{path}\n{path}/child\n"));
            zkx(&["set", &path, "new"]);
            zkx(&["setAcl", &path, "world:anyone:cdrwa"]);
            zkx(&["deleteall", "-y", &path]);
            assert!(!exists(lab, &path));
        }
    }

    fn a_pipe_gets_names_as_they_are_and_trees_do_not(lab: &Lab) {
        sample(&mut lab.truth());
        lab.truth().create("/app/re\u{202e}versed", b"").unwrap();
        let listed = lab.zkx().args(["ls", "/app"]).run().success().out();
        assert!(listed.contains("re\u{202e}versed\n"));
        let json = lab.zkx().args(["-o", "json", "ls", "/app"]).run().success().out();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(json["children"].as_array().unwrap().iter().any(|name| name == "re\u{202e}versed"));
        let drawn = lab.zkx().args(["tree", "/app"]).run().success().out();
        assert!(drawn.contains("re\\u{202e}versed\n"), "{drawn}");
    }
}
