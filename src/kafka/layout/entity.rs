//! What can be configured at run time: the names below `/config`.

use std::borrow::Cow;
use std::fmt;

use crate::kafka::percent;

/// The name of a znode below `/config`, where those of users, clients and addresses are
/// percent-encoded since 0.10.1 (`kafka.utils.Sanitizer`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// What holds where nothing else is said.
    pub const DEFAULT: &str = "<default>";

    /// A name as the znode has it.
    pub fn of_znode(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// A name as people say it.
    pub fn of_text(text: &str) -> Self {
        Self(if text == Self::DEFAULT { text.to_owned() } else { percent::encoded(text) })
    }

    /// As the znode has it.
    pub fn znode(&self) -> &str {
        &self.0
    }

    /// As people say it; unchanged where it is not encoded.
    pub fn text(&self) -> Cow<'_, str> {
        percent::decoded(&self.0)
    }

    /// Whether this is [`DEFAULT`](Self::DEFAULT).
    pub fn is_default(&self) -> bool {
        self.0 == Self::DEFAULT
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// Something that can be configured at run time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// A topic (0.8.1+).
    Topic(Name),
    /// A broker, or all of them (0.10.1+).
    Broker(Name),
    /// A client id (0.9+).
    Client(Name),
    /// A user (0.10.1+).
    User(Name),
    /// A client id of a user (0.10.1+): the user, then the client.
    UserClient(Name, Name),
    /// An address (2.8+).
    Ip(Name),
}

impl Entity {
    /// Reads a path below `/config`, as notices name it: `topics/t`, `users/u/clients/c`.
    pub fn of(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').collect();
        if segments.contains(&"") {
            return None;
        }
        let name = Name::of_znode;
        Some(match *segments {
            ["topics", topic] => Self::Topic(name(topic)),
            ["brokers", broker] => Self::Broker(name(broker)),
            ["clients", client] => Self::Client(name(client)),
            ["users", user] => Self::User(name(user)),
            ["users", user, "clients", client] => Self::UserClient(name(user), name(client)),
            ["ips", ip] => Self::Ip(name(ip)),
            _ => return None,
        })
    }

    /// The path below `/config`.
    pub fn path(&self) -> String {
        match self {
            Self::Topic(topic) => format!("topics/{}", topic.znode()),
            Self::Broker(broker) => format!("brokers/{}", broker.znode()),
            Self::Client(client) => format!("clients/{}", client.znode()),
            Self::User(user) => format!("users/{}", user.znode()),
            Self::UserClient(user, client) => format!("users/{}/clients/{}", user.znode(), client.znode()),
            Self::Ip(ip) => format!("ips/{}", ip.znode()),
        }
    }
}
