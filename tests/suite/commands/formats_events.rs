//! Events in every format.

use super::formats::prepare;
use super::{SOON, start, zkx};
use crate::support::mask::mask;

on_one_server! {
    fn events_in_every_format(lab: &Lab) {
        prepare(lab);
        let mut all = String::new();
        for format in ["human", "json", "ndjson", "yaml"] {
            lab.truth().set("/app", b"hello").unwrap();
            let watching = start(lab, &format!("-o {format} watch --values /app"), "watching /app");
            let mut truth = lab.truth();
            truth.set("/app", b"\xff").unwrap();
            let lines = |n: usize| watching.wait_stdout(|shown| shown.matches("/app").count() >= n, SOON);
            lines(1);
            truth.create("/app/x", b"").unwrap();
            lines(2);
            truth.delete("/app/x").unwrap();
            lines(3);
            all.push_str(&format!("$ {format}\n{}", watching.stop().code(130).snapshot()));
        }
        insta::assert_snapshot!(mask(&all), @r#"
        $ human
        yyyy-mm-dd hh:mm:ss.mmm  NodeDataChanged      /app  hello → (binary, 1 B)
        yyyy-mm-dd hh:mm:ss.mmm  NodeChildrenChanged  /app  +x
        yyyy-mm-dd hh:mm:ss.mmm  NodeChildrenChanged  /app  -x
        --- stderr ---
        note: watching /app
        [exit 130]
        $ json
        [
          {"time":#############,"type":"NodeDataChanged","path":"/app","zxid":##########,"old":{"data":"hello","encoding":"utf-8"},"new":{"data":"/w==","encoding":"base64"}},
          {"time":#############,"type":"NodeChildrenChanged","path":"/app","zxid":##########,"added":["x"],"removed":[]},
          {"time":#############,"type":"NodeChildrenChanged","path":"/app","zxid":##########,"added":[],"removed":["x"]}
        ]
        --- stderr ---
        note: watching /app
        [exit 130]
        $ ndjson
        {"time":#############,"type":"NodeDataChanged","path":"/app","zxid":##########,"old":{"data":"hello","encoding":"utf-8"},"new":{"data":"/w==","encoding":"base64"}}
        {"time":#############,"type":"NodeChildrenChanged","path":"/app","zxid":##########,"added":["x"],"removed":[]}
        {"time":#############,"type":"NodeChildrenChanged","path":"/app","zxid":##########,"added":[],"removed":["x"]}
        --- stderr ---
        note: watching /app
        [exit 130]
        $ yaml
        - time: #############
          type: NodeDataChanged
          path: /app
          zxid: ##########
          old:
            data: hello
            encoding: utf-8
          new:
            data: /w==
            encoding: base64
        - time: #############
          type: NodeChildrenChanged
          path: /app
          zxid: ##########
          added:
            - x
          removed: []
        - time: #############
          type: NodeChildrenChanged
          path: /app
          zxid: ##########
          added: []
          removed:
            - x
        --- stderr ---
        note: watching /app
        [exit 130]
        "#);
    }

    fn a_value_and_its_change_are_two_documents(lab: &Lab) {
        prepare(lab);
        let mut all = String::new();
        for format in ["human", "json", "yaml"] {
            lab.truth().set("/app", b"hello").unwrap();
            let waiting = zkx(lab, &format!("-o {format} get -w /app")).spawn();
            waiting.wait_stdout(|shown| shown.contains("hello"), SOON);
            std::thread::sleep(std::time::Duration::from_millis(50));
            lab.truth().set("/app", b"bye").unwrap();
            all.push_str(&format!("$ {format}\n{}", waiting.finish(SOON).success().snapshot()));
        }
        insta::assert_snapshot!(all, @r#"
        $ human
        hello
        yyyy-mm-dd hh:mm:ss.mmm  NodeDataChanged      /app  hello → bye
        $ json
        {
          "path": "/app",
          "data": "hello",
          "encoding": "utf-8",
          "stat": {
            "czxid": ##########,
            "mzxid": ##########,
            "ctime": #############,
            "mtime": #############,
            "version": 3,
            "cversion": 3,
            "aversion": 0,
            "ephemeralOwner": "0x0",
            "dataLength": 5,
            "numChildren": 3,
            "pzxid": ##########,
            "type": "persistent"
          }
        }
        [
          {"time":#############,"type":"NodeDataChanged","path":"/app","zxid":##########,"old":{"data":"hello","encoding":"utf-8"},"new":{"data":"bye","encoding":"utf-8"}}
        ]
        $ yaml
        path: /app
        data: hello
        encoding: utf-8
        stat:
          czxid: ##########
          mzxid: ##########
          ctime: #############
          mtime: #############
          version: 5
          cversion: 3
          aversion: 0
          ephemeralOwner: "0x0"
          dataLength: 5
          numChildren: 3
          pzxid: ##########
          type: persistent
        ---
        - time: #############
          type: NodeDataChanged
          path: /app
          zxid: ##########
          old:
            data: hello
            encoding: utf-8
          new:
            data: bye
            encoding: utf-8
        "#);
    }
}
