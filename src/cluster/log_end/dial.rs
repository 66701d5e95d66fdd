//! One connection to a broker, and what is asked over it.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::address::Dialect;
use super::protocol::{self, Answers, End};
use crate::client::Host;
use crate::wire::Frames;

/// The longest answer that is taken. That to the largest request has a quarter of this.
const MOST: usize = 1 << 20;
/// Partitions in one request.
const AT_ONCE: usize = 1000;

/// Asks the broker behind `hosts`, of which the first that can be connected to is taken, for an end of
/// `partitions`. Connecting has `limit`, and so has each answer. What was told before something failed
/// counts; the failure is said for the rest.
pub(super) async fn ask(
    hosts: &[Host],
    dialect: Dialect,
    partitions: &[(String, i32)],
    end: End,
    limit: Duration,
) -> (Answers, Option<String>) {
    let mut told = Answers::new();
    let mut link = match Link::open(hosts, limit).await {
        Ok(link) => link,
        Err(why) => return (told, Some(why)),
    };
    let asked = match dialect {
        Dialect::New => link.ask(partitions, end, &mut told).await,
        Dialect::Old => link.ask_old(partitions, end, &mut told).await,
    };
    (told, asked.err())
}

/// A connection. Errors are sentences that name the address.
struct Link {
    stream: TcpStream,
    frames: Frames,
    host: String,
    limit: Duration,
}

impl Link {
    async fn open(hosts: &[Host], limit: Duration) -> Result<Self, String> {
        let deadline = Instant::now() + limit;
        let mut failed = Vec::new();
        for (tried, host) in hosts.iter().enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            let until = Instant::now() + left / (hosts.len() - tried) as u32;
            let why = match timeout_at(until, TcpStream::connect((host.name.as_str(), host.port))).await {
                Ok(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(Self { stream, frames: Frames::new(MOST), host: host.to_string(), limit });
                }
                Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
                    "connection refused".to_owned()
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("no connection within {}", humantime::format_duration(limit)),
            };
            failed.push(format!("{host}: {why}"));
        }
        Err(failed.join("; "))
    }

    async fn ask(
        &mut self,
        partitions: &[(String, i32)],
        end: End,
        told: &mut Answers,
    ) -> Result<(), String> {
        for (id, some) in (1..).zip(partitions.chunks(AT_ONCE)) {
            let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
            for (topic, partition) in some {
                topics.entry(topic).or_default().push(*partition);
            }
            let answer = self.exchange(protocol::request(id, &topics, end)).await?;
            for (topic, answers) in protocol::response(&answer, id).map_err(|why| self.because(why))? {
                told.entry(topic).or_default().extend(answers);
            }
        }
        Ok(())
    }

    async fn ask_old(
        &mut self,
        partitions: &[(String, i32)],
        end: End,
        told: &mut Answers,
    ) -> Result<(), String> {
        for (topic, partition) in partitions {
            let answer = self.exchange(protocol::old_request(topic, *partition, end)).await?;
            if let Some(answer) = protocol::old_response(&answer).map_err(|why| self.because(why))? {
                told.entry(topic.clone()).or_default().insert(*partition, answer);
            }
        }
        Ok(())
    }

    fn because(&self, why: impl std::fmt::Display) -> String {
        format!("{}: {why}", self.host)
    }

    async fn exchange(&mut self, request: BytesMut) -> Result<Bytes, String> {
        let deadline = Instant::now() + self.limit;
        match timeout_at(deadline, self.send_and_receive(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.because(match error.kind() {
                ErrorKind::InvalidData => {
                    "it answered with something that is not Kafka's protocol (wrong port?)".to_owned()
                }
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                    "it hung up instead of answering".to_owned()
                }
                _ => error.to_string(),
            })),
            Err(_) => {
                Err(self.because(format!("no answer within {}", humantime::format_duration(self.limit))))
            }
        }
    }

    async fn send_and_receive(&mut self, request: BytesMut) -> io::Result<Bytes> {
        self.stream.write_all(&request).await?;
        loop {
            match self.frames.next() {
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => {}
                Err(_) => return Err(ErrorKind::InvalidData.into()),
            }
            if self.stream.read_buf(self.frames.buffer()).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
