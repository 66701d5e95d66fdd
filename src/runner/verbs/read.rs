//! `get`, `ls`, `exists`, `assert`, `sync`.

use bytes::Bytes;

use super::{At, Done, acl_value, missing, stat};
use crate::error::{Error, Kind};
use crate::runner::failed::Failed;
use crate::script::expr::{Expr, Scope, Value, value_of_json};
use crate::script::model::{Assert, DataView, ExistsVerb, Get, Ls, Sync, With};
use crate::store::{Failure, Found, Read, read_one};
use crate::walk::Reads;
use crate::wire::Code;
use crate::znode::data::preview;
use crate::znode::text::count;
use crate::znode::{Stat, ZPath};

/// Columns of data in a line.
const WIDTH: usize = 60;

/// A value as `.text`, `.json` and the like; what it is not is left out.
pub(super) fn views(data: Option<&Bytes>) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    let text = match data {
        None => Some(""),
        Some(data) => std::str::from_utf8(data).ok(),
    };
    if let Some(text) = text {
        fields.push(("text", Value::from(text)));
        if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
            fields.push(("json", value_of_json(&json)));
        }
    }
    fields.push(("bytes", data.map_or_else(|| Value::from(()), |data| Value::from_bytes(data.to_vec()))));
    fields.push(("size", Value::from(data.map_or(0, Bytes::len))));
    fields
}

pub(super) async fn get(at: &At<'_, '_>, get: &Get, scope: &Scope) -> Result<Done, Failed> {
    let path = get.path.get(scope).await?;
    let view = get.view.get(scope).await?;
    let Some((data, node)) = at.data(&path).await? else {
        if get.required.get(scope).await? && get.default.is_none() {
            return Err(missing("get", &path));
        }
        let default = match &get.default {
            Some(tree) => tree.value(scope).await?,
            None => Value::from(()),
        };
        let field = match view {
            DataView::Text => "text",
            DataView::Json => "json",
            DataView::Yaml => "yaml",
            DataView::Bytes => "bytes",
        };
        return Ok(Done::said(format!("{path}: there is none")).field("exists", false).field(field, default));
    };
    let mut done = Done::said(format!("{path}: {}", preview(data.as_deref(), WIDTH))).field("exists", true);
    done.fields.extend(views(data.as_ref()));
    let wrong = |what: &str| Failed {
        path: Some(path.clone()),
        ..Failed::usage(format!("the data of {path} is no {what}"))
    };
    let has = |done: &Done, name| done.fields.iter().any(|(known, _)| *known == name);
    match view {
        DataView::Json if !has(&done, "json") => return Err(wrong("JSON")),
        DataView::Yaml => {
            let text = data.as_deref().map(std::str::from_utf8).transpose().map_err(|_| wrong("text"))?;
            let value = crate::script::yaml_value(text.unwrap_or_default()).map_err(|_| wrong("YAML"))?;
            done = done.field("yaml", value);
        }
        _ => {}
    }
    done = done.field("stat", stat(Some(&node)));
    for slot in &get.with {
        match slot.get(scope).await? {
            With::Acl => {
                let acl = at.acl(&path).await?.map(|(acl, _)| acl).unwrap_or_default();
                done = done.field("acl", acl_value(&acl));
            }
            With::Children => {
                let names = children(at, &path).await?.0;
                done = done.field("children", Value::from(names));
            }
        }
    }
    Ok(done)
}

async fn children(at: &At<'_, '_>, path: &ZPath) -> Result<(Vec<String>, Stat), Failed> {
    match read_one(&*at.store, Read::Listing(path.to_string())).await {
        Ok(Found::Listing(names, stat)) => {
            let mut names: Vec<String> = names.iter().map(str::to_owned).collect();
            names.sort_unstable();
            Ok((names, stat))
        }
        Ok(_) => Err(Failed::from(Error::bug("children were asked for, and not answered"))),
        Err(failure) => Err(Failed::of(failure, "list", path)),
    }
}

pub(super) async fn ls(at: &At<'_, '_>, ls: &Ls, scope: &Scope) -> Result<Done, Failed> {
    let path = ls.path.get(scope).await?;
    let (names, node) = children(at, &path).await?;
    let done = Done::said(format!(
        "{path}: {}",
        if names.len() == 1 { "1 child".into() } else { format!("{} children", names.len()) }
    ));
    let done = done.field("stat", stat(Some(&node)));
    if !ls.stat.get(scope).await? {
        return Ok(done.field("children", Value::from(names)));
    }
    let reads: Vec<_> =
        names.into_iter().map(|name| (name.clone(), Read::Stat(path.join(&name).to_string()))).collect();
    let answers =
        Reads::new(&*at.store, reads).all().await.map_err(|failure| Failed::of(failure, "read", &path))?;
    let child = |(name, answer): (String, Result<Found, Code>)| {
        let found = answer.ok()?;
        Some(Value::from_pairs([("name", Value::from(name)), ("stat", stat(found.stat()))]))
    };
    Ok(done.field("children", Value::from(answers.into_iter().filter_map(child).collect::<Vec<_>>())))
}

pub(super) async fn exists(at: &At<'_, '_>, exists: &ExistsVerb, scope: &Scope) -> Result<Done, Failed> {
    let path = exists.path.get(scope).await?;
    let found = crate::store::stat(&*at.store, &path).await;
    let found = found.map_err(|failure| Failed::of(failure, "look at", &path))?;
    let word = if found.is_some() { "yes" } else { "no" };
    Ok(Done::said(format!("{path}: {word}"))
        .field("exists", found.is_some())
        .field("stat", stat(found.as_ref())))
}

/// The names that a failed assertion speaks of, and their values.
fn operands(expr: &Expr, scope: &Scope) -> Vec<String> {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut seen: Vec<String> = Vec::new();
    for path in expr.source.split(|c: char| !word(c)).filter(|path| !path.is_empty()) {
        let mut parts = path.split('.');
        let Some(mut value) = parts.next().and_then(|name| scope.get(name)).cloned() else { continue };
        for part in parts {
            value = value.get_attr(part).unwrap_or_default();
        }
        let shown = crate::script::expr::json(&value).map(|json| json.to_string());
        let shown = crate::znode::text::shorten(&shown.unwrap_or_default(), WIDTH).into_owned();
        let known = format!("{path} is {shown}");
        if !value.is_undefined() && !seen.contains(&known) {
            seen.push(known);
        }
    }
    seen
}

pub(super) async fn assert(at: &At<'_, '_>, assert: &Assert, scope: &Scope) -> Result<Done, Failed> {
    let mut wrong = Vec::new();
    let mut span = None;
    for expr in &assert.that {
        if !expr.truth(scope).await? {
            let operands = operands(expr, scope);
            let values =
                if operands.is_empty() { String::new() } else { format!(" ({})", operands.join(", ")) };
            wrong.push(format!("{}{values}", expr.source));
            span = span.or(Some(expr.span));
        }
    }
    if let Some(tree) = &assert.tree {
        let plan = super::apply::plan(at, tree, scope).await?;
        if !plan.steps.is_empty() {
            wrong.push(format!("the tree below {} is other: {}", tree.root.get(scope).await?, plan.counts()));
        }
    }
    if wrong.is_empty() {
        let all = assert.that.len() + usize::from(assert.tree.is_some());
        return Ok(Done::said(format!("{} true", count(all, "condition"))));
    }
    let what = format!("not true: {}", wrong.join("; "));
    let message = match &assert.msg {
        Some(slot) => format!("{} ({what})", slot.get(scope).await?),
        None => what,
    };
    Err(Failed { span, ..Failed::new("ASSERT", Error::new(Kind::Assertion, message)) })
}

pub(super) async fn sync(at: &At<'_, '_>, sync: &Sync, scope: &Scope) -> Result<Done, Failed> {
    let path = sync.path.get(scope).await?;
    match at.store.sync(path.to_string()).await {
        Ok(()) | Err(Failure::Refused(Code::NO_NODE)) => Ok(Done::said(path.to_string())),
        Err(failure) => Err(Failed::of(failure, "sync", &path)),
    }
}
