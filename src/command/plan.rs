use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::input::file_or_stdin;
use super::{Context, failure, masked, path};
use crate::error::{Error, Kind, Result};
use crate::recipe::declared::plan::make;
use crate::recipe::declared::{Change, Declared, MAX_PRUNED, NotPlanned, Plan, Prune, Step};
use crate::treefile;
use crate::view::{Note, Planned, PlannedRow, Row, Shape};
use crate::znode::{Acl, PathGlob, ZPath};

/// Show what would make the tree of a tree file true
///
/// Znodes that are missing are created, and those whose data or ACL the file says otherwise are changed.
/// What the file does not say is left as it is.
#[derive(Debug, Args)]
pub struct PlanCommand {
    #[command(flatten)]
    declaration: Declaration,

    /// Show line by line how data would change
    #[arg(long)]
    diff: bool,

    /// Keep the plan in a file, for `apply`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// End with exit code 10 when there is something to do
    #[arg(long)]
    exit_code: bool,
}

/// What is to be true.
#[derive(Debug, Args)]
pub(super) struct Declaration {
    /// Delete what is not declared: what the inventory says was declared before, or everything below the
    /// topmost znodes that the file names
    #[arg(long, value_name = "WHAT", value_enum)]
    prune: Option<PruneWord>,

    /// The znode that remembers what was declared
    #[arg(long, value_name = "PATH", value_parser = path)]
    inventory: Option<ZPath>,

    /// Paths that are never pruned, like /app/locks/**
    #[arg(long, value_name = "PATTERN", value_parser = PathGlob::parse)]
    keep: Vec<PathGlob>,

    /// The most znodes that are pruned
    #[arg(long, value_name = "N", default_value_t = MAX_PRUNED)]
    max_prune: usize,

    /// A tree file, YAML or JSON; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What is pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PruneWord {
    /// What was declared before
    Owned,
    /// Everything
    All,
}

/// Rows handed over at once.
const ROWS: usize = 256;

impl Declaration {
    pub(super) fn reads_input(&self) -> bool {
        self.file == Path::new("-")
    }

    /// The text of the file, and its name.
    pub(super) async fn text(&self) -> Result<(String, String)> {
        Ok((file_or_stdin(&self.file).await?, self.file.display().to_string()))
    }

    /// Whether nothing is said but the file.
    pub(super) fn is_bare(&self) -> bool {
        self.prune.is_none() && self.inventory.is_none() && self.keep.is_empty()
    }

    /// Compares the tree of the file with what is there.
    pub(super) async fn plan(self, cx: &Context<'_>, text: &str, name: &str) -> Result<Plan> {
        let entries =
            treefile::parse(text).map_err(|error| Error::new(Kind::Config, format!("{name}:{error}")))?;
        let prune = match self.prune {
            None => Prune::Nothing,
            Some(PruneWord::All) => Prune::All(self.keep),
            Some(PruneWord::Owned) if self.inventory.is_none() => {
                return Err(Error::usage("--prune owned wants to know what was declared before")
                    .hint("--inventory /zkx/inventory/NAME remembers it from the first time on"));
            }
            Some(PruneWord::Owned) => Prune::Owned,
        };
        let declared = Declared {
            prune,
            inventory: self.inventory,
            max_pruned: self.max_prune,
            ..Declared::of_tree_file(entries)
        };
        make(cx.store, &declared).await.map_err(not_planned)
    }
}

/// Why there is no plan, in words.
pub fn not_planned(not: NotPlanned) -> Error {
    match not {
        NotPlanned::Failed(failed) => failure::error(failed.failure, failed.verb, &failed.path),
        NotPlanned::Conflict(path, why) => {
            Error::new(Kind::Conflict, format!("{path} is in the way of the declared tree: {why}"))
        }
        NotPlanned::TooMany { pruned, max } => {
            Error::usage(format!("{pruned} znodes would be pruned, and at most {max} may be"))
                .hint("raise the limit with --max-prune N if that is meant")
        }
    }
}

/// Shows the steps of a plan.
pub(super) async fn show(cx: &Context<'_>, plan: &Plan, diff: bool) -> Result<()> {
    let shown = |acl: &[Acl]| if cx.settings.show_secrets { acl.to_vec() } else { masked(acl.to_vec()) };
    let row = |step: &Step| {
        let what = match &step.change {
            Change::Create { data, acl, .. } => {
                Planned::Created { data: data.clone(), acl: (*acl != [Acl::open()]).then(|| shown(acl)) }
            }
            Change::Set { old, new, .. } => {
                Planned::Changed { data: Some((old.clone(), new.clone())), acl: None }
            }
            Change::SetAcl { old, new, .. } => {
                Planned::Changed { data: None, acl: Some((shown(old), shown(new))) }
            }
            Change::Delete { .. } => Planned::Deleted { znodes: 1 },
        };
        Row::Planned(PlannedRow { path: step.path.clone(), what, diff })
    };
    cx.out.begin(Shape::List).await?;
    for steps in plan.steps.chunks(ROWS) {
        let rows = steps.iter().map(row).collect();
        cx.out.rows(rows).await?;
    }
    cx.out.end().await?;
    for path in &plan.ephemerals {
        cx.out.note(Note::Info(format!("{path} is an ephemeral and stays"))).await?;
    }
    for path in &plan.kept {
        cx.out
            .note(Note::Warning(format!("{path} is not pruned: below it is what was never declared")))
            .await?;
    }
    Ok(())
}

impl PlanCommand {
    pub(super) fn reads_input(&self) -> bool {
        self.declaration.reads_input()
    }

    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        let (text, name) = self.declaration.text().await?;
        let plan = self.declaration.plan(cx, &text, &name).await?;
        show(cx, &plan, self.diff).await?;
        let counts = plan.counts();
        let summary =
            if plan.steps.is_empty() { "nothing to do".to_owned() } else { format!("plan: {counts}") };
        cx.out.note(Note::Info(summary)).await?;
        if let Some(file) = &self.out {
            keep(file, &plan.to_json(&cx.store.session().server))?;
        }
        if self.exit_code && !plan.steps.is_empty() {
            return Err(Error::new(Kind::Pending, String::new()));
        }
        Ok(())
    }
}

/// Writes a file that nobody else may read: data of znodes is in it.
fn keep(file: &Path, text: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(file);
    opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(|error| {
        Error::new(Kind::Io, format!("cannot keep the plan in {}", file.display())).because(error)
    })
}
