//! From a connect string to a connection whose handshake is done, or to the reason why each
//! address failed.

use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::address::Host;
use crate::wire::frame::write_frame;
use crate::wire::{Code, ConnectRequest, ConnectResponse, Frames, Reader, ReplyHeader};

/// Why one address gave no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The name has no address.
    Dns(String),
    /// Nothing listens there.
    Refused,
    /// No answer to the connection attempt.
    TimedOut,
    /// Accepted, and then not a word.
    Silent,
    /// Hung up on the handshake: what a server does that has no quorum or is starting.
    NotServing,
    /// Answered the handshake with an error: a read-only server does, from 3.9 on, unless it has
    /// local sessions.
    NoSession(Code),
    /// Something else than ZooKeeper's plain protocol answered.
    Foreign(&'static str),
    /// Any other failure of the network.
    Io(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(why) => write!(f, "the name cannot be resolved ({why})"),
            Self::Refused => f.write_str("connection refused: nothing listens there"),
            Self::TimedOut => f.write_str("no answer to the connection attempt (host down, or a firewall drops it)"),
            Self::Silent => f.write_str("accepted the connection, but did not answer (hung or stopped?)"),
            Self::NotServing => {
                f.write_str("hung up on the handshake: not serving requests (no quorum, starting, or too many connections)")
            }
            Self::NoSession(code) => write!(f, "opens no session: {} ({code})", code.words()),
            Self::Foreign(what) => f.write_str(what),
            Self::Io(why) => f.write_str(why),
        }
    }
}

/// One address and why it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// As the user named the server, with the address where the name is not one.
    pub server: String,
    /// Why it gave no connection.
    pub reason: Reason,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.server, self.reason)
    }
}

/// No server could be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(.attempts))]
pub struct ConnectError {
    /// Every address tried, in order.
    pub attempts: Vec<Attempt>,
}

fn list(attempts: &[Attempt]) -> String {
    let lines: Vec<_> = attempts.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// An open connection with its handshake done.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) frames: Frames,
    pub(super) server: String,
    pub(super) address: SocketAddr,
    pub(super) response: ConnectResponse,
}

/// How long a connection attempt has for itself before the next address is tried beside it; less where
/// there is no time to wait so long for every address.
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first of `hosts` that answers the handshake before `deadline`.
///
/// All addresses of all hosts are tried, shuffled so that clients spread; `avoid` comes last.
/// Connection attempts overlap, handshakes do not: two at once would open two sessions, or move
/// one back and forth.
pub(super) async fn connect(
    hosts: &[Host],
    avoid: Option<SocketAddr>,
    request: &ConnectRequest,
    max_reply: usize,
    deadline: Instant,
) -> Result<Connection, ConnectError> {
    let mut attempts = Vec::new();
    let mut candidates = resolve(hosts, deadline, &mut attempts).await;
    fastrand::shuffle(&mut candidates);
    candidates.sort_by_key(|(_, address)| Some(*address) == avoid);
    candidates.reverse();

    let mut dials = FuturesUnordered::new();
    let mut dialling: Vec<String> = Vec::new();
    let mut next_start = Instant::now();
    let time = deadline.saturating_duration_since(next_start);
    let head_start = HEAD_START.min(time / (candidates.len() as u32 + 1));
    loop {
        if (dials.is_empty() || Instant::now() >= next_start)
            && let Some((server, address)) = candidates.pop()
        {
            next_start = Instant::now() + head_start;
            dialling.push(server.clone());
            dials.push(async move { (server, address, TcpStream::connect(address).await) });
        }
        if dials.is_empty() {
            return Err(ConnectError { attempts });
        }
        let wait = if candidates.is_empty() { deadline } else { next_start.min(deadline) };
        let (server, address, dialled) = match timeout_at(wait, dials.next()).await {
            Ok(Some(dialled)) => dialled,
            Err(_) if Instant::now() >= deadline => {
                let unanswered =
                    dialling.into_iter().chain(candidates.into_iter().rev().map(|(server, _)| server));
                attempts.extend(unanswered.map(|server| Attempt { server, reason: Reason::TimedOut }));
                return Err(ConnectError { attempts });
            }
            _ => continue,
        };
        dialling.retain(|other| *other != server);
        let stream = match dialled {
            Ok(stream) => stream,
            Err(error) => {
                attempts.push(Attempt { server, reason: io_reason(&error) });
                continue;
            }
        };
        let shares = (candidates.len() + dials.len() + 1) as u32;
        let until = Instant::now() + deadline.saturating_duration_since(Instant::now()) / shares;
        match handshake(stream, request, max_reply, until).await {
            Ok((stream, frames, response)) => {
                return Ok(Connection { stream, frames, server, address, response });
            }
            Err(reason) => attempts.push(Attempt { server, reason }),
        }
    }
}

/// Every address of every host, named for the user.
async fn resolve(hosts: &[Host], deadline: Instant, failed: &mut Vec<Attempt>) -> Vec<(String, SocketAddr)> {
    let mut all = Vec::new();
    for host in hosts {
        let lookup = tokio::net::lookup_host((host.name.as_str(), host.port));
        match timeout_at(deadline, lookup).await {
            Ok(Ok(addresses)) => {
                let is_name = host.name.parse::<std::net::IpAddr>().is_err();
                all.extend(addresses.map(|address| {
                    let server =
                        if is_name { format!("{host} ({})", address.ip()) } else { host.to_string() };
                    (server, address)
                }));
            }
            Ok(Err(error)) => {
                let why = error.to_string();
                let why = why.rsplit(": ").next().unwrap_or(&why).to_owned();
                failed.push(Attempt { server: host.to_string(), reason: Reason::Dns(why) });
            }
            Err(_) => failed.push(Attempt {
                server: host.to_string(),
                reason: Reason::Dns("no answer from the name server".into()),
            }),
        }
    }
    all
}

async fn handshake(
    mut stream: TcpStream,
    request: &ConnectRequest,
    max_reply: usize,
    deadline: Instant,
) -> Result<(TcpStream, Frames, ConnectResponse), Reason> {
    // Requests are coalesced before they are written: waiting for more only adds latency.
    let _ = stream.set_nodelay(true);
    let mut out = BytesMut::new();
    write_frame(&mut out, "", |w| request.encode(w));
    // A response has 37 bytes; what claims to be much longer is not one.
    let mut frames = Frames::new(1024);
    let exchange = async {
        stream.write_all(&out).await?;
        loop {
            let read = stream.read_buf(frames.buffer()).await?;
            if let Some(what) = foreign(frames.pending()) {
                return Ok::<_, std::io::Error>(Err(Reason::Foreign(what)));
            }
            match frames.next() {
                Ok(Some(frame)) => {
                    let response = ConnectResponse::decode(&mut Reader::new(frame.clone()));
                    return Ok(response.map_err(|_| refusal(frame)));
                }
                Ok(None) if read == 0 => return Ok(Err(Reason::NotServing)),
                Ok(None) => {}
                Err(_) => return Ok(Err(Reason::Foreign(GARBAGE))),
            }
        }
    };
    let response = match timeout_at(deadline, exchange).await {
        Ok(Ok(response)) => response?,
        Ok(Err(error)) => {
            return Err(match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
                    Reason::NotServing
                }
                _ => io_reason(&error),
            });
        }
        Err(_) => return Err(Reason::Silent),
    };
    let mut rest = Frames::new(max_reply);
    rest.buffer().extend_from_slice(frames.pending());
    Ok((stream, rest, response))
}

/// What a frame means that is no answer to the handshake.
fn refusal(frame: Bytes) -> Reason {
    let mut reader = Reader::new(frame);
    match ReplyHeader::decode(&mut reader) {
        Ok(header) if reader.remaining() == 0 && header.code.name().is_some() => {
            Reason::NoSession(header.code)
        }
        _ => Reason::Foreign(GARBAGE),
    }
}

const GARBAGE: &str = "answered with something that is not ZooKeeper's protocol (wrong port?)";

/// Recognises what other servers say to a frame they do not understand.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        // A TLS alert or handshake record.
        [0x15 | 0x16, 3, 0..=4, ..] => Some("answered in TLS: that is a secure client port"),
        [b'H', b'T', b'T', b'P', ..] => Some("answered in HTTP: that is a web port (the AdminServer's?)"),
        _ => None,
    }
}

fn io_reason(error: &std::io::Error) -> Reason {
    match error.kind() {
        ErrorKind::ConnectionRefused => Reason::Refused,
        ErrorKind::TimedOut => Reason::TimedOut,
        _ => Reason::Io(error.to_string()),
    }
}
