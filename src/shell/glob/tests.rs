use super::{expand, new_paths};
use crate::error::{Error, Kind};
use crate::store::memory::{Ensemble, Memory, Rules};
use crate::store::{Store, Write};
use crate::znode::{Acl, CreateMode, ZPath};

async fn world(paths: &[&str]) -> Memory {
    let store = Ensemble::new(Rules::default()).store(1 << 20);
    for path in paths {
        create(&store, path, "world:anyone:cdrwa").await;
    }
    store
}

async fn create(store: &Memory, path: &str, acl: &str) {
    let acl = Acl::parse_list(acl).unwrap();
    let (path, mode) = (path.to_owned(), CreateMode::Persistent);
    store.write(Write::Create { path, data: None, acl, mode }).await.unwrap();
}

async fn brokers() -> Memory {
    world(&[
        "/brokers",
        "/brokers/ids",
        "/brokers/ids/10",
        "/brokers/ids/9",
        "/brokers/ids/.x",
        "/brokers/topics",
        "/brokers/topics/a",
        "/brokers/topics/a/partitions",
        "/brokers/topics/b",
        "/brokers/topics/b/partitions",
        "/brokers/topics/c*",
        "/brokers/topics/{c}",
    ])
    .await
}

async fn found(store: &Memory, cwd: &str, pattern: &str) -> String {
    let found = expand(store, &ZPath::parse(cwd).unwrap(), pattern, 100).await.unwrap();
    assert!(found.unreadable.is_empty());
    found.paths.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(" ")
}

async fn error(store: &Memory, pattern: &str) -> Error {
    expand(store, &ZPath::root(), pattern, 100).await.unwrap_err()
}

#[tokio::test]
async fn znodes_are_found_level_by_level() {
    let store = brokers().await;
    for (pattern, paths) in [
        ("/brokers/ids/*", "/brokers/ids/.x /brokers/ids/9 /brokers/ids/10"),
        ("/brokers/ids/[0-9]*", "/brokers/ids/9 /brokers/ids/10"),
        ("/brokers/*/?", "/brokers/ids/9 /brokers/topics/a /brokers/topics/b"),
        ("/brokers/topics/*/partitions", "/brokers/topics/a/partitions /brokers/topics/b/partitions"),
        ("/b*/ids/9", "/brokers/ids/9"),
        ("/**/partitions", "/brokers/topics/a/partitions /brokers/topics/b/partitions"),
        ("/brokers/topics/a/**", "/brokers/topics/a/partitions"),
        ("/brokers/**/a/**/p*", "/brokers/topics/a/partitions"),
        ("/brokers/topics/?\\*", "/brokers/topics/c*"),
        ("/brokers/topics/{b,a,nothing}", "/brokers/topics/b /brokers/topics/a /brokers/topics/nothing"),
        ("/brokers/ids/{1*,9,1?}", "/brokers/ids/10 /brokers/ids/9"),
        ("/brokers/topics/{c}", "/brokers/topics/{c}"),
        ("/brokers/*/", "/brokers/ids /brokers/topics"),
    ] {
        assert_eq!(found(&store, "/", pattern).await, paths, "{pattern}");
    }
    assert_eq!(found(&store, "/brokers/ids", "[0-9]").await, "/brokers/ids/9");
    assert_eq!(found(&store, "/brokers/ids", "../t*/a").await, "/brokers/topics/a");
    assert_eq!(found(&store, "/brokers", "{ids/9,./topics/a}").await, "/brokers/ids/9 /brokers/topics/a");
    assert!(found(&store, "/", "/**").await.starts_with("/brokers /brokers/ids /brokers/ids/.x"));
}

#[tokio::test]
async fn what_was_found_is_counted() {
    let store = brokers().await;
    let root = ZPath::root();
    let matched = async |pattern| expand(&store, &root, pattern, 100).await.unwrap().matched;
    assert_eq!(matched("/brokers/ids/*").await, Some(3));
    assert_eq!(matched("/brokers/ids/{*,9}").await, Some(3));
    assert_eq!(matched("/brokers/ids/{9,7,x*,1*}").await, Some(1));
    assert_eq!(matched("/brokers/ids/{9,7}").await, None);
}

#[tokio::test]
async fn when_nothing_matches_the_nearest_is_named() {
    let store = brokers().await;
    let none = error(&store, "/brokers/ids/7*").await;
    assert_eq!(none.to_string(), "no znode matches /brokers/ids/7*; /brokers/ids exists");
    assert_eq!(none.hints(), ["quoted, it is the name of a znode: '/brokers/ids/7*'"]);
    assert_eq!(none.kind(), Kind::Refused);
    let none = error(&store, "/brokrs/ids/*").await;
    assert_eq!(none.to_string(), "no znode matches /brokrs/ids/*: /brokrs does not exist (NoNode)");
    assert_eq!(none.hints()[0], "did you mean `/brokers/ids`?");
    assert_eq!(
        error(&store, "/brokers/topics/*/nothing").await.to_string(),
        "no znode matches /brokers/topics/*/nothing; /brokers/topics exists"
    );
    assert!(error(&store, "/brokers/ids/{x*,y*}").await.to_string().contains("no znode matches"));
}

#[tokio::test]
async fn what_may_not_be_listed_is_said() {
    let store = brokers().await;
    create(&store, "/brokers/secret", "ip:10.0.0.1:r").await;
    let found = expand(&store, &ZPath::root(), "/brokers/*/9", 100).await.unwrap();
    // Where each name is known, nothing needs to be listed.
    assert!(found.unreadable.is_empty());
    let found = expand(&store, &ZPath::root(), "/brokers/*/9*", 100).await.unwrap();
    assert_eq!(found.unreadable, [ZPath::parse("/brokers/secret").unwrap()]);
    assert_eq!(found.paths, [ZPath::parse("/brokers/ids/9").unwrap()]);
    let found = expand(&store, &ZPath::root(), "/brokers/**/9", 100).await.unwrap();
    assert_eq!(found.unreadable.len(), 1);
    let none = error(&store, "/brokers/secret/*").await;
    assert_eq!(none.kind(), Kind::Auth);
    assert!(none.to_string().ends_with("/brokers/secret may not be listed (NoAuth)"), "{none}");
}

#[tokio::test]
async fn there_is_an_end() {
    let store = world(&["/a"]).await;
    for n in 0..101 {
        create(&store, &format!("/a/n-{n}"), "world:anyone:cdrwa").await;
    }
    for pattern in ["/a/*", "/a/**", "/**", "/a/n-{0..101}", "/a/{n,*}-{0..60}"] {
        let error = error(&store, pattern).await;
        assert!(error.to_string().contains("more than 100"), "{error}");
        assert_eq!(error.kind(), Kind::Usage);
    }
    assert_eq!(found(&store, "/", "/a/n-1?").await.split(' ').count(), 10);
}

#[test]
fn new_znodes_have_names_of_their_own() {
    let new = |pattern| new_paths(&ZPath::parse("/a").unwrap(), pattern, 100);
    let paths: Vec<_> = new("q-{1..3}/").unwrap().into_iter().map(ZPath::into_string).collect();
    assert_eq!(paths, ["/a/q-1/", "/a/q-2/", "/a/q-3/"]);
    let error = new("b*").unwrap_err();
    assert_eq!(error.hints(), ["quoted, it is a name: 'b*'"]);
}
