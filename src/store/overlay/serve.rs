//! An overlay for many sessions: what `zkx server --overlay` answers.

use super::Overlay;
use crate::store::memory::{Answered, MANY};
use crate::store::{Failure, Read, Write};
use crate::wire::request::SetWatches;
use crate::wire::{Code, OpResult, ReadOp, ReadResult, Reply, Request, WriteOp};

impl Overlay {
    /// The sessions and connections of this overlay.
    pub fn ensemble(&self) -> &super::Ensemble {
        &self.ensemble
    }

    /// Answers a request of a connection of [`ensemble`](Self::ensemble). What it reads is taken over
    /// as well, so that watches and ACLs hold for each client: the fork keeps what was seen.
    pub async fn process(&self, connection: u64, request: &Request) -> Answered {
        match self.try_process(connection, request).await {
            Ok(answered) => answered,
            Err(failure) => {
                let code = match failure {
                    Failure::Refused(code) => code,
                    // The store below is gone: to this client that is a server in trouble.
                    _ => Code::SYSTEM_ERROR,
                };
                Answered { zxid: self.ensemble.zxid(), result: Err(code) }
            }
        }
    }

    async fn try_process(&self, connection: u64, request: &Request) -> Result<Answered, Failure> {
        if matches!(request, Request::GetAllChildrenNumber { .. }) {
            let zxid = self.ensemble.zxid();
            return Ok(Answered { zxid, result: Err(Code::UNIMPLEMENTED) });
        }
        let writes = writes(request);
        if !writes.is_empty() {
            let _alone = self.shared.writing.lock().await;
            self.adopt_for(&writes).await?;
            let answered = self.ensemble.process(connection, request);
            self.note(&writes, &answered);
            return Ok(answered);
        }
        let paths = reads(request);
        if !paths.is_empty() {
            let _alone = self.shared.writing.lock().await;
            self.adopt(paths.iter().copied(), paths.iter().copied()).await?;
        }
        let mut answered = self.ensemble.process(connection, request);
        if let Ok(reply) = &mut answered.result {
            self.complete(request, reply).await?;
        }
        Ok(answered)
    }

    /// Adds the children that were not taken over.
    async fn complete(&self, request: &Request, reply: &mut Reply) -> Result<(), Failure> {
        let lists: Vec<(&str, &mut crate::znode::Names)> = match (request, reply) {
            (Request::GetChildren { path, .. }, Reply::Children(names))
            | (Request::GetChildren2 { path, .. }, Reply::Children2(names, _)) => vec![(path, names)],
            (Request::MultiRead(ops), Reply::MultiRead(results)) => {
                let mut lists = Vec::new();
                for (op, result) in ops.iter().zip(results) {
                    if let (ReadOp::Children(path), ReadResult::Children(names)) = (op, result) {
                        lists.push((path.as_str(), names));
                    }
                }
                lists
            }
            _ => return Ok(()),
        };
        let mut held = 0;
        for (path, names) in lists {
            if held > MANY {
                return Err(Failure::Refused(Code::MARSHALLING_ERROR));
            }
            if !self.layer().is_created(path) {
                let below = crate::store::read_one(&*self.below, Read::Children(path.to_owned())).await;
                if let Ok(super::Found::Children(below)) = below {
                    *names = self.merged_names(path, names, &below);
                }
            }
            held += names.size();
        }
        Ok(())
    }

    fn note(&self, writes: &[Write], answered: &Answered) {
        let mut layer = self.layer();
        match &answered.result {
            Ok(Reply::Multi(results)) => {
                for (write, result) in writes.iter().zip(results) {
                    match result {
                        OpResult::Failed(_) => {}
                        OpResult::Created(path, _) => layer.note(write, path),
                        _ => layer.note(write, write.path()),
                    }
                }
            }
            Ok(Reply::Created(path, _)) => writes.iter().for_each(|write| layer.note(write, path)),
            Ok(_) => writes.iter().for_each(|write| layer.note(write, write.path())),
            Err(_) => {}
        }
    }
}

/// What a request would write; the overlay looks at no data.
fn writes(request: &Request) -> Vec<Write> {
    match request {
        Request::Create(create) => vec![of(&WriteOp::Create(create.clone()))],
        Request::Delete { path, version } => {
            vec![of(&WriteOp::Delete { path: path.clone(), version: *version })]
        }
        Request::SetData { path, .. } => vec![Write::Set { path: path.clone(), data: None, version: None }],
        Request::SetAcl { path, acl, .. } => {
            vec![Write::SetAcl { path: path.clone(), acl: acl.clone(), version: None }]
        }
        Request::Multi(ops) => ops.iter().map(of).collect(),
        _ => Vec::new(),
    }
}

fn of(op: &WriteOp) -> Write {
    match op {
        WriteOp::Create(create) => {
            let acl = create.acl.clone();
            Write::Create { path: create.path.clone(), data: None, acl, mode: create.mode }
        }
        WriteOp::Delete { path, .. } => Write::Delete { path: path.clone(), version: None },
        WriteOp::SetData { path, .. } => Write::Set { path: path.clone(), data: None, version: None },
        WriteOp::Check { path, .. } => Write::Check { path: path.clone(), version: None },
    }
}

/// The znodes that a request asks about.
fn reads(request: &Request) -> Vec<&str> {
    match request {
        Request::Exists { path, .. }
        | Request::GetData { path, .. }
        | Request::GetAcl { path }
        | Request::GetChildren { path, .. }
        | Request::GetChildren2 { path, .. }
        | Request::AddWatch { path, .. } => vec![path],
        Request::MultiRead(ops) => {
            let mut paths = Vec::with_capacity(ops.len());
            for op in ops {
                match op {
                    ReadOp::Data(path) | ReadOp::Children(path) => paths.push(path.as_str()),
                }
            }
            paths
        }
        Request::SetWatches(watches) | Request::SetWatches2(watches) => {
            let SetWatches { data, exist, child, .. } = watches;
            [data, exist, child].into_iter().flatten().map(String::as_str).collect()
        }
        _ => Vec::new(),
    }
}
