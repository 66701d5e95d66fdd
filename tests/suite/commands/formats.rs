//! Every answer in every format.

use super::{run, sample};
use crate::support::lab::Lab;
use crate::support::truth::{self, Acl};

/// The answers to `lines`, each below its command.
pub(super) fn answers(lab: &Lab, lines: &[&str]) -> String {
    lines.iter().map(|line| format!("$ {line}\n{}", run(lab, line).snapshot())).collect()
}

/// Puts there what the answers show.
pub(super) fn prepare(lab: &Lab) {
    let mut truth = lab.truth();
    sample(&mut truth);
    truth.create("/app/config/binary", b"\xff\x00").unwrap();
    truth.create_as("/app/config/null", None, &Acl::open(), truth::PERSISTENT).unwrap();
}

on_one_server! {
    fn get_in_every_format(lab: &Lab) {
        prepare(lab);
        insta::assert_snapshot!(answers(lab, &["get -s /app", "get -b /app", "get -x /app/config/binary"]), @r#"
        $ get -s /app
        hello
        cZxid = 0xzzzzzzzzz
        ctime = yyyy-mm-dd hh:mm:ss UTC
        mZxid = 0xzzzzzzzzz
        mtime = yyyy-mm-dd hh:mm:ss UTC
        pZxid = 0xzzzzzzzzz
        cversion = 3
        dataVersion = 0
        aclVersion = 0
        ephemeralOwner = 0x0
        dataLength = 5
        numChildren = 3
        $ get -b /app
        aGVsbG8=
        $ get -x /app/config/binary
                 +-------------------------------------------------+
                 |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
        +--------+-------------------------------------------------+----------------+
        |00000000| ff 00                                           |..              |
        +--------+-------------------------------------------------+----------------+
        "#);
        insta::assert_snapshot!(
            answers(lab, &["-o json get /app", "-o ndjson get /app/config/binary", "-o yaml get /app/config/null", "-o yaml get -b /app"]), @r#"
        $ -o json get /app
        {
          "path": "/app",
          "data": "hello",
          "encoding": "utf-8",
          "stat": {
            "czxid": ##########,
            "mzxid": ##########,
            "ctime": #############,
            "mtime": #############,
            "version": 0,
            "cversion": 3,
            "aversion": 0,
            "ephemeralOwner": "0x0",
            "dataLength": 5,
            "numChildren": 3,
            "pzxid": ##########,
            "type": "persistent"
          }
        }
        $ -o ndjson get /app/config/binary
        {"path":"/app/config/binary","data":"/wA=","encoding":"base64","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":2,"numChildren":0,"pzxid":##########,"type":"persistent"}}
        $ -o yaml get /app/config/null
        path: /app/config/null
        data: ~
        encoding: "null"
        stat:
          czxid: ##########
          mzxid: ##########
          ctime: #############
          mtime: #############
          version: 0
          cversion: 0
          aversion: 0
          ephemeralOwner: "0x0"
          dataLength: 0
          numChildren: 0
          pzxid: ##########
          type: persistent
        $ -o yaml get -b /app
        path: /app
        data: aGVsbG8=
        encoding: base64
        stat:
          czxid: ##########
          mzxid: ##########
          ctime: #############
          mtime: #############
          version: 0
          cversion: 3
          aversion: 0
          ephemeralOwner: "0x0"
          dataLength: 5
          numChildren: 3
          pzxid: ##########
          type: persistent
        "#);
    }

    fn stat_and_exists_in_every_format(lab: &Lab) {
        prepare(lab);
        insta::assert_snapshot!(answers(lab, &["stat /app", "-o json stat /app", "-o ndjson stat /app", "-o yaml stat /app"]), @r#"
        $ stat /app
        cZxid = 0xzzzzzzzzz
        ctime = yyyy-mm-dd hh:mm:ss UTC
        mZxid = 0xzzzzzzzzz
        mtime = yyyy-mm-dd hh:mm:ss UTC
        pZxid = 0xzzzzzzzzz
        cversion = 3
        dataVersion = 0
        aclVersion = 0
        ephemeralOwner = 0x0
        dataLength = 5
        numChildren = 3
        $ -o json stat /app
        {
          "path": "/app",
          "stat": {
            "czxid": ##########,
            "mzxid": ##########,
            "ctime": #############,
            "mtime": #############,
            "version": 0,
            "cversion": 3,
            "aversion": 0,
            "ephemeralOwner": "0x0",
            "dataLength": 5,
            "numChildren": 3,
            "pzxid": ##########,
            "type": "persistent"
          }
        }
        $ -o ndjson stat /app
        {"path":"/app","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":5,"numChildren":3,"pzxid":##########,"type":"persistent"}}
        $ -o yaml stat /app
        path: /app
        stat:
          czxid: ##########
          mzxid: ##########
          ctime: #############
          mtime: #############
          version: 0
          cversion: 3
          aversion: 0
          ephemeralOwner: "0x0"
          dataLength: 5
          numChildren: 3
          pzxid: ##########
          type: persistent
        "#);
        insta::assert_snapshot!(answers(lab, &["exists /app", "exists /none", "-o json exists /none", "-o ndjson exists /app", "-o yaml exists /none"]), @r#"
        $ exists /app
        true
        $ exists /none
        false
        [exit 1]
        $ -o json exists /none
        {
          "path": "/none",
          "exists": false,
          "stat": null
        }
        [exit 1]
        $ -o ndjson exists /app
        {"path":"/app","exists":true,"stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":5,"numChildren":3,"pzxid":##########,"type":"persistent"}}
        $ -o yaml exists /none
        path: /none
        exists: false
        stat: ~
        [exit 1]
        "#);
    }

    fn the_rest_in_every_format(lab: &Lab) {
        prepare(lab);
        insta::assert_snapshot!(
            answers(lab, &["sync /app", "-o json sync", "-o ndjson sync", "-o yaml sync", "whoami", "-o json whoami", "-o ndjson whoami", "-o yaml whoami"]), @r#"
        $ sync /app
        synced /app
        $ -o json sync
        {
          "path": "/",
          "synced": true
        }
        $ -o ndjson sync
        {"path":"/","synced":true}
        $ -o yaml sync
        path: /
        synced: true
        $ whoami
        ip:127.0.0.1
        $ -o json whoami
        {
          "identities": [
            {
              "scheme": "ip",
              "user": "127.0.0.1"
            }
          ]
        }
        $ -o ndjson whoami
        {"identities":[{"scheme":"ip","user":"127.0.0.1"}]}
        $ -o yaml whoami
        identities:
          - scheme: ip
            user: 127.0.0.1
        "#);
    }
}

on_one_server! {
    /// Values that look like something else to a reader of YAML.
    fn yaml_says_what_is_stored(lab: &Lab) {
        prepare(lab);
        let values = [
            "no",
            "~",
            "null",
            "0123",
            "1e3",
            "- x",
            "a: b",
            "# c",
            " lead",
            "trail ",
            "two\nlines\n",
            "",
            "\t",
            "'",
            "\"",
            "\\",
            "%",
            "@x",
            "\u{1b}",
            "中",
            "😀",
            "\u{2028}",
            "=",
            "<<",
            "2026-11-22",
        ];
        for value in values {
            lab.truth().set("/app", value.as_bytes()).unwrap();
            let text = run(lab, "-o yaml get /app").success().out();
            let read = <saphyr::Yaml<'_> as saphyr::LoadableYamlNode<'_>>::load_from_str(&text).unwrap();
            assert_eq!(read[0]["data"].as_str(), Some(value), "{text}");
        }
        let names = ["no", "~", "1", "a: b", "- x", "two  spaces", "#c"];
        for name in names {
            lab.truth().create(&format!("/app/{name}"), b"").unwrap();
        }
        for line in ["-o yaml ls /app", "-o yaml tree /app", "-o yaml ls -R /app"] {
            let text = run(lab, line).success().out();
            let read = <saphyr::Yaml<'_> as saphyr::LoadableYamlNode<'_>>::load_from_str(&text).unwrap();
            let all = format!("{read:?}");
            assert!(names.iter().all(|name| all.contains(&format!("{name}\""))), "{text}");
        }
    }
}
