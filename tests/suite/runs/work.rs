//! A script of more than 200 writes, of every kind that a script can make, and what it leaves behind.

use std::fs;
use std::path::Path;

use crate::support::lab::Lab;
use crate::support::proxy::{ANY_WRITE, Proxy};
use crate::support::truth::Truth;
use crate::support::zkx::Zkx;

use super::tree::{Tree, tree};

/// Hardly any of it may be done twice: numbers are counted up, texts grow, names are numbered.
const SCRIPT: &str = r#"
zkx: 1
name: work
guard: {max_changes: 100000, max_deletes: 1000}
steps:
  - create: {path: /w, data: root}
  - name: "node ${ item }"
    for_each: {range: [1, NODES]}
    create: {path: "/w/n${ item }", data: "new ${ item }"}
  - for_each: {range: [1, NODES]}
    create: {path: "/w/r${ item }", data: "${ index }"}
    register: many
  - for_each: "${ many.results | map(attribute='path') | list }"
    set: {path: "${ item }", data: "at ${ index } of ${ many.results | length }"}
    register: sets
  - for_each: {range: [1, NODES]}
    ensure: {path: "/w/r${ item }", data: "ensured ${ sets.results[item - 1].stat.version }"}
  - for_each: {range: [0, FEW]}
    create: {path: "/w/r${ item }", data: "there are all but one"}
    ignore_errors: [NodeExists]
    register: late
  - for_each: {range: [1, FEW]}
    delete: "/w/r${ item }"
  - create: {path: /w/late, data: "${ late.results | selectattr('failed') | list | length } failed"}
  - for_each: {children: /w}
    when: "item is startingwith('r')"
    set: {path: "/w/${ item }", data: "child ${ item }"}
  - for_each: {range: [1, FEW]}
    do:
      - create: {path: "/w/b${ item }", data: begun}
      - fail: "on purpose"
        when: "item == 2"
      - set: {path: "/w/b${ item }", data: done}
    rescue:
      - set: {path: "/w/b${ item }", data: "${ error.code }"}
  - for_each: {range: [1, NODES]}
    create: {path: /w/numbered-, sequential: true, data: "${ item }"}
  - for_each: {range: [1, NODES]}
    create: {path: /w/alike-, sequential: true, data: same}
  - for_each: {range: [1, FEW]}
    create: {path: /w/protected-, sequential: true, protect: true, data: same}
  - create: {path: /w/counter, data: "0"}
  - for_each: {range: [1, NODES]}
    modify: {path: /w/counter, value: "(current | int) + 1"}
  - for_each: {range: [1, NODES]}
    set: {path: "/w/n${ item }", data: "set ${ item }", version: 0}
  - for_each: {range: [1, NODES]}
    set: {path: "/w/n${ item }", data: "expected ${ item }", expect: {data: "set ${ item }"}}
  - create: {path: /w/grows, data: ""}
  - for_each: {range: [1, NODES]}
    set: {path: /w/grows, data: "${ get('/w/grows') }${ item },"}
  - for_each: {range: [1, FEW]}
    acl: {path: "/w/n${ item }", add: ["auth::r", "digest:a:b:r"]}
  - for_each: {range: [1, FEW]}
    txn:
      if:
        - data: {path: /w/counter, equals: "${ (item | int) - 1 + COUNTED }"}
      do:
        - set: {path: /w/counter, data: "${ (item | int) + COUNTED }"}
        - create: {path: "/w/t${ item }", data: "by a transaction"}
  - for_each: {range: [1, FEW]}
    ensure: {path: "/w/deep/${ item }/a/b", data: "${ item }", acl: ["world:anyone:cdrwa"]}
  - for_each: {range: [1, FEW]}
    parallel: TOGETHER
    create: {path: "/w/p${ item }"}
  - when: "not exists('/w/once')"
    do:
      - create: {path: /w/once, data: first}
      - set: {path: /w/once, data: second}
        register: seen
      - create: {path: /w/twice, data: "${ seen.stat.version }"}
  - do:
      - create: {path: /w/tried}
      - fail: on purpose
    rescue:
      - create: {path: "/w/rescued", data: "${ error.code }"}
    always:
      - create: {path: /w/always}
  - let:
      counted: "${ get('/w/counter') }"
  - set: {path: /w/counter, data: "0"}
  - create: {path: /w/counted, data: "${ counted }"}
  - create: {path: "/w/at-${ now() }"}
    register: made
  - delete: "${ made.path }"
  - apply:
      root: /w/applied
      nodes:
        one: "1"
        two: {data: "2", acl: ["world:anyone:r", "world:anyone:cdrwa"]}
        three/four: "4"
  - run: |
      create /w/line a
      set /w/line b
      delete /w/line
      create -s /w/lines- c
  - for_each: {range: [1, FEW]}
    delete: {path: "/w/n${ item }", version: 2}
  - delete: {path: /w/deep, recursive: true, max: 1000}
  - txn:
      do:
        - create: {path: /w/last, data: a}
        - delete: /w/always
finally:
  - create: {path: /w/end, data: "${ counted }"}
"#;

/// The script; `nodes` is how many znodes its longer loops are for, `together` how many writes are under way
/// at a time where that is up to the script.
pub(super) fn script(nodes: usize, together: usize) -> String {
    let few = nodes.div_ceil(3);
    let text = SCRIPT.replace("NODES", &nodes.to_string()).replace("FEW", &few.to_string());
    let text = text.replace("TOGETHER", &together.to_string());
    text.replace("COUNTED", &nodes.to_string())
}

/// zkx about to run it.
pub(super) fn run(server: String, script: &str, journals: &Path) -> Zkx {
    let zkx = Zkx::new().server(server).file("work.yaml", script);
    zkx.args(["--auth", "digest:me:secret", "run", "work.yaml", "--journal"]).arg(journals)
}

/// A run that nobody disturbed.
pub(super) struct Undisturbed {
    /// What it left.
    pub(super) tree: Tree,
    /// How many writes it made, and in how many requests it sent them.
    pub(super) writes: usize,
    pub(super) requests: usize,
}

/// What becomes of a script when nobody disturbs it.
pub(super) fn alone(lab: &Lab, script: &str) -> Undisturbed {
    let journals = tempfile::TempDir::new().unwrap();
    let proxy = Proxy::to(&lab.addr());
    let _ = run(lab.at(proxy.addr()), script, journals.path()).run().success();
    let mut truth = lab.truth();
    let tree = left(&mut truth);
    truth.delete_subtree("/w").unwrap();
    Undisturbed { tree, writes: written(journals.path()), requests: proxy.requests(ANY_WRITE) }
}

/// How many writes a journal has.
fn written(journals: &Path) -> usize {
    let run = fs::read_dir(journals).unwrap().next().unwrap().unwrap();
    let text = fs::read_to_string(run.path().join("journal.jsonl")).unwrap();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    lines.filter_map(|line| line["writes"].as_array().map(Vec::len)).sum()
}

/// What there is of it; marks by which protected names are found again are all different.
pub(super) fn left(truth: &mut Truth) -> Tree {
    truth.auth("digest", "me:secret").unwrap();
    let unmarked = |path: &str| match path.split_once("/_c_") {
        Some((parent, marked)) => format!("{parent}/{}", marked.split_once('-').unwrap().1),
        None => path.to_owned(),
    };
    tree(truth, "/w").into_iter().map(|(path, node)| (unmarked(&path), node)).collect()
}
