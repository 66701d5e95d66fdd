//! Texts with `${ … }` in them.

use std::fmt;

use super::{Expr, Fault, Scope, Value, bounds, convert};
use crate::script::source::Span;

/// A text with at least one expression in it.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its pieces, in order.
    pub pieces: Vec<Piece>,
    /// Where it stands.
    pub span: Span,
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub enum Piece {
    /// As it is.
    Text(String),
    /// Between `${` and `}`.
    Expr(Expr),
}

/// As it is written.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(&text.replace("${", "$${")),
            Piece::Expr(expr) => write!(f, "${{ {} }}", expr.source),
        })
    }
}

impl Template {
    /// The one expression that the whole text is.
    pub fn whole(&self) -> Option<&Expr> {
        match self.pieces.as_slice() {
            [Piece::Expr(expr)] => Some(expr),
            _ => None,
        }
    }

    /// Its expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Expr(expr) => Some(expr),
            Piece::Text(_) => None,
        })
    }

    /// The value of a template that is one expression, otherwise a text: its pieces may be texts, numbers
    /// and truths, nothing else.
    pub async fn value(&self, scope: &Scope) -> Result<Value, Fault> {
        if let Some(expr) = self.whole() {
            return expr.value(scope).await;
        }
        self.text(scope).await.map(Value::from)
    }

    /// Its text.
    pub async fn text(&self, scope: &Scope) -> Result<String, Fault> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Expr(expr) => {
                    let value = expr.value(scope).await?;
                    let piece = convert::text(&value).ok_or_else(|| {
                        let kind = convert::kind(&value);
                        expr.fault(
                            "E0311",
                            format!("{kind} cannot be part of a text: use `| tojson` or `| default('')`"),
                        )
                    })?;
                    if text.len() + piece.len() > bounds::LARGEST {
                        let message = format!("the text is longer than {} MiB", bounds::LARGEST >> 20);
                        return Err(expr.fault("E0314", message));
                    }
                    text.push_str(&piece);
                }
            }
        }
        Ok(text)
    }
}
