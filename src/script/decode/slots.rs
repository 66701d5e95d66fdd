//! Scalars, lists and what may be left out.

use serde_json::{Value as Json, json};

use super::{Cx, Decode};
use crate::script::expr::{Expr, Template};
use crate::script::model::{Name, Named, Scalar, Slot};
use crate::script::source::Span;
use crate::script::yaml::{Key, Node, Tag, Value};

/// The text of a scalar; anything else is a problem.
pub(in crate::script) fn scalar_text<'n>(
    node: &'n Node,
    name: &str,
    what: &str,
    cx: &mut Cx<'_>,
) -> Option<&'n str> {
    if node.is_null() {
        let at = if node.span.start == node.span.end { node.span.before() } else { node.span };
        let label = match name {
            "data" => "write `\"\"` for empty data, `null_data: true` for null, or leave `data` out",
            _ => "give it one, or leave it out",
        };
        cx.problem(at, "E0106", format!("`{name}` has no value")).label(label);
        return None;
    }
    match &node.value {
        Value::Scalar(scalar) => Some(&scalar.text),
        Value::Map(entries) if braces(entries) => {
            cx.wrong(node, "E0101", format!("`{name}` wants {what}, not a mapping"))
                .label("an interpolation is written \"${ … }\", in quotes");
            None
        }
        _ => {
            cx.wrong(node, "E0101", format!("`{name}` wants {what}, not {}", node.kind()));
            None
        }
    }
}

/// Whether it is `{{ x }}`, as other tools write it.
fn braces(entries: &[(crate::script::yaml::Key, Node)]) -> bool {
    matches!(entries, [(key, node)] if key.text.starts_with('{') && node.is_null())
}

impl<T: Scalar> Decode for Slot<T> {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        if let Some(Tag::Env | Tag::Secret) = node.tag {
            return Template::of_variable(node, cx).map(Self::template);
        }
        let text = scalar_text(node, name, T::WHAT, cx)?;
        if !node.raw && text.contains("${") {
            return match Template::read(node, cx)? {
                Ok(template) => Some(Self::template(template)),
                // Nothing but `$${`.
                Err(text) => fixed(node, &text, cx),
            };
        }
        fixed(node, text, cx)
    }

    fn from_default(text: &'static str, span: Span) -> Option<Self> {
        T::read(text).ok().map(|value| Self::fixed(span, value))
    }

    fn schema() -> Json {
        let schema = T::schema();
        if schema == json!({"type": "string"})
            || schema.get("type").and_then(Json::as_array).is_some_and(|types| types.len() == 3)
        {
            return schema;
        }
        json!({"anyOf": [schema, {"type": "string", "pattern": r"\$\{"}]})
    }
}

fn fixed<T: Scalar>(node: &Node, text: &str, cx: &mut Cx<'_>) -> Option<Slot<T>> {
    match T::read(text) {
        Ok(value) => Some(Slot::fixed(node.span, value)),
        Err(wrong) => {
            cx.wrong(node, T::CODE, wrong.message).maybe(wrong.hint);
            None
        }
    }
}

/// Reads an expression that stands without `${` and `}`; with them it is understood too.
pub(in crate::script) fn expression(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Expr> {
    let text = scalar_text(node, name, "an expression", cx)?;
    if text.trim().is_empty() {
        cx.wrong(node, "E0302", format!("the expression of `{name}` is empty"));
        return None;
    }
    if text.trim_start().starts_with("${")
        && let Ok(template) = Template::read(node, cx)?
    {
        return match template.whole() {
            Some(expr) => Some(expr.clone()),
            None => {
                cx.wrong(node, "E0302", format!("`{name}` is an expression, not a text"))
                    .label("write it without `${` and `}`");
                None
            }
        };
    }
    Expr::read(node, 0..text.len(), cx)
}

impl Decode for Expr {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        expression(node, name, cx)
    }

    fn schema() -> Json {
        json!({"type": ["string", "boolean"]})
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        T::decode(node, name, cx).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn schema() -> Json {
        T::schema()
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        T::decode(node, name, cx).map(Self::new)
    }

    fn schema() -> Json {
        T::schema()
    }
}

/// A list, or a single value for a list of one.
impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.value {
            Value::List(items) => {
                let all: Vec<_> = items.iter().map(|item| T::decode(item, name, cx)).collect();
                all.into_iter().collect()
            }
            _ => T::decode(node, name, cx).map(|one| vec![one]),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn schema() -> Json {
        json!({"anyOf": [{"type": "array", "items": T::schema()}, T::schema()]})
    }
}

/// A mapping from names to values.
impl<T: Decode> Decode for Named<T> {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            cx.wrong(
                node,
                "E0101",
                format!("`{name}` wants a mapping from names to values, not {}", node.kind()),
            );
            return None;
        };
        let one = |(key, node): &(Key, Node)| {
            let value = T::decode(node, &key.text, cx);
            if value.is_none() {
                cx.assumed.push(key.text.clone());
            }
            Some((Name { text: key.text.clone(), span: key.span }, value?))
        };
        let all: Vec<_> = entries.iter().map(one).collect();
        // What is wrong has been told; the others are looked at all the same.
        Some(Self(all.into_iter().flatten().collect()))
    }

    fn absent() -> Option<Self> {
        Some(Self(Vec::new()))
    }

    fn schema() -> Json {
        json!({"type": "object", "additionalProperties": T::schema()})
    }
}

/// A word without interpolation: a name of something in the script itself.
impl Decode for String {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let text = scalar_text(node, name, "a text", cx)?;
        if text.contains("${") && !node.raw {
            cx.wrong(node, "E0101", format!("`{name}` is not interpolated")).label("write the text itself");
            return None;
        }
        Some(text.to_owned())
    }

    fn schema() -> Json {
        json!({"type": ["string", "number", "boolean"]})
    }
}

/// A scalar that is to be known before anything runs.
macro_rules! known {
    ($($type:ty),* $(,)?) => {$(
        impl Decode for $type {
            fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
                let slot = Slot::<$type>::decode(node, name, cx)?;
                if slot.known().is_none() {
                    cx.wrong(node, "E0101", format!("`{name}` is not interpolated")).label("write the value itself");
                }
                slot.known().cloned()
            }

            fn from_default(text: &'static str, _span: Span) -> Option<Self> {
                <$type as Scalar>::read(text).ok()
            }

            fn schema() -> Json {
                <$type as Scalar>::schema()
            }
        }
    )*};
}

known!(bool, u64, i64, f64, std::time::Duration);
