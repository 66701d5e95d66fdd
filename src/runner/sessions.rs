//! The ensembles that a script works on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::failed::Failed;
use super::gather::Member;
use super::replay::Replay;
use crate::cli::profile::Origin;
use crate::cli::{Globals, Source};
use crate::client::{Auth, ConnectString};
use crate::error::{Error, Kind, Result};
use crate::run;
use crate::script::expr::{Answer, Live, Question, Scope, What};
use crate::script::model::{AuthSpec, Connect, Script};
use crate::store::memory::Rules;
use crate::store::overlay::Overlay;
use crate::store::{Failure, Found, Read, Store, read_one};
use crate::wire::Code;

/// The name of the ensemble that steps work on that say nothing else.
pub(super) const DEFAULT: &str = "default";

/// An ensemble, before it is asked anything.
#[derive(Clone)]
struct Named {
    source: Source,
    globals: Globals,
    /// A scratch copy of another one.
    over: Option<String>,
}

/// An ensemble that was opened.
#[derive(Clone)]
struct Open {
    /// What steps work on.
    store: Arc<dyn Store>,
    /// What is below all overlays.
    ground: Arc<dyn Store>,
}

/// An ensemble without what check mode and `overlay:` put over it.
pub(super) struct Ground {
    pub(super) store: Arc<dyn Store>,
    /// It is in memory, and so of zkx's own making.
    pub(super) memory: bool,
    /// How long to wait for a connection to it.
    pub(super) patience: Duration,
}

/// The ensembles, each opened when it is first needed.
pub(super) struct Sessions {
    named: HashMap<String, Named>,
    open: Mutex<HashMap<String, Open>>,
    opening: tokio::sync::Mutex<()>,
    /// The overlays of check mode, by what they are over.
    overlays: Mutex<HashMap<String, Arc<Overlay>>>,
    /// Nothing is written: there is an overlay over each.
    check: bool,
}

/// Whether the line, or from `least` on something weaker, says which servers are meant, which counts more than
/// the script.
fn is_given(globals: &Globals, least: Origin) -> bool {
    let given = globals.configuration.as_ref().map(|configuration| &configuration.given);
    given.is_some_and(|given| given.origin("server") >= least || given.origin("profile") >= least)
}

impl Sessions {
    /// Those that a script names, and what the command line says of the default one.
    pub(super) async fn new(
        script: &Script,
        globals: &Globals,
        scope: &Scope,
        directory: &Path,
        check: bool,
    ) -> Result<Self, Failed> {
        let mut named = HashMap::new();
        let single = script.connect.iter().map(|connect| (DEFAULT, connect));
        let several = script.clusters.iter().map(|(name, connect)| (name.text.as_str(), connect));
        for (name, connect) in single.chain(several) {
            if name == DEFAULT && is_given(globals, Origin::File) {
                // A variable that is set must not make of a test in memory a change of the real thing.
                if !is_given(globals, Origin::Line)
                    && let Ok(own) = settle(connect, globals, scope, directory).await
                    && matches!(own.source, Source::Memory(_))
                {
                    named.insert(name.to_owned(), own);
                }
                continue;
            }
            named.insert(name.to_owned(), settle(connect, globals, scope, directory).await?);
        }
        named.entry(DEFAULT.to_owned()).or_insert_with(|| Named {
            source: globals.server.clone(),
            globals: globals.clone(),
            over: None,
        });
        Ok(Self {
            named,
            open: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            overlays: Mutex::default(),
            check,
        })
    }

    /// Whether the default one outlives this process, so that a journal of it is of use.
    pub(super) fn lasts(&self) -> bool {
        self.named
            .get(DEFAULT)
            .is_some_and(|named| matches!(named.source, Source::Live(_)) && named.over.is_none())
    }

    /// What the default one is, for people.
    pub(super) fn shown(&self) -> String {
        self.named.get(DEFAULT).map(|named| named.source.to_string()).unwrap_or_default()
    }

    /// Whether the default one is what was [shown](Self::shown) so.
    pub(super) fn are_on(&self, shown: &str) -> bool {
        match (self.named.get(DEFAULT).map(|named| &named.source), Source::parse(shown)) {
            (Some(Source::Live(servers)), Ok(Source::Live(then))) => identity(servers) == identity(&then),
            _ => self.shown() == shown,
        }
    }

    /// The store of an ensemble, opened if it is not yet.
    pub(super) async fn store(&self, name: &str) -> Result<Arc<dyn Store>> {
        Ok(self.opened(name).await?.store)
    }

    /// An ensemble itself, opened if it is not yet.
    pub(super) async fn ground(&self, name: &str) -> Result<Ground> {
        let store = self.opened(name).await?.ground;
        let mut named = self.named.get(name);
        while let Some(below) = named.and_then(|named| named.over.as_ref()) {
            named = self.named.get(below);
        }
        let memory = named.is_some_and(|named| !matches!(named.source, Source::Live(_)));
        let patience = named.map(|named| named.globals.connect_timeout).unwrap_or_default();
        Ok(Ground { store, memory, patience })
    }

    fn opened<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Open>> {
        Box::pin(async move {
            if let Some(open) = self.known(name) {
                return Ok(open);
            }
            let Some(named) = self.named.get(name) else {
                return Err(Error::new(Kind::Config, format!("there is no cluster `{name}`")));
            };
            let (below, ground) = match &named.over {
                Some(below) => {
                    let open = self.opened(below).await?;
                    (open.store, open.ground)
                }
                None => {
                    let _one = self.opening.lock().await;
                    if let Some(open) = self.known(name) {
                        return Ok(open);
                    }
                    let store = run::open(&named.source, &named.globals).await?;
                    (Arc::clone(&store), store)
                }
            };
            let store: Arc<dyn Store> = if self.check || named.over.is_some() {
                let overlay = self.overlay(named, below);
                if let Err(failure) = overlay.identify(&named.globals.auth) {
                    // That of another ensemble is somebody else's to end.
                    if named.over.is_none() {
                        ground.close().await;
                    }
                    return Err(Error::new(Kind::Auth, failure.to_string()));
                }
                overlay
            } else {
                below
            };
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(open.entry(name.to_owned()).or_insert(Open { store, ground }).clone())
        })
    }

    /// An overlay for somebody: for several who work on the same znodes of the same servers, one and the same.
    fn overlay(&self, named: &Named, below: Arc<dyn Store>) -> Arc<Overlay> {
        let new = |below| Arc::new(Overlay::new(below, Rules::default()));
        let (Source::Live(servers), None) = (&named.source, &named.over) else { return new(below) };
        let what = identity(servers);
        let mut overlays = self.overlays.lock().unwrap_or_else(PoisonError::into_inner);
        match overlays.get(&what) {
            Some(overlay) => Arc::new(overlay.beside(below)),
            None => Arc::clone(overlays.entry(what).or_insert_with(|| new(below))),
        }
    }

    fn known(&self, name: &str) -> Option<Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Ends all sessions.
    pub(super) async fn close(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for open in open.into_values() {
            open.store.close().await;
        }
    }
}

/// What znodes are the same by: servers, in whichever order, and the chroot.
fn identity(servers: &ConnectString) -> String {
    let mut hosts: Vec<_> = servers.hosts.iter().map(|host| host.to_string().to_lowercase()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    format!("{}{}", hosts.join(","), servers.chroot)
}

/// From what a script says of an ensemble to the options that open it.
async fn settle(
    connect: &Connect,
    globals: &Globals,
    scope: &Scope,
    directory: &Path,
) -> Result<Named, Failed> {
    let wrong = |message: String| Failed::from(Error::new(Kind::Config, message));
    let mut globals = globals.clone();
    if let Some(context) = &connect.context {
        let name = context.get(scope).await?;
        let configuration = globals.configuration.clone();
        let configuration = configuration.ok_or_else(|| wrong("there is no configuration file".into()))?;
        globals = configuration.settle(Some(&name))?.globals;
    }
    globals.session_timeout = connect.session_timeout.get(scope).await?;
    globals.connect_timeout = connect.connect_timeout.get(scope).await?;
    globals.read_only |= connect.read_only.get(scope).await?;
    if connect.tls.is_some() {
        return Err(wrong("this zkx has no TLS yet".into()));
    }
    for auth in &connect.auth {
        match auth {
            AuthSpec::Scheme(scheme, secret) => {
                let secret = secret.get(scope).await?.into();
                globals.auth.push(Auth { scheme: scheme.text.clone(), secret });
            }
            AuthSpec::Sasl(_) => return Err(wrong("this zkx has no SASL yet".into())),
        }
    }
    let Some(hosts) = &connect.hosts else {
        return Ok(Named { source: globals.server.clone(), globals, over: None });
    };
    let mut text = Vec::new();
    for host in &hosts.0 {
        text.push(host.get(scope).await?);
    }
    let mut text = text.join(",");
    if let Some(chroot) = &connect.chroot {
        text.push_str(chroot.get(scope).await?.as_str());
    }
    if let Some(below) = text.strip_prefix("overlay:") {
        return Ok(Named { source: Source::Memory(None), over: Some(below.to_owned()), globals });
    }
    if text.starts_with("snapshot:") {
        return Err(wrong("this zkx cannot read the files of a dead server yet".into()));
    }
    let source = match text.strip_prefix("mem:").filter(|file| !file.is_empty()) {
        Some(file) => Source::Memory(Some(PathBuf::from(directory).join(file))),
        None => Source::parse(&text).map_err(wrong)?,
    };
    Ok(Named { source, globals, over: None })
}

/// Answers the expressions of a step.
pub(super) struct LookUps {
    pub(super) sessions: Arc<Sessions>,
    pub(super) cluster: String,
    /// What an earlier run has done of the step already.
    pub(super) replay: Option<Arc<Replay>>,
    /// The step is taken together with others.
    pub(super) member: Option<Arc<Member>>,
}

impl Live for LookUps {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Answer>> {
        Box::pin(async move {
            let cluster = question.cluster.as_deref().unwrap_or(&self.cluster);
            let store = self.sessions.store(cluster).await?;
            let path = question.path.to_string();
            let (read, verb) = match question.what {
                What::Stat => (Read::Stat(path), "look at"),
                What::Data => (Read::Data(path), "get"),
                What::Children => (Read::Children(path), "list"),
            };
            if let Some(member) = &self.member {
                member.reads(&read);
            }
            let found = match &self.replay {
                None => read_one(&*store, read).await,
                Some(replay) => {
                    let reads = vec![read];
                    store.read(reads.clone()).await.and_then(|mut answers| {
                        replay.veil(&reads, &mut answers);
                        let answer = answers.pop().unwrap_or(Err(Code::NO_NODE));
                        answer.map_err(Failure::Refused)
                    })
                }
            };
            match found {
                Ok(Found::Data(data, _)) => Ok(Answer::Data(data)),
                Ok(Found::Children(names)) => Ok(Answer::Children(names.iter().map(str::to_owned).collect())),
                Ok(found) => Ok(Answer::Stat(found.stat().copied().unwrap_or_default())),
                Err(Failure::Refused(Code::NO_NODE)) => Ok(Answer::Absent),
                Err(failure) => Err(crate::command::failed(failure, verb, &question.path)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectString, identity};

    #[test]
    fn ensembles_are_told_by_servers_and_chroot() {
        let of = |text: &str| identity(&ConnectString::parse(text).unwrap());
        for same in ["h1:2181,h2:2181/c", "h2,h1/c", "H1,h2,h1:2181/c/"] {
            assert_eq!(of(same), of("h1,h2/c"), "{same}");
        }
        for other in ["h1/c", "h1,h2", "h1,h2/d", "h1,h2:2182/c", "h1,h2,h3/c"] {
            assert_ne!(of(other), of("h1,h2/c"), "{other}");
        }
    }
}
