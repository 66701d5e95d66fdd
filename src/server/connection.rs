//! One client.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::budget::Budget;
use super::inbox::{Inbox, Spare};
use super::outbox::{FAREWELL, Outbox, listener};
use super::{Options, Served, words};
use crate::store::memory::Answered;
use crate::wire::frame::write_frame;
use crate::wire::{
    Code, ConnectRequest, ConnectResponse, Malformed, OpCode, Reader, ReplyHeader, Request, RequestHeader,
    xid,
};

/// Bytes of answers that are gathered before they must be sent.
const GATHER: usize = 256 << 10;
/// Time that the requests of one client may take before others have their turn.
const SLICE: Duration = Duration::from_millis(2);
/// Time for the handshake: who connects and says nothing is not kept
/// (`zookeeper.nio.sessionlessCnxnTimeout`).
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The longest handshake that is taken, bytes; all clients have one of some fifty.
const HELLO: usize = 4 << 10;

/// What all connections share.
pub(super) struct Shared {
    pub(super) served: Served,
    pub(super) options: Options,
    pub(super) open: AtomicUsize,
    pub(super) requests: AtomicUsize,
    budget: Arc<Budget>,
    spare: Arc<Spare>,
}

impl Shared {
    pub(super) fn new(served: Served, options: Options) -> Arc<Self> {
        let budget = Budget::new(options.max_unread);
        let [open, requests] = [0, 0].map(AtomicUsize::new);
        Arc::new(Self { served, options, open, requests, budget, spare: Arc::default() })
    }
}

/// Why a connection ends.
enum End {
    /// The client has gone, or is not worth an answer.
    Now,
    /// After what is on its way.
    Flushed,
}

/// A client is counted from when it is let in until it has gone.
struct Seat(Arc<Shared>);

impl Seat {
    fn taken(shared: &Arc<Shared>) -> Option<Self> {
        let seat = Self(Arc::clone(shared));
        (shared.open.fetch_add(1, Relaxed) < shared.options.max_connections).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

/// Serves a client until it has gone, or turns it away.
pub(super) async fn serve(shared: Arc<Shared>, stream: impl AsyncRead + AsyncWrite + Unpin, peer: IpAddr) {
    let Some(_seat) = Seat::taken(&shared) else { return };
    let outbox = Outbox::new(&shared.budget);
    let inbox = Inbox::new(HELLO, &shared.spare);
    Connection { shared, stream, peer, inbox, outbox, id: None }.serve().await;
}

struct Connection<S> {
    shared: Arc<Shared>,
    stream: S,
    peer: IpAddr,
    inbox: Inbox,
    outbox: Arc<Outbox>,
    /// What the ensemble calls it, after the handshake.
    id: Option<u64>,
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.shared.served.ensemble().detach(id);
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn serve(&mut self) {
        let shaken = timeout(HANDSHAKE, self.handshake()).await;
        let mut end = shaken.unwrap_or(Err(End::Now)).err();
        while end.is_none() {
            end = self.step().await.err();
        }
        if matches!(end, Some(End::Flushed)) && matches!(timeout(FAREWELL, self.send()).await, Ok(Ok(_))) {
            let _ = self.stream.shutdown().await;
        }
    }

    /// Reads until the first frame is answered, or a four-letter word.
    async fn handshake(&mut self) -> Result<(), End> {
        loop {
            self.fill().await?;
            if let Some(word) = self.inbox.pending().first_chunk::<4>()
                && let Some(answer) = words::answer(*word, &self.shared)
            {
                self.outbox.raw(|out| out.extend_from_slice(answer.as_bytes()));
                return Err(End::Flushed);
            }
            match self.inbox.next() {
                Ok(Some(frame)) => return self.connect(frame),
                Ok(None) => {}
                Err(_) => return Err(End::Now),
            }
        }
    }

    fn connect(&mut self, frame: Bytes) -> Result<(), End> {
        let hello = ConnectRequest::decode(&mut Reader::new(frame)).map_err(|_| End::Now)?;
        let ensemble = self.shared.served.ensemble();
        // Another server of this ensemble might know more; this one must not pretend to.
        if hello.last_zxid > ensemble.zxid() {
            return Err(End::Now);
        }
        let tick = self.shared.options.tick.as_millis() as i64;
        let wanted = i64::from(hello.timeout).clamp(2 * tick, 20 * tick);
        let (session, timeout, password) = if hello.session == 0 {
            let mut password = [0; 16];
            password.fill_with(|| fastrand::u8(..));
            (ensemble.open(wanted, password), wanted, Bytes::copy_from_slice(&password))
        } else {
            match ensemble.resume(hello.session, &hello.password, wanted) {
                true => (hello.session, wanted, hello.password),
                false => (0, 0, Bytes::from_static(&[0; 16])),
            }
        };
        let response = ConnectResponse {
            protocol: 0,
            timeout: timeout as i32,
            session,
            password,
            read_only: hello.read_only.map(|_| false),
        };
        self.outbox.raw(|out| write_frame(out, "", |w| response.encode(w)));
        if session == 0 {
            return Err(End::Flushed);
        }
        self.id = Some(ensemble.attach(session, self.peer, listener(Arc::clone(&self.outbox))));
        // Requests are longer than handshakes.
        self.inbox.limit(self.shared.options.max_request);
        Ok(())
    }

    /// Appends what the client sends.
    async fn fill(&mut self) -> Result<(), End> {
        match self.inbox.fill(&mut self.stream).await {
            Ok(0) | Err(_) => Err(End::Now),
            Ok(_) => Ok(()),
        }
    }

    /// Answers what has come, sends what is ready, and waits for more.
    async fn step(&mut self) -> Result<(), End> {
        let waiting = self.answer().await?;
        self.outbox.unanswered(self.inbox.size());
        let sent = self.send().await?;
        if self.outbox.is_closed() {
            return Err(End::Flushed);
        }
        if !waiting {
            tokio::task::yield_now().await;
        } else if sent == 0 && self.outbox.len() == 0 {
            let outbox = Arc::clone(&self.outbox);
            tokio::select! {
                filled = self.fill() => filled?,
                () = outbox.changed() => {}
            }
        }
        Ok(())
    }

    /// Sends what is ready, and tells how many bytes that was.
    async fn send(&mut self) -> Result<usize, End> {
        let out = self.outbox.take();
        if out.is_empty() {
            return Ok(0);
        }
        let Self { stream, inbox, outbox, .. } = self;
        let waits = async {
            inbox.rest();
            outbox.unanswered(inbox.size());
            outbox.given_up().await;
        };
        tokio::select! {
            biased;
            written = stream.write_all(&out) => written.map_err(|_| End::Now)?,
            () = waits => return Err(End::Now),
        }
        self.outbox.sent(out.len());
        Ok(out.len())
    }

    /// Answers whole requests until enough is gathered; whether more must come in first.
    async fn answer(&mut self) -> Result<bool, End> {
        let begun = Instant::now();
        while self.outbox.len() < GATHER && !self.outbox.is_closed() && begun.elapsed() < SLICE {
            match self.inbox.next() {
                Ok(Some(frame)) => self.request(frame).await?,
                Ok(None) => return Ok(true),
                Err(_) => return Err(End::Flushed),
            }
        }
        Ok(false)
    }

    async fn request(&mut self, frame: Bytes) -> Result<(), End> {
        self.shared.requests.fetch_add(1, Relaxed);
        let mut reader = Reader::of_client(frame);
        let header = RequestHeader::decode(&mut reader).map_err(|_| End::Flushed)?;
        // A check comes inside a multi only, and nobody asks for an error.
        let by_itself = |op: &OpCode| !matches!(op, OpCode::Check | OpCode::Error);
        let Some(op) = OpCode::from_wire(header.op).filter(by_itself) else {
            let unknown = ReplyHeader { xid: header.xid, zxid: -1, code: Code::UNIMPLEMENTED };
            self.outbox.reply(unknown, None);
            return Err(End::Flushed);
        };
        let id = self.id.ok_or(End::Now)?;
        let Answered { zxid, result } = match Request::decode(op, &mut reader) {
            Ok(request) => self.shared.served.process(id, &request).await,
            Err(malformed) => self.refuse(id, op, &malformed)?,
        };
        // These are answered before they get to where zxids are known, whatever is asked in between.
        let zxid = if matches!(op, OpCode::Auth | OpCode::Sasl) { 0 } else { zxid };
        let xid = if op == OpCode::Ping { xid::PING } else { header.xid };
        let code = *result.as_ref().err().unwrap_or(&Code::OK);
        self.outbox.reply(ReplyHeader { xid, zxid, code }, result.as_ref().ok());
        match (op, code) {
            (OpCode::CloseSession, _) | (_, Code::AUTH_FAILED) => Err(End::Flushed),
            _ => Ok(()),
        }
    }

    /// The answer to a request that cannot be read. A null shows only when a change is made, which
    /// has its zxid by then, as does a multi before it is read.
    fn refuse(&self, id: u64, op: OpCode, malformed: &Malformed) -> Result<Answered, End> {
        let code = match (op, malformed) {
            (OpCode::Auth, Malformed::Null(_)) => Code::AUTH_FAILED,
            (OpCode::Auth | OpCode::Sasl, _) => return Err(End::Flushed),
            (OpCode::Multi, _) => Code::MARSHALLING_ERROR,
            (_, Malformed::Mode(_)) => Code::BAD_ARGUMENTS,
            // These look at their path before they use it.
            (OpCode::SetData | OpCode::SetAcl, Malformed::Null("path")) => Code::BAD_ARGUMENTS,
            _ => Code::MARSHALLING_ERROR,
        };
        let meant = matches!(malformed, Malformed::Null(_) | Malformed::Mode(_));
        let takes_zxid = op == OpCode::Multi || op.is_change() && meant;
        let zxid = self.shared.served.ensemble().refuse(id, takes_zxid);
        Ok(Answered { zxid, result: Err(code) })
    }
}
