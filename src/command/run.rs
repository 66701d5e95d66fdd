use std::path::PathBuf;

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};
use crate::script::vars::{self, Given};
use crate::script::{Broken, Loaded, load, schema};
use crate::view::{ScriptProblemView, ValidatedView, View};

/// Check a batch script
///
/// Everything that is wrong with it is told at once, with its place and what to write instead; exit code 3 if
/// anything is.
#[derive(Debug, Args)]
pub struct Run {
    /// The script, YAML
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    file: Option<PathBuf>,

    /// Say what is wrong with the script, ask no server, change nothing
    #[arg(long, required_unless_present = "schema")]
    validate: bool,

    /// Print the JSON Schema of scripts, for editors
    #[arg(long, conflicts_with_all = ["file", "validate"])]
    schema: bool,

    #[command(flatten)]
    variables: Variables,
}

/// Values of a script's variables.
#[derive(Debug, Args)]
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
    pub(super) fn given(self) -> Result<Given> {
        let read = |file: PathBuf| {
            let name = file.display().to_string();
            match std::fs::read_to_string(&file) {
                Ok(text) => Ok((name, text)),
                Err(error) => Err(Error::new(Kind::Config, format!("cannot read {name}")).because(error)),
            }
        };
        let files = self.vars_file.into_iter().map(read).collect::<Result<_>>()?;
        Ok(Given { values: Vec::new(), texts: self.var, json: self.var_json, files })
    }
}

impl Run {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let Some(path) = self.file else {
            let text = format!("{:#}", schema());
            return cx.out.value(View::Text(text.lines().map(ToOwned::to_owned).collect())).await;
        };
        let given = self.variables.given()?;
        let file = path.display().to_string();
        match load(&path, &|path| std::fs::read(path)) {
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
