//! From a file to a script, or to everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::check::{Guarding, Outer, check, check_guard};
use super::decode::{Cx, Decode, SCRIPT};
use super::expr::used;
use super::model::{Action, Data, Include, Script, Step};
use super::problem::{Broken, Problem};
use super::source::{Mark, Sources, Span};
use super::template_file;
use super::yaml::{self, Limits, Node};
use crate::znode::ZPath;

/// Reads files for the language; it opens none itself.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// A script that may be run.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says.
    pub script: Script,
    /// What it includes, and what that includes, each once.
    pub included: Vec<(PathBuf, Script)>,
    /// All files.
    pub sources: Sources,
    /// Variables of the environment that `!secret` names: what they hold, nobody is to see.
    pub secret_variables: Vec<String>,
    /// By the places of steps that say how they are undone, the names that this needs.
    pub undo_names: BTreeMap<String, BTreeSet<String>>,
    /// What may be a mistake.
    pub warnings: Vec<Problem>,
}

impl Loaded {
    /// Why the guard does not let a path be changed, and what it says; `None` where it does, or where that is
    /// known when it is run.
    pub fn refusal(&self, path: &ZPath) -> Option<(String, String)> {
        Guarding::of(&self.script).refusal(path)
    }

    /// The script, and those that it includes.
    pub fn scripts(&self) -> impl Iterator<Item = &Script> {
        std::iter::once(&self.script).chain(self.included.iter().map(|(_, script)| script))
    }

    /// The script that an `include` names.
    pub fn include(&self, include: &Include) -> Option<&Script> {
        let path = beside(&self.sources, include);
        self.included.iter().find(|(known, _)| *known == path).map(|(_, script)| script)
    }
}

/// Reads a script and checks all that can be checked without a server. What `include` names is read and
/// checked too.
pub fn load(file: &Path, read: ReadFile<'_>) -> Result<Loaded, Broken> {
    let mut loader = Loader {
        read,
        sources: Sources::default(),
        problems: Vec::new(),
        included: Vec::new(),
        secret_variables: Vec::new(),
        undo_names: BTreeMap::new(),
        open: Vec::new(),
    };
    let script = loader.script(file, None, None, &mut vec![file.to_owned()]);
    let Loader { sources, mut problems, included, secret_variables, undo_names, .. } = loader;
    if let Some(script) = &script {
        let mut cx = Cx::new(&sources);
        // What is included is run under the guard of the first.
        included.iter().for_each(|(_, included)| check_guard(included, script, &mut cx));
        cx.problems.retain(|problem| !problems.contains(problem));
        problems.append(&mut cx.problems);
    }
    problems.sort_by_key(|problem| (problem.span.file, problem.span.start, problem.code));
    let (warnings, errors): (Vec<_>, Vec<_>) = problems.into_iter().partition(Problem::is_warning);
    match script {
        Some(script) if errors.is_empty() => {
            Ok(Loaded { script, included, sources, secret_variables, undo_names, warnings })
        }
        _ => Err(Broken { problems: errors, sources }),
    }
}

/// The path of what an `include` names: relative to the file that it stands in.
fn beside(sources: &Sources, include: &Include) -> PathBuf {
    let file = sources.file(include.span.file).map(|source| source.path.as_path());
    let directory = file.and_then(Path::parent).unwrap_or(Path::new(""));
    directory.join(&include.file)
}

/// Files of one script: each may name several others.
const FILES: usize = 256;

/// Files within each other.
const NESTED: usize = 16;

/// The files with expressions in them that are named without expressions, each with the place of its step, and
/// whether these are all.
fn templates(script: &Script) -> (Vec<(String, String)>, bool) {
    let (mut found, mut whole) = (Vec::new(), true);
    let mut add = |place: &str, data: Vec<&Data>| {
        for data in data {
            match (data.template.known(), data.file.as_ref().and_then(|slot| slot.known())) {
                (Some(false), _) => {}
                (Some(true), Some(name)) => found.push((place.to_owned(), name.clone())),
                _ => whole = false,
            }
        }
    };
    let mut visit = |step: &Step| add(&step.place, step.action.data());
    script.each_step_and_undo(&mut visit);
    script.tree.iter().for_each(|tree| add("", tree.nodes.data()));
    (found, whole)
}

struct Loader<'a> {
    read: ReadFile<'a>,
    sources: Sources,
    problems: Vec<Problem>,
    included: Vec<(PathBuf, Script)>,
    secret_variables: Vec<String>,
    undo_names: BTreeMap<String, BTreeSet<String>>,
    /// Files that are being read, each named by the one before it.
    open: Vec<PathBuf>,
}

impl Loader<'_> {
    /// Reads a script and what it includes. `from` is what names it, `above` the files that led to it.
    fn script(
        &mut self,
        file: &Path,
        from: Option<Span>,
        outer: Option<&Outer>,
        above: &mut Vec<PathBuf>,
    ) -> Option<Script> {
        let node = self.yaml(file, from)?;
        let mut cx = Cx::new(&self.sources);
        let script = Script::decode(&node, SCRIPT, &mut cx);
        let (named, whole) = script.as_ref().map_or_else(|| (Vec::new(), true), templates);
        let Cx { problems, secrets, secret_variables, assumed, compiled, uses, .. } = cx;
        let count = named.len();
        let found = self.data_files(file, named);
        let mut cx =
            Cx { problems, secrets, secret_variables, assumed, compiled, uses, ..Cx::new(&self.sources) };
        cx.blind = !whole || found.len() < count;
        for (place, file, text) in found {
            cx.step = (!place.is_empty()).then(|| format!("step {place}"));
            cx.place = place;
            template_file::look(file, text, &mut cx);
        }
        cx.place.clear();
        cx.step = None;
        if let Some(script) = &script {
            let uses = std::mem::take(&mut cx.uses);
            for expression in &uses {
                let Some((step, _)) = expression.place.split_once(".undo.") else { continue };
                let names =
                    used(&expression.expr).into_iter().filter(|name| !name.call).map(|name| name.name);
                self.undo_names.entry(step.to_owned()).or_default().extend(names);
            }
            check(script, &uses, outer, &mut cx);
        }
        let Cx { problems, secrets, secret_variables, .. } = cx;
        self.sources.hide(secrets);
        self.secret_variables.extend(secret_variables);
        self.problems.extend(problems);
        let script = script?;
        let mut clusters: Vec<_> = script.clusters.iter().map(|(name, _)| name.text.clone()).collect();
        clusters.extend(outer.iter().flat_map(|outer| outer.clusters.clone()));
        let outer = Outer { clusters };
        let mut includes = Vec::new();
        let mut visit = |step: &Step| {
            if let Action::Include(include) = &step.action {
                includes.push((include.clone(), step.place.clone()));
            }
        };
        script.each_step_and_undo(&mut visit);
        for (include, place) in includes {
            self.include(&include, &place, &outer, above);
        }
        Some(script)
    }

    /// The files among those with expressions in them that are there already, with the steps that name them.
    fn data_files(&mut self, script: &Path, named: Vec<(String, String)>) -> Vec<(String, u16, String)> {
        let directory = script.parent().unwrap_or(Path::new(""));
        let mut found: Vec<(String, u16, String)> = Vec::new();
        for (place, name) in named {
            let path = directory.join(name);
            let known = self.sources.iter().position(|source| source.path == path);
            // What is not there may be made by a step before; what is no text is told when it is needed.
            let text = (self.read)(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let Some(text) = text.filter(|_| known.is_some() || self.sources.iter().count() < FILES) else {
                continue;
            };
            let index = match known.and_then(|known| u16::try_from(known).ok()) {
                Some(index) => index,
                None => self.sources.add(&path, text.clone()),
            };
            found.push((place, index, text));
        }
        found
    }

    fn include(&mut self, include: &Include, place: &str, outer: &Outer, above: &mut Vec<PathBuf>) {
        let path = beside(&self.sources, include);
        let mut refuse = |message: String, label: &str| {
            let problem = Problem::new("E0306", include.span, message).label(label);
            self.problems.push(Problem { step: Some(format!("step {place}")), ..problem });
        };
        if above.contains(&path) {
            return refuse(format!("{} includes itself", path.display()), "it would have no end");
        }
        if above.len() == NESTED {
            return refuse("scripts include each other too deeply".into(), "this is one more");
        }
        if !self.included.iter().any(|(known, _)| *known == path) {
            above.push(path.clone());
            let found = self.problems.len();
            let script = self.script(&path, Some(include.span), Some(outer), above);
            above.pop();
            let new = self.problems.iter_mut().skip(found);
            new.filter(|problem| problem.span == include.span)
                .for_each(|problem| problem.step = Some(format!("step {place}")));
            let Some(script) = script else { return };
            self.included.push((path.clone(), script));
        }
        self.variables(include, place, &path);
    }

    /// Values that an `include` gives must be of variables that there are.
    fn variables(&mut self, include: &Include, place: &str, path: &Path) {
        let Some((_, script)) = self.included.iter().find(|(known, _)| known == path) else { return };
        for (name, _) in include.vars.iter() {
            if script.vars.get(&name.text).is_none() {
                let message = format!("{} has no variable `{}`", path.display(), name.text);
                let known = script.vars.iter().map(|(name, _)| name.text.as_str());
                let mut problem = Problem::new("E0301", name.span, message);
                problem.label = crate::error::did_you_mean(&name.text, known)
                    .map(|meant| format!("did you mean `{meant}`?"));
                problem.step = Some(format!("step {place}"));
                self.problems.push(problem);
            }
        }
    }

    /// Reads a file as YAML. `from` is what names it, in another file.
    fn yaml(&mut self, file: &Path, from: Option<Span>) -> Option<Node> {
        let (index, text) = self.text(file, from)?;
        let mark = Mark { line: 1, column: 1, at: 0 };
        let start = Span { file: index, start: mark, end: mark };
        let directory = file.parent().map(PathBuf::from).unwrap_or_default();
        let mut problems = Vec::new();
        let told = self.problems.len();
        self.open.push(file.to_owned());
        let mut include = |name: &str, span: Span| {
            let path = directory.join(name);
            if self.open.contains(&path) {
                let message = format!("{} includes itself", path.display());
                return Err(vec![Problem::new("E0306", span, message).label("it would have no end")]);
            }
            // What is wrong in there is told there.
            self.yaml(&path, Some(span)).ok_or_else(Vec::new)
        };
        let node = yaml::read(index, &text, Limits::default(), &mut include, &mut problems);
        self.open.pop();
        if node.is_none() && problems.is_empty() && self.problems.len() == told {
            problems.push(
                Problem::new("E0101", start, "the file is empty").label("a script begins with `zkx: 1`"),
            );
        }
        self.problems.append(&mut problems);
        node
    }

    /// The text of a file, and its index among the sources.
    fn text(&mut self, file: &Path, from: Option<Span>) -> Option<(u16, String)> {
        if self.sources.iter().count() == FILES {
            let at = from.unwrap_or_default();
            self.problems.push(Problem::new("E0306", at, format!("a script has {FILES} files at most")));
            return None;
        }
        match (self.read)(file).map(String::from_utf8) {
            Ok(Ok(text)) => {
                let text = text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text);
                Some((self.sources.add(file, text.clone()), text))
            }
            Ok(Err(error)) => {
                let valid = error.utf8_error().valid_up_to();
                let text =
                    String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
                let line = text.matches('\n').count() as u32 + 1;
                let column = text.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
                let mark = Mark { line, column, at: 0 };
                let span = Span { file: self.sources.add(file, text), start: mark, end: mark };
                self.problems.push(Problem::new("E0005", span, "this is not UTF-8"));
                None
            }
            Err(error) => {
                let message = format!("cannot read {}: {error}", file.display());
                let mark = Mark { line: 1, column: 1, at: 0 };
                let at = from.unwrap_or_else(|| Span {
                    file: self.sources.add(file, String::new()),
                    start: mark,
                    end: mark,
                });
                self.problems.push(Problem::new("E0306", at, message));
                None
            }
        }
    }
}
