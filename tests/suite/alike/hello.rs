//! How connections begin and end: handshakes, four-letter words, and bytes that are neither.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::jute::Body;

/// For an answer that may never come.
const PATIENCE: Duration = Duration::from_millis(500);

/// A handshake, as every client since 3.4 has it.
#[derive(Clone)]
struct Hello {
    protocol: i32,
    last_zxid: i64,
    timeout: i32,
    session: i64,
    password: Option<&'static [u8]>,
    read_only: Option<bool>,
}

impl Hello {
    const PLAIN: Self = Self {
        protocol: 0,
        last_zxid: 0,
        timeout: 20_000,
        session: 0,
        password: Some(&[0; 16]),
        read_only: Some(false),
    };

    fn body(&self) -> Body {
        let body = Body::default().int(self.protocol).long(self.last_zxid).int(self.timeout);
        let body = body.long(self.session).buffer(self.password);
        self.read_only.map_or(body.clone(), |flag| body.bool(flag))
    }
}

/// What a client sends, one piece after another, each when the answer to the one before has come.
type Talk = Vec<Vec<u8>>;

/// Every talk with a name.
pub(super) fn talks() -> Vec<(String, Talk)> {
    let mut talks: Vec<(String, Talk)> = Vec::new();
    let hello = |change: fn(&mut Hello)| {
        let mut hello = Hello::PLAIN;
        change(&mut hello);
        hello.body()
    };
    let plain = Hello::PLAIN.body();
    for (name, body) in [
        ("a plain one", plain.clone()),
        ("without a word on read-only", hello(|hello| hello.read_only = None)),
        ("for a read-only server", hello(|hello| hello.read_only = Some(true))),
        ("for no time", hello(|hello| hello.timeout = 0)),
        ("for less than no time", hello(|hello| hello.timeout = -5)),
        ("for ever", hello(|hello| hello.timeout = i32::MAX)),
        ("of another protocol", hello(|hello| hello.protocol = 7)),
        ("without a password", hello(|hello| hello.password = None)),
        ("with an empty password", hello(|hello| hello.password = Some(b""))),
        ("with a short password", hello(|hello| hello.password = Some(b"abc"))),
        ("of an unknown session", hello(|hello| hello.session = 12_345)),
        ("of an unknown session, old style", hello(|hello| (hello.session, hello.read_only) = (1, None))),
        ("from before the beginning", hello(|hello| hello.last_zxid = -1)),
        ("from the future", hello(|hello| hello.last_zxid = i64::MAX)),
        ("with more behind it", plain.clone().int(1)),
        ("that ends too soon", plain.clone().cut(6)),
        ("of nothing", Body::default()),
    ] {
        talks.push((format!("a handshake {name}"), vec![body.framed()]));
    }
    for length in [-1, i32::MIN, 0x10_0000, i32::MAX] {
        talks.push((format!("a length of {length}"), vec![length.to_be_bytes().to_vec()]));
        let talk = vec![plain.framed(), length.to_be_bytes().to_vec()];
        talks.push((format!("a length of {length} after the handshake"), talk));
    }
    for body in [Body::default(), Body::default().int(1), Body::default().int(1).int(3)] {
        let frame = body.framed();
        talks.push((format!("a request of {} bytes", frame.len() - 4), vec![plain.framed(), frame]));
    }
    talks.push(("a second handshake".to_owned(), vec![plain.framed(), plain.framed()]));
    for word in ["ruok", "isro", "abcd", "RUOK", "ruo", "GET / HTTP/1.1\r\n\r\n"] {
        talks.push((format!("{word:?}"), vec![word.as_bytes().to_vec()]));
        talks.push((format!("{word:?} after the handshake"), vec![plain.framed(), word.as_bytes().to_vec()]));
    }
    talks
}

/// What comes back, with what nobody can know written as zeros, and whether the server hangs up.
pub(super) fn held(addr: &str, talk: &Talk) -> String {
    let mut stream = TcpStream::connect(addr).expect("a server");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time");
    let mut said = String::new();
    for (nth, piece) in talk.iter().enumerate() {
        // A server that has hung up shows below.
        let _ = stream.write_all(piece);
        let mut answer = Vec::new();
        let mut bytes = [0; 4096];
        let end = loop {
            match stream.read(&mut bytes) {
                Ok(0) => break "the end",
                Ok(count) => answer.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break "silence",
                Err(_) => break "the end",
            }
        };
        if nth == 0 && answer.len() > 20 && answer[12..20] != [0; 8] {
            answer[12..20].fill(0);
            let password = 24..answer.len().min(40);
            answer[password].fill(0);
        }
        said.push_str(&format!("{} then {end}; ", answer.escape_ascii()));
    }
    said
}
