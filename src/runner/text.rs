//! Small things that the runner says and counts.

use std::path::Path;

use serde_json::Value as Json;

use super::Beginning;
use super::failed::Failed;
use super::kept;
use super::recorder::Limits;
use super::verbs::Done;
use crate::error::Error;
use crate::script::expr::{Scope, Value};
use crate::script::glob::Glob;
use crate::script::model::{Guard, Script};
use crate::script::{Loaded, Sources};
use crate::view::{Counts, Planned, Status, Told};

/// What tells one script from another: a hash of all its files.
pub(super) fn fingerprint(sources: &Sources) -> String {
    let mut hash = hmac_sha256::Hash::new();
    for source in sources.iter() {
        hash.update(source.text.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What tells one choice of variables from another: a hash, for secrets may be among them.
pub(super) fn choice(scope: &Scope, now: i64) -> String {
    let variables = scope.names().filter(|(name, _)| !matches!(*name, "run" | "script"));
    let mut lines: Vec<_> = variables.map(|(name, value)| format!("{name}={}", kept::value(value))).collect();
    lines.sort_unstable();
    let hash = hmac_sha256::HMAC::mac(lines.join("\n"), now.to_string());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name that no other run has, and that sorts by time.
pub(super) fn run_id() -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%3f");
    format!("{now}-{:06x}", fastrand::u32(..) & 0xff_ffff)
}

/// Gives the names that every expression sees.
pub(super) fn about(
    scope: &mut Scope,
    file: &Path,
    sha256: &str,
    beginning: &Beginning,
    check: bool,
    user: &str,
) {
    let host = nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned();
    let directory = file.parent().map(|dir| dir.display().to_string()).unwrap_or_default();
    scope.set(
        "run",
        Value::from_pairs([
            ("id", Value::from(beginning.run.as_str())),
            ("check", Value::from(check)),
            ("started", Value::from(beginning.now)),
            ("host", Value::from(host)),
            ("user", Value::from(user)),
        ]),
    );
    scope.set(
        "script",
        Value::from_pairs([
            ("file", Value::from(file.display().to_string())),
            ("dir", Value::from(directory)),
            ("sha256", Value::from(sha256)),
        ]),
    );
}

/// What a script may write.
pub(super) async fn limits(loaded: &Loaded, scope: &Scope) -> Result<Limits, Failed> {
    let Some(guard) = &loaded.script.guard else {
        return Ok(Limits {
            deny: Guard::usual_deny(),
            max_changes: u64::MAX,
            max_deletes: u64::MAX,
            ..Limits::default()
        });
    };
    let mut paths = Vec::new();
    for slot in &guard.paths {
        paths.push(slot.get(scope).await?);
    }
    if !paths.is_empty() {
        // What zkx records by itself is no path that a script speaks of.
        let own = loaded.scripts().flat_map(Script::own_inventories);
        paths.extend(own.filter_map(|path| Glob::exactly(&path).ok()));
    }
    let deny = match &guard.deny {
        None => Guard::usual_deny(),
        Some(slots) => {
            let mut deny = Vec::new();
            for slot in slots {
                deny.push(slot.get(scope).await?);
            }
            deny
        }
    };
    Ok(Limits {
        paths,
        deny,
        max_changes: guard.max_changes.get(scope).await?,
        max_deletes: guard.max_deletes.get(scope).await?,
        ..Limits::default()
    })
}

/// A failure before the first step, with its place.
pub(super) fn explain(failed: Failed, sources: &Sources) -> Error {
    match failed.span {
        Some(span) => failed.error.at(&sources.place(span)),
        None => failed.error,
    }
}

/// Adds a step to the counts.
pub(super) fn count(counts: &mut Counts, status: Status) {
    *match status {
        Status::Changed => &mut counts.changed,
        Status::Ok => &mut counts.ok,
        Status::Skipped => &mut counts.skipped,
        Status::Failed => &mut counts.failed,
        Status::Ignored => &mut counts.ignored,
        Status::Done => &mut counts.done,
    } += 1;
}

/// Puts stars in the place of secrets.
pub(super) fn mask(told: &mut Told, secrets: &[String]) {
    if secrets.is_empty() {
        return;
    }
    let hide = |text: &mut String| {
        for secret in secrets {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), "***");
            }
        }
    };
    match told {
        Told::Print { text, .. } => hide(text),
        Told::Attempt { error, .. } => hide(error),
        Told::UnderWay { name, .. } => hide(name),
        Told::Step(step) => {
            hide(&mut step.words);
            hide(&mut step.output);
            step.name.iter_mut().for_each(hide);
            if let Some((_, message)) = &mut step.error {
                hide(message);
            }
            if let Some(result) = &mut step.result {
                hide_json(result, &hide);
            }
        }
        Told::Change { change, .. } => {
            let bytes = |data: &mut Option<bytes::Bytes>| {
                if let Some(text) = data.as_ref().and_then(|data| std::str::from_utf8(data).ok()) {
                    let mut text = text.to_owned();
                    hide(&mut text);
                    *data = Some(text.into());
                }
            };
            match &mut change.what {
                Planned::Created { data, .. } => bytes(data),
                Planned::Changed { data: Some((old, new)), .. } => {
                    bytes(old);
                    bytes(new);
                }
                _ => {}
            }
        }
        Told::Undo { words, .. } | Told::UndoStep { words, .. } => hide(words),
        Told::End { stopped: Some(reason), .. } => hide(reason),
        _ => {}
    }
}

/// The same in an error.
pub(super) fn mask_error(error: Error, secrets: &[String]) -> Error {
    let text = error.to_string();
    if !secrets.iter().any(|secret| text.contains(secret.as_str())) {
        return error;
    }
    let masked = secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), "***"));
    error.hints().iter().fold(Error::new(error.kind(), masked), |masked, hint| masked.hint(hint.clone()))
}

fn hide_json(json: &mut Json, hide: &dyn Fn(&mut String)) {
    match json {
        Json::String(text) => hide(text),
        Json::Array(items) => items.iter_mut().for_each(|item| hide_json(item, hide)),
        Json::Object(map) => map.values_mut().for_each(|item| hide_json(item, hide)),
        _ => {}
    }
}

/// What a verb results in beside what every step does, for programs; what is text is not shown as bytes
/// as well.
pub(super) fn shown(done: &Done) -> Json {
    let has_text = done.fields.iter().any(|(name, _)| *name == "text");
    let fields = done.fields.iter().filter(|(name, _)| !(has_text && *name == "bytes"));
    Json::Object(fields.map(|(name, value)| ((*name).to_owned(), super::kept::value(value))).collect())
}

/// What a step registers.
pub(super) fn result(done: &Done, failed: Option<&Failed>, attempts: u64, took: u64, check: bool) -> Value {
    let mut pairs: Vec<(String, Value)> = vec![
        ("changed".into(), done.changed.into()),
        ("skipped".into(), done.skipped.into()),
        ("failed".into(), failed.is_some().into()),
        ("attempts".into(), attempts.into()),
        ("duration_ms".into(), took.into()),
        ("assumed".into(), (check && done.changed).into()),
    ];
    if let Some(failed) = failed {
        pairs.push(("error".into(), error(failed, "", 0)));
    }
    pairs.extend(done.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::from_pairs(pairs)
}

/// What `error` is in `rescue`.
pub(super) fn error(failed: &Failed, file: &str, line: u32) -> Value {
    let step = failed.at.as_ref().map_or("", |(_, step)| step.as_str());
    Value::from_pairs([
        ("code", Value::from(failed.code)),
        ("name", Value::from(failed.code)),
        ("message", Value::from(failed.error.to_string())),
        ("path", Value::from(failed.path.as_ref().map(|path| path.as_str()).unwrap_or_default())),
        ("step", Value::from(step)),
        ("file", Value::from(file)),
        ("line", Value::from(line)),
    ])
}

/// Gives a scope the names that one within it has.
pub(super) fn merge(outer: &mut Scope, inner: &Scope) {
    let news: Vec<(String, Value)> = inner
        .names()
        .filter(|(name, value)| outer.get(name) != Some(*value))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    for (name, value) in news {
        outer.set(&name, value);
    }
}
