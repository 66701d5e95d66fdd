//! Data as a script writes it.

use std::io::Write as _;
use std::path::Path;

use bytes::Bytes;

use super::At;
use crate::command::regular_file;
use crate::error::{Error, Kind};
use crate::recipe::declared;
use crate::runner::failed::Failed;
use crate::script::FileTemplate;
use crate::script::expr::{Scope, json};
use crate::script::model::{Compare, Content, Data};

/// The bytes that are meant; `None` where the script says nothing, the inner `None` is null.
pub(super) async fn bytes(
    at: &At<'_, '_>,
    data: &Data,
    scope: &Scope,
) -> Result<Option<Option<Bytes>>, Failed> {
    let Some(content) = data.content() else { return Ok(None) };
    let plain = match content {
        Content::Text(slot) => slot.get(scope).await?.into_bytes(),
        Content::Json(tree) => {
            let value = tree.value(scope).await?;
            let value = json(&value).ok_or_else(|| Failed::usage("this value cannot be written as JSON"))?;
            let pretty = data.pretty.get(scope).await?;
            let text =
                if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            text.map_err(|error| Failed::usage(format!("this cannot be written as JSON: {error}")))?
                .into_bytes()
        }
        Content::Yaml(tree) => {
            let value = tree.value(scope).await?;
            let value = json(&value).ok_or_else(|| Failed::usage("this value cannot be written as YAML"))?;
            let text = crate::script::yaml_text(&value);
            text.map_err(|_| Failed::usage("this value cannot be written as YAML"))?.into_bytes()
        }
        Content::File(slot) => {
            let name = slot.get(scope).await?;
            let path = at.directory().join(&name);
            let bytes = regular_file(&path).map_err(|error| {
                Failed::from(Error::new(Kind::Io, format!("cannot read {}", path.display())).because(error))
            })?;
            if data.template.get(scope).await? { interpolated(&path, bytes, scope).await? } else { bytes }
        }
        Content::Base64(slot) => slot.get(scope).await?.0,
        Content::Hex(slot) => slot.get(scope).await?.0,
        Content::Null(slot) => return Ok(slot.get(scope).await?.then_some(None)),
        Content::From(slot) => {
            let path = slot.get(scope).await?;
            match at.data(&path).await? {
                Some((Some(data), _)) => data.to_vec(),
                Some((None, _)) => return Ok(Some(None)),
                None => return Err(super::missing("copy the data of", &path)),
            }
        }
    };
    let mut bytes = plain;
    if data.file.is_none() && data.template.get(scope).await? {
        return Err(Failed::usage("`template` is for what a `file` has"));
    }
    if data.trim.get(scope).await?
        && let Ok(text) = std::str::from_utf8(&bytes)
    {
        bytes = text.trim().as_bytes().to_vec();
    }
    if data.gzip.get(scope).await? {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        let zipped = encoder.write_all(&bytes).and_then(|()| encoder.finish());
        bytes = zipped.map_err(|error| Failed::from(Error::bug("cannot compress").because(error)))?;
    }
    Ok(Some(Some(bytes.into())))
}

/// The text of a file with the values of its expressions.
async fn interpolated(path: &Path, bytes: Vec<u8>, scope: &Scope) -> Result<Vec<u8>, Failed> {
    let wrong = |message: String| Failed::from(Error::new(Kind::Config, message));
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        wrong(format!("{}:{line}: `template` wants UTF-8, and this is none", path.display()))
    })?;
    let template = FileTemplate::read(path, text).map_err(wrong)?;
    // Its place is in the file, which is none of the script's.
    let text = template.text(scope).await.map_err(|fault| Failed { span: None, ..Failed::from(fault) })?;
    Ok(text.into_bytes())
}

/// How data that is there is compared with it.
pub(super) async fn compare(data: &Data, scope: &Scope) -> Result<declared::Compare, Failed> {
    let compare = match &data.compare {
        Some(slot) => slot.get(scope).await?,
        None => data.compared_by_default(),
    };
    Ok(match compare {
        Compare::Bytes => declared::Compare::Bytes,
        Compare::Json => declared::Compare::Json,
        Compare::Yaml => declared::Compare::Yaml,
        Compare::Text => declared::Compare::Text,
    })
}
