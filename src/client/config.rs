//! What a session needs to know beforehand.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::address::ConnectString;

/// Credentials for `addauth`.
#[derive(Clone, PartialEq, Eq)]
pub struct Auth {
    /// `digest`, or a plugin's.
    pub scheme: String,
    /// For digest `user:password`.
    pub secret: Bytes,
}

/// Never shows the secret: values of this type end up in error messages and logs.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Auth({}:***)", self.scheme)
    }
}

impl Auth {
    /// Parses `scheme:secret`; the secret may hold colons.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, secret) = text.split_once(':')?;
        (!scheme.is_empty())
            .then(|| Self { scheme: scheme.to_owned(), secret: Bytes::copy_from_slice(secret.as_bytes()) })
    }
}

/// How to reach an ensemble and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where.
    pub servers: ConnectString,
    /// Session timeout to ask for; the server grants 2 to 20 of its ticks.
    pub session_timeout: Duration,
    /// For the first connection: all addresses together.
    pub connect_timeout: Duration,
    /// For each request, from the moment it is handed over.
    pub request_timeout: Duration,
    /// Whether a server that lost its quorum will do.
    pub read_only: bool,
    /// Whether many reads go slowly, for a server that others need.
    pub gentle: bool,
    /// Credentials, sent on every connection.
    pub auth: Vec<Auth>,
    /// The longest reply that is taken, bytes. The server's `jute.maxbuffer` does not bound
    /// replies: a listing of 100,000 children has 6 MB.
    pub max_reply: usize,
    /// The longest request that is sent, bytes: the server hangs up on anything above its
    /// `jute.maxbuffer`.
    pub max_request: usize,
}

impl Config {
    /// The defaults for `servers`.
    pub fn new(servers: ConnectString) -> Self {
        Self {
            servers,
            session_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(15),
            read_only: false,
            gentle: false,
            auth: Vec::new(),
            max_reply: 256 << 20,
            max_request: 0xf_ffff,
        }
    }
}
