//! node-zookeeper-client, by a program of its own.

use super::client;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/judges/node.js");

on_one_server! {
    fn it_finds_what_it_expects(lab: &Lab) {
        let Some(node) = client("node") else { return };
        let output = node.args([PROGRAM, &lab.at(&lab.addr())]).run().success();
        insta::assert_snapshot!(output.out(), @r#"
        create: ["/n"]
        create again: NODE_EXISTS
        get: ["hello",0]
        event: NODE_DATA_CHANGED /n
        set: 1
        set an old version: BAD_VERSION
        get: ["other",1]
        get what is not there: NO_NODE
        exists: [null]
        ls: [[],0]
        event: NODE_CREATED /n/later
        event: NODE_CHILDREN_CHANGED /n
        create: ["/n/later"]
        exists: 0
        event: NODE_DELETED /n/later
        delete: []
        create in sequence: ["/n/s-0000000001"]
        create in sequence: ["/n/s-0000000002"]
        create parents: ["/n/a/b"]
        ls: [["a","s-0000000001","s-0000000002"],3]
        delete with children: NOT_EMPTY
        set the ACL: 1
        get the ACL: ["digest:ann:RYbu6l5aZwqon8VWmkcGvezdzfc=:31"]
        somebody else gets: NO_AUTH
        transaction: ["/n/t",5,13,2]
        get: ["2",1]
        transaction that cannot be: BAD_VERSION
        exists: [null]
        as large as it was: true
        create an ephemeral: ["/n/e"]
        event: NODE_DELETED /n/e
        ls: [["a","t"],2]
        "#);
    }
}
