//! What a stream is made of, and how it goes over the wire.

use std::fmt::{self, Display, Write as _};

use crate::support::jute::Body;
use crate::support::truth::op;

/// A string as the protocol has it: any bytes, or null. `~` stands for the place of the stream.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Text(pub(super) Option<Vec<u8>>);

impl Text {
    /// Not compared: nulls elsewhere than in paths, credentials and ACLs. No client has one to send.
    pub(super) const NULL: Self = Self(None);

    pub(super) fn new(text: impl AsRef<[u8]>) -> Self {
        Self(Some(text.as_ref().to_vec()))
    }

    /// With more behind it; null stays null.
    pub(super) fn with(&self, more: impl AsRef<[u8]>) -> Self {
        Self(self.0.as_ref().map(|bytes| [bytes, more.as_ref()].concat()))
    }

    pub(super) fn depth(&self) -> usize {
        self.0.iter().flatten().filter(|byte| **byte == b'/').count()
    }

    fn placed(&self, root: &str) -> Option<Vec<u8>> {
        let place = |byte: &u8| if *byte == b'~' { root.as_bytes().to_vec() } else { vec![*byte] };
        self.0.as_ref().map(|bytes| bytes.iter().flat_map(place).collect())
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shown(self.0.as_deref(), f)
    }
}

/// Text in quotes, other bytes with escapes, `null`.
pub(super) fn shown(bytes: Option<&[u8]>, f: &mut impl fmt::Write) -> fmt::Result {
    match bytes.map(|bytes| (bytes, str::from_utf8(bytes))) {
        None => f.write_str("null"),
        Some((_, Ok(text))) => write!(f, "{text:?}"),
        Some((bytes, Err(_))) => write!(f, "b\"{}\"", bytes.escape_ascii()),
    }
}

/// An entry of an ACL.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) perms: i32,
    pub(super) scheme: Text,
    pub(super) id: Text,
}

/// A field of a request.
#[derive(Clone)]
pub(super) enum Arg {
    Int(i32),
    Long(i64),
    Bool(bool),
    Text(Text),
    Data(Option<Vec<u8>>),
    Acl(Option<Vec<Entry>>),
    Texts(Vec<Text>),
    /// A zxid, counted from the beginning of the stream.
    Since(i64),
    Ops(Vec<Ask>),
}

/// A request.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) op: i32,
    pub(super) args: Vec<Arg>,
    /// Bytes that are missing at its end.
    pub(super) cut: usize,
}

impl Ask {
    pub(super) fn new(op: i32, args: impl Into<Vec<Arg>>) -> Self {
        Self { op, args: args.into(), cut: 0 }
    }

    pub(super) fn name(&self) -> String {
        match OPS.iter().find(|(op, _)| *op == self.op) {
            Some((_, name)) => (*name).to_owned(),
            None => format!("operation {}", self.op),
        }
    }

    pub(super) fn xid(&self, next: i32) -> i32 {
        match self.op {
            op::PING => -2,
            op::AUTH => -4,
            op::SET_WATCHES | op::SET_WATCHES2 => -8,
            _ => next,
        }
    }

    pub(super) fn body(&self, root: &str, base: i64) -> Body {
        let whole = self.args.iter().fold(Body::default(), |body, arg| arg.append(body, root, base));
        whole.cut(self.cut)
    }

    /// Whether others may be under way with it: the connection survives it. Not compared: `auth` and
    /// `sasl` among others, which a real server answers out of order, and what comes right behind a
    /// `setACL`, which it judges by the old ACL or the new one, as time has it.
    pub(super) fn joins(&self) -> bool {
        let apart = [op::AUTH, op::SASL, op::SET_ACL, op::CHECK, -1];
        !apart.contains(&self.op) && OPS.iter().any(|(known, _)| *known == self.op)
    }

    /// The operations inside a multi.
    pub(super) fn ops(&self) -> &[Self] {
        match self.args.first() {
            Some(Arg::Ops(ops)) => ops,
            _ => &[],
        }
    }

    /// The path that it is about.
    pub(super) fn path(&self) -> Option<&Text> {
        match self.args.first() {
            Some(Arg::Text(path)) => Some(path),
            _ => None,
        }
    }
}

impl Arg {
    fn append(&self, body: Body, root: &str, base: i64) -> Body {
        match self {
            Self::Int(number) => body.int(*number),
            Self::Long(number) => body.long(*number),
            Self::Bool(flag) => body.bool(*flag),
            Self::Text(text) => body.buffer(text.placed(root).as_deref()),
            Self::Data(data) => body.buffer(data.as_deref()),
            Self::Acl(None) => body.int(-1),
            Self::Acl(Some(acl)) => acl.iter().fold(body.int(acl.len() as i32), |body, entry| {
                let body = body.int(entry.perms).buffer(entry.scheme.placed(root).as_deref());
                body.buffer(entry.id.placed(root).as_deref())
            }),
            Self::Texts(texts) => texts
                .iter()
                .fold(body.int(texts.len() as i32), |body, text| body.buffer(text.placed(root).as_deref())),
            Self::Since(zxid) => body.long(base.saturating_add(*zxid)),
            Self::Ops(ops) => {
                let each =
                    |body: Body, ask: &Ask| body.multi_header(ask.op, false).then(&ask.body(root, base));
                ops.iter().fold(body, each).multi_header(-1, true)
            }
        }
    }
}

impl Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Long(number) => write!(f, "{number}"),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Text(text) => write!(f, "{text}"),
            Self::Data(data) => shown(data.as_deref(), f),
            Self::Acl(None) => f.write_str("null"),
            Self::Acl(Some(acl)) => {
                let entry = |entry: &Entry| format!("{}:{}:{}", entry.scheme, entry.id, entry.perms);
                write!(f, "[{}]", acl.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            Self::Texts(texts) => {
                write!(f, "[{}]", texts.iter().map(Text::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::Since(zxid) => write!(f, "since {zxid:+}"),
            Self::Ops(ops) => {
                write!(f, "[{}]", ops.iter().map(Ask::to_string).collect::<Vec<_>>().join("; "))
            }
        }
    }
}

/// Every operation that the streams hold, with the names of `ZooDefs.OpCode`.
const OPS: [(i32, &str); 30] = [
    (op::CREATE, "create"),
    (op::DELETE, "delete"),
    (op::EXISTS, "exists"),
    (op::GET_DATA, "getData"),
    (op::SET_DATA, "setData"),
    (op::GET_ACL, "getACL"),
    (op::SET_ACL, "setACL"),
    (op::GET_CHILDREN, "getChildren"),
    (op::SYNC, "sync"),
    (op::PING, "ping"),
    (op::GET_CHILDREN2, "getChildren2"),
    (op::CHECK, "check"),
    (op::MULTI, "multi"),
    (op::CREATE2, "create2"),
    (op::RECONFIG, "reconfig"),
    (op::CHECK_WATCHES, "checkWatches"),
    (op::REMOVE_WATCHES, "removeWatches"),
    (op::CREATE_CONTAINER, "createContainer"),
    (op::CREATE_TTL, "createTTL"),
    (op::MULTI_READ, "multiRead"),
    (op::AUTH, "auth"),
    (op::SET_WATCHES, "setWatches"),
    (op::SASL, "sasl"),
    (op::GET_EPHEMERALS, "getEphemerals"),
    (op::GET_ALL_CHILDREN_NUMBER, "getAllChildrenNumber"),
    (op::SET_WATCHES2, "setWatches2"),
    (op::ADD_WATCH, "addWatch"),
    (op::WHO_AM_I, "whoAmI"),
    (op::CLOSE, "closeSession"),
    (-1, "error"),
];

impl Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())?;
        let mut args = String::new();
        for arg in &self.args {
            write!(args, "{}{arg}", if args.is_empty() { "" } else { ", " })?;
        }
        write!(f, "({args})")?;
        if self.cut > 0 { write!(f, " without its last {} bytes", self.cut) } else { Ok(()) }
    }
}

/// What a session does, or its client.
#[derive(Clone)]
pub(super) enum Act {
    /// Begins, in the place of whatever was there before.
    Open,
    /// Speaks through a new connection, while the old one is still there or after it.
    Resume,
    /// Tries to, without knowing the password.
    Guess,
    /// Goes without a word.
    Leave,
    Ask(Ask),
    /// Requests that do not wait for each other's answers.
    Burst(Vec<Ask>),
    /// Asks the server for its figures, by four-letter words.
    Count,
}

/// One step of one of the sessions.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) slot: usize,
    pub(super) act: Act,
}

impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.slot)?;
        match &self.act {
            Act::Open => f.write_str("open a session"),
            Act::Resume => f.write_str("resume the session"),
            Act::Guess => f.write_str("resume it with a wrong password"),
            Act::Leave => f.write_str("leave"),
            Act::Count => f.write_str("count"),
            Act::Ask(ask) => write!(f, "{ask}"),
            Act::Burst(asks) => {
                write!(f, "at once: {}", asks.iter().map(Ask::to_string).collect::<Vec<_>>().join("; "))
            }
        }
    }
}
