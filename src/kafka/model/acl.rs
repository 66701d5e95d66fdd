//! `/kafka-acl/…`: who may do what with a resource.

use serde_json::Value as Json;

use super::json::{Fields, Object, Read, list};
use super::{Content, Extra, Malformed};

/// The ACLs of a resource. Whether they are of one or of all whose name begins so, its path says.
#[derive(Clone, Debug, PartialEq)]
pub struct Acls {
    /// Version of its form; only 1 was ever written.
    pub version: i64,
    /// The ACLs.
    pub acls: Vec<Acl>,
    /// Whatever else was said.
    pub extra: Extra,
}

/// That somebody may, or may not, do something.
#[derive(Clone, Debug, PartialEq)]
pub struct Acl {
    /// Who: `User:alice`, `User:*`.
    pub principal: String,
    /// `Allow` or `Deny`.
    pub permission: String,
    /// What: `Read`, `Write`, `All`….
    pub operation: String,
    /// From where; `*` is everywhere.
    pub host: String,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Content for Acls {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self { version: fields.version()?, acls: fields.need("acls")?, extra: fields.rest() })
    }

    fn print(&self) -> String {
        Object::default()
            .with("version", self.version)
            .with("acls", list(&self.acls, Acl::json))
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

impl Read for Acl {
    const WANTED: &'static str = Fields::WANTED;

    fn read(json: Json) -> Result<Self, Malformed> {
        let mut fields = Fields::read(json)?;
        Ok(Self {
            principal: fields.need("principal")?,
            permission: fields.need("permissionType")?,
            operation: fields.need("operation")?,
            host: fields.need("host")?,
            extra: fields.rest(),
        })
    }
}

impl Acl {
    fn json(&self) -> Json {
        Object::default()
            .with("principal", self.principal.clone())
            .with("permissionType", self.permission.clone())
            .with("operation", self.operation.clone())
            .with("host", self.host.clone())
            .and(&self.extra)
    }
}

/// The name that the directories of ACLs have for a kind of resource, whose spelling differs between
/// releases: `TRANSACTIONAL_ID` is `TransactionalId`. Unknown ones stay as they are.
pub fn resource_kind(text: &str) -> &str {
    const KINDS: [&str; 6] = ["Topic", "Group", "Cluster", "TransactionalId", "DelegationToken", "User"];
    let same = |kind: &&str| text.replace('_', "").eq_ignore_ascii_case(kind);
    KINDS.into_iter().find(same).unwrap_or(text)
}
