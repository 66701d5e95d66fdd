//! `--server mem:`, an ensemble in memory.

use crate::support::zkx::{Output, Zkx};

fn on(file: &str, line: &str) -> Output {
    Zkx::new().file("tree", file).server("mem:tree").args(line.split_whitespace()).run()
}

#[test]
fn it_is_empty_without_a_file() {
    let output = Zkx::new().server("mem:").args(["ls", "-R", "/"]).run().success();
    assert_eq!(output.out(), "/\n/zookeeper\n/zookeeper/config\n/zookeeper/quota\n");
}

#[test]
fn it_holds_what_a_tree_file_says() {
    let file = "/a:\n  data: hello\n  acl: world:anyone:r\n  /b/c: null\n  /d: !!binary AAE=\n";
    assert_eq!(on(file, "ls -R /a").success().out(), "/a\n/a/b\n/a/b/c\n/a/d\n");
    assert_eq!(on(file, "get /a").success().out(), "hello");
    assert_eq!(on(file, "get /a/d").success().stdout, [0, 1]);
    assert_eq!(on(file, "-o ndjson get /a/b/c").success().out().split(',').nth(1), Some("\"data\":null"));
    on(file, "set /a other").code(6);
    let json = r#"{"/a": {"data": "hello", "/b": "x"}}"#;
    assert_eq!(on(json, "get /a/b").success().out(), "x");
}

#[test]
fn mistakes_in_a_file_are_shown_where_they_are() {
    let stderr = |file| on(file, "ls /").code(3).stderr;
    assert_eq!(stderr("/a: 1\n/a: 2\n"), "error: tree:2:1: /a is in line 1 already\n");
    let error = "error: tree:2: cannot create /a/b: an ephemeral znode cannot have children\n";
    assert_eq!(stderr("/a: {type: ephemeral}\n/a/b: x\n"), error);
    let output = Zkx::new().server("mem:nowhere").args(["ls"]).run().code(3);
    assert!(output.stderr.starts_with("error: cannot read nowhere: "), "{}", output.stderr);
}
