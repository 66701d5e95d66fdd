//! YAML as values of expressions, and back.

use std::fmt;

use saphyr::{Mapping, Scalar, Yaml, YamlEmitter};
use serde_json::Value as Json;

use super::{Limits, read};
use crate::script::decode::{Cx, Decode};
use crate::script::expr::Value;
use crate::script::model::Tree;
use crate::script::problem::Problem;
use crate::script::source::Sources;

/// Reads a text that is not part of a script: nothing in it is interpolated.
pub(in crate::script) fn value(text: &str) -> Result<Value, String> {
    let mut problems = Vec::new();
    let mut no = |_: &str, span| Err(vec![Problem::new("E0003", span, "`!include` has no place here")]);
    let node = read(0, text, Limits::default(), &mut no, &mut problems);
    let sources = Sources::default();
    let mut cx = Cx::new(&sources);
    let tree = node.and_then(|mut node| {
        node.make_raw();
        Tree::decode(&node, "the text", &mut cx)
    });
    if let Some(problem) = problems.iter().chain(&cx.problems).next() {
        return Err(format!(
            "{}:{}: {}",
            problem.span.start.line, problem.span.start.column, problem.message
        ));
    }
    Ok(tree.and_then(|tree| tree.constant()).unwrap_or_else(|| Value::from(())))
}

/// Writes a value as YAML, with a line end at its end.
pub(in crate::script) fn write(json: &Json) -> Result<String, fmt::Error> {
    let mut text = String::new();
    YamlEmitter::new(&mut text).dump(&yaml(json)).map_err(|_| fmt::Error)?;
    let text = text.strip_prefix("---\n").unwrap_or(&text);
    Ok(format!("{}\n", text.trim_end_matches('\n')))
}

fn yaml(json: &Json) -> Yaml<'static> {
    match json {
        Json::Null => Yaml::Value(Scalar::Null),
        Json::Bool(value) => Yaml::Value(Scalar::Boolean(*value)),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Yaml::Value(Scalar::Integer(int)),
            (None, Some(float)) => Yaml::Value(Scalar::FloatingPoint(float.into())),
            _ => Yaml::Value(Scalar::String(number.to_string().into())),
        },
        Json::String(text) => Yaml::Value(Scalar::String(text.clone().into())),
        Json::Array(items) => Yaml::Sequence(items.iter().map(yaml).collect()),
        Json::Object(map) => {
            let key = |key: &String| Yaml::Value(Scalar::String(key.clone().into()));
            Yaml::Mapping(
                map.iter().map(|(name, value)| (key(name), yaml(value))).collect::<Mapping<'static>>(),
            )
        }
    }
}
