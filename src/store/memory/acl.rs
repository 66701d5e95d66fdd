//! Who may do what: credentials, the server's schemes, and what it makes of an ACL it is given.

use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hashbrown::HashSet;

use super::taken::Taken;
use crate::wire::Code;
use crate::znode::{Acl, Perms};

/// Who a connection has proved to be: a scheme and an id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) scheme: String,
    pub(super) id: String,
}

impl Identity {
    /// What every connection has from the beginning.
    pub(super) fn address(address: IpAddr) -> Self {
        let id = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            // Java's `getHostAddress` leaves no zeros out.
            IpAddr::V6(address) => address.segments().map(|group| format!("{group:x}")).join(":"),
        };
        Self { scheme: "ip".into(), id }
    }

    /// Adds it to those that are there, once, in the order in which the server keeps them, which shows
    /// in `whoAmI` and in what becomes of `auth`: that of a Java hash table of sixteen places.
    pub(super) fn join(self, identities: &mut Vec<Self>) {
        if !identities.contains(&self) {
            let at = identities.partition_point(|known| known.place() <= self.place());
            identities.insert(at, self);
        }
    }

    fn place(&self) -> i32 {
        let hash_of = |text: &str| {
            text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
        };
        let both = [&self.scheme, &self.id];
        let hash = both.iter().fold(17_i32, |hash, text| hash.wrapping_mul(37).wrapping_add(hash_of(text)));
        (hash ^ (hash as u32 >> 16) as i32) & 15
    }

    /// Who may do everything.
    pub(super) fn superuser() -> Self {
        Self { scheme: "super".into(), id: String::new() }
    }

    /// What credentials prove; `superuser` is the digest that may do everything.
    pub(super) fn prove(
        scheme: &str,
        secret: Option<&[u8]>,
        address: IpAddr,
        superuser: Option<&str>,
    ) -> Result<Vec<Self>, Code> {
        match scheme {
            "ip" => Ok(vec![Self::address(address)]),
            "digest" => {
                let secret = secret.ok_or(Code::AUTH_FAILED)?;
                let digest = digest(&String::from_utf8_lossy(secret));
                let mut proved = Vec::new();
                if superuser == Some(&digest) {
                    proved.push(Self::superuser());
                }
                proved.push(Self { scheme: "digest".into(), id: digest });
                Ok(proved)
            }
            _ => Err(Code::AUTH_FAILED),
        }
    }

    /// The name that `whoAmI` shows.
    pub(super) fn user(&self) -> &str {
        match self.scheme.as_str() {
            "digest" => self.id.split(':').next().unwrap_or_default(),
            _ => &self.id,
        }
    }
}

/// `user:base64(sha1(user:password))`, as `DigestAuthenticationProvider` computes it.
pub(super) fn digest(secret: &str) -> String {
    let hash = sha1_smol::Sha1::from(secret).digest().bytes();
    let user = secret.split(':').next().unwrap_or_default();
    format!("{user}:{}", BASE64_STANDARD.encode(hash))
}

/// Whether `acl` lets somebody with these identities do any of `wanted`.
pub(super) fn allows(acl: &[Acl], wanted: Perms, identities: &[Identity]) -> bool {
    acl.is_empty()
        || identities.iter().any(|identity| identity.scheme == "super")
        || acl.iter().filter(|entry| entry.perms.0 & wanted.0 != 0).any(|entry| {
            (entry.scheme == "world" && entry.id == "anyone")
                || identities.iter().any(|identity| matches(entry, identity))
        })
}

fn matches(entry: &Acl, identity: &Identity) -> bool {
    if entry.scheme != identity.scheme {
        return false;
    }
    match entry.scheme.as_str() {
        "digest" => entry.id == identity.id,
        "ip" => match (network(&entry.id), java_address(&identity.id)) {
            (Some((network, bits)), Some(address)) => same_network(network, address, bits),
            _ => false,
        },
        _ => false,
    }
}

/// `address` or `address/bits`.
pub(super) fn network(id: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match id.split_once('/') {
        Some((address, bits)) => {
            let bits: i32 = bits.parse().ok()?;
            (java_address(address)?, Some(u32::try_from(bits).ok()?))
        }
        None => (java_address(id)?, None),
    };
    let whole = if matches!(address, IpAddr::V4(_)) { 32 } else { 128 };
    let bits = bits.unwrap_or(whole);
    (bits <= whole).then_some((address, bits))
}

/// As `IPAuthenticationProvider` reads addresses: numbers may have signs and leading zeros, and an
/// IPv6 address none of the forms beside `::`.
fn java_address(text: &str) -> Option<IpAddr> {
    if !text.contains(':') {
        let byte = |part: &str| part.parse::<i32>().ok().and_then(|value| u8::try_from(value).ok());
        let bytes: Option<Vec<u8>> = text.split('.').map(byte).collect();
        return <[u8; 4]>::try_from(bytes?).ok().map(IpAddr::from);
    }
    let group = |group: &str| {
        let short = group.len() <= 4;
        short.then(|| i32::from_str_radix(group, 16).ok()).flatten().map(|value| value as u16)
    };
    let groups = |part: &str| match part {
        "" => Some(Vec::new()),
        part => part.split(':').map(group).collect::<Option<Vec<u16>>>(),
    };
    let address = match text.split("::").collect::<Vec<_>>()[..] {
        [whole] => groups(whole)?,
        [front, back] => {
            let (mut front, back) = (groups(front)?, groups(back)?);
            let missing = 8_usize.checked_sub(front.len() + back.len()).filter(|missing| *missing > 0)?;
            front.extend(std::iter::repeat_n(0, missing));
            [front, back].concat()
        }
        _ => return None,
    };
    <[u16; 8]>::try_from(address).ok().map(IpAddr::from)
}

fn same_network(a: IpAddr, b: IpAddr, bits: u32) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= bits,
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= bits,
        _ => false,
    }
}

/// Entries that credentials may make of an ACL, at most: with many of both, a request of a megabyte
/// would make gigabytes.
const SETTLED: usize = 10_000;

/// What the server stores when it is given `acl` (`PrepRequestProcessor.fixupACL`): duplicates go,
/// `auth` becomes whoever asks. What is `taken` is so whatever an ensemble in memory would say.
pub(super) fn settle(acl: &[Acl], identities: &[Identity], taken: &Taken) -> Result<Vec<Acl>, Code> {
    let mut seen = HashSet::with_capacity(acl.len());
    let mut settled = Vec::with_capacity(acl.len());
    for entry in acl.iter().filter(|entry| seen.insert(*entry)) {
        let known = taken.told(entry);
        match entry.scheme.as_str() {
            _ if known == Some(false) => return Err(Code::INVALID_ACL),
            _ if known == Some(true) => settled.push(entry.clone()),
            "world" if entry.id == "anyone" => settled.push(entry.clone()),
            "auth" => {
                let before = settled.len();
                settled.extend(identities.iter().filter(|identity| identity.scheme == "digest").map(
                    |Identity { scheme, id }| Acl {
                        scheme: scheme.clone(),
                        id: id.clone(),
                        perms: entry.perms,
                    },
                ));
                if settled.len() == before || settled.len() > SETTLED {
                    return Err(Code::INVALID_ACL);
                }
            }
            // Java's `split` drops what is empty at the end.
            "digest" if entry.id.trim_end_matches(':').split(':').count() == 2 => settled.push(entry.clone()),
            "ip" if network(&entry.id).is_some() => settled.push(entry.clone()),
            _ => return Err(Code::INVALID_ACL),
        }
    }
    if settled.is_empty() { Err(Code::INVALID_ACL) } else { Ok(settled) }
}

/// An ACL as somebody sees it who may not change it: digests show their user only.
pub(super) fn masked(acl: &[Acl]) -> Vec<Acl> {
    let mut acl = acl.to_vec();
    for entry in &mut acl {
        if entry.scheme == "digest" {
            // Java's `.` ends with the line.
            let ends = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
            let masked = |line: &str| match line.split_once(':') {
                Some((user, secret)) => {
                    let end = if secret.ends_with(ends) { secret.chars().next_back() } else { None };
                    format!("{user}:x{}", end.map(String::from).unwrap_or_default())
                }
                None => line.to_owned(),
            };
            entry.id = entry.id.split_inclusive(ends).map(masked).collect();
        }
    }
    acl
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(text: &str) -> Vec<Acl> {
        Acl::parse_list(text).unwrap_or_default()
    }

    #[test]
    fn digests_are_the_servers() {
        assert_eq!(digest("super:test"), "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
        assert_eq!(digest("ben:secret"), "ben:PC0ZklqkbevtIFBcBaL/OQ9DLeA=");
    }

    #[test]
    fn networks_match_by_their_bits() {
        let me = [Identity { scheme: "ip".into(), id: "10.1.2.3".into() }];
        for (entry, allowed) in [
            ("ip:10.1.2.3:r", true),
            ("ip:10.1.0.0/16:r", true),
            ("ip:10.2.0.0/16:r", false),
            ("ip:0.0.0.0/0:r", true),
            ("ip:10.1.2.4:r", false),
        ] {
            assert_eq!(allows(&acl(entry), Perms::READ, &me), allowed, "{entry}");
        }
        assert!(!allows(&acl("ip:10.1.2.3:r"), Perms::WRITE, &me));
    }

    #[test]
    fn identities_stand_as_the_server_has_them() {
        let mut known = vec![Identity::address(IpAddr::from([127, 0, 0, 1]))];
        for id in ["ann:RYbu6l5aZwqon8VWmkcGvezdzfc=", "ann:RYbu6l5aZwqon8VWmkcGvezdzfc="] {
            Identity { scheme: "digest".into(), id: id.into() }.join(&mut known);
        }
        assert_eq!(known.iter().map(Identity::user).collect::<Vec<_>>(), ["ann", "127.0.0.1"]);
        let loopback = Identity::address(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]));
        assert_eq!(loopback.id, "0:0:0:0:0:0:0:1");
    }

    #[test]
    fn addresses_are_read_as_java_reads_them() {
        for (text, read) in [
            ("127.0.0.1", Some("127.0.0.1")),
            ("01.+2.003.4", Some("1.2.3.4")),
            ("127.1", None),
            ("1.2.3.256", None),
            ("::1", Some("::1")),
            ("1:2:3:4:5:6:7:8", Some("1:2:3:4:5:6:7:8")),
            ("1:2:3:4:5:6:7::8", None),
            ("-1::", Some("ffff::")),
            ("::ffff:127.0.0.1", None),
        ] {
            let expected: Option<IpAddr> = read.map(|address| address.parse().unwrap());
            assert_eq!(java_address(text), expected, "{text}");
        }
    }

    #[test]
    fn an_acl_is_settled_as_the_server_does_it() {
        let me =
            Identity::prove("digest", Some(b"a:b"), IpAddr::from([127, 0, 0, 1]), None).unwrap_or_default();
        let none = Taken::default();
        let mine = Acl { scheme: "digest".into(), id: digest("a:b"), perms: Perms::ALL };
        assert_eq!(settle(&acl("auth::cdrwa"), &me, &none), Ok(vec![mine]));
        assert_eq!(settle(&acl("auth::cdrwa"), &[], &none), Err(Code::INVALID_ACL));
        assert_eq!(settle(&[], &me, &none), Err(Code::INVALID_ACL));
        assert_eq!(settle(&acl("world:anyone:r,world:anyone:r"), &me, &none), Ok(acl("world:anyone:r")));
        let odd = Acl { scheme: "odd".into(), id: "x".into(), perms: Perms::ALL };
        assert_eq!(settle(std::slice::from_ref(&odd), &me, &none), Err(Code::INVALID_ACL));
        let told = |entry: &Acl, taken| {
            let mut known = Taken::default();
            known.learn(entry, taken);
            known
        };
        assert_eq!(settle(std::slice::from_ref(&odd), &me, &told(&odd, true)), Ok(vec![odd]));
        let network = acl("ip:10.0.0.0/8:r");
        assert_eq!(settle(&network, &me, &none), Ok(network.clone()));
        assert_eq!(settle(&network, &me, &told(&network[0], false)), Err(Code::INVALID_ACL));
    }
}
