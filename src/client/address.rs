//! Connect strings: `host[:port][,host[:port]…][/chroot]`.

use std::fmt;
use std::str::FromStr;

use crate::znode::ZPath;
use crate::znode::path::PathError;

/// ZooKeeper's port where none is given.
pub const DEFAULT_PORT: u16 = 2181;

/// One server, as the user named it; a name may stand for several addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    /// Name or IP address, without brackets.
    pub name: String,
    /// Client port.
    pub port: u16,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

/// The servers of an ensemble, and the znode that paths are relative to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectString {
    /// At least one.
    pub hosts: Vec<Host>,
    /// `/` without a chroot.
    pub chroot: ZPath,
}

/// Why a text is not a connect string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No host at all, or an empty one between commas.
    #[error("a server is missing in `{0}`")]
    Empty(String),
    /// A host name with a space in it.
    #[error("`{0}` is not a host name; servers are separated by commas")]
    Name(String),
    /// A port that is not a number from 1 to 65535.
    #[error("`{0}` is not a port")]
    Port(String),
    /// `[` without `]`.
    #[error("`{0}` lacks its closing bracket")]
    Bracket(String),
    /// The part behind the hosts is not a path.
    #[error("the chroot `{0}` is not a path: {1}")]
    Chroot(String, PathError),
}

impl ConnectString {
    /// Parses a connect string. IPv6 addresses stand in brackets, or bare where no port follows.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (hosts, chroot) = match text.find('/') {
            Some(at) => text.split_at(at),
            None => (text, "/"),
        };
        let chroot = match chroot.strip_suffix('/') {
            Some("") | None => chroot,
            Some(shorter) => shorter,
        };
        Ok(Self {
            hosts: hosts
                .split(',')
                .map(|host| {
                    parse_host(host.trim()).map_err(|e| e.unwrap_or_else(|| AddressError::Empty(text.into())))
                })
                .collect::<Result<_, _>>()?,
            chroot: ZPath::parse(chroot).map_err(|e| AddressError::Chroot(chroot.into(), e))?,
        })
    }
}

/// `Err(None)` for an empty host.
fn parse_host(text: &str) -> Result<Host, Option<AddressError>> {
    let (name, port) = if let Some(rest) = text.strip_prefix('[') {
        let (name, rest) = rest.split_once(']').ok_or_else(|| AddressError::Bracket(text.into()))?;
        match rest.strip_prefix(':') {
            Some(port) => (name, Some(port)),
            None if rest.is_empty() => (name, None),
            None => return Err(Some(AddressError::Port(rest.into()))),
        }
    } else if text.parse::<std::net::Ipv6Addr>().is_ok() {
        (text, None)
    } else {
        match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        }
    };
    if name.is_empty() {
        return Err(None);
    }
    if name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Some(AddressError::Name(name.into())));
    }
    let port = match port {
        None => DEFAULT_PORT,
        Some(port) => match port.parse() {
            Ok(0) | Err(_) => return Err(Some(AddressError::Port(port.into()))),
            Ok(port) => port,
        },
    };
    Ok(Host { name: name.to_owned(), port })
}

impl FromStr for ConnectString {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

/// The text that [`ConnectString::parse`] takes back.
impl fmt::Display for ConnectString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, host) in self.hosts.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            host.fmt(f)?;
        }
        if !self.chroot.is_root() {
            f.write_str(&self.chroot)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressError, ConnectString};
    use proptest::prelude::*;

    #[test]
    fn hosts_ports_and_chroot_are_found() {
        let parsed = ConnectString::parse("zk1,zk2:2182,[::1]:2183,::1/kafka/").unwrap();
        assert_eq!(parsed.to_string(), "zk1:2181,zk2:2182,[::1]:2183,[::1]:2181/kafka");
        assert!(ConnectString::parse("localhost/").unwrap().chroot.is_root());
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(ConnectString::parse(""), Err(AddressError::Empty(String::new())));
        assert_eq!(ConnectString::parse("a,,b"), Err(AddressError::Empty("a,,b".into())));
        assert_eq!(ConnectString::parse("a b:1"), Err(AddressError::Name("a b".into())));
        assert_eq!(ConnectString::parse("a:0"), Err(AddressError::Port("0".into())));
        assert_eq!(ConnectString::parse("a:99999"), Err(AddressError::Port("99999".into())));
        assert!(matches!(ConnectString::parse("a/x//y"), Err(AddressError::Chroot(..))));
    }

    proptest! {
        #[test]
        fn parse_takes_back_what_it_printed(text in "[a-z]{1,5}(:[1-9][0-9]{0,3})?(,[a-z]{1,5}){0,2}(/[a-z]{1,4}){0,2}") {
            let parsed = ConnectString::parse(&text).unwrap();
            prop_assert_eq!(ConnectString::parse(&parsed.to_string()).unwrap(), parsed);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = ConnectString::parse(&text);
        }
    }
}
