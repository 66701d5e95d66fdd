//! What a script requires of the ensembles that it works on: `guard.server` and `guard.require`.
//!
//! Looked at before anything else is done, in check mode too. Asked is the server that has the session.

use std::collections::{BTreeMap, BTreeSet};

use super::failed::Failed;
use super::sessions::{DEFAULT, Ground, Sessions};
use crate::client;
use crate::command::failed;
use crate::error::{Error, Kind};
use crate::script::expr::Scope;
use crate::script::model::{Action, Capability, Guard, Scalar, Script, ServerVersion, Slot, Step};
use crate::script::{Loaded, Span};
use crate::store::memory;
use crate::store::{Failure, Write};
use crate::wire::Code;
use crate::znode::{Acl, CreateMode, ZPath};

/// The guard of a script, and the ensembles that its steps work on.
type Wanted<'a> = (&'a Guard, BTreeSet<String>);

/// Refuses to begin where an ensemble is not what the script, or one that it includes, needs.
pub(super) async fn require(loaded: &Loaded, sessions: &Sessions, scope: &Scope) -> Result<(), Failed> {
    let script = &loaded.script;
    let mut wanted = Vec::new();
    let on = script.defaults.as_ref().and_then(|defaults| defaults.on.as_ref());
    let cluster = on.map_or(DEFAULT, |name| &name.text);
    let used = of_script(script, cluster, loaded, &mut wanted);
    let own = script.guard.as_ref().map(|guard| (guard, used, Some(scope)));
    let mut servers = BTreeMap::new();
    for (guard, clusters, scope) in
        own.into_iter().chain(wanted.into_iter().map(|(guard, used)| (guard, used, None)))
    {
        if guard.server.is_none() && guard.require.is_empty() {
            continue;
        }
        for cluster in clusters {
            if !servers.contains_key(&cluster) {
                servers.insert(cluster.clone(), Server::of(sessions.ground(&cluster).await?).await);
            }
            if let Some(server) = servers.get(&cluster) {
                server.satisfies(guard, scope).await?;
            }
        }
    }
    Ok(())
}

/// The ensembles that a script works on whose steps are on `cluster` unless they say else. What is included
/// goes into `wanted`, with what it wants.
fn of_script<'a>(
    script: &'a Script,
    cluster: &str,
    loaded: &'a Loaded,
    wanted: &mut Vec<Wanted<'a>>,
) -> BTreeSet<String> {
    let mut used = BTreeSet::from([cluster.to_owned()]);
    of_steps(script.steps(), cluster, loaded, &mut used, wanted);
    of_steps(script.finally(), cluster, loaded, &mut used, wanted);
    used
}

fn of_steps<'a>(
    steps: &'a [Step],
    cluster: &str,
    loaded: &'a Loaded,
    used: &mut BTreeSet<String>,
    wanted: &mut Vec<Wanted<'a>>,
) {
    for step in steps {
        let on = step.with.on.as_ref().map_or(cluster, |on| &on.text);
        match &step.action {
            Action::Include(include) => {
                let Some(script) = loaded.include(include) else { continue };
                let theirs = of_script(script, on, loaded, wanted);
                used.extend(theirs.iter().cloned());
                wanted.extend(script.guard.as_ref().map(|guard| (guard, theirs)));
            }
            Action::Do(_) | Action::Parallel(_) | Action::Let(_) | Action::Print(_) | Action::Fail(_) => {}
            Action::Stop(_) | Action::Sleep(_) | Action::Confirm(_) | Action::Shell(_) => {}
            _ => {
                used.insert(on.to_owned());
            }
        }
        for inner in step.action.inner() {
            of_steps(inner, on, loaded, used, wanted);
        }
    }
}

/// The value of a slot. Without a scope it is that of an included script, whose variables have no values
/// before it is run.
async fn value<T: Scalar>(slot: &Slot<T>, scope: Option<&Scope>) -> Result<T, Failed> {
    match (slot.known(), scope) {
        (Some(value), _) => Ok(value.clone()),
        (None, Some(scope)) => Ok(slot.get(scope).await?),
        (None, None) => {
            let what = "what an included script requires of servers is looked at before anything runs";
            Err(refused(Some(slot.span), Error::new(Kind::Config, what).hint("write it without `${ }`")))
        }
    }
}

fn refused(span: Option<Span>, error: Error) -> Failed {
    Failed { span, ..Failed::from(error) }
}

/// A server, and what it tells of itself.
struct Server {
    ground: Ground,
    /// For people.
    name: String,
    /// Or why it is not known.
    version: Result<Vec<u32>, String>,
}

impl Server {
    async fn of(ground: Ground) -> Self {
        if ground.memory {
            return Self {
                ground,
                name: "the ensemble in memory".into(),
                version: Ok(memory::VERSION.into()),
            };
        }
        let name = ground.store.session().server;
        let version = client::version(&name, ground.patience).await;
        Self { ground, name, version }
    }

    /// With its version where that is known, for people.
    fn called(&self) -> String {
        match &self.version {
            Ok(version) => format!("{} (ZooKeeper {})", self.name, dotted(version)),
            Err(_) => self.name.clone(),
        }
    }

    async fn satisfies(&self, guard: &Guard, scope: Option<&Scope>) -> Result<(), Failed> {
        if let Some(slot) = &guard.server {
            let wanted: ServerVersion = value(slot, scope).await?;
            match &self.version {
                Ok(version) if wanted.allows(version) => {}
                Ok(version) => {
                    let (name, version) = (&self.name, dotted(version));
                    let what =
                        format!("{name} is ZooKeeper {version}, and `guard.server` wants {}", wanted.text);
                    return Err(refused(Some(slot.span), Error::new(Kind::Refused, what)));
                }
                Err(why) => {
                    return Err(self.untold(slot.span, &format!("`guard.server: {}`", wanted.text), why));
                }
            }
        }
        for slot in &guard.require {
            let capability: Capability = value(slot, scope).await?;
            if !self.can(capability, slot.span).await? {
                let (word, has) = (capability.word(), has(capability));
                let what = format!("{} lacks {word}, which `guard.require` wants", self.called());
                let error = Error::new(Kind::Refused, what).hint(format!("{word} needs {has}"));
                return Err(refused(Some(slot.span), error));
            }
        }
        Ok(())
    }

    async fn can(&self, capability: Capability, span: Span) -> Result<bool, Failed> {
        let new_enough = match &self.version {
            Ok(version) => Some(since(capability).iter().any(|since| since.allows(version))),
            Err(_) => None,
        };
        match (capability, new_enough, &self.version) {
            (Capability::Reconfig, ..) if self.ground.memory => Ok(false),
            (Capability::Ttl, Some(true) | None, _) => self.makes(CreateMode::Ttl(1), span).await,
            (Capability::Container, None, _) => self.makes(CreateMode::Container, span).await,
            (_, Some(enough), _) => Ok(enough),
            (_, None, Err(why)) => {
                Err(self.untold(span, &format!("`guard.require: [{}]`", capability.word()), why))
            }
            (_, None, Ok(_)) => Ok(false),
        }
    }

    /// Whether it makes znodes of this kind: it is asked for one where none can be, and refuses the place
    /// only if it knows the kind.
    async fn makes(&self, mode: CreateMode, span: Span) -> Result<bool, Failed> {
        let path = format!("/zkx-{:016x}/probe", fastrand::u64(..));
        let write = Write::Create { path, data: None, acl: vec![Acl::open()], mode };
        match self.ground.store.write(write).await {
            Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => Ok(true),
            Err(Failure::Unsupported { .. }) => Ok(false),
            Err(Failure::ReadOnly) => {
                let what = "what a server makes cannot be found out where nothing may be written";
                let error = Error::usage(what)
                    .hint("leave out `read_only` and --read-only, or take it out of `guard.require`");
                Err(refused(Some(span), error))
            }
            Err(failure) => {
                Err(refused(Some(span), failed(failure, "find out what is made below", &ZPath::root())))
            }
        }
    }

    /// The version is needed, and not known.
    fn untold(&self, span: Span, what: &str, why: &str) -> Failed {
        let text =
            format!("{what} cannot be looked at, because {} does not tell its version: {why}", self.name);
        let error = Error::new(Kind::Refused, text)
            .hint("let the server answer `srvr` (4lw.commands.whitelist=srvr), or take it out of `guard`");
        refused(Some(span), error)
    }
}

fn dotted(version: &[u32]) -> String {
    version.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

/// The versions that have a capability, unless it is switched off: one of these holds.
fn since(capability: Capability) -> Vec<ServerVersion> {
    let texts: &[&str] = match capability {
        Capability::Container => &[">=3.5.1"],
        Capability::Ttl => &[">=3.5.3"],
        // ZOOKEEPER-4026
        Capability::Create2Multi => &[">=3.7.2,<3.8", ">=3.8.2"],
        Capability::PersistentWatch => &[">=3.6"],
        Capability::Reconfig => &[">=3.5"],
    };
    texts.iter().filter_map(|text| ServerVersion::read(text).ok()).collect()
}

/// The same in words.
fn has(capability: Capability) -> &'static str {
    match capability {
        Capability::Container => "a server from 3.5.1 on",
        Capability::Ttl => "a server from 3.5.3 on, with zookeeper.extendedTypesEnabled=true",
        Capability::Create2Multi => "3.7.2, 3.8.2, or a server from 3.9 on",
        Capability::PersistentWatch => "a server from 3.6 on",
        Capability::Reconfig => "a real ensemble from 3.5 on",
    }
}
