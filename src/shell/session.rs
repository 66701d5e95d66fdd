//! The session of the shell: opened, closed, exchanged, and looked at.

use std::io;
use std::sync::{Arc, PoisonError};

use super::{Connection, GOODBYE, Shell};
use crate::cli::Source;
use crate::client::Auth;
use crate::error::{Error, Kind, Result};
use crate::run;
use crate::store::{Link, Read, Store, read_one};
use crate::view::{Identity, Note, SessionView, View};
use crate::znode::ZPath;

/// Ephemerals looked for below, when somebody leaves, at most so many are named.
const NAMED: usize = 20;

impl Shell<'_> {
    /// Opens a session, in place of the one in use.
    pub(super) async fn open(&mut self, source: Source) -> Result<()> {
        let opened = tokio::select! {
            store = run::open(&source, &self.globals) => store?,
            kind = self.interrupts.next() => return Err(Error::new(kind, String::new())),
        };
        self.close().await;
        self.use_store(Some(Arc::clone(&opened)));
        self.connection = Some(Connection { store: opened, source, attending: None });
        self.attend();
        Ok(())
    }

    fn use_store(&self, store: Option<Arc<dyn Store>>) {
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = store;
        if let Some(lookup) = &self.lookup {
            lookup.clear();
        }
    }

    /// Ends the session in use, if there is one.
    pub(super) async fn close(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // What it says of its own end is no news.
        if let Some(attending) = &connection.attending {
            attending.abort();
        }
        self.farewell(&connection).await;
        self.watches.remove(|_| true);
        self.use_store(None);
        if tokio::time::timeout(GOODBYE, connection.store.close()).await != Ok(true) {
            let text = "the server did not confirm the end of the session: its ephemerals go when it expires";
            self.note(&Note::Warning(text.to_owned()));
        }
        *self.here.lock().unwrap_or_else(PoisonError::into_inner) = ZPath::root();
        self.before = None;
        if self.transaction.take().is_some_and(|singles| !singles.is_empty()) {
            self.note(&Note::Warning("the transaction was not committed, and is forgotten".into()));
        }
    }

    /// Says which ephemerals go with the session.
    async fn farewell(&self, connection: &Connection) {
        if self.editor.is_none() || connection.store.session().link != Link::Connected {
            return;
        }
        let Ok(Ok(paths)) = tokio::time::timeout(GOODBYE, connection.store.ephemerals()).await else {
            return;
        };
        if paths.is_empty() {
            return;
        }
        let named: Vec<_> = paths.iter().take(NAMED).map(String::as_str).collect();
        let more = match paths.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.inform(format!("with this session go {}{more}", named.join(", ")));
    }

    /// Asks for the credentials of a scheme, without showing them.
    pub(super) async fn ask_secret(&self, scheme: &str) -> Result<String> {
        match self.asker().secret(format!("{scheme} credentials, like USER:PASSWORD: ")).await {
            Some(Ok(secret)) => Ok(secret),
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {
                Err(Error::new(Kind::Interrupted, String::new()))
            }
            Some(Err(error)) => Err(Error::new(Kind::Io, "cannot ask for credentials").because(error)),
            None => Err(Error::usage("no credentials are given, and there is no terminal to ask on")),
        }
    }

    /// Adds an identity, for this session and those that follow.
    pub(super) async fn authenticate(&mut self, scheme: String, secret: String) -> Result<()> {
        let auth = Auth { scheme, secret: secret.into_bytes().into() };
        self.store()?.authenticate(auth.clone()).await.map_err(|failure| {
            Error::new(Kind::Auth, format!("the credentials were not taken: {failure}"))
                .hint("the server ends such a session: `connect` opens another")
        })?;
        self.globals.auth.push(auth);
        Ok(())
    }

    /// What there is to say of the session.
    pub(super) async fn describe(&self) -> Result<View> {
        let store = self.store()?;
        let session = store.session();
        let source =
            self.connection.as_ref().map(|connection| connection.source.to_string()).unwrap_or_default();
        Ok(View::Session(Box::new(SessionView {
            servers: source,
            server: session.server.clone(),
            state: match session.link {
                Link::Connected if session.read_only => "read-only",
                Link::Connected => "connected",
                Link::Lost => "lost",
                Link::Expired => "expired",
                Link::Closed => "closed",
            },
            id: session.id,
            timeout: session.timeout.as_millis() as u64,
            last_zxid: session.last_zxid,
            identities: store
                .identities()
                .await
                .ok()
                .map(|list| list.into_iter().map(|(scheme, user)| Identity { scheme, user }).collect()),
            ephemerals: store.ephemerals().await.ok(),
            watches: self.watches.list().len(),
        })))
    }

    /// The current znode must be there.
    pub(super) async fn enter(&mut self, path: ZPath) -> Result<()> {
        let store = self.store()?;
        match read_one(&*store, Read::Stat(path.to_string())).await {
            Ok(_) => {
                self.go(path);
                Ok(())
            }
            Err(failure) => Err(Error::new(Kind::Refused, format!("cannot go to {path}: {failure}"))),
        }
    }
}
