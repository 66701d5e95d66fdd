//! A request on its way: who may still recall it, and what is known when no answer comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::{Answer, Cause, RequestError, Shared, WatchKind, lock};
use crate::wire::{OpCode, Reader, Reply};

/// The body of a successful reply, not decoded yet, and its zxid.
pub(super) type Raw = (i64, Bytes);

const QUEUED: u8 = 0;
const SENT: u8 = 1;
const RECALLED: u8 = 2;

/// Decides between the caller, who may recall a request, and the session, which may write it.
#[derive(Debug, Default)]
pub(super) struct Ticket {
    state: AtomicU8,
    last_zxid: AtomicI64,
}

impl Ticket {
    /// Claims the request for writing; `false` when it was recalled.
    pub(super) fn send(&self, last_zxid: i64) -> bool {
        self.last_zxid.store(last_zxid, Ordering::Release);
        self.state.compare_exchange(QUEUED, SENT, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Puts a request back whose bytes never left.
    pub(super) fn unsend(&self) {
        self.state.store(QUEUED, Ordering::Release);
    }

    /// Claims the request for the caller; `false` when it was written.
    fn recall(&self) -> bool {
        self.state.compare_exchange(QUEUED, RECALLED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// What to report when no answer will come.
    pub(super) fn failure(&self, cause: Cause) -> RequestError {
        if self.recall() {
            RequestError::NotSent(cause)
        } else {
            RequestError::Unanswered { cause, last_zxid: self.last_zxid.load(Ordering::Acquire) }
        }
    }
}

/// A request as the session holds it.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) frame: BytesMut,
    pub(super) op: OpCode,
    pub(super) watch: Option<(String, WatchKind)>,
    pub(super) ticket: Arc<Ticket>,
    pub(super) reply: oneshot::Sender<Result<Raw, RequestError>>,
}

impl Outgoing {
    pub(super) fn fail(self, cause: Cause) {
        let error = self.ticket.failure(cause);
        let _ = self.reply.send(Err(error));
    }
}

/// A request as its caller holds it. Dropping it recalls a request that was not written yet.
#[derive(Debug)]
#[must_use = "a request that nobody waits for is recalled"]
pub struct Pending {
    op: OpCode,
    root: Arc<str>,
    wait: Result<Wait, RequestError>,
}

#[derive(Debug)]
struct Wait {
    ticket: Arc<Ticket>,
    answer: oneshot::Receiver<Result<Raw, RequestError>>,
    deadline: Instant,
    timeout: Duration,
    shared: Arc<Shared>,
}

impl Pending {
    pub(super) fn new(
        op: OpCode,
        root: Arc<str>,
        ticket: Arc<Ticket>,
        answer: oneshot::Receiver<Result<Raw, RequestError>>,
        timeout: Duration,
        shared: Arc<Shared>,
    ) -> Self {
        let deadline = Instant::now() + timeout;
        Self { op, root, wait: Ok(Wait { ticket, answer, deadline, timeout, shared }) }
    }

    pub(super) fn failed(op: OpCode, error: RequestError) -> Self {
        Self { op, root: "".into(), wait: Err(error) }
    }

    /// Waits for the answer, at most until the request's deadline.
    pub async fn answer(self) -> Result<Answer, RequestError> {
        let (zxid, body) = self.wait?.raw().await?;
        let size = body.len();
        let reply = Reply::decode(self.op, &mut Reader::new(body)).map_err(RequestError::Malformed)?;
        Ok(Answer { zxid, reply: reply.below(&self.root), size })
    }
}

impl Wait {
    async fn raw(mut self) -> Result<Raw, RequestError> {
        match timeout_at(self.deadline, &mut self.answer).await {
            Ok(Ok(result)) => result,
            // The session's task ended, which answers everything it holds before.
            Ok(Err(_)) => Err(self.ticket.failure(Cause::Closed)),
            Err(_) => {
                let trouble = lock(&self.shared.trouble).clone();
                Err(self.ticket.failure(Cause::Deadline(self.timeout, trouble)))
            }
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.ticket.recall();
    }
}
