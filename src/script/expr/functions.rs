//! The functions of scripts; those of one argument are filters too.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior};

use super::bounds;
use super::convert::{json as to_json, kind, value_of_json};
use super::live::{Answer, Question, What, stat_value};
use super::scope::{ASKING, Asking};
use crate::script::yaml;
use crate::znode::ZPath;

type Answered<T> = Result<T, Error>;

pub(super) fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The id of a digest ACL: `user:base64(sha1(user:password))`.
pub fn digest_id(user: &str, password: &str) -> String {
    let digest = sha1_smol::Sha1::from(format!("{user}:{password}")).digest().bytes();
    format!("{user}:{}", BASE64_STANDARD.encode(digest))
}

/// minijinja's filters, with the language's idea of what is not defined.
static JINJA: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut jinja = Environment::new();
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    jinja.set_fuel(Some(FILTER_FUEL));
    jinja
});

/// Steps of the machine that one call of a filter may take.
const FILTER_FUEL: u64 = 4_000_000;

/// The filters that minijinja brings and lends under the same name.
macro_rules! jinja {
    ($($name:ident)*) => {
        [$((stringify!($name), Value::from_function(minijinja::filters::$name))),*]
    };
}

fn lent() -> [(&'static str, Value); 33] {
    jinja! {
        abs attr batch bool capitalize chain default escape float format int join list lower map max min reject
        rejectattr round safe select selectattr slice sort split string sum title trim unique upper zip
    }
}

/// Those that it keeps to itself: what it lends under their names is not strict.
const KEPT: [&str; 13] = [
    "count", "dictsort", "first", "groupby", "indent", "items", "last", "length", "pprint", "replace",
    "reverse", "d", "e",
];

/// The functions that are filters too.
fn both() -> [(&'static str, Value); 14] {
    [
        ("json", Value::from_function(json)),
        ("yaml", Value::from_function(yaml)),
        ("tojson", Value::from_function(tojson)),
        ("toyaml", Value::from_function(toyaml)),
        ("b64encode", Value::from_function(b64encode)),
        ("b64decode", Value::from_function(b64decode)),
        ("gzip", Value::from_function(gzip)),
        ("gunzip", Value::from_function(gunzip)),
        ("sha256", Value::from_function(sha256)),
        ("basename", Value::from_function(basename)),
        ("dirname", Value::from_function(dirname)),
        ("regex_match", Value::from_function(regex_match)),
        ("regex_replace", Value::from_function(regex_replace)),
        ("lines", Value::from_function(lines)),
    ]
}

/// The functions that are nothing else, with those that minijinja brings.
fn functions() -> [(&'static str, Value); 18] {
    [
        ("env", Value::from_function(env)),
        ("now", Value::from_function(now)),
        ("file", Value::from_function(file)),
        ("uuid", Value::from_function(uuid)),
        ("digest_acl", Value::from_function(|user: &str, password: &str| digest_id(user, password))),
        ("join", Value::from_function(join)),
        ("days", Value::from_function(|n: f64| (n * 86_400_000.0) as i64)),
        ("hours", Value::from_function(|n: f64| (n * 3_600_000.0) as i64)),
        ("minutes", Value::from_function(|n: f64| (n * 60_000.0) as i64)),
        ("exists", Value::from_function(exists)),
        ("stat", Value::from_function(stat)),
        ("get", Value::from_function(get)),
        ("get_json", Value::from_function(get_json)),
        ("children", Value::from_function(children)),
        ("range", Value::from_function(minijinja::functions::range)),
        ("dict", Value::from_function(minijinja::functions::dict)),
        ("debug", Value::from_function(minijinja::functions::debug)),
        ("namespace", Value::from_function(minijinja::functions::namespace)),
    ]
}

pub(super) fn add(language: &mut Environment<'static>) {
    for name in KEPT {
        bounds::add_filter(language, name, |_, args| JINJA.empty_state().apply_filter(name, args));
    }
    for (name, filter) in lent().into_iter().chain(both()) {
        bounds::add_filter(language, name, move |state, args| filter.call(state, args));
    }
    let split = Value::from_function(minijinja::filters::split);
    bounds::add_filter(language, "split", move |state, args| {
        splits(args)?;
        split.call(state, args)
    });
    for (name, function) in both().into_iter().chain(functions()) {
        bounds::add_function(language, name, function);
    }
}

/// The names of all filters.
pub(super) fn filters() -> impl Iterator<Item = &'static str> {
    KEPT.into_iter().chain(lent().into_iter().chain(both()).map(|(name, _)| name))
}

/// Whether `split` may make what it would: it asks nobody before.
fn splits(args: &[Value]) -> Answered<()> {
    let Some(text) = args.first().and_then(Value::as_str) else { return Ok(()) };
    let pieces = match args.get(1).and_then(Value::as_str) {
        Some(separator) => text.matches(separator).count(),
        None => text.split_whitespace().count(),
    };
    fits(pieces, "what `split` makes")
}

/// Whether so many values may be made.
fn fits(values: usize, what: &str) -> Answered<()> {
    if values.saturating_mul(bounds::EACH) > bounds::LARGEST {
        return Err(bounds::too_large(what));
    }
    Ok(())
}

fn asking(state: &State<'_, '_>) -> Answered<Arc<Asking>> {
    let asking = state.lookup(ASKING).and_then(|value| value.downcast_object::<Asking>());
    asking.ok_or_else(|| wrong("this cannot be asked here"))
}

fn env(state: &State<'_, '_>, name: &str, default: Option<Value>) -> Answered<Value> {
    match ((asking(state)?.world.variable)(name), default) {
        (Some(text), _) => Ok(Value::from(text)),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(wrong(format!("the environment has no variable {name}"))),
    }
}

fn now(state: &State<'_, '_>) -> Answered<i64> {
    Ok(asking(state)?.world.now)
}

fn file(state: &State<'_, '_>, name: &str) -> Answered<Value> {
    let bytes =
        (asking(state)?.world.file)(name).map_err(|error| wrong(format!("cannot read {name}: {error}")))?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(error) => Value::from_bytes(error.into_bytes()),
    })
}

fn uuid(state: &State<'_, '_>) -> Answered<String> {
    // Version 4: six bits are fixed.
    let bits = asking(state)?.draw() & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    let (a, rest) = digits.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    Ok(format!("{a}-{b}-{c}-{d}-{e}"))
}

/// The bytes of a text or of bytes.
fn bytes(value: &Value) -> Answered<Vec<u8>> {
    match (value.as_bytes(), super::convert::text(value)) {
        (_, Some(text)) => Ok(text.into_bytes()),
        (Some(bytes), None) => Ok(bytes.to_vec()),
        (None, None) => Err(wrong(format!("{} has no bytes", kind(value)))),
    }
}

fn text_or_bytes(bytes: Vec<u8>) -> Value {
    match String::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(error) => Value::from_bytes(error.into_bytes()),
    }
}

fn json(text: &Value) -> Answered<Value> {
    let text = bytes(text)?;
    fits(text.iter().filter(|byte| matches!(byte, b',' | b':' | b'[')).count(), "what `json` makes")?;
    let json = serde_json::from_slice(&text).map_err(|error| wrong(format!("this is not JSON: {error}")))?;
    Ok(value_of_json(&json))
}

fn tojson(value: &Value) -> Answered<String> {
    to_json(value).map(|json| json.to_string()).ok_or_else(|| wrong(format!("{} is no JSON", kind(value))))
}

fn yaml(text: &str) -> Answered<Value> {
    yaml::value(text).map_err(|error| wrong(format!("this is not YAML: {error}")))
}

fn toyaml(value: &Value) -> Answered<String> {
    let json = to_json(value).ok_or_else(|| wrong(format!("{} is no YAML", kind(value))))?;
    yaml::write(&json).map_err(|error| wrong(format!("cannot write YAML: {error}")))
}

fn b64encode(value: &Value) -> Answered<String> {
    Ok(BASE64_STANDARD.encode(bytes(value)?))
}

fn b64decode(text: &str) -> Answered<Value> {
    let text: String = text.split_whitespace().collect();
    let bytes =
        BASE64_STANDARD.decode(text).map_err(|error| wrong(format!("this is not base64: {error}")))?;
    Ok(text_or_bytes(bytes))
}

fn gzip(value: &Value) -> Answered<Value> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = encoder.write_all(&bytes(value)?).and_then(|()| encoder.finish());
    packed.map(Value::from_bytes).map_err(|error| wrong(error.to_string()))
}

fn gunzip(value: &Value) -> Answered<Value> {
    let packed = bytes(value)?;
    let mut unpacked = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(packed.as_slice())
        .take(bounds::LARGEST as u64 + 1)
        .read_to_end(&mut unpacked);
    read.map_err(|error| wrong(format!("this is not gzip: {error}")))?;
    if unpacked.len() > bounds::LARGEST {
        return Err(bounds::too_large("what is unpacked"));
    }
    Ok(text_or_bytes(unpacked))
}

fn sha256(value: &Value) -> Answered<String> {
    let digest = hmac_sha256::Hash::hash(&bytes(value)?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn basename(path: &str) -> String {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

fn dirname(path: &str) -> String {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((parent, _)) => parent.to_owned(),
    }
}

fn join(parts: Rest<String>) -> Answered<String> {
    let mut path = String::new();
    for part in parts.iter() {
        let part = if path.is_empty() { part.trim_end_matches('/') } else { part.trim_matches('/') };
        if !part.is_empty() {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
        } else if path.is_empty() {
            path.push('/');
        }
    }
    Ok(path.replace("//", "/"))
}

fn lines(text: &str) -> Answered<Vec<String>> {
    fits(text.lines().count(), "what `lines` makes")?;
    Ok(text.lines().map(ToOwned::to_owned).collect())
}

fn regex(pattern: &str) -> Answered<regex_lite::Regex> {
    regex_lite::Regex::new(pattern)
        .map_err(|error| wrong(format!("`{pattern}` is no regular expression: {error}")))
}

/// How long a text may be times how long its pattern is: that is what matching takes.
const MATCHING_LIMIT: usize = 100_000_000;

/// The expression, where looking for it in the text ends soon.
fn regex_for(text: &str, pattern: &str) -> Answered<regex_lite::Regex> {
    if text.len().saturating_mul(pattern.len()) > MATCHING_LIMIT {
        return Err(wrong(format!("a text of {} bytes is too long for this pattern", text.len())));
    }
    regex(pattern)
}

fn regex_match(text: &str, pattern: &str) -> Answered<bool> {
    Ok(regex_for(text, pattern)?.is_match(text))
}

fn regex_replace(text: &str, pattern: &str, with: &str) -> Answered<String> {
    let regex = regex_for(text, pattern)?;
    let (mut replaced, mut end) = (String::new(), 0);
    for found in regex.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        replaced.push_str(text.get(end..whole.start()).unwrap_or_default());
        found.expand(with, &mut replaced);
        end = whole.end();
        if replaced.len() > bounds::LARGEST {
            return Err(bounds::too_large("what `regex_replace` makes"));
        }
    }
    replaced.push_str(text.get(end..).unwrap_or_default());
    Ok(replaced)
}

/// Asks a znode.
fn ask(state: &State<'_, '_>, what: What, path: &str, cluster: Option<String>) -> Answered<Answer> {
    let path = ZPath::parse(path).map_err(|error| wrong(format!("`{path}`: {error}")))?;
    // The error only ends the evaluation, which is done again with the answer.
    asking(state)?.answer(Question { what, path, cluster }).ok_or_else(|| wrong("not answered yet"))
}

fn exists(state: &State<'_, '_>, path: &str, cluster: Option<String>) -> Answered<bool> {
    Ok(ask(state, What::Stat, path, cluster)? != Answer::Absent)
}

fn stat(state: &State<'_, '_>, path: &str, cluster: Option<String>) -> Answered<Value> {
    match ask(state, What::Stat, path, cluster)? {
        Answer::Stat(stat) => Ok(stat_value(&stat)),
        _ => Err(absent(path)),
    }
}

fn absent(path: &str) -> Error {
    wrong(format!("there is no {path} (NoNode)"))
}

fn get(state: &State<'_, '_>, path: &str, cluster: Option<String>) -> Answered<Value> {
    match ask(state, What::Data, path, cluster)? {
        Answer::Data(None) => Ok(Value::from(())),
        Answer::Data(Some(data)) => match str::from_utf8(&data) {
            Ok(text) => Ok(Value::from(text)),
            Err(_) => Err(wrong(format!("the data of {path} is no text"))),
        },
        _ => Err(absent(path)),
    }
}

fn get_json(state: &State<'_, '_>, path: &str, cluster: Option<String>) -> Answered<Value> {
    let text = get(state, path, cluster)?;
    json(&text).map_err(|error| wrong(format!("{path}: {}", error.detail().unwrap_or_default())))
}

fn children(state: &State<'_, '_>, path: &str, cluster: Option<String>) -> Answered<Vec<String>> {
    match ask(state, What::Children, path, cluster)? {
        Answer::Children(mut names) => {
            names.sort_unstable();
            Ok(names)
        }
        _ => Err(absent(path)),
    }
}
