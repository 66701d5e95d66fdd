//! Files beside a script whose text has expressions in it: `template: true`.

use std::path::Path;

use super::decode::Cx;
use super::expr::{Fault, Scope, Template};
use super::source::{Mark, Sources, Span};
use super::yaml::{Layout, Node, Scalar, Style, Value};

/// A file with expressions in its text, read when it is needed.
#[derive(Clone, Debug)]
pub struct FileTemplate {
    /// The text where there is no expression in it.
    content: Result<Template, String>,
    sources: Sources,
}

impl FileTemplate {
    /// Finds the expressions. The error names file, line and column.
    pub fn read(path: &Path, text: String) -> Result<Self, String> {
        let mut sources = Sources::default();
        let node = node(sources.add(path, text.clone()), text);
        let mut cx = Cx::new(&sources);
        let found = Template::read(&node, &mut cx);
        let problem = cx.problems.into_iter().next();
        match (found, problem) {
            (Some(content), None) => Ok(Self { content, sources }),
            (_, Some(problem)) => Err(format!("{}: {}", sources.place(problem.span), problem.message)),
            (None, None) => Err(format!("{}: this cannot be read", path.display())),
        }
    }

    /// The text with the values of its expressions. The message of a fault names file, line and column of the
    /// expression, and its span is of no script.
    pub async fn text(&self, scope: &Scope) -> Result<String, Fault> {
        match &self.content {
            Ok(template) => template.text(scope).await.map_err(|fault| {
                let message = format!("{}: {}", self.sources.place(fault.span), fault.message);
                Fault { message, ..fault }
            }),
            Err(text) => Ok(text.clone()),
        }
    }
}

/// Finds the expressions of a file that a step of the script names, for the checks of names: `cx` is where the
/// step is.
pub(super) fn look(file: u16, text: String, cx: &mut Cx<'_>) {
    // What is wrong is told to `cx`.
    let _ = Template::read(&node(file, text), cx);
}

/// The text as one value of the language.
fn node(file: u16, text: String) -> Node {
    let start = Mark { line: 1, column: 1, at: 0 };
    let span = Span { file, start, end: start };
    let scalar = Scalar { text, style: Style::Quoted, layout: Layout::Lines { line: 1, indent: 0 } };
    Node { value: Value::Scalar(scalar), span, tag: None, raw: false, size: 1 }
}
