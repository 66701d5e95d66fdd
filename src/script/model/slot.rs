//! A value that is known when the script is read, or comes from an expression when it is run.

use crate::script::expr::{Fault, Scope, Template, Value, convert_scalar, kind};
use crate::script::source::Span;

/// Values that are written as one scalar.
pub trait Scalar: Sized + Clone {
    /// What it is, in a sentence: `a path`.
    const WHAT: &'static str;

    /// The code of the problem when it is none.
    const CODE: &'static str;

    /// Reads it as it is written.
    fn read(text: &str) -> Result<Self, Wrong>;

    /// Takes it from the value of an expression.
    fn from_value(value: &Value) -> Result<Self, Wrong> {
        convert_scalar(value, Self::WHAT).and_then(|text| Self::read(&text))
    }

    /// Its JSON Schema, without what expressions allow.
    fn schema() -> serde_json::Value {
        serde_json::json!({"type": "string"})
    }
}

/// Why a text is no value of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// A lower-case sentence.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Wrong {
    /// Without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// With one.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The values of a list, whose items may be expressions that result in lists themselves.
pub async fn list<T: Scalar>(slots: &[Slot<T>], scope: &Scope) -> Result<Vec<T>, Fault> {
    let mut all = Vec::with_capacity(slots.len());
    for slot in slots {
        let value = match slot.as_template() {
            Some(template) => Some(template.value(scope).await?),
            None => None,
        };
        match value.as_ref().filter(|value| kind(value) == "a list").map(Value::try_iter) {
            Some(Ok(items)) => {
                for item in items {
                    all.push(T::from_value(&item).map_err(|wrong| slot.fault(wrong))?);
                }
            }
            _ => all.push(slot.get(scope).await?),
        }
    }
    Ok(all)
}

/// A value, or what results in one.
#[derive(Clone, Debug)]
pub struct Slot<T> {
    /// Where it stands; where it is a default, the place of what it belongs to.
    pub span: Span,
    content: Content<T>,
}

#[derive(Clone, Debug)]
enum Content<T> {
    Fixed(T),
    Template(Box<Template>),
}

impl Slot<String> {
    /// The text, with its expressions as they are written.
    pub fn written(&self) -> String {
        match &self.content {
            Content::Fixed(text) => text.clone(),
            Content::Template(template) => template.to_string(),
        }
    }
}

impl<T: Scalar> Slot<T> {
    /// A value that is known.
    pub fn fixed(span: Span, value: T) -> Self {
        Self { span, content: Content::Fixed(value) }
    }

    /// A value that a template results in.
    pub fn template(template: Template) -> Self {
        Self { span: template.span, content: Content::Template(Box::new(template)) }
    }

    /// The value, where no expression has to be evaluated.
    pub fn known(&self) -> Option<&T> {
        match &self.content {
            Content::Fixed(value) => Some(value),
            Content::Template(_) => None,
        }
    }

    /// The template, where there is one.
    pub fn as_template(&self) -> Option<&Template> {
        match &self.content {
            Content::Fixed(_) => None,
            Content::Template(template) => Some(template),
        }
    }

    /// The value.
    pub async fn get(&self, scope: &Scope) -> Result<T, Fault> {
        match &self.content {
            Content::Fixed(value) => Ok(value.clone()),
            Content::Template(template) => {
                let value = template.value(scope).await?;
                T::from_value(&value).map_err(|wrong| self.fault(wrong))
            }
        }
    }

    fn fault(&self, wrong: Wrong) -> Fault {
        let message = match wrong.hint {
            Some(hint) => format!("{}: {hint}", wrong.message),
            None => wrong.message,
        };
        Fault { code: T::CODE, message, span: self.span }
    }
}
