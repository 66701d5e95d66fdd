//! How much the values of expressions may take: whatever a script says, it ends soon and in little memory.
//!
//! minijinja's fuel pays for its steps and for the bytes that its operators make. What its fuel does not see is
//! bounded here: what filters and functions are given and make, lists that are made while somebody reads them,
//! and values that are in many places of another.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State};

use super::Value;
use super::functions::wrong;

/// Bytes that a value may take.
pub(in crate::script) const LARGEST: usize = 64 << 20;

/// Bytes that the values of all names may take, and those of the names that one evaluation uses.
pub(super) const TOGETHER: usize = 8 * LARGEST;

/// Bytes that a value may take whatever there is beside it.
pub(super) const SMALL: usize = 1 << 10;

/// Lists and mappings within each other.
const DEEPEST: usize = 100;

/// Bytes that a value takes beside its text.
pub(super) const EACH: usize = 32;

/// Bytes that a unit of fuel pays for, as minijinja counts.
const FUEL_BYTES: usize = 64;

/// Filters that look at nothing within what they are given, and make nothing of it.
const LIGHT: &[&str] = &["attr", "bool", "count", "d", "default", "first", "last", "length"];

/// The bytes that it takes, as if written out: what is in it twice counts twice. `None` for what is larger than
/// [`LARGEST`], or too deep.
pub(super) fn size(value: &Value) -> Option<usize> {
    let mut left = LARGEST;
    take(value, 0, &mut left)?;
    Some(LARGEST - left)
}

fn take(value: &Value, depth: usize, left: &mut usize) -> Option<()> {
    *left = left.checked_sub(EACH + value.as_bytes().map_or(0, <[u8]>::len))?;
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) {
        return Some(());
    }
    if depth == DEEPEST {
        return None;
    }
    let keyed = value.kind() == ValueKind::Map;
    for item in value.try_iter().into_iter().flatten() {
        // To look into what is only iterated would begin anew for each item.
        if keyed && let Ok(value) = value.get_item(&item) {
            take(&value, depth + 1, left)?;
        }
        take(&item, depth + 1, left)?;
    }
    Some(())
}

/// The same value with nothing in it that is yet to be made. For what has a [`size`].
pub(super) fn made(value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Invalid => Err(wrong(value.to_string())),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.map(|item| made(&item)).collect::<Result<Vec<_>, _>>().map(Value::from)
        }
        ValueKind::Map => {
            let pairs = value.try_iter()?.map(|key| Ok((made(&key)?, made(&value.get_item(&key)?)?)));
            pairs.collect::<Result<Vec<_>, Error>>().map(Value::from_pairs)
        }
        _ => Ok(value.clone()),
    }
}

/// The error of what would be larger than [`LARGEST`].
pub(super) fn too_large(what: &str) -> Error {
    wrong(format!(
        "{what} is larger than {} MiB or deeper than {DEEPEST} levels, which is all that a value may be",
        LARGEST >> 20
    ))
}

fn pay(state: &State<'_, '_>, value: &Value, what: impl Fn() -> String) -> Result<(), Error> {
    let size = size(value).ok_or_else(|| too_large(&what()))?;
    state.consume_fuel((size / FUEL_BYTES) as u64)
}

/// Calls a filter or a function, and pays for what it is given and makes.
fn bounded(
    name: &str,
    state: &mut State<'_, '_>,
    args: Rest<ValueOrKwargs>,
    call: impl FnOnce(&mut State<'_, '_>, &[Value]) -> Result<Value, Error>,
) -> Result<Value, Error> {
    let args = args.into_values();
    if LIGHT.contains(&name) {
        return call(state, &args);
    }
    for arg in &args {
        pay(state, arg, || format!("what `{name}` is given"))?;
    }
    let value = call(state, &args)?;
    pay(state, &value, || format!("what `{name}` makes"))?;
    Ok(value)
}

/// Adds a filter that pays for what it is given and makes.
pub(super) fn add_filter(
    language: &mut Environment<'static>,
    name: &'static str,
    call: impl Fn(&mut State<'_, '_>, &[Value]) -> Result<Value, Error> + Send + Sync + 'static,
) {
    language.add_filter(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        bounded(name, state, args, &call)
    });
}

/// Adds a function that pays for what it is given and makes.
pub(super) fn add_function(language: &mut Environment<'static>, name: &'static str, function: Value) {
    language.add_function(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        bounded(name, state, args, |state, args| function.call(state, args))
    });
}
