//! Values of any shape.

use serde_json::{Value as Json, json};

use super::{Cx, Decode};
use crate::script::expr::Template;
use crate::script::model::{Base64, Name, Scalar as _, Tree, TreeKind};
use crate::script::yaml::{Node, Scalar, Style, Tag, Value};

impl Decode for Tree {
    fn decode(node: &Node, _name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let kind = match &node.value {
            Value::List(items) => {
                let all: Vec<_> = items.iter().map(|item| Self::decode(item, "", cx)).collect();
                TreeKind::List(all.into_iter().collect::<Option<_>>()?)
            }
            Value::Map(entries) => {
                let all: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| {
                        let key = Name { text: key.text.clone(), span: key.span };
                        Self::decode(value, "", cx).map(|value| (key, value))
                    })
                    .collect();
                TreeKind::Map(all.into_iter().collect::<Option<_>>()?)
            }
            Value::Scalar(scalar) => leaf(node, scalar, cx)?,
        };
        Some(Self { span: node.span, kind })
    }

    fn schema() -> Json {
        json!({})
    }
}

fn leaf(node: &Node, scalar: &Scalar, cx: &mut Cx<'_>) -> Option<TreeKind> {
    match node.tag {
        Some(Tag::Env | Tag::Secret) => {
            return Template::of_variable(node, cx).map(Box::new).map(TreeKind::Template);
        }
        Some(Tag::Binary) => {
            return match Base64::read(&scalar.text) {
                Ok(bytes) => Some(TreeKind::Bytes(bytes.0)),
                Err(wrong) => {
                    cx.wrong(node, "E0207", wrong.message);
                    None
                }
            };
        }
        None => {}
    }
    if !node.raw && scalar.text.contains("${") {
        return Some(match Template::read(node, cx)? {
            Ok(template) => TreeKind::Template(Box::new(template)),
            Err(text) => TreeKind::Text(text),
        });
    }
    if node.is_null() {
        return Some(TreeKind::Null);
    }
    let text = &scalar.text;
    Some(match (scalar.style, text.as_str()) {
        (Style::Plain, "true") => TreeKind::Bool(true),
        (Style::Plain, "false") => TreeKind::Bool(false),
        (Style::Plain, number) if is_number(number) => match (number.parse(), number.parse()) {
            (Ok(int), _) => TreeKind::Int(int),
            (_, Ok(float)) if f64::is_finite(float) => TreeKind::Float(float),
            _ => TreeKind::Text(text.clone()),
        },
        _ => TreeKind::Text(text.clone()),
    })
}

/// Whether it is a number as JSON has them; `0123`, `0x1f`, `1_000` and `.5` are texts.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent.trim_start_matches(['+', '-']))),
        None => (text, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}
