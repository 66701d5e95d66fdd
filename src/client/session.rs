//! The task that owns a session's connection.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::dial::{self, Connection};
use super::pending::{Outgoing, Raw};
use super::watches::{WatchKind, Watches};
use super::{Cause, Config, ConnectError, Notice, OpenError, RequestError, SessionInfo, Shared, State, lock};
use crate::wire::frame::write_frame;
use crate::wire::{
    Code, ConnectRequest, Frames, OpCode, Reader, ReplyHeader, Request, RequestHeader, WatchEvent, xid,
};
use crate::znode::{Event, EventKind, ZPath};

/// Requests written and not answered, at most. More gain nothing: a server takes one request of a
/// session at a time, and from about 256 on its rate no longer rises.
const FLIGHT: usize = 1000;
/// Bytes waiting in front of the socket, at most, before the next request is put behind them.
const OUT_BUFFER: usize = 256 * 1024;
/// How long `close` waits for the server's answer.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// Pause between rounds of reconnection, at most.
const PAUSE: Duration = Duration::from_secs(1);

/// What a handle asks of the task.
#[derive(Debug)]
pub(super) enum Command {
    Request(Box<Outgoing>),
    Forget(String, WatchKind),
    Close(oneshot::Sender<bool>),
}

/// A request that was written.
#[derive(Debug)]
struct InFlight {
    xid: i32,
    /// Where its bytes begin in all that was written on this connection.
    start: u64,
    sent: Instant,
    /// Nothing was in flight before it, so its answer measures a round trip.
    alone: bool,
    request: Box<Outgoing>,
}

/// Why a connection ended.
enum End {
    Lost(String),
    AuthFailed,
    /// The server confirmed the end of the session, or did not within [`CLOSE_WAIT`].
    Closed(bool),
}

/// A wish to close the session.
struct Closing {
    done: Option<oneshot::Sender<bool>>,
    until: Instant,
    written: bool,
}

/// A connection in use.
struct Link {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    frames: Frames,
    /// What waits to be written.
    out: BytesMut,
    /// Bytes written before that.
    flushed: u64,
    last_read: Instant,
    last_write: Instant,
}

impl Link {
    fn new(connection: Connection) -> Self {
        let (read, write) = connection.stream.into_split();
        let now = Instant::now();
        Self {
            read,
            write,
            frames: connection.frames,
            out: BytesMut::new(),
            flushed: 0,
            last_read: now,
            last_write: now,
        }
    }

    fn push(&mut self, xid: i32, root: &str, request: &Request) {
        write_frame(&mut self.out, root, |w| {
            RequestHeader { xid, op: request.op() as i32 }.encode(w);
            request.encode(w);
        });
    }
}

pub(super) struct Session {
    config: Arc<Config>,
    root: Arc<str>,
    commands: mpsc::UnboundedReceiver<Command>,
    notices: mpsc::UnboundedSender<Notice>,
    shared: Arc<Shared>,
    connection: Option<Connection>,
    id: i64,
    password: Bytes,
    timeout: Duration,
    last_zxid: i64,
    /// A session opened on a read-only server is that server's own until a real one takes it.
    local: bool,
    next_xid: i32,
    queue: VecDeque<Box<Outgoing>>,
    flight: VecDeque<InFlight>,
    watches: Watches,
    closing: Option<Closing>,
}

impl Session {
    /// Connects and shakes hands for a new session.
    pub(super) async fn open(
        config: Config,
        root: Arc<str>,
        commands: mpsc::UnboundedReceiver<Command>,
        notices: mpsc::UnboundedSender<Notice>,
    ) -> Result<Self, OpenError> {
        let mut session = Self {
            shared: Arc::new(Shared::new(SessionInfo::default(), State::Closed)),
            timeout: config.session_timeout,
            config: Arc::new(config),
            root,
            commands,
            notices,
            connection: None,
            id: 0,
            password: Bytes::from_static(&[0; 16]),
            last_zxid: 0,
            local: false,
            next_xid: 0,
            queue: VecDeque::new(),
            flight: VecDeque::new(),
            watches: Watches::default(),
            closing: None,
        };
        let within = session.config.connect_timeout;
        let connection = session
            .dial(None, Instant::now() + within)
            .await
            .map_err(|cause| OpenError::Unreachable { cause, within })?;
        if !session.adopt(connection) {
            return Err(OpenError::Refused);
        }
        Ok(session)
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// Serves requests until the session is over.
    pub(super) async fn run(mut self) {
        while let Some(connection) = self.connection.take() {
            let address = connection.address;
            match self.serve(connection).await {
                End::Lost(why) => {
                    self.lose(&why);
                    let Some(connection) = self.reconnect(address).await else {
                        break;
                    };
                    if !self.adopt(connection) {
                        return self.finish(State::Expired, Cause::Expired, false);
                    }
                }
                End::AuthFailed => return self.finish(State::AuthFailed, Cause::AuthFailed, false),
                End::Closed(confirmed) => return self.finish(State::Closed, Cause::Closed, confirmed),
            }
        }
        self.finish(State::Closed, Cause::Closed, false);
    }

    /// Looks for a server; does not borrow the session, which takes commands meanwhile.
    fn dial(
        &self,
        avoid: Option<SocketAddr>,
        deadline: Instant,
    ) -> impl Future<Output = Result<Connection, ConnectError>> + use<> {
        let request = ConnectRequest {
            protocol: 0,
            last_zxid: self.last_zxid,
            timeout: i32::try_from(self.config.session_timeout.as_millis()).unwrap_or(i32::MAX),
            session: if self.local { 0 } else { self.id },
            password: self.password.clone(),
            read_only: Some(self.config.read_only),
        };
        let config = self.config.clone();
        async move { dial::connect(&config.servers.hosts, avoid, &request, config.max_reply, deadline).await }
    }

    /// Takes a connection over as this session's; `false` when the server says it has expired.
    fn adopt(&mut self, connection: Connection) -> bool {
        let response = &connection.response;
        if response.timeout <= 0 {
            return false;
        }
        let read_only = response.read_only.unwrap_or(false);
        self.local = read_only && (self.id == 0 || self.local);
        self.id = response.session;
        self.password = response.password.clone();
        self.timeout = Duration::from_millis(response.timeout.unsigned_abs().into());
        self.shared.metrics.connected();
        *lock(&self.shared.trouble) = None;
        self.publish();
        self.set_state(State::Connected { server: connection.server.clone(), read_only });
        self.connection = Some(connection);
        true
    }

    fn publish(&self) {
        *lock(&self.shared.info) =
            SessionInfo { id: self.id, timeout: self.timeout, last_zxid: self.last_zxid };
    }

    fn set_state(&self, state: State) {
        *lock(&self.shared.state) = state.clone();
        let _ = self.notices.send(Notice::State(state));
    }

    /// Ends the session: answers everything that is still waiting with `cause`.
    fn finish(&mut self, state: State, cause: Cause, confirmed: bool) {
        self.set_state(state);
        self.commands.close();
        for flying in std::mem::take(&mut self.flight) {
            flying.request.fail(cause.clone());
        }
        while let Ok(command) = self.commands.try_recv() {
            self.accept(command);
        }
        for queued in std::mem::take(&mut self.queue) {
            queued.fail(cause.clone());
        }
        if let Some(done) = self.closing.take().and_then(|closing| closing.done) {
            let _ = done.send(confirmed);
        }
    }

    /// Reports what was in flight; [`serve`](Self::serve) has put back what never left.
    fn lose(&mut self, why: &str) {
        *lock(&self.shared.trouble) = Some(why.to_owned());
        self.set_state(State::Lost { why: why.to_owned(), last_zxid: self.last_zxid });
        for flying in std::mem::take(&mut self.flight) {
            flying.request.fail(Cause::ConnectionLost(why.to_owned()));
        }
    }

    /// Looks for a server until one answers; `None` when the session is to be closed meanwhile.
    async fn reconnect(&mut self, lost: SocketAddr) -> Option<Connection> {
        let mut pause = Duration::from_millis(20);
        loop {
            let round = (self.timeout / 3).clamp(Duration::from_millis(300), self.config.connect_timeout);
            let dial = self.dial(Some(lost), Instant::now() + round);
            match self.meanwhile(dial).await? {
                Ok(connection) => return Some(connection),
                Err(error) => *lock(&self.shared.trouble) = Some(error.to_string()),
            }
            // A spread pause: all clients of a server that died would otherwise come back at once.
            self.meanwhile(tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64()))).await?;
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// Waits for `work` and takes commands in; `None` when there is no time left before closing.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let until = self.closing.as_ref().map(|closing| closing.until);
            tokio::select! {
                result = &mut work => return Some(result),
                command = self.commands.recv(), if self.closing.is_none() => match command {
                    Some(command) => self.accept(command),
                    None => return None,
                },
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => return None,
            }
        }
    }

    fn accept(&mut self, command: Command) {
        match command {
            Command::Request(request) => self.queue.push_back(request),
            Command::Forget(path, kind) => self.watches.remove(&path, kind),
            Command::Close(done) => {
                let until = Instant::now() + CLOSE_WAIT;
                self.closing = Some(Closing { done: Some(done), until, written: false });
            }
        }
    }

    /// Uses one connection until it ends.
    async fn serve(&mut self, connection: Connection) -> End {
        let mut link = Link::new(connection);
        self.greet(&mut link);
        let end = self.pump(&mut link).await;
        self.put_back(&link);
        end
    }

    /// Credentials first, then watches, before anything that was queued. Never together with the
    /// handshake: servers on Netty lose what arrives before their answer to it.
    fn greet(&mut self, link: &mut Link) {
        for auth in &self.config.auth {
            let request = Request::Auth { scheme: auth.scheme.clone(), auth: auth.secret.clone() };
            link.push(xid::AUTH, &self.root, &request);
        }
        for request in self.watches.restore(self.last_zxid, self.root.len()) {
            link.push(xid::SET_WATCHES, &self.root, &request);
        }
    }

    async fn pump(&mut self, link: &mut Link) -> End {
        loop {
            loop {
                match link.frames.next() {
                    Ok(Some(frame)) => {
                        if let Some(end) = self.take(frame) {
                            return end;
                        }
                    }
                    Ok(None) => break,
                    Err(error) => return End::Lost(format!("the server sent {error}")),
                }
            }
            self.fill(link);
            make_room(&mut link.frames);
            let ping_at = link.last_write + self.timeout / 3;
            let dead_at = link.last_read + self.timeout * 2 / 3;
            let close_at = self.closing.as_ref().map_or(dead_at, |closing| closing.until);
            tokio::select! {
                biased;
                read = link.read.read_buf(link.frames.buffer()) => match read {
                    Ok(0) => return self.hung_up(),
                    Ok(bytes) => {
                        self.shared.metrics.read_bytes(bytes);
                        link.last_read = Instant::now();
                    }
                    Err(error) => return End::Lost(format!("the connection broke: {error}")),
                },
                wrote = link.write.write_buf(&mut link.out), if !link.out.is_empty() => match wrote {
                    Ok(bytes) => {
                        self.shared.metrics.wrote(bytes);
                        link.flushed += bytes as u64;
                        link.last_write = Instant::now();
                    }
                    Err(error) => return End::Lost(format!("the connection broke: {error}")),
                },
                command = self.commands.recv(), if self.closing.is_none() => match command {
                    Some(command) => {
                        self.accept(command);
                        while let Ok(command) = self.commands.try_recv() {
                            self.accept(command);
                        }
                    }
                    // Every handle is gone: close without anybody waiting for it.
                    None => {
                        let until = Instant::now() + CLOSE_WAIT;
                        self.closing = Some(Closing { done: None, until, written: false });
                    }
                },
                () = sleep_until(ping_at.min(dead_at).min(close_at)) => {
                    let now = Instant::now();
                    if self.closing.as_ref().is_some_and(|closing| now >= closing.until) {
                        return End::Closed(false);
                    }
                    if now >= dead_at {
                        let silence = humantime::format_duration(self.timeout * 2 / 3);
                        return End::Lost(format!("the server has been silent for {silence}"));
                    }
                    if now >= ping_at && link.out.is_empty() {
                        link.push(xid::PING, "", &Request::Ping);
                    }
                }
            }
        }
    }

    fn hung_up(&self) -> End {
        match &self.closing {
            Some(closing) if closing.written => End::Closed(false),
            _ => End::Lost("the server closed the connection".into()),
        }
    }

    /// Moves queued requests behind what waits to be written.
    fn fill(&mut self, link: &mut Link) {
        while self.flight.len() < FLIGHT && link.out.len() < OUT_BUFFER {
            let Some(mut request) = self.queue.pop_front() else {
                break;
            };
            // Its caller may be gone although it was never recalled: when it gave up while the
            // request was in a buffer that then never left.
            if !request.ticket.send(self.last_zxid) || request.reply.is_closed() {
                continue;
            }
            self.next_xid = self.next_xid.checked_add(1).unwrap_or(1);
            let start = link.flushed + link.out.len() as u64;
            let frame = std::mem::take(&mut request.frame);
            let (length, rest) = frame.split_at(4);
            link.out.extend_from_slice(length);
            link.out.extend_from_slice(&self.next_xid.to_be_bytes());
            link.out.extend_from_slice(rest.get(4..).unwrap_or_default());
            self.shared.metrics.sent();
            let (xid, alone) = (self.next_xid, self.flight.is_empty());
            self.flight.push_back(InFlight { xid, start, sent: Instant::now(), alone, request });
        }
        if let Some(closing) = &mut self.closing
            && !closing.written
            && self.queue.is_empty()
        {
            closing.written = true;
            link.push(xid::CLOSE, "", &Request::CloseSession);
        }
    }

    /// Puts requests back whose bytes never reached the socket: they were not sent.
    fn put_back(&mut self, link: &Link) {
        while let Some(flying) = self.flight.pop_back_if(|flying| flying.start >= link.flushed) {
            let unsent = link.out.get((flying.start - link.flushed) as usize..).unwrap_or_default();
            let length =
                unsent.first_chunk::<4>().map_or(0, |prefix| u32::from_be_bytes(*prefix) as usize + 4);
            let mut request = flying.request;
            request.frame = BytesMut::from(unsent.get(..length).unwrap_or_default());
            request.ticket.unsend();
            self.queue.push_front(request);
        }
    }

    /// Takes one frame from the server.
    fn take(&mut self, frame: Bytes) -> Option<End> {
        let mut reader = Reader::new(frame.clone());
        let Ok(header) = ReplyHeader::decode(&mut reader) else {
            return Some(End::Lost("the server sent a frame that is no reply".into()));
        };
        if header.zxid > self.last_zxid {
            self.last_zxid = header.zxid;
            lock(&self.shared.info).last_zxid = header.zxid;
        }
        match header.xid {
            xid::EVENT => self.event(header.zxid, &mut reader),
            xid::PING | xid::SET_WATCHES => None,
            xid::AUTH => (header.code != Code::OK).then_some(End::AuthFailed),
            xid::CLOSE => Some(End::Closed(true)),
            xid => self.reply(xid, header, frame.slice(reader.position()..)),
        }
    }

    fn reply(&mut self, xid: i32, header: ReplyHeader, body: Bytes) -> Option<End> {
        let Some(flying) = self.flight.pop_front_if(|flying| flying.xid == xid) else {
            return Some(End::Lost(format!("the server answered a request that was not sent (xid {xid})")));
        };
        if flying.alone {
            self.shared.metrics.round_trip(flying.sent.elapsed());
        }
        let request = *flying.request;
        if let Some((path, kind)) = &request.watch {
            match header.code {
                Code::OK => self.watches.add(path, *kind),
                Code::NO_NODE if request.op == OpCode::Exists => self.watches.add(path, WatchKind::Exist),
                _ => {}
            }
        }
        let result: Result<Raw, RequestError> = match header.code {
            Code::OK => Ok((header.zxid, body)),
            // The server's own word for "I cannot say": it lost the leader meanwhile.
            Code::CONNECTION_LOSS => {
                Err(request.ticket.failure(Cause::ConnectionLost("the server lost its leader".into())))
            }
            code => Err(RequestError::Refused { code, zxid: header.zxid }),
        };
        let _ = request.reply.send(result);
        None
    }

    fn event(&mut self, zxid: i64, reader: &mut Reader) -> Option<End> {
        let Ok(record) = WatchEvent::decode(reader) else {
            return Some(End::Lost("the server sent an event that cannot be read".into()));
        };
        // Kind −1 reports states of the connection, which this side knows better.
        let kind = EventKind::from_wire(record.kind)?;
        let path = record.below(&self.root).path;
        let event = Event { kind, path: ZPath::from_server(path), zxid: (zxid > 0).then_some(zxid) };
        self.watches.fired(&event);
        let _ = self.notices.send(Notice::Watch(event));
        None
    }
}

/// Makes room for the next read: for what is missing of the frame that has begun, but never for
/// more than a megabyte beyond what has come, whatever length it claims.
fn make_room(frames: &mut Frames) {
    let pending = frames.pending();
    let missing = pending
        .first_chunk::<4>()
        .map_or(0, |prefix| (u32::from_be_bytes(*prefix) as usize + 4).saturating_sub(pending.len()));
    frames.buffer().reserve(missing.clamp(16 << 10, 1 << 20));
}
