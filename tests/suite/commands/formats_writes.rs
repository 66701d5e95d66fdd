//! What writes answer, and ACLs, in every format.

use super::formats::{answers, prepare};

on_one_server! {
    fn writes_in_every_format(lab: &Lab) {
        prepare(lab);
        insta::assert_snapshot!(
            answers(lab, &["create -p /new/x y", "-o json create -p /new/y/z y", "-o ndjson create -s /new/n- y", "-o yaml create /new/u y"]), @r#"
        $ create -p /new/x y
        /new/x
        $ -o json create -p /new/y/z y
        {
          "path": "/new/y/z",
          "parents": [
            "/new/y"
          ]
        }
        $ -o ndjson create -s /new/n- y
        {"path":"/new/n-0000000002"}
        $ -o yaml create /new/u y
        path: /new/u
        "#);
        insta::assert_snapshot!(
            answers(lab, &["set /app a", "set -s /app b", "-o json set /app c", "-o ndjson set -s /app d", "-o yaml set /app e"]), @r#"
        $ set /app a
        /app: data version 1
        $ set -s /app b
        /app: data version 2
        cZxid = 0xzzzzzzzzz
        ctime = yyyy-mm-dd hh:mm:ss UTC
        mZxid = 0xzzzzzzzzz
        mtime = yyyy-mm-dd hh:mm:ss UTC
        pZxid = 0xzzzzzzzzz
        cversion = 3
        dataVersion = 2
        aclVersion = 0
        ephemeralOwner = 0x0
        dataLength = 1
        numChildren = 3
        $ -o json set /app c
        {
          "path": "/app",
          "changed": "data",
          "version": 3,
          "stat": {
            "czxid": ##########,
            "mzxid": ##########,
            "ctime": #############,
            "mtime": #############,
            "version": 3,
            "cversion": 3,
            "aversion": 0,
            "ephemeralOwner": "0x0",
            "dataLength": 1,
            "numChildren": 3,
            "pzxid": ##########,
            "type": "persistent"
          }
        }
        $ -o ndjson set -s /app d
        {"path":"/app","changed":"data","version":4,"stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":4,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":1,"numChildren":3,"pzxid":##########,"type":"persistent"}}
        $ -o yaml set /app e
        path: /app
        changed: data
        version: 5
        stat:
          czxid: ##########
          mzxid: ##########
          ctime: #############
          mtime: #############
          version: 5
          cversion: 3
          aversion: 0
          ephemeralOwner: "0x0"
          dataLength: 1
          numChildren: 3
          pzxid: ##########
          type: persistent
        "#);
        insta::assert_snapshot!(
            answers(lab, &["delete /new/x", "-o json delete /new/y/z", "-o ndjson delete /new/y", "-o yaml delete /new/u"]), @r#"
        $ delete /new/x
        deleted /new/x
        $ -o json delete /new/y/z
        {
          "path": "/new/y/z",
          "deleted": 1
        }
        $ -o ndjson delete /new/y
        {"path":"/new/y","deleted":1}
        $ -o yaml delete /new/u
        path: /new/u
        deleted: 1
        "#);
        insta::assert_snapshot!(
            answers(lab, &["-y deleteall /new", "-o json -y deleteall /app/config", "-o ndjson -y deleteall /app/node-9", "-o yaml -y deleteall /app/node-10"]), @r#"
        $ -y deleteall /new
        deleted /new: 2 znodes
        $ -o json -y deleteall /app/config
        {
          "path": "/app/config",
          "deleted": 4
        }
        $ -o ndjson -y deleteall /app/node-9
        {"path":"/app/node-9","deleted":1}
        $ -o yaml -y deleteall /app/node-10
        path: /app/node-10
        deleted: 1
        "#);
    }

    fn acls_in_every_format(lab: &Lab) {
        prepare(lab);
        insta::assert_snapshot!(
            answers(lab, &["setAcl /app world:anyone:cdra,ip:127.0.0.1:cdrwa", "setAcl -s /app world:anyone:cdra,ip:127.0.0.1:cdrwa", "-o json setAcl /app world:anyone:cdrwa", "-o yaml -y setAcl -R /app/config world:anyone:r"]), @r#"
        $ setAcl /app world:anyone:cdra,ip:127.0.0.1:cdrwa
        /app: ACL version 1
        $ setAcl -s /app world:anyone:cdra,ip:127.0.0.1:cdrwa
        /app: ACL version 2
        cZxid = 0xzzzzzzzzz
        ctime = yyyy-mm-dd hh:mm:ss UTC
        mZxid = 0xzzzzzzzzz
        mtime = yyyy-mm-dd hh:mm:ss UTC
        pZxid = 0xzzzzzzzzz
        cversion = 3
        dataVersion = 0
        aclVersion = 2
        ephemeralOwner = 0x0
        dataLength = 5
        numChildren = 3
        $ -o json setAcl /app world:anyone:cdrwa
        {
          "path": "/app",
          "changed": "acl",
          "version": 3,
          "stat": {
            "czxid": ##########,
            "mzxid": ##########,
            "ctime": #############,
            "mtime": #############,
            "version": 0,
            "cversion": 3,
            "aversion": 3,
            "ephemeralOwner": "0x0",
            "dataLength": 5,
            "numChildren": 3,
            "pzxid": ##########,
            "type": "persistent"
          }
        }
        $ -o yaml -y setAcl -R /app/config world:anyone:r
        path: /app/config
        changed: acl
        version: 1
        stat:
          czxid: ##########
          mzxid: ##########
          ctime: #############
          mtime: #############
          version: 0
          cversion: 3
          aversion: 1
          ephemeralOwner: "0x0"
          dataLength: 0
          numChildren: 3
          pzxid: ##########
          type: persistent
        --- stderr ---
        note: ACL set on 4 znodes
        "#);
        insta::assert_snapshot!(
            answers(lab, &["getAcl -s /app", "-o json getAcl /app", "-o ndjson getAcl /app", "-o yaml getAcl /app"]), @r#"
        $ getAcl -s /app
        world:anyone:cdrwa
        cZxid = 0xzzzzzzzzz
        ctime = yyyy-mm-dd hh:mm:ss UTC
        mZxid = 0xzzzzzzzzz
        mtime = yyyy-mm-dd hh:mm:ss UTC
        pZxid = 0xzzzzzzzzz
        cversion = 3
        dataVersion = 0
        aclVersion = 3
        ephemeralOwner = 0x0
        dataLength = 5
        numChildren = 3
        $ -o json getAcl /app
        {
          "path": "/app",
          "acl": [
            {
              "scheme": "world",
              "id": "anyone",
              "perms": "cdrwa"
            }
          ],
          "stat": {
            "czxid": ##########,
            "mzxid": ##########,
            "ctime": #############,
            "mtime": #############,
            "version": 0,
            "cversion": 3,
            "aversion": 3,
            "ephemeralOwner": "0x0",
            "dataLength": 5,
            "numChildren": 3,
            "pzxid": ##########,
            "type": "persistent"
          }
        }
        $ -o ndjson getAcl /app
        {"path":"/app","acl":[{"scheme":"world","id":"anyone","perms":"cdrwa"}],"stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":3,"ephemeralOwner":"0x0","dataLength":5,"numChildren":3,"pzxid":##########,"type":"persistent"}}
        $ -o yaml getAcl /app
        path: /app
        acl:
          - scheme: world
            id: anyone
            perms: cdrwa
        stat:
          czxid: ##########
          mzxid: ##########
          ctime: #############
          mtime: #############
          version: 0
          cversion: 3
          aversion: 3
          ephemeralOwner: "0x0"
          dataLength: 5
          numChildren: 3
          pzxid: ##########
          type: persistent
        "#);
    }
}
