use super::*;

fn shown(text: &str) -> Vec<String> {
    let entries = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let one = |entry: &Entry| {
        let data = entry.data.as_ref().map(|data| String::from_utf8_lossy(data).into_owned());
        let acl = entry.acl.as_ref().map(|acl| acl.iter().map(ToString::to_string).collect::<Vec<_>>());
        format!("{} {data:?} {acl:?} {:?}", entry.path, entry.node_type)
    };
    entries.iter().map(one).collect()
}

const YAML: &str = "
format: zkx-tree/1
/app:
  /config: jdbc:mysql://x
  /empty: ''
  /nothing: null
  /none:
  /number: 12
  /icon: !!binary iVBORw0=
  /workers:
    /w-1: {type: ttl, ttl: 60000, data: busy}
    type: container
  data: hello
  acl: world:anyone:r
/brokers/ids/1: {}
";

const JSON: &str = r#"{"format": "zkx-tree/1",
 "/app": {"/config": "jdbc:mysql://x", "/empty": "", "/nothing": null, "/none": null, "/number": 12,
          "/icon": {"base64": "iVBORw0="},
          "/workers": {"/w-1": {"type": "ttl", "ttl": 60000, "data": "busy"}, "type": "container"},
          "data": "hello", "acl": "world:anyone:r"},
 "/brokers/ids/1": {}}"#;

#[test]
fn both_syntaxes_say_the_same() {
    let yaml = shown(YAML);
    assert_eq!(
        yaml,
        [
            "/app Some(\"hello\") Some([\"world:anyone:r\"]) Persistent",
            "/app/config Some(\"jdbc:mysql://x\") None Persistent",
            "/app/empty Some(\"\") None Persistent",
            "/app/nothing None None Persistent",
            "/app/none None None Persistent",
            "/app/number Some(\"12\") None Persistent",
            "/app/icon Some(\"�PNG\\r\") None Persistent",
            "/app/workers Some(\"\") None Container",
            "/app/workers/w-1 Some(\"busy\") None Ttl(60000)",
            "/brokers Some(\"\") None Persistent",
            "/brokers/ids Some(\"\") None Persistent",
            "/brokers/ids/1 Some(\"\") None Persistent",
        ]
    );
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(shown(JSON)), sorted(yaml));
}

#[test]
fn mistakes_are_shown_where_they_are() {
    for (text, error) in [
        ("/a:\n  dta: x\n", "2:8: `dta` is no property: did you mean `data`, or the znode `/dta`?"),
        ("/a: 1\n/a: 2\n", "2:1: /a is in line 1 already"),
        ("/a:\n  /b/: x\n", "2:3: `/b/`: a path does not end with `/`"),
        ("/a: [1]\n", "1:5: a list has no place in a tree file"),
        ("format: zkx-tree/9\n", "1:9: this zkx reads `format: zkx-tree/1`"),
        ("/a: {type: odd}\n", "1:12: `odd` is no type: persistent, ephemeral, container or ttl"),
        ("/a: {acl: 'world:anyone:z'}\n", "1:11: "),
        ("hello\n", "1:1: a tree file is a mapping from paths to znodes"),
        ("{\"/a\": {\n \"acl\": 5}}", "2:2: "),
        ("{\"/a\": ", "1:7: "),
    ] {
        let found = parse(text).map_or_else(|error| error.to_string(), |_| "nothing".into());
        assert!(found.starts_with(error), "{text:?}: {found}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let entries = parse(YAML).unwrap_or_default();
    let mut writer = Writer::new(Vec::new()).unwrap_or_else(|error| panic!("{error}"));
    for entry in &entries {
        let depth = entry.path.as_str().matches('/').count() - 1;
        let children = entries.iter().any(|other| other.path.parent().as_ref() == Some(&entry.path));
        writer.node(depth, entry.path.name(), entry, children).unwrap_or_else(|error| panic!("{error}"));
    }
    let text = String::from_utf8(writer.finish().unwrap_or_default()).unwrap_or_default();
    let again: Vec<_> = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let bare = |entries: &[Entry]| -> Vec<_> {
        entries.iter().map(|entry| Entry { line: 0, said: Said::default(), ..entry.clone() }).collect()
    };
    assert_eq!(bare(&again), bare(&entries), "{text}");
}
