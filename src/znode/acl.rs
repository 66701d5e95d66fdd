//! Access control: permissions, identities, and the `scheme:id:perms` form people type.

use std::fmt;

use serde::{Serialize, Serializer};

/// Permission bits of one ACL entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Perms(pub i32);

/// Bit, letter: in the order zkCli prints them.
const LETTERS: [(i32, char); 5] = [(4, 'c'), (8, 'd'), (1, 'r'), (2, 'w'), (16, 'a')];

impl Perms {
    /// Read data and list children.
    pub const READ: Self = Self(1);
    /// Set data.
    pub const WRITE: Self = Self(2);
    /// Create children.
    pub const CREATE: Self = Self(4);
    /// Delete children.
    pub const DELETE: Self = Self(8);
    /// Set the ACL.
    pub const ADMIN: Self = Self(16);
    /// All five.
    pub const ALL: Self = Self(31);

    /// Whether every bit of `other` is set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Parses letters of `cdrwa`, one at least.
    pub fn parse(text: &str) -> Result<Self, AclError> {
        if text.is_empty() {
            return Err(AclError::NoPerms);
        }
        let mut bits = 0;
        for letter in text.chars() {
            match LETTERS.iter().find(|(_, l)| *l == letter) {
                Some((bit, _)) => bits |= bit,
                None => return Err(AclError::Letter(letter)),
            }
        }
        Ok(Self(bits))
    }
}

impl fmt::Display for Perms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::fmt::Write;
        for (bit, letter) in LETTERS {
            if self.0 & bit != 0 {
                f.write_char(letter)?;
            }
        }
        Ok(())
    }
}

impl Serialize for Perms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One entry of a znode's ACL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Acl {
    /// `world`, `auth`, `digest`, `ip`, `x509`, `sasl`, `super` or a plugin's.
    pub scheme: String,
    /// Who, in the scheme's own form.
    pub id: String,
    /// What they may do.
    pub perms: Perms,
}

impl Acl {
    /// `world:anyone:cdrwa`: the ACL of a znode that nobody restricted.
    pub fn open() -> Self {
        Self { scheme: "world".into(), id: "anyone".into(), perms: Perms::ALL }
    }

    /// Whether a list grants everything to everybody.
    pub fn is_open(list: &[Self]) -> bool {
        list.iter().any(|acl| acl.scheme == "world" && acl.id == "anyone" && acl.perms.contains(Perms::ALL))
    }

    /// Parses `scheme:id:perms[,scheme:id:perms…]`.
    ///
    /// Ids may hold colons (digest, IPv6) and commas (X.509 names): the first colon ends the
    /// scheme, the last begins the permissions, and a comma ends an entry only where what stands
    /// before it is a whole one. Every mistake is refused here, because zkCli's habit of sending
    /// what is left (permissions 0) locks the znode.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, AclError> {
        let mut list = Vec::new();
        let mut rest = text;
        'entries: while !rest.is_empty() {
            let ends = rest.match_indices(',').map(|(at, _)| at).chain([rest.len()]);
            let mut first_error = None;
            for end in ends {
                let (entry, tail) = rest.split_at(end);
                match Self::parse(entry) {
                    Ok(acl) => {
                        list.push(acl);
                        rest = tail.strip_prefix(',').unwrap_or(tail);
                        if rest.is_empty() && tail.starts_with(',') {
                            return Err(AclError::Form(String::new()));
                        }
                        continue 'entries;
                    }
                    Err(error) => {
                        first_error.get_or_insert(error);
                    }
                }
            }
            return Err(first_error.unwrap_or(AclError::Empty));
        }
        if list.is_empty() {
            return Err(AclError::Empty);
        }
        Ok(list)
    }

    fn parse(entry: &str) -> Result<Self, AclError> {
        let form = || AclError::Form(entry.to_owned());
        let (scheme, rest) = entry.split_once(':').ok_or_else(form)?;
        let (id, perms) = rest.rsplit_once(':').ok_or_else(form)?;
        if scheme.is_empty() {
            return Err(form());
        }
        let acl = Self { scheme: scheme.to_owned(), id: id.to_owned(), perms: Perms::parse(perms)? };
        match scheme {
            "world" if id != "anyone" => Err(AclError::World(id.to_owned())),
            "digest" if id.split(':').count() != 2 || id.starts_with(':') || id.ends_with(':') => {
                Err(AclError::Digest(id.to_owned()))
            }
            _ => Ok(acl),
        }
    }
}

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.scheme, self.id, self.perms)
    }
}

/// Why a text is not an ACL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AclError {
    /// Nothing was given.
    #[error("the ACL is empty")]
    Empty,
    /// An entry without its three parts.
    #[error("`{0}` does not have the form scheme:id:perms")]
    Form(String),
    /// No permission letters.
    #[error("no permissions given: nobody could use the znode again")]
    NoPerms,
    /// A letter that is none of `cdrwa`.
    #[error("unknown permission `{0}` (c create, d delete, r read, w write, a admin)")]
    Letter(char),
    /// `world` knows only `anyone`.
    #[error("scheme world has the one id `anyone`, not `{0}`")]
    World(String),
    /// A digest id is `user:base64(sha1(user:password))`.
    #[error("`{0}` is not a digest id: user:base64(sha1(user:password))")]
    Digest(String),
}

#[cfg(test)]
mod tests {
    use super::{Acl, AclError, Perms};
    use proptest::prelude::*;

    #[test]
    fn ids_keep_their_colons_and_commas() {
        let list = Acl::parse_list("world:anyone:r,digest:u:abc=:cdrwa,ip:::1:rw,x509:CN=a,O=b:r").unwrap();
        let printed: Vec<_> = list.iter().map(ToString::to_string).collect();
        assert_eq!(printed, ["world:anyone:r", "digest:u:abc=:cdrwa", "ip:::1:rw", "x509:CN=a,O=b:r"]);
    }

    #[test]
    fn a_typed_mistake_is_refused() {
        assert_eq!(Acl::parse_list("world:anyone:rz"), Err(AclError::Letter('z')));
        assert_eq!(Acl::parse_list("world:anyone:"), Err(AclError::NoPerms));
        assert_eq!(Acl::parse_list("world:all:r"), Err(AclError::World("all".into())));
        assert!(matches!(Acl::parse_list("digest:u:r"), Err(AclError::Digest(_))));
        assert_eq!(Acl::parse_list("nonsense"), Err(AclError::Form("nonsense".into())));
        assert_eq!(Acl::parse_list(""), Err(AclError::Empty));
        assert!(Acl::parse_list("world:anyone:r,").is_err());
        assert!(Acl::parse_list("world:anyone:r,oops").is_err());
    }

    proptest! {
        #[test]
        fn parse_takes_back_what_it_printed(
            entries in prop::collection::vec(("(ip|sasl|auth|x509)", "[a-z0-9:=/,.]{0,12}", 1..32i32), 1..4)
        ) {
            let list: Vec<Acl> = entries
                .into_iter()
                .map(|(scheme, id, bits)| Acl { scheme, id, perms: Perms(bits) })
                .collect();
            let text = list.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            // An id that itself ends like an entry is ambiguous in this form; all others round-trip.
            let ambiguous = list.iter().any(|acl| {
                acl.id.match_indices(',').any(|(at, _)| Acl::parse_list(&format!("{}:{}", acl.scheme, &acl.id[..at])).is_ok())
            });
            prop_assume!(!ambiguous);
            prop_assert_eq!(Acl::parse_list(&text).unwrap(), list);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Acl::parse_list(&text);
        }
    }
}
