//! `ls` and `tree` in every format.

use super::formats::{answers, prepare};

on_one_server! {
    fn ls_in_every_format(lab: &Lab) {
        prepare(lab);
        insta::assert_snapshot!(answers(lab, &["ls -s /app", "ls -l /app", "ls -R /app", "ls2 /app/config"]), @r#"
        $ ls -s /app
        config
        node-9
        node-10
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
        $ ls -l /app
        persistent        0         3         0 B  yyyy-mm-dd hh:mm:ss  config
        persistent        0         0         4 B  yyyy-mm-dd hh:mm:ss  node-9
        persistent        0         0         3 B  yyyy-mm-dd hh:mm:ss  node-10
        $ ls -R /app
        /app
        /app/config
        /app/config/binary
        /app/config/db
        /app/config/null
        /app/node-9
        /app/node-10
        $ ls2 /app/config
        binary
        db
        null
        cZxid = 0xzzzzzzzzz
        ctime = yyyy-mm-dd hh:mm:ss UTC
        mZxid = 0xzzzzzzzzz
        mtime = yyyy-mm-dd hh:mm:ss UTC
        pZxid = 0xzzzzzzzzz
        cversion = 3
        dataVersion = 0
        aclVersion = 0
        ephemeralOwner = 0x0
        dataLength = 0
        numChildren = 3
        "#);
        insta::assert_snapshot!(answers(lab, &["-o json ls -s /app", "-o json ls -l /app", "-o json ls -R /app"]), @r#"
        $ -o json ls -s /app
        {
          "path": "/app",
          "children": [
            "config",
            "node-9",
            "node-10"
          ],
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
        $ -o json ls -l /app
        [
          {"path":"/app/config","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":0,"numChildren":3,"pzxid":##########,"type":"persistent"}},
          {"path":"/app/node-9","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":4,"numChildren":0,"pzxid":##########,"type":"persistent"}},
          {"path":"/app/node-10","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":3,"numChildren":0,"pzxid":##########,"type":"persistent"}}
        ]
        $ -o json ls -R /app
        [
          {"path":"/app"},
          {"path":"/app/config"},
          {"path":"/app/config/binary"},
          {"path":"/app/config/db"},
          {"path":"/app/config/null"},
          {"path":"/app/node-9"},
          {"path":"/app/node-10"}
        ]
        "#);
        insta::assert_snapshot!(answers(lab, &["-o ndjson ls -s /app", "-o ndjson ls -l /app", "-o ndjson ls -R /app"]), @r#"
        $ -o ndjson ls -s /app
        {"path":"/app","children":["config","node-9","node-10"],"stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":5,"numChildren":3,"pzxid":##########,"type":"persistent"}}
        $ -o ndjson ls -l /app
        {"path":"/app/config","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":0,"numChildren":3,"pzxid":##########,"type":"persistent"}}
        {"path":"/app/node-9","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":4,"numChildren":0,"pzxid":##########,"type":"persistent"}}
        {"path":"/app/node-10","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":3,"numChildren":0,"pzxid":##########,"type":"persistent"}}
        $ -o ndjson ls -R /app
        {"path":"/app"}
        {"path":"/app/config"}
        {"path":"/app/config/binary"}
        {"path":"/app/config/db"}
        {"path":"/app/config/null"}
        {"path":"/app/node-9"}
        {"path":"/app/node-10"}
        "#);
        insta::assert_snapshot!(answers(lab, &["-o yaml ls -s /app", "-o yaml ls -l /app/config", "-o yaml ls -R /app"]), @r#"
        $ -o yaml ls -s /app
        path: /app
        children:
          - config
          - node-9
          - node-10
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
        $ -o yaml ls -l /app/config
        - path: /app/config/binary
          stat:
            czxid: ##########
            mzxid: ##########
            ctime: #############
            mtime: #############
            version: 0
            cversion: 0
            aversion: 0
            ephemeralOwner: "0x0"
            dataLength: 2
            numChildren: 0
            pzxid: ##########
            type: persistent
        - path: /app/config/db
          stat:
            czxid: ##########
            mzxid: ##########
            ctime: #############
            mtime: #############
            version: 0
            cversion: 0
            aversion: 0
            ephemeralOwner: "0x0"
            dataLength: 26
            numChildren: 0
            pzxid: ##########
            type: persistent
        - path: /app/config/null
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
        $ -o yaml ls -R /app
        - path: /app
        - path: /app/config
        - path: /app/config/binary
        - path: /app/config/db
        - path: /app/config/null
        - path: /app/node-9
        - path: /app/node-10
        "#);
    }

    fn tree_in_every_format(lab: &Lab) {
        prepare(lab);
        insta::assert_snapshot!(answers(lab, &["tree /app", "tree -D -z -n 2 /app", "tree -d 1 --ascii /app"]), @r#"
        $ tree /app
        /app
        ├── config
        │   ├── binary
        │   ├── db
        │   └── null
        ├── node-9
        └── node-10
        --- stderr ---
        note: 7 znodes
        $ tree -D -z -n 2 /app
        /app  5 B  hello
        ├── config  0 B  (empty)
        │   ├── binary  2 B  (binary, 2 B)
        │   ├── db  26 B  {"url":"jdbc:x","pool":10}
        │   └── … 1 more
        ├── node-9  4 B  nine
        └── … 1 more
        --- stderr ---
        note: 5 znodes, 2 not shown (--limit)
        $ tree -d 1 --ascii /app
        /app
        |-- config
        |-- node-9
        `-- node-10
        --- stderr ---
        note: 4 znodes
        "#);
        insta::assert_snapshot!(answers(lab, &["-o json tree -D -n 2 /app", "-o ndjson tree -d 1 /app"]), @r#"
        $ -o json tree -D -n 2 /app
        {"name":"/app","path":"/app","data":"hello","encoding":"utf-8","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":5,"numChildren":3,"pzxid":##########,"type":"persistent"},"omitted":1,"children":[
          {"name":"config","path":"/app/config","data":"","encoding":"utf-8","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":0,"numChildren":3,"pzxid":##########,"type":"persistent"},"omitted":1,"children":[
            {"name":"binary","path":"/app/config/binary","data":"/wA=","encoding":"base64","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":2,"numChildren":0,"pzxid":##########,"type":"persistent"}},
            {"name":"db","path":"/app/config/db","data":"{\"url\":\"jdbc:x\",\"pool\":10}","encoding":"utf-8","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":26,"numChildren":0,"pzxid":##########,"type":"persistent"}}
          ]},
          {"name":"node-9","path":"/app/node-9","data":"nine","encoding":"utf-8","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":4,"numChildren":0,"pzxid":##########,"type":"persistent"}}
        ]}
        --- stderr ---
        note: 5 znodes, 2 not shown (--limit)
        $ -o ndjson tree -d 1 /app
        {"name":"/app","path":"/app","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":5,"numChildren":3,"pzxid":##########,"type":"persistent"}}
        {"name":"config","path":"/app/config","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":3,"aversion":0,"ephemeralOwner":"0x0","dataLength":0,"numChildren":3,"pzxid":##########,"type":"persistent"}}
        {"name":"node-9","path":"/app/node-9","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":4,"numChildren":0,"pzxid":##########,"type":"persistent"}}
        {"name":"node-10","path":"/app/node-10","stat":{"czxid":##########,"mzxid":##########,"ctime":#############,"mtime":#############,"version":0,"cversion":0,"aversion":0,"ephemeralOwner":"0x0","dataLength":3,"numChildren":0,"pzxid":##########,"type":"persistent"}}
        --- stderr ---
        note: 4 znodes
        "#);
        insta::assert_snapshot!(answers(lab, &["-o yaml tree -D -n 2 /app"]), @r#"
        $ -o yaml tree -D -n 2 /app
        name: /app
        path: /app
        data: hello
        encoding: utf-8
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
        omitted: 1
        children:
          - name: config
            path: /app/config
            data: ""
            encoding: utf-8
            stat:
              czxid: ##########
              mzxid: ##########
              ctime: #############
              mtime: #############
              version: 0
              cversion: 3
              aversion: 0
              ephemeralOwner: "0x0"
              dataLength: 0
              numChildren: 3
              pzxid: ##########
              type: persistent
            omitted: 1
            children:
              - name: binary
                path: /app/config/binary
                data: /wA=
                encoding: base64
                stat:
                  czxid: ##########
                  mzxid: ##########
                  ctime: #############
                  mtime: #############
                  version: 0
                  cversion: 0
                  aversion: 0
                  ephemeralOwner: "0x0"
                  dataLength: 2
                  numChildren: 0
                  pzxid: ##########
                  type: persistent
              - name: db
                path: /app/config/db
                data: "{\"url\":\"jdbc:x\",\"pool\":10}"
                encoding: utf-8
                stat:
                  czxid: ##########
                  mzxid: ##########
                  ctime: #############
                  mtime: #############
                  version: 0
                  cversion: 0
                  aversion: 0
                  ephemeralOwner: "0x0"
                  dataLength: 26
                  numChildren: 0
                  pzxid: ##########
                  type: persistent
          - name: node-9
            path: /app/node-9
            data: nine
            encoding: utf-8
            stat:
              czxid: ##########
              mzxid: ##########
              ctime: #############
              mtime: #############
              version: 0
              cversion: 0
              aversion: 0
              ephemeralOwner: "0x0"
              dataLength: 4
              numChildren: 0
              pzxid: ##########
              type: persistent
        --- stderr ---
        note: 5 znodes, 2 not shown (--limit)
        "#);
    }
}
