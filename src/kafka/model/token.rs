//! `/delegation_token/tokens/[id]`: a delegation token. What proves it, its HMAC, is not kept.

use super::json::{Fields, Object};
use super::{Content, Extra, Malformed};
use crate::kafka::percent::{decoded, encoded};

/// A delegation token. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// Version of its form: 1, 3 (3.3) with a requester.
    pub version: i64,
    /// Its id.
    pub id: String,
    /// Who acts with it: `User:alice`.
    pub owner: String,
    /// Who asked for it (3.3+).
    pub requester: Option<String>,
    /// Who else may renew it.
    pub renewers: Vec<String>,
    /// When it was issued.
    pub issued: i64,
    /// When it expires, unless it is renewed.
    pub expires: i64,
    /// When it expires at last.
    pub ends: i64,
    /// Whatever else was said.
    pub extra: Extra,
}

impl Content for Token {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        let name = |text: String| decoded(&text).into_owned();
        let renewers: Vec<String> = fields.get("renewers")?.unwrap_or_default();
        Ok(Self {
            version: fields.version()?,
            id: fields.need("tokenId")?,
            owner: name(fields.need("owner")?),
            requester: fields.get("tokenRequester")?.map(name),
            renewers: renewers.into_iter().map(name).collect(),
            issued: fields.need("issueTimestamp")?,
            expires: fields.need("expiryTimestamp")?,
            ends: fields.need("maxTimestamp")?,
            extra: fields.rest(),
        })
    }

    fn print(&self) -> String {
        let renewers: Vec<String> = self.renewers.iter().map(|renewer| encoded(renewer)).collect();
        Object::default()
            .with("version", self.version)
            .with("tokenId", self.id.clone())
            .with("owner", encoded(&self.owner))
            .with_some("tokenRequester", self.requester.as_deref().map(encoded))
            .with("renewers", renewers)
            .with("issueTimestamp", self.issued)
            .with("expiryTimestamp", self.expires)
            .with("maxTimestamp", self.ends)
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}
