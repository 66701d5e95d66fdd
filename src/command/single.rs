//! Commands that are one write and no more, so that several of them can be one transaction.

use super::Command;
use crate::store::{Write, Written};
use crate::view::{Changed, ChangedView, CreatedView, DeletedView, View};
use crate::znode::ZPath;

/// One write, and how its command answers.
#[derive(Clone, Debug)]
pub struct Single {
    /// The write.
    pub write: Write,
    answer: Answer,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Created,
    Set { with_stat: bool },
    Deleted,
    Nothing,
}

impl Single {
    pub(super) fn create(write: Write) -> Self {
        Self { write, answer: Answer::Created }
    }

    pub(super) fn set(write: Write, with_stat: bool) -> Self {
        Self { write, answer: Answer::Set { with_stat } }
    }

    pub(super) fn delete(write: Write) -> Self {
        Self { write, answer: Answer::Deleted }
    }

    /// A condition of a transaction.
    pub fn check(write: Write) -> Self {
        Self { write, answer: Answer::Nothing }
    }

    /// What the command would have answered; `None` where a transaction does not tell enough.
    pub fn answer(&self, written: &Written) -> Option<View> {
        let path = ZPath::from_server(written.path.clone());
        Some(match self.answer {
            Answer::Created => View::Created(CreatedView { path, parents: Vec::new() }),
            Answer::Deleted => View::Deleted(DeletedView { path, deleted: 1, recursive: false }),
            Answer::Nothing => return None,
            Answer::Set { with_stat } => {
                let stat = written.stat?;
                View::Changed(ChangedView {
                    path,
                    changed: Changed::Data,
                    version: stat.version,
                    with_stat,
                    stat,
                })
            }
        })
    }
}

impl Command {
    /// The one write that this command is, unless it is more than that or its data must first be read
    /// from somewhere.
    pub fn single(&self) -> Option<Single> {
        match self {
            Self::Create(create) => create.single(),
            Self::Set(set) => set.single(),
            Self::Delete(delete) => Some(delete.single()),
            _ => None,
        }
    }
}
