//! What stands above the steps.

use serde_json::{Value as Json, json};

use super::{Cx, Decode, scalar_text};
use crate::script::model::{
    AuthSpec, FormatVersion, Hosts, Name, Sasl, Scalar, ServerVersion, Slot, Tree, Typed, VarKind, VarSpec,
    VarType, VersionCondition, Wrong,
};
use crate::script::yaml::{Key, Node, Value};

impl Decode for Hosts {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        Vec::decode(node, name, cx).map(Self)
    }

    fn schema() -> Json {
        json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
    }
}

impl Decode for AuthSpec {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        cx.hide(node);
        match &node.value {
            Value::Map(entries) if entries.len() == 1 => {
                let (key, value) = entries.first()?;
                if key.text == "sasl" {
                    return Sasl::decode(value, "sasl", cx).map(Box::new).map(Self::Sasl);
                }
                let scheme = Name { text: key.text.clone(), span: key.span };
                Slot::decode(value, &key.text, cx).map(|secret| Self::Scheme(scheme, secret))
            }
            _ => {
                // Not repeated: it may be a secret.
                cx.problem(node.span.before(), "E0101", format!("`{name}` wants a scheme and its secret"))
                    .label("like `{digest: \"user:password\"}`");
                None
            }
        }
    }

    fn schema() -> Json {
        json!({"type": "object", "minProperties": 1, "maxProperties": 1,
               "properties": {"sasl": Sasl::schema()}, "additionalProperties": {"type": "string"}})
    }
}

impl Decode for FormatVersion {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        match scalar_text(node, name, "the version of the format", cx)? {
            "1" => Some(Self),
            text => {
                let newer = text.parse::<u32>().is_ok_and(|version| version > 1);
                let message = if newer {
                    format!("this script is of version {text}, and this zkx reads version 1")
                } else {
                    format!("`{text}` is no version of scripts")
                };
                let label = if newer { "a newer zkx is needed" } else { "write `zkx: 1`" };
                cx.wrong(node, "E0107", message).label(label);
                Some(Self)
            }
        }
    }

    fn schema() -> Json {
        json!({"const": 1})
    }
}

impl Scalar for ServerVersion {
    const WHAT: &'static str = "a condition on the server's version";
    const CODE: &'static str = "E0208";

    fn read(text: &str) -> Result<Self, Wrong> {
        let conditions = text.split(',').map(|part| condition(part.trim())).collect::<Result<_, _>>()?;
        Ok(Self { text: text.trim().to_owned(), conditions })
    }
}

fn condition(text: &str) -> Result<VersionCondition, Wrong> {
    if text.is_empty() {
        return Err(Wrong::new("a condition on the version is missing").hint("write it like `>=3.5`"));
    }
    let wrong = |hint: String| Err(Wrong::new(format!("`{text}` is no condition on a version")).hint(hint));
    let compare = [">=", "<=", ">", "<", "="].into_iter().find(|compare| text.starts_with(compare));
    let version = text.strip_prefix(compare.unwrap_or_default()).unwrap_or(text).trim();
    let numbers: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    match numbers {
        Ok(numbers) if numbers.len() <= 3 => {
            Ok(VersionCondition { compare: compare.unwrap_or("="), numbers })
        }
        Ok(_) => wrong("a version has three numbers at most".to_owned()),
        Err(_) => {
            let end = version.find(|c: char| c.is_ascii_digit()).unwrap_or(version.len());
            let bare: Vec<_> = version.get(end..).unwrap_or_default().split('.').collect();
            let clean: Option<Vec<u32>> = bare.iter().map(|part| part.parse().ok()).collect();
            match clean.filter(|clean| clean.len() <= 3) {
                Some(_) => wrong(format!("write it like `>={}`", bare.join("."))),
                None => wrong("write it like `>=3.5`, several with commas between: `>=3.5, <3.9`".to_owned()),
            }
        }
    }
}

impl Decode for VarSpec {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let typed = match &node.value {
            Value::Map(entries) if !entries.is_empty() => {
                let known = <Typed as super::Part>::keys();
                let spec = |key: &Key| known.iter().any(|known| known.name == key.text);
                let kind = entries.iter().find(|(key, _)| key.text == "type");
                let of_a_type = kind.and_then(|(_, node)| node.text()).is_some_and(|scalar| {
                    VarType::WORDS.contains(&scalar.text.as_str()) || entries.iter().all(|(key, _)| spec(key))
                });
                of_a_type || entries.iter().all(|(key, _)| spec(key))
            }
            _ => false,
        };
        if let Value::Map(entries) = &node.value
            && typed
            && entries.iter().any(|(key, node)| {
                key.text == "secret" && node.text().is_some_and(|text| text.text != "false")
            })
        {
            entries.iter().filter(|(key, _)| key.text == "default").for_each(|(_, node)| cx.hide(node));
        }
        let kind = if typed {
            VarKind::Typed(Box::new(Typed::decode(node, name, cx)?))
        } else {
            VarKind::Value(Tree::decode(node, name, cx)?)
        };
        Some(Self { span: node.span, kind })
    }

    fn schema() -> Json {
        json!({"anyOf": [Typed::schema(), {"not": {"type": "object", "required": ["type"]}}]})
    }
}
