//! Keys of a mapping: each once, and what `<<` brings.

use std::collections::HashMap;

use super::{Key, Node, Value};
use crate::script::problem::Problem;

/// The entries of a mapping, with those of the mappings that `<<` names behind them: what is written wins.
pub(super) fn merged(entries: Vec<(Key, Node)>, problems: &mut Vec<Problem>) -> Vec<(Key, Node)> {
    let mut known: HashMap<String, u32> = HashMap::with_capacity(entries.len());
    let mut own = Vec::with_capacity(entries.len());
    let mut more = Vec::new();
    for (key, node) in entries {
        if key.text == "<<" {
            more.push(node);
            continue;
        }
        match known.get(&key.text) {
            Some(line) => {
                let message = format!("`{}` is here twice", key.text);
                problems.push(
                    Problem::new("E0002", key.span, message).label(format!("it is in line {line} already")),
                );
            }
            None => {
                known.insert(key.text.clone(), key.span.start.line);
                own.push((key, node));
            }
        }
    }
    for node in more {
        let span = node.span;
        let maps = match node.value {
            Value::List(items) => items,
            _ => vec![node],
        };
        for map in maps {
            let Value::Map(entries) = map.value else {
                problems.push(Problem::new("E0003", span, "`<<` wants a mapping").label("like `<<: *name`"));
                continue;
            };
            for (key, node) in entries {
                if !known.contains_key(&key.text) {
                    known.insert(key.text.clone(), key.span.start.line);
                    own.push((key, node));
                }
            }
        }
    }
    own
}
