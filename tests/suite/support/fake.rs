//! Things on a port that are not a ZooKeeper server.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tokio::net::TcpSocket;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Silent,
    Closing,
    Answering(&'static [u8]),
}

/// Accepts connections and behaves badly on them, until dropped.
pub(crate) struct Fake {
    addr: String,
    accepted: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Fake {
    /// Takes what comes and never says a word.
    pub(crate) fn silent() -> Self {
        Self::new(Manner::Silent)
    }

    /// Accepts and hangs up.
    pub(crate) fn closing() -> Self {
        Self::new(Manner::Closing)
    }

    /// Answers with bytes whose first four are a frame of 3.7 GiB.
    pub(crate) fn garbage() -> Self {
        Self::new(Manner::Answering(b"\xde\xad\xbe\xef\x00\xff\x13\x37 not a frame at all"))
    }

    /// What a TLS port says to plain text: a fatal `unexpected_message` alert.
    pub(crate) fn tls_alert() -> Self {
        Self::new(Manner::Answering(&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a]))
    }

    /// What a web server says.
    pub(crate) fn http_400() -> Self {
        Self::new(Manner::Answering(
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ))
    }

    pub(crate) fn addr(&self) -> &str {
        &self.addr
    }

    pub(crate) fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let fake = Self {
            addr: listener.local_addr().expect("a bound listener").to_string(),
            accepted: Arc::default(),
            over: Arc::default(),
        };
        let (accepted, over) = (Arc::clone(&fake.accepted), Arc::clone(&fake.over));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                accepted.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || behave(manner, stream));
            }
        });
        fake
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the listener up, so that its port is closed.
        let _ = TcpStream::connect(&self.addr);
    }
}

fn behave(manner: Manner, mut stream: TcpStream) {
    let mut bytes = [0; 4096];
    match manner {
        Manner::Closing => return,
        Manner::Silent => {}
        Manner::Answering(answer) => {
            // A real server reads first; it would reset the connection otherwise.
            let _ = stream.read(&mut bytes);
            let _ = stream.write_all(answer);
            let _ = stream.shutdown(Shutdown::Write);
        }
    }
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    while matches!(stream.read(&mut bytes), Ok(1..)) {}
}

/// A port that refuses connections, and that nobody else can take meanwhile.
pub(crate) struct DeadPort {
    addr: String,
    _bound: TcpSocket,
}

impl DeadPort {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        Self { addr: socket.local_addr().expect("a bound socket").to_string(), _bound: socket }
    }

    pub(crate) fn addr(&self) -> &str {
        &self.addr
    }
}
