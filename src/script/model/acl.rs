//! ACLs, as a script writes them.

use super::{AclText, DigestEntry, Slot};
use crate::script::expr::{Fault, Scope, digest_id};
use crate::script::source::Span;
use crate::znode::Acl;

/// An ACL: `scheme:id:perms`, or a list of them, or of `{digest: {user, password, perms}}`.
#[derive(Clone, Debug)]
pub struct AclList {
    /// Where it stands.
    pub span: Span,
    /// Its entries.
    pub entries: Vec<AclEntry>,
}

/// An entry of an ACL.
#[derive(Clone, Debug)]
pub enum AclEntry {
    /// One text, of one entry or more; or an expression that results in a list.
    Text(Slot<AclText>),
    /// With a password, hashed here.
    Digest(Box<DigestEntry>),
}

impl AclList {
    /// The entries, in order.
    pub async fn get(&self, scope: &Scope) -> Result<Vec<Acl>, Fault> {
        let mut list = Vec::new();
        for entry in &self.entries {
            match entry {
                AclEntry::Text(slot) => list.extend(slot.get(scope).await?.0),
                AclEntry::Digest(entry) => {
                    let DigestEntry { user, password, perms, .. } = &**entry;
                    let (user, password) = (user.get(scope).await?, password.get(scope).await?);
                    let perms = perms.get(scope).await?.0;
                    list.push(Acl { scheme: "digest".into(), id: digest_id(&user, &password), perms });
                }
            }
        }
        Ok(list)
    }
}
