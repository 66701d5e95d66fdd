//! `docs/scripts.md`: its tables are those of the schema, and so of what decodes scripts.

use std::fmt::Write;
use std::fs;

use serde_json::Value as Json;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/schema.json");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scripts.md");
const BEGIN: &str =
    "<!-- The tables below are made from those that decode scripts: ZKX_RECORD=1 cargo test reference -->\n";

/// The mapping among the forms of a value.
fn object(schema: &Json) -> Option<&Json> {
    match &schema["anyOf"] {
        Json::Array(forms) => forms.iter().find(|form| form["type"] == "object"),
        _ => Some(schema).filter(|schema| schema["type"] == "object"),
    }
}

/// The words that a value may be, unless what is said of it names them.
fn words(schema: &Json) -> String {
    let forms = [vec![schema], schema["anyOf"].as_array().into_iter().flatten().collect()].concat();
    let listed = forms.iter().find_map(|form| form["enum"].as_array());
    let all: Vec<_> =
        listed.into_iter().flatten().filter_map(Json::as_str).map(|word| format!("`{word}`")).collect();
    if all.is_empty() { String::new() } else { format!(" One of {}.", all.join(", ")) }
}

fn table(object: &Json, leave_out: &[&str], text: &mut String) {
    let Some(keys) = object["properties"].as_object() else { return };
    let required: Vec<_> =
        object["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    text.push_str("| key | what it is | unless said |\n|---|---|---|\n");
    for (key, schema) in keys.iter().filter(|(key, _)| !leave_out.contains(&key.as_str())) {
        let description = schema["description"].as_str().unwrap_or_default();
        let (what, default) = match description.rsplit_once(" Default: ") {
            Some((what, default)) => (what, format!("`{}`", default.trim_end_matches('.'))),
            None if required.contains(&key.as_str()) => (description, "must be given".to_owned()),
            None => (description, String::new()),
        };
        let what = what.replace('|', "\\|") + &words(schema);
        writeln!(text, "| `{key}` | {what} | {default} |").unwrap();
    }
    text.push('\n');
}

fn tables() -> String {
    let schema: Json = serde_json::from_str(&fs::read_to_string(SCHEMA).unwrap()).unwrap();
    let mut text = String::from("\n## A script\n\n");
    table(&schema, &[], &mut text);
    let step = &schema["$defs"]["step"];
    let verbs: Vec<_> =
        step["anyOf"].as_array().unwrap().iter().map(|verb| verb["required"][0].as_str().unwrap()).collect();
    text.push_str("## A step\n\nOne verb, and what modifies it.\n\n");
    let mut blocks = verbs.clone();
    blocks.extend(["rescue", "always"]);
    blocks.retain(|key| *key != "confirm");
    table(step, &blocks, &mut text);
    text.push_str("## Verbs\n\n");
    for verb in verbs {
        let schema = &step["properties"][verb];
        let object = object(schema);
        let doc = object.and_then(|object| object["description"].as_str()).or(schema["description"].as_str());
        let doc = match verb {
            "do" => {
                "Carries out steps; `rescue` beside it has what is done when one fails, with `error` to say why, and `always` what is done at the end."
            }
            _ => doc.unwrap_or_else(|| panic!("{verb}: what does it do?")),
        };
        writeln!(text, "### `{verb}`\n\n{doc}\n").unwrap();
        if let Some(object) = object.filter(|object| object["properties"].is_object()) {
            table(object, &[], &mut text);
        }
    }
    text
}

#[test]
fn the_reference_is_that_of_the_tables() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (above, below) = page.split_once(BEGIN).expect("the mark above the tables");
    let tables = tables();
    if super::record() {
        fs::write(PAGE, format!("{above}{BEGIN}{tables}")).unwrap();
    } else {
        assert!(below == tables, "`ZKX_RECORD=1` writes the tables of docs/scripts.md anew");
    }
}
