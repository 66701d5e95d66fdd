//! What is gathered while a script is read.

use std::collections::HashMap;
use std::sync::Arc;

use crate::script::expr::{Compiled, Expr};
use crate::script::problem::Problem;
use crate::script::source::{Sources, Span};
use crate::script::yaml::{Node, Value};

/// The problems found so far, and where the reading is.
pub(in crate::script) struct Cx<'a> {
    pub(in crate::script) sources: &'a Sources,
    pub(in crate::script) problems: Vec<Problem>,
    /// The step that is read, like `step 3 "publish"`.
    pub(in crate::script) step: Option<String>,
    /// Its place among the steps, like `3.rescue.1`.
    pub(in crate::script) place: String,
    /// The key whose value is read.
    pub(in crate::script) key: &'static str,
    /// What is not to be shown.
    pub(in crate::script) secrets: Vec<Span>,
    /// Variables of the environment that `!secret` names.
    pub(in crate::script) secret_variables: Vec<String>,
    /// Names that what could not be read would define.
    pub(in crate::script) assumed: Vec<String>,
    /// What was compiled so far: the same expression is in many steps of a large script.
    pub(in crate::script) compiled: HashMap<Arc<str>, Compiled>,
    /// The expressions that were read.
    pub(in crate::script) uses: Vec<Use>,
    /// There are more of them, in files that are read when they are needed.
    pub(in crate::script) blind: bool,
}

/// An expression, and where it is used.
pub(in crate::script) struct Use {
    pub(in crate::script) expr: Expr,
    /// The place of its step; empty above all steps.
    pub(in crate::script) place: String,
    /// The key that it is the value of, or part of it.
    pub(in crate::script) key: &'static str,
}

impl<'a> Cx<'a> {
    pub(in crate::script) fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            problems: Vec::new(),
            step: None,
            place: String::new(),
            key: "",
            compiled: HashMap::new(),
            uses: Vec::new(),
            secrets: Vec::new(),
            secret_variables: Vec::new(),
            assumed: Vec::new(),
            blind: false,
        }
    }

    /// Tells a problem of a piece of the file; a label may be added to what is returned.
    pub(in crate::script) fn problem(
        &mut self,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
    ) -> Labelled<'_> {
        let mut problem = Problem::new(code, span, message);
        problem.step.clone_from(&self.step);
        self.problems.push(problem);
        Labelled(self.problems.last_mut())
    }

    /// Keeps the scalars of a value out of what is shown.
    pub(in crate::script) fn hide(&mut self, node: &Node) {
        match &node.value {
            Value::Scalar(_) => self.secrets.push(node.span),
            Value::List(items) => items.iter().for_each(|item| self.hide(item)),
            Value::Map(entries) => entries.iter().for_each(|(_, node)| self.hide(node)),
        }
    }

    /// Remembers the names that a value would define, had it been right.
    pub(in crate::script) fn assume(&mut self, node: &Node) {
        match &node.value {
            Value::Scalar(_) => {}
            Value::List(items) => items.iter().for_each(|item| self.assume(item)),
            Value::Map(entries) => {
                for (key, node) in entries {
                    match (key.text.as_str(), &node.value) {
                        ("register" | "as", Value::Scalar(name)) => self.assumed.push(name.text.clone()),
                        ("let", Value::Map(names)) => {
                            self.assumed.extend(names.iter().map(|(key, _)| key.text.clone()));
                        }
                        _ => self.assume(node),
                    }
                }
            }
        }
    }

    /// Tells a problem of a value.
    pub(in crate::script) fn wrong(
        &mut self,
        node: &Node,
        code: &'static str,
        message: impl Into<String>,
    ) -> Labelled<'_> {
        self.problem(node.span, code, message)
    }
}

/// A problem that was just told.
pub(in crate::script) struct Labelled<'a>(Option<&'a mut Problem>);

impl Labelled<'_> {
    /// Adds a remark on what is pointed at.
    pub(in crate::script) fn label(self, label: impl Into<String>) {
        if let Some(problem) = self.0 {
            problem.label = Some(label.into());
        }
    }

    /// Adds one if there is one.
    pub(in crate::script) fn maybe(self, label: Option<String>) {
        if let Some(label) = label {
            self.label(label);
        }
    }
}
