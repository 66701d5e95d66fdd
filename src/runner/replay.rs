//! What an earlier run has written in a step that it did not end.
//!
//! The step is taken again from its beginning. Whatever it reads is answered as it was before those writes,
//! so that it comes to the same ones, and each of them is then left out: a counter is not counted up twice.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::before::Before;
use crate::store::{Answers, Found, Read, Write, Written};
use crate::wire::Code;
use crate::znode::{Names, Stat};

/// A write that was made.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) write: Write,
    pub(super) written: Written,
    pub(super) before: Option<Before>,
    /// Its data was not written down.
    pub(super) secret: bool,
}

/// The writes that the step has not come to again.
#[derive(Debug, Default)]
pub(super) struct Replay(Mutex<Vec<Past>>);

impl Replay {
    pub(super) fn of(pasts: Vec<Past>) -> Self {
        Self(Mutex::new(pasts))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Past>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came of these writes, if they were made.
    pub(super) fn take(&self, writes: &[Write]) -> Option<Vec<Written>> {
        let mut pasts = self.lock();
        let mut left: Vec<usize> = (0..pasts.len()).collect();
        let mut places = Vec::new();
        for write in writes {
            places.push(match write {
                Write::Check { .. } => None,
                _ => {
                    let made = |at: &usize| pasts.get(*at).is_some_and(|past| past.is(write));
                    Some(left.remove(left.iter().position(made)?))
                }
            });
        }
        if places.iter().all(Option::is_none) {
            return None;
        }
        let written = |(write, place): (&Write, &Option<usize>)| {
            let past = place.and_then(|at| pasts.get(at)).map(|past| past.written.clone());
            past.unwrap_or_else(|| Written { path: write.path().to_owned(), stat: None, verified: false })
        };
        let written = writes.iter().zip(&places).map(written).collect();
        let mut at = 0..;
        pasts.retain(|_| !places.contains(&at.next()));
        Some(written)
    }

    /// Makes of what was read now what was read then.
    pub(super) fn veil(&self, reads: &[Read], answers: &mut Answers) {
        let pasts = self.lock();
        for (read, answer) in reads.iter().zip(answers).filter(|_| !pasts.is_empty()) {
            veil(&pasts, read, answer);
        }
    }
}

fn veil(pasts: &[Past], read: &Read, answer: &mut Result<Found, Code>) {
    let path = read.path();
    let own = || pasts.iter().filter(|past| past.written.path == path);
    if let Ok(Found::Children(names) | Found::Listing(names, _)) = answer {
        *names = names_then(pasts, path, names);
    }
    let Some(first) = own().next() else { return };
    if matches!(first.write, Write::Create { .. }) {
        *answer = Err(Code::NO_NODE);
        return;
    }
    let Some(stat) = first.before.as_ref().map(|before| before.stat) else { return };
    let data = own().filter(|past| !past.secret && !matches!(past.write, Write::SetAcl { .. }));
    let data = data.filter_map(|past| past.before.as_ref()).map(|before| before.data.clone()).next();
    let acl = own().filter_map(|past| past.before.as_ref()?.acl.clone()).next();
    let found = match (read, answer.clone()) {
        (Read::Data(_), Ok(Found::Data(now, _))) => Found::Data(data.unwrap_or(now), stat),
        (Read::Data(_), _) => Found::Data(data.unwrap_or_default(), stat),
        (Read::Acl(_), Ok(Found::Acl(now, _))) => Found::Acl(acl.unwrap_or(now), stat),
        (Read::Acl(_), _) => Found::Acl(acl.unwrap_or_default(), stat),
        (Read::Stat(_), _) => Found::Stat(stat),
        (Read::Children(_), Ok(found)) => found,
        (Read::Children(_), Err(_)) => Found::Children(Names::default()),
        (Read::Listing(_), Ok(Found::Listing(names, now))) => {
            Found::Listing(names, Stat { num_children: now.num_children, ..stat })
        }
        (Read::Listing(_), _) => Found::Listing(Names::default(), stat),
    };
    *answer = Ok(found);
}

/// The children that a znode had.
fn names_then(pasts: &[Past], parent: &str, now: &Names) -> Names {
    let mut names: Vec<String> = now.iter().map(ToOwned::to_owned).collect();
    for past in pasts.iter().rev() {
        let Some((above, name)) = past.written.path.rsplit_once('/') else { continue };
        if above != parent.trim_end_matches('/') {
            continue;
        }
        match past.write {
            Write::Create { .. } => names.retain(|known| known != name),
            Write::Delete { .. } if !names.iter().any(|known| known == name) => names.push(name.to_owned()),
            _ => {}
        }
    }
    names.into_iter().collect()
}

impl Past {
    /// Whether a write is this one. Versions may differ; data does not count where nobody knows it.
    fn is(&self, write: &Write) -> bool {
        match (&self.write, write) {
            (
                Write::Create { path, data, acl, mode },
                Write::Create { path: other, data: new, acl: list, mode: kind },
            ) => {
                unmarked(path) == unmarked(other)
                    && (self.secret || data == new)
                    && acl == list
                    && mode == kind
            }
            (Write::Set { path, data, .. }, Write::Set { path: other, data: new, .. }) => {
                path == other && (self.secret || data == new)
            }
            (Write::Delete { path, .. }, Write::Delete { path: other, .. }) => path == other,
            (Write::SetAcl { path, acl, .. }, Write::SetAcl { path: other, acl: new, .. }) => {
                path == other && acl == new
            }
            _ => false,
        }
    }
}

/// A path without the mark of a protected name, which is another one each time.
fn unmarked(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some((parent, name)) => match name.strip_prefix("_c_").and_then(|rest| rest.split_once('-')) {
            Some((_, name)) => (parent, name),
            None => (parent, name),
        },
        None => ("", path),
    }
}
