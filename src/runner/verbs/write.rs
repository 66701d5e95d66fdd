//! `create`, `set`, `ensure`, `acl`.

use bytes::Bytes;

use super::{At, Done, acl_value, data, missing, stat};
use crate::recipe::declared::{same, same_acl};
use crate::runner::failed::Failed;
use crate::script::expr::{Scope, Value};
use crate::script::model::{AclVerb, Create, Ensure, Exists, Mode, ModeSpec, Protect, Set, State};
use crate::store::{Failure, Write, Written};
use crate::walk::{Options, Walk};
use crate::wire::Code;
use crate::znode::text::count;
use crate::znode::{Acl, CreateMode, Perms, ZPath};

/// What a `create` of a script is to write.
pub(super) async fn write_of(at: &At<'_, '_>, create: &Create, scope: &Scope) -> Result<Write, Failed> {
    let path = create.path.get(scope).await?.0;
    let sequential = create.sequential.get(scope).await?;
    let mode = match (&create.mode, sequential) {
        (Some(ModeSpec::Ttl(slot)), sequential) => {
            let ttl = i64::try_from(slot.get(scope).await?.as_millis()).unwrap_or(i64::MAX);
            if sequential { CreateMode::TtlSequential(ttl) } else { CreateMode::Ttl(ttl) }
        }
        (Some(ModeSpec::Word(slot)), sequential) => match (slot.get(scope).await?, sequential) {
            (Mode::Persistent, false) => CreateMode::Persistent,
            (Mode::Persistent, true) => CreateMode::PersistentSequential,
            (Mode::Ephemeral, false) => CreateMode::Ephemeral,
            (Mode::Ephemeral, true) => CreateMode::EphemeralSequential,
            (Mode::Container, false) => CreateMode::Container,
            (Mode::Container, true) => return Err(Failed::usage("a container has no number")),
        },
        (None, true) => CreateMode::PersistentSequential,
        (None, false) => CreateMode::Persistent,
    };
    let protect = match create.protect.get(scope).await? {
        Protect::Auto => mode == CreateMode::EphemeralSequential,
        Protect::Yes => mode.is_sequential(),
        Protect::No => false,
    };
    let path = match (protect, path.as_str().rsplit_once('/')) {
        (true, Some((parent, name))) => {
            format!("{parent}/_c_{:032x}-{name}", fastrand::u128(..))
        }
        _ => path.to_string(),
    };
    let acl = match &create.acl {
        Some(list) => list.get(scope).await?,
        None => at.default_acl(scope).await?,
    };
    let data = data::bytes(at, &create.data, scope).await?.unwrap_or_else(|| Some(Bytes::new()));
    Ok(Write::Create { path, data, acl, mode })
}

pub(super) async fn create(at: &At<'_, '_>, create: &Create, scope: &Scope) -> Result<Done, Failed> {
    let write = write_of(at, create, scope).await?;
    let path = ZPath::from_server(write.path());
    if create.parents.get(scope).await? {
        at.parents(&path).await?;
    }
    let failure = match at.store.write(write.clone()).await {
        Ok(written) => {
            let made = ZPath::from_server(written.path.clone());
            return Ok(Done::said(made.to_string())
                .changed()
                .field("path", made.as_str())
                .field("created", true)
                .field("stat", written_stat(at, &written, &made).await));
        }
        Err(failure) => failure,
    };
    let exists = create.exists.get(scope).await?;
    if failure != Failure::Refused(Code::NODE_EXISTS) || exists == Exists::Fail {
        return Err(Failed::of(failure, "create", &path));
    }
    let Write::Create { data, acl, .. } = write else { return Err(Failed::usage("no create")) };
    let there = |node: &crate::znode::Stat| {
        Done::said(format!("{path}: exists"))
            .field("path", path.as_str())
            .field("created", false)
            .field("stat", stat(Some(node)))
    };
    let Some((old, node)) = at.data(&path).await? else { return Err(missing("create", &path)) };
    let (list, _) = at.acl(&path).await?.unwrap_or_default();
    match exists {
        Exists::Same if old != data || !same_acl(&acl, &list) => {
            Err(Failed::conflict(&path, format!("{path} exists already, and is other")))
        }
        Exists::Replace if old != data || !same_acl(&acl, &list) => {
            if old != data {
                let write = Write::Set { path: path.to_string(), data, version: Some(node.version) };
                at.store.write(write).await.map_err(|failure| Failed::of(failure, "set", &path))?;
            }
            if !same_acl(&acl, &list) {
                let write = Write::SetAcl { path: path.to_string(), acl, version: None };
                at.store
                    .write(write)
                    .await
                    .map_err(|failure| Failed::of(failure, "set the ACL of", &path))?;
            }
            Ok(Done { words: format!("{path}: replaced"), ..there(&node).changed() })
        }
        _ => Ok(there(&node)),
    }
}

async fn written_stat(at: &At<'_, '_>, written: &Written, path: &ZPath) -> Value {
    match written.stat {
        Some(node) => stat(Some(&node)),
        None if !at.runner.is_told(at.step) => Value::UNDEFINED,
        None => stat(crate::store::stat(&*at.store, path).await.ok().flatten().as_ref()),
    }
}

pub(super) async fn set(at: &At<'_, '_>, set: &Set, scope: &Scope) -> Result<Done, Failed> {
    let path = set.path.get(scope).await?;
    let Some(new) = data::bytes(at, &set.data, scope).await? else {
        return Err(Failed::usage(format!("`set` of {path} says no data")));
    };
    let mut version = set.version.get(scope).await?.0;
    let Some((old, node)) = at.data(&path).await? else {
        if !set.create.get(scope).await? {
            return Err(missing("set", &path));
        }
        let (acl, mode) = (at.default_acl(scope).await?, CreateMode::Persistent);
        let write = Write::Create { path: path.to_string(), data: new, acl, mode };
        let written = at.store.write(write).await.map_err(|failure| Failed::of(failure, "create", &path))?;
        let node = written_stat(at, &written, &path).await;
        return Ok(Done::said(format!("{path}: created")).changed().field("stat", node));
    };
    if let Some(expect) = &set.expect {
        if let Some(slot) = &expect.version {
            version = Some(slot.get(scope).await?);
        }
        if let Some(slot) = &expect.data {
            let expected = slot.get(scope).await?;
            if old.as_deref() != Some(expected.as_bytes()) {
                return Err(Failed::conflict(&path, format!("{path} does not have the expected data")));
            }
            version.get_or_insert(node.version);
        }
        if let Some(slot) = &expect.mzxid
            && slot.get(scope).await? != node.mzxid
        {
            return Err(Failed::conflict(
                &path,
                format!("{path} was changed by another transaction: {:#x}", node.mzxid),
            ));
        }
    }
    if let Some(expected) = version.filter(|expected| *expected != node.version) {
        let what = format!("{path} has data version {}, not {expected} (BadVersion)", node.version);
        return Err(Failed { code: "BadVersion", ..Failed::conflict(&path, what) });
    }
    let previous = Value::from_pairs([
        (
            "text",
            old.as_deref()
                .and_then(|data| std::str::from_utf8(data).ok())
                .map_or_else(|| Value::from(()), Value::from),
        ),
        ("version", Value::from(node.version)),
    ]);
    let compare = data::compare(&set.data, scope).await?;
    if set.if_changed.get(scope).await? && same(new.as_deref(), old.as_deref(), compare) {
        let done = Done::said(format!("{path}: data version {}", node.version));
        return Ok(done.field("stat", stat(Some(&node))).field("previous", previous));
    }
    let write = Write::Set { path: path.to_string(), data: new, version };
    let written = at.store.write(write).await.map_err(|failure| Failed::of(failure, "set", &path))?;
    let now = written.stat.map_or(node.version + 1, |stat| stat.version);
    Ok(Done::said(format!("{path}: data version {} → {now}", node.version))
        .changed()
        .field("stat", written_stat(at, &written, &path).await)
        .field("previous", previous))
}

pub(super) async fn ensure(at: &At<'_, '_>, ensure: &Ensure, scope: &Scope) -> Result<Done, Failed> {
    let path = ensure.path.get(scope).await?;
    if ensure.state.get(scope).await? == State::Absent {
        let recursive = ensure.recursive.get(scope).await?;
        let gone = super::delete::below(at, &path, recursive, None, true).await?;
        let words = if gone.is_empty() {
            "was absent".into()
        } else {
            format!("{} deleted", count(gone.len(), "znode"))
        };
        return Ok(Done::said(format!("{path}: {words}")));
    }
    let new = data::bytes(at, &ensure.data, scope).await?;
    let acl = match &ensure.acl {
        Some(list) => Some(list.get(scope).await?),
        None => None,
    };
    let Some((old, node)) = at.data(&path).await? else {
        if ensure.parents.get(scope).await? {
            at.parents(&path).await?;
        }
        let acl = match acl {
            Some(acl) => acl,
            None => at.default_acl(scope).await?,
        };
        let data = new.unwrap_or_else(|| Some(Bytes::new()));
        let write = Write::Create { path: path.to_string(), data, acl, mode: CreateMode::Persistent };
        let written = at.store.write(write).await.map_err(|failure| Failed::of(failure, "create", &path))?;
        return Ok(Done::said(format!("{path}: created"))
            .changed()
            .field("stat", written_stat(at, &written, &path).await));
    };
    if acl.is_some() {
        at.alone().map_err(|failure| Failed::of(failure, "write", &path))?;
    }
    let mut words = Vec::new();
    let compare = data::compare(&ensure.data, scope).await?;
    if let Some(new) = new.filter(|new| !same(new.as_deref(), old.as_deref(), compare)) {
        let write = Write::Set { path: path.to_string(), data: new, version: Some(node.version) };
        let written = at.store.write(write).await.map_err(|failure| Failed::of(failure, "set", &path))?;
        let now = written.stat.map_or(node.version + 1, |stat| stat.version);
        words.push(format!("data version {} → {now}", node.version));
    }
    if let Some(acl) = acl
        && let Some((list, node)) = at.acl(&path).await?
        && !same_acl(&acl, &list)
    {
        let write = Write::SetAcl { path: path.to_string(), acl, version: Some(node.aversion) };
        at.store.write(write).await.map_err(|failure| Failed::of(failure, "set the ACL of", &path))?;
        words.push("ACL set".into());
    }
    let unchanged = words.is_empty();
    let words = if unchanged { "as it is to be".to_owned() } else { words.join(", ") };
    let now = crate::store::stat(&*at.store, &path).await.ok().flatten();
    Ok(Done { changed: !unchanged, ..Done::said(format!("{path}: {words}")) }
        .field("stat", stat(now.as_ref())))
}

pub(super) async fn acl(at: &At<'_, '_>, verb: &AclVerb, scope: &Scope) -> Result<Done, Failed> {
    let path = verb.path.get(scope).await?;
    let lockout = verb.allow_lockout.get(scope).await?;
    let version = verb.version.get(scope).await?.0;
    let list = match (&verb.set, &verb.add, &verb.remove) {
        (Some(list), ..) | (_, Some(list), _) | (_, _, Some(list)) => list.get(scope).await?,
        _ => Vec::new(),
    };
    let mut paths = vec![path.clone()];
    if verb.recursive.get(scope).await? {
        paths = subtree(at, &path).await?;
    }
    let (mut previous, mut set, mut last) = (None, Vec::new(), Vec::new());
    for each in paths {
        let Some((old, node)) = at.acl(&each).await? else {
            if each == path {
                return Err(missing("set the ACL of", &path));
            }
            continue;
        };
        let who = |acl: &Acl| (acl.scheme.clone(), acl.id.clone());
        let new: Vec<Acl> = if verb.set.is_some() {
            list.clone()
        } else {
            let others = old.iter().filter(|acl| !list.iter().any(|own| who(own) == who(acl))).cloned();
            if verb.add.is_some() { others.chain(list.iter().cloned()).collect() } else { others.collect() }
        };
        if new.is_empty() {
            return Err(Failed::usage(format!(
                "the ACL of {each} would be empty: nobody could use it again"
            )));
        }
        if !lockout && !new.iter().any(|acl| acl.perms.contains(Perms::ADMIN)) {
            let what = format!(
                "nobody could change the ACL of {each} again: `allow_lockout: true` if that is meant"
            );
            return Err(Failed::usage(what));
        }
        if each == path {
            previous = Some(acl_value(&old));
            last.clone_from(&new);
        }
        if same_acl(&new, &old) {
            continue;
        }
        let expected = if each == path { version.or(Some(node.aversion)) } else { Some(node.aversion) };
        let write = Write::SetAcl { path: each.to_string(), acl: new, version: expected };
        at.store.write(write).await.map_err(|failure| Failed::of(failure, "set the ACL of", &each))?;
        set.push(Value::from(each.as_str()));
    }
    let words = match set.len() {
        0 => "as it is to be".to_owned(),
        1 => "ACL set".to_owned(),
        more => format!("ACL set on {}", count(more, "znode")),
    };
    Ok(Done { changed: !set.is_empty(), ..Done::said(format!("{path}: {words}")) }
        .field("previous", previous.unwrap_or_default())
        .field("acl", acl_value(&last))
        .field("paths", Value::from(set)))
}

/// A znode and all below it, from below.
pub(super) async fn subtree(at: &At<'_, '_>, path: &ZPath) -> Result<Vec<ZPath>, Failed> {
    let mut walk = Walk::new(&*at.store, Options { post: true, ..Options::new(path.clone()) });
    let mut paths = Vec::new();
    while let Some(visits) = walk.next().await.map_err(|failure| Failed::of(failure, "list", path))? {
        paths.extend(visits.into_iter().map(|visit| visit.path));
    }
    Ok(paths)
}
