//! The task that owns a session's connection.

mod inbound;
mod outbound;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::dial::{self, Connection};
use super::link::Link;
use super::pending::Outgoing;
use super::watches::{WatchKind, Watches};
use super::{Auth, Cause, Config, ConnectError, Notice, OpenError, SessionInfo, Shared, State, lock};
use crate::wire::ConnectRequest;

/// How long `close` waits for the server's answer.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// The same while there is no server to say it to: a failover is often over by then.
const CLOSE_WAIT_LOST: Duration = Duration::from_secs(1);
/// Pause between rounds of reconnection, at most; less where sessions are short.
const PAUSE: Duration = Duration::from_secs(1);

/// A round of reconnection, at least.
const ROUND: Duration = Duration::from_millis(300);

/// What a handle asks of the task.
#[derive(Debug)]
pub(super) enum Command {
    Request(Box<Outgoing>),
    Forget(String, WatchKind),
    Authenticate(Auth),
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
    done: Vec<oneshot::Sender<bool>>,
    until: Instant,
    written: bool,
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
    /// The newest zxid that an event has named; servers before 3.9 name none. Answers with it may
    /// still be to come, and so may other events of the same transaction.
    event_zxid: i64,
    /// Watches are being set again: changes since this zxid have not fired yet, and so many answers
    /// are to come. An older zxid than this must not be forgotten when the connection is lost again.
    restoring: Option<(i64, usize)>,
    /// Connections in a row on which no server answered anything.
    useless: u32,
    /// A session opened on a read-only server is that server's own until a real one takes it.
    local: bool,
    next_xid: i32,
    /// Credentials that came after the greeting, and wait to be sent.
    credentials: Vec<Auth>,
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
            event_zxid: 0,
            restoring: None,
            useless: 0,
            local: false,
            next_xid: 0,
            credentials: Vec::new(),
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
        for done in self.closing.take().into_iter().flat_map(|closing| closing.done) {
            let _ = done.send(confirmed);
        }
    }

    /// Reports what was in flight; [`serve`](Self::serve) has put back what never left.
    fn lose(&mut self, why: &str) {
        *lock(&self.shared.trouble) = Some(why.to_owned());
        // Of the newest transaction that an event has named, other events may have been lost.
        let last_zxid = self.last_zxid.max(self.event_zxid - 1);
        self.set_state(State::Lost { why: why.to_owned(), last_zxid });
        for flying in std::mem::take(&mut self.flight) {
            flying.request.fail(Cause::ConnectionLost(why.to_owned()));
        }
    }

    /// Looks for a server until one answers; `None` when the session is to be closed meanwhile.
    async fn reconnect(&mut self, lost: SocketAddr) -> Option<Connection> {
        let mut pause = Duration::from_millis(20);
        if self.useless > 1 {
            // It takes the session over and hangs up at once, again and again.
            let pause = (pause * (1 << self.useless.min(6))).min(PAUSE);
            self.meanwhile(tokio::time::sleep(pause)).await?;
        }
        loop {
            let round = (self.timeout / 3).min(self.config.connect_timeout).max(ROUND);
            let dial = self.dial(Some(lost), Instant::now() + round);
            match self.meanwhile(dial).await? {
                Ok(connection) => return Some(connection),
                Err(error) => *lock(&self.shared.trouble) = Some(error.to_string()),
            }
            // A spread pause: all clients of a server that died would otherwise come back at once.
            self.meanwhile(tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64()))).await?;
            pause = (pause * 2).min(PAUSE).min(self.timeout / 8);
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
            Command::Authenticate(auth) => {
                Arc::make_mut(&mut self.config).auth.push(auth.clone());
                self.credentials.push(auth);
            }
            Command::Close(done) => self.close().done.push(done),
        }
    }

    /// Begins to close, unless that has begun already.
    fn close(&mut self) -> &mut Closing {
        let lost = matches!(*lock(&self.shared.state), State::Lost { .. });
        let until = Instant::now() + if lost { CLOSE_WAIT_LOST } else { CLOSE_WAIT };
        self.closing.get_or_insert_with(|| Closing { done: Vec::new(), until, written: false })
    }

    /// Uses one connection until it ends.
    async fn serve(&mut self, connection: Connection) -> End {
        let mut link = Link::new(connection);
        self.greet(&mut link);
        let end = self.pump(&mut link).await;
        self.put_back(&link);
        self.useless = if link.useful { 0 } else { self.useless + 1 };
        end
    }

    async fn pump(&mut self, link: &mut Link) -> End {
        loop {
            loop {
                match link.frames.next() {
                    Ok(Some(frame)) => {
                        if let Some(end) = self.take(link, frame) {
                            return end;
                        }
                    }
                    Ok(None) => break,
                    Err(error) => return self.too_long(error),
                }
            }
            self.fill(link);
            link.make_room();
            let dead_at = link.last_read + self.timeout * 2 / 3;
            // Behind what cannot be written a ping would not get through either.
            let ping_at = if link.out.is_empty() { link.last_write + self.timeout / 3 } else { dead_at };
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
                        self.close();
                    }
                },
                () = sleep_until(ping_at.min(dead_at).min(close_at)) => {
                    let now = Instant::now();
                    if self.closing.as_ref().is_some_and(|closing| now >= closing.until) {
                        return End::Closed(false);
                    }
                    if now >= dead_at {
                        let silence = Duration::from_millis((self.timeout * 2 / 3).as_millis() as u64);
                        let silence = humantime::format_duration(silence);
                        return End::Lost(format!("the server has been silent for {silence}"));
                    }
                    if now >= ping_at && link.out.is_empty() {
                        link.ping();
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
}
