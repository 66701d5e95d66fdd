//! What is there before a write: for the journal, and for people.

use std::collections::HashMap;

use bytes::Bytes;

use crate::store::{Failure, Found, Read, Store, Write};
use crate::znode::{Acl, Stat};

/// A znode as it was before a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) data: Option<Bytes>,
    pub(super) acl: Option<Vec<Acl>>,
    pub(super) stat: Stat,
}

/// What each of these writes, which are made in one transaction, will find; `None` for what does not exist,
/// and for what nobody wants to know.
pub(super) async fn look(store: &dyn Store, writes: &[Write]) -> Result<Vec<Option<Before>>, Failure> {
    let asked: Vec<_> = writes.iter().flat_map(reads).collect();
    if asked.is_empty() && writes.len() == 1 {
        return Ok(vec![None]);
    }
    let mut answers = if asked.is_empty() { Vec::new() } else { store.read(asked).await? }.into_iter();
    let mut left: HashMap<&str, Option<Before>> = HashMap::new();
    let each = writes.iter().map(|write| {
        let mut before: Option<Before> = None;
        for answer in answers.by_ref().take(reads(write).len()) {
            match answer {
                Ok(Found::Data(data, stat)) => {
                    before = Some(Before { data, stat, ..before.unwrap_or_default() });
                }
                Ok(Found::Acl(acl, stat)) => {
                    before = Some(Before { acl: Some(acl), stat, ..before.unwrap_or_default() });
                }
                _ => {}
            }
        }
        // What a write before it in the transaction leaves is what it finds.
        if let Some(known) = left.get(write.path()) {
            let acl = before.and_then(|before| before.acl);
            before = known.clone().map(|known| Before { acl: known.acl.or(acl), ..known });
        }
        if !matches!(write, Write::Check { .. }) {
            left.insert(write.path(), after(write, before.clone()));
        }
        before
    });
    Ok(each.collect())
}

fn reads(write: &Write) -> Vec<Read> {
    let path = || write.path().to_owned();
    match write {
        Write::Create { .. } | Write::Check { .. } => Vec::new(),
        Write::Set { .. } => vec![Read::Data(path())],
        Write::SetAcl { .. } => vec![Read::Acl(path())],
        Write::Delete { .. } => vec![Read::Data(path()), Read::Acl(path())],
    }
}

/// The znode as a write leaves it.
fn after(write: &Write, before: Option<Before>) -> Option<Before> {
    match write {
        Write::Create { data, acl, .. } => {
            Some(Before { data: data.clone(), acl: Some(acl.clone()), stat: Stat::default() })
        }
        Write::Set { data, .. } => {
            let mut before = before?;
            before.stat.version += 1;
            Some(Before { data: data.clone(), ..before })
        }
        Write::SetAcl { acl, .. } => {
            let mut before = before?;
            before.stat.aversion += 1;
            Some(Before { acl: Some(acl.clone()), ..before })
        }
        Write::Delete { .. } | Write::Check { .. } => None,
    }
}
