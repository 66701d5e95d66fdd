//! The JSON Schema of scripts, made from the tables that decode them, so that editors complete and check.

use serde_json::{Value as Json, json};

use super::decode::{Decode, Part, object_schema};
use super::model::{NodeSpec, Script, Step};

/// The schema, as 2020-12 has it.
pub fn schema() -> Json {
    let Json::Object(script) = object_schema("A batch script of zkx.", &Script::keys()) else {
        return Json::Null;
    };
    let mut schema = serde_json::Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!("zkx script 1"));
    schema.extend(script);
    let either = json!([{"required": ["steps"]}, {"required": ["tree"]}]);
    schema.insert("oneOf".into(), either);
    let node = json!({"anyOf": [{"type": ["string", "number", "boolean"]}, NodeSpec::schema()]});
    let nodes = json!({"description": "Znodes by path.", "type": "object", "additionalProperties": node});
    schema.insert("$defs".into(), json!({"step": Step::schema(), "nodes": nodes}));
    Json::Object(schema)
}
