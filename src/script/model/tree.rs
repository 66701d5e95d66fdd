//! Values of any shape, with expressions in them.

use futures_util::future::BoxFuture;

use super::Name;
use crate::script::expr::{Fault, Scope, Template, Value};
use crate::script::source::Span;

/// A value of any shape.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: TreeKind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum TreeKind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// Anything else that is one scalar.
    Text(String),
    /// A text with expressions in it; of the expression's type where it is nothing else.
    Template(Box<Template>),
    /// `!!binary`
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Tree>),
    /// A mapping; its keys are texts.
    Map(Vec<(Name, Tree)>),
}

impl Tree {
    /// Its value.
    pub fn value<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Value, Fault>> {
        Box::pin(async move {
            if let Some(value) = self.constant() {
                return Ok(value);
            }
            Ok(match &self.kind {
                TreeKind::Template(template) => template.value(scope).await?,
                TreeKind::List(items) => {
                    let mut values = Vec::with_capacity(items.len());
                    for item in items {
                        values.push(item.value(scope).await?);
                    }
                    Value::from(values)
                }
                TreeKind::Map(entries) => {
                    let mut values = Vec::with_capacity(entries.len());
                    for (key, item) in entries {
                        values.push((key.text.clone(), item.value(scope).await?));
                    }
                    Value::from_pairs(values)
                }
                _ => Value::from(()),
            })
        })
    }

    /// Its value, where no expression is in it.
    pub fn constant(&self) -> Option<Value> {
        Some(match &self.kind {
            TreeKind::Null => Value::from(()),
            TreeKind::Bool(value) => Value::from(*value),
            TreeKind::Int(value) => Value::from(*value),
            TreeKind::Float(value) => Value::from(*value),
            TreeKind::Text(text) => Value::from(text.as_str()),
            TreeKind::Template(_) => return None,
            TreeKind::Bytes(bytes) => Value::from_bytes(bytes.clone()),
            TreeKind::List(items) => {
                Value::from(items.iter().map(Self::constant).collect::<Option<Vec<_>>>()?)
            }
            TreeKind::Map(entries) => {
                let pairs = entries.iter().map(|(key, tree)| Some((key.text.clone(), tree.constant()?)));
                Value::from_pairs(pairs.collect::<Option<Vec<_>>>()?)
            }
        })
    }
}
