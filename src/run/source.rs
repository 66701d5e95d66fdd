//! From what `--server` names to a store.

use std::sync::Arc;

use crate::cli::{Globals, Source};
use crate::client::{Config, ConnectString, OpenError};
use crate::error::{Error, Kind, Result};
use crate::store::live::Live;
use crate::store::memory::{Ensemble, Rules};
use crate::store::{ReadOnly, Store};

/// The store that is named so.
pub async fn open(source: &Source, globals: &Globals) -> Result<Arc<dyn Store>> {
    let rules = Rules::default();
    let ensemble = match source {
        Source::Live(servers) => return live(servers, globals).await,
        Source::Memory(None) => Ensemble::new(rules),
        Source::Memory(Some(file)) => Ensemble::from_file(rules, file)?,
        Source::Sandbox => Ensemble::seeded(rules, include_str!("../sandbox.yaml")).map_err(Error::bug)?,
    };
    let memory = ensemble.store(globals.max_request);
    memory.identify(&globals.auth).map_err(|error| Error::new(Kind::Auth, error.to_string()))?;
    Ok(if globals.read_only { Arc::new(ReadOnly(memory)) } else { Arc::new(memory) })
}

async fn live(servers: &ConnectString, globals: &Globals) -> Result<Arc<dyn Store>> {
    let config = Config {
        session_timeout: globals.session_timeout,
        connect_timeout: globals.connect_timeout,
        request_timeout: globals.request_timeout,
        read_only: globals.allow_read_only_server,
        gentle: globals.gentle,
        auth: globals.auth.clone(),
        max_reply: globals.max_reply,
        max_request: globals.max_request,
        ..Config::new(servers.clone())
    };
    let live = Live::connect(config).await.map_err(|error| unreachable(error, servers, globals))?;
    Ok(if globals.read_only { Arc::new(ReadOnly(live)) } else { Arc::new(live) })
}

/// Each address and its reason, one a line.
fn unreachable(error: OpenError, servers: &ConnectString, globals: &Globals) -> Error {
    let OpenError::Unreachable { cause, within } = error else {
        return Error::new(Kind::Connection, error.to_string());
    };
    let within = humantime::format_duration(within);
    let mut text = format!("cannot connect to {servers} within {within}");
    for attempt in &cause.attempts {
        text.push_str(&format!("\n  {attempt}"));
    }
    let error = Error::new(Kind::Connection, text);
    if globals.server.to_string() == "localhost:2181" {
        error
            .hint("name the servers with --server or ZKX_SERVER")
            .hint("`zkx sandbox tree /` shows zkx at work without one")
    } else {
        error
    }
}
