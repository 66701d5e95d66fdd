//! Names: defined before they are used, each for one thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::did_you_mean;
use crate::script::decode::{Cx, Use};
use crate::script::expr::{FUNCTIONS, used};
use crate::script::model::{Action, Name, Script, Step, Undo};
use crate::script::source::Span;

/// What every expression sees.
const ALWAYS: [&str; 2] = ["run", "script"];

/// What is given names by the language itself.
const TAKEN: [&str; 4] = ["run", "script", "error", "result"];

/// What an included script may refer to, of the one that includes it.
pub(in crate::script) struct Outer {
    /// Names of clusters.
    pub(in crate::script) clusters: Vec<String>,
}

struct Checker<'a, 'c, 's> {
    cx: &'c mut Cx<'s>,
    uses: BTreeMap<&'a str, Vec<&'a Use>>,
    vars: BTreeSet<&'a str>,
    /// Names that have a value so far.
    known: BTreeSet<&'a str>,
    /// Where each name is registered first, and the step that does it.
    registered: BTreeMap<&'a str, (Span, &'a str)>,
    /// Names that a step running at the same time registers.
    siblings: BTreeSet<&'a str>,
    clusters: BTreeSet<&'a str>,
}

pub(super) fn check(script: &Script, uses: &[Use], outer: Option<&Outer>, cx: &mut Cx<'_>) {
    let mut by_place: BTreeMap<&str, Vec<&Use>> = BTreeMap::new();
    for used in uses {
        by_place.entry(&used.place).or_default().push(used);
    }
    let vars: BTreeSet<_> = script.vars.iter().map(|(name, _)| name.text.as_str()).collect();
    let mut clusters: BTreeSet<_> = script.clusters.iter().map(|(name, _)| name.text.as_str()).collect();
    clusters.insert("default");
    clusters.extend(outer.iter().flat_map(|outer| &outer.clusters).map(String::as_str));
    let assumed = std::mem::take(&mut cx.assumed);
    let mut checker = Checker {
        cx,
        uses: by_place,
        known: vars.iter().copied().chain(ALWAYS).chain(assumed.iter().map(String::as_str)).collect(),
        vars,
        registered: BTreeMap::new(),
        siblings: BTreeSet::new(),
        clusters,
    };
    for (name, _) in script.vars.iter() {
        checker.name(name, "variable");
    }
    if let Some(on) = script.defaults.as_ref().and_then(|defaults| defaults.on.as_ref()) {
        checker.cluster(on);
    }
    checker.uses_of("", &[]);
    checker.find_registers(script.steps());
    checker.find_registers(script.finally());
    checker.steps(script.steps());
    // Whatever was done before, `finally` runs: it may see all of it.
    checker.steps(script.finally());
}

impl<'a> Checker<'a, '_, '_> {
    fn find_registers(&mut self, steps: &'a [Step]) {
        for step in steps {
            for name in defined_by(step) {
                self.registered.entry(&name.text).or_insert((name.span, &step.place));
            }
            for inner in step.action.inner() {
                self.find_registers(inner);
            }
        }
    }

    fn steps(&mut self, steps: &'a [Step]) {
        for step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &'a Step) {
        let above = self.cx.step.replace(step.label());
        let mut locals = Vec::new();
        if step.with.for_each.is_some() {
            locals.push(step.with.item.as_ref().map_or("item", |name| name.text.as_str()));
            locals.push("index");
        }
        let before = self.known.clone();
        self.known.extend(locals.iter().copied());
        if let Some(on) = &step.with.on {
            self.cluster(on);
        }
        if let Some(item) = &step.with.item {
            self.name(item, "name of an item");
        }
        // `let` defines one name after the other.
        if let Action::Let(names) = &step.action {
            self.known.extend(names.iter().map(|(name, _)| name.text.as_str()));
        }
        let register = step.with.register.as_ref().map(|name| name.text.as_str());
        self.uses_of(&step.place, register.as_slice());
        self.inner(step);
        if let Some(Undo::Steps(steps)) = &step.with.undo {
            // They see what the step has come to, and nobody sees what they register.
            let outside = self.known.clone();
            self.known.extend(register);
            self.steps(steps);
            self.known = outside;
        }
        let mut now: BTreeSet<_> =
            self.known.difference(&locals.iter().copied().collect()).copied().collect();
        now.extend(locals.iter().copied().filter(|name| before.contains(name)));
        self.known = now;
        for name in defined_by(step) {
            self.name(name, if register == Some(&name.text) { "register" } else { "name" });
            self.known.insert(&name.text);
        }
        self.cx.step = above;
    }

    fn inner(&mut self, step: &'a Step) {
        match &step.action {
            Action::Do(block) => {
                self.steps(&block.steps);
                let fresh = self.known.insert("error");
                self.steps(&block.rescue);
                if fresh {
                    self.known.remove("error");
                }
                self.steps(&block.always);
            }
            Action::Parallel(parallel) => {
                let before = self.known.clone();
                let above = self.siblings.clone();
                let mut after = before.clone();
                for own in &parallel.steps.0 {
                    let others = parallel.steps.0.iter().filter(|other| other.place != own.place);
                    let mut names = BTreeSet::new();
                    others.for_each(|other| all_defined(other, &mut names));
                    self.siblings = names;
                    self.known.clone_from(&before);
                    self.step(own);
                    after.extend(self.known.iter().copied());
                }
                self.known = after;
                self.siblings = above;
            }
            other => {
                for steps in other.inner() {
                    self.steps(steps);
                }
            }
        }
    }

    fn cluster(&mut self, name: &Name) {
        if !self.clusters.contains(name.text.as_str()) {
            let label = match did_you_mean(&name.text, self.clusters.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there is {}", self.clusters.iter().copied().collect::<Vec<_>>().join(", ")),
            };
            self.cx.problem(name.span, "E0305", format!("there is no cluster `{}`", name.text)).label(label);
        }
    }

    /// A name that the script gives.
    fn name(&mut self, name: &'a Name, what: &str) {
        let text = name.text.as_str();
        let word = text.chars().all(|c| c.is_alphanumeric() || c == '_');
        let (message, label) = if !word || text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) {
            (format!("`{text}` is no name"), "a name has letters, digits and `_`, a letter first".to_owned())
        } else if FUNCTIONS.contains(&text) {
            (format!("the {what} `{text}` has the name of a function"), "call it something else".to_owned())
        } else if TAKEN.contains(&text) {
            (format!("the {what} `{text}` has a name that zkx gives"), "call it something else".to_owned())
        } else if what != "variable" && self.vars.contains(text) {
            (
                format!("the {what} `{text}` has the name of a variable"),
                "call one of them something else".to_owned(),
            )
        } else {
            return;
        };
        self.cx.problem(name.span, "E0304", message).label(label);
    }

    fn uses_of(&mut self, place: &str, register: &[&str]) {
        for expression in self.uses.remove(place).unwrap_or_default() {
            let result = matches!(expression.key, "until" | "failed_when" | "changed_when");
            for name in used(&expression.expr) {
                let text = name.name.as_str();
                let local = match expression.key {
                    "until" => matches!(text, "node" | "event"),
                    "value" => text == "current",
                    _ => false,
                };
                let own = result && (text == "result" || register.contains(&text));
                let span = expression.expr.piece(name.range.clone());
                if name.call {
                    if !FUNCTIONS.contains(&text) && !self.known.contains(text) {
                        let meant = did_you_mean(text, FUNCTIONS.iter().copied());
                        self.cx
                            .problem(span, "E0307", format!("there is no function `{text}`"))
                            .maybe(meant.map(|meant| format!("did you mean `{meant}`?")));
                    }
                } else if !(local || own || name.guarded || self.known.contains(text)) {
                    self.undefined(text, span);
                }
            }
        }
    }

    fn undefined(&mut self, name: &str, span: Span) {
        if self.siblings.contains(name) {
            self.cx
                .problem(
                    span,
                    "E0303",
                    format!("`{name}` is registered by a step that runs at the same time"),
                )
                .label("put this step behind the `parallel` block");
            return;
        }
        let label = if let Some((at, place)) = self.registered.get(name) {
            let place = format!("{} (step {place})", self.cx.sources.place(*at));
            Some(format!("registered later, at {place}"))
        } else if name == "error" {
            Some("it is defined in `rescue`".to_owned())
        } else if name == "item" || name == "index" {
            Some("it is defined where there is a `for_each`".to_owned())
        } else if FUNCTIONS.contains(&name) {
            Some(format!("it is a function: write `{name}(…)`"))
        } else {
            let known = self.known.iter().copied().chain(self.registered.keys().copied());
            did_you_mean(name, known).map(|meant| format!("did you mean `{meant}`?"))
        };
        self.cx.problem(span, "E0301", format!("`{name}` is not defined here")).maybe(label);
    }
}

/// The names that a step gives values, what is in it apart.
fn defined_by(step: &Step) -> Vec<&Name> {
    let mut names: Vec<_> = step.with.register.iter().collect();
    match &step.action {
        Action::Let(values) => names.extend(values.iter().map(|(name, _)| name)),
        Action::Include(include) => names.extend(&include.alias),
        _ => {}
    }
    names
}

fn all_defined<'a>(step: &'a Step, names: &mut BTreeSet<&'a str>) {
    names.extend(defined_by(step).into_iter().map(|name| name.text.as_str()));
    for inner in step.action.inner() {
        inner.iter().for_each(|step| all_defined(step, names));
    }
}
