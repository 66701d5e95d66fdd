//! Globs in path arguments: one word for many znodes.
//!
//! `*`, `?` and `[a-z]` stand for characters of a name and `**` for any number of names; only znodes
//! that are there match. `{a,b}` and `{1..9}` stand for several words, whatever is there: with
//! `create /n-{1..9}` nine znodes are created.

mod braces;
mod pattern;

use std::collections::{HashSet, VecDeque};

use crate::command::{failed, nearest};
use crate::error::{Error, Kind, Result};
use crate::store::{Answers, Failure, Found, Outcome, Read, Store};
use crate::walk::{Options, Walk};
use crate::wire::Code;
use crate::znode::ZPath;
use crate::znode::text::{count, thousands};
use pattern::{Pattern, Step, lead};

use super::grammar::{Style, quote_path, unescape};
use super::paths;

/// Znodes looked at for one pattern, at most: what takes more is a search, not an argument.
const LOOKS: usize = 1_000_000;

/// What a glob stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// Each once: in natural order level by level, and in the order of the words in braces.
    pub paths: Vec<ZPath>,
    /// How many of them were found in the tree; `None` when there was nothing but braces, and so nothing
    /// was looked for.
    pub matched: Option<usize>,
    /// Znodes whose children may not be listed: what is below them was not looked at.
    pub unreadable: Vec<ZPath>,
}

/// Finds what `pattern` stands for, typed below `cwd`; for the form of `pattern` see
/// [`Word::pattern`](super::grammar::Word::pattern).
///
/// Fails when there are more than `cap`, and when znodes would have to match and none does.
pub async fn expand(store: &dyn Store, cwd: &ZPath, pattern: &str, cap: usize) -> Result<Expansion> {
    let mut all = Expansion::default();
    let mut seen = HashSet::new();
    let mut search = Search { store, cap, looks: 0, unreadable: Vec::new() };
    let mut barren = None;
    for word in braces::expand(pattern, cap)? {
        let found = match Pattern::parse(cwd, &word)? {
            None => vec![paths::resolve(cwd, &unescape(&word))?],
            Some(pattern) => {
                let found = search.run(&pattern).await?;
                *all.matched.get_or_insert(0) += found.iter().filter(|path| !seen.contains(*path)).count();
                barren = Some(pattern);
                found
            }
        };
        all.paths.extend(found.into_iter().filter(|path| seen.insert(path.clone())));
        if all.paths.len() > cap {
            return Err(too_many(pattern, cap));
        }
    }
    if let (Some(0), Some(pattern)) = (all.matched, barren) {
        return Err(search.nothing(&pattern).await);
    }
    all.unreadable = search.unreadable;
    Ok(all)
}

/// The paths that braces in `pattern` stand for, of znodes that are still to be. Fails on other signs of
/// globs: there is nothing yet that could match.
pub fn new_paths(cwd: &ZPath, pattern: &str, cap: usize) -> Result<Vec<ZPath>> {
    let path = |word: String| match Pattern::parse(cwd, &word)? {
        None => paths::resolve_new(cwd, &unescape(&word)),
        Some(pattern) => {
            Err(Error::usage(format!("`{pattern}` names no new znode: only znodes that are there match"))
                .hint(format!("quoted, it is a name: {}", quoted(&pattern))))
        }
    };
    braces::expand(pattern, cap)?.into_iter().map(path).collect()
}

/// A pattern as the name of a znode is typed.
fn quoted(pattern: &Pattern) -> String {
    quote_path(&pattern.to_string(), Style::Single, true)
}

fn too_many(pattern: &str, cap: usize) -> Error {
    let pattern = unescape(pattern);
    Error::usage(format!("more than {} match {pattern}", count(cap, "znode")))
        .hint("write more of their names")
}

struct Search<'a> {
    store: &'a dyn Store,
    cap: usize,
    looks: usize,
    unreadable: Vec<ZPath>,
}

impl<'a> Search<'a> {
    async fn run(&mut self, pattern: &Pattern) -> Result<Vec<ZPath>> {
        let mut found = vec![pattern.base.clone()];
        let mut steps = pattern.steps.as_slice();
        while let Some((step, rest)) = steps.split_first() {
            found = match step {
                Step::Name(name) => found.iter().map(|path| path.join(name)).collect(),
                Step::Like(_) => self.children(found, step, pattern, rest.is_empty()).await?,
                Step::Below => return self.below(found, steps, pattern).await,
            };
            steps = rest;
        }
        // Those that a name was added to were not seen.
        if let Some(Step::Name(_)) = pattern.steps.last() {
            found = self.existing(found, pattern).await?;
        }
        Ok(found)
    }

    /// Counts what is looked at.
    fn look(&mut self, znodes: usize, pattern: &Pattern) -> Result<()> {
        self.looks += znodes;
        if self.looks > LOOKS {
            let what = format!("{pattern} needs a look at more than {} znodes", thousands(LOOKS));
            return Err(Error::usage(what).hint("begin further down in the tree"));
        }
        Ok(())
    }

    /// The children that a step leads to; the `last` one leads to no more than the cap.
    async fn children(
        &mut self,
        parents: Vec<ZPath>,
        step: &Step,
        pattern: &Pattern,
        last: bool,
    ) -> Result<Vec<ZPath>> {
        self.look(parents.len(), pattern)?;
        let mut found = Vec::new();
        let mut reads = Reads::new(self.store, parents, Read::Children);
        while let Some(answers) = reads.next().await {
            for (parent, answer) in answers.map_err(|failure| cannot(failure, pattern))? {
                match answer {
                    Ok(Found::Children(mut names)) => {
                        names.sort_natural();
                        let like = names.iter().filter(|name| step.leads_to(name));
                        found.extend(like.map(|name| parent.join(name)));
                    }
                    Err(Code::NO_AUTH) => self.unreadable.push(parent),
                    Ok(_) | Err(_) => {}
                }
            }
            if last && found.len() > self.cap {
                return Err(too_many(&pattern.to_string(), self.cap));
            }
        }
        Ok(found)
    }

    /// Those of `paths` that exist.
    async fn existing(&mut self, paths: Vec<ZPath>, pattern: &Pattern) -> Result<Vec<ZPath>> {
        self.look(paths.len(), pattern)?;
        let mut found = Vec::new();
        let mut reads = Reads::new(self.store, paths, Read::Stat);
        while let Some(answers) = reads.next().await {
            let answers = answers.map_err(|failure| cannot(failure, pattern))?;
            found.extend(answers.filter(|(_, answer)| answer.is_ok()).map(|(path, _)| path));
            if found.len() > self.cap {
                return Err(too_many(&pattern.to_string(), self.cap));
            }
        }
        Ok(found)
    }

    /// What `steps` lead to, the first of which is `**`.
    async fn below(&mut self, roots: Vec<ZPath>, steps: &[Step], pattern: &Pattern) -> Result<Vec<ZPath>> {
        let mut found = Vec::new();
        for root in roots {
            let above = if root.is_root() { 0 } else { root.len() };
            let mut walk = Walk::new(self.store, Options::new(root));
            loop {
                let visits = match walk.next().await {
                    Ok(Some(visits)) => visits,
                    Ok(None) | Err(Failure::Refused(Code::NO_NODE)) => break,
                    Err(failure) => return Err(cannot(failure, pattern)),
                };
                self.look(visits.len(), pattern)?;
                for visit in visits {
                    let relative = visit.path.get(above..).unwrap_or_default();
                    let names: Vec<_> = relative.split('/').filter(|name| !name.is_empty()).collect();
                    if visit.node.is_err() {
                        self.unreadable.push(visit.path.clone());
                    }
                    if lead(steps, &names) {
                        found.push(visit.path);
                    }
                }
                if found.len() > self.cap {
                    return Err(too_many(&pattern.to_string(), self.cap));
                }
            }
        }
        Ok(found)
    }

    /// Why nothing was found.
    async fn nothing(&self, pattern: &Pattern) -> Error {
        let what = format!("no znode matches {pattern}");
        if let Some(path) = self.unreadable.first() {
            return Error::new(Kind::Auth, format!("{what}, and {path} may not be listed (NoAuth)"))
                .hint("give credentials with --auth, like digest:USER:PASSWORD");
        }
        let near = nearest(self.store, &pattern.base).await;
        let error = match &near.missing {
            Some(missing) => Error::new(Kind::Refused, format!("{what}: {missing} does not exist (NoNode)")),
            None => Error::new(Kind::Refused, format!("{what}; {} exists", pattern.base)),
        };
        let error = match near.meant {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None => error,
        };
        error.hint(format!("quoted, it is the name of a znode: {}", quoted(pattern)))
    }
}

fn cannot(failure: Failure, pattern: &Pattern) -> Error {
    failed(failure, "look for", &pattern.to_string())
}

/// The same read of many znodes, in order, in batches of which several are on their way.
struct Reads<'a> {
    store: &'a dyn Store,
    paths: std::vec::IntoIter<ZPath>,
    read: fn(String) -> Read,
    flight: VecDeque<(Outcome<'a, Answers>, Vec<ZPath>)>,
}

type Answered = std::iter::Zip<std::vec::IntoIter<ZPath>, std::vec::IntoIter<Result<Found, Code>>>;

impl<'a> Reads<'a> {
    fn new(store: &'a dyn Store, paths: Vec<ZPath>, read: fn(String) -> Read) -> Self {
        Self { store, paths: paths.into_iter(), read, flight: VecDeque::new() }
    }

    async fn next(&mut self) -> Option<Result<Answered, Failure>> {
        while self.flight.len() < self.store.in_flight() {
            let paths: Vec<_> = self.paths.by_ref().take(self.store.batch()).collect();
            if paths.is_empty() {
                break;
            }
            let reads = paths.iter().map(|path| (self.read)(path.to_string())).collect();
            self.flight.push_back((self.store.read(reads), paths));
        }
        let (answers, paths) = self.flight.pop_front()?;
        Some(answers.await.map(|answers| paths.into_iter().zip(answers)))
    }
}

#[cfg(test)]
mod tests;
