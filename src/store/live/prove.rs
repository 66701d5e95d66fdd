//! What became of a write whose answer was lost.
//!
//! Every write goes out right behind a look at its znode, or for a create at the parent. The look
//! gives the state before and a zxid that the write's own must exceed, at the price of no round
//! trip (a session that has not seen any zxid yet waits for it once: without one, nothing could be
//! proved). When the connection is lost, the same session is taken to another server (which fences
//! the old one: the leader refuses what still arrives from it as SessionMoved), brought up to date
//! with `sync`, and the znode is looked at again. Then the write is proved done, proved not done
//! and sent again, or its outcome is honestly unknown ([`judge`](super::judge)).

use tokio::time::Instant;

use super::judge::{Before, Verdict, before_path, judge};
use super::{Failure, Live, Write, Written, as_failure, explain, needs, not_done};
use crate::client::{Answer, Cause, Client, Pending, RequestError};
use crate::store::ask::{alone, group, unexpected};
use crate::wire::{Code, OpResult, Reply, Request};

/// Writes proved not done are sent again this often: more losses in a row are not bad luck.
const TRIES: usize = 5;

/// One write, or a group of which all are done or none.
pub(super) struct Job {
    writes: Vec<Write>,
    request: Request,
}

/// A job on its way.
pub(super) struct Sent {
    client: Client,
    look: Pending,
    /// `None` while the look must be waited for.
    answer: Option<Pending>,
}

impl Job {
    pub(super) fn single(write: Write) -> Self {
        let request = alone(write.clone());
        Self { writes: vec![write], request }
    }

    pub(super) fn group(writes: Vec<Write>) -> Result<Self, Failure> {
        let request = group(writes.iter().cloned())?;
        Ok(Self { writes, request })
    }

    pub(super) fn send(&self, live: &Live) -> Sent {
        let client = live.client();
        let path = self.writes.first().map_or_else(|| "/".to_owned(), before_path);
        let look = client.send(&Request::Exists { path, watch: false });
        // No zxid tells when an ACL was set, so its version before must be known in any case.
        let waits = matches!(self.writes[..], [Write::SetAcl { .. }]) || client.session().last_zxid == 0;
        let answer = (!waits).then(|| client.send(&self.request));
        Sent { client, look, answer }
    }

    /// Whether the only trace of this would be ephemerals, which go with their session.
    fn ephemeral(&self) -> bool {
        self.writes.iter().all(|write| matches!(write, Write::Create { mode, .. } if mode.is_ephemeral()))
    }

    fn done(&self, answer: Answer) -> Result<Vec<Written>, Failure> {
        let results = match answer.reply {
            Reply::Multi(results) => results,
            Reply::Created(path, stat) => vec![OpResult::Created(path, stat)],
            Reply::Stat(stat) => vec![OpResult::Set(stat)],
            Reply::Nothing => vec![OpResult::Deleted],
            other => return Err(unexpected(&other)),
        };
        // Those before the one that failed say 0, those after it RuntimeInconsistency.
        let failed = results.iter().enumerate().find_map(|(index, result)| match result {
            OpResult::Failed(code) if !matches!(*code, Code::OK | Code::RUNTIME_INCONSISTENCY) => {
                Some(Failure::Operation { index, code: *code })
            }
            _ => None,
        });
        if let Some(failed) = failed {
            return Err(failed);
        }
        if results.len() != self.writes.len() || results.iter().any(|r| matches!(r, OpResult::Failed(_))) {
            return Err(Failure::Protocol("results of a transaction are missing".into()));
        }
        Ok(self.writes.iter().zip(results).map(|(write, result)| written(write, result)).collect())
    }

    /// Why a server does not know the operation.
    fn unsupported(&self) -> Option<Failure> {
        self.writes.iter().find_map(|write| match write {
            Write::Create { mode, .. } => needs(*mode),
            _ => None,
        })
    }
}

fn written(write: &Write, result: OpResult) -> Written {
    let (path, stat) = match result {
        OpResult::Created(path, stat) => (Some(path), stat),
        OpResult::Set(stat) => (None, Some(stat)),
        _ => (None, None),
    };
    Written { path: path.unwrap_or_else(|| write.path().to_owned()), stat, verified: false }
}

type Look = Result<Answer, RequestError>;

/// Waits for the look and for the answer; the write only goes out once some zxid is known.
async fn answers(job: &Job, client: &Client, look: Pending, answer: Option<Pending>) -> (Look, Look) {
    let look = look.answer().await;
    let answer = match (answer, &look) {
        (Some(answer), _) => answer.answer().await,
        (None, Ok(_) | Err(RequestError::Refused { .. })) => client.send(&job.request).answer().await,
        (None, Err(RequestError::Unanswered { cause, .. })) => Err(RequestError::NotSent(cause.clone())),
        (None, Err(error)) => Err(error.clone()),
    };
    (look, answer)
}

/// Does the job and says truly whether it was done.
pub(super) async fn carry_out(live: &Live, job: &Job, mut sent: Sent) -> Result<Vec<Written>, Failure> {
    let until = Instant::now() + live.config.request_timeout;
    for tried in 1.. {
        let again = tried < TRIES && Instant::now() < until;
        let Sent { client, look, answer } = sent;
        let (look, answer) = answers(job, &client, look, answer).await;
        let error = match answer {
            Ok(answer) => return job.done(answer),
            Err(error) => error,
        };
        let (why, last_zxid) = match error {
            RequestError::Refused { code: Code::UNIMPLEMENTED, .. } => {
                return Err(job.unsupported().unwrap_or_else(|| as_failure(error)));
            }
            RequestError::Refused { code: Code::SESSION_EXPIRED, .. } => return Err(Failure::Expired),
            RequestError::Unanswered { cause: Cause::AuthFailed, .. } => return Err(Failure::AuthFailed),
            // Its ephemerals are gone, whether they were made or not.
            RequestError::Unanswered { cause: Cause::Expired, .. } if job.ephemeral() => {
                return Err(Failure::Expired);
            }
            RequestError::Unanswered { cause, last_zxid } => (cause, last_zxid),
            RequestError::NotSent(Cause::Expired) if again => {
                live.renew().await?;
                sent = job.send(live);
                continue;
            }
            RequestError::NotSent(Cause::ConnectionLost(_)) if again => {
                sent = job.send(live);
                continue;
            }
            RequestError::NotSent(cause) => return Err(not_done(cause)),
            other => return Err(as_failure(other)),
        };
        let before = Before::new(&look, last_zxid, client.session().id);
        match judge(live, &job.writes, &before).await {
            Ok(Verdict::Done(written)) => return Ok(written),
            // The look found that the session has expired meanwhile.
            Ok(_) if job.ephemeral() && live.client().session().id != before.session => {
                return Err(Failure::Expired);
            }
            Ok(Verdict::NotDone) if again => sent = job.send(live),
            Ok(Verdict::NotDone) => {
                return Err(Failure::Disconnected(format!("{why}; nothing was changed")));
            }
            Ok(Verdict::Unknown(what)) => return Err(Failure::Unknown(format!("{why}; {what}"))),
            Err(failure) => {
                let look = explain(&failure);
                return Err(Failure::Unknown(format!("{why}; looking afterwards failed: {look}")));
            }
        }
    }
    Err(Failure::Protocol("no way to write".into()))
}
