mod least;
mod lines;
mod steps;

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::{Context, opened, regular_file};
use crate::error::{Error, Kind, Result};
use crate::script::model::{OnFailure, Scalar as _};
use crate::script::vars::{self, Given};
use crate::script::{Broken, Loaded, Problem, ReadFile, load, schema};
use crate::view::{ScriptProblemView, ValidatedView, View};
use least::Least;

/// Run a batch script, or a file with lines of the shell
///
/// A script is YAML with a line `zkx: 1`; anything else is taken for lines of the shell. Everything that is
/// wrong with a script is told at once, before anything is done; exit code 3 if anything is.
#[derive(Clone, Debug, Args)]
pub struct Run {
    /// The script; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    file: Option<PathBuf>,

    /// Say what is wrong with the script, ask no server, change nothing
    #[arg(long)]
    validate: bool,

    /// List the steps, with those of blocks and of included scripts; ask no server, change nothing
    #[arg(long, conflicts_with_all = ["validate", "check", "resume", "rollback"])]
    list_steps: bool,

    /// Print the JSON Schema of scripts, for editors
    #[arg(long, conflicts_with_all = ["file", "validate", "list_steps"])]
    schema: bool,

    #[command(flatten)]
    variables: Variables,

    /// Say what it would do: writes stay in memory
    #[arg(long)]
    pub check: bool,

    /// Show how znodes change
    #[arg(long)]
    pub diff: bool,

    /// With --check, end with exit code 10 when something would change
    #[arg(long, requires = "check")]
    pub exit_code: bool,

    /// Only steps with one of these tags
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub tags: Vec<String>,

    /// No steps with one of these tags
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub skip_tags: Vec<String>,

    /// Only the step with this id or place
    #[arg(long, value_name = "ID")]
    pub only: Option<String>,

    /// Begin with the step of this id or place
    #[arg(long, value_name = "ID")]
    pub from: Option<String>,

    /// Ask before each step: yes, no, all that are left, or quit
    #[arg(long)]
    pub step: bool,

    /// What happens when a step fails, whatever the script says
    #[arg(long, value_name = "WHAT",
          value_parser = PossibleValuesParser::new(OnFailure::WORDS).try_map(|word| on_failure(&word)))]
    pub on_failure: Option<OnFailure>,

    /// Go on with a run that did not come to its end: the newest one of this script if none is named
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub resume: Option<String>,

    /// Undo what a run has written: the newest one of this script if none is named
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true, default_missing_value = "",
          conflicts_with_all = ["resume", "check"])]
    pub rollback: Option<String>,

    /// Where journals are kept, or `off` [default: ~/.local/state/zkx/runs]
    #[arg(long, value_name = "DIR")]
    pub journal: Option<PathBuf>,

    /// Let the script run programs, if it says that it does
    #[arg(long)]
    pub allow_shell: bool,

    /// Write a report as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// Write a report as TAP
    #[arg(long, value_name = "FILE")]
    pub tap: Option<PathBuf>,

    /// Print failures as annotations of GitHub's actions
    #[arg(long)]
    pub github: bool,
}

fn on_failure(word: &str) -> std::result::Result<OnFailure, String> {
    OnFailure::read(word).map_err(|wrong| wrong.message)
}

/// Values of a script's variables.
#[derive(Clone, Debug, Args)]
pub(super) struct Variables {
    /// Value of a variable, read as the type that the script says; may be given more than once
    #[arg(long, value_name = "NAME=TEXT", value_parser = pair)]
    var: Vec<(String, String)>,

    /// Value of a variable in JSON
    #[arg(long, value_name = "NAME=JSON", value_parser = pair)]
    var_json: Vec<(String, String)>,

    /// YAML file with values of variables; the last one wins
    #[arg(long, value_name = "FILE")]
    vars_file: Vec<PathBuf>,
}

fn pair(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Variables {
    /// Reads the files among them.
    pub(super) fn given(&self) -> Result<Given> {
        let read = |file: &PathBuf| {
            let name = file.display().to_string();
            match std::fs::read_to_string(file) {
                Ok(text) => Ok((name, text)),
                Err(error) => Err(Error::new(Kind::Config, format!("cannot read {name}")).because(error)),
            }
        };
        let files = self.vars_file.iter().map(read).collect::<Result<_>>()?;
        Ok(Given { values: Vec::new(), texts: self.var.clone(), json: self.var_json.clone(), files })
    }
}

impl Run {
    /// The file that is to be run; none where it is only looked at, or nothing is.
    pub fn to_run(&self) -> Option<&Path> {
        self.file.as_deref().filter(|_| !self.validate && !self.list_steps)
    }

    /// Values of the script's variables.
    pub fn given(&self) -> Result<Given> {
        self.variables.given()
    }

    /// Reads a script, and checks all that can be checked without a server: beside what reading it tells, lines
    /// of the shell, and what the guard does not allow of all the steps together.
    pub fn load(&self, file: &Path, read: ReadFile<'_>) -> std::result::Result<Loaded, Broken> {
        let loaded = load(file, read)?;
        let mut problems = lines::problems(&loaded);
        if let Some(guard) = &loaded.script.guard {
            let (changes, deletes) = (guard.max_changes.known(), guard.max_deletes.known());
            problems.extend(self.exceeded(&loaded, changes.copied(), deletes.copied()));
        }
        match problems.is_empty() {
            true => Ok(loaded),
            false => Err(Broken { problems, sources: loaded.sources }),
        }
    }

    /// What is wrong where the guard allows so many changes and deletes, and no more.
    pub fn exceeded(
        &self,
        loaded: &Loaded,
        max_changes: Option<u64>,
        max_deletes: Option<u64>,
    ) -> Option<Problem> {
        let all = self.tags.is_empty()
            && self.skip_tags.is_empty()
            && !self.step
            && self.on_failure != Some(OnFailure::Continue)
            && self.only.is_none()
            && self.from.is_none()
            && self.resume.is_none()
            && self.rollback.is_none();
        if all { Least::of(loaded).problem(loaded, max_changes, max_deletes) } else { None }
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        if let Some(file) = self.to_run() {
            let file = file.display();
            let hint =
                format!("`source {file}` carries out lines of the shell; `zkx run {file}` runs scripts");
            return Err(Error::usage("a script is not run from within the shell").hint(hint));
        }
        let Some(path) = &self.file else {
            let text = format!("{:#}", schema());
            return cx.out.value(View::Text(text.lines().map(ToOwned::to_owned).collect())).await;
        };
        let given = self.variables.given()?;
        let file = path.display().to_string();
        let read = |named: &Path| match named == path {
            true => opened(named).map(|(text, _)| text),
            false => regular_file(named),
        };
        match self.load(path, &read) {
            Ok(loaded) if self.list_steps => steps::list(&loaded, cx.out).await,
            Ok(loaded) => {
                vars::check_given(&loaded.script, &given)?;
                cx.out.value(View::Validated(good(file, &loaded))).await
            }
            Err(broken) => {
                cx.out.value(View::Validated(bad(file, &broken))).await?;
                // The answer says why.
                Err(Error::new(Kind::Config, String::new()))
            }
        }
    }
}

fn good(file: String, loaded: &Loaded) -> ValidatedView {
    let steps = loaded.script.count();
    let files = loaded.sources.iter().count();
    let problems =
        loaded.warnings.iter().map(|warning| ScriptProblemView::new(warning, &loaded.sources)).collect();
    ValidatedView { file, steps, tree: loaded.script.tree.is_some(), files, problems, more: 0 }
}

fn bad(file: String, broken: &Broken) -> ValidatedView {
    let shown = broken.problems.iter().take(crate::script::SHOWN);
    let problems: Vec<_> = shown.map(|problem| ScriptProblemView::new(problem, &broken.sources)).collect();
    let more = broken.problems.len() - problems.len();
    ValidatedView { file, steps: 0, tree: false, files: broken.sources.iter().count(), problems, more }
}
