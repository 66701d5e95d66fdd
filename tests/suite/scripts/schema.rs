//! The JSON Schema that is shipped: what the tables say, and what a validator of another maker makes of it.

use std::fs;
use std::path::Path;

use super::validate::good;
use crate::support::fetched;
use crate::support::zkx::Zkx;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/schema.json");

#[test]
fn the_schema_is_that_of_the_tables() {
    let output = Zkx::new().args(["run", "--schema"]).run();
    let generated = output.success().out();
    if super::record() {
        fs::write(SCHEMA, &generated).unwrap();
    }
    let shipped = fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(shipped == generated, "`ZKX_RECORD=1` writes scripts/schema.json anew");
}

/// Tells of each file whether it is valid.
const JUDGE: &str = r#"
import json, os, re, sys, yaml
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
class Loader(yaml.SafeLoader): pass
# `on` and `no` are truths in YAML 1.1 only.
Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
def tagged(loader, suffix, node):
    if suffix == "include":
        return yaml.load(open(os.path.join(os.path.dirname(loader.name), node.value)), Loader)
    if isinstance(node, yaml.ScalarNode): return node.value
    if isinstance(node, yaml.SequenceNode): return loader.construct_sequence(node, True)
    return loader.construct_mapping(node, True)
Loader.add_multi_constructor("!", tagged)
for name in sys.argv[2:]:
    errors = list(Draft202012Validator(schema).iter_errors(yaml.load(open(name), Loader)))
    print(name.split("/")[-1], errors[0].json_path + ": " + errors[0].message[:200] if errors else "valid")
"#;

#[test]
fn a_validator_takes_what_zkx_takes() {
    let Some(program) = fetched::fetched("clients", ["program", "jsonschema"]) else {
        fetched::skip::<()>("clients");
        return;
    };
    let judge = |scripts: &[&Path]| {
        Zkx::program(&program).args(["-c", JUDGE, SCHEMA]).args(scripts).run().success().out()
    };
    let scripts = good();
    let valid = judge(&scripts.iter().map(|path| path.as_path()).collect::<Vec<_>>());
    assert!(
        valid.lines().count() == scripts.len() && valid.lines().all(|line| line.ends_with(" valid")),
        "{valid}"
    );
    // Of what is broken, a schema sees only shapes.
    let malformed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/scripts/malformed");
    let broken = [
        "shape-newer-version",
        "shape-nothing-to-do",
        "shape-steps-and-tree",
        "shape-unknown-top-key",
        "shape-unknown-key",
        "shape-unknown-verb",
        "shape-verb-of-later",
        "shape-no-verb",
        "shape-step-is-text",
        "shape-steps-not-a-list",
        "shape-empty-steps",
        "shape-missing-path",
        "shape-wrong-type",
        "shape-txn-guard",
        "shape-tree-ephemeral",
        "constant-word",
        "shape-auth",
    ];
    let broken: Vec<_> = broken.iter().map(|name| malformed.join(format!("{name}.yaml"))).collect();
    let seen = judge(&broken.iter().map(|path| path.as_path()).collect::<Vec<_>>());
    assert!(
        seen.lines().count() == broken.len() && !seen.lines().any(|line| line.ends_with(" valid")),
        "{seen}"
    );
}
