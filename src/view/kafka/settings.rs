//! `kafka configs`, `users`, `quotas`, `acls`, `tokens`, `changes`, `features`, `producers`.

use serde::Serialize;

/// Something that was configured.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigRow {
    /// `topic`, `broker`, `client`, `user`, `user client` or `ip`.
    pub kind: &'static str,
    /// Whose; `<default>` is everybody's who has none of their own. For `user client` both, with a slash.
    pub name: String,
    /// Which setting; `None` if nothing can be read.
    pub key: Option<String>,
    /// Its value, secrets masked.
    pub value: Option<String>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// That somebody may, or may not, do something.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AclRow {
    /// `Topic`, `Group`, `Cluster`….
    pub resource_type: String,
    /// The resource, or what its name begins with; `*` are all.
    pub name: String,
    /// `LITERAL` or `PREFIXED`.
    pub pattern_type: &'static str,
    /// Who: `User:alice`.
    pub principal: Option<String>,
    /// `Allow` or `Deny`.
    pub permission_type: Option<String>,
    /// `Read`, `Write`, `All`….
    pub operation: Option<String>,
    /// From where.
    pub host: Option<String>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A delegation token. Times are milliseconds since 1970.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRow {
    /// Its id, masked: with what a broker keeps to itself it would be the token.
    pub id: String,
    /// Who acts with it.
    pub owner: Option<String>,
    /// Who asked for it.
    pub requester: Option<String>,
    /// Who else may renew it.
    pub renewers: Vec<String>,
    /// When it was issued.
    pub issued: Option<i64>,
    /// When it expires, unless it is renewed.
    pub expires: Option<i64>,
    /// When it expires at last.
    pub ends: Option<i64>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A notice that waits.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeRow {
    /// The queue's path.
    pub queue: &'static str,
    /// The name of its znode.
    pub name: String,
    /// Since when: milliseconds since 1970.
    pub since: Option<i64>,
    /// What changed, in words.
    pub what: String,
}

/// A feature with its levels.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeatureRow {
    /// Its name.
    pub feature: String,
    /// The level that is in use, if it is.
    pub level: Option<i32>,
    /// What each broker can do: its id, from, to.
    pub brokers: Vec<(i32, i32, i32)>,
}

/// `kafka producers`: the producer ids that were given out last.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducersView {
    /// The broker that got them; −1 if the migration to KRaft wrote this. `None` before the first.
    pub broker: Option<i32>,
    /// The first.
    pub start: Option<i64>,
    /// The last.
    pub end: Option<i64>,
    /// Why they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}
