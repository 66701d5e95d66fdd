//! Folders of znodes that are small: configurations, ACLs, tokens, notices.

use super::{Entry, Status};
use crate::kafka::layout::{Entity, Place, Queue};
use crate::kafka::model::{Acls, Config, Token, Value};
use crate::store::{Failure, Found, Read, Store, read_one};
use crate::walk::Reads;
use crate::wire::Code;
use crate::znode::names::natural;

/// What was found in folders, and which of them may not be listed.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// What was found, in its order.
    pub found: Vec<T>,
    /// Paths below the chroot, with why.
    pub refused: Vec<(String, Code)>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { found: Vec::new(), refused: Vec::new() }
    }
}

/// A notice that waits.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Where.
    pub queue: Queue,
    /// The name of its znode.
    pub name: String,
    /// What it says, or why it cannot be read.
    pub value: Result<Value, String>,
    /// Since when: milliseconds since 1970.
    pub since: Option<i64>,
}

/// Lists children and reads what they hold.
pub struct Folders<'a> {
    store: &'a dyn Store,
    status: &'a Status,
}

impl<'a> Folders<'a> {
    /// Of this cluster.
    pub fn new(store: &'a dyn Store, status: &'a Status) -> Self {
        Self { store, status }
    }

    /// The names below a path of the cluster, in natural order; what is not there is empty.
    async fn names<T>(&self, folder: &str, listed: &mut Listed<T>) -> Result<Vec<String>, Failure> {
        match read_one(self.store, Read::Children(self.status.at(folder))).await {
            Ok(Found::Children(names)) => {
                let mut names: Vec<String> = names.iter().map(str::to_owned).collect();
                names.sort_by(|a, b| natural(a, b));
                Ok(names)
            }
            Ok(_) | Err(Failure::Refused(Code::NO_NODE)) => Ok(Vec::new()),
            Err(Failure::Refused(code)) => {
                listed.refused.push((folder.to_owned(), code));
                Ok(Vec::new())
            }
            Err(failure) => Err(failure),
        }
    }

    async fn data(&self, places: Vec<Place>) -> Result<Vec<(Place, Result<Found, Code>)>, Failure> {
        let read = |place: Place| {
            let read = Read::Data(self.status.path(&place));
            (place, read)
        };
        let answers = Reads::new(self.store, places.into_iter().map(read).collect()).all().await?;
        // Gone since it was listed.
        Ok(answers.into_iter().filter(|(_, answer)| *answer != Err(Code::NO_NODE)).collect())
    }

    /// What was configured for each entity of a kind, `topics`, `brokers`, `users`, `clients` or `ips`;
    /// with users the clients of each.
    pub async fn configs(&self, kind: &str) -> Result<Listed<(Entity, Entry<Config>)>, Failure> {
        let mut listed = Listed::default();
        let mut entities = Vec::new();
        for name in self.names(&format!("/config/{kind}"), &mut listed).await? {
            entities.extend(Entity::of(&format!("{kind}/{name}")));
            if kind == "users" {
                let folder = format!("/config/users/{name}/clients");
                for client in self.names(&folder, &mut listed).await? {
                    entities.extend(Entity::of(&format!("users/{name}/clients/{client}")));
                }
            }
        }
        let places = entities.into_iter().map(Place::Config).collect();
        for (place, answer) in self.data(places).await? {
            if let Place::Config(entity) = place {
                listed.found.push((entity, Entry::of(answer)));
            }
        }
        Ok(listed)
    }

    /// The ACLs of each resource, those of one before those of all whose name begins so.
    pub async fn acls(&self) -> Result<Listed<(Place, Entry<Acls>)>, Failure> {
        let mut listed = Listed::default();
        let mut places = Vec::new();
        for (root, prefixed) in [("/kafka-acl", false), ("/kafka-acl-extended/prefixed", true)] {
            for kind in self.names(root, &mut listed).await? {
                for name in self.names(&format!("{root}/{kind}"), &mut listed).await? {
                    places.push(Place::Acls { prefixed, kind: kind.clone(), name });
                }
            }
        }
        let answers = self.data(places).await?;
        listed.found.extend(answers.into_iter().map(|(place, answer)| (place, Entry::of(answer))));
        Ok(listed)
    }

    /// The delegation tokens.
    pub async fn tokens(&self) -> Result<Listed<(String, Entry<Token>)>, Failure> {
        let mut listed = Listed::default();
        let names = self.names("/delegation_token/tokens", &mut listed).await?;
        for (place, answer) in self.data(names.into_iter().map(Place::Token).collect()).await? {
            if let Place::Token(id) = place {
                listed.found.push((id, Entry::of(answer)));
            }
        }
        Ok(listed)
    }

    /// The notices that wait, queue by queue, oldest first.
    pub async fn notices(&self) -> Result<Listed<Notice>, Failure> {
        let mut listed = Listed::default();
        let mut places = Vec::new();
        for queue in Queue::ALL {
            for name in self.names(queue.folder(), &mut listed).await? {
                places.push(Place::Notice(queue, name));
            }
        }
        for (place, answer) in self.data(places).await? {
            let since = answer.as_ref().ok().and_then(Found::stat).map(|stat| stat.ctime);
            let value = match &answer {
                Ok(Found::Data(data, _)) => {
                    Value::parse(&place, data.as_deref()).map_err(|malformed| malformed.to_string())
                }
                Ok(_) => Err(Code::MARSHALLING_ERROR.words().to_owned()),
                Err(code) => Err(code.words().to_owned()),
            };
            if let Place::Notice(queue, name) = place {
                listed.found.push(Notice { queue, name, value, since });
            }
        }
        Ok(listed)
    }
}
