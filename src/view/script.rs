//! What is said of a batch script before it is run.

use serde::Serialize;

use crate::script::{Problem, Sources};

/// `run --validate`.
#[derive(Clone, Debug, Serialize)]
pub struct ValidatedView {
    /// The script.
    pub file: String,
    /// Its steps, those within others included; 0 where it is broken.
    pub steps: usize,
    /// Whether it declares a tree in place of steps.
    pub tree: bool,
    /// Files that it consists of.
    pub files: usize,
    /// What is wrong.
    pub problems: Vec<ScriptProblemView>,
    /// Problems that are left out, because there are so many.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A step of a script: `run --list-steps`.
#[derive(Clone, Debug, Serialize)]
pub struct ScriptStepRow {
    /// Where it stands among the steps, like `3.rescue.1`; behind the place of the `include` that leads to it.
    pub place: String,
    /// Its name for `--only` and `--from`, if it has one beside its place.
    pub id: Option<String>,
    /// What people call it; expressions as they are written.
    pub name: Option<String>,
    /// Its verb.
    pub verb: &'static str,
    /// Words by which it is chosen, those of what is around it too.
    pub tags: Vec<String>,
    /// The file that it stands in.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// Something that is wrong with a script.
#[derive(Clone, Debug, Serialize)]
pub struct ScriptProblemView {
    /// Like `E0104`; `W…` for warnings.
    pub code: &'static str,
    /// The file.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The step, like `step 3 "publish"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// For people: all of it, with what stands there.
    #[serde(skip)]
    pub text: String,
}

impl ScriptProblemView {
    /// A problem of one of these files.
    pub fn new(problem: &Problem, sources: &Sources) -> Self {
        let file = sources.file(problem.span.file).map(|source| source.path.display().to_string());
        Self {
            code: problem.code,
            file: file.unwrap_or_default(),
            line: problem.span.start.line,
            column: problem.span.start.column,
            message: problem.message.clone(),
            hint: problem.label.clone(),
            step: problem.step.clone(),
            text: problem.render(sources),
        }
    }

    /// Whether the script runs in spite of it.
    pub fn is_warning(&self) -> bool {
        self.code.starts_with('W')
    }
}
