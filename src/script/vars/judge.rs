//! Whether a value is what the script says of its variable.

use std::time::Duration;

use minijinja::value::ValueKind;

use crate::script::decode::Cx;
use crate::script::expr::{Value, kind, text};
use crate::script::model::{Base64, Scalar, Script, Slot, Typed, VarKind, VarType};
use crate::script::yaml;
use crate::znode::ZPath;

/// The value, converted to its type; otherwise why it is none. The words do not repeat secrets.
pub(super) fn judge(typed: &Typed, value: Value) -> Result<Value, String> {
    let value = match typed.kind.as_ref().and_then(Slot::known) {
        Some(wanted) => convert(*wanted, value, typed)?,
        None => value,
    };
    let shown = shown(typed, &value);
    let allowed: Vec<_> = typed.one_of.iter().filter_map(|tree| tree.constant()).collect();
    if !allowed.is_empty() && !allowed.contains(&value) {
        let all: Vec<_> =
            allowed.iter().map(|value| text(value).unwrap_or_else(|| value.to_string())).collect();
        return Err(format!("{shown} is none of {}", all.join(", ")));
    }
    if let Some(pattern) = typed.pattern.as_ref().and_then(Slot::known)
        && !text(&value).is_some_and(|text| pattern.0.is_match(&text))
    {
        return Err(format!("{shown} does not match `{}`", pattern.0));
    }
    let number = f64::try_from(value.clone()).ok();
    if let (Some(number), Some(min)) = (number, typed.min.as_ref().and_then(Slot::known))
        && number < *min
    {
        return Err(format!("{shown} is less than {min}"));
    }
    if let (Some(number), Some(max)) = (number, typed.max.as_ref().and_then(Slot::known))
        && number > *max
    {
        return Err(format!("{shown} is more than {max}"));
    }
    Ok(value)
}

fn shown(typed: &Typed, value: &Value) -> String {
    match text(value) {
        _ if typed.secret.known() != Some(&false) => "the secret".to_owned(),
        Some(text) => format!("`{text}`"),
        None => kind(value).to_owned(),
    }
}

fn convert(wanted: VarType, value: Value, typed: &Typed) -> Result<Value, String> {
    let shown = shown(typed, &value);
    let no = || format!("{shown} is no {}", wanted.word());
    let read = || text(&value).ok_or_else(no);
    Ok(match wanted {
        VarType::String => Value::from(read()?),
        VarType::Int => Value::from(read()?.parse::<i64>().map_err(|_| no())?),
        VarType::Float => Value::from(read()?.parse::<f64>().map_err(|_| no())?),
        VarType::Bool => Value::from(bool::read(&read()?).map_err(|wrong| match wrong.hint {
            Some(hint) => format!("{}: {hint}", no()),
            None => no(),
        })?),
        VarType::Duration => {
            let duration = Duration::read(&read()?).map_err(|wrong| match wrong.hint {
                Some(hint) => format!("{}: {hint}", no()),
                None => no(),
            })?;
            Value::from(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
        }
        VarType::Time => {
            let text = read()?;
            let millis = match text.parse::<i64>() {
                Ok(millis) => millis,
                Err(_) => text.parse::<jiff::Timestamp>().map_err(|_| no())?.as_millisecond(),
            };
            Value::from(millis)
        }
        VarType::Path => {
            let path = ZPath::parse(&read()?).map_err(|error| format!("{}: {error}", no()))?;
            Value::from(path.as_str())
        }
        VarType::Bytes if value.kind() == ValueKind::Bytes => value,
        VarType::Bytes => {
            Value::from_bytes(Base64::read(&read()?).map_err(|_| format!("{}: it is not base64", no()))?.0)
        }
        VarType::List | VarType::Map => {
            let value = match value.as_str() {
                Some(text) => yaml::value(text).map_err(|error| format!("{}: {error}", no()))?,
                None => value,
            };
            match (wanted, value.kind()) {
                (VarType::List, ValueKind::Seq | ValueKind::Iterable) | (VarType::Map, ValueKind::Map) => {
                    value
                }
                _ => return Err(no()),
            }
        }
    })
}

/// Judges the defaults that are known when a script is read.
pub(in crate::script) fn constants(script: &Script, cx: &mut Cx<'_>) {
    for (name, spec) in script.vars.iter() {
        let VarKind::Typed(typed) = &spec.kind else { continue };
        let Some(default) = &typed.default else { continue };
        if typed.required.known() == Some(&true) {
            let message = format!("the variable `{}` is required, and has a default", name.text);
            cx.problem(default.span, "E0209", message).label("take out one of them");
        }
        if let Some(value) = default.constant()
            && let Err(why) = judge(typed, value)
        {
            cx.problem(default.span, "E0209", format!("the default of `{}`: {why}", name.text));
        }
    }
}
