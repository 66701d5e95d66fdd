//! The engine, on the real definition and a tree of its own.

use std::sync::Arc;

use super::{Candidate, Kind, Line, PathSource, candidates};
use crate::znode::{Names, Stat, ZPath};

/// Some paths; what ends with `~` is ephemeral.
struct Tree(Vec<&'static str>, Option<&'static str>);

impl PathSource for Tree {
    fn children(&self, path: &str) -> Option<Names> {
        let below = if path == "/" { "/".to_owned() } else { format!("{path}/") };
        let names = self.0.iter().filter_map(|path| path.strip_prefix(below.as_str()));
        let mut names: Vec<_> = names.map(|rest| rest.split('/').next().unwrap()).collect();
        names.dedup();
        (!names.is_empty()).then(|| names.into_iter().collect())
    }

    fn stats(&self, paths: &[String]) -> Option<Vec<Option<Stat>>> {
        let stat = |path: &String| Stat {
            num_children: self.children(path).map_or(0, |names| names.len() as i32),
            ephemeral_owner: path.ends_with('~').into(),
            ..Stat::default()
        };
        Some(paths.iter().map(|path| Some(stat(path))).collect())
    }

    fn here(&self) -> Option<ZPath> {
        self.1.map(|path| ZPath::parse(path).unwrap())
    }

    fn profiles(&self) -> Vec<(String, Option<String>)> {
        vec![("test".into(), None), ("production".into(), Some("zk1:2181,zk2:2181/app".into()))]
    }
}

fn tree() -> Arc<dyn PathSource> {
    let paths = vec![
        "/app/a b",
        "/app/config",
        "/app/lock~",
        "/app/re\u{202e}versed",
        "/brokers/ids/9",
        "/brokers/ids/10",
        "/brokers/topics",
        "/k2/brokers/topics/orders",
        "/k2/brokers/topics/payments",
        "/k2/consumers/archive",
        "/k2/consumers/billing",
    ];
    Arc::new(Tree(paths, None))
}

/// The values for the last word of a line of words between single spaces.
fn values(line: &str) -> Vec<String> {
    read(line).into_iter().map(|candidate| candidate.value).collect()
}

fn read(line: &str) -> Vec<Candidate> {
    Line::new(line.split(' ').map(Into::into).collect()).candidates(&tree())
}

#[test]
fn commands_come_with_their_help() {
    let found = read("zkx ge");
    assert_eq!(found.iter().map(|c| &*c.value).collect::<Vec<_>>(), ["get", "getAcl"]);
    assert_eq!(found[0].help.as_deref(), Some("Show the data of a znode"));
    assert!(found.iter().all(|c| c.kind == Kind::Command && !c.open));
    assert_eq!(values("zkx rm"), ["rmr"], "an old name is known, not shown");
    let all = values("zkx ");
    assert!(
        all.iter().any(|name| name == "tree") && !all.iter().any(|name| name.starts_with('-')),
        "{all:?}"
    );
    assert_eq!(values("zkx help ge"), ["get", "getAcl"]);
    assert_eq!(values("zkx nonsense "), values("zkx "), "clap's engine passes over what is unknown");
}

#[test]
fn options_are_offered_to_who_begins_one() {
    let found = values("zkx get --");
    assert_eq!(found[..5], ["--stat", "--watch", "--base64", "--hex", "--raw"]);
    assert!(found.contains(&"--server".to_owned()));
    let both = values("zkx get -");
    assert!(both.contains(&"-s".to_owned()) && both.contains(&"--stat".to_owned()), "{both:?}");
    assert_eq!(both.iter().filter(|value| *value == "--raw").count(), 1);
    assert!(read("zkx get --st").iter().all(|c| c.kind == Kind::Option && c.help.is_some()));
    assert_eq!(values("zkx -o "), ["human", "json", "ndjson", "yaml"]);
    assert_eq!(values("zkx ls --output=nd"), ["--output=ndjson"]);
    assert_eq!(values("zkx ls --color a"), ["auto", "always"]);
    assert!(values("zkx get --stat").contains(&"--stat".to_owned()));
    assert!(values("zkx get -- /app/c").contains(&"/app/config".to_owned()));
}

#[test]
fn paths_go_segment_by_segment() {
    assert_eq!(values("zkx get "), ["/app/", "/brokers/", "/k2/"]);
    assert_eq!(values("zkx get /bro"), ["/brokers/"]);
    assert_eq!(values("zkx get /brokers/"), ["/brokers/ids/", "/brokers/topics"]);
    assert_eq!(values("zkx get /brokers/ids/"), ["/brokers/ids/9", "/brokers/ids/10"]);
    assert_eq!(values("zkx -s host:1 ls -w /brokers/t"), ["/brokers/topics"]);
    assert_eq!(values("zkx -server host:1 -waitforconnection get /brokers/t"), ["/brokers/topics"]);
    assert_eq!(values("zkx sandbox --output json get /brokers/t"), ["/brokers/topics"]);
    let found = read("zkx get /app/");
    let shown: Vec<_> = found.iter().map(|c| (c.label(), c.help.as_deref(), c.open)).collect();
    assert_eq!(shown, [("a b", None, false), ("config", None, false), ("lock~", Some("ephemeral"), false)]);
    let ids = &read("zkx get /brokers/i")[0];
    assert_eq!((ids.label(), ids.help.as_deref(), ids.open), ("ids/", Some("2 children"), true));
    for nothing in
        ["zkx get bro", "zkx get /brokers//", "zkx get /brokers/../a", "zkx get /none/", "zkx get /x"]
    {
        assert!(values(nothing).is_empty(), "{nothing}");
    }
}

#[test]
fn at_a_prompt_paths_are_relative_too() {
    let at = |here, line: &str| -> Vec<String> {
        let definition = clap::Command::new("prompt")
            .no_binary_name(true)
            .subcommands(["get", "create"].map(|name| crate::command::Command::definition(name).unwrap()));
        let words: Vec<_> = line.split(' ').map(Into::into).collect();
        let tree: Arc<dyn PathSource> = Arc::new(Tree(vec!["/a/b/c", "/a/bc", "/d"], Some(here)));
        let found = candidates(definition, &words, words.len() - 1, &tree);
        found.into_iter().map(|candidate| candidate.value).collect()
    };
    assert_eq!(at("/a", "get "), ["b/", "bc"]);
    assert_eq!(at("/a", "get b/"), ["b/c"]);
    assert_eq!(at("/a/b", "get ../b"), ["../b/", "../bc"]);
    assert_eq!(at("/a/b", "get .."), ["../"]);
    assert_eq!(at("/a/b", "get ../../"), ["../../a/", "../../d"]);
    assert!(at("/a/b", "get ../../../").is_empty());
    assert_eq!(at("/a", "get /"), ["/a/", "/d"]);
    assert_eq!(at("/a", "g"), ["get"]);
    assert_eq!(at("/a", "c"), ["create"]);
}

#[test]
fn acls_go_entry_by_entry() {
    assert_eq!(values("zkx setAcl /a w"), ["world:anyone:"]);
    assert_eq!(values("zkx create /a data d"), ["digest:"]);
    assert_eq!(
        values("zkx setAcl /a world:anyone:cdr"),
        ["world:anyone:cdrwa", "world:anyone:cdrw", "world:anyone:cdra"]
    );
    assert_eq!(values("zkx setAcl /a digest:u:h=:cdrw"), ["digest:u:h=:cdrwa"]);
    assert_eq!(values("zkx setAcl /a ip:10.0.0.1:r,auth:").len(), 1);
    assert_eq!(values("zkx setAcl /a ip:10.0.0.1:r,auth::cdrw"), ["ip:10.0.0.1:r,auth::cdrwa"]);
    assert_eq!(values("zkx setAcl /a x509:CN=a,O=b:cdrw"), ["x509:CN=a,O=b:cdrwa"]);
    assert!(values("zkx setAcl /a digest:u:").is_empty(), "a hash follows");
    assert!(values("zkx setAcl /a world:anyone:z").is_empty());
    assert!(
        values("zkx setAcl /a world:anyone:cdrwa").is_empty()
            || values("zkx setAcl /a world:anyone:cdrwa") == ["world:anyone:cdrwa"]
    );
    assert_eq!(values("zkx setAcl /a ").len(), 6);
}

#[test]
fn servers_and_identities_have_beginnings() {
    assert_eq!(values("zkx --server "), ["zk1:2181,zk2:2181/app", "mem:", "sandbox:"]);
    assert_eq!(values("zkx --profile p"), ["production"]);
    assert_eq!(read("zkx profiles show p")[0].help.as_deref(), Some("zk1:2181,zk2:2181/app"));
    assert_eq!(values("zkx -s san"), ["sandbox:"]);
    assert_eq!(values("zkx -s mem:Cargo.to"), ["mem:Cargo.toml"]);
    assert_eq!(values("zkx set /a @Cargo.to"), ["@Cargo.toml"]);
    assert_eq!(values("zkx server --seed Cargo.to"), ["Cargo.toml"]);
    assert_eq!(values("zkx --auth d"), ["digest:"]);
    assert!(values("zkx --auth digest:").is_empty());
}

#[test]
fn global_options_are_read_from_half_a_line() {
    let globals = |line: &str| Line::new(line.split(' ').map(Into::into).collect()).globals(&|_| true);
    let server = |line: &str| globals(line).map(|(globals, _)| globals.server.to_string());
    assert_eq!(server("zkx get /").as_deref(), Some("localhost:2181"));
    assert_eq!(server("zkx -s h:1 get /").as_deref(), Some("h:1"));
    assert_eq!(server("zkx get --server=h:1/x --nonsense -w --no /").as_deref(), Some("h:1/x"));
    assert_eq!(server("zkx -server h:1 sandbox get /").as_deref(), Some("sandbox:"));
    assert_eq!(server("zkx -s h:0 get /"), None, "paths of another server would be wrong");
    assert_eq!(server("zkx --server "), None);
    assert_eq!(server("X=1 ZKX_SERVER=h:7 ZKX_YES=1 zkx get /").as_deref(), Some("h:7"));
    assert_eq!(globals("zkx --auth digest:a:b --auth ip:x get /").unwrap().0.auth.len(), 2);
}

#[test]
fn kafkas_topics_and_groups_are_completed() {
    assert_eq!(values("zkx kafka topic "), ["orders", "payments"]);
    assert_eq!(values("zkx kafka group billing --topic p"), ["payments"]);
    assert_eq!(values("zkx kafka offsets x --topic o"), ["orders"]);
    // One level below the root.
    assert_eq!(values("zkx kafka group "), ["archive", "billing"]);
    assert_eq!(values("zkx kafka offsets archive --copy-to b"), ["billing"]);
    assert_eq!(values("zkx kafka delete-group x"), [""; 0]);
}
