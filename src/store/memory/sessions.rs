//! Sessions, and the connections through which they speak.

use std::net::IpAddr;

use super::acl::Identity;
use super::engine::{Engine, Listener, transaction};
use super::tree::Id;

/// A session; its connections come and go.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) password: [u8; 16],
    /// Milliseconds.
    pub(super) timeout: i64,
    /// When it was last heard of, milliseconds since the epoch.
    pub(super) heard: i64,
    /// Who speaks for it.
    pub(super) connection: Option<u64>,
}

/// A connection of a session.
pub(super) struct Connection {
    pub(super) session: i64,
    pub(super) address: IpAddr,
    pub(super) identities: Vec<Identity>,
    pub(super) listener: Listener,
}

impl Engine {
    /// Opens a session.
    pub(super) fn open(&mut self, timeout: i64, password: [u8; 16]) -> i64 {
        let id = self.next_session;
        self.next_session += 1;
        self.zxid += 1;
        let heard = (self.rules.clock)();
        self.sessions.insert(id, Session { password, timeout, heard, connection: None });
        id
    }

    /// Takes a session up again, for whoever knows its password. Whoever does not still ends the
    /// connection that it has, as with `ZooKeeperServer.processConnectRequest`.
    pub(super) fn resume(&mut self, session: i64, password: &[u8], timeout: i64) -> bool {
        let now = (self.rules.clock)();
        if let Some(before) = self.sessions.get(&session).and_then(|known| known.connection) {
            self.detach(before);
        }
        let Some(known) = self.sessions.get_mut(&session).filter(|known| known.password == password) else {
            return false;
        };
        (known.heard, known.timeout) = (now, timeout);
        true
    }

    /// Connects to a session; a connection it had before is over.
    pub(super) fn attach(&mut self, session: i64, address: IpAddr, listener: Listener) -> u64 {
        let identities = vec![Identity::address(address)];
        let connection = self.connect(Connection { session, address, identities, listener });
        let before = self.sessions.get_mut(&session).and_then(|known| known.connection.replace(connection));
        if let Some(before) = before {
            self.detach(before);
        }
        connection
    }

    /// Another pair of ears for whoever `connection` is: watches that end by themselves.
    pub(super) fn listen(&mut self, connection: u64, listener: Listener) -> Option<u64> {
        let Connection { session, address, identities, .. } = self.connections.get(&connection)?;
        let (session, address, identities) = (*session, *address, identities.clone());
        Some(self.connect(Connection { session, address, identities, listener }))
    }

    fn connect(&mut self, connection: Connection) -> u64 {
        let id = self.next_connection;
        self.next_connection += 1;
        self.connections.insert(id, connection);
        id
    }

    /// Forgets a connection and its watches; its session stays.
    pub(super) fn detach(&mut self, connection: u64) {
        let Some(gone) = self.connections.remove(&connection) else { return };
        self.data.forget(connection);
        self.child.forget(connection);
        if let Some(session) = self.sessions.get_mut(&gone.session)
            && session.connection == Some(connection)
        {
            session.connection = None;
        }
    }

    /// Ends a session, and its ephemerals with it.
    pub(super) fn close(&mut self, session: i64) {
        self.zxid += 1;
        let ephemerals: Vec<Id> = self.tree.ephemerals(session).collect();
        let now = (self.rules.clock)();
        // One by one: what is to be told of all of them would be as long as all their paths.
        for id in ephemerals {
            let mut transaction = transaction(&mut self.tree, &[], &self.taken, session, self.zxid, now);
            transaction.take_out(id);
            let done = transaction.done;
            self.commit(done);
        }
        // What its watches were told of its own ephemerals is on its way.
        if let Some(Session { connection: Some(connection), .. }) = self.sessions.remove(&session) {
            self.detach(connection);
        }
    }

    /// Ends the sessions that were not heard of in time.
    pub(super) fn expire(&mut self) -> Vec<i64> {
        let now = (self.rules.clock)();
        let late = |(id, session): (&i64, &Session)| (now - session.heard > session.timeout).then_some(*id);
        let expired: Vec<_> = self.sessions.iter().filter_map(late).collect();
        for session in &expired {
            self.close(*session);
        }
        expired
    }

    /// Keeps the session of a connection alive.
    pub(super) fn heard(&mut self, connection: u64) {
        if let Some(known) = self.connections.get(&connection)
            && let Some(session) = self.sessions.get_mut(&known.session)
        {
            session.heard = (self.rules.clock)();
        }
    }
}
