//! Many reads at once: `multiRead` where the server knows it, pipelined requests elsewhere.

use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use super::{Inner, cause};
use crate::client::{Answer, Cause, Client, Pending, RequestError};
use crate::store::ask::{found, request, unexpected};
use crate::store::{Answers, Failure, Found, Outcome, Read};
use crate::wire::{Code, ReadOp, ReadResult, Reply, Request};

/// What an answer to `multiRead` should stay under: large enough to amortise a round trip, small
/// enough not to hold the server's memory or this one's.
const REPLY_TARGET: usize = 384 << 10;
/// Reads in the first batch, when nothing is known of the size of the data.
pub(super) const FIRST_BATCH: usize = 64;
const LARGEST_BATCH: usize = 2000;
/// Batches in flight to a server nearby: one that it works on, one that waits for it. More would only
/// make other clients wait.
const FEWEST_IN_FLIGHT: usize = 2;
/// … and to one far away: what a round trip of a hundred milliseconds holds.
const MOST_IN_FLIGHT: usize = 24;
/// Microseconds that a server takes for a batch, about: a round trip holds as many batches as it has of
/// these.
const BATCH_TIME: u64 = 4000;
/// Reads in a batch, and batches in flight, of a walk that is to be gentle.
const GENTLE_BATCH: usize = 64;
/// Below this a `multiRead` gains nothing over pipelined reads, and asks for no newer server.
const SMALLEST_BATCH: usize = 8;
/// Reads kept in flight where there is no `multiRead`.
const PIPELINE: usize = 256;
/// Bytes of paths in one `multiRead`: requests are bounded by the server's `jute.maxbuffer`.
const PATHS_PER_BATCH: usize = 128 << 10;

impl Inner {
    pub(super) fn read_all(&self, reads: Vec<Read>) -> Outcome<'_, Answers> {
        let total = reads.len();
        let mut pieces = Vec::new();
        let limit = self.best_batch();
        let mut piece = Vec::with_capacity(total.min(limit));
        let mut bytes = 0;
        for read in reads {
            bytes += read.path().len() + 14;
            piece.push(read);
            if piece.len() >= limit || bytes >= PATHS_PER_BATCH {
                bytes = 0;
                pieces.push(self.send(std::mem::take(&mut piece)));
            }
        }
        if !piece.is_empty() {
            pieces.push(self.send(piece));
        }
        let sent = Instant::now();
        Box::pin(async move {
            let mut answers = Vec::with_capacity(total);
            for piece in pieces {
                self.receive(piece, &mut answers).await?;
            }
            self.fastest.fetch_min(sent.elapsed().as_micros() as u64, Relaxed);
            Ok(answers)
        })
    }

    pub(super) fn best_batch(&self) -> usize {
        let batch = if self.no_multi_read.load(Relaxed) { PIPELINE } else { self.batch.load(Relaxed) };
        if self.config.gentle { batch.min(GENTLE_BATCH) } else { batch }
    }

    pub(super) fn best_flight(&self) -> usize {
        match self.fastest.load(Relaxed) {
            _ if self.config.gentle => 1,
            // Nothing is known yet of how large the answers are.
            u64::MAX => 1,
            fastest => (FEWEST_IN_FLIGHT + (fastest / BATCH_TIME) as usize).min(MOST_IN_FLIGHT),
        }
    }

    /// The answer to a `multiRead`; `None` when its reads are better sent one by one.
    async fn multi_answer(&self, request: &Request, mut pending: Pending) -> Result<Option<Answer>, Failure> {
        let until = Instant::now() + self.config.request_timeout;
        loop {
            let error = match pending.answer().await {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => error,
            };
            if let RequestError::Refused { code: Code::UNIMPLEMENTED, .. } = error {
                self.no_multi_read.store(true, Relaxed);
                return Ok(None);
            }
            if let Some(Cause::Oversize { .. }) = cause(&error) {
                self.batch.store(SMALLEST_BATCH, Relaxed);
                return Ok(None);
            }
            self.overcome(error, until).await?;
            // An old server hangs up on what it does not know; another batch has found out.
            if self.no_multi_read.load(Relaxed) {
                return Ok(None);
            }
            pending = self.client().send(request);
        }
    }

    /// Remembers how large answers are, for the size of the next batches.
    fn learn(&self, reads: usize, bytes: usize) {
        let now = self.batch.load(Relaxed);
        let fitting = REPLY_TARGET / (bytes / reads.max(1)).max(1);
        // Shrinking is at once and growth is not: one large answer costs more than many small ones.
        self.batch.store(fitting.clamp(SMALLEST_BATCH, LARGEST_BATCH).min(now * 4), Relaxed);
    }

    /// Sends a piece of a batch in the best way the server knows.
    fn send(&self, reads: Vec<Read>) -> Piece {
        let client = self.client();
        if reads.len() < SMALLEST_BATCH || self.no_multi_read.load(Relaxed) || !self.multi_readable(&reads) {
            let (requests, pending) = singles(&client, &reads);
            return Piece::Singles(requests, pending);
        }
        let stats = reads.iter().map(|read| matches!(read, Read::Stat(_))).collect();
        let request = Request::MultiRead(reads.into_iter().map(read_op).collect());
        let pending = client.send(&request);
        Piece::Multi(stats, request, pending)
    }

    async fn receive(&self, piece: Piece, answers: &mut Answers) -> Result<(), Failure> {
        let (requests, pending) = match piece {
            Piece::Singles(requests, pending) => (requests, pending),
            Piece::Multi(stats, request, pending) => match self.multi_answer(&request, pending).await? {
                Some(Answer { reply: Reply::MultiRead(results), size, .. })
                    if results.len() == stats.len() =>
                {
                    self.learn(stats.len(), size);
                    return self.results(&stats, &request, results, answers).await;
                }
                Some(answer) => return Err(unexpected(&answer.reply)),
                None => singles(&self.client(), &reads(&stats, &request)),
            },
        };
        for (request, pending) in requests.iter().zip(pending) {
            answers.push(self.single_answer(request, pending).await?);
        }
        Ok(())
    }

    /// Puts the results of a `multiRead` behind `answers`.
    async fn results(
        &self,
        stats: &[bool],
        request: &Request,
        results: Vec<ReadResult>,
        answers: &mut Answers,
    ) -> Result<(), Failure> {
        let begun = answers.len();
        let mut refused = Vec::new();
        for (only_stat, result) in stats.iter().zip(results) {
            answers.push(match result {
                ReadResult::Data(_, stat) if *only_stat => Ok(Found::Stat(stat)),
                ReadResult::Data(data, stat) => Ok(Found::Data(data, stat)),
                ReadResult::Children(names) => Ok(Found::Children(names)),
                ReadResult::Failed(code) => {
                    // The data takes a permission that the stat does not take.
                    if code == Code::NO_AUTH && *only_stat {
                        refused.push(answers.len());
                    }
                    Err(code)
                }
            });
        }
        if refused.is_empty() {
            return Ok(());
        }
        let all = reads(stats, request);
        let again: Vec<_> = refused.iter().filter_map(|place| all.get(place - begun).cloned()).collect();
        let (requests, pending) = singles(&self.client(), &again);
        for (place, (request, pending)) in refused.into_iter().zip(requests.iter().zip(pending)) {
            let answer = self.single_answer(request, pending).await?;
            if let Some(refused) = answers.get_mut(place) {
                *refused = answer;
            }
        }
        Ok(())
    }

    /// Whether a `multiRead` can have all of these. A stat comes with the data there, which is 25
    /// times faster than one `exists` after the other, unless the data turned out to be large.
    fn multi_readable(&self, reads: &[Read]) -> bool {
        let small = self.batch.load(Relaxed) >= FIRST_BATCH;
        reads.iter().all(|read| match read {
            Read::Data(_) | Read::Children(_) => true,
            Read::Stat(_) => small,
            Read::Listing(_) | Read::Acl(_) => false,
        })
    }

    async fn single_answer(
        &self,
        request: &Request,
        pending: Pending,
    ) -> Result<Result<Found, Code>, Failure> {
        match self.insist_on(request, pending).await {
            Ok(answer) => found(answer.reply).map(Ok),
            Err(Failure::Refused(code)) => Ok(Err(code)),
            Err(failure) => Err(failure),
        }
    }
}

/// A part of a batch that is on its way.
enum Piece {
    Singles(Vec<Request>, Vec<Pending>),
    /// For each read whether only the stat is wanted of it, and the request that holds the paths.
    Multi(Vec<bool>, Request, Pending),
}

fn read_op(read: Read) -> ReadOp {
    match read {
        Read::Children(path) => ReadOp::Children(path),
        Read::Data(path) | Read::Stat(path) | Read::Listing(path) | Read::Acl(path) => ReadOp::Data(path),
    }
}

/// The reads that became this `multiRead`.
fn reads(stats: &[bool], request: &Request) -> Vec<Read> {
    let Request::MultiRead(ops) = request else { return Vec::new() };
    let read = |(op, only_stat): (&ReadOp, &bool)| match op {
        ReadOp::Children(path) => Read::Children(path.clone()),
        ReadOp::Data(path) if *only_stat => Read::Stat(path.clone()),
        ReadOp::Data(path) => Read::Data(path.clone()),
    };
    ops.iter().zip(stats).map(read).collect()
}

/// Sends each read by itself.
fn singles(client: &Client, reads: &[Read]) -> (Vec<Request>, Vec<Pending>) {
    let requests: Vec<_> = reads.iter().map(|read| request(read, false)).collect();
    let pending = requests.iter().map(|request| client.send(request)).collect();
    (requests, pending)
}
