//! Carrying out a plan.

use std::collections::HashMap;

use futures_util::stream::{FuturesOrdered, StreamExt};

use super::plan::{Change, Plan, Step};
use crate::recipe::Failed;
use crate::store::{Failure, Read, Store, Write};
use crate::walk::Reads;
use crate::wire::Code;
use crate::znode::{CreateMode, NodeType, ZPath};

/// Writes in one transaction, at most.
const WRITES: usize = 500;
/// Bytes in one transaction, at most.
const BYTES: usize = 256 << 10;
/// What an operation has beside its path, data and ACL.
const OVERHEAD: usize = 64;
/// ACLs set at the same time: there is no transaction for them.
const ACLS: usize = 64;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Steps of the plan.
    pub steps: usize,
    /// Transactions that took, apart from ACLs.
    pub transactions: usize,
}

/// Why it ended before its end.
#[derive(Debug)]
pub struct Stopped {
    /// Steps that were done before.
    pub done: usize,
    /// The znode of the step that was refused, and why.
    pub failed: Failed,
    /// What was planned is no longer what is there.
    pub stale: bool,
}

/// What a step writes; `None` in place of a version writes over whatever is there.
fn write(step: &Step) -> Write {
    let path = step.path.to_string();
    match &step.change {
        Change::Create { data, acl, node_type } => {
            let mode = match node_type {
                NodeType::Persistent => CreateMode::Persistent,
                NodeType::Ephemeral(_) => CreateMode::Ephemeral,
                NodeType::Container => CreateMode::Container,
                NodeType::Ttl(ttl) => CreateMode::Ttl(*ttl),
            };
            Write::Create { path, data: data.clone(), acl: acl.clone(), mode }
        }
        Change::Set { new, seen, .. } => Write::Set { path, data: new.clone(), version: Some(seen.1) },
        Change::SetAcl { new, seen, .. } => Write::SetAcl { path, acl: new.clone(), version: Some(seen.1) },
        Change::Delete { seen, .. } => Write::Delete { path, version: Some(seen.1) },
    }
}

fn size(write: &Write) -> usize {
    let more = match write {
        Write::Create { data, acl, .. } => {
            let acl: usize = acl.iter().map(|entry| entry.scheme.len() + entry.id.len() + 12).sum();
            data.as_ref().map_or(0, bytes::Bytes::len) + acl
        }
        Write::Set { data, .. } => data.as_ref().map_or(0, bytes::Bytes::len),
        _ => 0,
    };
    write.path().len() + more + OVERHEAD
}

/// Servers before 3.5 hang up on these inside of a transaction.
fn goes_alone(write: &Write) -> bool {
    matches!(write, Write::Create { mode: CreateMode::Container | CreateMode::Ttl(_), .. })
}

impl Plan {
    /// How many transactions it takes, apart from ACLs, which have none.
    pub fn transactions(&self) -> usize {
        self.batches().len()
    }

    /// The steps that are no ACLs, as they fit into transactions.
    fn batches(&self) -> Vec<&[Step]> {
        let end = self.steps.iter().position(|step| matches!(step.change, Change::SetAcl { .. }));
        let mut rest = self.steps.get(..end.unwrap_or(self.steps.len())).unwrap_or_default();
        let mut batches = Vec::new();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |step: &&Step| {
                let write = write(step);
                bytes += size(&write);
                bytes <= BYTES && !goes_alone(&write)
            };
            let count = rest.iter().take(WRITES).take_while(fits).count().max(1);
            let (batch, behind) = rest.split_at(count);
            batches.push(batch);
            rest = behind;
        }
        batches
    }

    fn acls(&self) -> &[Step] {
        let start = self.steps.iter().position(|step| matches!(step.change, Change::SetAcl { .. }));
        start.and_then(|start| self.steps.get(start..)).unwrap_or_default()
    }
}

/// The znodes that are no longer as they were when the plan was made, with what has become of them.
pub async fn stale(store: &dyn Store, plan: &Plan) -> Result<Vec<(ZPath, &'static str)>, Failed> {
    let made: HashMap<&ZPath, ()> = plan
        .steps
        .iter()
        .filter(|step| matches!(step.change, Change::Create { .. }))
        .map(|step| (&step.path, ()))
        .collect();
    let reads = plan.steps.iter().map(|step| (step, Read::Stat(step.path.to_string())));
    let reads: Vec<(&Step, Read)> = reads.collect();
    let mut reads = Reads::new(store, reads);
    let mut stale = Vec::new();
    let root = ZPath::root();
    while let Some(answers) = reads.next().await.map_err(|failure| Failed::new("read", &root, failure))? {
        for (step, answer) in answers {
            let stat = answer.as_ref().ok().and_then(crate::store::Found::stat);
            let is = match (&step.change, stat) {
                (Change::Create { .. }, Some(_)) => Some("it exists already"),
                (Change::Create { .. }, None) => None,
                (_, None) if made.contains_key(&step.path) => None,
                (_, None) => Some("it does not exist any more"),
                (Change::Set { seen, .. } | Change::Delete { seen, .. }, Some(stat)) => {
                    (*seen != (stat.czxid, stat.version)).then_some("its data was changed")
                }
                (Change::SetAcl { seen, .. }, Some(stat)) => {
                    (*seen != (stat.czxid, stat.aversion)).then_some("its ACL was changed")
                }
            };
            stale.extend(is.map(|is| (step.path.clone(), is)));
        }
    }
    Ok(stale)
}

/// Carries out a plan up to the first step that is refused. What fits into one transaction is done whole
/// or not at all.
pub async fn apply(store: &dyn Store, plan: &Plan) -> Result<Applied, Stopped> {
    let mut applied = Applied::default();
    for batch in plan.batches() {
        let writes: Vec<Write> = batch.iter().map(write).collect();
        let result = match <[Write; 1]>::try_from(writes) {
            Ok([write]) => store.write(write).await.map(drop),
            Err(writes) => store.multi(writes).await.map(drop),
        };
        if let Err(failure) = result {
            let (index, failure) = match failure {
                Failure::Operation { index, code } => (index, Failure::Refused(code)),
                other => (0, other),
            };
            return Err(stopped(applied.steps, batch.get(index).or(batch.first()), failure));
        }
        applied.steps += batch.len();
        applied.transactions += 1;
    }
    let mut steps = plan.acls().iter();
    let mut flight = FuturesOrdered::new();
    loop {
        while flight.len() < ACLS
            && let Some(step) = steps.next()
        {
            let written = store.write(write(step));
            flight.push_back(async move { (step, written.await) });
        }
        match flight.next().await {
            None => return Ok(applied),
            Some((_, Ok(_))) => applied.steps += 1,
            Some((step, Err(failure))) => return Err(stopped(applied.steps, Some(step), failure)),
        }
    }
}

fn stopped(done: usize, step: Option<&Step>, failure: Failure) -> Stopped {
    let verb = match step.map(|step| &step.change) {
        Some(Change::Create { .. }) => "create",
        Some(Change::Set { .. }) => "set",
        Some(Change::SetAcl { .. }) => "set the ACL of",
        _ => "delete",
    };
    let stale = matches!(
        failure,
        Failure::Refused(Code::BAD_VERSION | Code::NODE_EXISTS | Code::NO_NODE | Code::NOT_EMPTY)
    );
    let path = step.map_or_else(ZPath::root, |step| step.path.clone());
    Stopped { done, failed: Failed::new(verb, &path, failure), stale }
}
